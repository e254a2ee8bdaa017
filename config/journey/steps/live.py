"""The live room over its websocket: questions from buyers, answers from the host, hearts from everybody."""

from __future__ import annotations

import time

from config.journey.client import expect
from config.journey.socket import Socket
from config.journey.step import chapter
from config.journey.walk import Walk, milliseconds

HEARTS = 40
HEARD_WITHIN_S = 1.0


def the_room_welcomes(walk: Walk) -> str:
    """Each who comes in is welcomed with the room, its questions, and what they may do there and why not."""
    path = f"/ws/rooms/{walk.room}"
    for name in ("ana", "stranger", "merchant"):
        socket = walk.rooms[name] = Socket(walk[name], path)
        walk.close.append(socket.close)
        welcome = socket.frame("welcome")
        expect(welcome["room"]["id"] == walk.room and welcome["epoch"], f"the welcome is {str(welcome)[:200]}")
        walk.ids[f"offset of {name}"] = welcome["offset"]
        you = welcome["you"]
        expect(you["can"]["tap"], f"{name} may not tap: {you['why_not']['tap']}")
        expect(you["can"]["ask"] == (name != "stranger"), f"{name} may ask: {you['can']['ask']}")
        expect(you["can"]["host"] == (name == "merchant"), f"{name} may host: {you['can']['host']}")
    whole = walk["nobody"].get(f"/rooms/{walk.room}").ok()
    expect(whole["status"] == "live" and whole["store"]["handle"] == walk.store, f"the room is {whole['status']}")
    return f"{whole['title']}: {len(welcome['questions'])} questions on the table"


def strangers_may_not_ask(walk: Walk) -> str:
    """A stranger's question is refused with a reason, and nobody hears it."""
    reply = walk.rooms["stranger"].ask({"type": "ask", "text": "多少钱？", "client_id": walk.name})
    expect(reply.get("error", {}).get("code") == "not_a_buyer", f"the reply is {reply}")
    return "not_a_buyer"


def buyers_ask_and_all_hear(walk: Walk) -> str:
    """A buyer asks, and everybody in the room hears it at once, at the same offset."""
    start = time.monotonic()
    frame = {"type": "ask", "text": f"今天的碗可以留一只吗？{walk.name}", "client_id": walk.name}
    reply = walk.rooms["ana"].ask(frame)
    expect(reply.get("ok"), f"the reply is {reply}")
    question = walk.ids["question"] = int(reply["question"])
    walk.undo.append(lambda: walk.rooms["merchant"].ask({"type": "hide", "question": question}))
    heard = [walk.rooms[name].event("question", question) for name in ("ana", "stranger", "merchant")]
    took = time.monotonic() - start
    expect(len({(one["epoch"], one["offset"]) for one in heard}) == 1, "they heard it at different offsets")
    expect(heard[0]["question"]["text"] == frame["text"], "they heard other words")
    expect(took < HEARD_WITHIN_S, f"it took {milliseconds(took)}")
    again = walk.rooms["ana"].ask(frame)
    expect(again.get("question") == question, f"asked again it became {again}")
    walk.ids["heard"] = heard[0]["offset"]
    return f"after {milliseconds(took)}"


def the_host_answers(walk: Walk) -> str:
    """The host answers, and everybody hears it; nobody else can answer."""
    frame = {"type": "answer", "question": walk.ids["question"], "text": "留好了，名字贴在碗底。"}
    refused = walk.rooms["ana"].ask(frame)
    expect(refused.get("error", {}).get("code") == "not_staff", f"the reply is {refused}")
    start = time.monotonic()
    walk.rooms["merchant"].send({**frame, "id": "answer"})
    heard = walk.rooms["ana"].event("answer", walk.ids["question"])
    took = time.monotonic() - start
    expect(heard["question"]["answer"] == frame["text"], f"the answer is {heard['question']['answer']}")
    expect(heard["offset"] > walk.ids["heard"], "offsets do not grow")
    walk.rooms["stranger"].event("answer", walk.ids["question"])
    expect(took < HEARD_WITHIN_S, f"it took {milliseconds(took)}")
    return f"after {milliseconds(took)}"


def what_was_missed_is_told(walk: Walk) -> str:
    """Whoever was away resumes at an offset and is told exactly what they missed."""
    socket = Socket(walk["cho"], f"/ws/rooms/{walk.room}")
    epoch = socket.frame("welcome")["epoch"]
    socket.send({"type": "resume", "id": "r", "epoch": epoch, "offset": walk.ids["heard"] - 1})
    recovered = socket.frame("recovered")
    socket.close()
    expect(recovered["recovered"], "the gap was not filled")
    offsets = [event["offset"] for event in recovered["events"]]
    expect(offsets == list(range(walk.ids["heard"], offsets[-1] + 1)), f"offsets are {offsets}")
    return f"{len(offsets)} events"


def hearts_become_ticks(walk: Walk) -> str:
    """Hearts are added up and come back as a tick, however many fly."""
    before = walk["nobody"].get(f"/rooms/{walk.room}").ok()["likes"]
    for _ in range(2):
        reply = walk.rooms["stranger"].ask({"type": "tap", "count": HEARTS // 2})
        expect(reply.get("ok"), f"the reply is {reply}")
    tick = walk.rooms["ana"].until(
        lambda frame: frame.get("type") == "tick" and frame["likes"] >= before + HEARTS and frame["viewers"] >= 3,
        what="tick with the hearts and three viewers",
    )
    return f"{tick['likes']} hearts, {tick['viewers']} viewers"


def broken_frames_harm_nobody(walk: Walk) -> None:
    """A broken frame is refused with a code, and the socket lives."""
    socket = walk.rooms["stranger"]
    for junk in ('{"type": "ask"', '{"type": "dance", "id": 9}'):
        socket.send(junk)
        refusal = socket.until(lambda frame: "error" in frame, what="refusal")["error"]
        expect(refusal["code"] == "bad_frame", f"the refusal is {refusal}")
    expect(socket.ask({"type": "ping"}).get("ok"), "the socket does not answer any more")


CHAPTER = chapter(
    "The live room",
    the_room_welcomes,
    strangers_may_not_ask,
    buyers_ask_and_all_hear,
    the_host_answers,
    what_was_missed_is_told,
    hearts_become_ticks,
    broken_frames_harm_nobody,
)
