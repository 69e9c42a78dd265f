"""Transposes of forms, made when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.forms.expressions import transposed_weight

if TYPE_CHECKING:
    from matcalc.forms.form import Form
    from matcalc.forms.forms import Forms


def transposed(forms: Forms, form: Form) -> Form:
    """The transpose of a form that has none yet, after those of the parts that it is made of."""
    stack = [form]
    while stack:
        current = stack[-1]
        atomic = current.chain[0] is current
        waiting = [
            part for part in (current.terms if atomic else current.chain) if part.turned is None
        ]
        if waiting:
            stack += waiting
            continue
        if current.turned is None:
            (_of_atom if atomic else _of_product)(forms, current)
        stack.pop()
    return form.T


def _of_atom(forms: Forms, form: Form) -> None:
    if form.turned_cost < transposed_weight(form.expr):
        forms.turn(form, forms.added([part.T for part in form.terms]))
    else:
        forms.turn(form, forms.make("transpose", (form.expr,)))


def _of_product(forms: Forms, form: Form) -> None:
    if form.coefficient != 1 or form.scalars:
        body = forms.product(form.chain).T.expr
        flipped = forms.scaled(form.coefficient, form.scalars, body)
    elif form.expr.kind == "transpose":
        flipped = form.expr.children[0]
    else:
        flipped = forms.make("matmul", tuple([atom.T.expr for atom in reversed(form.chain)]))
        if flipped.cost > transposed_weight(form.expr):
            flipped = forms.make("transpose", (form.expr,))
    forms.turn_product(form, flipped)
