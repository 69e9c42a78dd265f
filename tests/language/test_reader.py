"""A text read within a typed problem is what the same text is in a line that declares it all."""

from __future__ import annotations

import pytest

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.reader import Reader
from matcalc.language.syntax import Problem
from matcalc.language.typed import Typed, TypedProblem, Variable, fold_literals, postorder
from tests.forms.random_text import DECLARATIONS, RandomText


def typed(line: str) -> TypedProblem:
    problem = parse_line(line)
    assert isinstance(problem, Problem)
    found = infer(problem)
    if found.rigid:
        fold_literals(found)
    return found


def described(root: Typed) -> list[object]:
    """Every node: its kind, what it holds, its dims and whether it lies, and its children's places."""
    nodes = list(postorder(root))
    place = {id(node): k for k, node in enumerate(nodes)}
    return [
        (
            node.op,
            node.data.name if isinstance(node.data, Variable) else node.data,
            node.dims,
            node.row,
            [place[id(child)] for child in node.children],
        )
        for node in nodes
    ]


@pytest.mark.parametrize(
    ("text", "declarations"),
    [
        ("(A + A')@x - 2*x", "A: n x n, x: n"),
        ("S@x + s*e(1, n)", "S: n x n symmetric, x, s: n"),
        ("d(F)/dX + 2*n", "F(X): scalar, X: m x n"),
        ("f(x) * f′(x)", "f: elementwise, x: n"),
        ("inv(I + X)@ones(n, 3)", "X: n x n"),
        ("x : y + 200", "x, y: 200"),
        ("K(m, n)@vec(A)", "A: m x n"),
        ("vec(A)@y'", "A: 10 x 20, y: 200"),
        ("eye(200)@y + vec(A)", "A: 10 x 20, y: 200"),
        ("d(X)/dX + outer(X, X)", "X: m x n"),
        ("A⋆x", "A: n x n, x: n"),
        ("sum[j](A[i,j]*x[j])*y[i]", "A: m x n, x: n, y: m"),
        ("(X')^T@X^-1", "X: n x n"),
        ("X^T", "X: n x n, T: scalar"),
    ],
)
def test_it_is_the_same_tree(text: str, declarations: str) -> None:
    alone = typed(f"{text} where {declarations}")
    scope = typed(f"0 where {declarations}")
    if alone.rigid:
        scope.rigid = True
        fold_literals(scope)
    assert described(Reader(scope, {}).read(text)) == described(alone.expression)


@pytest.mark.parametrize("seed", range(40))
def test_random_expressions(seed: int) -> None:
    text = RandomText(seed).matrix("m", "n", 4)
    alone = typed(f"{text} where {DECLARATIONS}")
    reader = Reader(typed(f"0 where {DECLARATIONS}"), {})
    assert described(reader.read(text)) == described(alone.expression)
    assert described(reader.read(text)) == described(alone.expression)


def test_names_stand_for_what_they_were_defined_as() -> None:
    line = "h2 + h2' where A: n x n, x: n, h1 = A@x, h2 = outer(h1, x)"
    reader = Reader(typed("0 where A: n x n, x: n"), {})
    reader.define("h1", "A@x")
    reader.define("h2", "outer(h1, x)")
    read = reader.read("h2 + h2'")
    assert described(read) == described(typed(line).expression)
    # what a name stands for is one part, however often it is used
    assert read.children[0].children is read.children[1].children[0].children


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("q@x", "name"),
        ("g(x)", "name"),
        ("A@A@y + (", "syntax"),
        ("x@A", "shape"),
        ("where", "name"),
        ("x where x: n", "syntax"),
    ],
)
def test_what_cannot_be_read(text: str, kind: str) -> None:
    reader = Reader(typed("0 where A: m x n, x: n"), {})
    with pytest.raises(MatcalcError) as caught:
        reader.read(text)
    assert caught.value.kind == kind


def test_what_was_read_before_is_not_known() -> None:
    reader = Reader(typed("0 where A: m x n, x: n"), {})
    with pytest.raises(MatcalcError):
        reader.read("A@q")
    with pytest.raises(MatcalcError):
        reader.read("A@q")
    assert reader.read("A@x").op == "matmul"


@pytest.mark.parametrize("text", ["A⋆B", "2*(A⋆B) - A⋆B", "(A⋆B)'@(A⋆B)"])
def test_dimensions_that_are_left_open_have_the_names_of_the_problem(text: str) -> None:
    problem = typed(f"{text} where A: m x N, B: P x Q")
    assert "k" in problem.sizes or "n" in problem.sizes
    assert described(Reader(problem, {}).read(text)) == described(problem.expression)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("eye(9) + K(3, 3)", 9),  # the 9 that 3*3 makes
        ("eye(9)@y", "#9"),  # the 9 of y
        ("tr(X)*eye(9) + K(3, 3)", 9),  # y has nothing to do with it
    ],
)
def test_a_literal_size_is_that_of_the_problem(text: str, size: int | str) -> None:
    reader = Reader(typed("0 where X: 3 x 3, y: 9"), {})
    assert reader.read(text).dims[0] is (
        Dim.named(size) if isinstance(size, str) else Dim.number(9).folded
    )


def test_a_problem_of_plain_sizes_has_no_other() -> None:
    reader = Reader(typed("0 where X: 3 x 3"), {})
    reader.define("E", "eye(9)")
    assert reader.read("E + K(3, 3)").dims == (Dim.number(9).folded,) * 2


def test_sizes_that_agree_by_value_alone_are_no_text_of_the_problem() -> None:
    reader = Reader(typed("0 where X: 3 x 3, y: 9"), {})
    with pytest.raises(MatcalcError) as caught:
        reader.read("K(3, 3)@y")
    assert caught.value.kind == "unsupported"
    assert reader.read("eye(9)@y").dims == (Dim.number(9),)
