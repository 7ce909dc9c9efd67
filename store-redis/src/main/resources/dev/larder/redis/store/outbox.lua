-- What is to be told outside of a namespace, the oldest first. KEYS: its record, outbox. ARGV: the identity
-- and the revision that are known, how many at most.
local id = redis.call('HGET', KEYS[1], 'id')
if not id then return {''} end
local from = id == ARGV[1] and string.format('%.0f-0', tonumber(ARGV[2]) + 1) or '-'
return {id, redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[3])}
