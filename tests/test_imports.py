"""Packages import only what stands before them, and a start loads only what it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcalc.cli import MODULES, Commands

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "matcalc").rglob("*.py"))

ORDER = (
    ("errors",),
    ("rational", "functions"),
    ("language",),
    ("tensor",),
    ("forms",),
    ("trust",),
    ("printers",),
    ("emit",),
    ("derivation",),
    ("conditions", "result", "shape_session", "answer_forms"),
    ("present", "check", "notation_session"),
    ("diagnose",),
    ("api",),
    ("batch",),
    ("distributed",),
    ("rule_sheet",),
    ("rule_differential",),
    ("rule_derivation",),
    ("command", "derive_options"),
    ("batch_command", "cluster_command"),
    ("claims_output",),
    ("claims_command", "notation_command", "reference_command", "shape_command"),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


def package(path: Path) -> str:
    """The part of matcalc that a file belongs to."""
    return path.relative_to(ROOT / "matcalc").parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """What a file imports of matcalc, inside functions too, with the line; not for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "matcalc":
                names = [f"matcalc.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("matcalc.") and not name.startswith("matcalc.__"):
                yield node.lineno, name.split(".")[1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    here = package(path)
    if here == "__init__":
        return  # the public names, which come from anywhere
    assert here in RANK, f"{here} has no place in ORDER"
    for line, imported in imports(path):
        allowed = RANK[imported] < RANK[here] or imported == here
        assert allowed, f"{path.name}:{line}: {here} imports {imported}"


def test_files_are_short() -> None:
    for path in SOURCES:
        if path.name != "_generated.py":
            count = len(path.read_text(encoding="utf-8").splitlines())
            assert count <= 420, f"{path.relative_to(ROOT)} has {count} lines"


def loaded(*arguments: str) -> set[str]:
    """The modules that a run of matcalc has loaded at its end."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "from matcalc.cli import main\n"
        f"sys.argv = ['matcalc', *{arguments!r}]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        capture_output=True, text=True, encoding="utf-8", check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


HEAVY = {
    "numpy",
    "opt_einsum",
    "rich",
    "lark",
    "scipy",
    "asyncio",
    "unittest",
    "random",
    "dataclasses",
}
COLOUR = {"rich", "random", "dataclasses"}
BEYOND_OUR_STYLES = {
    "rich.table",
    "rich.panel",
    "rich.syntax",
    "rich.markdown",
    "rich.traceback",
    "pygments",
}
OTHER_COMMANDS = {
    "matcalc.claims_command",
    "matcalc.claims_output",
    "matcalc.cluster_command",
    "matcalc.notation_command",
    "matcalc.reference_command",
    "matcalc.shape_command",
}
UNASKED = {
    "json",
    "multiprocessing",
    "matcalc.batch.resume",
    "matcalc.batch.workers",
    "matcalc.check",
    "matcalc.diagnose",
    "matcalc.forms.fused",
    "matcalc.forms.kronecker",
    "matcalc.rule_sheet",
}
"""What a problem without a claim, whose answer is a matrix, has no use for."""
ENGINE = {"matcalc.language", "matcalc.tensor", "matcalc.forms", "matcalc.trust", "matcalc.api"}


def test_help_loads_no_engine() -> None:
    for arguments in ((), ("--help",), ("derive", "--help"), ("rules", "--help"), ("--version",)):
        assert not loaded(*arguments) & (HEAVY | ENGINE | {"matcalc.functions", "json"})


ONLY_FOR = {
    "json": ("json",),
    "matcalc.emit": ("json", "terminal"),
    "matcalc.printers.answer": ("terminal",),
    "matcalc.printers.plain": ("text", "latex"),
    "matcalc.printers.terminal": ("terminal",),
    "matcalc.printers.wrap": ("terminal",),
    "unicodedata": ("json", "terminal"),
}
"""The formats that have a use for a module."""


@pytest.mark.parametrize("format", ["text", "terminal", "json", "latex"])
def test_a_small_problem_loads_little(format: str) -> None:
    modules = loaded("derive", "--format", format, "d(x'@A@x)/dx where A: n x n, x: n")
    elsewhere = {module for module, formats in ONLY_FOR.items() if format not in formats}
    assert not modules & (HEAVY | OTHER_COMMANDS | (UNASKED - {"json"}) | elsewhere)


def test_a_terminal_needs_no_more_than_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    modules = loaded("derive", "d(x'@A@x)/dx")
    assert modules >= {"rich", "rich.console"}
    assert not modules & ((HEAVY - COLOUR) | OTHER_COMMANDS | UNASKED | BEYOND_OUR_STYLES)


def test_a_command_is_loaded_alone() -> None:
    modules = loaded("check", "--help")
    others = {"matcalc.notation_command", "matcalc.reference_command", "matcalc.shape_command"}
    assert "matcalc.claims_command" in modules
    assert not modules & (others | HEAVY | ENGINE)


def test_the_table_of_commands_makes_only_what_is_asked_for() -> None:
    commands = Commands()
    assert list(commands) == list(MODULES) and len(commands) == len(MODULES)
    shape = commands["shape"]
    assert (shape.name, commands["shape"]) == ("shape", shape)
    assert commands.get("chek") is None and "chek" not in commands
    assert [command.name for command in commands.values()] == list(MODULES)
