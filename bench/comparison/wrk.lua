-- Requests for bench/compare. Arguments: get | post | refresh, and a file.
--   get FILE:     GET with the tokens of the file, one per line, in turn
--   post FILE:    POST with the file's content as JSON
--   refresh FILE: POST with the refresh tokens of the file; tokens of responses are used next, as a client does
local make

local function lines(path)
   local found = {}
   for line in io.lines(path) do found[#found + 1] = line end
   return found
end

local function tokens_in_turn(path)
   local requests, turn = {}, 0
   for _, token in ipairs(lines(path)) do
      requests[#requests + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token })
   end
   return function()
      turn = turn % #requests + 1
      return requests[turn]
   end
end

local function one_body(path)
   local text = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, table.concat(lines(path), "\n"))
   return function() return text end
end

local function refreshing(path)
   local waiting, first = lines(path), 1
   local last = #waiting
   function response(status, _, body)
      local token = status == 200 and body:match('"refresh_token":"([^"]+)"')
      if token then
         last = last + 1
         waiting[last] = token
      end
   end
   return function()
      local token = waiting[first]
      waiting[first], first = nil, first + 1
      return wrk.format("POST", nil, { Authorization = "Bearer " .. token })
   end
end

-- wrk checks for a `response` function after this.
function init(args)
   if args[1] == "get" then make = tokens_in_turn(args[2])
   elseif args[1] == "post" then make = one_body(args[2])
   elseif args[1] == "refresh" then make = refreshing(args[2])
   else make = function() return wrk.format("GET") end end
end

function request() return make() end

function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format('{"requests":%d,"seconds":%.4f,"bad":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
      summary.requests, summary.duration / 1e6,
      errors.status + errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
