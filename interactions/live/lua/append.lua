-- append.lua: give an event the next offset, keep it in the room's log and publish it, in one step; once for each id.
-- Returns {epoch, offset, late}; the offset that it has already for an event that was told before. late is 1, and nothing
-- was done, when an event with a higher id was told of the same subject: what this one says may be true no more.
--
-- KEYS: position (hash), log (list), told and subjects (sorted sets)
-- ARGV: channel, epoch to begin with, now in ms, type and JSON of the event, its id (0: none, always told), its subject
--       (may be empty), how many events to keep at least, for how many ms to keep more than that, of how many events to
--       know that they were told, seconds until a silent log may be forgotten, the question of which earlier words must not
--       be read again (empty: none)
local position, log, told, subjects = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, offered, now, kind, event, id, subject = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local keep, keep_ms, known, life = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local overruled = ARGV[12]

local epoch, last = opened(KEYS, offered, now)
local before = id ~= '0' and redis.call('ZSCORE', told, id)
if before then
  return {epoch, tonumber(before), 0}
end

if subject ~= '' then
  if tonumber(redis.call('ZSCORE', subjects, subject) or 0) > tonumber(id) then
    return {epoch, last, 1}
  end
  redis.call('ZADD', subjects, id, subject)
  redis.call('ZREMRANGEBYRANK', subjects, 0, -known - 1)
end

local offset = redis.call('HINCRBY', position, 'offset', 1)
if id ~= '0' then
  redis.call('ZADD', told, offset, id)
  redis.call('ZREMRANGEBYRANK', told, 0, -known - 1)
end
-- The offset becomes the object's first member, so that nobody has to decode and encode it again.
local rest = string.sub(event, 2)
local numbered = '{"offset":' .. string.format('%d', offset) .. ',' .. rest

-- Who comes back later gets this event in the place of what was said before (room.overrule does the same). A text cannot
-- hold the members looked for: its quotation marks are escaped.
if overruled ~= '' then
  local whole = '"question":{"id":' .. overruled .. ','
  for first = 0, redis.call('LLEN', log) - 1, 200 do
    for place, entry in ipairs(redis.call('LRANGE', log, first, first + 199)) do
      if string.find(entry, whole, 1, true) and (kind == 'hide' or not string.find(entry, '"answer":null', 1, true)) then
        local at, earlier = string.match(entry, '^(%d+) %S+ {"offset":(%d+),')
        redis.call('LSET', log, first + place - 1, at .. ' ' .. kind .. ' {"offset":' .. earlier .. ',' .. rest)
      end
    end
  end
end

local length = redis.call('RPUSH', log, now .. ' ' .. kind .. ' ' .. numbered)

while length > keep do
  local written = tonumber(string.match(redis.call('LINDEX', log, 0), '^%d+'))
  if written > tonumber(now) - keep_ms then break end
  redis.call('LPOP', log)
  length = length - 1
end

for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, life)
end
redis.call('PUBLISH', channel, epoch .. ' ' .. string.format('%d', offset) .. ' ' .. kind .. ' ' .. numbered)
return {epoch, offset, 0}
