"""The answer against the derivative of the original expression along random directions."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import InternalError, MatcalcError
from matcalc.language.typed import Typed, TypedProblem, Variable
from matcalc.tensor import nodes
from matcalc.tensor.nodes import Node
from matcalc.trust import degree, evaluate_typed
from matcalc.trust.evaluate_graph import Contraction
from matcalc.trust.field import OVERFLOWS
from matcalc.trust.points import DIFFER, Comparison, Verdict, compare
from matcalc.trust.sample import Point
from matcalc.trust.scope import Scope
from matcalc.trust.survey import Survey
from matcalc.trust.tensors import Tensor


class Verification:
    """How an answer was verified, and whether it held.

    `method` is "exact" or "numeric"; `error_probability` bounds the chance that a wrong answer
    passes the exact test; `tolerance` and `max_error` are relative ones of the numeric test.
    `sizes` are the assignments of dimension names that were tried; `reason` says why it failed.
    """

    __slots__ = (
        "_error_probability",
        "max_error",
        "method",
        "ok",
        "reason",
        "sizes",
        "tolerance",
    )

    def __init__(
        self,
        method: str,
        ok: bool,
        error_probability: float | Callable[[], float] | None,
        tolerance: float | None,
        max_error: float | None,
        sizes: tuple[dict[str, int], ...],
        reason: str | None,
    ) -> None:
        self.method = method
        self.ok = ok
        self._error_probability = error_probability
        self.tolerance = tolerance
        self.max_error = max_error
        self.sizes = sizes
        self.reason = reason

    @property
    def error_probability(self) -> float | None:
        """Found out when it is asked for: that takes a walk through both expressions."""
        if callable(self._error_probability):
            self._error_probability = self._error_probability()
        return self._error_probability

    @property
    def differs(self) -> bool:
        """Whether values were compared and found different, which proves the answer wrong."""
        return not self.ok and self.reason == DIFFER

    @property
    def overflows(self) -> bool:
        """Whether it failed because the values are too large."""
        return not self.ok and self.reason == OVERFLOWS

    def to_dict(self) -> dict[str, object]:
        """The `verified` object of the JSON output.

        >>> Verification("exact", True, 1e-17, None, None, (), None).to_dict()
        {'method': 'exact', 'ok': True, 'error_probability': 1e-17}
        """
        if self.method == "exact":
            return {
                "method": self.method,
                "ok": self.ok,
                "error_probability": self.error_probability,
            }
        return {
            "method": self.method,
            "ok": self.ok,
            "tolerance": self.tolerance,
            "max_error": self.max_error,
        }

    def __repr__(self) -> str:
        return f"Verification({self.to_dict()}, {self.reason})"


class _Derivative(Comparison):
    """∂ʳ value along E₁ … E_r, from jets, and the answer contracted with E₁⊗…⊗E_r."""

    def __init__(
        self,
        problem: TypedProblem,
        value: Typed,
        wrt: tuple[Variable, ...],
        answer: Node,
        structure: str,
    ) -> None:
        self.value = value
        self.wrt = wrt
        self.structure = structure
        self.functions = frozenset(problem.functions)
        self.rigid = problem.rigid
        self.survey = survey = Survey()
        self.typed = survey.add_typed(value)
        self.nodes = survey.add_graph(answer)
        for variable in wrt:
            survey.add_dims(variable.dims)
        # where nothing is nested, the order of the survey is that of evaluation
        self.walks: dict[object, object] = {} if survey.nested else {value: self.typed}
        # a scalar by which the derivative is taken is no integer
        self.integers = frozenset(survey.integers - {variable.name for variable in wrt})
        self.dims = answer.dims
        self.answer = Contraction(answer, len(value.dims), [len(v.dims) for v in wrt])
        self.differentials: list[nodes.Variable] = []
        if survey.differentials:
            self.differentials = [n for n in self.nodes if isinstance(n, nodes.Variable)]

    def both(self, point: Point) -> tuple[Tensor, Tensor]:
        for node in self.differentials:
            # dX has the structure that the answer says
            if not node.operands:
                point.variable(node.name, node.dims, node.attributes)
        tensors = [
            point.draw(f"{variable.name}:{place}", point.shape(variable.dims))
            for place, variable in enumerate(self.wrt)
        ]
        # from the last derivative to the first: where a convention depends on the point, the
        # direction of an inner derivative moves with it
        scope = Scope(point, None, len(self.wrt), None, self.structure)
        for place in range(len(self.wrt) - 1, -1, -1):
            scope = scope.derivative(self.wrt[place], tensors[place], 1 << place)
        value = evaluate_typed.evaluate(self.value, point, scope)
        part = value.parts.get((1 << len(self.wrt)) - 1)
        if part is None:
            part = [point.field.number(0)] * len(value.parts[0])
        return Tensor(value.shape, {0: part}), self.answer.at(point, tensors, {})

    def error_probability(self, point: Point) -> float:
        order = len(self.wrt)
        one = degree.derivative(degree.of_typed(self.typed, point), order)
        n, d = degree.of_graph(self.nodes, point)
        return degree.error_probability(one, (n + order, d), point.field.prime)


def verify(
    problem: TypedProblem,
    value: Typed,
    wrt: tuple[Variable, ...],
    answer: Node,
    seed: int,
    structure: str = "ignore",
) -> Verification:
    """Whether the answer is the derivative of the value by the variables, in jacobian axes.

    `structure` is the convention of derivatives by structured variables that the answer is in, one
    of "projected", "entries" and "ignore" (free entries).  An answer that fails has `ok` False;
    MatcalcError("limit") where even the smallest sizes are too much work.

    >>> from matcalc.language.dimensions import Dim
    >>> n, graph = Dim.named("n"), nodes.Graph()
    >>> x = Variable("x", (n,))
    >>> leaf = Typed("variable", (), x, (n,))
    >>> square = Typed("matmul", (leaf, leaf), "inner", ())
    >>> problem = TypedProblem(square, None, (x,), (), {}, ("n",), False)
    >>> answer = graph.add((2,), (graph.variable("x", (n,)),), (n,))
    >>> verify(problem, square, (x,), answer, 1).ok
    True
    """
    if len(value.dims) + sum(len(v.dims) for v in wrt) != len(answer.dims):
        raise InternalError("the answer has other axes than the derivative")
    comparison = _Derivative(problem, value, wrt, answer, structure)
    verdict = compare(comparison, seed)
    if verdict.too_large:
        raise MatcalcError("limit", "too large to verify", at=value.syntax)
    return _verification(verdict)


def _verification(verdict: Verdict) -> Verification:
    return Verification(
        verdict.method,
        verdict.ok,
        verdict.error_probability or (0.0 if verdict.method == "exact" else None),
        verdict.tolerance,
        verdict.max_error,
        tuple(verdict.sizes),
        verdict.reason,
    )
