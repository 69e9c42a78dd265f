"""The plain product, A @ B @ x or u @ v', read along its indices without a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.forms.expand import MOST_FACTORS
from matcalc.forms.form import Form
from matcalc.forms.forms import Forms
from matcalc.tensor.nodes import Einsum, Node

if TYPE_CHECKING:
    from matcalc.forms.contract import Item
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
    if forms.named or len(node.operands) > MOST_FACTORS:
        return None
    coefficient: Rational = 1
    scalars: list[tuple[Form, Rational]] = []
    output = node.output
    # by index, the two that it joins; the output is None
    at: dict[int, list[Item | None]] = {index: [None] for index in output}
    items = 0
    for operand, indices in zip(node.operands, node.inputs, strict=True):
        form = known[operand]
        if form is None:
            return None
        coefficient = coefficient * form.coefficient
        scalars += form.scalars
        if form.chain:
            atom = form.chain[0]
            if len(form.chain) == 1 and (atom.ones or atom.diagonal is not None):
                return None
            items += 1
            item = (form, indices)
            for index in indices:
                if index in at:
                    at[index].append(item)
                else:
                    at[index] = [item]
    for joined in at.values():
        if len(joined) != 2:
            return None
    if not output or len(set(output)) < len(output):
        return None
    chain, through, count = _from_end(at, output[0])
    # of each step of a search, which makes one item of two, all items are the work
    work = items * (items + 1) // 2
    if len(output) == 2 and not through:
        other, _, more = _from_end(at, output[1])
        chain += [atom.T for atom in reversed(other)]
        count += more
        work -= 1
    if count != items or forms.work < work:
        return None
    forms.work -= work
    return forms.term(coefficient, scalars, chain)


def _from_end(at: Mapping[int, Sequence[Item | None]], index: int) -> tuple[list[Form], bool, int]:
    """The atoms from an axis of the output on, whether they reach another one, and their items."""
    chain: list[Form] = []
    before: Item | None = None
    count = 0
    while True:
        one, two = at[index]
        item = two if one is before else one
        if item is None:
            return chain, True, count
        count += 1
        form, indices = item
        if len(indices) == 1:
            chain += form.chain
            return chain, False, count
        if indices[0] == index:
            chain += form.chain
            index = indices[1]
        else:
            chain += [atom.T for atom in reversed(form.chain)]
            index = indices[0]
        before = item
