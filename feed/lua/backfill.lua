-- backfill.lua: add a newly followed store's latest posts to an inbox that exists.
-- KEYS: inbox. ARGV: packed ids; floor below which the store's posts are missing here (8 bytes); limit (bytes). Returns 1
-- when they are in, 0 when there is no inbox, or none any more: one that is being built, or would grow past its limit,
-- is forgotten, and the next reader builds it.
local header = redis.call('GETRANGE', KEYS[1], 0, 7)
if header == '' then return 0 end
if string.byte(header, 1) >= 128 or redis.call('STRLEN', KEYS[1]) + #ARGV[1] > tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('APPEND', KEYS[1], ARGV[1])
write(KEYS[1], redis.call('GET', KEYS[1]), 'KEEPTTL')
if struct.unpack('>I8', ARGV[2]) > struct.unpack('>I8', header) then redis.call('SETRANGE', KEYS[1], 0, ARGV[2]) end
return 1
