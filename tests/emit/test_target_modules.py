"""Modules for each library as text: what they import, how they are formatted, what they refuse."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from matcalc.emit import self_test_source
from matcalc.emit.backend import TARGETS, backend
from tests.conftest import UNTESTED, pytest_terminal_summary
from tests.emit.sample import module_of
from tests.emit.targets import (
    ALL,
    EXAMPLES,
    MORE,
    OTHERS,
    example,
    namespace_of,
)
from tests.emit.test_module import KINDS, LEAVES
from tests.emit.test_target_edges import OF_ANY_SIZE
from tests.emit.test_targets import PLAIN, answered

pytestmark = pytest.mark.usefixtures("double_precision", "quiet")


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize(
    "given",
    [
        {"x": np.ones(3)}, {"X": np.ones((4, 3))}, {"A": np.ones(4)}, {"A": np.ones((2, 4, 1))},
        {"X": np.ones((3, 4))}, {"x": None}, {"x": [1j, 2, 3, 4]}, {"x": np.array([1j, 2, 3, 4])},
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_in_the_same_words(given: Any, target: str) -> None:
    result = example("d(x'@A'@A@X@x)/dx where A: m x n, X: n x n, x: n")
    good = {"A": np.ones((2, 4)), "X": np.ones((4, 4)), "x": np.ones(4)}
    said = []
    for one in ("numpy", target):
        words = {**good, **given}
        derivative = namespace_of(result, one)["derivative"]
        with pytest.raises((TypeError, ValueError)) as caught:
            derivative(**words)
        said.append((caught.type, str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize("target", OTHERS)
def test_dimensions_are_keywords(target: str) -> None:
    value = namespace_of(example("eye(n)*s where s: scalar"), target)["value"]
    np.testing.assert_array_equal(np.asarray(value(s=2, n=3)), 2 * np.eye(3))
    with pytest.raises(TypeError, match="no tensor determines the dimension n"):
        value(s=2)
    with pytest.raises(ValueError, match="positive integer"):
        value(s=2, n=0)


@pytest.mark.parametrize("target", TARGETS)
def test_modules_are_formatted_and_stand_on_their_own(target: str, tmp_path: Path) -> None:
    """What ruff would neither complain of nor format in another way."""
    problems = [problem for _, problem in EXAMPLES] + MORE + OF_ANY_SIZE
    texts = [example(problem).code(target) for problem in problems]
    texts += [result.code(target) for n in PLAIN[::4] if (result := answered(n)) is not None]
    texts += [module_of(node, target=target) for node in (*KINDS.values(), *LEAVES)]
    allowed = {"numpy": {"numpy", "scipy", "math"}}.get(target, {target})
    for number, text in enumerate(texts):
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= allowed
        (tmp_path / f"module_{number}.py").write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        ["check", "--isolated"],
        ["format", "--isolated", "--diff", "--line-length=100"],
    ):
        done = subprocess.run([*ruff, *command, str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("target", ALL)
def test_the_command_prints_the_module(target: str) -> None:
    from typer.testing import CliRunner

    from matcalc.cli import app

    problem = "d(x'@A@x)/dx where A: n x n, x: n"
    done = CliRunner().invoke(app, ["derive", problem, "--format", target])
    assert done.exit_code == 0 and done.stdout == example(problem).code(target)


def test_skipped_libraries_are_said_aloud() -> None:
    class Terminal:
        def __init__(self) -> None:
            self.text: list[str] = []
            reason = f"Skipped: {UNTESTED}: code for torch"
            self.stats = {"skipped": [SimpleNamespace(longrepr=("file", 1, reason))] * 3}

        def section(self, title: str, **style: object) -> None:
            self.text.append(title)

        def line(self, text: str, **style: object) -> None:
            self.text.append(text)

    terminal = Terminal()
    pytest_terminal_summary(terminal)
    assert terminal.text == [UNTESTED, f"{UNTESTED}: code for torch (3 tests skipped)"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_self_test_brings_no_second_helper_of_a_name(target: str) -> None:
    """The later definition would be taken by both."""
    assert self_test_source.__file__ is not None
    source = Path(self_test_source.__file__).read_text(encoding="utf-8")
    brought = set(re.findall(r"^def (\w+)", source, flags=re.MULTILINE))
    assert brought and brought.isdisjoint(backend(target).helpers)
