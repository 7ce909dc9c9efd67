-- Reads the text KEYS[1], of which at most ARGV[2] bytes are wanted. Replies nothing if there is none,
-- its SHA-1, and the text itself after that, unless ARGV[1] is its SHA-1: then it is known.
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local text = redis.call('GETRANGE', KEYS[1], 0, ARGV[2] - 1)
local digest = redis.sha1hex(text)
if digest == ARGV[1] then return {digest} end
return {digest, text}
