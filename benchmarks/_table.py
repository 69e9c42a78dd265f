"""The table that closes a benchmark: what, measured, target."""

from __future__ import annotations

from collections.abc import Iterable

Row = tuple[str, str, str]


def closing_table(rows: Iterable[Row]) -> str:
    """The rows in columns under a head.

    >>> print(closing_table([("a cold start", "6.8", "≤ 9")]))
    what          measured  target
    a cold start  6.8       ≤ 9
    """
    table = [("what", "measured", "target"), *rows]
    first, second = (max(len(row[column]) for row in table) for column in (0, 1))
    return "\n".join(
        f"{what:{first}}  {measured:{second}}  {target}".rstrip()
        for what, measured, target in table
    )
