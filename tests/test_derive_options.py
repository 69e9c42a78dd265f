"""The options of `derive` that say what code and costs are for."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from matcalc.cli import Commands
from matcalc.derive_options import sizes_of

ROOT = Path(__file__).resolve().parent.parent
HESSIAN = "d2(normsq(T - U@V'))/dU2 where T: m x n, U: m x k"


def derive(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", "derive", *arguments], input=stdin, cwd=ROOT,
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m", "'m' is no NAME=SIZE, as in m=2000,n=1000"),
        ("m=2,", "'' is no NAME=SIZE"),
        ("=3", "'=3' is no NAME=SIZE"),
        ("m=0", "m = 0: a size is a positive whole number"),
        ("m=-3", "m = -3: a size is a positive whole number"),
        ("m=1.5", "m = 1.5: a size is a positive whole number"),
        ("m=2,m=3", "m has two sizes"),
    ],
)
def test_wrong_sizes(text: str, message: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        sizes_of(text)
    assert message in caught.value.message


def test_the_cost_is_told_in_numbers() -> None:
    done = derive("--at", "m=100,n=50,k=5", "--format", "json", HESSIAN)
    assert (done.returncode, done.stderr) == (0, "")
    cost = json.loads(done.stdout)["cost"]
    assert cost["at"] == {"m": 100, "n": 50, "k": 5}
    assert cost["largest"] == "k^2*m^2"
    assert cost["largest_at"] == 250_000
    assert cost["flops_at"] >= 2 * 5 * 5 * 50
    shown = derive("--at", "m=100,n=50,k=5", HESSIAN).stdout
    assert "cost" in shown
    assert "at m = 100, n = 50, k = 5:" in " ".join(shown.replace("│", "").split())


def test_a_size_of_what_is_no_dimension_is_an_error() -> None:
    done = derive("--at", "m=100,n=50,K=5", "--format", "json", HESSIAN)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["kind"]) == (1, "name")
    assert error["message"] == "the problem has no dimension K"
    assert error["hint"] == "did you mean k? its dimensions are m, n, k"
    done = derive("--at", "m=100", "--format", "json", HESSIAN)
    assert json.loads(done.stdout)["error"]["message"] == "there is no size for n and k"


def test_code_that_tests_itself_in_compressed_form() -> None:
    done = derive("--format", "numpy", "--self-test", "--compressed", HESSIAN)
    assert (done.returncode, done.stderr) == (0, "")
    assert "class Compressed:" in done.stdout
    ran = subprocess.run(
        [sys.executable, "-"], input=done.stdout, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "ok: largest relative error" in ran.stdout


@pytest.mark.parametrize("option", ["--self-test", "--compressed"])
def test_options_of_code_need_code(option: str, tmp_path: Path) -> None:
    for format in (["--format", "json"], ["--format", "numpy", "--output", str(tmp_path / "a")]):
        done = derive(option, *format, HESSIAN)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"Invalid value for {option}: it needs --format numpy, jax or torch" in done.stderr


@pytest.mark.parametrize("option", ["--self-test", "--compressed"])
def test_options_of_code_need_a_derivative(option: str) -> None:
    done = derive(option, "--format", "numpy", "x'@x")
    assert (done.returncode, done.stdout) == (1, "")
    assert "this is no derivative, so there is nothing to comp" in done.stderr


HELP = [
    line.split(" > ")[0].strip()
    for command in Commands().values()
    for line in (command.help or "").splitlines()
    if line.strip().startswith("matcalc ") and '"' in line
]


@pytest.mark.parametrize("call", HELP)
def test_what_the_help_shows_runs(call: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(call)],
        stdin=subprocess.DEVNULL, cwd=ROOT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    # a claim in the help may be a wrong one; errors are told on standard error
    assert done.returncode in (0, 1), done.stderr
    assert b"error" not in done.stderr
