-- An entry of the key ARGV[4] of the lease KEYS[1] was stored, generated under the lease ARGV[1] as
-- of the revision ARGV[2]. Tells so on the channel ARGV[3] if somebody may wait for it.
local held = redis.call('GET', KEYS[1])
if held then
  local ended = '0'
  local lease, _, asOf = string.match(held, '^(%S+) (%S+) (%S+)')
  if lease == ARGV[1] or tonumber(asOf) <= tonumber(ARGV[2]) then
    redis.call('DEL', KEYS[1])
    ended = lease
  end
  redis.call('PUBLISH', ARGV[3], 's' .. ended .. ' ' .. ARGV[4])
end
return 1
