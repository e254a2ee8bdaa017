-- append.lua: give an event the next offset, keep it in the room's log and publish it, in one step.
-- Returns {epoch, offset}. Where there is no log, one begins, in the epoch offered.
--
-- KEYS: position (hash), log (list)
-- ARGV: channel, epoch to begin with, now in ms, type and JSON of the event, how many events to keep at least,
--       for how many ms to keep more than that, seconds until a silent log may be forgotten
local position, log = KEYS[1], KEYS[2]
local channel, offered, now, kind, event = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local keep, keep_ms, life = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]

local epoch = redis.call('HGET', position, 'epoch')
if not epoch then
  redis.call('DEL', log)
  redis.call('HSET', position, 'epoch', offered, 'offset', 0)
  epoch = offered
end

local offset = redis.call('HINCRBY', position, 'offset', 1)
-- The offset becomes the object's first member, so that nobody has to decode and encode it again.
local numbered = '{"offset":' .. string.format('%d', offset) .. ',' .. string.sub(event, 2)
local length = redis.call('RPUSH', log, now .. ' ' .. kind .. ' ' .. numbered)

while length > keep do
  local written = tonumber(string.match(redis.call('LINDEX', log, 0), '^%d+'))
  if written > tonumber(now) - keep_ms then break end
  redis.call('LPOP', log)
  length = length - 1
end

redis.call('EXPIRE', position, life)
redis.call('EXPIRE', log, life)
redis.call('PUBLISH', channel, epoch .. ' ' .. string.format('%d', offset) .. ' ' .. kind .. ' ' .. numbered)
return {epoch, offset}
