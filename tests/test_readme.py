"""What the README shows is what matcalc does."""

from __future__ import annotations

import ast
import doctest

import pytest

from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.mark.parametrize("block", readme.console_blocks(TEXT), ids=lambda b: readme.commands(b)[0])
def test_console_example(block: str) -> None:
    assert readme.refreshed_block(block) == block


def test_python_examples() -> None:
    examples = "\n".join(readme.python_blocks(TEXT))
    test = doctest.DocTestParser().get_doctest(examples, {}, "README.md", "README.md", 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def test_there_are_examples() -> None:
    assert len(readme.console_blocks(TEXT)) >= 6
    assert all(readme.commands(block) for block in readme.console_blocks(TEXT))


def test_function_table_is_current() -> None:
    assert readme.refreshed_table(TEXT) == TEXT, "run: python -m tests.readme"


def test_contributing_quotes_the_source() -> None:
    known = {
        ast.dump(node)
        for path in ("functions/entrywise.py", "functions/matrix.py", "tensor/rules.py")
        for node in ast.walk(
            ast.parse((readme.README.parent / "matcalc" / path).read_text(encoding="utf-8"))
        )
    }
    contributing = (readme.README.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = readme.python_blocks(contributing)
    assert blocks
    for block in blocks:
        for statement in ast.parse(block).body:
            quoted = statement.value if isinstance(statement, ast.Expr) else statement
            assert ast.dump(quoted) in known, block
