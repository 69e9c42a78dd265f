"""The stages chained: text → syntax → types → graph → derivative → forms, verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast
from zlib import crc32

from matcalc.derivation import Derivation
from matcalc.errors import InternalError, MatcalcError
from matcalc.language.infer import infer
from matcalc.language.layouts import LAYOUTS, peeled
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Declaration, LayoutStatement, Let, Line, Problem, Word
from matcalc.language.typed import fold_literals, postorder
from matcalc.present import Shown, differentials, expanded, placed, present, shown
from matcalc.result import Result
from matcalc.tensor.layout import arrange, matrix
from matcalc.tensor.lowering import Lowering
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder
from matcalc.tensor.structure import STRUCTURES
from matcalc.trust.verify import verify

if TYPE_CHECKING:
    from matcalc.check import Verdict
    from matcalc.language.typed import Typed, TypedProblem, Variable
    from matcalc.trust.verify import Verification

T = TypeVar("T")

__all__ = ["LAYOUTS", "STRUCTURES", "Session", "derive"]


def derive(
    text: str,
    layout: str = "jacobian",
    structure: str = "projected",
    at: Mapping[str, int] | None = None,
) -> Result:
    """The derivative that one line of text asks for, verified.

    `at` are sizes for its dimensions, which the cost and the order of products in code are for.
    MatcalcError for a fault in the text, with its place; ValueError for an unknown layout.

    >>> derive("d(A@x)/dx", layout="denominator").matrix
    "A'"
    """
    session = Session(layout, structure)
    session.at = at
    result = session.read(text)
    if result is None:
        raise MatcalcError(
            "syntax",
            "there is no expression here",
        )
    return result


class Session:
    """What holds from line to line: the layout, and the declarations of `let`.

    >>> session = Session()
    >>> session.read("let A: m x n") is None
    True
    >>> session.read("d(tr(A'@A))/dA").matrix
    '2*A'
    """

    __slots__ = ("_lets", "at", "layout", "structure")

    def __init__(self, layout: str = "jacobian", structure: str = "projected") -> None:
        _known("layout", layout, LAYOUTS)
        _known("structure", structure, STRUCTURES)
        self.layout = layout
        self.structure = structure
        self.at: Mapping[str, int] | None = None
        """Sizes of the dimensions, where the cost and the code are wanted for certain ones."""
        self._lets: tuple[Declaration, ...] = ()

    def check(self, text: str, line: int = 1) -> Verdict | None:
        """The verdict on a line's claim; None for a blank line, a comment or a statement.

        MatcalcError as of `read`, and for a problem that claims nothing.

        >>> Session().check("d(x'@x)/dx == x").diagnosis
        'a factor 2 is missing: 2*x'
        """
        statement = parse_line(text, line)
        if isinstance(statement, Problem) and statement.claim is None:
            whole = Word("", statement.source, statement.expression.start, statement.expression.end)
            raise MatcalcError(
                "syntax", "there is no claim here", at=whole, hint="a claim is EXPRESSION == CLAIM"
            )
        return self._answered(statement, _claimed)

    def read(self, text: str, line: int = 1) -> Result | None:
        """The answer to a line; None for a blank line, a comment or a statement."""
        result = self._answered(parse_line(text, line), _derived)
        if result is not None and self.at is not None:
            result.take_sizes(self.at)
        return result

    def _answered(
        self,
        statement: Line | None,
        answer: Callable[[Problem, tuple[Declaration, ...], str, str], T],
    ) -> T | None:
        match statement:
            case None:
                return None
            case Let():
                self._lets = (*self._lets, *statement.declarations)
                return None
            case LayoutStatement():
                name = statement.name
                if name.text not in LAYOUTS:
                    raise MatcalcError("name", f"there is no layout {name.text!r}", at=name, hint="one of: " + ", ".join(LAYOUTS))  # fmt: skip
                self.layout = name.text
                return None
            case Problem():
                return answer(statement, self._lets, self.layout, self.structure)


def _derived(
    problem: Problem, lets: tuple[Declaration, ...], layout: str, structure: str
) -> Result:
    found, verification, seed = _verified(problem, lets, layout, structure)
    result = present(found, verification, seed)
    if problem.claim is not None:
        told = Shown.of(result)
        result.claim = _checked(found, lambda _: told, seed)
    return result


def _claimed(
    problem: Problem, lets: tuple[Declaration, ...], layout: str, structure: str
) -> Verdict:
    found, _, seed = _verified(problem, lets, layout, structure)
    return _checked(found, lambda right: shown(found, seed, right), seed)


def _verified(
    problem: Problem, lets: tuple[Declaration, ...], layout: str, structure: str
) -> tuple[Derivation, Verification, int]:
    """The derivation, how it was verified, and the seed of its random numbers."""
    found = _derivation(problem, lets, layout, structure)
    seed = crc32(problem.source.text.encode("utf-8", "surrogatepass"))
    verification = verify(found.typed, found.value, found.wrt, found.answer, seed, structure)
    if verification.differs:
        raise InternalError("the derivative failed its verification, so it is not shown")
    if not verification.ok:
        reason = verification.reason or "no point within its domain was found"
        message = f"the derivative cannot be verified, so it is not shown: {reason}"
        kind = "limit" if verification.overflows else "unsupported"
        raise MatcalcError(kind, message, at=problem.expression)
    return found, verification, seed


def _derivation(
    problem: Problem, lets: tuple[Declaration, ...], layout: str, structure: str
) -> Derivation:
    typed, misfit = _typed(problem, lets, layout)
    if typed.rigid:
        fold_literals(typed)
    value, wrt = peeled(typed.expression)
    builder = Builder()
    try:
        value_node, answer = _differentiated(builder, value, wrt, structure)
    except MatcalcError as error:
        raise placed(error, typed) from None
    x_orders = tuple(len(variable.dims) for variable in wrt)
    arranged = arrange(builder, answer, len(value.dims), x_orders, layout)
    found = Derivation(
        problem, lets, typed, value, wrt, builder, value_node, answer, arranged, layout, structure,
        misfit,
    )  # fmt: skip
    typed.variables += differentials(found)
    return found


def _typed(
    problem: Problem, lets: tuple[Declaration, ...], layout: str
) -> tuple[TypedProblem, MatcalcError | None]:
    """The problem, inferred; without its claim where that does not conform, and why."""
    try:
        return infer(problem, lets, layout), None
    except MatcalcError as error:
        claim = problem.claim
        if claim is None or error.kind != "shape" or error.start is None:
            raise
        if error.source is not claim.source or not claim.start <= error.start < claim.end:
            raise
        alone = Problem(problem.source, problem.expression, None, problem.declarations)
        return infer(alone, lets, layout), error


def _checked(found: Derivation, show: Callable[[str | None], Shown], seed: int) -> Verdict:
    def lowered(claim: Typed) -> Node:
        """In the layout, as the answer: its outermost chain of derivatives, else what is a matrix there."""
        value, wrt = peeled(claim)
        _, node = _differentiated(found.builder, value, wrt, found.structure)
        if wrt:
            x_orders = tuple([len(variable.dims) for variable in wrt])
            return arrange(found.builder, node, len(value.dims), x_orders, found.layout)
        return (
            matrix(found.builder, node, claim.row) if found.layout == "vec" and found.wrt else node
        )

    def rederived(structure: str) -> Node:
        _, answer = _differentiated(found.builder, found.value, found.wrt, structure)
        return arrange(found.builder, answer, found.y_order, found.x_orders, found.layout)

    from matcalc.diagnose.verdict import verdict

    try:
        return verdict(found, show, lambda: expanded(found, seed), lowered, rederived, seed)
    except MatcalcError as error:
        raise placed(error, found.typed) from None


def _differentiated(
    builder: Builder, value: Typed, wrt: tuple[Variable, ...], structure: str
) -> tuple[Node, Node]:
    """The value, or the innermost differentiated expression of what holds derivatives; the answer."""
    inner = [node for node in postorder(value) if node.op in _NESTED]
    by = wrt
    if inner:
        moved = [node for node in inner if node.op == "differential"]
        inner = [node for node in inner if node.op == "derivative"]
        by = (*wrt, *(cast("Variable", node.data) for node in inner), *_off_their_space(moved))
    lowering = Lowering(builder, by, structure)
    (value_node,) = lowering.lowered([value])
    answer = value_node
    for variable in wrt:
        answer = lowering.differentiated(answer, variable)
    if inner and not wrt:
        (value_node,) = lowering.lowered(inner[0].children)
    return lowering.restored(value_node), lowering.restored(answer)


def _off_their_space(moved: Sequence[Typed]) -> list[Variable]:
    """The orthogonal variables in these D(F): dQ is any tensor, so that inv(Q) is not Q' there."""
    found = [cast("Variable", node.data) for node in postorder(*moved) if node.op == "variable"]
    return [variable for variable in found if "orthogonal" in variable.attributes]


_NESTED = frozenset(("derivative", "differential"))


def _known(kind: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"there is no {kind} {given!r}; one of: {', '.join(known)}")
