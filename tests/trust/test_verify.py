"""Right answers pass; wrong ones, each by one small change, do not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.errors import InternalError, MatcalcError
from matcalc.language import typed
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, Variable
from matcalc.tensor import nodes
from matcalc.tensor.nodes import Graph, Node
from matcalc.trust import degree
from matcalc.trust.field import Field, random_prime
from matcalc.trust.sample import Point
from matcalc.trust.verify import Verification, verify
from tests.trust import trees as t

g = Graph()
m, n = Dim.named("m"), Dim.named("n")
A, X, Y = t.variable("A", "n n"), t.variable("X", "m n"), t.variable("Y", "n n")
x, y, z, s, k = (t.variable(*p) for p in (("x", "n"), ("y", "n"), ("z", "m"), ("s",), ("k",)))
a, bx, by, u, v, w, c, kk = (t.leaf(i) for i in (A, X, Y, x, y, z, s, k))
GA, GX, GY = g.variable("A", (n, n)), g.variable("X", (m, n)), g.variable("Y", (n, n))
gx, gy, gz = g.variable("x", (n,)), g.variable("y", (n,)), g.variable("z", (m,))
gs, gk = g.variable("s", ()), g.variable("k", ())
ROWS: tuple[tuple[int, ...], tuple[int, ...]] = ((0, 1), (1,))
COLUMNS: tuple[tuple[int, ...], tuple[int, ...]] = ((1, 0), (1,))


def check(value: Typed, wrt: tuple[Variable, ...], answer: Node, seed: int = 7) -> Verification:
    everything = t.problem(value, A, X, Y, x, y, z, s, k, functions=("f",))
    return verify(everything, value, wrt, answer, seed)


QUADRATIC = t.matmul(t.matmul(t.transpose(u), a), u)
Ax, Atx = g.einsum((GA, gx), ROWS, (0,)), g.einsum((GA, gx), COLUMNS, (0,))
GRAM = t.add(t.matmul(t.transpose(bx), bx), a)
TRACE = t.call("tr", t.matmul(t.inverse(GRAM), by), shape="")
GGram = g.add((1, 1), (g.einsum((GX, GX), ((2, 0), (2, 1)), (0, 1)), GA), (n, n))
GI = g.apply("inv", (GGram,), (n, n))
GM = g.einsum((GI, GY, GI), ((0, 1), (1, 2), (2, 3)), (0, 3))
XM, XMt = g.einsum((GX, GM), ((0, 1), (1, 2)), (0, 2)), g.einsum((GX, GM), ((0, 1), (2, 1)), (0, 2))
LOGISTIC = t.call(
    "sum",
    t.call("log", t.add(t.ONE, t.call("exp", t.add(t.hadamard(w, t.matmul(bx, u)), signs=(-1,))))),
    shape="",
)
GE = g.map("exp", (g.einsum((gz, GX, gx), ((0,), (0, 1), (1,)), (0,)),))
GD = g.add((1, 1), (g.delta(m, 1), GE), (m,))


def hessian(exponent: int, e: int) -> Node:
    power = g.map("pow", (GD, g.number(exponent)))
    operands = (GX, GX, gz, gz, power, *(GE,) * e)
    return g.einsum(operands, ((2, 0), (2, 1), *((2,),) * (3 + e)), (0, 1))


RIGHT: list[tuple[str, Typed, tuple[Variable, ...], Node, str]] = [
    ("x'Ax", QUADRATIC, (x,), g.add((1, 1), (Ax, Atx), (n,)), "exact"),
    ("value alone", QUADRATIC, (), g.einsum((gx, Ax), ((0,), (0,)), ()), "exact"),
    ("d2 x'Ax", QUADRATIC, (x, x), g.add((1, 1), (GA, g.einsum((GA,), ((0, 1),), (1, 0))), (n, n)), "exact"),
    ("dx dA x'Ax", QUADRATIC, (A, x), g.add((1, 1), (g.einsum((g.delta(n), gx), ((0, 2), (1,)), (0, 1, 2)), g.einsum((g.delta(n), gx), ((1, 2), (0,)), (0, 1, 2))), (n,) * 3), "exact"),
    ("zero", QUADRATIC, (y,), g.zero((n,)), "exact"),
    ("tr inv", TRACE, (X,), g.add((-1, -1), (XM, XMt), (m, n)), "exact"),
    ("XA by X", t.matmul(bx, a), (X,), g.einsum((g.delta(m), GA), ((0, 2), (3, 1)), (0, 1, 2, 3)), "exact"),
    ("inv", t.inverse(a), (A,), g.add((-1,), (g.einsum((g.apply("inv", (GA,), (n, n)),) * 2, ((0, 2), (3, 1)), (0, 1, 2, 3)),), (n,) * 4), "exact"),
    ("det", t.call("det", a, shape=""), (A,), g.einsum((g.apply("det", (GA,), ()), g.apply("inv", (GA,), (n, n))), ((), (1, 0)), (0, 1)), "exact"),
    ("normsq", t.call("normsq", bx, shape=""), (X,), g.add((2,), (GX,), (m, n)), "exact"),
    ("logdet", t.call("logdet", a, shape=""), (A,), g.einsum((g.apply("inv", (GA,), (n, n)),), ((0, 1),), (1, 0)), "numeric"),
    ("norm", t.call("norm", u, shape=""), (x,), g.einsum((gx, g.map("pow", (g.einsum((gx, gx), ((0,), (0,)), ()), g.number(Fraction(-1, 2))))), ((0,), ()), (0,)), "numeric"),
    ("logistic", LOGISTIC, (x, x), hessian(-2, 1), "numeric"),
    ("f", t.call("sum", t.call("f", u), shape=""), (x, x), g.einsum((g.map("f", (gx,), 2), g.delta(n)), ((0,), (0, 1)), (0, 1)), "exact"),
    ("tr A^k", t.call("tr", Typed("matpower", (a, kk), None, A.dims), shape=""), (A,), g.einsum((gk, g.apply("matpower", (GA, g.add((1, -1), (gk, g.number(1)), ())), (n, n))), ((), (1, 0)), (0, 1)), "exact"),
    ("pi", t.hadamard(t.constant("pi"), c), (s,), g.constant("pi", (), ()), "exact"),
    ("log negative", t.call("log", t.add(t.number(-3), t.power(c, 2), signs=(1, -1))), (s,), g.einsum((g.add((2,), (gs,), ()), g.map("pow", (g.add((1, 1), (g.number(3), g.map("pow", (gs, g.number(2)))), ()), g.number(-1)))), ((), ()), ()), "numeric"),
]  # fmt: skip


@pytest.mark.parametrize("name, value, wrt, answer, method", RIGHT, ids=[r[0] for r in RIGHT])
def test_right_answers_pass(
    name: str, value: Typed, wrt: tuple[Variable, ...], answer: Node, method: str
) -> None:
    found = check(value, wrt, answer)
    assert found.ok, found
    assert found.method == method
    if method == "exact":
        assert found.error_probability is not None and 0 < found.error_probability < 1e-14
    else:
        assert found.max_error is not None and found.max_error < 1e-7


SCALED = [
    (Fraction(-1), "sign"),
    (Fraction(2), "factor 2"),
    (Fraction(999_999, 1_000_000), "digit"),
]


@pytest.mark.parametrize("factor, mistake", SCALED, ids=[row[1] for row in SCALED])
@pytest.mark.parametrize("name, value, wrt, answer, method", RIGHT, ids=[r[0] for r in RIGHT])
def test_a_wrong_factor_is_refused(
    name: str,
    value: Typed,
    wrt: tuple[Variable, ...],
    answer: Node,
    method: str,
    factor: Fraction,
    mistake: str,
) -> None:
    if name == "zero":
        answer = gy
    assert not check(value, wrt, g.add((factor,), (answer,), answer.dims)).ok


WRONG: list[tuple[str, Typed, tuple[Variable, ...], Node]] = [
    ("transpose", QUADRATIC, (x,), g.add((2,), (Ax,), (n,))),
    ("missing term", QUADRATIC, (x,), Ax),
    ("difference", QUADRATIC, (x,), g.add((1, -1), (Ax, Atx), (n,))),
    ("hessian transposed once", QUADRATIC, (x, x), g.add((2,), (GA,), (n, n))),
    ("M for M'", TRACE, (X,), g.add((-2,), (XM,), (m, n))),
    ("constant term", TRACE, (X,), g.add((-1, -1, 1), (XM, XMt, GX), (m, n))),
    ("logistic without e^z", LOGISTIC, (x, x), hessian(-2, 0)),
    ("logistic with another power", LOGISTIC, (x, x), hessian(-1, 1)),
    ("axes swapped", t.inverse(a), (A,), g.add((-1,), (g.einsum((g.apply("inv", (GA,), (n, n)),) * 2, ((0, 3), (2, 1)), (0, 1, 2, 3)),), (n,) * 4)),
    ("untransposed inverse", t.call("logdet", a, shape=""), (A,), g.apply("inv", (GA,), (n, n))),
    ("f′ for f″", t.call("sum", t.call("f", u), shape=""), (x, x), g.einsum((g.map("f", (gx,), 1), g.delta(n)), ((0,), (0, 1)), (0, 1))),
    ("true at n = 1", t.call("tr", t.matmul(a, a), shape=""), (A,), g.einsum((g.einsum((GA,), ((0, 0),), ()), g.delta(n)), ((), (0, 1)), (0, 1))),
]  # fmt: skip


@pytest.mark.parametrize("name, value, wrt, answer", WRONG, ids=[row[0] for row in WRONG])
def test_wrong_answers_are_refused(
    name: str, value: Typed, wrt: tuple[Variable, ...], answer: Node
) -> None:
    found = check(value, wrt, answer)
    assert not found.ok
    assert found.reason


def test_both_sides_of_a_kink_of_a_scalar() -> None:
    """relu' is 1 only where s is positive."""
    value = t.call("relu", c)
    for seed in range(6):
        assert not check(value, (s,), g.number(1), seed).ok
        assert not check(value, (s,), g.zero(()), seed).ok
    step = g.add((Fraction(1, 2),) * 2, (g.number(1), g.map("sign", (gs,))), ())
    assert check(value, (s,), step).ok


