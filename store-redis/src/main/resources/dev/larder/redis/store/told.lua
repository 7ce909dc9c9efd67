-- Removes what was told up to the revision ARGV[2] of the history ARGV[1]. KEYS: its record, outbox.
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
return redis.call('XTRIM', KEYS[2], 'MINID', '=', string.format('%.0f-0', tonumber(ARGV[2]) + 1))
