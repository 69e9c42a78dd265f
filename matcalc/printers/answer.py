"""What the printers need to know of a derived problem; `api.Result` is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Answer(Protocol):
    """A derived problem: every text in it is finished, in matcalc's notation or in LaTeX.

    `axes` are the index letters of `index`, in the order of `shape`; `value_index` is the index form
    of what is differentiated, with its head: `C[i,k] = Σⱼ A[i,j]·B[j,k]`.
    """

    @property
    def input(self) -> str: ...
    @property
    def layout(self) -> str: ...
    @property
    def structure(self) -> str: ...
    @property
    def order(self) -> int: ...
    @property
    def wrt(self) -> tuple[str, ...]: ...
    @property
    def shape(self) -> tuple[str | int, ...]: ...
    @property
    def axes(self) -> tuple[str, ...]: ...
    @property
    def index(self) -> str: ...
    @property
    def matrix(self) -> str | None: ...
    @property
    def latex_index(self) -> str: ...
    @property
    def latex_matrix(self) -> str | None: ...
    @property
    def verified(self) -> Mapping[str, object]: ...
    @property
    def conditions(self) -> tuple[str, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def declared(self) -> tuple[str, ...]: ...
    @property
    def inferred(self) -> tuple[str, ...]: ...
    @property
    def value_index(self) -> str | None: ...
    def code(self, target: str) -> str:
        """A module that stands on its own, for `numpy` and its kind."""
        ...

    def to_dict(self) -> dict[str, object]:
        """The object of `--format json`."""
        ...


def shape_text(shape: tuple[str | int, ...]) -> str:
    """`U×V×P×M`, `scalar`; spaced where an axis is a product or a sum.

    >>> shape_text(("U", "V", 3)), shape_text(("M*P", "n + 1")), shape_text(())
    ('U×V×3', 'M*P × (n + 1)', 'scalar')
    """
    if not shape:
        return "scalar"
    parts = [f"({part})" if " " in part else part for part in map(str, shape)]
    return (" × " if any("*" in part or " " in part for part in parts) else "×").join(parts)
