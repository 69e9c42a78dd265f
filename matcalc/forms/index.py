"""The index form of a node: every axis has a letter, every contraction is a Σ."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.forms.definitions import Definition
from matcalc.forms.expression import Expr
from matcalc.forms.letters import VARIABLE_LETTERS, Letter, all_letters
from matcalc.forms.writer import Writer
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Node


class IndexForm:
    """A value and the answer in index notation.

    `value` and `expr` are the two expressions, `value_axes` and `axes` the letter of each of their
    axes (jacobian order), a tuple of letters for a fused axis; `where` defines those names that are
    not the user's: a name with its letters, and what it stands for; `sizes` the dimensions of the letters.
    """

    __slots__ = ("axes", "expr", "sizes", "value", "value_axes", "where")

    def __init__(
        self,
        value: Expr,
        value_axes: tuple[Letter, ...],
        expr: Expr,
        axes: tuple[Letter, ...],
        where: tuple[tuple[Expr, Expr], ...],
        sizes: dict[str, Dim],
    ) -> None:
        self.value = value
        self.value_axes = value_axes
        self.expr = expr
        self.axes = axes
        self.where = where
        self.sizes = sizes


def index_form(
    value: Node,
    answer: Node | None = None,
    y_order: int | None = None,
    definitions: Sequence[Definition] = (),
) -> IndexForm:
    """The index form of a value and of its derivative in jacobian axes.

    The axes of the value are i, j, k, ... in reading order, those of the variables p, q, r, ...;
    without an answer `expr` is the value's.  `y_order` is the value's order unless given.  Names of
    definitions stand for what they define, the value itself excepted.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> A, x = graph.variable("A", (n, n)), graph.variable("x", (n,))
    >>> index_form(graph.einsum((A, x), ((0, 1), (1,)), (0,))).axes
    ('i',)
    """
    roots = (value,) if answer is None else (value, answer)
    writer = Writer(roots, definitions)
    y_order = value.order if y_order is None else y_order
    wanted = list(writer.structures[value])
    matching = answer is not None and y_order == value.order
    if answer is not None and matching:
        for axis, structure in enumerate(writer.structures[answer][:y_order]):
            wanted[axis] = wanted[axis] or structure
    value_axes = writer.axes_of(value, tuple(wanted))
    if answer is None:
        expr = writer.write(value, value_axes, whole=True)
        return IndexForm(
            expr, value_axes, expr, value_axes, tuple(writer.where), writer.alphabet.sizes
        )
    used = set(all_letters(value_axes))
    axes = value_axes
    rest = writer.structures[answer][y_order:]
    if not matching:
        used = set()
        axes = writer.axes_of(answer, writer.structures[answer])[:y_order]
        used |= all_letters(axes)
    for dim, structure in zip(answer.dims[y_order:], rest, strict=True):
        # X[p,q] is read forwards, its fused axis (q,p) as well
        axes = (*axes, writer.alphabet.fused(VARIABLE_LETTERS, used, dim, structure))
    written = writer.write(value, value_axes, whole=True)
    return IndexForm(
        written,
        value_axes,
        writer.write(answer, axes),
        axes,
        tuple(writer.where),
        writer.alphabet.sizes,
    )
