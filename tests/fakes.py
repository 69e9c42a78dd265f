"""Answers written by hand, for tests of what shows and carries answers."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.printers.answer import Claim
from matcalc.printers.formula import Formula


class FakeAnswer:
    """The product rule in the denominator layout, unless told otherwise."""

    def __init__(
        self,
        *,
        input: str = "d(A@B)/dX where A(X): MxN, B(X): NxP, X: UxV",
        index: str = "Σⱼ (∂A[i,j]/∂X[p,q])·B[j,k] + A[i,j]·(∂B[j,k]/∂X[p,q])",
        matrix: str | None = None,
        shape: tuple[str | int, ...] = ("U", "V", "P", "M"),
        axes: tuple[str, ...] = ("p", "q", "k", "i"),
        verified: Mapping[str, object] | None = None,
        declared: tuple[str, ...] = ("A(X): M×N", "B(X): N×P", "X: U×V"),
        inferred: tuple[str, ...] = (),
        conditions: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        kronecker: str | None = None,
        definitions: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
    ) -> None:
        self.input = input
        self.layout = "denominator"
        self.structure = "projected"
        self.order = 1
        self.wrt = ("X",)
        self.shape = shape
        self.axes = axes
        self.index_form = Formula(index, names)
        self.matrix_form = None if matrix is None else Formula(matrix, names)
        self.latex_index = r"\sum_{j} A_{ij} B_{jk}"
        self.latex_matrix = None if matrix is None else r"\mathbf{A}"
        self.verified = verified or {"method": "exact", "ok": True, "error_probability": 1e-17}
        self.conditions = conditions
        self.notes = notes
        self.declared = declared
        self.kronecker_form = None if kronecker is None else Formula(kronecker)
        self.latex_kronecker: str | None = None
        self.definitions = definitions
        self.inferred = inferred
        self.claim: Claim | None = None
        self.value_form: Formula | None = Formula("C[i,k] = Σⱼ A[i,j]·B[j,k]")

        self.cost: dict[str, object] | None = None

    def code(self, target: str, *, compressed: bool = False, self_test: bool = False) -> str:
        return f"# {target}\n"

    def to_dict(self) -> dict[str, object]:
        return {"input": self.input, "status": "ok", "index": self.index_form.text}
