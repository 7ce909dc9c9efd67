-- Stores a value (ARGV[1]) of the revision ARGV[2] for ARGV[3] ms, unless what KEYS[1] holds is of a
-- later one. Every version of the format has the revision in the bytes 1 to 8. Answers whether it was
-- stored, and with the seal and the head of what it replaced (formats 1 and 2), or less of it.
local start = redis.call('GETRANGE', KEYS[1], 0, 24)
if #start >= 9 and struct.unpack('>I8', string.sub(start, 2)) > tonumber(ARGV[2]) then return {0} end
local replaced = start
if #start == 25 then
  local length = struct.unpack('>I4', string.sub(start, 22))
  if length < 8388608 then replaced = redis.call('GETRANGE', KEYS[1], 0, 24 + length) end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return {1, replaced}
