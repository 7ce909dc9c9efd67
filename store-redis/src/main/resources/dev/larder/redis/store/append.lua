-- Appends an invalidation. ARGV[4]: its mark. ARGV[5]: in how many ms entries expire, or 'now' or
-- 'never'. ARGV[6]: its tags. ARGV[7]: the channel that tells of it. ARGV[8]: who made it, or '' if that is not
-- to be remembered; ARGV[9]: how many of those are, in KEYS[3]; ARGV[10]: the tags
-- to remember; ARGV[11]: how many it has beside these. ARGV[12]: '1' if it is to be told outside, in KEYS[4].
local standing = standing()
if standing ~= 'known' then return {time[1], time[2], standing} end
local deadline = ARGV[5]
if deadline ~= 'now' and deadline ~= 'never' then
  deadline = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(deadline))
end
local revision = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'rev', 1))
redis.call('HSET', KEYS[1], 'mark', ARGV[4])
redis.call('XADD', KEYS[2], revision .. '-0', 'mark', ARGV[4], 'deadline', deadline, 'tags', ARGV[6])
if ARGV[8] ~= '' then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[9], revision .. '-0',
    'at', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)),
    'deadline', deadline, 'tags', ARGV[10], 'more', ARGV[11], 'source', ARGV[8])
  if ARGV[12] == '1' then
    redis.call('XADD', KEYS[4], revision .. '-0',
      'at', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)),
      'deadline', deadline, 'tags', ARGV[6], 'more', '0', 'source', ARGV[8])
  end
end
redis.call('PUBLISH', ARGV[7], 'r')
return {time[1], time[2], standing, revision, deadline}
