-- push.lua: append one feed id to each inbox (or outbox) that exists; none is made. Returns how many took it.
-- KEYS: inboxes of one bucket. ARGV: packed feed id; cap (entries); limit (bytes) past which an inbox is cut to the cap.
local entry, cap, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

-- Keep the newest `cap` entries, each once, and raise the floor to the newest one dropped.
local function trim(key)
  local packed = redis.call('GET', key)
  if string.byte(packed, 1) >= 128 then return end -- being built: its builder relies on every entry
  local floor = struct.unpack('>I8', packed)
  local ids, seen = {}, {}
  for at = 9, #packed, 8 do
    local id = struct.unpack('>I8', packed, at)
    if id > floor and not seen[id] then
      seen[id] = true
      ids[#ids + 1] = id
    end
  end
  -- Numbers, not strings: string order in Lua follows the server's locale.
  table.sort(ids, function(a, b) return a > b end)
  if ids[cap + 1] then floor = ids[cap + 1] end
  local kept = {struct.pack('>I8', floor)}
  for i = math.min(cap, #ids), 1, -1 do kept[#kept + 1] = struct.pack('>I8', ids[i]) end
  redis.call('SET', key, table.concat(kept), 'KEEPTTL')
end

local pushed = 0
for i = 1, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    pushed = pushed + 1
    if redis.call('APPEND', KEYS[i], entry) > limit then trim(KEYS[i]) end
  end
end
return pushed
