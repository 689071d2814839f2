-- Wrong passwords. Arguments: the prefix of the accounts' names and how many there are; the first two numbers of the addresses
-- and how many there are. Each request takes one of each at random.
dofile(debug.getinfo(1, "S").source:match("^@(.*)guessing.lua$") .. "statuses.lua")

local name, accounts, network, addresses

function init(args)
   name, accounts, network, addresses = args[1], tonumber(args[2]), args[3], tonumber(args[4])
   -- Each thread has another address in memory, and so other numbers.
   math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000000)
end

function request()
   local account, address = math.random(0, accounts - 1), math.random(0, addresses - 1)
   local headers = {
      ["Content-Type"] = "application/json",
      ["X-Forwarded-For"] = string.format("%s.%d.%d", network, math.floor(address / 250), address % 250 + 1),
   }
   local body = string.format('{"username":"%s%d","password":"a wrong password"}', name, account)
   return wrk.format("POST", "/login", headers, body)
end
