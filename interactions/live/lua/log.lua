-- log.lua: what the scripts of a room's log share. A log is one life of it, the epoch, in one run of one server.

-- The running server's own name. One that came back from an old snapshot, or took over from another, has a new one.
-- Empty where the server does not say.
local function running()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
end

-- The log's epoch and last offset. Where there is no log, or it is another run's and may have forgotten offsets that
-- clients have, one begins in the epoch offered. The position comes first among its keys.
local function opened(keys, offered, now)
  local position = keys[1]
  local found = redis.call('HMGET', position, 'epoch', 'offset', 'run')
  local run = running()
  if found[1] and found[3] == run then
    return found[1], tonumber(found[2])
  end
  redis.call('DEL', unpack(keys))
  redis.call('HSET', position, 'epoch', offered, 'offset', 0, 'run', run, 'born', now)
  return offered, 0
end
