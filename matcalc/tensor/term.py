"""One Σ in the making: what the rules of products rewrite before it becomes a node."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from matcalc.language.dimensions import Dim
from matcalc.tensor.marks import APART, AS_IT_IS, MATRIX_POWER, OF_ONE, POWER, POWERS, REPEATED
from matcalc.tensor.nodes import Apply, Indices, Node, Number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matcalc.rational import Rational
    from matcalc.tensor.simplify import Builder

Factor = tuple[Node, Indices]
FEW = 6
"""What is a function of the indices of so many factors alone is kept."""
MOST_KEPT = 4_096
"""Of each such function."""


class Term:
    """A coefficient times factors, summed over every index that `output` lacks.

    `output` may name an index that no factor has while rules run: it stands for a factor of ones.
    """

    __slots__ = ("builder", "coefficient", "factors", "output", "sizes")

    def __init__(
        self,
        builder: Builder,
        coefficient: Rational,
        factors: list[Factor],
        output: Indices,
        sizes: dict[int, Dim],
    ) -> None:
        self.builder = builder
        self.coefficient = coefficient
        self.factors = factors
        self.output = output
        self.sizes = sizes

    @property
    def fresh(self) -> int:
        """An index that nothing uses, nor what is beyond it."""
        return 1 + max(self.sizes, default=-1)

    def new_index(self, dim: Dim) -> int:
        """An index that nothing uses yet."""
        index = self.fresh
        self.sizes[index] = dim
        return index

    def uses(self) -> dict[int, int]:
        """How often each index occurs in factors."""
        count: dict[int, int] = {}
        for _, indices in self.factors:
            for index in indices:
                count[index] = count.get(index, 0) + 1
        return count


def marks_of(factors: Sequence[Factor], output: Indices) -> int:
    """What the rules that may apply are chosen by: the marks of the factors, REPEATED, APART."""
    if len(factors) == 1:
        ((node, indices),) = factors
        return node.mark & (AS_IT_IS if indices == output else OF_ONE)
    if not factors:
        return 0
    found = 0
    nodes, inputs = zip(*factors, strict=True)
    for node in nodes:
        found |= node.mark
    if (_few_are_apart if len(inputs) <= FEW else _are_apart)(inputs, output):
        found |= APART
    if (found & POWERS or len(set(nodes)) < len(nodes)) and _may_merge(factors, found):
        found |= REPEATED
    return found


def _are_apart(inputs: tuple[Indices, ...], output: Indices) -> bool:
    """Whether a part that has no axis of the output is summed by itself; a scalar is such a part."""
    # what has an axis of the output is never split off
    reached = set(output or inputs[0])
    apart: list[Indices] = []
    for indices in inputs:
        if reached.isdisjoint(indices):
            apart.append(indices)
        else:
            reached.update(indices)
    return bool(apart) and not _hang_together(apart, reached, not output)


# how a few factors hang together is like a shape: the same ones come again and again
_few_are_apart = lru_cache(MOST_KEPT)(_are_apart)


def _hang_together(apart: list[Indices], reached: set[int], closed: bool) -> bool:
    """Whether all indices are reached; beside a closed part, a scalar is a part of its own."""
    left = [indices for indices in apart if indices]
    if not reached and left:
        # the first one is a scalar
        return False
    if closed and reached and len(left) < len(apart):
        return False
    joined: dict[int, list[Indices]] = {}
    for indices in left:
        for index in indices:
            joined.setdefault(index, []).append(indices)
    waiting = [index for index in joined if index in reached]
    while waiting:
        for indices in joined.pop(waiting.pop(), ()):
            waiting += set(indices).difference(reached)
            reached.update(indices)
    return not joined


def _may_merge(factors: Sequence[Factor], found: int) -> bool:
    """Whether two factors with these marks may be powers of one node, as matrices or by entries."""
    if not found:
        # a vector on both sides of a matrix stays as it is
        matrices = [node for node, indices in factors if len(indices) == 2]
        return len(set(matrices)) < len(matrices) or len(set(factors)) < len(factors)
    seen: set[Node] = set()
    for node, _ in factors:
        if node in seen:
            return True
        seen.add(node)
        if node.mark & POWERS:
            base, _ = matrix_power(node) if node.mark & MATRIX_POWER else entry_power(node)
            if base is not node and base in seen:
                return True
            seen.add(base)
    return False


def matrix_power(node: Node) -> tuple[Node, int]:
    """A node as a power of a matrix: base and integer exponent; inv(X) is X to the power -1."""
    if node.mark & MATRIX_POWER and isinstance(node, Apply):
        if node.function == "inv":
            base, exponent = matrix_power(node.operands[0])
            return base, -exponent
        power = node.operands[1]
        if isinstance(power, Number) and isinstance(power.value, int):
            base, exponent = matrix_power(node.operands[0])
            return base, exponent * power.value
    return node, 1


def entry_power(node: Node) -> tuple[Node, Rational]:
    """A node as an entry-by-entry power: base and rational exponent."""
    if node.mark & POWER:
        exponent = node.operands[1]
        if isinstance(exponent, Number):
            return node.operands[0], exponent.value
    return node, 1
