-- Requests with well-formed tokens, each with a unique unknown key id and an invalid signature. Arguments: the encoded claims
-- of a real token.
dofile(debug.getinfo(1, "S").source:match("^@(.*)unknown_keys.lua$") .. "summary.lua")

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local counter = 0
local threes, rest

local function letter()
   local at = math.random(#ALPHABET)
   return ALPHABET:sub(at, at)
end

local function letters(count)
   local text = {}
   for i = 1, count do text[i] = letter() end
   return table.concat(text)
end

local function base64url(text)
   local out = {}
   for i = 1, #text, 3 do
      local a, b, c = text:byte(i, i + 2)
      local bits = a * 65536 + (b or 0) * 256 + (c or 0)
      for place = 3, (c and 0) or (b and 1) or 2, -1 do
         local at = math.floor(bits / 64 ^ place) % 64 + 1
         out[#out + 1] = ALPHABET:sub(at, at)
      end
   end
   return table.concat(out)
end

function setup(thread)
   counter = counter + 1
   thread:set("seed", os.time() + 7919 * counter)
end

function init(args)
   math.randomseed(seed)
   -- Three letters of a key id are four of its encoding, so an id can be composed in encoded form.
   threes = {}
   for i = 1, 4096 do threes[i] = base64url(letters(3)) end
   -- The claims and 256 bytes of signature.
   rest = "." .. args[1] .. "." .. letters(341) .. "A"
end

local HEAD = base64url('{"typ":"at+jwt","alg":"RS256","kid":"00')
local TAIL = base64url('00"}')

function request()
   local kid = {}
   for i = 1, 13 do kid[i] = threes[math.random(4096)] end
   return wrk.format("GET", nil, { Authorization = "Bearer " .. HEAD .. table.concat(kid) .. TAIL .. rest })
end
