"""The dimensions of expressions, without their derivatives."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.infer import infer
from matcalc.language.layouts import LAYOUTS, arranged_dims
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Declaration, LayoutStatement, Let


class Shape:
    """The dimensions of an expression, as numbers and names."""

    __slots__ = ("input", "sizes")

    def __init__(self, text: str, dims: tuple[Dim, ...]) -> None:
        self.input = text
        self.sizes = tuple(dim.value if dim.value is not None else str(dim) for dim in dims)


class ShapeSession:
    """Reads lines as `api.Session` does, as far as their dimensions.

    >>> ShapeSession("denominator").read("d(A@x)/dx where A: m x n").sizes
    ('n', 'm')
    """

    __slots__ = ("_layout", "_lets")

    def __init__(self, layout: str = "jacobian") -> None:
        self._layout = layout
        self._lets: tuple[Declaration, ...] = ()

    def read(self, text: str, line: int = 1) -> Shape | None:
        """The dimensions of a line's expression; None for a blank line, a comment or a statement."""
        statement = parse_line(text, line)
        match statement:
            case None:
                return None
            case Let():
                self._lets = (*self._lets, *statement.declarations)
                return None
            case LayoutStatement():
                if statement.name.text not in LAYOUTS:
                    raise MatcalcError(
                        "name",
                        f"there is no layout {statement.name.text!r}",
                        at=statement.name,
                        hint="one of: " + ", ".join(LAYOUTS),
                    )
                self._layout = statement.name.text
                return None
            case _:
                expression = infer(statement, self._lets, self._layout).expression
                return Shape(text.strip(), arranged_dims(expression, self._layout))
