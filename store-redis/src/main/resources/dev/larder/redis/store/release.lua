-- Ends the lease KEYS[1] of the number ARGV[1], of the key ARGV[3], if it is held by the server ARGV[4]
-- or that is empty, and tells so on the channel ARGV[2] by a message that begins with ARGV[5].
local lease, server = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)')
if lease == ARGV[1] and (ARGV[4] == '' or ARGV[4] == server) then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[2], ARGV[5] .. ARGV[1] .. ' ' .. ARGV[3])
  return 1
end
return 0
