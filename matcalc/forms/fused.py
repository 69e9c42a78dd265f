"""Terms with fused axes: what is beyond each fusion is read as one matrix, from the inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.forms.bundle import Block, components
from matcalc.forms.contract import Item, Reader
from matcalc.forms.form import Form
from matcalc.forms.forms import Forms
from matcalc.forms.kronecker import kron, read_kronecker, vec
from matcalc.language.dimensions import Dim

Fusion = tuple[tuple[int, ...], int]
"""The indices that are fused, the last one fastest, and the index of the fused axis."""

MOST_AXES, FEW_AXES = 8, 6


def read_fused(
    forms: Forms,
    items: Sequence[Item],
    fusions: Sequence[Fusion],
    dims: Mapping[int, Dim],
    output: tuple[int, ...],
) -> Form | None:
    """The form of a term with fused axes; None where there is none."""
    flat = _flattened(fusions, output)
    if flat is None:
        return None
    left = list(items)
    parts_of = {total: parts for parts, total in flat}
    if len(parts_of) < len(flat):
        return None
    waiting = list(parts_of)
    while waiting:
        later = []
        for total in waiting:
            attached = any(total in indices for _, indices in left)
            # one that only the output has is left for the end
            if total not in parts_of or not (attached or total not in output):
                continue
            reduced = _cut(forms, left, dims, dict(parts_of), total, output) or _unfused(
                forms, left, dims, dict(parts_of), total, output
            )
            if reduced is None:
                later.append(total)
            else:
                left, parts_of = reduced
        if later == waiting:
            return None
        waiting = later
    if not output:
        return Reader(forms, left, dims).read(())
    groups = [parts_of.get(index, (index,)) for index in output]
    if len(output) == 2 and output[0] == output[1]:
        column = read_kronecker(Block(forms, left, dims, groups[0], ()))
        return None if column is None else forms.diagonal(column, dims[output[0]])
    columns = groups[1] if len(groups) == 2 else ()
    if len(groups[0]) + len(columns) > MOST_AXES:
        return None
    for turns in range(3 if len(groups[0]) + len(columns) <= FEW_AXES else 2):
        form = read_kronecker(Block(forms, left, dims, groups[0], columns), turns)
        if form is not None:
            return form
    return None


def _cut(
    forms: Forms,
    items: Sequence[Item],
    dims: Mapping[int, Dim],
    parts_of: dict[int, tuple[int, ...]],
    total: int,
    output: tuple[int, ...],
) -> tuple[list[Item], dict[int, tuple[int, ...]]] | None:
    """The items with those beyond a fusion made one, a matrix of the fused axis and what else it has.

    And the fusions that are left.
    """
    parts = parts_of.pop(total)
    inside, outside = _side(items, parts, total)
    used = {index for _, indices in inside for index in indices}
    if not used.issuperset(parts):
        return None
    ends = []
    for index in dict.fromkeys((*output, *parts_of)):
        group = parts_of.get(index, (index,))
        if index != total and not used.isdisjoint(group):
            if not used.issuperset(group):
                return None
            ends.append(index)
    if len(ends) > 1 or any(part in output for part in parts):
        return None
    columns = parts_of.pop(ends[0], (ends[0],)) if ends else ()
    form = read_kronecker(Block(forms, inside, dims, parts, columns))
    return None if form is None else ([*outside, (form, (total, *ends))], parts_of)


def _unfused(
    forms: Forms,
    items: Sequence[Item],
    dims: Mapping[int, Dim],
    parts_of: dict[int, tuple[int, ...]],
    total: int,
    output: tuple[int, ...],
) -> tuple[list[Item], dict[int, tuple[int, ...]]] | None:
    """v[(q,p)] as the matrix of the axes p, q whose vec is v: (vec(I)' ⊗ I) @ (I ⊗ v).

    What is attached to the fused axis must be a vector; the fusions that are left are given too.
    """
    parts = parts_of.pop(total)
    label = components(items)
    if len(parts) != 2 or total not in label:
        return None
    outside = (*parts, *output, *parts_of, *(part for group in parts_of.values() for part in group))
    if total in output or any(label.get(index) == label[total] for index in outside):
        return None
    inside = [item for item in items if any(label[index] == label[total] for index in item[1])]
    vector = Reader(forms, inside, dims).read((total,))
    if vector is None:
        return None
    column, row = parts
    eye, other = forms.eye(dims[column]), forms.eye(dims[row])
    spread = kron(forms, eye, vector)
    picked = kron(forms, vec(forms, eye).T, other)
    matrix = forms.term(spread.coefficient, spread.scalars, (*picked.chain, *spread.chain))
    rest = [item for item in items if item not in inside]
    return [*rest, (matrix, (row, column))], parts_of


def _flattened(fusions: Sequence[Fusion], output: tuple[int, ...]) -> list[Fusion] | None:
    """Fusions of fusions as one."""
    by_total = {total: parts for parts, total in fusions}
    if len(by_total) < len(fusions):
        return None
    inner = {part for parts, _ in fusions for part in parts if part in by_total}
    if any(total in output for total in inner):
        return None
    result = []
    for parts, total in fusions:
        while any(part in by_total for part in parts):
            parts = tuple(p for part in parts for p in by_total.get(part, (part,)))
        if total not in inner:
            result.append((parts, total))
    return result


def _side(
    items: Sequence[Item], parts: tuple[int, ...], total: int
) -> tuple[list[Item], list[Item]]:
    """The items on the side of the parts of a fused axis, and the others."""
    reached = set(parts)
    inside: list[Item] = []
    rest = [item for item in items if total not in item[1]]
    changed = True
    while changed:
        changed = False
        for item in list(rest):
            if item[1] and not reached.isdisjoint(item[1]):
                reached.update(item[1])
                inside.append(item)
                rest.remove(item)
                changed = True
    return inside, rest + [item for item in items if total in item[1]]
