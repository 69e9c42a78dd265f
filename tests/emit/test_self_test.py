"""The self-test that a module may end with: it passes, and a derivative made wrong fails it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matcalc.api import Session, derive
from matcalc.emit.run import compile_module
from matcalc.errors import MatcalcError
from tests.corpus import truth
from tests.corpus.truth import Row

ROWS = [row for row in truth.rows("derive.jsonl") if row["wrt"] and row.get("may") is None][1::4]


def status_of(text: str) -> int:
    status: int = compile_module(text)["self_test"]()
    return status


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_every_derivative_passes(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(row["layout"], row.get("structure", "projected"))
    for line in row.get("before", ()):
        session.read(line)
    result = session.read(row["problem"])
    assert result is not None
    assert status_of(result.code(self_test=True)) == 0, capsys.readouterr().out


PROBLEMS: list[tuple[str, dict[str, str]]] = [
    ("d(x'@A@x)/dx", {}),
    ("d(x'@A@x)/dx", {"layout": "denominator"}),
    ("d2(x'@A@x)/dx2", {}),
    ("d(A@X@B)/dX", {"layout": "vec"}),
    ("d(A@X@B)/dX", {"layout": "numerator"}),
    ("d(logdet(S))/dS where S: n x n posdef", {}),
    ("d(logdet(S))/dS where S: n x n posdef", {"structure": "entries"}),
    ("d(tr(A@S@S))/dS where S: n x n symmetric", {"structure": "ignore"}),
    ("d(tr(A@Q@B@Q'))/dQ where Q: n x n orthogonal", {}),
    ("d2(tr(A@Q@B@Q'))/dQ2 where Q: n x n orthogonal", {}),
    ("d(sum(log(x)))/dx", {}),
    ("d(sum(f(x)*g(x)))/dx where f: elementwise, g: elementwise, x: n", {}),
    ("d(A@B)/dX where A(X): m x n, B(X): n x p, X: u x v", {"layout": "denominator"}),
    ("d2(tr(A))/dX2 where A(X): m x m, X: u x v", {}),
    ("d(A@X@A)/dA where A(X): m x n, X: n x m", {}),
    ("d2(tr(A@X@A@X))/dX dA where A(X): m x n, X: n x m", {}),
    ("d(relu(A@x))/dx", {}),
    ("d(d2(sum(sin(A@x)))/dx2)/dx where A: m x n", {}),
    ("d(logdet(A'@A))/dA where A: m x n", {}),
    ("d(tr(X^k))/dX where X: n x n, k: scalar", {}),
    ("d(e(4, n)'@exp(x))/dx where x: n", {}),
]


@pytest.mark.parametrize(("problem", "how"), PROBLEMS, ids=[f"{p} {h}" for p, h in PROBLEMS])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_wrong_derivative_fails(
    problem: str, how: dict[str, Any], compressed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    text = derive(problem, **how).code(self_test=True, compressed=compressed)
    assert status_of(text) == 0, capsys.readouterr().out
    # 0.1 % more than it should be
    call = "derivative(**_given(point))" + ".dense()" * compressed
    assert text.count(call) == 1
    assert status_of(text.replace(call, f"(1.001 * {call})")) == 1
    # the derivative of something else
    assert status_of(text.replace("return value(**_given(point))", "return value(**_given(point))**2")) == 1  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_it_runs_as_a_program(target: str, tmp_path: Path) -> None:
    pytest.importorskip(target)
    problem = "d(x'@S@x + a*sum(softplus(x)))/dx where S: n x n posdef, a: scalar"
    text = derive(problem).code(target, self_test=True)
    module = tmp_path / "module.py"
    module.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, module], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok: largest relative error \S+e-\d+ \(limit 1e-07\)$", done.stdout, re.M)
    sabotaged = text.replace("S @ x", "S @ (x + 1e-3)")
    assert sabotaged != text
    module.write_text(sabotaged, encoding="utf-8")
    done = subprocess.run([sys.executable, module], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr


def test_what_cannot_be_compared_is_an_error() -> None:
    with pytest.raises(MatcalcError, match="nothing to compare with differences"):
        derive("x'@x").code(self_test=True)
    twice = derive("d2(tr(Q'@A@Q))/dQ2 where Q: n x n orthogonal", structure="ignore")
    with pytest.raises(MatcalcError, match="no self-test of second derivatives"):
        twice.code(self_test=True)
    large = derive("d2(normsq(W@x))/dW2 where W: 100 x 784, x: 784")
    with pytest.raises(MatcalcError, match=r"no self-test of a derivative with 6e\+09 entries"):
        large.code(self_test=True)


def test_the_module_imports_nothing_else() -> None:
    text = derive("d(x'@A@x)/dx").code(self_test=True)
    lines = [line for line in text.splitlines() if re.match("(from|import) ", line)]
    assert lines == ["import math", "import sys", "from random import Random", "import numpy as np"]
