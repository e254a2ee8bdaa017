-- beat.lua: what this server knows of the last beat, and who it is; and the next beat, if both are still as they were found.
-- KEYS: beat. ARGV: nothing to look; or what was found (the beat, the server), and the next beat. Returns [beat, server].
-- A beat is "<time> <server it was given to>", '' where there is none; a server is the id it gives itself at its start,
-- '' where we may not ask.
local found = redis.call('GET', KEYS[1]) or ''
local info = redis.pcall('INFO', 'server')
local server = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
if ARGV[1] == found and ARGV[2] == server then redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. server) end
return {found, server}
