-- The invalidations the caller does not know yet, and the revision of the snapshot. ARGV[4] is how
-- many invalidations at most.
local standing = standing()
if standing ~= 'known' then return {time[1], time[2], standing} end
local missed = {}
if tonumber(record[2]) > tonumber(ARGV[2]) then
  local from = string.format('%.0f-0', tonumber(ARGV[2]) + 1)
  missed = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[4])
end
return {time[1], time[2], standing, missed, record[5]}
