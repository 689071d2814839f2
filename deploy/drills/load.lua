-- For wrk: asks for each path of PATHS in turn with the token of TOKEN, at RATE requests a second over all
-- CONNECTIONS, and ends with one line of JSON.
local paths, headers, turn = {}, { Authorization = "Bearer " .. os.getenv("TOKEN") }, 0
for path in os.getenv("PATHS"):gmatch("%S+") do paths[#paths + 1] = path end
local pause = 1000 * tonumber(os.getenv("CONNECTIONS")) / tonumber(os.getenv("RATE"))

function delay()
  -- Spread, so that the connections do not ask in step.
  return math.floor(pause * (0.5 + math.random()))
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
