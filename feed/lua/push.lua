-- push.lua: append one entry to each inbox (or outbox) that exists; none is made. Returns how many took it.
-- KEYS: inboxes of one bucket. ARGV: packed entry; cap (entries); limit (bytes) past which an inbox is cut to the cap.
local entry, cap, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local MARKER = 64 -- first byte of an entry that names a pull store

-- Keep all markers and the newest feed ids, each once, and raise the floor to the newest id dropped.
local function trim(key)
  local packed = redis.call('GET', key)
  if string.byte(packed, 1) >= 128 then return end -- being built: its builder relies on every entry
  local floor = struct.unpack('>I8', packed)
  local ids, seen, kept = {}, {}, {''}
  for at = 9, #packed, 8 do
    if string.byte(packed, at) == MARKER then
      local marker = string.sub(packed, at, at + 7)
      if not seen[marker] then kept[#kept + 1] = marker end
      seen[marker] = true
    else
      local id = struct.unpack('>I8', packed, at)
      if id > floor and not seen[id] then ids[#ids + 1] = id end
      seen[id] = true
    end
  end
  -- Numbers, not strings: string order in Lua follows the server's locale.
  table.sort(ids, function(a, b) return a > b end)
  -- Markers count, so that whoever follows many pull stores is not cut at every push; half the cap is for ids.
  local room = math.max(cap - #kept + 1, math.floor(cap / 2))
  if ids[room + 1] then floor = ids[room + 1] end
  kept[1] = struct.pack('>I8', floor)
  for i = math.min(room, #ids), 1, -1 do kept[#kept + 1] = struct.pack('>I8', ids[i]) end
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
