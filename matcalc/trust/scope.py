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
    """The tensors' values as jets: the point's, with directions added, or given ones.

    `directions` maps a name to the parts that its value has beside the point's own.
    """

    __slots__ = ("bits", "convention", "directions", "given", "known", "point")

    def __init__(
        self,
        point: Point,
        directions: dict[str, dict[int, Part]] | None = None,
        bits: int = 0,
        given: dict[str, Tensor] | None = None,
        convention: str = "ignore",
    ) -> None:
        self.point = point
        self.directions = directions or {}
        self.bits = bits
        self.given = given or {}
        self.convention = convention
        self.known: dict[str, Tensor] = {}

    def with_nilpotent(self) -> tuple[Scope, int]:
        """A scope with one more nilpotent, and its bit; TooLarge where there are too many."""
        if self.bits >= NILPOTENTS:
            raise TooLarge
        inner = Scope(self.point, self.directions, self.bits + 1, self.given, self.convention)
        return inner, 1 << self.bits

    def moved(self, directions: dict[str, Tensor], bit: int) -> Scope:
        """A scope where these variables have one nilpotent times these directions added."""
        merged = dict(self.directions)
        for name, direction in directions.items():
            more = {mask | bit: part for mask, part in direction.parts.items()}
            merged[name] = {**merged.get(name, {}), **more}
        return Scope(self.point, merged, self.bits, self.given, self.convention)

    def derivative(self, variable: Variable, e: Tensor, bit: int) -> Scope:
        """A scope where the nilpotent's coefficient is the derivative by the variable, in the scope's
        convention for structured ones, contracted with e."""
        at = self.variable(variable)
        direction = moved(self.point.field, variable.attributes, self.convention, at, e)
        return self.moved({variable.name: direction}, bit)

    def variable(self, variable: Variable) -> Tensor:
        """Its value; of a declared dependence the function of the others' values."""
        name = variable.name
        found = self.known.get(name)
        if found is not None:
            return found
        if name in self.given:
            found = self.given[name]
        elif variable.depends:
            inputs = [self.variable(other) for other in variable.depends]
            found = self.point.dependence(name, variable.dims, inputs)
        else:
            found = self.point.variable(name, variable.dims, variable.attributes)
        parts = self.directions.get(name)
        if parts is not None:
            found = combine(
                self.point.field, [1, 1], [found, Tensor(found.shape, parts)], found.shape
            ) if found.bits else Tensor(found.shape, {**found.parts, **parts})  # fmt: skip
        self.known[name] = found
        return found
