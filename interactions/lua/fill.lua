-- fill.lua: put down a post's counts as read from PostgreSQL, if nothing can have been missed since.
-- KEYS[1] the post's counts
-- ARGV[1] the lease   ARGV[2] the snapshot they were read in   ARGV[3] seconds to live   ARGV[4..] field, count, …
-- Returns the bumps noted since the lease was taken, flat: {"+likes:<transaction>", "1", …}. They are still to be done.
local counts, lease, snapshot, seconds = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

if redis.call('HGET', counts, 'lease') ~= lease then
  return {}
end
local noted = {}
local kept = redis.call('HGETALL', counts)
for place = 1, #kept, 2 do
  if string.sub(kept[place], 1, 1) == '+' then
    noted[#noted + 1] = kept[place]
    noted[#noted + 1] = kept[place + 1]
  end
end
redis.call('DEL', counts)
redis.call('HSET', counts, 'snapshot', snapshot, unpack(ARGV, 4))
redis.call('EXPIRE', counts, seconds)
return noted
