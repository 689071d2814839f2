-- Counts the responses by status. Prints them as a line of JSON before the results.
dofile(debug.getinfo(1, "S").source:match("^@(.*)statuses.lua$") .. "summary.lua")

local threads, print_summary = {}, done

function setup(thread)
   threads[#threads + 1] = thread
end

statuses = {}

function response(status)
   local name = tostring(status)
   statuses[name] = (statuses[name] or 0) + 1
end

function done(summary, latency, requests)
   local total, parts = {}, {}
   for _, thread in ipairs(threads) do
      for name, count in pairs(thread:get("statuses")) do
         total[name] = (total[name] or 0) + count
      end
   end
   for name, count in pairs(total) do
      parts[#parts + 1] = string.format('"%s":%d', name, count)
   end
   io.write('{"statuses":{' .. table.concat(parts, ",") .. "}}\n")
   print_summary(summary, latency, requests)
end
