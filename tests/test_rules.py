"""The sheet of rules: complete, verified, readable; and the command that shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from matcalc import rule_differential
from matcalc.api import LAYOUTS
from matcalc.errors import InternalError, MatcalcError
from matcalc.functions import FUNCTIONS
from matcalc.language.typed import Variable
from matcalc.printers.measure import width
from matcalc.printers.page import plain
from matcalc.printers.rule_latex import sheet
from matcalc.printers.rule_table import rule_lines, rule_text
from matcalc.rule_derivation import DerivedRule, derive_rule
from matcalc.rule_sheet import GROUPS, chosen, rules
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder

NAMES = [rule.name for rule in rules()]


@cache
def derived(name: str, layout: str = "jacobian") -> DerivedRule:
    (rule,) = [rule for rule in rules() if rule.name == name]
    return derive_rule(rule, layout)


def everything(layout: str = "jacobian") -> list[DerivedRule]:
    return [derived(name, layout) for name in NAMES]


def matcalc(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    unset = ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    environment = {k: v for k, v in os.environ.items() if k not in unset}
    return subprocess.run(
        [sys.executable, "-m", "matcalc", *arguments], capture_output=True, encoding="utf-8",
        env={**environment, **more}, cwd=Path(__file__).parent.parent, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_is_verified(name: str) -> None:
    for layout in ("jacobian", "vec"):
        rule = derived(name, layout)
        assert rule.differential.verified["ok"]
        results = (rule.result, *rule.parts, rule.slope, rule.example)
        assert all(result.verified["ok"] for result in results if result is not None)
        assert rule.result.layout == layout


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(re.fullmatch(r"[A-Za-z0-9]+(-[a-z]+)?", name) for name in NAMES)


def test_there_is_a_rule_for_each_function() -> None:
    assert {row.name for row in FUNCTIONS.values() if not row.internal} <= set(NAMES)
    assert not {row.name for row in FUNCTIONS.values() if row.internal} & set(NAMES)
    assert {rule.group for rule in rules()} == set(GROUPS)


def test_there_is_a_rule_for_each_product() -> None:
    products = "matrix vector scalar hadamard frobenius kronecker khatrirao outer inner star any"
    assert {f"product-{product}" for product in products.split()} <= set(NAMES)


@pytest.mark.parametrize(
    ("name", "differential"),
    [
        ("sum-rule", "d(A + B) = dA + dB"),
        ("constant-matrices", "d(P@A@Q) = P @ dA @ Q"),
        ("transpose", "d(A') = dA'"),
        ("product-matrix", "d(A@B) = dA @ B + A @ dB"),
        ("product-hadamard", "d(A∘B) = B * dA + A * dB"),
        ("product-frobenius", "d(A:B) = B : dA + A : dB"),
        ("product-kronecker", "d(A⊗B) = dA ⊗ B + A ⊗ dB"),
        ("product-star", "d(A⋆B) = dA ⋆ B + A ⋆ dB"),
        ("product-outer", "d(outer(A, B))[i,j,k,l] = dA[i,j]·B[k,l] + A[i,j]·dB[k,l]"),
        ("chain", "dA[i,j] = Σₖₗ (∂A[i,j]/∂Y[k,l])·dY[k,l]"),
        ("chain-scalar", "dg = d(g)/dY : dY"),
        ("chain-entrywise", "d(f(A)) = f′(A) * dA"),
        ("power-square", "d(A^2) = dA @ A + A @ dA"),
        ("inv", "d(inv(X)) = -inv(X) @ dX @ inv(X)"),
        ("det", "d(det(X)) = det(X)*tr(inv(X) @ dX)"),
        ("trace", "d(tr(A)) = tr(dA)"),
        ("sin", "d(sin(U)) = cos(U) * dU"),
    ],
)
def test_differentials_of_the_textbook(name: str, differential: str) -> None:
    assert derived(name).differential.text == differential


def test_the_product_rule_in_each_notation() -> None:
    rule = derived("product-matrix")
    assert rule.head == "∂C[i,k]/∂X[p,q]"
    assert rule.result.index == "Σⱼ (∂A[i,j]/∂X[p,q])·B[j,k] + A[i,j]·(∂B[j,k]/∂X[p,q])"
    assert rule.result.shape == ("M", "P", "U", "V")
    assert rule.latex_value == r"C_{ik} = \sum_{j} A_{ij} B_{jk}"
    by_layout = {layout: derived("product-matrix", layout).result.shape for layout in LAYOUTS}
    assert by_layout["denominator"] == ("U", "V", "P", "M")
    assert by_layout["vec"] == ("M*P", "U*V")
    parts = derived("product-matrix", "vec").parts
    assert [part.matrix for part in parts] == ["B' ⊗ eye(M)", "eye(P) ⊗ A"]


def test_functions_entry_by_entry_have_a_slope() -> None:
    slope = derived("tanh").slope
    assert slope is not None
    assert slope.matrix == "1 - tanh(u)^2"


def test_functions_that_users_do_not_write_are_explained() -> None:
    for rule in everything():
        for name, row in FUNCTIONS.items():
            if row.internal and f"{name}(" in rule.differential.text:
                assert rule.functions[name] == row.doc


def test_what_is_constant_has_no_differential() -> None:
    assert "dp" not in derived("power").differential.text
    problem = rule_differential.typed_problem("d(tr(A@X))/dX where A, X: n x n")
    x = next(variable for variable in problem.variables if variable.name == "X")
    assert "dA" not in rule_differential.differential(problem, (x,)).text


def test_a_wrong_differential_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(builder: Builder, node: Node, variable: Node) -> Node:
        return builder.scale(2, differentiate(builder, node, variable))

    monkeypatch.setattr(rule_differential, "differentiate", twice)
    for name in ("product-matrix", "det", "exp", "sum-rule"):
        (rule,) = (rule for rule in rules() if rule.name == name)
        with pytest.raises(InternalError, match="failed its verification"):
            derive_rule(rule)


def test_declarations_read_back() -> None:
    problem = rule_differential.typed_problem("d(A@x)/dx where A(x): m x n, x: n positive")
    variables: tuple[Variable, ...] = problem.variables
    texts = [rule_differential.declaration(variable) for variable in variables]
    assert texts == ["A(x): (m, n)", "x: (n) positive"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("product-matrix", ["product-matrix"]),
        ("quotient", ["quotient", "quotient-hadamard", "quotient-matrix"]),
        ("norm", ["norm-vector", "norm-frobenius", "norm"]),
        ("norm2", ["norm-vector", "norm-frobenius", "norm"]),
        ("sum", ["sum-rule", "sum"]),
        ("inv", ["inv"]),
        ("trans", ["transpose"]),
        ("prod", [name for name in NAMES if name.startswith("product-")]),
        ("p", [name for name in NAMES if name.startswith("p")]),
    ],
)
def test_a_name_chooses(name: str, expected: list[str]) -> None:
    assert [rule.name for rule in chosen(name)] == expected


def test_an_unknown_name() -> None:
    with pytest.raises(MatcalcError) as caught:
        chosen("quotent")
    assert (caught.value.kind, caught.value.hint) == ("name", "did you mean quotient?")
    done = matcalc("rules", "quotent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no rule 'quotent'; did you mean quotient?" in done.stderr
    assert "lists them" in matcalc("rules", "").stderr


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_table_has_its_width(layout: str, columns: int) -> None:
    lines = plain(rule_lines(everything(layout), columns)).splitlines()
    assert {width(line) for line in lines} == {columns}


def test_each_rule_stands_in_the_table_and_in_the_lines() -> None:
    table = plain(rule_lines(everything()))
    for name in NAMES:
        assert f"│ {name} " in table
        fields = rule_text(derived(name)).split("\t")
        assert fields[0] == name and len(fields) == 4 and all(fields)


def balanced(text: str, opening: str, closing: str) -> bool:
    depth = 0
    for found in re.finditer(r"\\left\b|\\right\b|\\.|[{}]", text):
        depth += (found[0] == opening) - (found[0] == closing)
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_sheet_is_a_document(layout: str) -> None:
    text = sheet(everything(layout))
    body = text.partition(r"\begin{document}")[2]
    assert text.startswith("\\documentclass[a4paper]{article}\n")
    assert text.isascii()
    assert balanced(text, "{", "}")
    assert balanced(text, r"\left", r"\right")
    assert body.replace(r"\$", "").count("$") % 2 == 0
    opened = re.findall(r"\\begin\{(\w+)\}", text)
    assert re.findall(r"\\end\{(\w+)\}", text) == opened[::-1] == ["multicols", "document"]
    assert re.findall(r"\\usepackage\{(\w+)\}", text) == ["amsmath", "multicol"]
    assert body.count(r"\rules{") == len(NAMES)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_sheet_has_two_pages(layout: str, tmp_path: Path) -> None:
    (tmp_path / "sheet.tex").write_text(sheet(everything(layout)), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "sheet.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "(2 pages" in done.stdout.replace("\n", " ")
    assert "Overfull" not in done.stdout


KEYS = {
    "name", "title", "group", "value", "latex_value", "differential", "latex_differential",
    "differential_verified", "head", "latex_head", "parts", "slope", "example", "functions",
    "input", "status", "wrt", "order", "layout", "shape", "index", "axes", "matrix",
    "latex_index", "latex_matrix", "verified",
}  # fmt: skip


def test_the_command_in_json() -> None:
    done = matcalc("rules", "--format", "json", "--layout", "denominator")
    assert (done.returncode, done.stderr) == (0, "")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["name"] for entry in objects] == NAMES
    for entry in objects:
        assert entry.keys() >= KEYS
        assert (entry["status"], entry["layout"], entry["order"]) == ("ok", "denominator", 1)
        assert entry["verified"]["ok"] is entry["differential_verified"]["ok"] is True
        assert all(part["status"] == "ok" for part in entry["parts"])


def test_the_command_on_a_page() -> None:
    shown = matcalc("rules", "product")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert max(map(width, shown.stdout.splitlines())) == 80
    assert "\x1b" not in shown.stdout
    assert "\x1b" in matcalc("rules", "trace", FORCE_COLOR="1").stdout
    assert "\x1b" not in matcalc("rules", "trace", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert max(map(width, matcalc("rules", "trace", COLUMNS="50").stdout.splitlines())) == 50


def test_the_command_in_latex_and_text() -> None:
    latex = matcalc("rules", "--format", "latex", "inverse").stdout
    assert latex.endswith("\\end{document}\n")
    assert matcalc("rules", "--format", "text", "trace").stdout == (
        "trace\td(tr(A)) = tr(dA)\td(tr(A))/dX = (Σᵢ ∂A[i,i]/∂X[p,q])[p,q]\tU×V\n"
    )


@pytest.mark.parametrize("arguments", [("--layout", "rows"), ("--format", "numpy"), ("a", "b")])
def test_a_wrong_call(arguments: tuple[str, ...]) -> None:
    done = matcalc("rules", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_the_output_is_the_same_each_time() -> None:
    first, second = (
        matcalc("rules", "--format", "json", "product", PYTHONHASHSEED=seed).stdout
        for seed in ("1", "2")
    )
    assert first == second
