"""The rules of matrix products: powers, orthogonal matrices, traces of derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.functions import FUNCTIONS
from matcalc.tensor.nodes import Add, Apply, Delta, Einsum, Map, Node
from matcalc.tensor.term import Factor, Term, entry_power, matrix_power

if TYPE_CHECKING:
    from matcalc.tensor.simplify import Builder


def matrix_powers_merged(term: Term) -> bool:
    """Xᵢⱼ Xⱼₖ → (X²)ᵢₖ; inv(X)ᵢⱼ Xⱼₖ → δᵢₖ.  Stops: fewer factors."""
    if not _has_matrix_powers(term):
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


def _has_matrix_powers(term: Term) -> bool:
    """Whether two factors are powers of one square matrix."""
    bases = set()
    for node, indices in term.factors:
        if len(indices) == 2:
            base = matrix_power(node)[0] if node.mark else node
            if base in bases and node.dims[0] == node.dims[1]:
                return True
            bases.add(base)
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
    uses = term.uses()
    for node, indices in _derivative_tensors(term):
        i, j, p, q = indices
        for one, two, ends in ((i, j, (q, p)), (p, q, (i, j))):
            # Σᵢ Dᵢᵢ_pq and Σ_p Dᵢⱼ_pp: the identity commutes with X
            if one == two and one not in term.output and uses[one] == 2:
                term.factors.remove((node, indices))
                term.factors.append((_slope(term, node), ends))
                return True
    return False


def derivatives_along(term: Term) -> bool:
    """Σ_pq (∂f(X)ᵢⱼ/∂X_pq)·A_pq → (A·f′(X))ᵢⱼ for X = t·A.  Stops: a derivative tensor less."""
    uses = term.uses()
    for node, indices in _derivative_tensors(term):
        i, j, p, q = indices
        if p == q or any(index in term.output or uses[index] != 2 for index in (p, q)):
            continue
        base = _without_scalars(node.operands[0])
        if (base, (p, q)) not in term.factors:
            continue
        middle = term.new_index(node.dims[0])
        term.factors.remove((node, indices))
        term.factors.remove((base, (p, q)))
        term.factors += [(base, (i, middle)), (_slope(term, node), (middle, j))]
        return True
    return False


def _derivative_tensors(term: Term) -> list[Factor]:
    return [
        (node, indices)
        for node, indices in term.factors
        if isinstance(node, Apply) and len(indices) == 4 and FUNCTIONS[node.function].slope
    ]


def _slope(term: Term, node: Node) -> Node:
    """f′(X) of the derivative tensor of f."""
    assert isinstance(node, Apply)
    row = FUNCTIONS[node.function]
    assert row.slope is not None
    return term.builder.formula(row.slope, dict(zip(row.parameters, node.operands, strict=True)))


def _without_scalars(node: Node) -> Node:
    """The matrix of which a node is a multiple: A of -2·t·A."""
    if isinstance(node, Add) and len(node.operands) == 1:
        (node,) = node.operands
    if isinstance(node, Einsum):
        matrices = [
            (operand, indices)
            for operand, indices in zip(node.operands, node.inputs, strict=True)
            if indices
        ]
        if len(matrices) == 1 and matrices[0][1] == node.output:
            return matrices[0][0]
    return node


def skew_turned(term: Term) -> bool:
    """Kⱼᵢ → -Kᵢⱼ, Kᵢᵢ → 0 for skew K, as A - A' is.  Stops: each points away from the first axis."""
    turnable = [
        position
        for position, (node, indices) in enumerate(term.factors)
        if len(indices) == 2 and term.builder.is_skew(node)
    ]
    if not turnable:
        return False
    changed = False
    distance = _distances(term)
    for position in turnable:
        node, (one, two) = term.factors[position]
        if one == two:
            term.coefficient = 0
            return True
        if distance.get(two, 0) < distance.get(one, 0):
            term.coefficient = -term.coefficient
            term.factors[position] = (node, (two, one))
            changed = True
    return changed


def _distances(term: Term) -> dict[int, int]:
    """How far indices are from the first axis of the result that they hang together with.

    Without one, from the vector that was made first, if that stands there once.  It asks only which
    factors share an index, not at which place, so that turning factors does not change it.
    """
    vectors = [factor for factor in term.factors if len(factor[1]) == 1]
    alone = [f for f in vectors if sum(1 for node, _ in vectors if node is f[0]) == 1]
    starts = [*term.output, *(f[1][0] for f in sorted(alone, key=lambda f: f[0].serial))]
    found: dict[int, int] = {}
    for start in starts:
        if start in found:
            continue
        level, far = {start}, 0
        while level:
            found.update(dict.fromkeys(level, far))
            far += 1
            level = {
                index
                for _, indices in term.factors
                if not level.isdisjoint(indices)
                for index in indices
                if index not in found
            }
    return found


def skew_form_vanishes(term: Term) -> bool:
    """Σᵢⱼ xᵢ Kᵢⱼ xⱼ → 0 for skew K, as A - A' is.  Stops: nothing is left."""
    for node, indices in term.factors:
        if len(indices) != 2 or not term.builder.is_skew(node):
            continue
        if any(index in term.output for index in indices):
            continue
        swap = {indices[0]: indices[1], indices[1]: indices[0]}
        others = [factor for factor in term.factors if factor[0] is not node]
        swapped = [(n, tuple(swap.get(i, i) for i in names)) for n, names in others]
        if len(others) == len(term.factors) - 1 and _same(term, others, swapped):
            term.coefficient = 0
            return True
    return False


def _same(term: Term, one: list[Factor], two: list[Factor]) -> bool:
    """Whether two lists hold the same factors, a symmetric one either way round."""

    def key(factor: Factor) -> tuple[int, tuple[int, ...]]:
        node, indices = factor
        turned = len(indices) == 2 and term.builder.is_symmetric(node)
        return node.serial, tuple(sorted(indices)) if turned else indices

    return sorted(map(key, one)) == sorted(map(key, two))


def logistic_recognised(term: Term) -> bool:
    """exp(u)·1/(1 + exp(u)) → sigmoid(u).  Stops: fewer factors."""
    exponentials = {
        (node.operands[0], indices): (node, indices)
        for node, indices in term.factors
        if isinstance(node, Map) and node.function == "exp"
    }
    if not exponentials:
        return False
    builder = term.builder
    for node, indices in term.factors:
        base, exponent = entry_power(node)
        if exponent not in (-1, -2) or not isinstance(base, Add) or len(base.operands) != 2:
            continue
        for (argument, names), factor in exponentials.items():
            if names == indices and base is one_plus(builder, factor[0]):
                term.factors.remove(factor)
                term.factors.remove((node, indices))
                term.factors.append((builder.map("sigmoid", (argument,)), indices))
                if exponent == -2:
                    # what is left is 1/(1 + exp(u)) = 1 - sigmoid(u)
                    rest = builder.scale(-1, argument)
                    term.factors.append((builder.map("sigmoid", (rest,)), indices))
                return True
    return False


def one_plus(builder: Builder, node: Node) -> Node:
    """1 + the node, entry by entry."""
    return builder.add((1, 1), (builder.ones(node.dims), node), node.dims)
