"""Stacked matrices: sums of products with the 0/1 matrices that put blocks in their places."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.forms.form import MATRIX, Form
from matcalc.forms.forms import Forms
from matcalc.language.dimensions import Dim


def stack(forms: Forms, terms: Sequence[Form]) -> Form | None:
    """hstack or vstack of the blocks, where each term is one and together they fill all places."""
    chain = terms[0].chain if len(terms) > 1 else ()
    if not chain or (chain[0].block is None and chain[-1].block is None):
        return None
    for left in (True, False):
        blocks = [_place(form, left) for form in terms]
        if any(block is None for block in blocks):
            continue
        pairs = sorted(
            ((block, form) for block, form in zip(blocks, terms, strict=True) if block),
            key=lambda pair: len(pair[0][0].terms),
        )
        ordered = _in_places([(block, form) for block, form in pairs])
        if ordered is not None:
            parts = [
                forms.term(
                    form.coefficient,
                    form.scalars,
                    form.chain[1:] if left else form.chain[:-1],
                )
                for form in ordered
            ]
            names = ("vstack", "hstack") if left else ("hstack", "vstack")
            return forms.atom(
                terms[0].shape,
                forms.call(names[0], *(part.expr for part in parts)),
                forms.call(names[1], *(part.T.expr for part in parts))
                if terms[0].shape == MATRIX
                else None,
            )
    return None


def _place(form: Form, left: bool) -> tuple[Dim, Dim, Dim] | None:
    if len(form.chain) < 2:
        return None
    return form.chain[0 if left else -1].block


def _in_places(pairs: list[tuple[tuple[Dim, Dim, Dim], Form]]) -> list[Form] | None:
    """The blocks from the first to the last; None if there is a gap."""
    by_place = {block[0]: (block, form) for block, form in pairs}
    total = pairs[0][0][2]
    before = Dim(())
    ordered = []
    while before in by_place:
        block, form = by_place.pop(before)
        ordered.append(form)
        before = before + block[1]
    return ordered if not by_place and before == total and len(ordered) == len(pairs) else None
