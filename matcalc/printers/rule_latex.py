r"""The sheet of rules in LaTeX: a document of two pages for any engine with amsmath and multicol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcalc.printers.answer import Answer
from matcalc.printers.latex import name_latex

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
\fontsize{6.8}{8.2}\selectfont
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
        parts.append(rf"$f'(u) = {rule.slope.latex_matrix}$")
    parts.append(f"${rule.latex_value}$")
    parts.append(f"${rule.differential.latex}$")
    parts.append(f"${rule.latex_head} = {result.latex_index}$")
    if result.latex_matrix is not None and result.order and result.wrt:
        parts.append(f"$= {result.latex_matrix}$")
    parts.append(rf"\mbox{{${dimensions(result)}$}}")
    return rf"\emph{{{_word(rule.rule.name)}}}\quad " + r";\ ".join(parts) + "."


def _declared(text: str) -> str:
    r"""A(X): M×N in maths mode."""
    head, _, dims = text.partition(": ")
    name, _, by = head.rstrip(")").partition("(")
    inside = ", ".join(map(name_latex, by.split(", "))) if by else ""
    left = f"{name_latex(name)}({inside})" if by else name_latex(name)
    sizes = r" \times ".join(_dim(size) for size in dims.replace(" × ", "×").split("×"))
    return rf"{left}\colon {sizes}"


def dimensions(answer: Answer) -> str:
    r"""The dimensions in maths mode.

    >>> dims_latex(("U", "V", 3)), dims_latex(("M*P", "n + 1")), dims_latex(())
    ('U \\times V \\times 3', 'M P \\times (n + 1)', '1')
    """
    return dims_latex(answer.shape)


def dims_latex(shape: Iterable[str | int]) -> str:
    r"""The product of these dimensions.

    >>> dims_latex(("M*P", "batch"))
    'M P \\times \\mathrm{batch}'
    """
    return r" \times ".join(map(_dim, map(str, shape))) or "1"


def _dim(text: str) -> str:
    terms = [
        " ".join(part if part.isdigit() else name_latex(part) for part in term.split("*"))
        for term in text.split(" + ")
    ]
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _word(text: str) -> str:
    return text.replace("_", r"\_")
