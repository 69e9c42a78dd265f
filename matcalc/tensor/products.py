"""The normal form of a product: rules until none changes anything, then the canonical order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.tensor import canonical
from matcalc.tensor.marks import MAY_BE_SYMMETRIC, OPENED, RULED
from matcalc.tensor.rules import OPENING, RULES, rules_for
from matcalc.tensor.term import Factor, Term, marks_of

if TYPE_CHECKING:
    from collections.abc import Container

    from matcalc.language.dimensions import Dim
    from matcalc.tensor.nodes import Indices, Node
    from matcalc.tensor.simplify import Builder

MOST_STEPS = 4000
"""Of rules on one product; it is right after each, if not in normal form."""


def normal_product(term: Term, found: int) -> Node:
    """The node of a term with these marks, once no rule changes it any more."""
    builder = term.builder
    # after a change all rules are due again; `last` is the place of the one that made it
    start, stop, last = 0, len(RULES), -1
    if found & OPENED:
        for place, apply in rules_for(found, 0, OPENING):
            if apply(term):
                last = place
        start = OPENING
        found = marks_of(term.factors, term.output)
    steps = 0
    while found & RULED and term.coefficient != 0:
        for place, apply in rules_for(found, start, stop):
            if apply(term):
                found = marks_of(term.factors, term.output)
                start, stop, last = place + 1, len(RULES), place
                break
        else:
            if start == 0 or last < 0:
                break
            start, stop = 0, last + 1
        steps += 1
        if steps == MOST_STEPS:
            builder.labelling.gave_up = True
            break
    if term.coefficient == 0:
        return builder.graph.zero(tuple([term.sizes[index] for index in term.output]))
    if not term.factors:
        return builder.number(term.coefficient)
    product = labelled(builder, term.factors, term.output, term.sizes, found)
    return product if term.coefficient == 1 else builder.scale(term.coefficient, product)


def labelled(
    builder: Builder, factors: list[Factor], output: Indices, sizes: dict[int, Dim], found: int
) -> Node:
    """The node of a product that no rule changes; its factors have the marks `found`."""
    symmetric: Container[Node] = ()
    operands: tuple[Node, ...]
    inputs: tuple[Indices, ...]
    if len(factors) == 1:
        ((node, indices),) = factors
        if indices == output:
            return node
        operands = (node,)
        if found & MAY_BE_SYMMETRIC and len(indices) == 2 and builder.is_symmetric(node):
            if indices == output[::-1]:
                return node
            symmetric = operands
        inputs = canonical.numbered(operands, (indices,), output, symmetric)
    else:
        if found & MAY_BE_SYMMETRIC:
            symmetric = {n for n, axes in factors if len(axes) == 2 and builder.is_symmetric(n)}
        operands, inputs = canonical.label(factors, output, sizes, symmetric, builder.labelling)
    dims = tuple(map(sizes.__getitem__, output))
    return builder.graph.einsum(operands, inputs, tuple(range(len(output))), dims)
