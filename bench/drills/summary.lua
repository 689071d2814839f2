-- Prints the results of a run of wrk as one line of JSON.
function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"seconds":%.3f,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"p99_ms":%.2f}\n',
      summary.requests, summary.duration / 1e6, errors.status, errors.connect, errors.read, errors.write,
      errors.timeout, latency:percentile(99) / 1e3))
end
