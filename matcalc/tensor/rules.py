"""The rules of products: each rewrites one Σ, is named, and says its algebra as its title.

A rule returns whether it changed the term.  The builder applies them in the order of RULES until
none changes anything; each removes a factor or an index, so that ends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain, count
from math import gcd, lcm
from typing import TYPE_CHECKING

from matcalc.rational import quotient
from matcalc.tensor import marks
from matcalc.tensor.inverse_rules import inverses_of_products_cancelled
from matcalc.tensor.matrix_rules import (
    derivatives_along,
    derivatives_traced,
    logistic_recognised,
    matrix_powers_merged,
    orthogonal_cancelled,
    skew_form_vanishes,
    skew_turned,
)
from matcalc.tensor.nodes import (
    Add,
    Delta,
    Einsum,
    Fuse,
    Indices,
    Node,
    Number,
    Size,
    is_zero,
)
from matcalc.tensor.term import FEW, MOST_KEPT, Factor, Term, entry_power
from matcalc.tensor.triangle_rules import (
    half_vectors_contracted,
    symmetric_duplicated,
    triangles_merged,
)
from matcalc.tensor.wiring_rules import (
    basis_picked,
    deltas_contracted,
    fuses_cancelled,
    fuses_nested,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

FLATTEN_LIMIT = 24

Rule = Callable[[Term], bool]


class TitledRule:
    """A rule with its algebra: documentation, label in a trace, and the id of its test.

    It is for terms with one of the marks `needs`; it would leave others as they are.
    """

    __slots__ = ("apply", "name", "needs", "title")

    def __init__(self, title: str, apply: Rule, needs: int) -> None:
        self.title = title
        self.apply = apply
        self.needs = needs
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
    take_sizes = term.sizes.update
    fresh = term.fresh
    for factor in term.factors:
        node, indices = factor
        if not isinstance(node, Einsum) or (not indices and _is_whole(term, node)):
            kept.append(factor)
            continue
        more = len(node.operands) - 1
        if total + more > FLATTEN_LIMIT and not _is_wires(node):
            kept.append(factor)
            continue
        total += more
        changed = True
        rename = _few_renamed if more < FEW else _renamed
        inputs, fresh = rename(node.inputs, node.output, indices, fresh)
        for inside in zip(node.operands, inputs, strict=True):
            take_sizes(zip(inside[1], inside[0].dims, strict=True))
            kept.append(inside)
    term.factors = kept
    return changed


def _renamed(
    inputs: tuple[Indices, ...], output: Indices, indices: Indices, fresh: int
) -> tuple[tuple[Indices, ...], int]:
    """The inputs of a product whose output has these indices, new ones from `fresh` on; the next new one."""
    names = dict.fromkeys(chain(output, *inputs))
    name_of = dict(zip(names, chain(indices, count(fresh)), strict=False)).__getitem__
    return tuple([tuple(map(name_of, inner)) for inner in inputs]), fresh + len(names)


_few_renamed = lru_cache(MOST_KEPT)(_renamed)


def _is_whole(term: Term, node: Einsum) -> bool:
    """A scalar with a sum of its own stays one factor among several."""
    return len(term.factors) > 1 and any(node.inputs)


def _is_wires(node: Einsum) -> bool:
    """Wires alone add no factor that stays."""
    return all(isinstance(operand, Delta) for operand in node.operands)


def sums_turned(term: Term) -> bool:
    """(A + B)ⱼᵢ and (A' + B')ᵢⱼ are one.  Stops: each sum is the one of the two that was made first.

    Where `contents_pulled` changes the sign of the other one, a sum counts as made when it or its
    negative was: A - A' would be turned into A' - A, and that into -(A - A'), for ever.
    """
    changed = False
    for position, (node, indices) in enumerate(term.factors):
        if not isinstance(node, Add) or node.order != 2:
            continue
        mirrored = term.builder.mirrored(node)
        if mirrored.serial >= node.serial:
            continue
        if isinstance(mirrored, Add) and _is_negative(mirrored):
            one, two = (term.builder.add((-1,), (n,), n.dims) for n in (node, mirrored))
            if min(mirrored.serial, two.serial) >= min(node.serial, one.serial):
                continue
            mirrored = two
            term.coefficient = -term.coefficient
        term.factors[position] = (mirrored, (indices[1], indices[0]))
        changed = True
    return changed


def entries_merged(term: Term) -> bool:
    """xᵢ·xᵢ → xᵢ²; xᵢ·xᵢ⁻¹ → 1.  Stops: fewer factors."""
    if len(term.factors) < 2:
        return False
    groups: dict[Factor, list[Factor]] = {}
    for factor in term.factors:
        key = _entries(term, factor) if factor[0].mark else factor
        groups.setdefault(key, []).append(factor)
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


def _entries(term: Term, factor: Factor) -> Factor:
    """Whose powers the entries of a factor are, in one order of its indices if it is symmetric."""
    base, _ = entry_power(factor[0])
    indices = factor[1]
    if len(indices) == 2 and indices[0] > indices[1] and term.builder.is_symmetric(base):
        return base, indices[::-1]
    return base, indices


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


def _is_negative(node: Add) -> bool:
    """Whether `contents_pulled` would change its sign."""
    return len(node.operands) > 1 and _content(node) < 0


def _content(node: Add) -> Rational:
    """The greatest common divisor of the coefficients, with the sign of most of them.

    Where they balance, that of the constant counts, else of the first: 1 - u, A - B.
    """
    coefficients = node.coefficients
    if coefficients.count(1) == len(coefficients):
        return 1
    if coefficients == (1, -1):
        return -1 if is_constant(node.operands[1]) and not is_constant(node.operands[0]) else 1
    numerator = gcd(*[c.numerator for c in coefficients])
    denominator = lcm(*[c.denominator for c in coefficients])
    balance = len(coefficients) - 2 * len([c for c in coefficients if c < 0])
    if balance == 0:
        constants = [
            c for c, o in zip(node.coefficients, node.operands, strict=True) if is_constant(o)
        ]
        balance = -1 if (constants or node.coefficients)[0] < 0 else 1
    if balance < 0:
        numerator = -numerator
    return quotient(numerator, denominator)


def is_constant(node: Node) -> bool:
    """Whether it is the number 1, or ones."""
    return isinstance(node, Number) or (
        not node.operands and isinstance(node, Delta) and node.order == 1
    )


def scalars_split(term: Term) -> bool:
    """Σᵢⱼ xᵢ·yᵢ·zⱼ → (Σᵢ xᵢ·yᵢ)·(Σⱼ zⱼ).  Stops: fewer summed indices in this term."""
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


RULES = (
    TitledRule("0·A → 0", zero_annihilates, marks.ZERO),
    TitledRule("2·(3·A) → 6·A", numbers_collected, marks.NUMBER | marks.SIZE | marks.MULTIPLE),
    # a multiple may be one of a product
    TitledRule("Σ A·(Σ B·C) → Σ A·B·C", sums_flattened, marks.PRODUCT | marks.MULTIPLE),
    TitledRule("(A' + B')ᵢⱼ → (A + B)ⱼᵢ", sums_turned, marks.SUM_OF_MATRICES),
    TitledRule("δᵢⱼ Aⱼₖ → Aᵢₖ", deltas_contracted, marks.DELTA),
    TitledRule("Σₖ φ[i,j,k] φ[p,q,k] → δᵢₚ δⱼ_q", fuses_cancelled, marks.FUSE),
    TitledRule("Σₖ φ[i,j,k] φ[k,l,m] → φ[i,j,l,m]", fuses_nested, marks.FUSE),
    TitledRule("Lᵢⱼ Lᵢⱼ → Lᵢⱼ, Lᵢⱼ Lⱼᵢ → δᵢⱼ, Lᵢᵢ → 1", triangles_merged, marks.CONSTANT),
    TitledRule(
        "Σₖ V[k,i,j] → Lᵢⱼ, Σₖ V[k,i,j] V[k,p,q] → Lᵢⱼ δᵢₚ δⱼ_q",
        half_vectors_contracted,
        marks.CONSTANT,
    ),
    TitledRule("Σ D[l,k] V[k,i,j] Sᵢⱼ → φ[j,i,l] Sᵢⱼ", symmetric_duplicated, marks.CONSTANT),
    TitledRule("xᵢ·xᵢ → xᵢ²", entries_merged, marks.REPEATED),
    TitledRule("Xᵢⱼ Xⱼₖ → (X²)ᵢₖ", matrix_powers_merged, marks.REPEATED),
    TitledRule(
        "inv(X'·X)ᵢⱼ (X'·X)ⱼₖ → δᵢₖ", inverses_of_products_cancelled, marks.INVERSE_OF_PRODUCT
    ),
    TitledRule("Σₖ Qₖᵢ Qₖⱼ → δᵢⱼ", orthogonal_cancelled, marks.ORTHOGONAL),
    TitledRule("Kⱼᵢ → -Kᵢⱼ, Kᵢᵢ → 0", skew_turned, marks.SKEW | marks.SUM_OF_MATRICES),
    TitledRule("Σᵢⱼ xᵢ Kᵢⱼ xⱼ → 0", skew_form_vanishes, marks.SKEW | marks.SUM_OF_MATRICES),
    TitledRule("exp(u)·1/(1 + exp(u)) → sigmoid(u)", logistic_recognised, marks.EXPONENTIAL),
    TitledRule("Σᵢ e(k)ᵢ → 1", basis_picked, marks.CONSTANT),
    TitledRule("Σᵢ ∂f(X)ᵢᵢ/∂X_pq → f′(X)_qp", derivatives_traced, marks.DERIVATIVE),
    TitledRule("Σ_pq ∂f(t·A)ᵢⱼ/∂X_pq·A_pq → (A·f′(t·A))ᵢⱼ", derivatives_along, marks.DERIVATIVE),
    TitledRule("(2·A - 2·B)·C → 2·(A - B)·C", contents_pulled, marks.UNEQUAL),
    TitledRule("Σᵢⱼ xᵢ·yᵢ·zⱼ → (Σᵢ xᵢ·yᵢ)·(Σⱼ zⱼ)", scalars_split, marks.APART),
)


OPENING = 3
"""So many rules do no more than to see what the factors are."""


@cache
def rules_for(found: int, start: int, stop: int) -> tuple[tuple[int, Rule], ...]:
    """The rules between two places that are for terms with these marks, each with its place."""
    return tuple(
        (place, RULES[place].apply) for place in range(start, stop) if RULES[place].needs & found
    )
