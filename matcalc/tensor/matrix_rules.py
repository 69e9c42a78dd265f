"""The rules of matrix products: powers, orthogonal matrices, traces of derivatives."""

from __future__ import annotations

from matcalc.functions import FUNCTIONS
from matcalc.tensor.nodes import Apply, Delta
from matcalc.tensor.term import Term, matrix_power


def matrix_powers_merged(term: Term) -> bool:
    """Xᵢⱼ Xⱼₖ → (X²)ᵢₖ; inv(X)ᵢⱼ Xⱼₖ → δᵢₖ.  Stops: fewer factors."""
    if len(term.factors) < 2:
        return False
    starts: dict[int, list[int]] = {}
    uses: dict[int, int] = {}
    for position, (node, indices) in enumerate(term.factors):
        for index in indices:
            uses[index] = uses.get(index, 0) + 1
        if len(indices) == 2 and node.dims[0] == node.dims[1]:
            starts.setdefault(indices[0], []).append(position)
            if term.builder.is_symmetric(node):
                starts.setdefault(indices[1], []).append(position)
    for position, (node, indices) in enumerate(term.factors):
        if len(indices) != 2 or node.dims[0] != node.dims[1] or isinstance(node, Delta):
            continue
        base, exponent = matrix_power(node)
        symmetric = term.builder.is_symmetric(base)
        slots = ((indices[0], indices[1]), (indices[1], indices[0])) if symmetric else ((indices[0], indices[1]),)  # fmt: skip
        for first, joined in slots:
            if uses[joined] != 2 or joined in term.output or first == joined:
                continue
            for other in starts.get(joined, ()):
                if other == position:
                    continue
                partner, names = term.factors[other]
                other_base, other_exponent = matrix_power(partner)
                if other_base is not base or names[0] == names[1]:
                    continue
                last = names[1] if names[0] == joined else names[0]
                merged = term.builder.matrix_power(base, exponent + other_exponent)
                kept = [f for p, f in enumerate(term.factors) if p not in (position, other)]
                term.factors = [*kept, (merged, (first, last))]
                return True
    return False


def orthogonal_cancelled(term: Term) -> bool:
    """Σₖ Qₖᵢ Qₖⱼ → δᵢⱼ for orthogonal Q.  Stops: fewer factors."""
    places: dict[int, list[int]] = {}
    for position, (node, indices) in enumerate(term.factors):
        if len(indices) == 2 and "orthogonal" in getattr(node, "attributes", ()):
            for index in indices:
                places.setdefault(index, []).append(position)
    if not places:
        return False
    uses = term.uses()
    for index, positions in places.items():
        if len(positions) != 2 or uses[index] != 2 or index in term.output:
            continue
        (node, one), (other, two) = (term.factors[p] for p in positions)
        for slot in (0, 1):
            if node is other and one[slot] == index == two[slot] and positions[0] != positions[1]:
                kept = [f for p, f in enumerate(term.factors) if p not in positions]
                pair = (one[1 - slot], two[1 - slot])
                term.factors = [*kept, (term.builder.graph.delta(node.dims[0]), pair)]
                return True
    return False


def derivatives_traced(term: Term) -> bool:
    """Σᵢ (∂f(X)ᵢᵢ/∂X_pq) → f′(X)_qp, as for tr(expm(X)).  Stops: a derivative tensor less."""
    uses: dict[int, int] | None = None
    for node, indices in term.factors:
        if isinstance(node, Apply) and len(indices) == 4 and indices[0] == indices[1]:
            row = FUNCTIONS[node.function]
            slope = row.slope
            uses = uses or term.uses()
            if slope is None or indices[0] in term.output or uses[indices[0]] != 2:
                continue
            made = term.builder.formula(
                slope, dict(zip(row.parameters, node.operands, strict=True))
            )
            term.factors.remove((node, indices))
            term.factors.append((made, (indices[3], indices[2])))
            return True
    return False
