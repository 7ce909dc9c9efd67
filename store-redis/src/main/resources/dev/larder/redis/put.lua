-- Stores a value (ARGV[1]) of the revision ARGV[2] for ARGV[3] ms, unless what KEYS[1] holds is of a
-- later one. Every version of the format has the revision in the bytes 1 to 8.
local head = redis.call('GETRANGE', KEYS[1], 0, 8)
if #head == 9 and struct.unpack('>I8', string.sub(head, 2)) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
