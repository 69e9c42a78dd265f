"""Matrix and tensor derivatives, each one verified.

>>> import matcalc
>>> matcalc.derive("d(x'@A@x)/dx where A: n x n, x: n").matrix
"(A + A') @ x"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcalc.api import Session, derive
    from matcalc.errors import MatcalcError
    from matcalc.result import Result

__all__ = ["MatcalcError", "Result", "Session", "derive"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # the engine is loaded when it is first used, so that `matcalc --help` need not wait for it
    match name:
        case "derive" | "Session":
            from matcalc import api

            return getattr(api, name)
        case "MatcalcError":
            from matcalc.errors import MatcalcError

            return MatcalcError
        case "Result":
            from matcalc.result import Result

            return Result
        case _:
            raise AttributeError(f"module 'matcalc' has no attribute {name!r}")
