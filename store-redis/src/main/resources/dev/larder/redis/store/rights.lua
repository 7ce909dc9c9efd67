-- The commands that the scripts here and the store itself use and that this user may not: tries each
-- on KEYS[1], which nobody else uses. ARGV[1]: a channel nobody listens to.
local key, refused = KEYS[1], {}
local function try(...)
  local answer = redis.pcall(...)
  local err = type(answer) == 'table' and answer.err or ''
  -- Valkey and later versions of Redis say the first, those before Redis 7.2 the second.
  if string.find(err, 'ACL failure', 1, true) or string.find(err, 'user executing the script', 1, true) then
    refused[#refused + 1] = (select(1, ...))
  end
end
try('TIME')
try('PUBLISH', ARGV[1], '')
try('SCAN', '0', 'COUNT', '1')
try('EXISTS', key)
try('SET', key, '', 'PX', '1000')
try('GET', key)
try('GETRANGE', key, '0', '0')
try('DEL', key)
try('HSET', key, 'a', '1')
try('HINCRBY', key, 'a', '1')
try('HGET', key, 'a')
try('HMGET', key, 'a')
try('HGETALL', key)
try('HDEL', key, 'a')
try('XADD', key, '1-0', 'a', '1')
try('XRANGE', key, '-', '+')
try('XREVRANGE', key, '+', '-')
try('XTRIM', key, 'MINID', '=', '1-0')
try('UNLINK', key)
try('SADD', key, 'a')
try('SMEMBERS', key)
try('SREM', key, 'a')
redis.pcall('SET', key, '', 'PX', '1')
return refused
