"""A step of the journey: a rule, told by its docstring's first line and shown by doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from config.journey.walk import Walk

Rule = Callable[[Walk], str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """A rule to be shown. It returns a figure or remark to print, or raises Broken."""

    run: Rule

    @property
    def title(self) -> str:
        """The rule in one line."""
        return (self.run.__doc__ or self.run.__name__).strip().splitlines()[0].rstrip(".")

    @property
    def name(self) -> str:
        """The rule's name in the code."""
        return self.run.__name__


@dataclass(frozen=True, slots=True)
class Chapter:
    """Steps that belong together."""

    title: str
    steps: tuple[Step, ...]


def chapter(title: str, *rules: Rule) -> Chapter:
    """A chapter of these rules, in this order."""
    return Chapter(title, tuple(Step(rule) for rule in rules))
