-- The lease of a key for a server, unless another that is alive has it, and it is not outdated.
-- KEYS: the lease, the servers. ARGV: the lease's number, the server, the revision it is granted as
-- of, how many ms it lasts, after how many ms of silence a server is gone, the revision before which
-- a lease is outdated.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], ARGV[2], string.format('%.0f', now))
local held = redis.call('GET', KEYS[1])
if held then
  local server, asOf = string.match(held, '^%S+ (%S+) (%S+)')
  if server ~= ARGV[2] and (tonumber(asOf) or 0) >= tonumber(ARGV[6]) then
    local heard = redis.call('HGET', KEYS[2], server or '')
    if heard and now - tonumber(heard) < tonumber(ARGV[5]) then return 0 end
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
return 1
