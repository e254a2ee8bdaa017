"""Redis keys of live rooms. A room's keys share a hash tag, so that its scripts stay in one slot of a cluster."""


def position(room_id: int) -> str:
    """Hash: the log's epoch, the offset of its last event, when it was born (ms), and in which run of the server."""
    return f"live:{{r{room_id}}}:position"


def log(room_id: int) -> str:
    """List: the latest events, oldest first, each "<ms> <type> <json>"; the last has the position's offset."""
    return f"live:{{r{room_id}}}:log"


def told(room_id: int) -> str:
    """Sorted set: ids of the events lately told, by their offset."""
    return f"live:{{r{room_id}}}:told"


def subjects(room_id: int) -> str:
    """Sorted set: what events were lately told of, by the highest id told of each."""
    return f"live:{{r{room_id}}}:subjects"


def looked_until() -> str:
    """String: until when the lasting log of all rooms was looked through for what was not told, in Unix seconds."""
    return "live:looked_until"


def totals(room_id: int) -> str:
    """Hash: likes, the number of all taps."""
    return f"live:{{r{room_id}}}:totals"


def viewers(room_id: int) -> str:
    """Hash: for each web process "<viewers>:<unix seconds>"."""
    return f"live:{{r{room_id}}}:viewers"


def channel(room_id: int) -> str:
    """Pub/sub channel of a room's events, each "<epoch> <offset> <type> <json>", and of hints: "- 0 <type> <json>"."""
    return f"live:{room_id}"
