"""The rule of inverses of products: inv(X'X) beside the factors of X'X."""

from __future__ import annotations

from matcalc.tensor.nodes import Apply, Einsum, Indices, Node
from matcalc.tensor.term import Term

MOST_FACTORS = 8


def inverses_of_products_cancelled(term: Term) -> bool:
    """inv(X'·X)ᵢⱼ (X'·X)ⱼₖ → δᵢₖ, where the product is there as its factors.  Stops: fewer factors."""
    for position, (node, indices) in enumerate(term.factors):
        if not (isinstance(node, Apply) and node.function == "inv" and len(indices) == 2):
            continue
        product = node.operands[0]
        if not isinstance(product, Einsum) or len(product.operands) > MOST_FACTORS:
            continue
        for slot in (1, 0):
            # from the right of the inverse the product starts, on its left it ends
            found = _matched(term, position, product, indices[slot], product.output[1 - slot])
            if found is None:
                continue
            places, last = found
            kept = [f for k, f in enumerate(term.factors) if k != position and k not in places]
            ends = (indices[0], last) if slot else (last, indices[1])
            term.factors = [*kept, (term.builder.graph.delta(node.dims[0]), ends)]
            return True
    return False


def _matched(
    term: Term, inverse: int, product: Einsum, joined: int, start: int
) -> tuple[set[int], int] | None:
    """The places of the factors that are the product, joined to the inverse there, and its other end."""
    uses = term.uses()
    if joined in term.output or uses[joined] != 2:
        return None
    wiring = {start: joined}
    places: set[int] = set()
    left = list(zip(product.operands, product.inputs, strict=True))
    while left:
        step = next(
            (k for k, (_, names) in enumerate(left) if any(n in wiring for n in names)), None
        )
        if step is None:
            return None
        operand, names = left.pop(step)
        place = _place(term, operand, names, wiring, places | {inverse})
        if place is None:
            return None
        places.add(place)
    (end,) = (index for index in product.output if index != start)
    counts: dict[int, int] = {}
    for names in product.inputs:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    inner = [name for name in counts if name not in product.output]
    if len(set(wiring.values())) != len(wiring):
        return None
    if any(wiring[n] in term.output or uses[wiring[n]] != counts[n] for n in inner):
        return None
    return places, wiring[end]


def _place(
    term: Term, operand: Node, names: Indices, wiring: dict[int, int], taken: set[int]
) -> int | None:
    """A factor that is the operand with the indices that are wired already; wires the others."""
    turned = len(names) == 2 and term.builder.is_symmetric(operand)
    for place, (node, indices) in enumerate(term.factors):
        if node is not operand or place in taken:
            continue
        for given in (indices, indices[::-1]) if turned else (indices,):
            pairs = dict(zip(names, given, strict=True))
            if all(wiring.get(name, index) == index for name, index in pairs.items()):
                wiring.update(pairs)
                return place
    return None
