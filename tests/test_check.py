"""`matcalc check`: what it reads, what it says, how it ends; and the verdicts themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from matcalc.api import Session
from matcalc.errors import MatcalcError
from tests import cases

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus" / "claims.jsonl"
FALSE = [row for line in CORPUS.read_text("utf-8").splitlines() if (row := json.loads(line))["mistake"]]  # fmt: skip
KEYS = (
    "status",
    "line",
    "input",
    "claim",
    "answer",
    "latex_answer",
    "shape",
    "diagnosis",
    "method",
)
CORRECTED = 0.85
"""Of the false claims of the corpus: those that a diagnosis corrects."""


def check(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", "check", *arguments], input=stdin, capture_output=True,
        cwd=ROOT, check=False, timeout=60, encoding="utf-8",
    )  # fmt: skip


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def said(text: str) -> str:
    session = Session()
    verdict = [session.check(line) for line in text.splitlines()][-1]
    assert verdict is not None
    return verdict.status if verdict.diagnosis is None else f"{verdict.status}: {verdict.diagnosis}"


def test_cases() -> None:
    cases.check("check.txt", said)


def test_objects() -> None:
    lines = (
        "let x: n\n# nothing\nd(x'@x)/dx == 2*x\nd(x'@x)/dx == x  # half\nd(x'@x)/dx\nd(x) == 1\n"
    )
    done = check("--format", "json", stdin=lines)
    right, wrong, none, error = objects(done)
    assert (done.returncode, done.stderr) == (1, "")
    assert {key: right.get(key) for key in KEYS} == {
        "status": "ok", "line": 3, "input": "d(x'@x)/dx == 2*x", "claim": "2*x", "answer": "2*x",
        "latex_answer": "2 x", "shape": ["n"], "diagnosis": None, "method": "canonical",
    }  # fmt: skip
    assert {key: wrong.get(key) for key in KEYS} == {
        "status": "wrong", "line": 4, "input": "d(x'@x)/dx == x  # half", "claim": "x",
        "answer": "2*x", "latex_answer": "2 x", "shape": ["n"], "diagnosis": "a factor 2 is missing: 2*x",
        "method": "exact",
    }  # fmt: skip
    assert list(none) == ["status", "line", "input", "error"]
    assert (none["status"], none["line"]) == ("error", 5)
    assert isinstance(none["error"], dict)
    assert none["error"]["message"] == "there is no claim here"
    assert (error["status"], error["line"]) == ("error", 6)


def test_exit_statuses(tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_text("layout denominator\nlet A: m x n\nd(A@x)/dx == A'\n", "utf-8")
    assert check(str(good)).returncode == 0
    assert check("-e", "d(x'@x)/dx == x").returncode == 1
    assert check("-e", "d(x'@x)/dx").returncode == 1
    assert check(stdin="# nothing\n").returncode == 0
    for arguments in ((str(tmp_path / "none.txt"),), (str(tmp_path),), ("--format", "latex")):
        done = check(str(good), *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr
        assert "Traceback" not in done.stderr
    assert "none.txt: No such file" in check(str(tmp_path / "none.txt")).stderr


def test_statements_hold_for_their_file_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("layout denominator\nd(A@x)/dx == A' where A: m x n\n", "utf-8")
    two.write_text("\ufeffd(A@x)/dx == A where A: m x n\r\n", "utf-8")
    done = check("-e", "layout vec", str(one), str(two), "-", stdin="d(x)/dx == eye(n)\n")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"ok     {one}:2  d(A@x)/dx == A'",
        f"ok     {two}:1  d(A@x)/dx == A",
        "ok     standard input:1  d(x)/dx == eye(n)",
    ]
    assert done.stderr == "3 claims: 3 ok\n"


def test_terminal_and_text() -> None:
    lines = "d(x'@x)/dx == 2*x\nd(x'@x)/dx == x where x: n\nd(x'@y == 1\n"
    done = check(stdin=lines)
    assert done.stdout == (
        "ok     1  d(x'@x)/dx == 2*x\n"
        "wrong  2  d(x'@x)/dx == x\n"
        "       answer       2*x\n"
        "       dimensions   n\n"
        "       diagnosis    a factor 2 is missing: 2*x\n"
    )
    assert done.stderr.startswith("syntax error: ")
    assert done.stderr.endswith("3 claims: 1 ok, 1 wrong, 1 error\n")
    done = check("--format", "text", stdin=lines)
    assert done.stdout == "ok\t1\t2*x\nwrong\t2\tx\t2*x\ta factor 2 is missing: 2*x\n"


def test_options_hold() -> None:
    line = "d(logdet(S))/dS == 2*inv(S) - inv(S)*eye(n) where S: n x n posdef"
    assert check("--structure", "entries", "-e", line).returncode == 0
    assert check("-e", line).returncode == 1
    assert check("--layout", "denominator", "-e", "d(A@x)/dx == A' where A: m x n").returncode == 0


def test_derive_tells_the_verdict() -> None:
    def derive(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "matcalc", "derive", *arguments], capture_output=True, cwd=ROOT,
            check=False, timeout=60, encoding="utf-8",
        )  # fmt: skip

    done = derive("--format", "text", "d(x'@x)/dx == x")
    assert (done.returncode, done.stdout) == (1, "2*x\nwrong: x: a factor 2 is missing: 2*x\n")
    done = derive("d(x'@x)/dx == 2*x")
    assert done.returncode == 0
    assert "│ claim        ok: 2*x " in done.stdout
    (answer,) = objects(derive("--format", "json", "d(x'@x)/dx == x"))
    assert isinstance(answer["claim"], dict)
    assert answer["claim"]["status"] == "wrong"


def test_a_claim_that_does_not_conform_is_wrong() -> None:
    line = "d(normsq(A@x))/dx == 2*A@(A@x) where A: m x n, x: n"
    verdict = Session().check(line)
    assert verdict is not None
    assert verdict.status == "wrong"
    assert "m×n" in str(verdict.diagnosis)
    assert verdict.corrected == "2*A'@(A@x)"
    with pytest.raises(MatcalcError):
        Session().check("d(normsq(A@x))/dx == 2*foo(x) where A: m x n, x: n")


@pytest.mark.parametrize("row", FALSE, ids=[row["id"] for row in FALSE])
def test_what_a_diagnosis_corrects_is_right(row: dict[str, str]) -> None:
    session = Session(row["layout"], row.get("structure", "projected"))
    verdict = session.check(row["line"])
    assert verdict is not None
    assert verdict.status == "wrong"
    assert verdict.diagnosis
    if verdict.corrected is not None:
        assert verdict.corrected in verdict.diagnosis
        line = row["line"].replace(f"== {verdict.claim}", f"== {verdict.corrected}")
        again = session.check(line)
        assert again is not None
        assert again.status == "ok", line


def test_most_false_claims_are_corrected() -> None:
    corrected = []
    for row in FALSE:
        verdict = Session(row["layout"], row.get("structure", "projected")).check(row["line"])
        corrected.append(verdict is not None and verdict.corrected is not None)
    assert sum(corrected) >= CORRECTED * len(FALSE)


RIGHT_ON_ONE_SIDE = [
    "d(sum(X1)^2)/dX1 == 2*abs(eye(n))@X1 where X1: n",
    "d(X1**2)/dX1 == abs(2*diag(X1)) where X1: n",
    "d(X1^2)/dX1 == sqrt(4*X1^2) where X1: scalar",
    "d(X1*X2^2)/dX2 == 2*abs(X1*X2) where X1, X2: scalar",
    "d(X1@X1)/dX1 == 2*X1*sign(X2) where X2: scalar, X1: n",
    "d(sum(sin(X1)))/dX1 == abs(cos(X1)) where X1: n",
    "d(sum(X1**2))/dX1 == 2*relu(X1 + 2) - 4 where X1: n",
    "d(X1/(2 + (softmax(X2)'@X3**2)^2))/dX1 == 1/(2 + (softmax(1.001*X2)'@X3**2)^2) where X2, X3: n, X1: scalar",
]
"""Claims that are right, or nearly so, at sizes of 1, at points on one side of a kink, or in some places."""


@pytest.mark.parametrize("line", RIGHT_ON_ONE_SIDE)
def test_no_choice_of_points_lets_a_wrong_claim_pass(line: str) -> None:
    """The names of the variables decide which points are drawn."""
    for name in "abcd":
        verdict = Session().check(line.replace("X", name))
        assert verdict is not None
        assert verdict.status == "wrong", name


def test_what_is_singular_but_at_a_size_of_1_is_not_verified() -> None:
    with pytest.raises(MatcalcError) as caught:
        Session().read("d(det(x@x'))/dx where x: n")
    assert caught.value.kind == "unsupported"
    assert "sizes above 1" in caught.value.message


def test_zeros_of_a_structure_are_no_kinks() -> None:
    result = Session().read("d(x'@abs(S)@x)/dx where S: n x n skew, x: n")
    assert result is not None
    assert result.matrix == "(abs(S) + abs(S')) @ x"
