"""The answer against the derivative of the original expression along random directions."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import InternalError, MatcalcError
from matcalc.language.typed import Typed, TypedProblem, Variable
from matcalc.tensor.nodes import Node
from matcalc.trust import degree, evaluate_typed
from matcalc.trust.evaluate_graph import Contraction
from matcalc.trust.field import OVERFLOWS
from matcalc.trust.nested import change, evaluated, varying
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

    # fewer than for claims: pieces come together by rules alone here, which are tested
    points_of_kinks, points_of_roots = 6, 4

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
        self.directions = [f"{variable.name}:{place}" for place, variable in enumerate(wrt)]
        self.top = (1 << len(wrt)) - 1
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
        self.varying: list[Variable] = []
        if survey.differentials:
            self.varying = varying(self.typed)

    def both(self, point: Point) -> tuple[Tensor, Tensor]:
        for variable in self.varying:
            # before a dX that is declared without the structure of X is asked for
            change(variable, point)
        tensors = []
        for name, variable in zip(self.directions, self.wrt, strict=True):
            tensors.append(point.draw(name, point.shape(variable.dims)))
        value = evaluate_typed.evaluate(self.value, point, self._along(point, tensors))
        part = value.parts.get(self.top)
        if part is None:
            part = [point.field.number(0)] * len(value.parts[0])
        return Tensor(value.shape, {0: part}), self.answer.at(point, tensors, {})

    def _along(self, point: Point, tensors: list[Tensor]) -> Scope:
        """The scope where each variable moves along its direction."""
        order = len(self.wrt)
        if order == 1 and not self.wrt[0].attributes:
            directions = {self.wrt[0].name: {1: tensors[0].parts[0]}}
            return Scope(point, directions, 1, self.structure)
        # from the last derivative to the first: where a convention depends on the point, the
        # direction of an inner derivative moves with it
        scope = Scope(point, None, order, self.structure)
        for place in range(order - 1, -1, -1):
            scope = scope.derivative(self.wrt[place], tensors[place], 1 << place)
        return scope

    def error_probability(self, point: Point) -> float:
        order = len(self.wrt)
        typed = evaluated(self.typed, point) if self.survey.nested else self.typed
        one = degree.derivative(degree.of_typed(typed, point), order)
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
    >>> from matcalc.tensor.nodes import Graph
    >>> n, graph = Dim.named("n"), Graph()
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
