"""What a derivation gives: the answer with its forms, its dimensions and how it was verified."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.check import Verdict
    from matcalc.emit.run import Program
    from matcalc.language.typed import TypedProblem
    from matcalc.printers.formula import Formula
    from matcalc.tensor.nodes import Node


class Result:
    """An answer; every field is text or plain data, made when the problem was derived or first asked for.

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
        "_at",
        "_codes",
        "_cost",
        "_derivative",
        "_problem",
        "_program",
        "_value",
        "_value_form",
        "_write_value",
        "axes",
        "claim",
        "conditions",
        "declared",
        "definitions",
        "index_form",
        "inferred",
        "input",
        "kronecker_form",
        "latex_index",
        "latex_kronecker",
        "latex_matrix",
        "layout",
        "matrix_form",
        "notes",
        "order",
        "shape",
        "structure",
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
        index: Formula,
        matrix: Formula | None,
        latex_index: str,
        latex_matrix: str | None,
        kronecker: Formula | None,
        latex_kronecker: str | None,
        value: Callable[[], Formula] | None,
        verified: Mapping[str, object],
        conditions: tuple[str, ...],
        notes: tuple[str, ...],
        declared: tuple[str, ...],
        inferred: tuple[str, ...],
        definitions: tuple[str, ...],
        problem: TypedProblem,
        value_node: Node | None,
        derivative: Node,
    ) -> None:
        self.input = text
        self.layout = layout
        self.structure = structure
        self.order = order
        self.wrt = wrt
        self.shape = shape
        self.axes = axes
        self.index_form = index
        self.matrix_form = matrix
        self.latex_index = latex_index
        self.latex_matrix = latex_matrix
        self.kronecker_form = kronecker
        self.latex_kronecker = latex_kronecker
        self._write_value = value
        self._value_form: Formula | None = None
        self.verified = dict(verified)
        self.conditions = conditions
        self.notes = notes
        self.declared = declared
        self.inferred = inferred
        self.definitions = definitions
        self.claim: Verdict | None = None
        """The verdict on the problem's claim, if it holds one."""
        self._problem = problem
        self._value = value_node
        self._derivative = derivative
        self._at: dict[str, int] | None = None
        """Sizes of the dimensions, where the cost and the code are wanted for certain ones."""
        self._codes: dict[tuple[str, bool, bool], str] = {}
        self._cost: list[dict[str, object] | None] = []
        self._program: Program | None = None

    @property
    def index(self) -> str:
        """The index form, with the definitions of those names in it that are not the user's."""
        return self.index_form.text

    @property
    def matrix(self) -> str | None:
        return None if self.matrix_form is None else self.matrix_form.text

    @property
    def kronecker(self) -> str | None:
        return None if self.kronecker_form is None else self.kronecker_form.text

    @property
    def value_form(self) -> Formula | None:
        """What is differentiated, with its head; written when it is asked for."""
        if self._value_form is None and self._write_value is not None:
            self._value_form = self._write_value()
        return self._value_form

    @property
    def value_index(self) -> str | None:
        """The index form of what is differentiated, with its head: `C[i,k] = Σⱼ A[i,j]·B[j,k]`."""
        return None if self.value_form is None else self.value_form.text

    def to_dict(self) -> dict[str, object]:
        """The object of `--format json`."""
        claim = {} if self.claim is None else {"claim": self.claim.to_dict()}
        cost = self.cost  # first, as there may be a note on it
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
            "cost": cost,
            **claim,
        }

    def take_sizes(self, at: Mapping[str, int]) -> None:
        """Let cost and code be for these sizes: one for each dimension that has a name.

        MatcalcError("name") for a name that is no dimension, and for a dimension without a size.
        """
        known = self._problem.sizes
        listed = (
            f"its dimensions are {', '.join(known)}" if known else "its dimensions have no names"
        )
        for name in at:
            if name not in known:
                from matcalc.language.suggest import did_you_mean

                near = did_you_mean(name, known)
                hint = listed if near is None else f"{near} {listed}"
                raise MatcalcError("name", f"the problem has no dimension {name}", hint=hint)
        missing = [name for name in known if name not in at]
        if missing:
            raise MatcalcError(
                "name",
                f"there is no size for {' and '.join(missing)}",
                hint="give all or none: m=3,n=4",
            )
        self._at = {name: at[name] for name in known}
        self._cost.clear()
        self._codes.clear()
        self._program = None

    @property
    def cost(self) -> dict[str, object] | None:
        """What the NumPy code of the answer costs; None where there is no code, and for an answer
        of more than a hundred nodes unless sizes are given.

        `flops` is a polynomial in the dimensions, `largest` the number of entries of the largest
        array that is made; with sizes (`at` of `derive`) `flops_at` and `largest_at` are numbers.

        >>> import matcalc
        >>> matcalc.derive("d(x'@A@x)/dx", at={"n": 100}).cost["flops_at"]
        40100
        """
        if not self._cost:
            self._cost.append(self._counted())
        return self._cost[0]

    def _counted(self) -> dict[str, object] | None:
        """The cost; where counting it fails by a fault of ours, None, and a note that says so.

        The answer is verified, and no less right where its code cannot be planned.  With
        MATCALC_DEBUG set, the fault is raised as it is.
        """
        from matcalc.emit.cost import cost_of

        try:
            found = cost_of(self._derivative, self._problem.functions, self._at)
            return None if found is None else found.to_dict(self._at)
        except MatcalcError as error:
            if error.kind in ("limit", "unsupported"):
                return None
            fault: Exception = error
        except Exception as error:
            fault = error
        if os.environ.get("MATCALC_DEBUG"):
            raise fault
        what = f"{type(fault).__name__}: {fault}".removesuffix(": ")
        note = f"no cost, by a fault in matcalc that leaves the answer as it is: {what}"
        self.notes = tuple(dict.fromkeys((*self.notes, note)))
        return None

    def code(
        self, target: str = "numpy", *, compressed: bool = False, self_test: bool = False
    ) -> str:
        """A module with `value` and `derivative` that stands on its own, for `numpy`, `jax` or `torch`.

        `value_and_derivative` in it is the pair of the two, computed together.  `compressed`: the
        derivative is an object with `factors`, `matvec(direction)` and `dense()`.  `self_test`: run
        as a program, the module compares the derivative with finite differences of the value.
        MatcalcError("unsupported") for a target or an expression that has no code.
        """
        key = (target, compressed, self_test)
        known = self._codes.get(key)
        if known is None:
            from matcalc.emit.module import emit

            variables = {variable.name: variable for variable in self._problem.variables}
            known = self._codes[key] = emit(
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
                at=self._at,
                wrt=tuple(variables[name] for name in self.wrt),
                structure=self.structure,
                compressed=compressed,
                self_test=self_test,
            )
        return known

    def evaluate(self, /, **tensors: Any) -> Any:
        """The answer at these tensors, an array with its axes in the layout.

        Tensors by name, as arrays or nested lists; the derivative of a declared dependence A(X) is
        `dA_dX`, in jacobian axes.  The code is compiled once, and kept.  ValueError where sizes do
        not agree, TypeError where one is missing.
        """
        if self._program is None:
            from matcalc.emit.run import Program

            self._program = Program(self.code("numpy"))
        return self._program.evaluate(tensors)

    def value_and_derivative(self, /, **tensors: Any) -> tuple[Any, Any]:
        """What is differentiated, and the answer, at these tensors: computed together.

        Tensors and errors as of `evaluate`; ValueError for a problem that has no derivative.

        >>> import matcalc
        >>> value, gradient = matcalc.derive("d(x'@x)/dx").value_and_derivative(x=[3, 4])
        >>> float(value), gradient.tolist()
        (25.0, [6.0, 8.0])
        """
        if self._program is None:
            from matcalc.emit.run import Program

            self._program = Program(self.code("numpy"))
        pair: tuple[Any, Any] = self._program.value_and_derivative(tensors)
        return pair
