(function(real, prefix)
  local length = #prefix
  local kinds = ' @KINDS@ '
  local function strip(name)
    if type(name) == 'string' and string.sub(name, 1, length) == prefix then
      return string.sub(name, length + 1)
    end
    return name
  end
  local function stripAll(names)
    if type(names) == 'table' then
      for i = 1, #names do names[i] = strip(names[i]) end
    end
    return names
  end
  local function stripFirst(reply)
    if type(reply) == 'table' then reply[1] = strip(reply[1]) end
    return reply
  end
  local function stripEachFirst(reply)
    if type(reply) == 'table' then
      for i = 1, #reply do stripFirst(reply[i]) end
    end
    return reply
  end
  local function stripPage(reply)
    if type(reply) == 'table' and not reply.err then stripAll(reply[2]) end
    return reply
  end
  local function add(args, i)
    if type(args[i]) == 'string' or type(args[i]) == 'number' then args[i] = prefix .. args[i] end
  end
  local function is(args, i, word)
    return type(args[i]) == 'string' and string.lower(args[i]) == word
  end
  local function addFrom(args, first, last, step)
    for i = first, last, step do add(args, i) end
  end
  local function addCounted(args, at, last)
    addFrom(args, at + 1, math.min(last, at + (tonumber(args[at]) or 0)), 1)
  end
  local function addSort(args, last)
    add(args, 2)
    local i = 3
    while i <= last do
      if is(args, i, 'limit') then
        i = i + 2
      elseif is(args, i, 'store') then
        i = i + 1
        add(args, i)
      elseif is(args, i, 'by') or is(args, i, 'get') then
        i = i + 1
        if type(args[i]) == 'string' and string.find(args[i], '*', 1, true) then add(args, i) end
      end
      i = i + 1
    end
  end
  local function addStreams(args, last)
    local i = 2
    while i <= last and not is(args, i, 'streams') do
      if is(args, i, 'group') then i = i + 2 elseif is(args, i, 'count') then i = i + 1 end
      i = i + 1
    end
    addFrom(args, i + 1, i + math.floor((last - i) / 2), 1)
  end
  local function addMatch(args, last)
    for i = 3, last - 1 do
      if is(args, i, 'match') then
        add(args, i + 1)
        return last
      end
    end
    args[last + 1], args[last + 2] = 'MATCH', prefix .. '*'
    return last + 2
  end
  local function run(how, name, key, ...)
    if type(name) ~= 'string' then return how(name, key, ...) end
    local _, stop = string.find(kinds, ' ' .. string.lower(name) .. '=', 1, true)
    local kind = stop and string.sub(kinds, stop + 1, stop + 1)
    if not kind then
      local refused = real.error_reply('ERR This Redis command is not allowed from script')
      if how == real.pcall then return refused end
      error(refused, 0)
    end
    if key == nil then return how(name) end
    if kind == '1' then
      if type(key) == 'string' or type(key) == 'number' then key = prefix .. key end
      return how(name, key, ...)
    end
    if kind == '0' then return how(name, key, ...) end
    local args, last = {name, key, ...}, select('#', ...) + 2
    if kind == 'a' then addFrom(args, 2, last, 1)
    elseif kind == 'p' then addFrom(args, 2, last, 2)
    elseif kind == 't' then addFrom(args, 2, 3, 1)
    elseif kind == 'b' then addFrom(args, 3, last, 1)
    elseif kind == 'o' then add(args, 3)
    elseif kind == 'c' then addCounted(args, 2, last)
    elseif kind == 'd' then
      add(args, 2)
      addCounted(args, 3, last)
    elseif kind == 'm' then
      addCounted(args, 2, last)
      return stripFirst(how(unpack(args, 1, last)))
    elseif kind == 's' then addSort(args, last)
    elseif kind == 'x' then
      addStreams(args, last)
      return stripEachFirst(how(unpack(args, 1, last)))
    elseif kind == 'k' then return stripAll(how(name, prefix .. key))
    elseif kind == 'n' then
      last = addMatch(args, last)
      return stripPage(how(unpack(args, 1, last)))
    end
    return how(unpack(args, 1, last))
  end
  return setmetatable({
    call = function(...) return run(real.call, ...) end,
    pcall = function(...) return run(real.pcall, ...) end
  }, {__index = real})
end)
