"""Properties of parsing and inference, on random text and random expressions."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from matcalc.errors import KINDS, MatcalcError
from matcalc.language.infer import infer
from matcalc.language.parse import parse_expression, parse_line
from matcalc.language.syntax import Problem
from matcalc.language.typed import Typed, postorder
from tests.language.show import show_problem, show_syntax

TEXT = """
A B x y n m i j 1 2 0.5 + - * / @ : ^ ** ' .T ( ) [ ] , == ⊗ ⋆ .* ./ .^ =
d( d2( /dx /dA /dx2 where x: A: n m T I pi sum( sum[i]( A[i,j] x[i] tr( inv( sin(
einsum( "ij->i" axis=0 diag( eye( e( grad( D( norm( vec( hstack( # scalar symmetric
"""
WORDS = TEXT.split()
lines = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


@settings(max_examples=600, deadline=None)
@given(st.one_of(lines, st.text(max_size=30)))
@example("d2(x)/dx2^2")
@example("\ufeff")
@example("x^-T")
@example("1e5'")
@example("²")
@example("x where x: ²")
@example("d٣(x)/dx3")
def test_any_text_is_answered_or_refused_with_a_place(text: str) -> None:
    try:
        line = parse_line(text)
        if isinstance(line, Problem):
            infer(line)
    except MatcalcError as error:
        assert error.kind in KINDS
        assert error.start is not None and error.end is not None
        assert 0 <= error.start < error.end <= len(text) + 2
        assert error.message


atoms = st.sampled_from(["A", "B", "2", "x'@y", "s", "A[i,j]", "sin(A)", "d(s)/dA", "A^-1", "A.T"])
operators = st.sampled_from(["+", "-", ":", "@", "*", "/", "⊗", "⋆", "^"])


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    exponent = st.sampled_from(["2", "-1", "T", "-T", "k", "(1/2)"])
    return st.one_of(
        st.tuples(inner, operators.filter(lambda o: o != "^"), inner).map(" ".join),
        st.tuples(inner, exponent).map(lambda p: f"({p[0]})^{p[1]}"),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"({text})'"),
        inner.map(lambda text: f"exp({text})"),
    )


expressions = st.recursive(atoms, _combined, max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_the_parenthesised_text_parses_to_the_same(text: str) -> None:
    shown = show_syntax(parse_expression(text))
    assert show_syntax(parse_expression(shown.replace("d1(", "d("))) == shown


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_inference_is_settled_and_repeatable(text: str) -> None:
    line = f"{text} where s, k: scalar"
    try:
        first = infer(_problem(line))
    except MatcalcError as error:
        assert error.kind in ("shape", "unsupported", "syntax", "name")
        return
    assert show_problem(first) == show_problem(infer(_problem(line)))
    for node in postorder(first.expression):
        assert not any(name.startswith("?") for dim in node.dims for name in dim.names)
        _well_formed(node)


def _problem(line: str) -> Problem:
    problem = parse_line(line)
    assert isinstance(problem, Problem)
    return problem


def _same(*shapes: tuple[object, ...]) -> bool:
    return len({shape for shape in shapes if shape}) <= 1


def _well_formed(node: Typed) -> None:
    """The shapes that `typed` promises."""
    shapes = [child.dims for child in node.children]
    match node.op:
        case "add" | "hadamard" | "divide" | "power":
            assert _same(node.dims, *shapes)
        case "frobenius":
            assert _same(*shapes) and node.dims == ()
        case "matmul":
            inner = {"matrix": (1, 0), "vector": (1, 0), "covector": (0, 0), "inner": (0, 0)}
            if node.data in inner:
                one, two = inner[str(node.data)]
                assert shapes[0][one] == shapes[1][two]
        case "outer":
            assert node.dims == shapes[0] + shapes[1]
        case "transpose":
            assert node.dims == shapes[0][::-1]
        case "matpower":
            assert node.dims == shapes[0] and node.dims[0] == node.dims[1]
        case _:
            pass
