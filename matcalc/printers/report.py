"""Verdicts as one page of HTML that stands on its own, for a teacher to open, read and print."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from html import escape
from typing import IO

from matcalc.printers.answer import shape_text
from matcalc.printers.claims import file_of, reason, shape_of, status_of, text_of
from matcalc.printers.mathml import latex_to_mathml, line_mathml, text_mathml
from matcalc.printers.measure import visible

_WORDS = {"ok": "right", "wrong": "wrong", "error": "error"}
_OWN = frozenset(("status", "line", "input", "claim", "answer", "latex_answer", "shape", "diagnosis", "method",
                  "error", "file", "id", "shown"))  # fmt: skip
"""What matcalc says of a line; other fields are columns of the file, such as a student's name."""

_MARKS = {"ok": "✓", "wrong": "✗", "error": "!"}


class ReportWriter:
    """Writes the records of `check` to a file, in memory that does not grow with them.

    The summary stands first and is known last: the lines wait in a temporary file beside the page.
    The page appears under its name when it is whole; OSError where it cannot be written.
    """

    __slots__ = ("_counts", "_file", "_lines", "_path", "_title")

    def __init__(self, path: str, title: str = "Verdicts on claims") -> None:
        self._path = path
        self._title = title
        self._counts = {"ok": 0, "wrong": 0, "error": 0}
        self._file: str | None = None
        folder = os.path.dirname(os.path.abspath(path))
        self._lines: IO[str] = tempfile.TemporaryFile(  # noqa: SIM115  finish() closes it
            "w+", encoding="utf-8", errors="replace", newline="\n", dir=folder
        )

    def add(self, record: Mapping[str, object]) -> None:
        """One more verdict."""
        self._counts[status_of(record)] += 1
        file = file_of(record)
        if file != self._file:
            self._file = file
            if file:
                self._lines.write(f"<h2>{_text(file)}</h2>\n")
        self._lines.write(line_html(record))

    def finish(self) -> None:
        """The page, whole."""
        folder, name = os.path.split(os.path.abspath(self._path))
        made = os.path.join(folder, f".{name}.{os.getpid()}")
        try:
            with open(made, "w", encoding="utf-8", newline="\n") as page:
                page.write(_head(self._title))
                page.write(
                    summary_html(self._counts["ok"], self._counts["wrong"], self._counts["error"])
                )
                self._lines.seek(0)
                shutil.copyfileobj(self._lines, page)
                page.write("</main>\n</body>\n</html>\n")
            os.replace(made, self._path)
        finally:
            self._lines.close()
            if os.path.exists(made):
                os.unlink(made)


def summary_html(right: int, wrong: int, errors: int) -> str:
    """How many there are of each kind, in words and as a bar.

    >>> "3 claims: 2 right, 1 wrong" in summary_html(2, 1, 0)
    True
    """
    total = right + wrong + errors
    if not total:
        return '<p class="summary">no claims</p>\n'
    parts = [
        ("ok", right, "right"),
        ("wrong", wrong, "wrong"),
        ("error", errors, "error" if errors == 1 else "errors"),
    ]
    words = ", ".join(f"{count} {word}" for _, count, word in parts if count)
    bar = "".join(
        f'<span class="{kind}" style="flex-grow:{count}"></span>'
        for kind, count, _ in parts
        if count
    )
    hide = (
        '<label class="choice"><input type="checkbox" id="hide"> hide what is right</label>\n'
        if right and right < total
        else ""
    )
    return (
        f'<p class="summary">{total} claim{"s" if total > 1 else ""}: {words}</p>\n'
        f'<div class="bar" aria-hidden="true">{bar}</div>\n{hide}'
    )


