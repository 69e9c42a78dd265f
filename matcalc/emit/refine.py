"""Last touches on scheduled nodes, of what only one place needs: transposes merged, `solve` for `inv`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.emit.rebuild import again, uses_of
from matcalc.tensor.marks import DELTA, MATRIX_POWER, PRODUCT
from matcalc.tensor.nodes import Apply, Delta, Einsum, Graph, Node

Indices = tuple[int, ...]
Factor = tuple[Node, Indices]


def refined(graph: Graph, roots: Sequence[Node], order: Sequence[Node]) -> list[Node]:
    """The nodes, of the same values; `order` has all nodes below the roots in postorder.

    A product that is needed once, and turned, is computed turned; and an inverse that is needed
    once, in a matrix product, is a solution of linear equations.

    >>> from matcalc.language.dimensions import Dim
    >>> graph, n = Graph(), Dim.named("n")
    >>> A, b = graph.variable("A", (n, n)), graph.variable("b", (n,))
    >>> inverse = graph.apply("inv", (A,), A.dims)
    >>> root = graph.einsum((inverse, b), ((0, 1), (1,)), (0,))
    >>> (node,) = refined(graph, [root], [A, inverse, b, root])
    >>> node.function, node.operands == (A, b)
    ('solve', True)
    """
    made: dict[Node, Node] = {}
    uses: Mapping[Node, int] | None = None
    for node in order:
        same = node
        if made and not made.keys().isdisjoint(node.operands):
            same = again(graph, node, tuple([made.get(one, one) for one in node.operands]))
        if isinstance(same, Einsum) and _may_change(same):
            if uses is None:
                uses = uses_of(roots, order)
            alone = [made.get(one, one) for one in node.operands if uses[one] == 1]
            same = _turned(graph, same, alone) or _solved(graph, same, alone) or same
        if same is not node:
            made[node] = same
    return [made.get(root, root) for root in roots]


def _may_change(node: Einsum) -> bool:
    """Whether an operand is of a kind that is computed turned, or not at all."""
    for operand in node.operands:
        if operand.mark & MATRIX_POWER:
            return True
    if not node.operands[0].mark & PRODUCT:
        return False
    return all(operand.mark & DELTA for operand in node.operands[1:])


def _turned(graph: Graph, node: Einsum, alone: list[Node]) -> Node | None:
    """A product with its axes in another order, computed so."""
    inner, *others = node.operands
    indices = node.inputs[0]
    if inner not in alone or not isinstance(inner, Einsum) or len(inner.operands) != 2:
        return None
    if any(isinstance(operand, Delta) for operand in inner.operands):
        return None
    wanted = tuple(index for index in node.output if index in indices)
    deltas = all(isinstance(operand, Delta) for operand in others)
    if not deltas or wanted == indices or sorted(indices) != sorted(wanted):
        return None
    names = dict(zip(indices, inner.output, strict=True))
    turned = graph.einsum(inner.operands, inner.inputs, tuple(names[i] for i in wanted))
    if not others:
        return turned
    return graph.einsum((turned, *others), (wanted, *node.inputs[1:]), node.output)


def _solved(graph: Graph, node: Einsum, alone: list[Node]) -> Node | None:
    """inv(S)·B as the X with S·X = B; B·inv(S) as the X with S'·X' = B'."""
    if len(node.operands) != 2:
        return None
    factors = list(zip(node.operands, node.inputs, strict=True))
    for (inverse, a), (other, b) in (factors, factors[::-1]):
        if not isinstance(inverse, Apply) or inverse.function != "inv" or inverse not in alone:
            continue
        shared = {*a} & {*b}
        if len(a) != 2 or len({*a}) != 2 or len(shared) != 1 or len(b) > 2 or len({*b}) != len(b):
            continue
        (summed,) = shared
        if summed in node.output:
            continue
        matrix = inverse.operands[0]
        if a[0] == summed:
            matrix = graph.einsum((matrix,), ((0, 1),), (1, 0))
            a = a[::-1]
        right, rest = other, [index for index in b if index != summed]
        if b[0] != summed:
            right = graph.einsum((other,), ((0, 1),), (1, 0))
        result = (a[0], *rest)
        solution = graph.apply("solve", (matrix, right), (matrix.dims[0], *right.dims[1:]))
        if result == node.output:
            return solution
        return graph.einsum((solution,), (result,), node.output)
    return None