def test_a_wrong_digit_is_refused_whatever_the_points() -> None:
    """Points where all is small beside what it is made of tell nothing."""
    right = hessian(-2, 1)
    wrong = g.add((Fraction(999_999, 1_000_000),), (right,), right.dims)
    for seed in range(40):
        assert check(LOGISTIC, (x, x), right, seed).ok
        assert not check(LOGISTIC, (x, x), wrong, seed).ok


def test_both_sides_of_the_kinks_of_a_vector() -> None:
    """relu(Ax) is Ax, or 0, where all of it is on one side; two points may be there by chance."""
    value = t.call("sum", t.call("relu", t.matmul(a, u)), shape="")
    active = g.einsum((GA,), ((0, 1),), (1,))
    for seed in range(40):
        assert not check(value, (x,), g.zero((n,)), seed).ok
        assert not check(value, (x,), active, seed).ok


def test_sizes_differ_and_have_a_one() -> None:
    found = check(TRACE, (X,), g.add((-1, -1), (XM, XMt), (m, n)))
    assert len(found.sizes) == 2
    assert all(len(set(sizes.values())) == len(sizes) for sizes in found.sizes)
    assert any(1 in sizes.values() for sizes in found.sizes)


def test_equal_seeds_give_equal_results() -> None:
    answer = hessian(-2, 1)
    one, two = check(LOGISTIC, (x, x), answer), check(LOGISTIC, (x, x), answer)
    assert one.to_dict() == two.to_dict()
    assert one.sizes == two.sizes
    assert check(LOGISTIC, (x, x), answer, 8).max_error != one.max_error


