-- bump.lua: add to one count of a post, unless the cached counts were read from a state that already had it.
-- KEYS[1] the post's counts
-- ARGV[1] field   ARGV[2] how much   ARGV[3] the transaction that changed it
-- Returns 1 when it was added, 0 when not: there are no counts, they have it, or it was noted for their reader.
local counts, field, by, transaction = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local snapshot, lease = unpack(redis.call('HMGET', counts, 'snapshot', 'lease'))

if lease then
  redis.call('HINCRBY', counts, '+' .. field .. ':' .. transaction, by)
  return 0
end
if not snapshot then
  return 0
end

-- PostgreSQL writes a snapshot as xmin:xmax:running,running; docs "Transaction ID and Snapshot Information Functions".
local low, high, running = string.match(snapshot, '^(%d+):(%d+):(.*)$')
local number = tonumber(transaction)
local was_running = string.find(',' .. running .. ',', ',' .. transaction .. ',', 1, true)
if number < tonumber(low) or (number < tonumber(high) and not was_running) then
  return 0
end
redis.call('HINCRBY', counts, field, by)
return 1
