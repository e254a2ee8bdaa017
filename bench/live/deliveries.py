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
from bench.live.venue import PATIENCE_S, Feeder, Progress, Venue, feeder
from bench.stage import say
from bench.usage import Usage

WARM_S = 0.5


@dataclass(frozen=True)
class Pace:
    """Deliveries a second, and events in a frame."""

    per_s: float
    per_frame: float


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: deliveries_per_s, channels_deliveries_per_s, deliveries_ratio; the same one event at a time (lockstep_*);
    events_per_frame; client_cpu_share, server_cpu_share, client_idle."""
    room = venue.room()["room"]
    watching = venue.audience(room, chosen.sockets)
    chatting = venue.chatters("/ws/chat/bench/", chosen.sockets)
    with feeder(venue.site, "room", room) as to_room, feeder(venue.site, "chat", "bench") as to_chat:
        pids = {"web": venue.web.process.pid, "chat": venue.chat.process.pid} | venue.stage.pids
        in_room = Usage(pids | {"feeder": to_room.pid})
        in_chat = Usage(pids | {"feeder": to_chat.pid})
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
        **_shares(in_room, ""),
        **_shares(in_chat, "channels_"),
    }


def _shares(usage: Usage, prefix: str) -> dict[str, object]:
    """Who was busy. The client is no bottleneck while it has time to wait."""
    cores = usage.cores()
    figures: dict[str, object] = {f"{prefix}{key}": value for key, value in usage.figures().items()}
    if prefix:
        return {"cpu_channels": figures["channels_cpu"]}
    used = max(sum(cores.values()), 1e-9)
    return figures | {
        "server_cpu_share": round(cores["web"] / used, 3),
        "client_idle": round(max(0.0, 1 - cores["client"]), 2),
    }


def _pace(
    venue: Venue, sockets: list[Socket], feeding: Feeder, seconds: float, window: int, usage: Usage
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
        first, frames, begin = progress.slowest, progress.frames, time.monotonic()
        crowd.run(seconds)
        lasted = time.monotonic() - begin
        events, frames = progress.slowest - first, progress.frames - frames
    progress.advanced = None
    if not crowd.run(PATIENCE_S, lambda: progress.slowest == said or any(one.closed for one in sockets)):
        raise BadStream(f"{said - progress.slowest} events of {said} did not reach everybody")
    if any(one.closed for one in sockets):
        raise BadStream(f"sockets were closed with { ({one.code for one in sockets if one.closed}) }")
    crowd.hears = None
    return Pace(events * len(sockets) / lasted, events * len(sockets) / max(1, frames))
