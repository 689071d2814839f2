-- For wrk with one thread: requests each path in PATHS in turn with the token in TOKEN, at RATE requests/s over all
-- connections, regardless of response times, and prints one line of JSON.
local ffi = require("ffi")
ffi.cdef "typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *now);"
local moment, MONOTONIC = ffi.new("moment"), 1
local paths, headers, turn = {}, { Authorization = "Bearer " .. os.getenv("TOKEN") }, 0
for path in os.getenv("PATHS"):gmatch("%S+") do paths[#paths + 1] = path end
local step, due = 1000 / tonumber(os.getenv("RATE")), nil

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) * 1e3 + tonumber(moment.nanoseconds) / 1e6
end

-- Each request has a due time. Up to a second of delay is made up for.
function delay()
  local at = now()
  due = math.max((due or at) + step, at - 1000)
  return math.floor(math.max(due - at, 0) + math.random())
end

function request()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn], headers)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"sent":%d,"seconds":%.1f,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"p99_ms":%.1f,"max_ms":%.1f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect, errors.read, errors.write,
    errors.timeout, latency:percentile(99) / 1e3, latency.max / 1e3))
end
