"""The sizes of a problem are the names in all its dimensions, wherever they come from."""

from __future__ import annotations

import pytest

from matcalc.language.infer import _dims, _names, infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Let, Problem
from matcalc.language.typed import postorder

LINES = [
    ("d(x'@A@x)/dx where A: n x n, x: n", ("n",)),
    ("A@B where A: m x n, B: n x p, C: q x q", ("m", "n", "p", "q")),
    ("ones(k)'@ones(k)*t where t: scalar", ("k",)),
    ("eye(n)@x + y where y, x: n", ("n",)),
    ("x + r where x: n, r = (ones(m)'@ones(m))*x", ("n", "m")),
    ("2*n*k where x: n, A: k x n", ("n", "k")),
    ("k*x where x: n, y: 2*k", ("n", "k")),
    ("vech(S) where S: n x n", ("n",)),
    ("x where x: n*(n + 1)//2", ("n",)),
    ("A@x + I@x", ("n",)),
    ("x + 1 == ones(n) where x: n", ("n",)),
    ("x == ones(n)*t where x: 3, t: scalar", ("n",)),
    ("d(x'@x)/dx where x: 7", ()),
]


@pytest.mark.parametrize(("line", "sizes"), LINES, ids=[line for line, _ in LINES])
def test_sizes_are_those_of_all_dimensions(line: str, sizes: tuple[str, ...]) -> None:
    problem = parse_line(line)
    assert isinstance(problem, Problem)
    found = infer(problem)
    claims = () if found.claim is None else (found.claim,)
    nodes = postorder(found.expression, *claims, *found.definitions.values())
    assert found.sizes == tuple(_names(_dims(found.variables, nodes)))
    assert found.sizes == sizes


def test_names_that_are_only_mentioned_reach_the_let_lines() -> None:
    let = parse_line("let x: n, y: n, A: n x n, T: scalar, f = x'@A@x, g: elementwise")
    assert isinstance(let, Let)
    for text, names in {
        "grad(t, x) where t: scalar": "x t",
        "d(t)/dx where t: scalar": "x t",
        "d2(t)/dx dy where t: scalar": "x y t",
        "B^T where B: n x n": "T B",
        "df where t: scalar": "x A t",
        "g(t) where t: scalar": "t",
    }.items():
        problem = parse_line(text)
        assert isinstance(problem, Problem)
        found = infer(problem, let.declarations)
        assert [variable.name for variable in found.variables] == names.split(), text
        assert found.functions == (("g",) if text[0] == "g" and text[1] == "(" else ())
