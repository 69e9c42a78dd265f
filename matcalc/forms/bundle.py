"""Factors that meet in one summed index, as Khatri-Rao products: third derivatives and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.forms.contract import Item, Reader
from matcalc.forms.form import MATRIX, Form
from matcalc.forms.forms import Forms
from matcalc.language.dimensions import Dim


def components(items: Sequence[Item], without: int | None = None) -> dict[int, int]:
    """A number for each index, the same for those that items connect."""
    label: dict[int, int] = {}
    for _, all_indices in items:
        indices = [index for index in all_indices if index != without]
        known = {label[index] for index in indices if index in label}
        new = min(known) if known else len(label)
        for index, old in label.items():
            if old in known:
                label[index] = new
        for index in indices:
            label[index] = new
    return label


class Block:
    """Factors to be read as one matrix: its rows and columns are these indices, the last one fastest."""

    __slots__ = ("columns", "dims", "forms", "items", "rows")

    def __init__(
        self,
        forms: Forms,
        items: Sequence[Item],
        dims: Mapping[int, Dim],
        rows: tuple[int, ...],
        columns: tuple[int, ...],
    ) -> None:
        self.forms = forms
        self.items = items
        self.dims = dims
        self.rows = rows
        self.columns = columns

    def of(self, items: Sequence[Item], rows: tuple[int, ...], columns: tuple[int, ...]) -> Block:
        """Some of the factors, with other rows and columns."""
        return Block(self.forms, items, self.dims, rows, columns)

    @property
    def T(self) -> Block:
        """The transpose."""
        return self.of(self.items, self.columns, self.rows)

    def read(self, output: tuple[int, ...]) -> Form | None:
        """The form of two indices at most; None where there is none."""
        return Reader(self.forms, self.items, self.dims).read(output)


def with_scalars(forms: Forms, scalars_of: Sequence[Form], form: Form) -> Form:
    """The form times the coefficients and the scalars of these."""
    coefficient = form.coefficient
    scalars = list(form.scalars)
    for other in scalars_of:
        coefficient = coefficient * other.coefficient
        scalars += other.scalars
    return forms.term(coefficient, scalars, form.chain)


def bundled(block: Block) -> Form | None:
    """P[a,i]·Q[b,i]·w[i]·R[c,i] as rows (a,b) and column c: khatrirao(P, Q) @ diag(w) @ R'."""
    forms, items, dims = block.forms, block.items, block.dims
    rows, columns = block.rows, block.columns
    ends = (*rows, *columns)
    if len(set(ends)) < len(ends):
        return None
    for center in dict.fromkeys(index for _, indices in items for index in indices):
        if center in ends:
            continue
        label = components(items, without=center)
        if any(end not in label for end in ends) or len({label[end] for end in ends}) < len(ends):
            continue
        arms = []
        used: set[int] = set()
        for end in ends:
            places = [
                at
                for at, (_, indices) in enumerate(items)
                if any(label.get(index) == label[end] for index in indices if index != center)
            ]
            used.update(places)
            arms.append(Reader(forms, [items[at] for at in places], dims).read((end, center)))
        rest = [item for at, item in enumerate(items) if at not in used]
        weights = Reader(forms, rest, dims).read((center,))
        sides = (_product(forms, arms[: len(rows)]), _product(forms, arms[len(rows) :]))
        if weights is None or sides[0] is None or (columns and sides[1] is None):
            continue
        chain = sides[0].chain
        factors = [sides[0], weights]
        if sides[1] is None:
            chain = (*chain, *weights.chain)
        else:
            factors.append(sides[1])
            if not weights.all_ones:
                chain = (*chain, *forms.diag(weights).chain)
            chain = (*chain, *sides[1].T.chain)
        return with_scalars(forms, factors, forms.term(1, (), chain))
    return None


def _product(forms: Forms, arms: Sequence[Form | None]) -> Form | None:
    """khatrirao(P, khatrirao(Q, ...)), scalars taken out; None of none, or where one has no form."""
    result: Form | None = None
    for arm in reversed(arms):
        if arm is None:
            return None
        if result is None:
            result = arm
        else:
            bodies = (forms.product(arm.chain).expr, forms.product(result.chain).expr)
            atom = forms.atom(MATRIX, forms.call("khatrirao", *bodies))
            result = with_scalars(forms, (arm, result), atom)
    return result
