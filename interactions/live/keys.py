"""Redis keys of live rooms. A room's keys share a hash tag, so that its scripts stay in one slot of a cluster."""


def position(room_id: int) -> str:
    """Hash: the log's epoch, and the offset of its last event."""
    return f"live:{{r{room_id}}}:position"


def log(room_id: int) -> str:
    """List: the latest events, oldest first, each "<ms> <type> <json>"; the last has the position's offset."""
    return f"live:{{r{room_id}}}:log"


def totals(room_id: int) -> str:
    """Hash: likes, the number of all taps."""
    return f"live:{{r{room_id}}}:totals"


def viewers(room_id: int) -> str:
    """Hash: for each web process "<viewers>:<unix seconds>"."""
    return f"live:{{r{room_id}}}:viewers"


def channel(room_id: int) -> str:
    """Pub/sub channel of a room's events, each "<epoch> <offset> <type> <json>"."""
    return f"live:{room_id}"