def test_literal_sizes_are_varied() -> None:
    wide = t.variable("W", "784 100")
    value = t.call("normsq", t.leaf(wide), shape="")
    answer = g.add((2,), (g.variable("W", wide.dims),), wide.dims)
    found = verify(t.problem(value, wide), value, (wide,), answer, 1)
    assert found.ok
    assert max(max(sizes.values()) for sizes in found.sizes) < 10


def test_literal_sizes_are_kept_where_the_numbers_need_them() -> None:
    """sum(x)/6 is the mean of six numbers alone."""
    six = t.variable("x", "6")
    value = t.call("mean", t.leaf(six), shape="")
    answer = g.add((Fraction(1, 6),), (g.delta(Dim.number(6), 1),), six.dims)
    found = verify(t.problem(value, six), value, (six,), answer, 1)
    assert found.ok
    assert not verify(t.problem(value, six), value, (six,), g.delta(Dim.number(6), 1), 1).ok


def test_rigid_problems_are_tried_at_their_own_sizes() -> None:
    matrix = t.variable("X", "2 3")
    value = Typed("call", (t.leaf(matrix),), ("vec", ()), t.dims("6"))
    both = t.add(value, t.leaf(t.variable("v", "6")))
    gm = g.fuse((Dim.number(3), Dim.number(2)))
    answer = g.einsum((gm,), ((2, 1, 0),), (0, 1, 2))
    found = verify(t.problem(both, matrix, rigid=True), both, (matrix,), answer, 1)
    assert found.ok


