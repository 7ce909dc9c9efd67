local redis, server = (function(confined)
  local prefix = table.remove(ARGV)
  for i = 1, #KEYS do KEYS[i] = string.sub(KEYS[i], #prefix + 1) end
  local ours = confined(redis, prefix)
  return ours, ours
end)@CONFINED@;
