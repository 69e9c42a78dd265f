"""The tables of the parser are those of the grammar."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import product
from pathlib import Path

from matcalc.language._generated import LITERALS, PATTERNS, ROWS
from matcalc.language.lalr import Unexpected, _Rows

ROOT = Path(__file__).parent.parent.parent


def test_the_tables_are_those_of_the_grammar() -> None:
    loader = SourceFileLoader("generate_parser", str(ROOT / "scripts" / "generate-parser"))
    spec = spec_from_loader("generate_parser", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    made = module.generate((ROOT / "grammar" / "matcalc.lark").read_text(encoding="utf-8"))
    stored = (ROOT / "matcalc" / "language" / "_generated.py").read_text(encoding="utf-8")
    assert made == stored, "run scripts/generate-parser"


SAMPLES = (
    "x", "xn", "x n", "n", "n̂", "f′", "d", "d(", "d2(", "d2", "dx", "where", "wherever", "let", "layout", "3", "3x2",
    "2.5", "2.*", ".5", ".T", ".Tx", ".*", "./", ".^", "/", "/dx", "/ dx dy", "/dx^2", "//2", "/2", "/ 2 x", "*", "**",
    "=", "==", "'", "'ij'", '"ij"', "×", "·", "−", "∘", "⊗", "⋆", "(", ")", "[", "]", ",", ":", "@", "^", "+", "-",
    "#", "%", "é", "", ")xn", ")x",
)  # fmt: skip


def test_what_a_lexer_of_several_states_finds_is_what_that_of_the_state_would_find() -> None:
    rows = _Rows(defaultdict(lambda: lambda *values: None))
    for state, text in product(range(len(ROWS)), SAMPLES):
        row = rows[state]
        found = row.search(text, 0)
        key = "$END" if found is None else found.lastgroup or found[0]
        if key in row.moves and found is not None:
            alone = row.alone(text, found, None)
            assert (alone.lastgroup, alone.span()) == (found.lastgroup, found.span()), (state, text)


def test_a_lexer_seldom_finds_the_word_of_another_state() -> None:
    missed = 0
    rows = _Rows(defaultdict(lambda: lambda *values: None))
    for state, text in product(range(len(ROWS)), SAMPLES):
        row = rows[state]
        found = row.search(text, 0)
        if found is not None and (found.lastgroup or found[0]) not in row.moves:
            try:
                row.alone(text, found, None)
            except Unexpected:
                continue  # nor does its own find anything that fits
            missed += 1
    assert missed < len(ROWS) * len(SAMPLES) // 50


def test_literals_beyond_ascii_start_no_other_terminal() -> None:
    for text in LITERALS:
        if not text.isascii():
            assert len(text) == 1
            assert not any(re.match(pattern, text) for pattern in PATTERNS.values())


def test_lark_is_not_imported_to_parse() -> None:
    code = (
        'import sys, matcalc.language.parse as p; p.parse_line("d(x\'@x)/dx");'
        "assert not {'lark', 'numpy', 'rich', 'fractions', 'dataclasses'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
