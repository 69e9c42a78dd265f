"""What a derivation gives: the answer with its forms, its dimensions and how it was verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcalc.check import Verdict
    from matcalc.language.typed import TypedProblem
    from matcalc.tensor.nodes import Node


class Result:
    """An answer; every field is text or plain data, made when the problem was derived.

    `matrix` is the answer in matrix notation where that has two axes at most; `kronecker`, of an answer
    of three axes and more, the matrix ∂vec(Y)/∂vec(X); each None where none was found.
    `definitions` are those of the problem, whose names stand in the forms.
    `shape` holds numbers and names; `axes` the letters of the result's axes in its layout;
    `verified` is {"method", "ok", ...}.

    >>> import matcalc
    >>> result = matcalc.derive("d(x'@A@x)/dx where A: n x n, x: n")
    >>> result.matrix, result.shape, result.verified["ok"]
    ("(A + A') @ x", ('n',), True)
    >>> result.evaluate(A=[[1, 2], [3, 4]], x=[1, 0]).tolist()
    [2.0, 5.0]
    """

    __slots__ = (
        "_codes",
        "_derivative",
        "_module",
        "_problem",
        "_value",
        "axes",
        "claim",
        "conditions",
        "declared",
        "definitions",
        "index",
        "inferred",
        "input",
        "kronecker",
        "latex_index",
        "latex_kronecker",
        "latex_matrix",
        "layout",
        "matrix",
        "notes",
        "order",
        "shape",
        "structure",
        "value_index",
        "verified",
        "wrt",
    )

    def __init__(
        self,
        *,
        text: str,
        layout: str,
        structure: str,
        order: int,
        wrt: tuple[str, ...],
        shape: tuple[int | str, ...],
        axes: tuple[str, ...],
        index: str,
        matrix: str | None,
        latex_index: str,
        latex_matrix: str | None,
        kronecker: str | None,
        latex_kronecker: str | None,
        value_index: str | None,
        verified: Mapping[str, object],
        conditions: tuple[str, ...],
        notes: tuple[str, ...],
        declared: tuple[str, ...],
        inferred: tuple[str, ...],
        definitions: tuple[str, ...],
        problem: TypedProblem,
        value: Node | None,
        derivative: Node,
    ) -> None:
        self.input = text
        self.layout = layout
        self.structure = structure
        self.order = order
        self.wrt = wrt
        self.shape = shape
        self.axes = axes
        self.index = index
        self.matrix = matrix
        self.latex_index = latex_index
        self.latex_matrix = latex_matrix
        self.kronecker = kronecker
        self.latex_kronecker = latex_kronecker
        self.value_index = value_index
        self.verified = dict(verified)
        self.conditions = conditions
        self.notes = notes
        self.declared = declared
        self.inferred = inferred
        self.definitions = definitions
        self.claim: Verdict | None = None
        """The verdict on the problem's claim, if it holds one."""
        self._problem = problem
        self._value = value
        self._derivative = derivative
        self._codes: dict[str, str] = {}
        self._module: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, object]:
        """The object of `--format json`."""
        claim = {} if self.claim is None else {"claim": self.claim.to_dict()}
        return {
            "input": self.input,
            "status": "ok",
            "wrt": list(self.wrt),
            "order": self.order,
            "layout": self.layout,
            "shape": list(self.shape),
            "index": self.index,
            "axes": list(self.axes),
            "matrix": self.matrix,
            "latex_index": self.latex_index,
            "latex_matrix": self.latex_matrix,
            "kronecker": self.kronecker,
            "latex_kronecker": self.latex_kronecker,
            "verified": self.verified,
            "structure": self.structure,
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "declared": list(self.declared),
            "inferred": list(self.inferred),
            "definitions": list(self.definitions),
            **claim,
        }

    def code(self, target: str = "numpy") -> str:
        """A module that stands on its own, with `value` and `derivative`, for this target.

        MatcalcError("unsupported") for a target or an expression that has no code.
        """
        known = self._codes.get(target)
        if known is None:
            from matcalc.emit.module import emit

            known = self._codes[target] = emit(
                self._value,
                self._derivative,
                self._problem.variables,
                expression=self.input,
                layout=self.layout,
                shape=tuple(map(str, self.shape)),
                verified=str(self.verified.get("method")),
                conditions=self.conditions,
                target=target,
                functions=self._problem.functions,
                sizes=self._problem.sizes,
            )
        return known

    def evaluate(self, /, **tensors: Any) -> Any:
        """The answer at these tensors, an array with its axes in the layout.

        Tensors by name, as arrays or nested lists; the derivative of a declared dependence A(X) is
        `dA_dX`, in jacobian axes.  ValueError where sizes do not agree, TypeError where one is missing.
        """
        from matcalc.emit.run import compile_module, evaluate

        if self._module is None:
            self._module = compile_module(self.code("numpy"))
        return evaluate(self._module, tensors)
