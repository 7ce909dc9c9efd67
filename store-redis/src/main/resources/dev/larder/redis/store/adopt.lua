-- Moves the lease KEYS[1] of the number ARGV[1] to the server ARGV[2], for ARGV[3] ms, unless it has
-- ended. KEYS[2]: the servers. Answers with the revision it was granted as of, or -1.
local lease, _, asOf = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+)')
if lease ~= ARGV[1] then return -1 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], ARGV[2],
  string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('SET', KEYS[1], lease .. ' ' .. ARGV[2] .. ' ' .. asOf, 'PX', ARGV[3])
return tonumber(asOf)
