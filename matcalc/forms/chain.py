"""The plain product, A @ B @ x or u @ v', read along its indices without a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from matcalc.forms.expand import MOST_FACTORS
from matcalc.forms.form import Form
from matcalc.forms.forms import Forms
from matcalc.tensor.nodes import Einsum, Indices, Node
from matcalc.tensor.term import FEW, MOST_KEPT

if TYPE_CHECKING:
    from matcalc.rational import Rational


def read_chain(forms: Forms, node: Einsum, known: Mapping[Node, Form | None]) -> Form | None:
    """The form of a product that is a chain of these known forms; None of all else.

    `contract.Reader` finds the same form.  Where forms have names it is left to it: a name may stand
    for a part of the chain that only the search meets.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n, forms = Graph(), Dim.named("n"), Forms()
    >>> A, x = graph.variable("A", (n, n)), graph.variable("x", (n,))
    >>> known = {A: forms.atom("matrix", forms.name("A")), x: forms.atom("column", forms.name("x"))}
    >>> read_chain(forms, graph.einsum((A, x), ((0, 1), (0,)), (1,)), known).expr
    matmul(transpose(name 'A'), name 'x')
    >>> read_chain(forms, graph.einsum((x, x), ((0,), (0,)), (0,)), known) is None
    True
    """
    count = len(node.operands)
    if forms.named or count > MOST_FACTORS:
        return None
    found = (_few_in_order if count <= FEW else _in_order)(node.inputs, node.output)
    if found is None or forms.work < found[1]:
        return None
    coefficient: Rational = 1
    scalars: list[tuple[Form, Rational]] = []
    parts: list[tuple[Form, ...]] = []
    for operand in node.operands:
        form = known[operand]
        if form is None:
            return None
        coefficient = coefficient * form.coefficient
        scalars += form.scalars
        part = form.chain
        if len(part) == 1 and (part[0].ones or part[0].diagonal is not None):
            return None
        parts.append(part)
    steps, work = found
    forms.work -= work
    chain: list[Form] = []
    for place, turned in steps:
        part = parts[place]
        chain += [atom.T for atom in reversed(part)] if turned else part
    return forms.term(coefficient, scalars, chain)


def _in_order(
    inputs: tuple[Indices, ...], output: Indices
) -> tuple[tuple[tuple[int, bool], ...], int] | None:
    """The places along a chain, each with whether its factor is turned, and the work of a search for it.

    None where the factors that have indices are no chain from an axis of the output.
    """
    if not output or len(set(output)) < len(output):
        return None
    # by index, the two that it joins
    at = {index: [_OUTPUT] for index in output}
    items = 0
    for place, indices in enumerate(inputs):
        if len(indices) > 2:
            return None
        if indices:
            items += 1
        for index in indices:
            at.setdefault(index, []).append(place)
    for joined in at.values():
        if len(joined) != 2:
            return None
    steps, through = _from_end(inputs, at, output[0])
    # of each step of a search, which makes one item of two, all items are the work
    work = items * (items + 1) // 2
    if len(output) == 2 and not through:
        other, _ = _from_end(inputs, at, output[1])
        steps += [(place, not turned) for place, turned in reversed(other)]
        work -= 1
    return (tuple(steps), work) if len(steps) == items else None


_OUTPUT = -1
# how a few factors hang together is like a shape: the same ones come again and again
_few_in_order = lru_cache(MOST_KEPT)(_in_order)


def _from_end(
    inputs: Sequence[Indices], at: Mapping[int, Sequence[int]], index: int
) -> tuple[list[tuple[int, bool]], bool]:
    """The steps from an axis of the output on, and whether they reach another one."""
    steps: list[tuple[int, bool]] = []
    before = _OUTPUT
    while True:
        one, two = at[index]
        place = two if one == before else one
        if place == _OUTPUT:
            return steps, True
        indices = inputs[place]
        if len(indices) == 1:
            steps.append((place, False))
            return steps, False
        turned = indices[0] != index
        steps.append((place, turned))
        index = indices[0] if turned else indices[1]
        before = place
