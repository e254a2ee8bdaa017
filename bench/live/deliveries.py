"""Deliveries: how many events a second reach sockets, in a room and in the plain chat, in turn.

Both are fed by a process of its own that waits for the slowest socket: it is never more than `window` events ahead, so
nothing is dropped and the rate is what can be kept up. An event is delivered when it arrived complete and in order.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

from bench.live.crowd import Socket
from bench.live.frames import BadStream
from bench.live.venue import PATIENCE_S, Progress, Talk, Venue
from bench.stage import say
from bench.usage import Usage

WARM_S = 0.5
# Cores: a client with less time to spare than this may be what is measured.
LEAST_IDLE = 0.1


@dataclass(frozen=True)
class Pace:
    """Deliveries a second, and events in a frame."""

    per_s: float
    per_frame: float
    deliveries: int


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: deliveries_per_s, channels_deliveries_per_s, deliveries_ratio; the same one event at a time (lockstep_*);
    events_per_frame; client_cpu_share, server_cpu_share, client_idle (cores), client_is_bottleneck, cpu."""
    room = venue.room()["room"]
    watching = venue.audience(room, chosen.sockets)
    chatting = venue.chatters("/ws/chat/bench/", chosen.sockets)
    to_room, to_chat = Talk(venue.feeder, f"room {room}"), Talk(venue.feeder, "chat bench")
    pids = {"web": venue.web.process.pid, "chat": venue.chat.process.pid, "feeder": venue.feeder.pid}
    pids |= venue.stage.pids
    in_room, in_chat = Usage(pids), Usage(pids)
    rooms: list[Pace] = []
    chats: list[Pace] = []
    for number in range(chosen.rounds):
        say(f"deliveries to {chosen.sockets} sockets, round {number + 1} of {chosen.rounds}")
        chats.append(_pace(venue, chatting, to_chat, chosen.seconds, chosen.window, in_chat))
        rooms.append(_pace(venue, watching, to_room, chosen.seconds, chosen.window, in_room))
    say("one event at a time")
    single_chat = _pace(venue, chatting, to_chat, chosen.seconds, 1, Usage({}))
    single_room = _pace(venue, watching, to_room, chosen.seconds, 1, Usage({}))
    venue.crowd.leave()
    return {
        "deliveries_per_s": round(statistics.median(pace.per_s for pace in rooms)),
        "channels_deliveries_per_s": round(statistics.median(pace.per_s for pace in chats)),
        "deliveries_ratio": round(
            statistics.median(room.per_s / chat.per_s for room, chat in zip(rooms, chats, strict=True)), 2
        ),
        "events_per_frame": round(statistics.median(pace.per_frame for pace in rooms), 2),
        "lockstep_deliveries_per_s": round(single_room.per_s),
        "lockstep_channels_deliveries_per_s": round(single_chat.per_s),
        "lockstep_ratio": round(single_room.per_s / single_chat.per_s, 2),
        "deliveries_per_cpu_s": _by_processor(rooms, in_room, "web"),
        "channels_deliveries_per_cpu_s": _by_processor(chats, in_chat, "chat"),
        "cpu_channels": in_chat.cores(),
        **in_room.figures(),
        **_shares(in_room),
    }


def _by_processor(paces: list[Pace], usage: Usage, name: str) -> int:
    """Deliveries a second of the web process's own processor time: other work on the machine hardly changes it."""
    return round(sum(pace.deliveries for pace in paces) / max(usage.seconds()[name], 1e-3))


def _shares(usage: Usage) -> dict[str, object]:
    """Who was busy while the room was fed. The client is no bottleneck while it has time to wait."""
    cores = usage.cores()
    idle = max(0.0, 1 - cores["client"])
    return {
        "server_cpu_share": round(cores["web"] / max(sum(cores.values()), 1e-9), 3),
        "client_idle": round(idle, 2),
        "client_is_bottleneck": idle < LEAST_IDLE,
    }


def _pace(
    venue: Venue, sockets: list[Socket], feeding: Talk, seconds: float, window: int, usage: Usage
) -> Pace:  # fmt: skip
    crowd, progress = venue.crowd, Progress(sockets)
    said = progress.slowest

    def feed() -> None:
        nonlocal said
        ahead = window - (said - progress.slowest)
        feeding.say(ahead)
        said += ahead

    progress.advanced, crowd.hears = feed, progress
    feed()
    crowd.run(WARM_S)
    with usage:
        deliveries, frames, begin = progress.deliveries, progress.frames, time.monotonic()
        crowd.run(seconds)
        lasted = time.monotonic() - begin
        deliveries, frames = progress.deliveries - deliveries, progress.frames - frames
    progress.advanced = None
    if not crowd.run(PATIENCE_S, lambda: progress.slowest == said or any(one.closed for one in sockets)):
        raise BadStream(f"{said - progress.slowest} events of {said} did not reach everybody")
    if any(one.closed for one in sockets):
        raise BadStream(f"sockets were closed with { ({one.code for one in sockets if one.closed}) }")
    crowd.hears = None
    return Pace(deliveries / lasted, deliveries / max(1, frames), deliveries)
