"""The tables of the parser are those of the grammar."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import product
from pathlib import Path

from matcalc.language._generated import PATTERNS

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


def test_each_pattern_knows_what_its_matches_start_with() -> None:
    for name, pattern, first in PATTERNS:
        match = re.compile(pattern).match
        for one, two in product(map(chr, range(128)), repeat=2):
            if match(f"{one}{two}") or match(f"{one}{two}("):
                assert one in first, (name, one)
        # not more either: each of them starts one of the words that the pattern is for
        words = ["d(", "d2(", "layout", "let", "where", "x", "/dx", "/2", ".T", ".5", '""', "''"]
        words += [*first]
        assert all(any(w[0] == one and match(w) for w in words) for one in first), name


def test_lark_is_not_imported_to_parse() -> None:
    code = (
        'import sys, matcalc.language.parse as p; p.parse_line("d(x\'@x)/dx");'
        "assert not {'lark', 'numpy', 'rich', 'fractions', 'dataclasses'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
