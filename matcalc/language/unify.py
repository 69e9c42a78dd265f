"""Unification of dimensions: unknowns are names that start with `?`, found from how they are used."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, isqrt

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim, Monomial

Fail = Callable[[], MatcalcError]


class Unifier:
    """What is known of the unknowns so far.

    >>> unifier = Unifier()
    >>> size = unifier.fresh()
    >>> unifier.unify(size * Dim.named("m"), Dim.named("m") * Dim.named("n"))
    True
    >>> str(unifier.resolve(size))
    'n'
    """

    def __init__(self) -> None:
        self.known: dict[str, Dim] = {}
        self.rigid = False
        self.count = 0
        """How many unknowns were made."""
        self._deferred: list[tuple[Dim, Dim, Fail | None]] = []

    def fresh(self) -> Dim:
        """A new unknown; names sort in the order of making."""
        self.count += 1
        return Dim.named(f"?{self.count:06d}")

    def resolve(self, dim: Dim) -> Dim:
        """With all that is known put in."""
        if not dim.unknowns:
            return dim
        known = self.known
        path = []
        while dim.name in known:
            path.append(dim.name)
            dim = known[dim.name]
        if dim.name is None:
            while not known.keys().isdisjoint(dim.unknowns):
                dim = dim.substitute(known)
        if len(path) > 1 or dim.name is None:
            for name in path:  # the next way is short
                known[name] = dim
        return dim

    def same(self, a: Dim, b: Dim) -> bool:
        """Whether they are equal as far as is known; nothing is learned."""
        a, b = self.resolve(a), self.resolve(b)
        return a is b or (a.value is not None and a.value == b.value)

    def require(self, a: Dim, b: Dim, fail: Fail) -> None:
        """Make them equal, now or later, or raise what `fail` gives."""
        if a is not b and not self.unify(a, b, fail):
            raise fail()

    def unify(self, a: Dim, b: Dim, fail: Fail | None = None) -> bool:
        """Make them equal; false where they cannot be.  Products of unknowns wait for `settle`."""
        if a is b:
            return True
        a, b = self.resolve(a), self.resolve(b)
        if a is b:
            return True
        if not a.unknowns and not b.unknowns:
            if a.value is not None and a.value == b.value:
                self.rigid = True
                return True
            return False
        for one, other in ((b, a), (a, b)):
            if _is_unknown(one) and one.name not in other.names:
                self._learn(one, other)
                return True
        solve = self._triangles if a.sides or b.sides else self._solve
        answer = solve(a, b)
        if answer is None:
            self._deferred.append((a, b, fail))
            return True
        return answer

    def settle(self) -> None:
        """Solve what was put off; what stays open is guessed factor by factor, in the order of making.

        It ends: no unknown is made here, and each pass learns one, or leaves fewer equations, or puts
        one of the sides of two triangles, which are nested less deep, in the place of another.
        """
        while self._deferred:
            waiting, self._deferred = self._deferred, []
            for a, b, fail in waiting:
                if not self.unify(a, b, fail) and fail is not None:
                    raise fail()
            if len(self._deferred) < len(waiting):
                continue
            a, b, fail = self._deferred.pop(0)
            if not self._guess(self.resolve(a), self.resolve(b)) and fail is not None:
                raise fail()

    def snapshot(self) -> tuple[dict[str, Dim], bool, list[tuple[Dim, Dim, Fail | None]]]:
        return dict(self.known), self.rigid, list(self._deferred)

    def restore(
        self, saved: tuple[dict[str, Dim], bool, list[tuple[Dim, Dim, Fail | None]]]
    ) -> None:
        self.known, self.rigid, self._deferred = saved

    def _learn(self, unknown: Dim, dim: Dim) -> None:
        assert unknown.name is not None
        self.known[unknown.name] = dim

    def _triangles(self, a: Dim, b: Dim) -> bool | None:
        """n(n+1)/2 alone on one side determines n, alone on both makes the two equal."""
        lone = [
            side.terms == Dim.triangle(side.sides[0]).terms if side.sides else False
            for side in (a, b)
        ]
        if all(lone):
            return self.unify(a.sides[0], b.sides[0])
        for one, other, is_lone in ((a, b, lone[0]), (b, a, lone[1])):
            if is_lone and other.value is not None:
                side = (isqrt(8 * other.value + 1) - 1) // 2
                self.rigid = True
                fits = side * (side + 1) == 2 * other.value
                return fits and self.unify(one.sides[0], Dim.number(side))
        return None

    def _solve(self, a: Dim, b: Dim) -> bool | None:
        """a = b after what both share is taken off; None if that does not decide it."""
        left, right = dict(a.terms), dict(b.terms)
        for monomial in set(left) & set(right):
            shared = min(left[monomial], right[monomial])
            for side in (left, right):
                side[monomial] -= shared
                if not side[monomial]:
                    del side[monomial]
        a, b = Dim(tuple(left.items())), Dim(tuple(right.items()))
        if not left or not right:
            return False  # sizes are positive: something is never nothing
        for one, other in ((a, b), (b, a)):
            if _is_unknown(one) and one.name not in other.names:
                self._learn(one, other)
                return True
        if len(left) == 1 and len(right) == 1:
            return self._divide(*next(iter(left.items())), *next(iter(right.items())))
        for one, other in ((a, b), (b, a)):
            if other.value is not None:
                return self._literal(one, other.value)
        return None

    def _divide(self, one: Monomial, p: int, two: Monomial, q: int) -> bool | None:
        """p·one = q·two, products both."""
        left, right = list(one), list(two)
        for name in one:
            if name in right:
                left.remove(name)
                right.remove(name)
        p, left = _numeric(p, left)
        q, right = _numeric(q, right)
        shared = gcd(p, q)
        p, q = p // shared, q // shared
        for factor, names, other_factor, others in ((p, left, q, right), (q, right, p, left)):
            if names or factor != 1:
                continue
            if not others:
                return other_factor == 1
            if other_factor != 1 or not all(name.startswith("?") for name in others):
                return False
            for name in others:
                self._learn(Dim.named(name), Dim.number(1))
            return True
        for factor, names, other_factor, others in ((p, left, q, right), (q, right, p, left)):
            if factor == 1 and len(names) == 1 and names[0].startswith("?"):
                product = Dim.number(other_factor)
                for name in others:
                    product = product * Dim.named(name)
                if names[0] in product.names:
                    return None
                if other_factor != 1:
                    self.rigid = True
                self._learn(Dim.named(names[0]), product)
                return True
        for names, other_factor, others in ((left, q, right), (right, p, left)):
            if not any(name.startswith("?") for name in names) and (
                other_factor != 1 or not all(name.startswith("?") for name in others)
            ):
                return False  # a factor on the other side that is not in what is known here
        return None

    def _literal(self, dim: Dim, value: int) -> bool | None:
        """dim = value, a number: solved where a single unknown is added to numbers."""
        rest = value
        open_terms: list[tuple[Monomial, int]] = []
        for monomial, coefficient in dim.terms:
            number = Dim(((monomial, coefficient),)).value
            if number is None:
                open_terms.append((monomial, coefficient))
            else:
                rest -= number
        if rest <= 0:
            return False
        if len(open_terms) > 1:
            return None
        self.rigid = True
        return self._divide(*open_terms[0], (), rest)

    def _guess(self, a: Dim, b: Dim) -> bool:
        if a is b:
            return True
        if len(a.terms) == len(b.terms) == 1:
            one = [name for name in a.terms[0][0] if name not in b.terms[0][0]]
            two = [name for name in b.terms[0][0] if name not in a.terms[0][0]]
            if a.terms[0][1] == b.terms[0][1] and len(one) == len(two):
                return all(map(self._pair, map(Dim.named, one), map(Dim.named, two)))
        return False

    def _pair(self, a: Dim, b: Dim) -> bool:
        """Make two factors equal, where that learns an unknown or leads from two triangles to their sides."""
        a, b = self.resolve(a), self.resolve(b)
        learns = (_is_unknown(a) and a.name not in b.names) or (
            _is_unknown(b) and b.name not in a.names
        )
        return a is b or ((learns or bool(a.sides and b.sides)) and self.unify(a, b))


def _is_unknown(dim: Dim) -> bool:
    return dim.name is not None and dim.name.startswith("?")


def _numeric(factor: int, names: list[str]) -> tuple[int, list[str]]:
    """Literal names (`#784`) counted into the factor."""
    for name in names:
        if name.startswith("#"):
            factor *= int(name[1:])
    return factor, [name for name in names if not name.startswith("#")]
