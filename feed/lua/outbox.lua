-- outbox.lua: append one feed id to a store's outbox if it exists, and cut it to its cap now and then.
-- KEYS: outbox. ARGV: packed feed id; cap (entries). Returns its length in bytes, 0 when there is none.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local length = redis.call('APPEND', KEYS[1], ARGV[1])
local cap = tonumber(ARGV[2]) * 8
if length > 8 + cap * 1.25 then
  -- A store's posts arrive in order, but for a repeat; the dropped ones' newest is the floor.
  local packed = redis.call('GET', KEYS[1])
  local from = #packed - cap + 1
  redis.call('SET', KEYS[1], string.sub(packed, from - 8, from - 1) .. string.sub(packed, from), 'KEEPTTL')
end
return length
