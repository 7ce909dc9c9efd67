-- Ends the lease KEYS[1] of the number ARGV[1], of the key ARGV[3], and tells so on the channel
-- ARGV[2].
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%S+') == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[2], 'e' .. ARGV[1] .. ' ' .. ARGV[3])
  return 1
end
return 0
