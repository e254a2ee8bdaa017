"""`manage.py demo`: a small, living place to look at."""

from __future__ import annotations

import logging
import os
from argparse import SUPPRESS
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import note
from config.demo.hands import LINE_EVERY_S, HandFailed
from config.demo.load import load, load_share
from config.demo.pictures import WIDTH
from config.demo.report import Report


class Command(BaseCommand):
    help = (
        "Loads the demo: 12 stores, 60 shoppers, a month of posts, orders, comments, one open live room. "
        "Adds only what is missing, and writes addresses and sign-ins to var/demo.json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The command's options."""
        parser.add_argument("--once", action="store_true", help="do nothing when it is loaded")
        parser.add_argument("--picture-width", type=int, default=WIDTH, help=f"in pixels; default {WIDTH}")
        parser.add_argument("--stores", nargs="+", default=[], metavar="HANDLE", help="only the merchant's and these")
        parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1), help="how many work at once")
        parser.add_argument("--share", help=SUPPRESS)  # "part/parts": what one of those processes is told

    def handle(
        self, *, once: bool, picture_width: int, stores: list[str], processes: int, share: str | None, **options: Any
    ) -> None:
        """Run."""
        if settings.PRODUCTION:
            raise CommandError("Demo data is for development: its people could sign in here.")
        if once and note.is_loaded():
            note.renew_base_url()
            return
        logging.disable(logging.INFO)  # what services say of each store and post would bury the progress
        try:
            if share is None:
                load(report=Report(), picture_width=picture_width, processes=processes, only=stores)
            else:
                self._share(share, picture_width, stores)
        except HandFailed as failure:
            raise CommandError(str(failure)) from None
        finally:
            logging.disable(logging.NOTSET)

    def _share(self, share: str, picture_width: int, stores: list[str]) -> None:
        part, _, parts = share.partition("/")
        report = Report(line_every_s=LINE_EVERY_S)
        load_share(part=int(part), parts=int(parts), only=stores, report=report, picture_width=picture_width)
