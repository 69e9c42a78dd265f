"""The search for a matrix form has a budget that is counted, and ends with an answer without one."""

from __future__ import annotations

import gc
import weakref

import matcalc
from matcalc.forms.form import Form
from matcalc.forms.forms import MOST_WORK, Forms
from matcalc.forms.matrix import MatrixForms
from matcalc.forms.named import Names, with_name
from matcalc.language.dimensions import Dim
from matcalc.tensor.simplify import Builder
from tests.forms.pipeline import node_of

N = Dim.named("n")


def _network(layers: int) -> str:
    parts = ["h1 = tanh(W1@x)", *(f"h{k} = tanh(W{k}@h{k - 1})" for k in range(2, layers + 1))]
    parts += [*(f"W{k}: n x n" for k in range(1, layers + 1)), "x, y: n"]
    return f"d2(normsq(h{layers} - y))/dW12 where {', '.join(parts)}"


def test_a_form_that_takes_too_long_is_left_out_and_the_answer_says_so() -> None:
    small, large = matcalc.derive(_network(2)), matcalc.derive(_network(28))
    assert small.kronecker is not None
    assert large.kronecker is None
    assert large.verified["ok"]
    assert any("left out" in note for note in large.notes)


def test_without_a_budget_products_have_no_form_but_their_parts_have() -> None:
    builder = Builder()
    A, x = builder.variable("A", (N, N)), builder.variable("x", (N,))
    forms = MatrixForms()
    forms.forms.work = 0
    assert forms.form(builder.einsum((A, x), ((0, 1), (1,)), (0,))) is None
    assert forms.too_long
    assert forms.form(builder.size(N)) is not None
    total = forms.form(builder.add((1, 1), (A, builder.variable("B", (N, N))), (N, N)))
    assert total is not None


def test_an_ordinary_form_takes_a_small_part_of_the_budget() -> None:
    builder = Builder()
    A, x = builder.variable("A", (N, N)), builder.variable("x", (N,))
    node = builder.einsum((x, A, A, x), ((0,), (0, 1), (2, 1), (2,)), ())
    forms = MatrixForms()
    assert forms.form(node) is not None
    assert MOST_WORK - forms.forms.work < 50


def test_names_are_put_in_one_within_another() -> None:
    forms = Forms()
    a, b, c, p, q = (forms.atom("matrix", forms.name(word)) for word in "ABCPQ")
    names: Names[tuple[tuple[Form, ...], Form]] = Names()
    # P = A@B, then Q = P@C; a name that comes later is not put into one before it
    names.add(b, ((a, b), p))
    names.add(p, ((p, c), q))
    chain: tuple[Form, ...] = (a, b, c, a, b)
    assert names.put_in(chain, chain, with_name) == (q, p)
    later: Names[tuple[tuple[Form, ...], Form]] = Names()
    later.add(p, ((p, c), q))
    later.add(b, ((a, b), p))
    assert later.put_in(chain, chain, with_name) == (p, c, p)


def test_a_name_is_looked_for_only_where_one_of_its_parts_is() -> None:
    names: Names[int] = Names()
    for number in range(1000):
        names.add(number, number)
    tried: list[int] = []

    def apply(whole: tuple[int, ...], entry: int) -> tuple[tuple[int, ...], None]:
        tried.append(entry)
        return whole, None

    whole: tuple[int, ...] = (7, 3, 7)
    names.put_in(whole, whole, apply)
    assert tried == [3, 7]


def test_forms_do_not_wait_for_the_collector() -> None:
    node = node_of("2*inv(A + A')@x*s + y*x", "A: n x n, x, y: n, s: scalar")
    forms = MatrixForms()
    form = forms.form(node)
    assert form is not None
    expr, held = form.expr, [weakref.ref(made) for made in (form, form.T, *form.terms)]
    gc.disable()
    try:
        del forms, form
        assert not any(ref() for ref in held)
    finally:
        gc.enable()
    assert expr.kind == "add"
