"""The verdict on a claim, for terminals and for pipes."""

from __future__ import annotations

from matcalc.printers.answer import Claim, shape_text
from matcalc.printers.measure import visible, width
from matcalc.printers.page import Line, Piece
from matcalc.printers.wrap import wrap_formula, wrap_prose

_LABEL = 13


def verdict_lines(verdict: Claim, columns: int = 80, place: str = "") -> list[Line]:
    """A line for a claim that is right; below a wrong one the right answer and the diagnosis.

    `place` says where the claim stands: `4`, `claims.txt:4`.
    """
    good = verdict.status == "ok"
    head: list[Piece] = [("ok     ", "good") if good else ("wrong  ", "error")]
    if place:
        head.append((f"{place}  ", "label"))
    indent = sum(width(text) for text, _ in head)
    first, *more = wrap_formula(visible(problem_of(verdict.input)), max(20, columns - indent))
    lines: list[Line] = [[*head, (first, "")]]
    lines += [[(" " * indent + text, "")] for text in more]
    return lines if good else [*lines, *correction(verdict, columns)]


def correction(verdict: Claim, columns: int) -> list[Line]:
    """What is wrong with a claim, and what is right."""
    answer = verdict.answer if verdict.shape else visible(verdict.answer)
    lines = _labelled("answer", wrap_formula(visible(answer), columns - _LABEL - 7), "answer")
    shape = shape_text(verdict.shape)
    lines += _labelled("dimensions", [shape], "")
    if verdict.diagnosis is not None:
        room = columns - _LABEL - 7
        lines += _labelled("diagnosis", wrap_prose(visible(verdict.diagnosis), room), "note")
    return lines


def _labelled(label: str, texts: list[str], style: str) -> list[Line]:
    lines: list[Line] = []
    for text in texts:
        lines.append([(" " * 7 + label.ljust(_LABEL), "label"), (text, style)])
        label = ""
    return lines


def problem_of(text: str) -> str:
    """The line without its declarations and comment."""
    problem = text.split("#", 1)[0].strip()
    return problem.split(" where ", 1)[0].strip() or problem


def verdict_text(verdict: Claim) -> str:
    """One line: the status, the claim and, where it is wrong, the answer and the diagnosis.

    Tabs stand between, so that `cut` finds them.
    """
    parts = [verdict.status, str(verdict.line), verdict.claim]
    if verdict.status != "ok":
        parts.append(verdict.answer)
        parts.append(verdict.diagnosis or "")
    return "\t".join(visible(part) for part in parts).rstrip()


def outcome_text(verdict: Claim) -> str:
    """What stands after an answer: `the claim ... is right`."""
    if verdict.status == "ok":
        return visible(f"ok: {verdict.claim}")
    text = f"wrong: {verdict.claim}"
    return visible(text if verdict.diagnosis is None else f"{text}: {verdict.diagnosis}")


def summary(right: int, wrong: int, errors: int, noun: str = "claim") -> str:
    """The closing line.

    >>> summary(3, 1, 0), summary(0, 0, 0), summary(1, 0, 0, "problem")
    ('4 claims: 3 ok, 1 wrong', 'no claims', '1 problem: 1 ok')
    """
    total = right + wrong + errors
    if not total:
        return f"no {noun}s"
    parts = [f"{right} ok"] if right else []
    parts += [f"{wrong} wrong"] if wrong else []
    parts += [f"{errors} error{'s' if errors > 1 else ''}"] if errors else []
    return f"{total} {noun}{'s' if total > 1 else ''}: {', '.join(parts)}"
