-- push.lua: append one entry to each inbox (or outbox) that exists; none is made. Returns how many took it.
-- KEYS: inboxes of one bucket. ARGV: packed entry; cap (entries); limit (bytes) past which an inbox is cut to the cap.
local entry, cap, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local call, byte, sub = redis.call, string.byte, string.sub
-- From here up an entry is a marker, which names a pull store. Too big for a Lua number, so its bytes are what counts.
local MARKER = 2 ^ 62

local AT_ONCE = 500 -- Lua's stack does not take the entries of an inbox of any size

-- The markers, each once, and the feed ids above the floor, in ascending order, some perhaps twice; and whether the bytes
-- are just that: no markers, and ids in order, each once, all above the floor.
local function contents(packed, floor)
  local markers, ids, n, seen, newest, plain = {}, {}, 0, {}, floor, true
  for start = 9, #packed, AT_ONCE * 8 do
    local count = math.min(AT_ONCE, (#packed - start + 1) / 8)
    local entries = {struct.unpack('>' .. string.rep('I8', count), packed, start)}
    for i = 1, count do
      local id = entries[i]
      if id > newest and id < MARKER then
        n, newest = n + 1, id
        ids[n] = id
      else
        plain = false
        if id >= MARKER then
          local marker = sub(packed, start + i * 8 - 8, start + i * 8 - 1)
          if not seen[marker] then markers[#markers + 1] = marker end
          seen[marker] = true
        elseif id > floor then
          n = n + 1
          ids[n] = id
        end
      end
    end
  end
  if not plain then table.sort(ids) end
  return markers, ids, plain
end

-- The newest ids, each once, as many as there is room for, packed in ascending order; and the newest one left out.
local function newest(ids, room)
  local kept, last = {}, nil
  for i = #ids, 1, -1 do
    if ids[i] ~= last then
      if #kept == room then return kept, ids[i] end
      last = ids[i]
      table.insert(kept, struct.pack('>I8', last))
    end
  end
  return kept, nil
end

-- Keep all markers and the newest feed ids, each once, and raise the floor to the newest id dropped.
local function trim(key)
  local packed = call('GET', key)
  if byte(packed, 1) >= 128 then return end -- being built: its builder relies on every entry
  local floor = struct.unpack('>I8', packed)
  local markers, ids, plain = contents(packed, floor)
  -- Markers count, so that whoever follows many pull stores is not cut at every push; half the cap is for ids.
  local room = math.max(cap - #markers, math.floor(cap / 2))
  if plain then
    write(key, struct.pack('>I8', ids[#ids - room]) .. sub(packed, -room * 8), 'KEEPTTL')
    return
  end
  local kept, dropped = newest(ids, room)
  for i = #kept, 1, -1 do markers[#markers + 1] = kept[i] end
  write(key, struct.pack('>I8', dropped or floor) .. table.concat(markers), 'KEEPTTL')
end

local pushed = 0
for i = 1, #KEYS do
  local key = KEYS[i]
  if call('EXISTS', key) == 1 then
    pushed = pushed + 1
    local length = call('APPEND', key, entry)
    if length > limit then
      trim(key)
    elseif is_full(length) then
      write(key, call('GET', key), 'KEEPTTL')
    end
  end
end
return pushed
