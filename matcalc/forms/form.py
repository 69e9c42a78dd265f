"""Matrix expressions as they are built: each with its transpose, its length, and its factors at hand.

A `Form` is coefficient · Π scalar^exponent · (product of a chain of atoms).  Vectors are columns or
rows, so that u @ v' and x' @ A @ y are chains too.  Equal expressions are one object within a Forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcalc.forms.exact import is_whole, magnitude, power
from matcalc.forms.expression import Expr
from matcalc.forms.expressions import Expressions
from matcalc.forms.named import Names, with_name
from matcalc.forms.triangle import masked
from matcalc.language.dimensions import Dim
from matcalc.rational import quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational

SCALAR, COLUMN, ROW, MATRIX = "scalar", "column", "row", "matrix"
Like = tuple[frozenset[tuple["Form", "Rational"]], tuple["Form", ...]]
"""What like terms have in common: the scalars and the chain."""
MOST_WORK = 100_000
_FLIPPED = {SCALAR: SCALAR, COLUMN: ROW, ROW: COLUMN, MATRIX: MATRIX}


class Form:
    """A matrix expression of one shape, and what it is a product of.

    `entries` are the factors of an entry-by-entry product with their exponents; `square` is b where
    this is the sum of the squares of b; `diagonal` is u where this is diag(u); `ones` says that every
    entry is 1; `terms` are those of a sum; `block` is (before, size, total) where this is [0 I 0];
    `mask` is tril or triu where this is tril(ones(n, n)); `number` counts forms in the order of their making.
    """

    __slots__ = (
        "T",
        "block",
        "chain",
        "coefficient",
        "cost",
        "diagonal",
        "entries",
        "expr",
        "mask",
        "number",
        "ones",
        "scalars",
        "shape",
        "square",
        "terms",
    )
    T: Form
    chain: tuple[Form, ...]
    coefficient: Rational
    cost: int
    diagonal: Form | None
    block: tuple[Dim, Dim, Dim] | None
    entries: tuple[tuple[Form, Rational], ...]
    expr: Expr
    mask: str
    number: int
    ones: bool
    scalars: tuple[tuple[Form, Rational], ...]
    shape: str
    square: Form | None
    terms: tuple[Form, ...]

    @property
    def all_ones(self) -> bool:
        """Whether each entry is one, the coefficient and the scalars aside."""
        return bool(self.chain) and all(atom.ones for atom in self.chain)

    def __repr__(self) -> str:
        return f"Form({self.shape}, {self.expr!r})"


class Forms(Expressions):
    """Makes forms, each distinct one once, of expressions that it makes once too."""

    def __init__(self) -> None:
        super().__init__()
        self._forms: dict[tuple[bool, Expr], Form] = {}
        self.chains: Names[tuple[tuple[Form, ...], Form]] = Names()
        """Chains that have a name, by their atoms, and the atom of it; sums, by their like terms."""
        self.sums: Names[tuple[dict[Like, Form], Form]] = Names()
        self.work = MOST_WORK
        """How many more factors and terms may be looked at, before products have no form."""

    def _new(self, shape: str, expr: Expr, atomic: bool) -> Form:
        form = Form()
        form.shape, form.expr, form.cost = shape, expr, expr.cost
        form.coefficient, form.scalars, form.chain = 1, (), ()
        form.ones, form.mask = False, ""
        form.square, form.diagonal, form.block = None, None, None
        form.number = len(self._forms)
        form.entries, form.terms = ((form, 1),), ()
        form.T = form
        self._forms[atomic, expr] = form
        return form

    def atom(self, shape: str, expr: Expr, flipped: Expr | None = None) -> Form:
        """An indivisible form; without `flipped` its transpose is written with '."""
        form = self._forms.get((True, expr))
        if form is not None and form.shape == shape:
            return form
        form = self._new(shape, expr, True)
        if shape == SCALAR:
            form.scalars = ((form, 1),)
            return form
        form.chain = (form,)
        outside = self.make("transpose", (expr,))
        flipped = outside if flipped is None else self.cheaper(flipped, outside)
        if flipped is not expr:
            other = self._forms.get((True, flipped))
            if other is None or other.shape != _FLIPPED[shape]:
                other = self._new(_FLIPPED[shape], flipped, True)
                other.chain = (other,)
                other.T = form
            form.T = other
        return form

    def solid(self, form: Form) -> Form:
        """The same expression as an indivisible form."""
        if form.chain == (form,) or form.scalars == ((form, 1),):
            return form
        result = self.atom(form.shape, form.expr, form.T.expr)
        result.square = form.square
        return result

    def number_form(self, value: Rational) -> Form:
        return self.term(value, (), ())

    def ones(self, dim: Dim) -> Form:
        form = self.atom(COLUMN, self.call("ones", self.size(dim)))
        form.ones = form.T.ones = True
        return form

    def eye(self, dim: Dim) -> Form:
        expr = self.call("eye", self.size(dim))
        form = self.atom(MATRIX, expr, expr)
        form.diagonal = self.ones(dim)
        return form

    def product(self, chain: Sequence[Form]) -> Form:
        """The matrix product of atoms, of any shapes that fit."""
        if self.chains:
            atoms = tuple(chain)
            atoms = self.chains.put_in(atoms, atoms, with_name)
            chain = atoms
        if len(chain) == 1:
            return chain[0]
        left = chain[0].shape in (COLUMN, MATRIX)
        right = chain[-1].shape in (ROW, MATRIX)
        shape = (MATRIX if right else COLUMN) if left else (ROW if right else SCALAR)
        direct = self.make("matmul", tuple(atom.expr for atom in chain))
        flipped = self.make("matmul", tuple(atom.T.expr for atom in reversed(chain)))
        if shape == SCALAR:
            return self.atom(SCALAR, self.cheaper(direct, flipped))
        if len(chain) == 2 and chain[0].ones and chain[1].ones:
            sizes = (chain[0].expr.children[0], chain[1].T.expr.children[0])
            form = self.atom(MATRIX, self.call("ones", *sizes), self.call("ones", *reversed(sizes)))
            form.ones = form.T.ones = True
            return form
        expr = self.cheaper(direct, self.make("transpose", (flipped,)))
        other = self.cheaper(flipped, self.make("transpose", (direct,)))
        return self._composite(shape, expr, other, tuple(chain))

    def _composite(
        self,
        shape: str,
        expr: Expr,
        flipped: Expr,
        chain: tuple[Form, ...],
        coefficient: Rational = 1,
        scalars: tuple[tuple[Form, Rational], ...] = (),
    ) -> Form:
        known = self._forms.get((False, expr))
        if known is not None and known.shape == shape:
            return known
        form = self._new(shape, expr, False)
        form.coefficient, form.scalars, form.chain = coefficient, scalars, chain
        if shape != SCALAR:
            other = self._new(_FLIPPED[shape], flipped, False)
            other.coefficient, other.scalars = coefficient, scalars
            other.chain = tuple(atom.T for atom in reversed(chain))
            form.T, other.T = other, form
        return form

    def term(
        self,
        coefficient: Rational,
        scalars: Iterable[tuple[Form, Rational]],
        chain: Sequence[Form],
    ) -> Form:
        """coefficient · Π scalar^exponent · Π chain; scalars may be composite."""
        powers: dict[Form, Rational] = {}
        for scalar, exponent in scalars:
            whole = is_whole(exponent)
            if whole or (scalar.coefficient == 1 and scalar.scalars == ((scalar, 1),)):
                coefficient = coefficient * power(scalar.coefficient, exponent)
                for base, inner in scalar.scalars:
                    powers[base] = powers.get(base, 0) + inner * exponent
            else:
                base = self.solid(scalar)
                powers[base] = powers.get(base, 0) + exponent
        kept = tuple((base, exponent) for base, exponent in powers.items() if exponent != 0)
        coefficient = quotient(coefficient.numerator, coefficient.denominator)
        if coefficient == 1 and not kept and chain:
            return self.product(chain)
        if not chain:
            if coefficient == 1 and len(kept) == 1 and kept[0][1] == 1:
                return kept[0][0]
            expr = self.scaled(coefficient, kept, None)
            return self._composite(SCALAR, expr, expr, (), coefficient, kept)
        body = self.product(chain)
        return self._composite(
            body.shape,
            self.scaled(coefficient, kept, body.expr),
            self.scaled(coefficient, kept, body.T.expr),
            body.chain,
            coefficient,
            kept,
        )

    def times(self, coefficient: Rational, form: Form) -> Form:
        return self.term(coefficient * form.coefficient, form.scalars, form.chain)

    def scaled(
        self, coefficient: Rational, scalars: Sequence[tuple[Form, Rational]], body: Expr | None
    ) -> Expr:
        """The expression of a body times scalars, negated where the coefficient is negative."""
        one = self.number(1)
        # names before calls: a*cos(t)
        ordered = sorted(scalars, key=lambda pair: pair[0].expr.kind != "name")
        above = [self.power(base, e) for base, e in ordered if e > 0]
        below = [self.power(base, -e) for base, e in ordered if e < 0]
        size = magnitude(coefficient)
        if size.numerator != 1:
            above.insert(0, self.number(size.numerator))
        if size.denominator != 1:
            below.insert(0, self.number(size.denominator))
        if body is not None and body.kind == "divide" and (above or below):
            # one quotient: s*x / (t*y)
            over, under = body.children
            over = self.join(
                "hadamard", above if above and over is one else [*above, over], "scale"
            )
            under = self.join("hadamard", [*below, under], "scale")
            expr = self.make("divide", (over, under), body.value)
            return self.make("negate", (expr,)) if coefficient < 0 else expr
        if body is not None:
            above.append(body)
        expr = self.join("hadamard", above, "scale") if above else one
        if below:
            expr = self.make("divide", (expr, self.join("hadamard", below, "scale")), "scale")
        return self.make("negate", (expr,)) if coefficient < 0 else expr

    def power(self, base: Form, exponent: Rational) -> Expr:
        """base^exponent of a scalar, base**exponent of what is taken entry by entry; exponent > 0."""
        expr = base.expr
        if exponent.denominator == 2 and base.square is not None:
            expr, exponent = self.call("norm", base.square.expr), exponent.numerator
        if exponent == 1:
            return expr
        if exponent.denominator == 2 and exponent.numerator == 1:
            return self.call("sqrt", expr)
        sign = "^" if base.shape == SCALAR else "**"
        return self.make("power", (expr, self.number(exponent)), sign)

    def entrywise(self, factors: Iterable[tuple[Form, Rational]], ones: Form) -> Form:
        """The entry-by-entry product of powers of forms of one shape; `ones` is the empty one."""
        coefficient: Rational = 1
        scalars: list[tuple[Form, Rational]] = []
        powers: dict[Form, Rational] = {}
        for form, exponent in factors:
            if is_whole(exponent) or (form.coefficient == 1 and not form.scalars):
                coefficient = coefficient * power(form.coefficient, exponent)
                scalars += [(base, inner * exponent) for base, inner in form.scalars]
                if form.all_ones:
                    continue
                form = self.product(form.chain)
            form = self.solid(form)
            entries = form.entries if is_whole(exponent) else ((form, 1),)
            for base, inner in entries:
                powers[base] = powers.get(base, 0) + inner * exponent
        kept = tuple((base, exponent) for base, exponent in powers.items() if exponent != 0)
        if not kept:
            return self.term(coefficient, scalars, ones.chain)
        if len(kept) == 1 and kept[0][1] == 1:
            return self.term(coefficient, scalars, kept[0][0].chain)
        if any(base.mask for base, _ in kept):
            return masked(self, kept, ones, coefficient, scalars)
        shape = kept[0][0].shape
        flipped = tuple((base.T, exponent) for base, exponent in kept)
        atom = self.atom(shape, self._entries(kept))
        if shape == MATRIX:
            other = self._entries(flipped)
            if other.cost < atom.T.cost and atom.T.expr.kind == "transpose":
                atom.T = self.atom(shape, other)
                atom.T.T = atom
                atom.T.entries = flipped
        atom.entries = kept
        return self.term(coefficient, scalars, (atom,))

    def _entries(self, entries: Sequence[tuple[Form, Rational]]) -> Expr:
        above = [self.power(base, e) for base, e in entries if e > 0]
        below = [self.power(base, -e) for base, e in entries if e < 0]
        expr = self.join("hadamard", above) if above else self.number(1)
        if below:
            return self.make("divide", (expr, self.join("hadamard", below)))
        return expr

    def mapped(self, function: str, form: Form) -> Form:
        """A function applied entry by entry."""
        expr = self.call(function, form.expr)
        if form.shape == SCALAR:
            return self.atom(SCALAR, expr)
        return self.atom(form.shape, expr, self.call(function, form.T.expr))

    def turnable(self, expr: Expr, turned: Expr, argument: Form) -> Form:
        """f(X), where f(X)' is f(X'): written inv(X)' rather than inv(X')."""
        if argument.T.cost > argument.cost:
            return self.atom(MATRIX, expr)
        if argument.T.cost < argument.cost:
            return self.atom(MATRIX, turned).T
        return self.atom(MATRIX, expr, turned)

    def diagonal(self, column: Form, dim: Dim) -> Form:
        """The diagonal matrix of a column: eye where it is ones."""
        if column.all_ones:
            return self.term(column.coefficient, column.scalars, self.eye(dim).chain)
        return self.diag(column)

    def diag(self, form: Form) -> Form:
        """The diagonal matrix of a column that is not ones; the diagonal, a column, of a matrix."""
        assert form.shape == MATRIX or not form.all_ones
        if form.shape == MATRIX and len(form.chain) == 1 and form.chain[0].diagonal is not None:
            return self.term(form.coefficient, form.scalars, form.chain[0].diagonal.chain)
        body = self.product(form.chain)
        if form.shape == COLUMN:
            expr = self.call("diag", body.expr)
            atom = self.atom(MATRIX, expr, expr)
            atom.diagonal = body
        else:
            atom = self.atom(COLUMN, self.call("diag", self.cheaper(body.expr, body.T.expr)))
        return self.term(form.coefficient, form.scalars, (atom,))
