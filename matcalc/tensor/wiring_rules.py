"""The rules of wires: Kronecker deltas, flattenings and unit vectors, contracted away."""

from __future__ import annotations

from matcalc.tensor.nodes import Constant, Delta, Fuse
from matcalc.tensor.term import Factor, Term


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
