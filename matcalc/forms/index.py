"""The index form of a node: every axis has a letter, every contraction is a Σ."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.forms.definitions import Definition
from matcalc.forms.expression import Expr
from matcalc.forms.letters import VARIABLE_LETTERS, Letter, all_letters
from matcalc.forms.survey import Survey
from matcalc.forms.writer import Writer
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Node


class IndexForm:
    """A value and the answer in index notation.

    `expr` is the answer, `value_axes` and `axes` are the letter of each of the axes of the value and
    the answer (jacobian order), a tuple of letters for a fused axis; `where` defines those names that are
    not the user's: a name with its letters, and what it stands for; `sizes` the dimensions of the letters.
    """

    __slots__ = ("_value", "_writer", "axes", "expr", "sizes", "value_axes", "where")

    def __init__(
        self,
        writer: Writer,
        value: Node,
        value_axes: tuple[Letter, ...],
        expr: Expr,
        axes: tuple[Letter, ...],
    ) -> None:
        self._writer = writer
        self._value = value
        self.value_axes = value_axes
        self.expr = expr
        self.axes = axes
        self.where = tuple(writer.where)
        self.sizes: dict[str, Dim] = writer.alphabet.sizes

    @property
    def value(self) -> Expr:
        """The value, written when it is asked for: many an answer is shown without it."""
        return self._writer.write(self._value, self.value_axes, whole=True)


def index_form(
    value: Node,
    answer: Node | None = None,
    y_order: int | None = None,
    definitions: Sequence[Definition] = (),
    survey: Survey | None = None,
) -> IndexForm:
    """The index form of a value and of its derivative in jacobian axes.

    The axes of the value are i, j, k, ... in reading order, those of the variables p, q, r, ...;
    without an answer `expr` is the value's.  `y_order` is the value's order unless given.  Names of
    definitions stand for what they define, the value itself excepted.  `survey`: that of the two,
    where it is there already.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> A, x = graph.variable("A", (n, n)), graph.variable("x", (n,))
    >>> index_form(graph.einsum((A, x), ((0, 1), (1,)), (0,))).axes
    ('i',)
    """
    if survey is None:
        survey = Survey(value) if answer is None else Survey(value, answer)
    writer = Writer(survey, definitions)
    y_order = value.order if y_order is None else y_order
    wanted = writer.structures(value)
    matching = answer is not None and y_order == len(value.dims)
    if answer is not None and matching and survey.fused:
        pairs = zip(wanted, writer.structures(answer)[:y_order], strict=True)
        wanted = tuple([one or two for one, two in pairs])
    value_axes = writer.axes_of(value, wanted)
    if answer is None:
        expr = writer.write(value, value_axes, whole=True)
        return IndexForm(writer, value, value_axes, expr, value_axes)
    axes = value_axes
    if not matching:
        axes = writer.axes_of(answer, writer.structures(answer))[:y_order]
    used = set(all_letters(axes))
    rest = writer.structures(answer)[y_order:]
    for dim, structure in zip(answer.dims[y_order:], rest, strict=True):
        # X[p,q] is read forwards, its fused axis (q,p) as well
        axes = (*axes, writer.alphabet.fused(VARIABLE_LETTERS, used, dim, structure))
    return IndexForm(writer, value, value_axes, writer.write(answer, axes), axes)
