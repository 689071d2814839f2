-- Requests of a file, one per line, in random order: method, path, headers separated by "|", and body, separated by tabs. "{n}" is
-- replaced by a random number. Argument: the file.
dofile(debug.getinfo(1, "S").source:match("^@(.*)flood.lua$") .. "statuses.lua")

local requests = {}

function init(args)
   math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000000)
   for line in io.lines(args[1]) do
      local method, path, headers, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
      requests[#requests + 1] = { method = method, path = path, headers = headers, body = body }
   end
end

local function filled(text)
   return (text:gsub("{n}", function() return tostring(math.random(0, 999999999)) end))
end

function request()
   local chosen, headers = requests[math.random(#requests)], {}
   for name, value in filled(chosen.headers):gmatch("([^|:]+): ([^|]*)") do
      headers[name] = value
   end
   local body = chosen.body ~= "" and filled(chosen.body) or nil
   return wrk.format(chosen.method, filled(chosen.path), headers, body)
end
