"""The same output for the same input, whatever the seed of Python's hashes."""

from __future__ import annotations

import os
import subprocess
import sys

PROBLEMS = """\
d(A@B)/dX where A(X): MxN, B(X): NxP, X: UxV
d2(normsq(A@x - b) + logdet(A'@A))/dx2
d(tr(A@X@B@X@A'))/dX where A: n x n, B: m x n, X: n x m
d(softmax(W@x + b))/dW
d(kron(A, B)@x)/dA where A: m x n, B: p x q, x: n*q
d(x'@)/dx
"""


def test_ten_hash_seeds_give_one_output() -> None:
    outputs = set()
    for seed in range(10):
        run = subprocess.run(
            [sys.executable, "-m", "matcalc", "derive", "--format", "json"],
            input=PROBLEMS,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONUTF8": "1"},
            check=False,
        )
        assert run.returncode == 1, run.stderr
        outputs.add(run.stdout)
    assert len(outputs) == 1
    (output,) = outputs
    assert len(output.splitlines()) == len(PROBLEMS.splitlines())
