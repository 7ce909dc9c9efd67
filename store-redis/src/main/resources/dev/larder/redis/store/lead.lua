-- Makes the server ARGV[1] the one that KEYS[1] names, for ARGV[2] ms, unless that is another.
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
