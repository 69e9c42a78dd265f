"""Depth and length cost time in proportion, and never the stack."""

from __future__ import annotations

import pytest

from matcalc.errors import MatcalcError
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem

N = 10_000
DEEP = {
    "parentheses": "(" * N + "x" + ")" * N + " where x: n",
    "calls": "sin(" * N + "x" + ")" * N + " where x: n",
    "sum": "+".join(["x"] * 5 * N) + " where x: n",
    "product": "*".join(["x"] * N) + " where x: n",
    "matrices": "@".join(["A"] * N) + " where A: n x n",
    "transposes": "A" + "'" * N + " where A: m x n",
    "signs": "-" * N + "x where x: n",
    "powers": "**".join(["x"] * N) + " where x: n",
    "derivatives": "d(" * 2000 + "a" + ")/da" * 2000 + " where a: scalar",
    "indices": "+".join(["A[i,j]*x[j]"] * 2000) + " where A: m x n, x: n",
    "brackets": "(" * 2000 + "A" + ")[i,j]" * 2000 + " where A: m x n",
    "inferred": "+".join(f"A{k}@x" for k in range(2000)),
    "definitions": "r0 where "
    + ", ".join(f"r{k} = sin(r{k + 1})" for k in range(2000))
    + ", r2000: n",
    "dependences": "A0 where "
    + ", ".join(f"A{k}(A{k + 1}): n" for k in range(2000))
    + ", A2000: n",
}


@pytest.mark.parametrize("name", DEEP)
def test_deep(name: str) -> None:
    line = parse_line(DEEP[name])
    assert isinstance(line, Problem)
    infer(line)


@pytest.mark.parametrize(
    "text,kind",
    [
        ("d(" + "(" * 100_000, "syntax"),
        ("[" * 100_000, "syntax"),
        ("x" * 2_000_000, "limit"),
        ("9" * 5000, "limit"),
        ("1e999999999", "limit"),
        ("x where x: " + "9" * 5000, "limit"),
        ("x where x: " + "*".join(f"(a{k} + b{k})" for k in range(40)), "limit"),
        ("d999999999999(x)/dx", "limit"),
        ("d1000(x)/dx1000", "limit"),
        ("+".join(f"a{k}^a{k + 1}" for k in range(300)), "shape"),
    ],
    ids=lambda value: value[:20],
)
def test_too_much_is_refused(text: str, kind: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        line = parse_line(text)
        assert isinstance(line, Problem)
        infer(line)
    assert caught.value.kind == kind
