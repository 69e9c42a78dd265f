r"""The sheet of rules in LaTeX: a document of two pages for any engine with amsmath and multicol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcalc.printers.latex_names import name_latex
from matcalc.printers.rule_table import head

if TYPE_CHECKING:
    from matcalc.rule_derivation import DerivedRule

_HEAD = r"""\documentclass[a4paper]{article}
\usepackage{amsmath}
\usepackage{multicol}
\pagestyle{empty}
\setlength{\hoffset}{-1in}
\setlength{\voffset}{-1in}
\setlength{\oddsidemargin}{9mm}
\setlength{\topmargin}{8mm}
\setlength{\headheight}{0pt}
\setlength{\headsep}{0pt}
\setlength{\textwidth}{192mm}
\setlength{\textheight}{281mm}
\setlength{\parindent}{0pt}
\setlength{\columnsep}{5mm}
\setlength{\multicolsep}{1mm}
\setlength{\emergencystretch}{2em}
\relpenalty=100
\binoppenalty=200
\newcommand{\group}[1]{\par\smallskip\textbf{#1}\par}
\newcommand{\rules}[1]{\par\hangindent=1em\hangafter=1\relax #1\par}
\begin{document}
\fontsize{7.2}{8.7}\selectfont
\raggedright
"""
_FOOT = r"""\end{multicols}
\end{document}
"""


def sheet(rules: Sequence[DerivedRule]) -> str:
    """A whole document, a paragraph a rule."""
    layout = rules[0].result.layout
    lines = [
        _HEAD
        + rf"\textbf{{Matrix calculus}}, {layout} layout: for each rule the differential, the derivative"
        " in index notation with its dimensions, and in matrix notation where there is one.",
        r"\begin{multicols}{2}\raggedright",
    ]
    group = None
    for rule in rules:
        if rule.rule.group != group:
            group = rule.rule.group
            lines.append(rf"\group{{{group[0].upper()}{group[1:]}}}")
        lines.append(rf"\rules{{{_paragraph(rule)}}}")
    return "\n".join(lines) + "\n" + _FOOT


def _paragraph(rule: DerivedRule) -> str:
    result = rule.result
    parts = [", ".join(f"${_declared(text)}$" for text in (*result.declared, *result.inferred))]
    if rule.slope is not None and rule.slope.latex_matrix is not None:
        parts.append(_maths(f"f'(u) = {rule.slope.latex_matrix}"))
    parts += map(_maths, (rule.latex_value, rule.differential.latex))
    parts.append(_maths(f"{rule.latex_head} = {result.latex_index}"))
    if result.latex_matrix is not None:
        parts.append(_maths(f"= {result.latex_matrix}"))
    parts.append(rf"\mbox{{${dims_latex(result.shape)}$}}")
    for part in rule.parts:
        if part.latex_matrix is not None and part.matrix != head(part):
            by = name_latex(part.wrt[0])
            parts.append(_maths(rf"\partial {rule.latex_name}/\partial {by} = {part.latex_matrix}"))
    parts += map(_prose, result.conditions)
    return rf"\emph{{{_prose(rule.rule.name)}}}\quad " + r";\ ".join(parts) + "."


def _maths(latex: str) -> str:
    """Inline, so that it breaks between terms; inside brackets too, where nothing in them is tall."""
    if r"\frac{" not in latex.replace(r"\frac{\partial", ""):
        latex = latex.replace(r"\left(", "(").replace(r"\right)", ")")
    return f"${latex}$"


def _prose(text: str) -> str:
    return text.replace("_", r"\_").replace("^", r"\^{}").replace("′", "'")


def _declared(text: str) -> str:
    r"""A(X): M×N in maths mode."""
    head, _, dims = text.partition(": ")
    name, _, by = head.rstrip(")").partition("(")
    inside = ", ".join(map(name_latex, by.split(", "))) if by else ""
    left = f"{name_latex(name)}({inside})" if by else name_latex(name)
    sizes = r" \times ".join(_dim(size) for size in dims.replace(" × ", "×").split("×"))
    return rf"{left}\colon {sizes}"


def dims_latex(shape: Iterable[str | int]) -> str:
    r"""The dimensions in maths mode.

    >>> dims_latex(("U", "V", 3)), dims_latex(("M*P", "n + 1")), dims_latex(())
    ('U \\times V \\times 3', 'M P \\times (n + 1)', '1')
    """
    return r" \times ".join(map(_dim, map(str, shape))) or "1"


def _dim(text: str) -> str:
    terms = [
        " ".join(part if part.isdigit() else name_latex(part) for part in term.split("*"))
        for term in text.split(" + ")
    ]
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"
