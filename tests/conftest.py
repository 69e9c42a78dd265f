"""The order of the tests, and what is said at the end: which libraries' code was not tested, so that nobody
takes it for passed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

UNTESTED = "NOT TESTED"
EMITTED = Path(__file__).resolve().parent / "emit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Emitted code last: JAX starts threads, and a process that has them should not fork, as batches do."""
    items.sort(key=lambda item: EMITTED in item.path.parents)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A red section that counts the tests that were skipped for want of a library."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if UNTESTED in reason:
            said = reason[reason.index(UNTESTED) :]
            counts[said] = counts.get(said, 0) + 1
    if counts:
        terminalreporter.section(UNTESTED, sep="!", red=True, bold=True)
        for said, count in sorted(counts.items()):
            terminalreporter.line(f"{said} ({count} tests skipped)", red=True, bold=True)
