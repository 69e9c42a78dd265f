"""Formulas as MathML, which browsers show and screen readers read, without a script."""

from __future__ import annotations

from html import escape, unescape
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST = 1000
"""Characters of a formula that is set; a longer one is no help to the eye, and is shown as text."""

_TAGS = frozenset(("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msup", "msub", "msubsup",
                   "munder", "mover", "munderover", "msqrt", "mroot", "mstyle", "mpadded"))  # fmt: skip
_ATTRIBUTES = frozenset(("xmlns", "display", "stretchy", "fence", "form", "mathvariant", "width", "accent",
                         "separator", "minsize", "maxsize", "displaystyle", "movablelimits", "lspace", "rspace"))  # fmt: skip
"""What the formulas of matcalc need; nothing else reaches a page, whatever a library makes of a text."""


def latex_to_mathml(latex: str, text: str) -> str | None:
    r"""LaTeX of ours as an element `math` with this text for who cannot see it; None where it cannot be set.

    >>> latex_to_mathml(r"A^{\top}", "A'")
    '<math displaystyle="true" alttext="A&#x27;"><mrow><msup><mi>A</mi><mrow><mo>⊤</mo></mrow></msup></mrow></math>'
    """
    from xml.etree.ElementTree import tostring

    from latex2mathml.converter import convert_to_element

    if len(latex) > LONGEST * 4:
        return None
    try:
        root = convert_to_element(latex)
    except Exception:
        # the library has no one exception of its own; the text is shown instead
        return None
    if not _checked(root):
        return None
    inside = "".join(tostring(child, encoding="unicode") for child in root)
    return f'<math displaystyle="true" alttext="{escape(text)}">{inside}</math>'


def line_mathml(text: str) -> tuple[str | None, str | None]:
    """The problem of a line as it was written, and its claim; None for what cannot be set."""
    from matcalc.language.parse import parse_line
    from matcalc.language.syntax import Problem
    from matcalc.printers.written import scalars_of

    if len(text) > LONGEST:
        return None, None
    try:
        line = parse_line(text)
    except MatcalcError:
        return None, None
    if not isinstance(line, Problem):
        return None, None
    scalars = scalars_of(line)
    problem = _syntax_mathml(line.expression.text, scalars)
    claim = None if line.claim is None else _syntax_mathml(line.claim.text, scalars)
    return problem, claim


def text_mathml(text: str, line: str = "") -> str | None:
    """An expression in matcalc's notation, with the declarations of the line that it answers."""
    from matcalc.language.parse import parse_line
    from matcalc.language.syntax import Problem
    from matcalc.printers.written import scalars_of

    scalars: frozenset[str] = frozenset()
    try:
        problem = parse_line(line) if len(line) <= LONGEST else None
    except MatcalcError:
        problem = None
    if isinstance(problem, Problem):
        scalars = scalars_of(problem)
    return _syntax_mathml(text, scalars)


def _syntax_mathml(text: str, scalars: frozenset[str]) -> str | None:
    from matcalc.language.parse import parse_expression
    from matcalc.printers.latex import to_latex
    from matcalc.printers.written import written

    if len(text) > LONGEST:
        return None
    try:
        syntax = parse_expression(text)
    except MatcalcError:
        return None
    return latex_to_mathml(to_latex(written(syntax, scalars)), text)


def _checked(root: Element) -> bool:
    """Whether all is MathML, with function names close to their arguments; character references become the characters, to be escaped once."""
    for element in root.iter():
        if element.tag not in _TAGS or not _ATTRIBUTES.issuperset(element.attrib):
            return False
        element.text = unescape(element.text) if element.text else element.text
        if (
            element.tag == "mo"
            and element.text
            and element.text.isalpha()
            and len(element.text) > 1
        ):
            # the name of a function: as an operator it would stand apart from its argument
            element.set("lspace", "0.1em")
            element.set("rspace", "0")
        element.tail = unescape(element.tail) if element.tail else element.tail
    return True
