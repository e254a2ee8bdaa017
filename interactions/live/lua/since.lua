-- since.lua: what a room's log holds after an offset. Returns {epoch, offset, whole, entries}.
-- whole is 1 when the entries are all that happened after the offset in the epoch named. Else it is 0 and the entries are
-- the latest that there are. Where there is no log, one begins, in the epoch offered.
--
-- KEYS: position (hash), log (list)
-- ARGV: epoch and offset known, epoch to begin with, how many of the latest entries to give when that is not known,
--       seconds until a silent log may be forgotten
local position, log = KEYS[1], KEYS[2]
local known, after, offered, latest, life = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), ARGV[5]

local epoch = redis.call('HGET', position, 'epoch')
if not epoch then
  redis.call('DEL', log)
  redis.call('HSET', position, 'epoch', offered, 'offset', 0)
  redis.call('EXPIRE', position, life)
  return {offered, 0, 0, {}}
end

local offset = tonumber(redis.call('HGET', position, 'offset'))
local missed = offset - after
if epoch ~= known or missed < 0 or missed > redis.call('LLEN', log) then
  return {epoch, offset, 0, redis.call('LRANGE', log, -latest, -1)}
end
if missed == 0 then
  return {epoch, offset, 1, {}}
end
return {epoch, offset, 1, redis.call('LRANGE', log, -missed, -1)}
