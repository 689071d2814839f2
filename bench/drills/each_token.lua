-- A fixed number of requests with the tokens of a file, one after another. Arguments: the file, how many, and a file that is made
-- when the last has been answered: wrk itself ends only after its time.
dofile(debug.getinfo(1, "S").source:match("^@(.*)each_token.lua$") .. "statuses.lua")

local requests, sent, unanswered, count_status, ended = {}, 0, 0, response, nil

function init(args)
   for token in io.lines(args[1]) do
      local headers = token ~= "" and { Authorization = "Bearer " .. token } or {}
      requests[#requests + 1] = wrk.format("GET", nil, headers)
   end
   unanswered, ended = tonumber(args[2]), args[3]
end

function request()
   sent = sent + 1
   return requests[(sent - 1) % #requests + 1]
end

function response(status)
   count_status(status)
   unanswered = unanswered - 1
   if unanswered == 0 then
      io.open(ended, "w"):close()
      wrk.thread:stop()
   end
end
