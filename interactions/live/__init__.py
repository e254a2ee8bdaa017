"""Live rooms: protocol, log, hub, taps and sockets.

From the wire inwards: `consumers` (a socket) asks `protocol` (pure: frames) and calls `interactions.services`, which
write to PostgreSQL and then, after the commit, to the room's log (`room`, Redis). From the log outwards: `hub` (one a
process) hears of every event and gives it to the room's `audience`, whose sockets each have a bounded `outlet`. `taps`
adds up hearts and viewers, `policy` says who may do what.
"""
