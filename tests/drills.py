"""What the drills checked, said at the end of the report: wherever pytest starts, whatever process ran them."""

from __future__ import annotations

import pytest

SAID = "drill"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lists what drills recorded as `SAID`, from the reports, which come from other processes too."""
    reports = terminalreporter.getreports("passed")
    lines = [str(value) for report in reports for name, value in report.user_properties if name == SAID]
    if lines:
        terminalreporter.section("drills")
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)
