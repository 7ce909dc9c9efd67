-- What every script about a history begins with. KEYS[1] is its record, KEYS[2] its log;
-- ARGV[1..3] are the identity, the last revision and the mark of that revision its caller knows.
local time = redis.call('TIME')

-- 'known' if the caller's history is the one stored, as far as the caller knows it. Every
-- invalidation carries a random mark: two invalidations that got one revision, because a failover
-- lost the first, are told apart by it. Leaves what is stored in 'record'.
local record
local function standing()
  record = redis.call('HMGET', KEYS[1], 'id', 'rev', 'mark', 'base', 'snap')
  if record[1] ~= ARGV[1] then return 'other' end
  local revision, known = tonumber(record[2]), tonumber(ARGV[2])
  if known > revision then return 'lost' end
  if known == revision then return record[3] == ARGV[3] and 'known' or 'lost' end
  if known < tonumber(record[4]) then return 'behind' end
  if known > 0 then
    local last = redis.call('XRANGE', KEYS[2], ARGV[2] .. '-0', ARGV[2] .. '-0')
    if not last[1] or last[1][2][2] ~= ARGV[3] then return 'lost' end
  end
  return 'known'
end

