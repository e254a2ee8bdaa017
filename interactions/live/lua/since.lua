-- since.lua: what a room's log holds after an offset. Returns {epoch, offset, whole, entries}.
-- whole is 1 when the entries are all that happened after the offset in the epoch named. Else it is 0 and the entries are
-- the latest that there are. Where there is no log, one begins, in the epoch offered.
--
-- KEYS: position (hash), log (list), told and subjects (sorted sets)
-- ARGV: epoch and offset known, epoch to begin with, now in ms, how many entries are too many to be given as all that
--       happened, how many of the latest to give instead, seconds until a silent log may be forgotten
local position, log = KEYS[1], KEYS[2]
local known, after, offered, now = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local most, latest, life = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]

local epoch, offset = opened(KEYS, offered, now)
if epoch == offered then
  redis.call('EXPIRE', position, life)
  return {epoch, 0, 0, {}}
end

local missed = offset - after
if epoch ~= known or missed < 0 or missed > most or missed > redis.call('LLEN', log) then
  return {epoch, offset, 0, latest > 0 and redis.call('LRANGE', log, -latest, -1) or {}}
end
if missed == 0 then
  return {epoch, offset, 1, {}}
end
return {epoch, offset, 1, redis.call('LRANGE', log, -missed, -1)}
