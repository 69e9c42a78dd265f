"""The tensors' values as jets: those of a point, moved along directions."""

from __future__ import annotations

from matcalc.language.typed import Variable
from matcalc.trust.field import TooLarge
from matcalc.trust.sample import Point
from matcalc.trust.structured import moved
from matcalc.trust.tensors import Part, Tensor, combine

NILPOTENTS = 12
"""More derivatives within each other than this are too large."""


class Scope:
    """The tensors' values as jets: the point's, with directions added.

    `directions` maps a name to the parts that its value has beside the point's own; `known` are values
    that are given, and those that were found.  `along` is the nilpotent of D(F), if this is within
    one: a dependence A(X) moves along its own dA alone, not as X moves along dX, but its derivatives
    by X do.
    """

    __slots__ = ("along", "bits", "convention", "directions", "field", "known", "point")

    def __init__(
        self,
        point: Point,
        directions: dict[str, dict[int, Part]] | None = None,
        bits: int = 0,
        convention: str = "ignore",
        known: dict[str, Tensor] | None = None,
        along: int = 0,
    ) -> None:
        self.point = point
        self.field = point.field
        self.directions = directions
        self.bits = bits
        self.convention = convention
        self.known = {} if known is None else known
        self.along = along

    def with_nilpotent(self) -> tuple[Scope, int]:
        """A scope with one more nilpotent, and its bit; TooLarge where there are too many."""
        if self.bits >= NILPOTENTS:
            raise TooLarge
        inner = Scope(self.point, self.directions, self.bits + 1, self.convention, along=self.along)
        return inner, 1 << self.bits

    def moved(self, directions: dict[str, Tensor], bit: int) -> Scope:
        """A scope where these variables have one nilpotent times these directions added."""
        merged = {} if self.directions is None else dict(self.directions)
        for name, direction in directions.items():
            more = dict(merged.get(name, ()))
            for mask, part in direction.parts.items():
                more[mask | bit] = part
            merged[name] = more
        return Scope(self.point, merged, self.bits, self.convention, along=self.along)

    def differential(self, directions: dict[str, Tensor]) -> tuple[Scope, int]:
        """A scope where these variables move along these directions, dependences too, and the bit
        that they move with."""
        inner, bit = self.with_nilpotent()
        inner.along = bit
        return inner.moved(directions, bit), bit

    def derivative(self, variable: Variable, e: Tensor, bit: int) -> Scope:
        """A scope where the nilpotent's coefficient is the derivative by the variable, in the scope's
        convention for structured ones, contracted with e."""
        if variable.attributes and self.convention != "ignore":
            at = self.variable(variable)
            e = moved(self.field, variable.attributes, self.convention, at, e)
        return self.moved({variable.name: e}, bit)

    def variable(self, variable: Variable) -> Tensor:
        """Its value; of a declared dependence the function of the others' values."""
        name = variable.name
        known = self.known
        if name in known:
            return known[name]
        if variable.depends:
            inputs = [self.variable(other) for other in variable.depends]
            found = self.point.dependence(name, variable.dims, inputs, variable.attributes)
            if self.along:
                found = self._unmoved(found)
        else:
            found = self.point.variable(name, variable.dims, variable.attributes)
        if self.directions and name in self.directions:
            found = self._displaced(found, self.directions[name])
        known[name] = found
        return found

    def _unmoved(self, value: Tensor) -> Tensor:
        """Without what the motion of D(F) alone does: later nilpotents are those of derivatives in F."""
        along = self.along
        parts = {m: part for m, part in value.parts.items() if not m & along or m >= 2 * along}
        return Tensor(value.shape, parts)

    def _displaced(self, value: Tensor, parts: dict[int, Part]) -> Tensor:
        if len(value.parts) == 1:
            return Tensor(value.shape, value.parts | parts)
        more = {0: [self.field.number(0)] * len(value.parts[0]), **parts}
        return combine(self.field, (1, 1), (value, Tensor(value.shape, more)), value.shape)
