-- The history of a namespace, born under the identity ARGV[1] if there is none.
-- KEYS: its record, log, snapshot, servers. ARGV[2]: for how many ms servers are remembered.
local time = redis.call('TIME')
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1],
    'format', '1', 'id', ARGV[1], 'rev', '0', 'mark', '', 'snap', '0', 'base', '0')
end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local servers = redis.call('HGETALL', KEYS[4])
for i = 1, #servers, 2 do
  if now - tonumber(servers[i + 1]) > tonumber(ARGV[2]) then
    redis.call('HDEL', KEYS[4], servers[i])
  end
end
local record = redis.call('HMGET', KEYS[1], 'format', 'id', 'rev', 'mark', 'snap')
if record[1] ~= '1' then return {time[1], time[2], record[1] or ''} end
local from = string.format('%.0f-0', tonumber(record[5]) + 1)
return {time[1], time[2], record[1], record[2], record[3], record[4], record[5],
  redis.call('GET', KEYS[3]) or '', redis.call('XRANGE', KEYS[2], from, '+')}
