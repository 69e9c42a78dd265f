"""Records as `check` makes them, for tests of what is printed of them."""

from __future__ import annotations

from functools import cache

from matcalc.batch.inputs import Block, Item
from matcalc.batch.work import Record, Settings, answer_block

LINES = (
    "d(x'@A@x)/dx == (A + A')@x where A: n x n, x: n",
    "d(x'@A@x)/dx == 2*A@x where A: n x n, x: n",
    "d(A@B)/dX == A where A(X): MxN, B(X): NxP, X: UxV",
    "d(A*B)/dA == B where A: m x n, B: n x p",
    "d(<script>alert('&amp;')</script>)/dx == \x1b[31m1 # ]]> \x00\ufffe\ud800 \\",
    "d(sum(x))/dx == ones(n)  # a comment",
)


@cache
def records() -> tuple[Record, ...]:
    """Two right claims, two wrong ones, two errors, in two files."""
    block = [Item(number, line) for number, line in enumerate(LINES, 1)]
    settings = Settings("check")
    found = answer_block(Block(0, "one.txt", (), block[:3]), settings)
    found += answer_block(Block(1, "<two>.txt", (), block[3:]), settings)
    assert [r["status"] for r in found] == ["ok", "wrong", "wrong", "error", "error", "ok"]
    return tuple(found)
