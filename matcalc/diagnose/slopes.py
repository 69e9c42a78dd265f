"""How a claim's value moves with each of its parts: an edit within is tried without the rest.

Where a claim is linear in a part, as in a factor or a term, its entries, each with a random weight and
summed, are ⟨slope, part⟩ + rest.  So another part there gives the answer only if its own ⟨slope, part⟩
is what the answer demands.  The slopes are found from the whole to the parts, each once, as in reverse
differentiation.
"""

from __future__ import annotations

from operator import mul
from typing import TYPE_CHECKING, cast

from matcalc.diagnose.variants import FAULTS, Values
from matcalc.trust import jets, operators
from matcalc.trust.tensors import Tensor, contract, filled, multiply, scale, sum_all, transpose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matcalc.language.typed import Typed
    from matcalc.trust.field import Field

LOOSE = 1e-6
"""Of the largest number in a sum: far more than rounding does.  What passes is compared entry by entry."""

BY_SHAPE = frozenset(
    (
        "add",
        "call",
        "divide",
        "frobenius",
        "hadamard",
        "kron",
        "matmul",
        "outer",
        "power",
        "transpose",
    )
)
"""Operators that are typed by the shapes of their operands alone."""

Step = tuple["Typed", "Typed"]
"""An operator and one of its operands."""


class Slope:
    """That by one part: `by` has the part's shape, `value` is the part's own.

    `products` are the terms of ⟨slope, part⟩, and `own` is their sum.
    """

    __slots__ = ("_size", "_wanted", "by", "own", "products", "value")

    def __init__(self, by: Tensor, value: Tensor, off: float, size: float) -> None:
        self.by = by
        self.value = value
        self.products: list[float] = list(map(mul, by.parts[0], value.parts[0]))
        self.own = sum(self.products)
        self._wanted = self.own + off
        self._size = size

    def allows(self, value: Tensor) -> bool:
        """Whether the claim may have the answer's value with this one for the part's."""
        return self.balances(map(mul, self.by.parts[0], value.parts[0]))

    def balances(self, products: Iterable[float]) -> bool:
        """Whether ⟨slope, part⟩ is what the answer demands, for a part of which these are its terms."""
        terms = list(products)
        size = self._size + sum(map(abs, terms))
        return abs(sum(terms) - self._wanted) <= LOOSE * size

    def after(self) -> list[float]:
        """By a square matrix that the part, a matrix or a vector, is multiplied with from the right."""
        n = self.value.shape[-1]
        part, by = self.value.parts[0], self.by.parts[0]
        slopes = [by[k::n] for k in range(n)]
        return [sum(map(mul, part[j::n], slope)) for j in range(n) for slope in slopes]

    def before(self) -> list[float]:
        """By one that it is multiplied with from the left."""
        part, by = self.value.parts[0], self.by.parts[0]
        n = len(part) // self.value.shape[0]
        rows = [part[j : j + n] for j in range(0, len(part), n)]
        slopes = [by[i : i + n] for i in range(0, len(by), n)]
        return [sum(map(mul, row, slope)) for slope in slopes for row in rows]


class Slopes:
    """Those of one claim at one point, where the values of its parts are known."""

    __slots__ = ("_found", "_off", "_parents", "_size", "_slopes", "_values")

    def __init__(
        self,
        claim: Typed,
        values: Values,
        answer: list[float],
        weights: Tensor,
    ) -> None:
        self._values = values
        self._slopes: dict[int, Tensor | None] = {id(claim): weights}
        self._found: dict[int, Slope] = {}
        entries = values.known(claim).parts[0]
        self._off = sum(map(mul, weights.parts[0], answer)) - sum(
            map(mul, weights.parts[0], entries)
        )
        self._size = max(map(abs, answer)) + max(map(abs, entries))
        self._parents: dict[int, Typed] = {}
        stack = [claim]
        while stack:
            node = stack.pop()
            for child in node.children:
                if id(child) in self._parents:
                    self._slopes[id(child)] = None  # it stands at two places at once
                else:
                    self._parents[id(child)] = node
                    stack.append(child)

    def of(self, part: Typed) -> Slope | None:
        """That by a part of the claim; None where it is not linear in the part, or where it is no part."""
        found = self._found.get(id(part))
        if found is None:
            by = self._slope(part)
            if by is None:
                return None
            found = Slope(by, self._values.known(part), self._off, self._size)
            self._found[id(part)] = found
        return found

    def path(self, part: Typed, whole: Typed) -> list[Step] | None:
        """The operators around a part up to what holds it, each with its operand on the way.

        None where a part of the same shape may make one of them another.
        """
        found: list[Step] = []
        node = part
        while node is not whole:
            parent = self._parents.get(id(node))
            if parent is None or parent.op not in BY_SHAPE or parent.children.count(node) > 1:
                return None
            found.append((parent, node))
            node = parent
        return found

    def _slope(self, part: Typed) -> Tensor | None:
        slopes = self._slopes
        path = []
        node = part
        while id(node) not in slopes:
            parent = self._parents.get(id(node))
            if parent is None:
                return None
            path.append((parent, node))
            node = parent
        slope = slopes[id(node)]
        for parent, child in reversed(path):
            if slope is not None:
                try:
                    slope = self._below(parent, child, slope)
                except FAULTS:
                    slope = None
            slopes[id(child)] = slope
        return slope

    def _below(self, parent: Typed, child: Typed, slope: Tensor) -> Tensor | None:
        """The slope by an operand of what has this slope."""
        values, children = self._values, parent.children
        field = values.point.field
        first = children[0] is child
        match parent.op:
            case "add":
                place = next(k for k, term in enumerate(children) if term is child)
                sign = cast("tuple[int, ...]", parent.data)[place]
                return _gathered(field, scale(field, sign, slope), child)
            case "hadamard":
                other = values.known(children[1 if first else 0])
                return _gathered(field, multiply(field, slope, other), child)
            case "divide" if first:
                quotient = jets.divide(field, slope, values.known(children[1]))
                return _gathered(field, quotient, child)
            case "matmul":
                left, right, output = operators.MATMUL[cast("str", parent.data)]
                other = values.known(children[1 if first else 0])
                if first:
                    return contract(field, slope, output, other, right, left)
                return contract(field, slope, output, other, left, right)
            case "transpose":
                return transpose(slope) if len(slope.shape) == 2 else slope
            case "call" if len(parent.dims) != len(child.dims):
                # so it is not a function of that name that was declared elementwise
                shape = values.known(child).shape
                if parent.data == ("diag", ()):
                    return operators.diag(field, slope)
                if parent.data == ("sum", ()):
                    return filled(shape, slope.parts[0][0])
                if parent.data == ("tr", ()):
                    return operators.diag(field, filled(shape[:1], slope.parts[0][0]))
                return None
            case _:
                return None


def _gathered(field: Field, slope: Tensor, child: Typed) -> Tensor:
    """That by a scalar that goes with every entry is the sum."""
    return slope if child.dims else sum_all(field, slope)
