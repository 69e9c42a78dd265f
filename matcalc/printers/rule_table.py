"""The sheet of rules as a table for a terminal, and as lines for a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.printers.answer import Answer, shape_text
from matcalc.printers.measure import visible, width
from matcalc.printers.page import Line, Piece
from matcalc.printers.plain import line
from matcalc.printers.wrap import wrap_formula, wrap_prose

if TYPE_CHECKING:
    from matcalc.rule_derivation import DerivedRule

_LEFT = 19
"""Cells of the left column: the longest name fits."""


def rule_lines(rules: Sequence[DerivedRule], columns: int = 80) -> list[Line]:
    """A table, `columns` cells wide: on the left the rule and its tensors, on the right what it says."""
    right = columns - _LEFT - 7
    lines: list[Line] = [_edge("╭┬╮", right)]
    group = None
    for rule in rules:
        if rule.rule.group != group:
            group = rule.rule.group
            lines += [] if rule is rules[0] else [_edge("├┼┤", right)]
            left: list[Piece] = [(group, "title")]
            lines += _row(left, [(f"{rule.result.layout} layout", "faint")], right)
        lines.append(_edge("├┼┤", right))
        lines += _row(_about(rule), _says(rule, right), right)
    lines.append(_edge("╰┴╯", right))
    return lines


def rule_text(rule: DerivedRule) -> str:
    """One line, tabs between: name, differential, derivative, dimensions."""
    result = rule.result
    derivative = f"{head(result)} = {line(result)}"
    return "\t".join(
        (rule.rule.name, visible(rule.differential.text), derivative, shape_text(result.shape))
    )


def head(result: Answer) -> str:
    """The problem without its declarations."""
    return visible(result.input.split(" where ", 1)[0])


def _about(rule: DerivedRule) -> list[Piece]:
    result = rule.result
    left: list[Piece] = [(rule.rule.name, "label")]
    left += [(text, "") for text in wrap_prose(rule.rule.title, _LEFT)]
    for declared in (*result.declared, *result.inferred):
        left += [(text, "faint") for text in wrap_formula(visible(declared), _LEFT)]
    return left


def _says(rule: DerivedRule, room: int) -> list[Piece]:
    result = rule.result
    says: list[Piece] = []

    def formula(text: str, style: str = "") -> None:
        says.extend((part, style) for part in wrap_formula(visible(text), room))

    def prose(text: str, style: str) -> None:
        says.extend((part, style) for part in wrap_prose(visible(text), room, 2))

    if result.value_index is not None:
        formula(result.value_index, "faint")
    if rule.slope is not None:
        formula(f"{head(rule.slope)} = {line(rule.slope)}", "answer")
    formula(rule.differential.text, "answer")
    formula(f"{rule.head} = {result.index}")
    if result.matrix is not None:
        formula(f"{head(result)} = {result.matrix}", "answer")
    prose(f"{shape_text(result.shape)}  {_axes(result)}".rstrip(), "")
    for part in rule.parts:
        if part.matrix is not None and part.matrix != head(part):
            formula(f"{head(part)} = {part.matrix}", "faint")
    if rule.example is not None:
        formula(f"{head(rule.example)} = {line(rule.example)}", "faint")
    if result.conditions:
        prose(f"holds where {'; '.join(result.conditions)}", "note")
    for name, doc in rule.functions.items():
        prose(f"{name}: {doc}", "faint")
    return says


def _axes(result: Answer) -> str:
    return f"[{','.join(result.axes)}]" if result.axes else ""


def _edge(corners: str, right: int) -> Line:
    strokes = ("─" * (_LEFT + 2), "─" * (right + 2), "")
    return [("".join(c + stroke for c, stroke in zip(corners, strokes, strict=True)), "border")]


def _row(left: list[Piece], right: list[Piece], room: int) -> list[Line]:
    rows: list[Line] = []
    for at in range(max(len(left), len(right))):
        one, one_style = left[at] if at < len(left) else ("", "")
        two, two_style = right[at] if at < len(right) else ("", "")
        rows.append(
            [
                ("│ ", "border"), (one + " " * (_LEFT - width(one)), one_style), (" │ ", "border"),
                (two + " " * (room - width(two)), two_style), (" │", "border"),
            ]
        )  # fmt: skip
    return rows
