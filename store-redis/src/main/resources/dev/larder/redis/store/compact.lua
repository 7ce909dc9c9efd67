-- Keeps a snapshot (ARGV[5], in KEYS[3]) of everything up to the revision ARGV[4]. The log keeps
-- what came after the snapshot before, so that servers a little behind find what they missed.
local standing = standing()
if standing ~= 'known' then return {time[1], time[2], standing} end
local before = record[5]
if tonumber(ARGV[4]) > tonumber(before) and tonumber(ARGV[4]) <= tonumber(ARGV[2]) then
  redis.call('SET', KEYS[3], ARGV[5])
  redis.call('HSET', KEYS[1], 'snap', ARGV[4], 'base', before)
  redis.call('XTRIM', KEYS[2], 'MINID', '=', before .. '-0')
end
return {time[1], time[2], standing}
