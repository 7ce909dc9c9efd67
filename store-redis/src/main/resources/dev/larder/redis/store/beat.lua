-- A server (ARGV[1]) is alive, and counts as heard for ARGV[2] ms more. KEYS[1]: the servers of the
-- namespace, and when each was last heard.
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1],
  string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]))
return 1
