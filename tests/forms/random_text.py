"""Random expressions of matrices, as text of the language."""

from __future__ import annotations

import random

SIZES = {"m": 2, "n": 3, "p": 4}
DECLARATIONS = ", ".join(
    [f"{word}{d}{e}: {d} x {e}" for word in "AB" for d in SIZES for e in SIZES]
    + [f"S{d}: {d} x {d} symmetric" for d in SIZES]
    + [f"{word}{d}: {d}" for word in "xy" for d in SIZES]
    + ["s: scalar", "t: scalar"]
)


class RandomText:
    """Expressions of given shapes; entries stay positive enough for roots and logarithms."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def dim(self) -> str:
        return self.random.choice(list(SIZES))

    def matrix(self, rows: str, columns: str, depth: int) -> str:
        pick = self.random.randrange(13 if depth else 2)
        if pick == 0 and rows == columns:
            return f"S{rows}"
        if pick <= 1:
            return self.random.choice("AB") + rows + columns
        inner = self.dim()
        one = self.matrix(rows, columns, depth - 1)
        match pick:
            case 2 | 3:
                left = self.matrix(rows, inner, depth - 1)
                return f"({left} @ {self.matrix(inner, columns, depth - 1)})"
            case 4:
                return f"({self.matrix(columns, rows, depth - 1)})'"
            case 5:
                sign = self.random.choice("+-")
                return f"({one} {sign} {self.matrix(rows, columns, depth - 1)})"
            case 6:
                return f"({one} * {self.matrix(rows, columns, depth - 1)})"
            case 7:
                return f"({self.vector(rows, depth - 1)} @ ({self.vector(columns, depth - 1)})')"
            case 8 if rows == columns:
                return f"diag({self.vector(rows, depth - 1)})"
            case 9:
                return f"({self.scalar(depth - 1)} * {one})"
            case 10:
                return f"exp({one}/40)"
            case 11 if rows == columns:
                return f"inv({one} + 30*eye({rows}))"
            case _:
                return f"({one} / exp({self.matrix(rows, columns, 0)}))"

    def vector(self, size: str, depth: int) -> str:
        pick = self.random.randrange(9 if depth else 1)
        if pick == 0:
            return self.random.choice("xy") + size
        inner = self.dim()
        one = self.vector(size, depth - 1)
        match pick:
            case 1 | 2:
                return f"({self.matrix(size, inner, depth - 1)} @ {self.vector(inner, depth - 1)})"
            case 3:
                return f"({one} {self.random.choice('+-*')} {self.vector(size, depth - 1)})"
            case 4:
                return f"sum({self.matrix(size, inner, depth - 1)}, axis=1)"
            case 5:
                return f"diag({self.matrix(size, size, depth - 1)})"
            case 6:
                return f"({self.scalar(depth - 1)} * {one})"
            case 7:
                return f"{one} ** 2"
            case _:
                return f"sin({one})"

    def scalar(self, depth: int) -> str:
        pick = self.random.randrange(9 if depth else 2)
        if pick <= 1:
            return self.random.choice(("s", "t", "2", "3/4"))
        d, e = self.dim(), self.dim()
        match pick:
            case 2:
                return f"tr({self.matrix(d, d, depth - 1)})"
            case 3:
                return f"(({self.vector(d, depth - 1)})' @ {self.vector(d, depth - 1)})"
            case 4:
                return f"sum({self.matrix(d, e, depth - 1)})"
            case 5:
                return f"normsq({self.vector(d, depth - 1)})"
            case 6:
                one = self.matrix(d, e, depth - 1)
                return f"({one} : {self.matrix(d, e, depth - 1)})"
            case 7:
                return f"({self.scalar(depth - 1)} - {self.scalar(depth - 1)})"
            case _:
                return f"({self.scalar(depth - 1)} / (1 + ({self.scalar(0)}) ^ 2))"
