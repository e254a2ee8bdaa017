-- fill.lua: finish a claimed inbox: the floor, what PostgreSQL said, then whatever was pushed meanwhile.
-- KEYS: inbox. ARGV: our building token; floor (8 bytes); packed ids; seconds to live. Returns 1, or 0 when not ours any more.
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
local pushed = redis.call('GETRANGE', KEYS[1], 8, -1)
write(KEYS[1], ARGV[2] .. ARGV[3] .. pushed, 'EX', ARGV[4])
return 1
