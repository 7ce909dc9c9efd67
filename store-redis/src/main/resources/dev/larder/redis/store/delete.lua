-- Deletes a history. KEYS: its record, log, snapshot, servers, audit, outbox. ARGV[1]: the channel that tells of it.
local id = redis.call('HGET', KEYS[1], 'id')
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6])
redis.call('PUBLISH', ARGV[1], 'r')
return id
