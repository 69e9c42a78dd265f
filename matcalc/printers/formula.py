"""A formula as text, with the definitions of the names in it."""

from __future__ import annotations


class Formula:
    """What a form of an answer reads like; `names` define those names in it that are not the user's.

    >>> formula = Formula("2*h1", ("h1 = tanh(W @ x)",))
    >>> formula.text
    '2*h1 where h1 = tanh(W @ x)'
    """

    __slots__ = ("body", "names")

    def __init__(self, body: str, names: tuple[str, ...] = ()) -> None:
        self.body = body
        self.names = names

    @property
    def text(self) -> str:
        """All of it on a line."""
        return self.body + (" where " + ", ".join(self.names) if self.names else "")


def aligned(body: str, names: tuple[str, ...]) -> str:
    """The same in LaTeX: the definitions below the formula, a row each.

    >>> aligned("2 h_{1}", ("h_{1} = x",))
    '\\\\begin{aligned} & 2 h_{1} \\\\\\\\ & \\\\text{where } h_{1} = x \\\\end{aligned}'
    """
    if not names:
        return body
    first, *others = names
    rows = [
        body,
        rf"\text{{where }} {first}",
        *(rf"\phantom{{\text{{where }}}} {n}" for n in others),
    ]
    return r"\begin{aligned} & " + r" \\ & ".join(rows) + r" \end{aligned}"
