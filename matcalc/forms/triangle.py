"""Triangles in matrix form: what a 0/1 mask multiplies stands in tril or triu, what vech lists in vech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.forms.exact import is_whole
from matcalc.language.dimensions import Dim

if TYPE_CHECKING:
    from matcalc.forms.contract import Item
    from matcalc.forms.form import Form
    from matcalc.forms.forms import Forms
    from matcalc.rational import Rational

Half = tuple[tuple[int, ...], Dim]
"""The indices k, i, j of a V with V[k,i,j] = 1 where A[i,j] is entry k of vech(A); and the size of A."""
_MIRRORED = {"tril": "triu", "triu": "tril"}


def mask(forms: Forms, name: str, dim: Dim) -> Form:
    """tril(ones(n, n)), whose transpose is triu(ones(n, n)); or the other way round.

    >>> from matcalc.forms.forms import Forms
    >>> mask(Forms(), "tril", Dim.named("n")).T.expr
    call 'triu'(call 'ones'(name 'n', name 'n'))
    """
    ones = forms.call("ones", forms.size(dim), forms.size(dim))
    form = forms.atom("matrix", forms.call(name, ones), forms.call(_MIRRORED[name], ones))
    form.mask, form.T.mask = name, _MIRRORED[name]
    return form


def masked(
    forms: Forms,
    factors: Sequence[tuple[Form, Rational]],
    ones: Form,
    coefficient: Rational,
    scalars: Iterable[tuple[Form, Rational]],
) -> Form:
    """The entry-by-entry product of powers, masks among them: tril(A * B)."""
    masks = [
        base for base, exponent in factors if base.mask and is_whole(exponent) and exponent > 0
    ]
    rest = [(base, exponent) for base, exponent in factors if not base.mask]
    assert len(masks) + len(rest) == len(factors), "a triangle is divided by"
    inner = forms.entrywise(rest, ones)
    body = masks[0] if inner.all_ones else forms.product(inner.chain)
    for each in masks[1:] if inner.all_ones else masks:
        body = forms.atom(
            "matrix",
            forms.call(each.mask, body.expr),
            forms.call(each.T.mask, body.T.expr),
        )
    scalars = (*scalars, *inner.scalars)
    return forms.term(coefficient * inner.coefficient, scalars, body.chain)


def listed(
    forms: Forms,
    items: list[Item],
    half: tuple[int, ...],
    dims: Mapping[int, Dim],
    elsewhere: set[int],
    fusions: Sequence[tuple[tuple[int, ...], int]],
) -> bool:
    """Σ V[k,i,j]·A[i,j] → vech(A)[k], where nothing `elsewhere` has what A is made of."""
    from matcalc.forms.contract import Reader

    k, i, j = half
    elsewhere = elsewhere.union(index for parts, total in fusions for index in (*parts, total))
    inside, reached = _beyond(items, k, {i, j})
    if i == j or not elsewhere.isdisjoint(reached) or k in reached:
        return False
    inner = Reader(forms, inside, dims).read((i, j))
    if inner is None:
        return False
    items[:] = [item for item in items if item not in inside]
    column = forms.atom("column", forms.call("vech", forms.product(inner.chain).expr))
    items.append((forms.term(inner.coefficient, inner.scalars, column.chain), (k,)))
    return True


def _beyond(items: Sequence[Item], k: int, reached: set[int]) -> tuple[list[Item], set[int]]:
    """The items that one comes to from some indices, not through k; and all that they have."""
    inside: list[Item] = []
    changed = True
    while changed:
        changed = False
        for item in items:
            if item not in inside and k not in item[1] and not reached.isdisjoint(item[1]):
                inside.append(item)
                reached = reached.union(item[1])
                changed = True
    return inside, reached


def unlisted(
    forms: Forms,
    items: list[Item],
    half: tuple[int, ...],
    dim: Dim,
    fusions: list[tuple[tuple[int, ...], int]],
    dims: dict[int, Dim],
    output: tuple[int, ...],
) -> bool:
    """V[k,i,j] → Σ duplication(n)[l,k]·vec(tril(ones(n, n)))[l], where the axis l is (j,i).

    Whether there is such a form.
    """
    k, i, j = half
    spread = forms.atom("matrix", forms.call("duplication", forms.size(dim)))
    elsewhere = {index for _, indices in items for index in indices}
    elsewhere.update(index for parts, total in fusions for index in (*parts, total))
    if i != j and {i, j} == {*output} and elsewhere.isdisjoint(output):
        return _unstacked(forms, items, half, spread, fusions, dims)
    ends = {*output, *(part for parts, _ in fusions for part in parts)}
    used = {index for _, indices in items for index in indices}
    total = next((total for parts, total in fusions if parts == (j, i)), None)
    if total is None or not used.isdisjoint((i, j)):
        total = max(dims) + 1
        dims[total] = dim * dim
        inner = {}
        for index in dict.fromkeys((i, j)):
            inner[index] = index
            if index in ends:
                # what stands outside too is joined by an identity
                inner[index] = max(dims) + 1
                dims[inner[index]] = dim
                items.append((forms.eye(dim), (inner[index], index)))
        fusions.append(((inner[j], inner[i]), total))
    else:
        fusions.remove(((j, i), total))
    items.append((spread, (total, k)))
    entries = forms.call("vec", mask(forms, "tril", dim).expr)
    items.append((forms.atom("column", entries), (total,)))
    return True


def _unstacked(
    forms: Forms,
    items: list[Item],
    half: tuple[int, ...],
    spread: Form,
    fusions: list[tuple[tuple[int, ...], int]],
    dims: dict[int, Dim],
) -> bool:
    """Σ c[k]·V[k,i,j], the triangle that c lists, is that of the matrix whose vec is duplication(n) @ c."""
    from matcalc.forms.contract import Reader
    from matcalc.forms.fused import read_fused

    k, i, j = half
    if fusions:
        column = read_fused(forms, items, fusions, dims, (k,))
    else:
        column = Reader(forms, items, dims).read((k,))
    if column is None:
        return False
    total = max(dims) + 1
    dims[total] = dims[i] * dims[j]
    fusions[:] = [((j, i), total)]
    chain = (*spread.chain, *column.chain)
    items[:] = [
        (forms.term(column.coefficient, column.scalars, chain), (total,)),
        (mask(forms, "tril", dims[i]), (i, j)),
    ]
    return True
