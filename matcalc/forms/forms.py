"""The making of forms: products, powers and sums, each distinct one once.

Equal expressions are one object within a Forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcalc.forms.exact import is_whole, magnitude, power
from matcalc.forms.expression import Expr
from matcalc.forms.expressions import Expressions, transposed_weight
from matcalc.forms.form import COLUMN, MATRIX, ROW, SCALAR, Form, Like
from matcalc.forms.named import Names, with_name
from matcalc.forms.triangle import masked
from matcalc.language.dimensions import Dim
from matcalc.rational import normal

if TYPE_CHECKING:
    from matcalc.rational import Rational

MOST_WORK = 100_000
_FLIPPED = {SCALAR: SCALAR, COLUMN: ROW, ROW: COLUMN, MATRIX: MATRIX}
_SHAPES = {
    (COLUMN, ROW): MATRIX, (COLUMN, MATRIX): MATRIX, (MATRIX, ROW): MATRIX, (MATRIX, MATRIX): MATRIX,
    (COLUMN, COLUMN): COLUMN, (MATRIX, COLUMN): COLUMN, (ROW, ROW): ROW, (ROW, MATRIX): ROW,
    (ROW, COLUMN): SCALAR,
}  # fmt: skip
"""The shape of a product, by those of its first and its last factor."""


class Forms(Expressions):
    """Makes forms, each distinct one once, of expressions that it makes once too.

    Where names may be given to forms (`named`), a transpose is made with its form: a name changes
    what is made from then on.
    """

    def __init__(self, named: bool = False) -> None:
        super().__init__()
        self.named = named
        self._atoms: dict[Expr, Form] = {}
        self._composites: dict[Expr, Form] = {}
        self._count = 0
        self.chains: Names[tuple[tuple[Form, ...], Form]] = Names()
        """Chains that have a name, by their atoms, and the atom of it."""
        self.sums: Names[tuple[dict[Like, Form], Form]] = Names()
        """Sums that have a name, by their like terms."""
        self.work = MOST_WORK
        """How many more factors and terms may be looked at, before products have no form."""

    def let_go(self) -> None:
        """Untie the forms: they hold one another, and would wait for the collector."""
        for made in (self._atoms, self._composites):
            for form in made.values():
                form.chain = form.scalars = ()
                form.turned = None
            made.clear()

    def atom(self, shape: str, expr: Expr, flipped: Expr | None = None) -> Form:
        """An indivisible form; without `flipped` its transpose is written with '."""
        form = self._atoms.get(expr)
        if form is not None and form.shape == shape:
            return form
        if expr.kind == "transpose":
            straight = self._atoms.get(expr.children[0])
            if straight is not None and straight.T.expr is expr and straight.T.shape == shape:
                return straight.T
        # the number after it is that of its transpose
        self._count = number = self._count + 2
        form = self._atoms[expr] = Form(self, shape, expr, number)
        if shape == SCALAR:
            form.scalars = ((form, 1),)
            form.turned, form.turned_cost = form, form.cost
            return form
        form.chain = (form,)
        if flipped is expr:
            form.turned, form.turned_cost = form, form.cost
            return form
        form.turned_cost = transposed_weight(expr)
        if flipped is not None or self.named:
            outside = self.make("transpose", (expr,))
            self.turn(form, outside if flipped is None else self.cheaper(flipped, outside))
        return form

    def turn(self, form: Form, flipped: Expr) -> Form:
        """Give an atom the transpose of this expression."""
        form.turned_cost = flipped.cost
        shape = _FLIPPED[form.shape]
        other = self._atoms.get(flipped)
        if other is None or other.shape != shape:
            other = self._atoms[flipped] = Form(self, shape, flipped, form.number + 1)
            other.chain = (other,)
            other.turned, other.turned_cost = form, form.cost
            other.ones = form.ones
            other.terms = tuple([part.T for part in form.terms])
        form.turned = other
        return other

    def turn_product(self, form: Form, flipped: Expr) -> Form:
        """Give a product the transpose of this expression."""
        shape = _FLIPPED[form.shape]
        other = self._composites.get(flipped)
        if other is None or other.shape != shape:
            other = self._composites[flipped] = Form(self, shape, flipped, form.number)
            other.coefficient, other.scalars = form.coefficient, form.scalars
            other.chain = tuple([atom.T for atom in reversed(form.chain)])
            other.turned, other.turned_cost = form, form.cost
        form.turned, form.turned_cost = other, flipped.cost
        return other

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
        first, last = chain[0], chain[-1]
        shape = _SHAPES[first.shape, last.shape]
        expr = self.make("matmul", tuple([atom.expr for atom in chain]))
        turned_cost = len(chain) - 1
        for atom in chain:
            turned_cost += atom.turned_cost
        flipped: Expr | None = None
        if self.named or turned_cost + (0 if shape == SCALAR else 2) < expr.cost:
            flipped = self.make("matmul", tuple([atom.T.expr for atom in reversed(chain)]))
        if shape == SCALAR:
            return self.atom(SCALAR, expr if flipped is None else self.cheaper(expr, flipped))
        if first.ones and last.ones and len(chain) == 2:
            sizes = (first.expr.children[0], last.T.expr.children[0])
            form = self.atom(MATRIX, self.call("ones", *sizes), self.call("ones", *reversed(sizes)))
            form.ones = form.T.ones = True
            return form
        if flipped is not None:
            outside = self.make("transpose", (expr,))
            expr = self.cheaper(expr, self.make("transpose", (flipped,)))
            flipped = self.cheaper(flipped, outside)
        turned_cost = min(turned_cost, transposed_weight(expr))
        return self._composite(shape, expr, flipped, turned_cost, tuple(chain))

    def _composite(
        self,
        shape: str,
        expr: Expr,
        flipped: Expr | None,
        turned_cost: int,
        chain: tuple[Form, ...],
        coefficient: Rational = 1,
        scalars: tuple[tuple[Form, Rational], ...] = (),
    ) -> Form:
        """A form that is no atom; without `flipped` its transpose, of that cost, is made later."""
        form = self._composites.get(expr)
        if form is not None and form.shape == shape:
            return form
        form = self._composites[expr] = Form(self, shape, expr, self._count)
        form.coefficient, form.scalars, form.chain = coefficient, scalars, chain
        form.turned_cost = turned_cost
        if shape == SCALAR:
            form.turned = form
        elif flipped is not None:
            self.turn_product(form, flipped)
        return form

    def term(
        self,
        coefficient: Rational,
        scalars: Sequence[tuple[Form, Rational]],
        chain: Sequence[Form],
    ) -> Form:
        """coefficient · Π scalar^exponent · Π chain; scalars may be composite."""
        kept: tuple[tuple[Form, Rational], ...] = ()
        if scalars:
            coefficient, kept = self._multiplied(coefficient, scalars)
        coefficient = normal(coefficient)
        if not chain:
            if coefficient == 1 and len(kept) == 1 and kept[0][1] == 1:
                return kept[0][0]
            expr = self.scaled(coefficient, kept, None)
            return self._composite(SCALAR, expr, expr, expr.cost, (), coefficient, kept)
        body = self.product(chain)
        if coefficient == 1 and not kept:
            return body
        expr = self.scaled(coefficient, kept, body.expr)
        flipped: Expr | None = None
        if self.named or "divide" in (body.expr.kind, body.turned and body.turned.expr.kind):
            flipped = self.scaled(coefficient, kept, body.T.expr)
        turned_cost = expr.cost - body.cost + body.turned_cost
        return self._composite(
            body.shape, expr, flipped, turned_cost, body.chain, coefficient, kept
        )

    def _multiplied(
        self, coefficient: Rational, scalars: Sequence[tuple[Form, Rational]]
    ) -> tuple[Rational, tuple[tuple[Form, Rational], ...]]:
        """The product of powers of scalars, as a coefficient and powers of atoms."""
        powers: dict[Form, Rational] = {}
        for scalar, exponent in scalars:
            if is_whole(exponent) or (scalar.coefficient == 1 and scalar.scalars == ((scalar, 1),)):
                coefficient = coefficient * power(scalar.coefficient, exponent)
                for base, inner in scalar.scalars:
                    powers[base] = powers.get(base, 0) + inner * exponent
            else:
                base = self.solid(scalar)
                powers[base] = powers.get(base, 0) + exponent
        return coefficient, tuple([pair for pair in powers.items() if pair[1] != 0])

    def times(self, coefficient: Rational, form: Form) -> Form:
        if coefficient == 1 and not self.named:
            return form
        return self.term(coefficient * form.coefficient, form.scalars, form.chain)

    def added(self, terms: Sequence[Form]) -> Expr:
        """The expression of a sum as it stands."""
        # a constant is written as a number where another term shows the shape
        loose = not all(form.all_ones for form in terms)
        parts: list[Expr] = []
        signs: list[int] = []
        for form in terms:
            coefficient = form.coefficient
            signs.append(1 if coefficient > 0 else -1)
            if loose and form.all_ones:
                parts.append(self.scaled(magnitude(coefficient), form.scalars, None))
            else:
                parts.append(form.expr if coefficient > 0 else self.times(-1, form).expr)
        return self.make("add", tuple(parts), tuple(signs))

    def scaled(
        self, coefficient: Rational, scalars: Sequence[tuple[Form, Rational]], body: Expr | None
    ) -> Expr:
        """The expression of a body times scalars, negated where the coefficient is negative."""
        if len(scalars) > 1:
            # names before calls: a*cos(t)
            scalars = sorted(scalars, key=lambda pair: pair[0].expr.kind != "name")
        above = [self.power(base, e) for base, e in scalars if e > 0]
        below = [self.power(base, -e) for base, e in scalars if e < 0]
        size = magnitude(coefficient)
        if size.numerator != 1:
            above.insert(0, self.number(size.numerator))
        if size.denominator != 1:
            below.insert(0, self.number(size.denominator))
        if body is not None and body.kind == "divide" and (above or below):
            # one quotient: s*x / (t*y)
            over, under = body.children
            if not (above and over is self.number(1)):
                above.append(over)
            over = self.join("hadamard", above, "scale")
            under = self.join("hadamard", [*below, under], "scale")
            expr = self.make("divide", (over, under), body.value)
            return self.make("negate", (expr,)) if coefficient < 0 else expr
        if body is not None:
            above.append(body)
        expr = self.join("hadamard", above, "scale") if above else self.number(1)
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
            if other.cost < atom.turned_cost and atom.T.expr.kind == "transpose":
                turned = self.atom(shape, other)
                atom.turned, atom.turned_cost = turned, turned.cost
                turned.turned, turned.turned_cost = atom, atom.cost
                turned.entries = flipped
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
        if argument.turned_cost > argument.cost:
            return self.atom(MATRIX, expr)
        if argument.turned_cost < argument.cost:
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
