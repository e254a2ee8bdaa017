"""The websocket client of the benches against a small server: nothing that is missing or double is passed over."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from bench.live.crowd import Crowd
from bench.live.frames import CLOSE, PING, PONG, TEXT, BadStream, frame, read
from bench.live.hearts import _most_in_a_second
from bench.live.venue import Progress
from bench.musts import met

OPEN = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[int]:
    """Answers one handshake, then serves the connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def one() -> None:
            link, _ = listening.accept()
            link.settimeout(10)
            with link, suppress(OSError):
                while b"\r\n\r\n" not in link.recv(4_096):
                    pass
                link.sendall(OPEN)
                serve(link)
                while link.recv(4_096):  # until the client hangs up
                    pass

        thread = threading.Thread(target=one, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def packed(payload: bytes, first: int = TEXT) -> bytes:
    """A server's frame."""
    size = len(payload)
    return bytes([first]) + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")) + payload


def events(*offsets: int, epoch: str = "e") -> bytes:
    """An `events` frame."""
    told = [{"offset": offset, "type": "hide", "question_id": 1} for offset in offsets]
    return packed(json.dumps({"type": "events", "epoch": epoch, "events": told}).encode())


WELCOME = packed(json.dumps({"type": "welcome", "epoch": "e", "offset": 2}).encode())


def test_frames_are_understood_however_they_are_cut() -> None:
    whole = WELCOME + events(3) + events(*range(4, 40)) + packed(b"?", PING) + events(40)

    answers: list[bytes] = []

    def drip(link: socket.socket) -> None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in range(0, len(whole), 7):
            link.sendall(whole[byte : byte + 7])
        answers.append(link.recv(len(frame(b"?", PONG))))

    crowd = Crowd()
    with server(drip) as port:
        screen = crowd.come(port, "/")
        assert crowd.run(5, lambda: screen.offset == 40)
        assert (screen.epoch, screen.gaps, screen.doubles) == ("e", 0, 0)
        crowd.leave()
    assert answers == [frame(b"?", PONG)]


@pytest.mark.parametrize(
    ("told", "gaps", "doubles"),
    [
        ([events(3), events(5)], 1, 0),
        ([events(3), events(3), events(4)], 0, 1),
        ([events(3), events(4, epoch="f")], 1, 0),
        ([events(3), events(4)], 0, 0),
    ],
)
def test_what_is_missing_or_double_is_counted(told: list[bytes], gaps: int, doubles: int) -> None:
    crowd = Crowd()
    with server(lambda link: link.sendall(WELCOME + b"".join(told) + packed((4001).to_bytes(2, "big"), CLOSE))) as port:
        screen = crowd.come(port, "/")
        assert crowd.run(5, lambda: screen.code == 4001)
        assert (screen.gaps, screen.doubles) == (gaps, doubles)
        crowd.leave()


def test_an_event_that_is_missing_ends_a_measurement() -> None:
    ready = threading.Event()

    def skip(link: socket.socket) -> None:
        link.sendall(WELCOME)
        ready.wait(5)
        link.sendall(events(3) + events(5))

    crowd = Crowd()
    with server(skip) as port:
        screen = crowd.come(port, "/")
        assert crowd.run(5, lambda: screen.welcomed)
        progress = crowd.hears = Progress([screen])
        ready.set()
        with pytest.raises(BadStream):
            crowd.run(5, lambda: progress.slowest == 5)
        assert progress.slowest == 3
        crowd.leave()


def test_a_gap_within_a_frame_is_no_frame() -> None:
    told = [{"offset": offset, "type": "hide"} for offset in (1, 3)]
    with pytest.raises(BadStream):
        read(json.dumps({"type": "events", "epoch": "e", "events": told}).encode())


@pytest.mark.parametrize(("missed", "gaps"), [((3, 4), 0), ((4, 5), 1), ((), 1)])
def test_who_comes_back_must_be_told_exactly_what_was_missed(missed: tuple[int, ...], gaps: int) -> None:
    told = [{"offset": offset, "type": "hide"} for offset in missed]
    answer = {"type": "recovered", "recovered": True, "epoch": "e", "offset": max(missed, default=9), "events": told}
    # What happens between the welcome and the answer is in the answer.
    frames = packed(json.dumps({"type": "welcome", "epoch": "e", "offset": 3}).encode()) + events(4)
    crowd = Crowd()
    with server(lambda link: link.sendall(frames + packed(json.dumps(answer).encode()))) as port:
        screen = crowd.come(port, "/")
        screen.resume("e", 2)
        assert crowd.run(5, lambda: screen.recovered is not None)
        assert (screen.gaps, screen.offset) == (gaps, max(missed, default=9))
        crowd.leave()


def test_five_frames_of_hearts_in_one_second_are_five() -> None:
    assert _most_in_a_second([0.0, 0.26, 0.52, 0.78, 1.04]) == 4
    assert _most_in_a_second([0.0, 0.2, 0.4, 0.6, 0.8, 1.1]) == 5


def test_a_room_that_is_not_fast_enough_does_not_meet_what_it_must() -> None:
    found = {"deliveries_ratio": 4.9, "resumed_ratio": 0.9995, "resume_statements": 21, "kib_per_socket": 48}
    assert met("live", found) == {
        "deliveries_ratio": False, "kib_per_socket": True, "resume_statements": False, "resumed_ratio": False,
    }  # fmt: skip
    assert met("soak", {"gaps": 1, "complete": 1}) == {"gaps": False, "complete": True}