def test_too_large_is_an_error_of_kind_limit() -> None:
    huge = t.variable("H", "4000 4000")
    value = t.call("tr", t.inverse(t.leaf(huge)), shape="")
    gh = g.variable("H", huge.dims)
    inv = g.apply("inv", (gh,), huge.dims)
    answer = g.add((-1,), (g.einsum((inv, inv), ((0, 1), (1, 2)), (2, 0)),), huge.dims)
    with pytest.raises(MatcalcError) as caught:
        verify(t.problem(value, huge, rigid=True), value, (huge,), answer, 1)
    assert caught.value.kind == "limit"
    assert verify(t.problem(value, huge), value, (huge,), answer, 1).ok


def test_no_point_within_the_domain_is_a_failure_and_no_error() -> None:
    """The inverse of x·x' exists at n = 1 alone."""
    outer = t.matmul(u, t.transpose(u))
    value = t.call("tr", t.inverse(t.add(outer, outer, signs=(1, -1))), shape="")
    found = check(value, (x,), g.zero((n,)))
    assert not found.ok
    assert found.reason == "a singular matrix"


def test_tall_matrices_are_tried_where_wide_ones_are_singular() -> None:
    value = t.call("tr", t.inverse(t.matmul(t.transpose(bx), bx)), shape="")
    gram = g.einsum((GX, GX), ((2, 0), (2, 1)), (0, 1))
    inv = g.apply("inv", (gram,), (n, n))
    answer = g.add((-2,), (g.einsum((GX, inv, inv), ((0, 1), (1, 2), (2, 3)), (0, 3)),), (m, n))
    assert check(value, (X,), answer).ok


def test_conventions_of_structured_variables() -> None:
    """tr(AS) by symmetric S is A' with free entries, (A+A')/2 projected, A+A'-A∘I by entries."""
    sym = t.variable("S", "n n", "symmetric")
    value = t.call("tr", t.matmul(a, t.leaf(sym)), shape="")
    everything = t.problem(value, A, sym)
    flipped = g.einsum((GA,), ((0, 1),), (1, 0))
    half = Fraction(1, 2)
    diagonal = g.einsum((GA, g.delta(n)), ((0, 1), (0, 1)), (0, 1))
    answers = {
        "ignore": flipped,
        "projected": g.add((half, half), (GA, flipped), (n, n)),
        "entries": g.add((1, 1, -1), (GA, flipped, diagonal), (n, n)),
    }
    for structure in answers:
        for other, answer in answers.items():
            found = verify(everything, value, (sym,), answer, 1, structure)
            assert found.ok == (structure == other), (structure, other)


def test_second_derivative_by_an_orthogonal_variable() -> None:
    """F = tr(AQ): the gradient (A' - QAQ)/2, projected; its derivative along the tangent space."""
    q = t.variable("Q", "n n", "orthogonal")
    gq = g.variable("Q", (n, n), ("orthogonal",))
    value = t.call("tr", t.matmul(a, t.leaf(q)), shape="")
    half, unit = Fraction(1, 2), g.delta(n)
    flipped = g.einsum((GA,), ((0, 1),), (1, 0))
    turned = g.einsum((gq, GA, gq), ((0, 1), (1, 2), (2, 3)), (0, 3))
    first = g.add((half, -half), (flipped, turned), (n, n))
    everything = t.problem(value, A, q)
    assert verify(everything, value, (q,), first, 1, "projected").ok
    # d(-QAQ/2)/dQ with free entries, then G -> (G - Q·G'·Q)/2 in its last axes
    left = g.einsum((unit, GA, gq), ((0, 2), (3, 4), (4, 1)), (0, 1, 2, 3))
    right = g.einsum((gq, GA, unit), ((0, 4), (4, 2), (1, 3)), (0, 1, 2, 3))
    free = g.add((-half, -half), (left, right), (n,) * 4)
    back = g.einsum((gq, free, gq), ((2, 4), (0, 1, 5, 4), (5, 3)), (0, 1, 2, 3))
    second = g.add((half, -half), (free, back), (n,) * 4)
    assert verify(everything, value, (q, q), second, 1, "projected").ok
    assert not verify(everything, value, (q, q), free, 1, "projected").ok


