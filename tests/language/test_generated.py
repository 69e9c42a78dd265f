"""The tables of the parser are those of the grammar."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

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


def test_lark_is_not_imported_to_parse() -> None:
    code = (
        'import sys, matcalc.language.parse as p; p.parse_line("d(x\'@x)/dx");'
        "assert not {'lark', 'numpy', 'rich', 'fractions', 'dataclasses'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