def line_html(record: Mapping[str, object]) -> str:
    """The article of one record: what came with it, problem and claim; of one that is not ok, why, and what is right.

    >>> "<script>" in line_html({"status": "ok", "line": 1, "input": "<script>"})
    False
    """
    status = status_of(record)
    line = text_of(record, "input")
    problem, claim = line_mathml(line)
    own = text_of(record, "id") or text_of(record, "line")
    rows = [
        (_text(visible(key)), _text(text_of(record, key)))
        for key in record
        if key not in _OWN and text_of(record, key)
    ]
    if problem is not None and claim is not None:
        rows.append(("problem", problem))
        rows.append(("claim", claim))
    else:
        written = text_of(record, "claim")
        if problem is not None:
            rows.append(("problem", problem))
        if written:
            rows.append(("claim", f"<code>{_text(written)}</code>"))
    if status == "wrong":
        rows.append(("right answer", _answer(record, line)))
        dimensions = shape_text(shape_of(record))
        rows.append(("dimensions", _text(dimensions)))
    if status != "ok":
        rows.append(
            (
                "diagnosis" if status == "wrong" else "error",
                f'<span class="why">{_text(reason(record))}</span>',
            )
        )
    rows.append(("line", f"<code>{_pointed(record, line)}</code>"))
    listed = "".join(f"<dt>{name}</dt><dd>{inside}</dd>\n" for name, inside in rows)
    return (
        f'<article class="{status}">\n<h3>{_text(own)} '
        f'<span class="verdict"><span aria-hidden="true">{_MARKS[status]}</span> {_WORDS[status]}</span></h3>\n'
        f"<dl>\n{listed}</dl>\n</article>\n"
    )


def _answer(record: Mapping[str, object], line: str) -> str:
    text = text_of(record, "answer")
    latex = record.get("latex_answer")
    formula = latex_to_mathml(latex, text) if isinstance(latex, str) else text_mathml(text, line)
    if formula is None:
        return f"<code>{_text(text)}</code>"
    return f'{formula}<br><code class="source">{_text(text)}</code>'


def _pointed(record: Mapping[str, object], line: str) -> str:
    """The line, with what is wrong in it marked."""
    error = record.get("error")
    if isinstance(error, Mapping):
        column, end = error.get("column"), error.get("end_column")
        if isinstance(column, int) and isinstance(end, int) and 0 < column < end <= len(line) + 1:
            before, marked, after = line[: column - 1], line[column - 1 : end - 1], line[end - 1 :]
            return f"{_text(before)}<mark>{_text(marked)}</mark>{_text(after)}"
    return _text(line)


def _text(text: str) -> str:
    return escape(text)


def _head(title: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{_text(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
<h1>{_text(title)}</h1>
"""


_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1d22; --faint: #5c616b; --page: #fff; --card: #f6f7f9;
  --line: #d8dbe1; --ok: #1a7f37; --wrong: #c0262d; --error: #96600a; --mark: #ffe08a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7e9ee; --faint: #9aa1ad; --page: #15171b; --card: #1e2126; --line: #363b44;
    --ok: #57c46f; --wrong: #ff7b78; --error: #e0a83c; --mark: #6b5200; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .75rem; overflow-wrap: anywhere; }
.summary { font-size: 1.1rem; margin: 0 0 .5rem; }
.bar { display: flex; gap: 2px; height: .75rem; border-radius: .4rem; overflow: hidden; }
.bar span { min-width: 4px; }
.bar .ok { background: var(--ok); } .bar .wrong { background: var(--wrong); }
.bar .error { background: var(--error); }
.choice { display: inline-block; margin: .75rem 0 0; color: var(--faint); }
main:has(#hide:checked) article.ok { display: none; }
article { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--ok);
  border-radius: .4rem; padding: .6rem 1rem; margin: .75rem 0; break-inside: avoid;
  content-visibility: auto; contain-intrinsic-size: auto 9rem; }
article.wrong { border-left-color: var(--wrong); } article.error { border-left-color: var(--error); }
h3 { display: flex; justify-content: space-between; font-size: 1rem; margin: 0 0 .3rem; }
.verdict { color: var(--ok); } .wrong .verdict { color: var(--wrong); }
.error .verdict { color: var(--error); }
dl { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .25rem .75rem; margin: 0;
  align-items: baseline; }
dt { color: var(--faint); font-size: .875rem; }
dd { margin: 0; overflow: auto hidden; padding: .1rem 0; }
math { font-size: 1.15em; }
code { font: .85rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dd > code, .source { color: var(--faint); }
mark { background: var(--mark); color: inherit; }
.why { font-weight: 600; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; } }
@media print { :root { color-scheme: light; --ink: #000; --page: #fff; --card: #fff; --faint: #444;
    --ok: #1a7f37; --wrong: #c0262d; --error: #96600a; --line: #bbb; --mark: #ffe08a; }
  .choice { display: none; } main { max-width: none; padding: 0; } article { content-visibility: visible; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
