-- claim.lua: put down an empty inbox to be filled, or take over one whose builder does not come back.
-- KEYS: inbox. ARGV: building token (8 bytes); seconds it may stay unfilled; seconds its builder has for itself.
-- Returns 1 when ours to fill, 0 when it is built or somebody is at it.
local header = redis.call('GETRANGE', KEYS[1], 0, 7)
if header == '' then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
  return 1
end
if string.byte(header, 1) < 128 or redis.call('TTL', KEYS[1]) > ARGV[2] - ARGV[3] then return 0 end
redis.call('SETRANGE', KEYS[1], 0, ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
