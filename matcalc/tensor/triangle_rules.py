"""The rules of triangles: masks that keep one, and vech, which lists the entries of the lower one."""

from __future__ import annotations

from matcalc.tensor.nodes import Constant, Node, Variable
from matcalc.tensor.term import Factor, Term


def triangles_merged(term: Term) -> bool:
    """Lᵢⱼ Lᵢⱼ → Lᵢⱼ, Lᵢⱼ Lⱼᵢ → δᵢⱼ, Lᵢᵢ → 1; a lower matrix needs no mask.  Stops: fewer factors or masks."""
    masks = [factor for factor in term.factors if _is_mask(factor)]
    delta = term.builder.graph.delta
    for position, (node, indices) in enumerate(masks):
        row, column = indices
        if row == column:
            term.factors.remove((node, indices))
            term.factors.append((delta(node.dims[0], 1), (row,)))
            return True
        if any(_is_within((node, indices), factor) for factor in term.factors):
            term.factors.remove((node, indices))
            return True
        for other, names in masks[position + 1 :]:
            if {*names} != {row, column}:
                continue
            term.factors.remove((other, names))
            if (names == indices) != (other is node):
                term.factors.remove((node, indices))
                term.factors.append((delta(node.dims[0]), indices))
            elif _name(other) == "lower":
                # of a lower and a mirrored upper one the lower stays, whatever their order
                term.factors.remove((node, indices))
                term.factors.append((other, names))
            return True
    return False


def _is_mask(factor: Factor) -> bool:
    return isinstance(factor[0], Constant) and _name(factor[0]) in ("lower", "upper")


def _name(node: Node) -> str:
    return node.name if isinstance(node, Constant) else ""


def _is_within(mask: Factor, factor: Factor) -> bool:
    """Whether a factor is a matrix that is declared to have the triangle alone."""
    node, indices = factor
    if not isinstance(node, Variable) or {*indices} != {*mask[1]} or len(indices) != 2:
        return False
    mirrored = "upper" if _name(mask[0]) == "lower" else "lower"
    return (_name(mask[0]) if indices == mask[1] else mirrored) in node.attributes


def half_vectors_contracted(term: Term) -> bool:
    """Σₖ V[k,i,j] → Lᵢⱼ, Σₖ V[k,i,j] V[k,p,q] → Lᵢⱼ δᵢₚ δⱼ_q.  Stops: fewer factors V, or masks beside one."""
    halves = [factor for factor in term.factors if _name(factor[0]) == "vech"]
    if not halves:
        return False
    uses = term.uses()
    inner = {index for index in uses if index not in term.output}
    graph = term.builder.graph
    for position, (node, (k, i, j)) in enumerate(halves):
        mask = graph.constant("lower", node.dims[1:2], node.dims[1:])
        for factor in term.factors:
            if _name(factor[0]) in ("lower", "upper") and _keeps(factor, i, j):
                term.factors.remove(factor)
                return True
        if k in inner and uses[k] == 1:
            term.factors.remove((node, (k, i, j)))
            term.factors.append((mask, (i, j)))
            return True
        if i != j and {i, j} <= inner and uses[i] == uses[j] == 1:
            # each entry of the list is one of the triangle
            term.factors.remove((node, (k, i, j)))
            term.factors.append((graph.delta(node.dims[0], 1), (k,)))
            return True
        for other, (place, p, q) in halves[position + 1 :]:
            if other is not node:
                continue
            if place == k and k in inner and uses[k] == 2:
                term.factors.remove((node, (k, i, j)))
                term.factors.remove((other, (place, p, q)))
                delta = graph.delta(node.dims[1])
                term.factors += [(mask, (i, j)), (delta, (i, p)), (delta, (j, q))]
                return True
            if (p, q) == (i, j) and place != k:
                term.factors.remove((other, (place, p, q)))
                term.factors.append((graph.delta(node.dims[0]), (k, place)))
                return True
    return False


def _keeps(mask: Factor, i: int, j: int) -> bool:
    """Whether a mask is 1 wherever i ≥ j."""
    return mask[1] == ((i, j) if _name(mask[0]) == "lower" else (j, i))


def symmetric_duplicated(term: Term) -> bool:
    """Σₖᵢⱼ D[l,k] V[k,i,j] Sᵢⱼ → φ[j,i,l] Sᵢⱼ, vec(S) of a symmetric S.  Stops: fewer factors D."""
    for node, indices in term.factors:
        if _name(node) != "duplication":
            continue
        uses = term.uses()
        inner = {index for index in uses if index not in term.output and uses[index] == 2}
        for half, axes in term.factors:
            if _name(half) != "vech" or axes[0] != indices[1] or not {*axes} <= inner:
                continue
            _, i, j = axes
            for matrix, names in term.factors:
                if i != j and {*names} == {i, j} and term.builder.is_symmetric(matrix):
                    term.factors.remove((node, indices))
                    term.factors.remove((half, axes))
                    fuse = term.builder.graph.fuse((half.dims[2], half.dims[1]))
                    term.factors.append((fuse, (j, i, indices[0])))
                    return True
    return False
