"""The rules of products: each rewrites one Σ, is named, and says its algebra as its title.

A rule returns whether it changed the term.  The builder applies them in the order of RULES until
none changes anything; each removes a factor or an index, so that ends.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, lcm
from typing import TYPE_CHECKING

from matcalc.functions import FUNCTIONS
from matcalc.rational import quotient
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Node,
    Number,
    Size,
    is_zero,
)
from matcalc.tensor.term import Factor, Term, entry_power, matrix_power

if TYPE_CHECKING:
    from matcalc.rational import Rational

FLATTEN_LIMIT = 64

Rule = Callable[[Term], bool]


class TitledRule:
    """A rule with its algebra: documentation, label in a trace, and the id of its test."""

    __slots__ = ("apply", "name", "title")

    def __init__(self, title: str, apply: Rule) -> None:
        self.title = title
        self.apply = apply
        self.name = apply.__name__


def zero_annihilates(term: Term) -> bool:
    """0·A → 0.  Stops: no factor is left."""
    if term.coefficient != 0 and any(is_zero(node) for node, _ in term.factors):
        term.coefficient = 0
        return True
    return False


def numbers_collected(term: Term) -> bool:
    """2·(3·A) → 6·A.  Stops: fewer factors are numbers or multiples."""
    kept: list[Factor] = []
    changed = False
    for node, indices in term.factors:
        if isinstance(node, Number):
            term.coefficient *= node.value
            changed = True
        elif isinstance(node, Size) and node.size.value is not None and not node.size.names:
            term.coefficient *= node.size.value
            changed = True
        elif isinstance(node, Add) and len(node.operands) == 1:
            term.coefficient *= node.coefficients[0]
            kept.append((node.operands[0], indices))
            changed = True
        else:
            kept.append((node, indices))
    term.factors = kept
    return changed


def sums_flattened(term: Term) -> bool:
    """Σ A·(Σ B·C) → Σ A·B·C.  Stops: fewer factors are sums themselves; scalars stay whole."""
    total = len(term.factors)
    kept: list[Factor] = []
    changed = False
    for node, indices in term.factors:
        inner = len(node.operands)
        if not isinstance(node, Einsum) or _is_whole(term, node) or total + inner - 1 > FLATTEN_LIMIT:  # fmt: skip
            kept.append((node, indices))
            continue
        total += inner - 1
        renaming = dict(zip(node.output, indices, strict=True))
        for operand, names in zip(node.operands, node.inputs, strict=True):
            for name, dim in zip(names, operand.dims, strict=True):
                if name not in renaming:
                    renaming[name] = term.new_index(dim)
            kept.append((operand, tuple(renaming[name] for name in names)))
        changed = True
    term.factors = kept
    return changed


def _is_whole(term: Term, node: Einsum) -> bool:
    """A scalar with a sum of its own stays one factor among several."""
    return len(term.factors) > 1 and node.order == 0 and any(indices for indices in node.inputs)


def sums_turned(term: Term) -> bool:
    """(A + B)ⱼᵢ and (A' + B')ᵢⱼ are one.  Stops: each sum is the one of the two that was made first."""
    changed = False
    for position, (node, indices) in enumerate(term.factors):
        if isinstance(node, Add) and node.order == 2:
            mirrored = term.builder.mirrored(node)
            if mirrored.serial < node.serial:
                term.factors[position] = (mirrored, (indices[1], indices[0]))
                changed = True
    return changed


def deltas_contracted(term: Term) -> bool:
    """δᵢⱼ Aⱼₖ → Aᵢₖ.  Stops: fewer indices, or fewer deltas; between output indices δ stays."""
    if not any(isinstance(node, Delta) for node, _ in term.factors):
        return False
    parent: dict[int, int] = {}

    def root(index: int) -> int:
        while parent.get(index, index) != index:
            index = parent[index]
        return index

    others: list[Factor] = []
    before = 0
    members: dict[int, None] = {}
    for node, indices in term.factors:
        if isinstance(node, Delta):
            before += 1
            for index in indices:
                members.setdefault(index)
                parent[root(index)] = root(indices[0])
        else:
            others.append((node, indices))
    classes: dict[int, list[int]] = {}
    for index in members:
        classes.setdefault(root(index), []).append(index)
    output = set(term.output)
    renaming: dict[int, int] = {}
    kept: list[Factor] = []
    used = {index for _, indices in others for index in indices}
    for group in classes.values():
        out = [index for index in term.output if index in group]
        representative = out[0] if out else group[0]
        for index in group:
            renaming[index] = representative
        dim = term.sizes[group[0]]
        if len(out) >= 2:
            kept.append((term.builder.graph.delta(dim, len(out)), tuple(out)))
        elif not any(index in used for index in group):
            if out:
                kept.append((term.builder.graph.delta(dim, 1), (representative,)))
            else:
                kept.append((term.builder.graph.size(dim), ()))
    changed = len(kept) != before or any(
        renaming[index] != index and (index in used or index not in output) for index in renaming
    )
    if not changed:
        return False
    term.factors = [
        (node, tuple(renaming.get(index, index) for index in indices)) for node, indices in others
    ] + kept
    return True


def fuses_cancelled(term: Term) -> bool:
    """Σₖ φ[i,j,k] φ[p,q,k] → δᵢₚ δⱼ_q.  Stops: fewer flattenings."""
    fuses = [factor for factor in term.factors if isinstance(factor[0], Fuse)]
    if not fuses:
        return False
    delta = term.builder.graph.delta
    for position, (node, indices) in enumerate(fuses):
        if len(indices) == 2:
            # the flattening of one axis is the identity
            term.factors.remove((node, indices))
            term.factors.append((delta(node.dims[0]), indices))
            return True
        for other, names in fuses[position + 1 :]:
            if names[-1] == indices[-1] and other is node:
                term.factors.remove((other, names))
                for dim, one, two in zip(node.dims, indices[:-1], names[:-1], strict=False):
                    if one != two:
                        term.factors.append((delta(dim), (one, two)))
                return True
            if names[:-1] == indices[:-1] and other is node:
                term.factors.remove((other, names))
                term.factors.append((delta(node.dims[-1]), (indices[-1], names[-1])))
                return True
    uses = term.uses()
    for node, indices in fuses:
        if indices[-1] not in term.output and uses[indices[-1]] == 1:
            # Σₖ φ[i,j,k] = 1
            term.factors.remove((node, indices))
            for dim, index in zip(node.dims, indices[:-1], strict=False):
                term.factors.append((delta(dim, 1), (index,)))
            return True
        if all(index not in term.output and uses[index] == 1 for index in indices[:-1]):
            # Σᵢⱼ φ[i,j,k] = 1
            term.factors.remove((node, indices))
            term.factors.append((delta(node.dims[-1], 1), (indices[-1],)))
            return True
    return False


def fuses_nested(term: Term) -> bool:
    """Σₖ φ[i,j,k] φ[k,l,m] → φ[i,j,l,m].  Stops: fewer flattenings."""
    fuses = [factor for factor in term.factors if isinstance(factor[0], Fuse)]
    if len(fuses) < 2:
        return False
    uses = term.uses()
    for inner, names in fuses:
        whole = names[-1]
        if whole in term.output or uses[whole] != 2:
            continue
        for outer, indices in fuses:
            if whole in indices[:-1]:
                slot = indices.index(whole)
                parts = outer.dims[:slot] + inner.dims[:-1] + outer.dims[slot + 1 : -1]
                merged = indices[:slot] + names[:-1] + indices[slot + 1 :]
                term.factors.remove((inner, names))
                term.factors.remove((outer, indices))
                term.factors.append((term.builder.graph.fuse(parts), merged))
                return True
    return False


def entries_merged(term: Term) -> bool:
    """xᵢ·xᵢ → xᵢ²; xᵢ·xᵢ⁻¹ → 1.  Stops: fewer factors."""
    if len(term.factors) < 2:
        return False
    groups: dict[tuple[Node, tuple[int, ...]], list[Factor]] = {}
    for node, indices in term.factors:
        base, _ = entry_power(node)
        names = indices
        if len(indices) == 2 and indices[0] > indices[1] and term.builder.is_symmetric(base):
            names = (indices[1], indices[0])
        groups.setdefault((base, names), []).append((node, indices))
    if len(groups) == len(term.factors):
        return False
    builder = term.builder
    term.factors = []
    for (base, indices), members in groups.items():
        if len(members) == 1:
            term.factors.append(members[0])
        elif isinstance(base, Delta | Fuse):
            term.factors.append((base, indices))
        else:
            exponent = sum(entry_power(node)[1] for node, _ in members)
            if exponent == 0:
                for index in indices:
                    term.factors.append((builder.graph.delta(term.sizes[index], 1), (index,)))
            else:
                power = builder.power(base, exponent)
                term.factors.append((power, indices))
    return True


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


def contents_pulled(term: Term) -> bool:
    """(2·A - 2·B)·C → 2·(A - B)·C.  Stops: sums among the factors have coprime coefficients."""
    changed = False
    kept: list[Factor] = []
    for node, indices in term.factors:
        if isinstance(node, Add) and len(node.operands) > 1:
            content = _content(node)
            if content != 1:
                term.coefficient *= content
                node = term.builder.add(
                    tuple(term.builder.quotient(c, content) for c in node.coefficients),
                    node.operands,
                    node.dims,
                )
                changed = True
        kept.append((node, indices))
    term.factors = kept
    return changed


def _content(node: Add) -> Rational:
    """The greatest common divisor of the coefficients, with the sign of the first."""
    numerator, denominator = 0, 1
    for coefficient in node.coefficients:
        numerator = gcd(numerator, coefficient.numerator)
        denominator = lcm(denominator, coefficient.denominator)
    if node.coefficients[0] < 0:
        numerator = -numerator
    return quotient(numerator, denominator)


def scalars_split(term: Term) -> bool:
    """Σᵢⱼ xᵢ·yᵢ·zⱼ → (Σᵢ xᵢ·yᵢ)·(Σⱼ zⱼ).  Stops: fewer summed indices in this term."""
    if len(term.factors) < 2:
        return False
    parent = list(range(len(term.factors)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    first: dict[int, int] = {}
    outer: set[int] = set()
    output = set(term.output)
    for position, (_, indices) in enumerate(term.factors):
        for index in indices:
            if index in first:
                parent[root(position)] = root(first[index])
            else:
                first[index] = position
    for index in output:
        if index in first:
            outer.add(root(first[index]))
    components: dict[int, list[Factor]] = {}
    for position, factor in enumerate(term.factors):
        components.setdefault(root(position), []).append(factor)
    if len(components) < 2:
        return False
    kept: list[Factor] = []
    changed = False
    for component, members in components.items():
        if component in outer or (len(members) == 1 and not members[0][1]):
            kept.extend(members)
        else:
            nodes = tuple(node for node, _ in members)
            names = tuple(indices for _, indices in members)
            kept.append((term.builder.einsum(nodes, names, ()), ()))
            changed = True
    term.factors = kept
    return changed


def basis_picked(term: Term) -> bool:
    """Σᵢ e(k)ᵢ·1ᵢ → 1.  Stops: fewer factors."""
    uses = term.uses()
    for node, indices in term.factors:
        if isinstance(node, Constant) and node.name == "e":
            index = indices[0]
            if uses[index] == 1 and index not in term.output:
                term.factors.remove((node, indices))
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


RULES = (
    TitledRule("0·A → 0", zero_annihilates),
    TitledRule("2·(3·A) → 6·A", numbers_collected),
    TitledRule("Σ A·(Σ B·C) → Σ A·B·C", sums_flattened),
    TitledRule("(A' + B')ᵢⱼ → (A + B)ⱼᵢ", sums_turned),
    TitledRule("δᵢⱼ Aⱼₖ → Aᵢₖ", deltas_contracted),
    TitledRule("Σₖ φ[i,j,k] φ[p,q,k] → δᵢₚ δⱼ_q", fuses_cancelled),
    TitledRule("Σₖ φ[i,j,k] φ[k,l,m] → φ[i,j,l,m]", fuses_nested),
    TitledRule("xᵢ·xᵢ → xᵢ²", entries_merged),
    TitledRule("Xᵢⱼ Xⱼₖ → (X²)ᵢₖ", matrix_powers_merged),
    TitledRule("Σₖ Qₖᵢ Qₖⱼ → δᵢⱼ", orthogonal_cancelled),
    TitledRule("Σᵢ e(k)ᵢ → 1", basis_picked),
    TitledRule("Σᵢ ∂f(X)ᵢᵢ/∂X_pq → f′(X)_qp", derivatives_traced),
    TitledRule("(2·A - 2·B)·C → 2·(A - B)·C", contents_pulled),
    TitledRule("Σᵢⱼ xᵢ·yᵢ·zⱼ → (Σᵢ xᵢ·yᵢ)·(Σⱼ zⱼ)", scalars_split),
)
