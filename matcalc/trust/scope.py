"""The tensors' values as jets: those of a point, moved along directions."""

from __future__ import annotations

from matcalc.language.typed import Variable
from matcalc.trust.field import TooLarge
from matcalc.trust.sample import Point
from matcalc.trust.tensors import Part, Tensor, combine

NILPOTENTS = 12
"""More derivatives within each other than this are too large."""


class Scope:
    """The tensors' values as jets: the point's, with directions added, or given ones.

    `directions` maps a name to the parts that its value has beside the point's own.
    """

    __slots__ = ("bits", "directions", "given", "known", "point")

    def __init__(
        self,
        point: Point,
        directions: dict[str, dict[int, Part]] | None = None,
        bits: int = 0,
        given: dict[str, Tensor] | None = None,
    ) -> None:
        self.point = point
        self.directions = directions or {}
        self.bits = bits
        self.given = given or {}
        self.known: dict[str, Tensor] = {}

    def with_directions(self, directions: dict[str, Part]) -> Scope:
        """A scope with one more nilpotent, times these directions."""
        if self.bits >= NILPOTENTS:
            raise TooLarge
        bit = 1 << self.bits
        merged = dict(self.directions)
        for name, part in directions.items():
            merged[name] = {**merged.get(name, {}), bit: part}
        return Scope(self.point, merged, self.bits + 1, self.given)

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
