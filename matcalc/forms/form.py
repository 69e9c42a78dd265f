"""Matrix expressions as they are built: each with its transpose, its length, and its factors at hand.

A `Form` is coefficient · Π scalar^exponent · (product of a chain of atoms).  Vectors are columns or
rows, so that u @ v' and x' @ A @ y are chains too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.forms.transposes import transposed

if TYPE_CHECKING:
    from matcalc.forms.expression import Expr
    from matcalc.forms.forms import Forms
    from matcalc.language.dimensions import Dim
    from matcalc.rational import Rational

SCALAR, COLUMN, ROW, MATRIX = "scalar", "column", "row", "matrix"
Like = tuple[frozenset[tuple["Form", "Rational"]], tuple["Form", ...]]
"""What like terms have in common: the scalars and the chain."""


class Form:
    """A matrix expression of one shape, and what it is a product of.

    `entries` are the factors of an entry-by-entry product with their exponents; `square` is b where
    this is the sum of the squares of b; `diagonal` is u where this is diag(u); `ones` says that every
    entry is 1; `terms` are those of a sum; `block` is (before, size, total) where this is [0 I 0];
    `mask` is tril or triu where this is tril(ones(n, n)); `number` orders atoms by when they were made, a
    transpose right after its form, and a product has that of its last atom.

    Without `__slots__`: most forms have the defaults below, and to set them all would take longer than the
    rest of the making.
    """

    coefficient: Rational = 1
    scalars: tuple[tuple[Form, Rational], ...] = ()
    chain: tuple[Form, ...] = ()
    terms: tuple[Form, ...] = ()
    ones = False
    mask = ""
    square: Form | None = None
    diagonal: Form | None = None
    block: tuple[Dim, Dim, Dim] | None = None
    turned: Form | None = None
    """The transpose, once it was asked for."""
    turned_cost: int
    """Its length, which is known before."""
    _entries: tuple[tuple[Form, Rational], ...] = ()

    def __init__(self, maker: Forms, shape: str, expr: Expr, number: int) -> None:
        self.maker = maker
        self.shape = shape
        self.expr = expr
        self.cost = expr.cost
        self.number = number

    @property
    def T(self) -> Form:
        """The transpose."""
        return self.turned or transposed(self.maker, self)

    @property
    def entries(self) -> tuple[tuple[Form, Rational], ...]:
        return self._entries or ((self, 1),)

    @entries.setter
    def entries(self, factors: tuple[tuple[Form, Rational], ...]) -> None:
        self._entries = factors

    @property
    def all_ones(self) -> bool:
        """Whether each entry is one, the coefficient and the scalars aside."""
        for atom in self.chain:
            if not atom.ones:
                return False
        return bool(self.chain)

    def __repr__(self) -> str:
        return f"Form({self.shape}, {self.expr!r})"
