"""Who used the processors while something was measured: in cores, by the name of the process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

import psutil  # type: ignore[import-untyped]


class Usage:
    """Processor time of some processes, their children included, and of this one, which is the client."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = {**pids, "client": os.getpid()}
        self._spent = dict.fromkeys(self._pids, 0.0)
        self._lasted = 0.0

    def __enter__(self) -> Usage:
        """May be entered again: intervals add up."""
        self._before, self._began = self._read(), time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        """The interval is over."""
        self._lasted += time.perf_counter() - self._began
        for name, seconds in self._read().items():
            self._spent[name] += seconds - self._before[name]

    def _read(self) -> dict[str, float]:
        return {name: _seconds(pid, whole=name != "client") for name, pid in self._pids.items()}

    def cores(self) -> dict[str, float]:
        """Cores that each kept busy."""
        return {name: round(seconds / max(self._lasted, 1e-9), 2) for name, seconds in self._spent.items()}

    def seconds(self) -> dict[str, float]:
        """Processor seconds of each."""
        return {name: round(seconds, 3) for name, seconds in self._spent.items()}

    def figures(self) -> dict[str, object]:
        """Keys: cpu (cores by process), client_cpu_share (the client's part of all processor time used)."""
        used = max(sum(self._spent.values()), 1e-9)
        return {"cpu": self.cores(), "client_cpu_share": round(self._spent["client"] / used, 3)}


def _seconds(pid: int, *, whole: bool) -> float:
    """Processor seconds so far; the whole family's, with those who have died in it."""
    one = psutil.Process(pid)
    own = one.cpu_times()
    spent = float(own.user + own.system)
    if whole:
        spent += own.children_user + own.children_system
        for child in one.children(recursive=True):
            try:
                times = child.cpu_times()
            except psutil.Error:  # ended just now; its parent's sum has it next time
                continue
            spent += times.user + times.system
    return spent
