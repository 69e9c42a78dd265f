"""Claims: whether EXPRESSION == CLAIM holds, and by which test that was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim, shape_text
from matcalc.language.layouts import arranged_dims, is_row
from matcalc.language.typed import postorder
from matcalc.tensor.layout import matrix
from matcalc.trust.compare import comparison

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.language.typed import Typed
    from matcalc.tensor.nodes import Node

CANONICAL = "canonical"


class Verdict:
    """What became of one claim: `status` is ok or wrong, `method` how that is known.

    `answer` is the right answer as text, `latex_answer` as LaTeX, `shape` its dimensions, `diagnosis` what is wrong with the
    claim, or None; `corrected` a right claim near it, where one was found.
    """

    __slots__ = (
        "answer",
        "claim",
        "corrected",
        "diagnosis",
        "input",
        "latex_answer",
        "line",
        "method",
        "shape",
        "status",
    )

    def __init__(
        self,
        *,
        status: str,
        line: int,
        text: str,
        claim: str,
        answer: str,
        shape: tuple[int | str, ...],
        diagnosis: str | None,
        method: str,
        corrected: str | None = None,
        latex_answer: str = "",
    ) -> None:
        self.corrected = corrected
        self.latex_answer = latex_answer
        self.status = status
        self.line = line
        self.input = text
        self.claim = claim
        self.answer = answer
        self.shape = shape
        self.diagnosis = diagnosis
        self.method = method

    def to_dict(self) -> dict[str, object]:
        """The object of `check --format json`."""
        return {
            "status": self.status,
            "line": self.line,
            "input": self.input,
            "claim": self.claim,
            "answer": self.answer,
            "latex_answer": self.latex_answer,
            "shape": list(self.shape),
            "diagnosis": self.diagnosis,
            "method": self.method,
        }


class Test:
    """The outcome of comparing a claim with the answer; `reason` says why it is wrong, if that is plain."""

    __slots__ = ("method", "ok", "reason")

    def __init__(self, ok: bool, method: str, reason: str | None = None) -> None:
        self.ok = ok
        self.method = method
        self.reason = reason


def compared(found: Derivation, claim: Typed, node: Node, seed: int) -> Test:
    """The claim, lowered to `node` in the layout, against the answer.

    The same canonical form holds for all sizes; else the values are compared at random points,
    exactly where they are rational.  MatcalcError("limit" or "unsupported") where no values can be had.
    """
    expected = found.arranged
    if claim.op == "derivative" and found.layout == "vec":
        # what is no derivative is held against one
        expected = matrix(found.builder, expected, found.typed.expression.row)
    misfit = _misfit(found, claim, node.dims, expected.dims)
    if misfit is not None:
        return Test(False, CANONICAL, misfit)
    if node is expected:
        return Test(True, CANONICAL)
    node, expected = _along_orthogonal(found, claim, node, expected)
    if node is expected:
        return Test(True, CANONICAL)
    verdict = comparison(node, expected, seed, frozenset(found.typed.functions), found.typed.rigid)
    if not verdict.ok and verdict.point is None:
        kind = "limit" if verdict.too_large else "unsupported"
        reason = verdict.reason or "no point within its domain was found"
        raise MatcalcError(kind, f"the claim cannot be compared: {reason}", at=claim.syntax)
    return Test(verdict.ok, verdict.method)


def _along_orthogonal(
    found: Derivation, claim: Typed, node: Node, expected: Node
) -> tuple[Node, Node]:
    """Both with dQ = Q·(a skew matrix) where D moves an orthogonal Q, which stays orthogonal then."""
    moved = [v for v in found.typed.variables if "orthogonal" in v.attributes]
    below = postorder(found.typed.expression, claim) if moved else ()
    if not any(part.op == "differential" for part in below):
        return node, expected
    from matcalc.tensor.lower import lower_variable
    from matcalc.tensor.substitute import substitute

    builder = found.builder
    replaced: dict[Node, Node] = {}
    for v in moved:
        skew = builder.variable(f"skew d{v.name}", v.dims, ("skew",))
        change = builder.variable(f"d{v.name}", v.dims)
        path = builder.contract([(lower_variable(builder, v), (0, 1)), (skew, (1, 2))], (0, 2))
        replaced[change] = path
    return substitute(builder, node, replaced), substitute(builder, expected, replaced)


def _misfit(
    found: Derivation, claim: Typed, dims: tuple[Dim, ...], wanted: tuple[Dim, ...]
) -> str | None:
    """What is wrong with the shape of the claim, if anything is."""
    lies, row = found.lies, bool(is_row(claim, found.layout))
    given = arranged_dims(claim, found.layout)
    if not same_dims(dims, wanted):
        return (
            f"the claim is {_described(given, row)}, the answer is {_described(wanted, bool(lies))}"
        )
    if lies is not None and len(given) == 1 and row != lies:
        kinds = ("a row", "a column") if row else ("a column", "a row")
        return f"the claim is {kinds[0]}; in {found.layout} layout the answer is {kinds[1]}: transpose it"
    return None


def same_dims(one: tuple[Dim, ...], two: tuple[Dim, ...]) -> bool:
    """Equal dims, literal sizes by their values."""
    return len(one) == len(two) and all(
        a == b or (a.value is not None and a.value == b.value)
        for a, b in zip(one, two, strict=True)
    )


def _described(dims: tuple[Dim, ...], row: bool) -> str:
    text = shape_text(dims)
    if len(dims) == 1:
        return f"a {'row' if row else 'vector'} of length {text}"
    return text if dims else "a scalar"
