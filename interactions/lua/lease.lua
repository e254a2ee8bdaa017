-- lease.lua: announce that a post's counts are being read from PostgreSQL, so that bumps are noted meanwhile.
-- KEYS[1] the post's counts
-- ARGV[1] a new token   ARGV[2] seconds the announcement lives
-- Returns the token of the lease, an earlier reader's if there is one; '' when the counts are there by now.
local counts, token, seconds = KEYS[1], ARGV[1], ARGV[2]

if redis.call('HEXISTS', counts, 'snapshot') == 1 then
  return ''
end
if redis.call('HSETNX', counts, 'lease', token) == 1 then
  redis.call('EXPIRE', counts, seconds)
end
return redis.call('HGET', counts, 'lease')
