"""`manage.py feed`: build windows anew, compare them with PostgreSQL, choose how a store's posts travel."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Never

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError

from accounts.models import User
from core.problems import NotFound, Unavailable
from core.progress import Step, step
from core.redis import RedisAway
from feed import modes, windows
from feed.models import Mode
from feed.upkeep import audit, finding, rebuilding
from stores.models import Store
from stores.selectors.stores import store_named

DIFFERENCE, WRONG_USAGE, AWAY = 1, 2, 3
AFTER_HELP = """
when to use which:
  audit     now and then, and after trouble with Redis: are the windows in Redis complete? Ends with 1 if one is not;
            --repair builds it anew.
  rebuild   somebody's feed lacks posts, or windows cannot be trusted any more. Safe while people read and post.
  mode      a store's posts come late (push it less: "pull"), or its followers' pages are slow ("push").
docs/operations.md says more.
"""


class Command(BaseCommand):
    help = "Cares for feeds: rebuilds inboxes, audits them against PostgreSQL, sets how a store's posts travel."

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs."""
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = AFTER_HELP
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="rebuild | audit | mode")
        self._rebuild_arguments(verbs.add_parser("rebuild", help="build inboxes anew from PostgreSQL"))
        self._audit_arguments(verbs.add_parser("audit", help="compare inboxes and outboxes with PostgreSQL"))
        self._mode_arguments(verbs.add_parser("mode", help="push or pull: how a store's posts reach its followers"))

    def _rebuild_arguments(self, parser: CommandParser) -> None:
        parser.description = (
            "Builds inboxes anew while people read and post; no page lacks or doubles anything meanwhile. "
            "Afterwards `feed audit` shows whether all is well."
        )
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("user", nargs="?", metavar="USER", help="of one person, by id or e-mail address")
        whose.add_argument("--store", metavar="HANDLE", help="of this store's followers, and its outbox")
        whose.add_argument(
            "--all", action="store_true", dest="everybody", help="of everybody who has one, and all outboxes"
        )
        parser.add_argument(
            "--per-second", type=_positive, metavar="N", help="no more than so many; each costs PostgreSQL some 10 ms"
        )

    def _audit_arguments(self, parser: CommandParser) -> None:
        parser.description = (
            "Compares so many inboxes, and as many outboxes, chosen by chance among those that exist, with what "
            "PostgreSQL says. Ends with 0 if nothing lacks, 1 if something does (--repair mends it; without, use "
            "`feed rebuild USER`), 3 if Redis or PostgreSQL is away. Changes nothing without --repair."
        )
        parser.add_argument("--sample", type=_count, required=True, metavar="N", help="how many of each")
        parser.add_argument("--repair", action="store_true", help="build anew what lacks something")
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")

    def _mode_arguments(self, parser: CommandParser) -> None:
        parser.description = (
            "Without HANDLE: lists the stores that are not push. With one: fixes its mode, whatever the number of its "
            "followers; `auto` gives the choice back to that number. Switching misses and doubles nothing."
        )
        parser.add_argument("store", nargs="?", metavar="HANDLE")
        parser.add_argument("mode", nargs="?", choices=["push", "pull", "auto"])

    def handle(self, *, verb: str, **options: Any) -> None:
        """Run."""
        try:
            getattr(self, f"_{verb}")(**options)
        except RedisAway:
            raise CommandError("Redis is away. Feeds go on without it; try again later.", returncode=AWAY) from None
        except (Unavailable, OperationalError, InterfaceError):
            raise CommandError("PostgreSQL is away or too slow: try again later.", returncode=AWAY) from None

    # --- rebuild ----------------------------------------------------------------------------------

    def _rebuild(
        self, *, user: str | None, store: str | None, everybody: bool, per_second: float | None, **_: Any
    ) -> None:
        user_ids: Sequence[int]
        if user is not None:
            user_ids = [_user_named(user).pk]
        elif store is not None:
            found = _store_named(store)
            windows.drop_outbox(found.pk)
            with self._step("Looking for inboxes of followers") as looking:
                user_ids = finding.inboxes_of_followers(found.pk, followers=found.follower_count, show=looking.at)
        else:
            with self._step("Looking for outboxes") as looking:
                for store_id in finding.outboxes(looking.at):
                    windows.drop_outbox(store_id)
            with self._step("Looking for inboxes") as looking:
                user_ids = finding.all_inboxes(looking.at)
        with self._step("Building inboxes") as building:
            only_one = user is not None
            done = rebuilding.rebuild(user_ids, per_second=per_second, show=building.at, missing_too=only_one)
        self.stdout.write(f"{done.built} inboxes built anew, {done.left} left to be built when they are next read.")

    # --- audit ------------------------------------------------------------------------------------

    def _audit(self, *, sample: int, repair: bool, json: bool, **_: Any) -> None:
        with self._step("Choosing inboxes") as choosing:
            user_ids = finding.sample(finding.inboxes(choosing.at), sample)
        with self._step("Comparing inboxes") as comparing:
            inboxes = audit.audit_inboxes(user_ids, comparing.at)
        with self._step("Choosing outboxes") as choosing:
            store_ids = finding.sample(finding.outboxes(choosing.at), sample)
        with self._step("Comparing outboxes") as comparing:
            outboxes = audit.audit_outboxes(store_ids, comparing.at)
        if repair:
            self._mend(inboxes, outboxes)
        (self._as_json if json else self._in_words)(inboxes, outboxes, repair)
        if inboxes.differences or outboxes.differences:
            sys.exit(DIFFERENCE)

    def _mend(self, inboxes: audit.Findings, outboxes: audit.Findings) -> None:
        for difference in outboxes.differences:
            windows.drop_outbox(difference.owner)
        with self._step("Building inboxes") as building:
            broken = [difference.owner for difference in inboxes.differences]
            rebuilding.rebuild(broken, per_second=None, show=building.at)

    def _as_json(self, inboxes: audit.Findings, outboxes: audit.Findings, repaired: bool) -> None:
        found = {"inboxes": asdict(inboxes), "outboxes": asdict(outboxes), "repaired": repaired}
        self.stdout.write(json.dumps(found))

    def _in_words(self, inboxes: audit.Findings, outboxes: audit.Findings, repaired: bool) -> None:
        for whose, findings in (("user", inboxes), ("store", outboxes)):
            for difference in findings.differences:
                for what, feed_ids in (("lacks", difference.missing), ("doubles", difference.doubled)):
                    if feed_ids:
                        self.stdout.write(f"{whose} {difference.owner} {what}: {', '.join(map(str, feed_ids))}")
        both = (inboxes, outboxes)
        self.stdout.write(
            f"{inboxes.windows} inboxes and {outboxes.windows} outboxes with {sum(each.posts for each in both)} posts "
            f"compared; {sum(each.on_their_way for each in both)} posts still on their way and "
            f"{sum(each.gone for each in both)} windows being built were left out."
        )
        differing = sum(len(each.differences) for each in both)
        if differing:
            todo = "Repaired." if repaired else "Mend them: the same with --repair, or feed rebuild USER."
            self.stdout.write(f"{differing} windows differ from PostgreSQL. {todo}")

    # --- mode -------------------------------------------------------------------------------------

    def _mode(self, *, store: str | None, mode: str | None, **_: Any) -> None:
        if store is None:
            self._list_modes()
            return
        if mode is None:
            _refuse("Say which mode: push, pull or auto.")
        found = _store_named(store)
        if mode == "auto":
            delivery = modes.unfix_mode(store=found)
        else:
            delivery = modes.fix_mode(store=found, mode=Mode(mode))
        self.stdout.write(f"@{found.handle}: {delivery.get_mode_display()}")
        if delivery.mode == Mode.TO_PULL:
            self.stdout.write("A worker of queue feed completes the switch; `feed mode` shows when it has.")

    def _list_modes(self) -> None:
        found = modes.not_pushing()
        for delivery in found:
            by = "staff" if delivery.by_hand else "number of followers"
            self.stdout.write(
                f"@{delivery.store.handle}\t{delivery.mode}\t{delivery.store.follower_count} followers\t"
                f"since {delivery.changed_at:%Y-%m-%d %H:%M} UTC\tby {by}"
            )
        if not found:
            self.stdout.write("All stores push.")

    @contextmanager
    def _step(self, title: str) -> Iterator[Step]:
        """Progress goes to standard error, so that standard output holds results only."""
        with step(title, out=sys.stderr) as shown:
            yield shown


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _refuse(why: str) -> Never:
    raise CommandError(why, returncode=WRONG_USAGE)


def _user_named(text: str) -> User:
    by = {"email__iexact": text} if "@" in text else {"pk": int(text)} if text.isdecimal() else None
    user = User.objects.filter(**by).first() if by else None
    return user or _refuse(f"There is no user {text!r}: give an id or an e-mail address.")


def _store_named(handle: str) -> Store:
    try:
        return store_named(handle.removeprefix("@"))
    except NotFound:
        _refuse(f"There is no store @{handle.removeprefix('@')}: give its handle.")
