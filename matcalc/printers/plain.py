"""An answer as one line of text, for pipes and pasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.printers.formula import Formula
from matcalc.printers.measure import visible

if TYPE_CHECKING:
    from matcalc.printers.answer import Answer


def line(answer: Answer) -> str:
    """The matrix form; where there is none, the index form with the order of its axes."""
    if answer.matrix_form is not None:
        return visible(answer.matrix_form.text)
    form = answer.index_form
    if answer.axes:
        form = Formula(f"({form.body})[{','.join(answer.axes)}]", form.names)
    return visible(form.text)


def latex_line(answer: Answer) -> str:
    """The same in LaTeX; the order of the axes is in the comment that ends the line."""
    if answer.latex_matrix is not None:
        return answer.latex_matrix
    if answer.axes:
        return f"{answer.latex_index} % axes {', '.join(answer.axes)}"
    return answer.latex_index
