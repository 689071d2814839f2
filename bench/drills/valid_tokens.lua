-- Requests with the tokens of a file, one per line, in turn. The file is re-read every second.
-- Arguments: the file; optionally the pause of each connection between two requests, in milliseconds.
dofile(debug.getinfo(1, "S").source:match("^@(.*)valid_tokens.lua$") .. "summary.lua")

local path, requests, turn, read_at

local function read()
   local fresh = {}
   for token in io.lines(path) do
      fresh[#fresh + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token })
   end
   if #fresh > 0 then requests = fresh end
   read_at = os.time()
end

function init(args)
   path, turn = args[1], 0
   local pause = tonumber(args[2])
   if pause then delay = function() return pause end end
   read()
end

function request()
   turn = turn + 1
   if os.time() ~= read_at then read() end
   return requests[turn % #requests + 1]
end
