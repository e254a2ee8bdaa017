-- backfill.lua: add a newly followed store's latest posts to an inbox that exists.
-- KEYS: inbox. ARGV: packed ids; floor below which the store's posts are missing here (8 bytes). Returns 1 when done or
-- nothing is to do, 0 when the inbox is being built just now.
local header = redis.call('GETRANGE', KEYS[1], 0, 7)
if header == '' then return 1 end
if string.byte(header, 1) >= 128 then return 0 end
redis.call('APPEND', KEYS[1], ARGV[1])
if struct.unpack('>I8', ARGV[2]) > struct.unpack('>I8', header) then redis.call('SETRANGE', KEYS[1], 0, ARGV[2]) end
return 1
