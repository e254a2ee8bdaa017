"""People: signing up and in, profiles, devices, following."""

from __future__ import annotations

from functools import partial

from config.journey.client import Broken, Person, expect
from config.journey.socket import Socket
from config.journey.step import chapter
from config.journey.walk import Walk

AUTH = "/_allauth/app/v1/auth"
NEWCOMERS = {"ana": ("Ana", "en"), "ben": ("阿本", "zh-hant"), "cho": ("小周", "zh-hans")}


def newcomers_sign_up(walk: Walk) -> str:
    """Three shoppers sign up and type the code from the mail."""
    for name, (display_name, language) in NEWCOMERS.items():
        person = walk.people[name] = walk.newcomer(name)
        _sign_up(walk, person, display_name=f"{display_name} {walk.name}", language=language)
    return ", ".join(walk[name].email for name in NEWCOMERS)


def _sign_up(walk: Walk, person: Person, **more: str) -> None:
    body = {"email": person.email, "password": person.password, **more}
    started = person.post(f"{AUTH}/signup", body).ok(401)  # allauth's way to say: one thing is still to be done
    person.token = started["meta"]["session_token"]
    person.get("/me").refused(401, "not_signed_in")
    done = person.post(f"{AUTH}/email/verify", {"key": walk.code_mailed_to(person.email)}).ok()
    person.token = done["meta"].get("session_token", person.token)
    me = person.get("/me").ok()
    expect(me["email"] == person.email, f"/me is {me['email']}, not {person.email}")
    expect(me["language"] == more["language"], f"language is {me['language']}")


def the_demos_people_sign_in(walk: Walk) -> str:
    """Platform staff, merchant, buyer and stranger sign in with what var/demo.json says."""
    for name, account in walk.demo["accounts"].items():
        person = walk.people[name] = walk.newcomer(name)
        person.email, person.password = account["email"], account["password"]
        person.token = sign_in(person)
    expect(walk["staff"].get("/me").ok()["is_platform_staff"], "staff are not platform staff")
    role = walk["merchant"].get(f"/stores/{walk.store}").ok()["viewer"]["role"]
    expect(role == "owner", f"the merchant is {role} of @{walk.store}")
    return f"@{walk.store}"


def sign_in(person: Person) -> str:
    """A new session's token, as on a new device."""
    device = Person(person.client, name=person.name)
    answer = device.post(f"{AUTH}/login", {"email": person.email, "password": person.password}).ok()
    return str(answer["meta"]["session_token"])


def wrong_passwords_open_nothing(walk: Walk) -> None:
    """A wrong password signs nobody in."""
    body = {"email": walk["ana"].email, "password": "not the password"}
    walk["nobody"].post(f"{AUTH}/login", body).ok(400)


def a_profile_is_changed(walk: Walk) -> None:
    """A shopper changes name and language; an unknown field is refused and changes nothing."""
    ana = walk["ana"]
    name = f"Ana  Li {walk.name}"
    ana.patch("/me", {"display_name": name, "language": "zh-hans"}).ok()
    me = ana.get("/me").ok()
    expect(me["display_name"] == f"Ana Li {walk.name}", f"the name is {me['display_name']!r}")
    expect(me["language"] == "zh-hans", f"the language is {me['language']}")
    ana.patch("/me", {"display_name": "Nobody", "is_staff": True}).refused(422, "invalid")
    expect(ana.get("/me").ok() == me, "a refused change changed something")


def devices_are_signed_out_alone(walk: Walk) -> None:
    """Signing out one device leaves the other signed in."""
    ana, first = walk["ana"], walk["ana"].token
    ana.token = sign_in(ana)
    expect(ana.token != first, "two devices share a session")
    ana.delete(f"{AUTH}/session").ok(401)  # allauth's way to say: signed out
    ana.get("/me").refused(401, "not_signed_in")
    ana.token = first
    ana.get("/me").ok()


def a_store_is_followed(walk: Walk) -> str:
    """Shoppers follow the store; doing it again changes nothing, and the counter stays true."""
    before = walk["nobody"].get(f"/stores/{walk.store}").ok()["followers"]
    for name in NEWCOMERS:
        for source in ("search", "qr"):
            follow = walk[name].put(f"/stores/{walk.store}/follow", {"source": source}).ok()
        expect(follow["source"] == "search", f"the first source became {follow['source']}")
        walk.undo.append(partial(walk[name].delete, f"/stores/{walk.store}/follow"))
    after = walk["nobody"].get(f"/stores/{walk.store}").ok()["followers"]
    expect(after >= before + len(NEWCOMERS), f"{before} followers became {after}")
    following = walk["ana"].get("/me/following").ok()["items"]
    expect([row["store"]["handle"] for row in following] == [walk.store], f"/me/following is {following}")
    return f"{after} followers"


def a_new_follower_has_its_past(walk: Walk) -> str:
    """A new follower finds the store's past posts in the feed, the newest first, page after page."""
    ids: list[int] = []
    path = "/feed?limit=10"
    while path:
        answer = walk["ana"].get(path)
        ids += [item["feed_id"] for item in answer.ok()["items"]]
        cursor = answer.json["next_cursor"]
        expect(bool(cursor) == ('rel="next"' in answer.header("Link")), "Link and next_cursor do not agree")
        path = f"/feed?limit=10&cursor={cursor}" if cursor else ""
    expect(ids == sorted(set(ids), reverse=True), "the feed is out of order, or says something twice")
    expect(ids, f"@{walk.store} has no posts")
    return f"{len(ids)} posts"


def a_feed_socket_opens(walk: Walk) -> None:
    """A ticket opens the feed socket, once."""
    ben = walk["ben"]
    ticket = str(ben.post("/ws-tickets").ok(201)["ticket"])
    socket = walk.rooms["feed"] = Socket(ben, "/ws/feed", ticket=ticket)
    walk.close.append(socket.close)
    socket.frame("welcome")
    again = Socket(ben, "/ws/feed", ticket=ticket)
    code = again.close_code()
    if code is None or not 4500 <= code < 5000:
        raise Broken(f"a used ticket closed the socket with {code}, not with one of 4500 to 4999")


CHAPTER = chapter(
    "People",
    newcomers_sign_up,
    the_demos_people_sign_in,
    wrong_passwords_open_nothing,
    a_profile_is_changed,
    devices_are_signed_out_alone,
    a_store_is_followed,
    a_new_follower_has_its_past,
    a_feed_socket_opens,
)
