"""The page: whole, self-contained, its formulas MathML, and nothing of a line markup."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from matcalc.language.parse import parse_expression
from matcalc.printers.latex import to_latex
from matcalc.printers.mathml import LONGEST, latex_to_mathml, line_mathml, text_mathml
from matcalc.printers.report import ReportWriter, line_html, summary_html
from matcalc.printers.written import written
from tests.printers.claim_records import records

ROOT = Path(__file__).resolve().parent.parent
VOID = {"meta", "br", "input"}


class Reader(HTMLParser):
    """What elements and texts a page has; an end that ends nothing fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "report.html"
    writer = ReportWriter(str(path))
    for record in records():
        writer.add(record)
    assert not path.exists()
    writer.finish()
    assert os.listdir(tmp_path) == ["report.html"]
    return path.read_text("utf-8")


def test_the_page_is_whole(page: str) -> None:
    read = Reader(page)
    assert read.tags.count("article") == 6
    assert [text for text in read.texts if text.endswith(".txt")] == ["one.txt", "<two>.txt"]
    text = "".join(read.texts)
    assert "6 claims: 2 right, 2 wrong, 2 errors" in text
    assert text.index("6 claims") < text.index("one.txt")
    assert "right only if A is symmetric" in text
    assert "A @ B is the matrix product" in text
    # a formula of the problem and of the claim of each line that parses, and of each right answer
    assert read.tags.count("math") == 12
    assert ("alttext", "(A + A')@x") in read.attributes


def test_the_page_needs_nothing_else(page: str) -> None:
    read = Reader(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(read.tags)
    assert not {"src", "href", "onclick", "onload"} & {name for name, _ in read.attributes}
    assert "url(" not in page
    assert "http:" not in page
    assert "https:" not in page


def test_nothing_of_a_line_is_markup(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#x27;&amp;amp;&#x27;)" in page.replace("<mark>", "").replace("</mark>", "")  # fmt: skip
    assert "\x1b" not in page
    assert "\x00" not in page


@pytest.mark.parametrize("key", ["input", "claim", "answer", "diagnosis", "id", "latex_answer", "file", "shape"])  # fmt: skip
def test_every_field_is_escaped(key: str, tmp_path: Path) -> None:
    evil = "\"'><script>alert(1)</script>&lt;b&gt;\\text{<i>}"
    record = {**records()[1], key: [evil] if key == "shape" else evil}
    path = tmp_path / "report.html"
    writer = ReportWriter(str(path))
    writer.add(record)
    writer.finish()
    assert not {"script", "i", "b"} & set(Reader(path.read_text("utf-8")).tags)


def test_columns_that_pass_through_are_shown() -> None:
    html = line_html({**records()[0], "student <1>": "Ann & Bob", "score": 3, "empty": ""})
    assert "<dt>student &lt;1&gt;</dt><dd>Ann &amp; Bob</dd>" in html
    assert "<dt>score</dt><dd>3</dd>" in html
    assert "empty" not in html


@pytest.mark.parametrize("key", ["kind", "message", "hint"])
def test_errors_are_escaped(key: str) -> None:
    error = {"kind": "name", "message": "m", "hint": None, "column": 1, "end_column": 3}
    record = {"status": "error", "line": 1, "input": "<b>", "error": {**error, key: "<script>"}}
    html = line_html(record)
    assert "<mark>&lt;b</mark>&gt;" in html
    assert "<script" not in html


def test_only_mathml_comes_of_latex() -> None:
    for latex in (
        r"\href{javascript:alert(1)}{x}",
        r"\text{<script>alert(1)</script>}",
        r"\class{a}{x}",
    ):
        html = latex_to_mathml(latex, "x") or ""
        assert "<script" not in html
        assert "href" not in html
    assert "&lt;b&gt;" in str(latex_to_mathml(r"\text{<b>}", ""))


def test_what_cannot_be_set_is_shown_as_text() -> None:
    long = " + ".join(["x"] * LONGEST)
    assert line_mathml(f"d({long})/dx == 1") == (None, None)
    assert text_mathml("Σⱼ A[i,j]") is None
    assert f"<code>{long}</code>" in line_html(
        {"status": "ok", "line": 1, "input": "x", "claim": long}
    )


def test_summary() -> None:
    assert summary_html(0, 0, 0) == '<p class="summary">no claims</p>\n'
    assert "1 claim: 1 error<" in summary_html(0, 0, 1)
    assert "hide" not in summary_html(2, 0, 0)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        ReportWriter(str(tmp_path / "none" / "report.html"))


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("d(x'@A@x)/dx", r"\frac{\partial }{\partial x}\left(x^{\top} A x\right)"),
        ("d2(f)/dw2", r"\frac{\partial^{2}}{\partial {w}^{2}}\left(f\right)"),
        ("d2(f)/dx dy", r"\frac{\partial^{2} }{\partial x \partial y}\left(f\right)"),
        ("2*A@x - b/3", r"2 A x - \frac{b}{3}"),
        ("(A + B)*C ./ D", r"\left(A + B\right) \odot C \oslash D"),
        ("A^-T + inv(A)' + A^-1", r"A^{-\top} + A^{-\top} + A^{-1}"),
        ("x**2", r"x^{\odot 2}"),
        ("tr(A)*B", r"\operatorname{tr}\left(A\right) B"),
        ("sum[j](A[i,j]*x[j])", r"\sum_{j} A_{ij} x_{j}"),
        ("sum(X, axis=0)", r"\operatorname{sum}_{\mathrm{axis}\,0}\left(X\right)"),
        ("A - (B - C)", r"A - \left(B - C\right)"),
        ("-(a + b):C", r"-\left(a + b\right) : C"),
        ("A ⊗ B ⋆ c", r"\left(A \otimes B\right) \star c"),
    ],
)
def test_what_was_written(text: str, latex: str) -> None:
    assert to_latex(written(parse_expression(text))) == latex


def test_every_line_of_the_corpus_is_set() -> None:
    for line in (ROOT / "corpus" / "claims.jsonl").read_text("utf-8").splitlines():
        problem, claim = line_mathml(json.loads(line)["line"])
        assert problem is not None, line
        assert claim is not None, line
        assert re.fullmatch(r"<math .*</math>", problem)
