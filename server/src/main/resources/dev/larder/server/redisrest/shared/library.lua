local redis, server = (function(confined)
  local prefix, head = '@PREFIX@', '@HEAD@'
  local made
  local function now()
    made = made or confined(redis, prefix)
    return made
  end
  local function wrapped(callback)
    return function(keys, args)
      for i = 1, #keys do keys[i] = string.sub(keys[i], #prefix + 1) end
      return callback(keys, args)
    end
  end
  local ours = {
    call = function(...) return now().call(...) end,
    pcall = function(...) return now().pcall(...) end,
    error_reply = function(...) return redis.error_reply(...) end,
    status_reply = function(...) return redis.status_reply(...) end,
    sha1hex = function(...) return redis.sha1hex(...) end,
    setresp = function(...) return redis.setresp(...) end,
    set_repl = function(...) return redis.set_repl(...) end,
    log = function(...) return redis.log(...) end,
    register_function = function(first, callback, ...)
      if callback then return redis.register_function(head .. first, wrapped(callback), ...) end
      if first.function_name then first.function_name = head .. first.function_name end
      if first.callback then first.callback = wrapped(first.callback) end
      return redis.register_function(first)
    end
  }
  ours.LOG_DEBUG, ours.LOG_VERBOSE, ours.LOG_NOTICE, ours.LOG_WARNING = 0, 1, 2, 3
  ours.REPL_ALL, ours.REPL_AOF, ours.REPL_REPLICA, ours.REPL_SLAVE, ours.REPL_NONE = 3, 1, 2, 2, 0
  ours.REDIS_VERSION, ours.REDIS_VERSION_NUM = redis.REDIS_VERSION, redis.REDIS_VERSION_NUM
  return ours, ours
end)@CONFINED@;