def test_a_declared_dependence() -> None:
    """d(A(x)·y)/dx = Σ ∂A[i,j]/∂x[k]·y[j]."""
    depends = Variable("A", A.dims, (), (x,))
    value = t.matmul(t.leaf(depends), v)
    node = g.variable("A", A.dims, (), (gx,))
    answer = g.einsum((g.partial(node, (gx,)), gy), ((0, 1, 2), (1,)), (0, 2))
    everything = t.problem(value, depends, x, y)
    assert verify(everything, value, (x,), answer, 1).ok
    twice = g.einsum((g.partial(node, (gx, gx)), gy), ((0, 1, 2, 3), (1,)), (0, 2, 3))
    assert verify(everything, value, (x, x), twice, 1).ok
    wrong = g.einsum((g.partial(node, (gx,)), gy), ((0, 1, 2), (2,)), (0, 1))
    assert not verify(everything, value, (x,), wrong, 1).ok


def test_the_differential() -> None:
    value = Typed("differential", (QUADRATIC,), None, ())
    dA, dx = g.variable("dA", (n, n)), g.variable("dx", (n,))
    terms = (
        g.einsum((dx, Ax), ((0,), (0,)), ()),
        g.einsum((dx, Atx), ((0,), (0,)), ()),
        g.einsum((gx, dA, gx), ((0,), (0, 1), (1,)), ()),
    )
    assert check(value, (), g.add((1, 1, 1), terms, ())).ok
    assert not check(value, (), g.add((1, 1), terms[:2], ())).ok


def test_the_unnamed_product() -> None:
    value = Typed("star", (a, u), None, y.dims)
    star = g.variable("⋆", (n, n, n, n))
    answer = g.einsum((star, gx), ((0, 1, 2, 3), (3,)), (0, 1, 2))
    assert check(value, (A,), answer).ok


def test_another_number_of_axes_is_a_fault_of_ours() -> None:
    with pytest.raises(InternalError):
        check(QUADRATIC, (x,), GA)


def test_deep_and_wide_answers() -> None:
    """Two thousand nested sines; the third derivative of a fifth power of a matrix's entries."""
    chain = c
    node: Node = gs
    factors: list[Node] = []
    for _ in range(500):
        chain = t.call("sin", chain)
        factors.append(g.map("cos", (node,)))
        node = g.map("sin", (node,))
    answer = g.einsum(tuple(factors), ((),) * len(factors), ())
    assert check(chain, (s,), answer).ok
    fifth = t.call("sum", t.power(bx, 5), shape="")
    cube = g.add((20,), (g.einsum((g.map("pow", (GX, g.number(2))), g.delta(m, 3), g.delta(n, 3)), ((0, 1), (0, 2, 4), (1, 3, 5)), (0, 1, 2, 3, 4, 5)),), (m, n) * 3)  # fmt: skip
    assert not check(fifth, (X, X, X), cube).ok
    right = g.add((60,), (g.einsum((g.map("pow", (GX, g.number(2))), g.delta(m, 4), g.delta(n, 4)), ((6, 7), (0, 2, 4, 6), (1, 3, 5, 7)), (0, 1, 2, 3, 4, 5)),), (m, n) * 3)  # fmt: skip
    assert check(fifth, (X, X, X), right).ok


def test_degrees() -> None:
    point = Point(Field(random_prime(1)), {"n": 3, "m": 2}, 1)
    assert degree.of_typed(list(typed.postorder(QUADRATIC)), point) == (3, 0)
    assert degree.of_typed(list(typed.postorder(t.inverse(a))), point) == (2, 3)
    assert degree.of_typed(list(typed.postorder(t.call("det", a, shape=""))), point) == (3, 0)
    assert degree.of_typed(list(typed.postorder(t.call("adj", a))), point) == (5, 3)
    assert degree.of_typed(list(typed.postorder(t.divide(t.ONE, u))), point) == (2, 3)
    assert degree.of_graph(list(nodes.postorder(GI)), point) == (4, 6)
    assert degree.of_graph(
        list(nodes.postorder(g.add((1, 1), (GA, g.apply("inv", (GA,), (n, n))), (n, n)))), point
    ) == (
        4,
        3,
    )
