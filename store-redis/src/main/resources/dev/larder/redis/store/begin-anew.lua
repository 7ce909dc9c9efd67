-- Begins a history anew under the identity ARGV[2], if the one stored is still ARGV[1].
-- KEYS: its record, log, snapshot, audit, outbox. ARGV[3]: the channel that tells of it.
if redis.call('HGET', KEYS[1], 'id') == ARGV[1] then
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[1],
    'format', '1', 'id', ARGV[2], 'rev', '0', 'mark', '', 'snap', '0', 'base', '0')
  redis.call('PUBLISH', ARGV[3], 'r')
  return 1
end
return 0
