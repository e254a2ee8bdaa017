-- room.lua: how a whole window is written; it stands before the scripts that do so.
-- APPEND gives a string that must move twice the memory it needs: 8 KB for an inbox of 4. Put together so that it moves
-- when it has half the size it may reach, it has room for up to 64 entries and no more. With its own head and an end of
-- string, 6 bytes, a window then fills what an allocator gives. Whoever appends calls this again when the room is used up.
local ROOM = 512

local function is_full(length) return length % ROOM == 0 end

local function write(key, packed, ...)
  if #packed < ROOM then
    redis.call('SET', key, packed, ...)
    return
  end
  local half = (math.floor(#packed / ROOM) + 1) * ROOM / 2 - 4
  redis.call('SET', key, string.sub(packed, 1, 8), ...)
  redis.call('APPEND', key, string.sub(packed, 9, half))
  redis.call('APPEND', key, string.sub(packed, half + 1))
end
