-- Replaces the text KEYS[1] by ARGV[2], if its SHA-1 is ARGV[1], or ARGV[1] is empty and there is none.
local digest = ''
if redis.call('EXISTS', KEYS[1]) == 1 then
  digest = redis.sha1hex(redis.call('GET', KEYS[1]))
end
if digest ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
