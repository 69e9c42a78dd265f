"""Expressions from index notation into matrix notation and back, each read back and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from matcalc.answer_forms import reads_back
from matcalc.errors import InternalError, MatcalcError
from matcalc.forms.index import index_form
from matcalc.forms.matrix import matrix_form
from matcalc.forms.sharing import length
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Declaration, LayoutStatement, Let, Problem
from matcalc.language.typed import fold_literals, postorder
from matcalc.printers.notation import to_notation
from matcalc.printers.text import to_text
from matcalc.tensor.lower import lower
from matcalc.tensor.simplify import Builder

if TYPE_CHECKING:
    from matcalc.language.typed import Typed
    from matcalc.tensor.nodes import Node

LONGEST = 20_000
"""Parts of an expression written out; what is read back and compared is as long."""


class Rewritten:
    """An expression in the other notation; `shape` are its dimensions, numbers and names."""

    __slots__ = ("input", "output", "shape")

    def __init__(self, text: str, output: str, shape: tuple[int | str, ...]) -> None:
        self.input = text
        self.output = output
        self.shape = shape

    def to_dict(self) -> dict[str, object]:
        """The object of `--format json`."""
        return {
            "input": self.input,
            "status": "ok",
            "output": self.output,
            "shape": list(self.shape),
        }


class NotationSession:
    """Reads lines as `api.Session` does; `fold` says which way.

    >>> NotationSession(fold=True).read("(sum[j](A[i,j]*B[k,j]))[i,k]").output
    "A @ B'"
    >>> NotationSession(fold=False).read("A @ B'").output
    '(sum[j](A[i,j]*B[k,j]))[i,k]'
    """

    __slots__ = ("_fold", "_lets")

    def __init__(self, fold: bool) -> None:
        self._fold = fold
        self._lets: tuple[Declaration, ...] = ()

    def read(self, text: str, line: int = 1) -> Rewritten | None:
        """A line's expression in the other notation; None for a blank line, a comment or a statement.

        MatcalcError("unsupported") where the other notation has no expression for it.
        """
        statement = parse_line(text, line)
        match statement:
            case None | LayoutStatement():
                return None
            case Let():
                self._lets = (*self._lets, *statement.declarations)
                return None
            case Problem():
                return self._rewritten(statement)

    def _rewritten(self, problem: Problem) -> Rewritten:
        typed = infer(problem, self._lets)
        if typed.rigid:
            fold_literals(typed)
        for part in postorder(typed.expression):
            if part.op in ("derivative", "differential"):
                raise MatcalcError(
                    "unsupported",
                    "a derivative is not rewritten, but derived",
                    at=part.syntax,
                    hint="matcalc derive shows it in both notations",
                )
        builder = Builder()
        node = lower(builder, typed.expression)
        try:
            make = _matrix if self._fold else _indices
            output = make(node, typed.expression)
        except MatcalcError as error:
            raise MatcalcError(
                error.kind, error.message, problem.expression, hint=error.hint
            ) from None
        seed = crc32(problem.source.text.encode("utf-8", "surrogatepass"))
        if not reads_back(output, typed, {}, builder, node, "projected", seed):
            raise InternalError(
                "the rewritten expression failed its comparison, so it is not shown"
            )
        dims = tuple(dim.value if dim.value is not None else str(dim) for dim in node.dims)
        return Rewritten(problem.source.text.strip(), output, dims)


def _matrix(node: Node, typed: Typed) -> str:
    expr = matrix_form(node, typed.row) if node.order <= 2 else None
    if expr is None:
        axes = f"it has {node.order} axes" if node.order > 2 else "none was found"
        message = f"there is no matrix form with two indices: {axes}"
        raise MatcalcError("unsupported", message, hint="matcalc expand shows its index form")
    return to_text(expr)


def _indices(node: Node, typed: Typed) -> str:
    if length(node) > LONGEST:
        message = f"written out in indices it has more than {LONGEST} parts"
        raise MatcalcError("limit", message, hint="matcalc derive gives names to what is shared")
    form = index_form(node)
    return to_notation(form.expr, form.axes, form.sizes)
