"""`manage.py asyncapi`: the websockets' document, printed or written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.asyncapi import PATH, as_yaml


class Command(BaseCommand):
    help = "Prints the AsyncAPI document of the websockets; with --write it becomes docs/asyncapi.yaml. For developers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The command's option."""
        parser.add_argument("--write", action="store_true", help="into docs/asyncapi.yaml")

    def handle(self, *, write: bool, **options: Any) -> None:
        """Run."""
        if write:
            PATH.write_text(as_yaml())
        else:
            self.stdout.write(as_yaml(), ending="")
