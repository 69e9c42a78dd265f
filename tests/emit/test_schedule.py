"""Scheduling: the emitted code of random graphs has their values; what it is meant to find, it finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.emit.module import emit
from matcalc.emit.run import compile_module
from matcalc.emit.schedule import scheduled
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Einsum, Graph, Node, Variable, postorder
from tests.emit import reference
from tests.emit.random_graph import SIZES, RandomGraph


def tensors_of(root: Node, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    given: dict[str, Any] = {}
    for node in postorder(root):
        if isinstance(node, Variable):
            array = random.uniform(-1, 1, tuple(dim.evaluate(SIZES) for dim in node.dims))
            given[node.name] = array @ array.T + np.eye(3) if "posdef" in node.attributes else array
    return given


def code_of(root: Node, target: str = "numpy") -> str:
    variables = [node for node in postorder(root) if isinstance(node, Variable)]
    shape = tuple(str(dim) for dim in root.dims)
    return emit(
        None, root, variables, expression="F", layout="jacobian", shape=shape, verified="exact",
        target=target, sizes=tuple(SIZES),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [*range(300), 1276])
def test_the_code_of_a_random_graph_has_its_value(seed: int) -> None:
    root = RandomGraph(seed).grown(3 + seed % 6)
    given = tensors_of(root, seed)
    wanted = reference.evaluate(root, SIZES, given)
    text = code_of(root)
    sizes = {name: size for name, size in SIZES.items() if f"{name}=None" in text}
    found = compile_module(text)["value"](**given, **sizes)
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0)))
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9 * scale, err_msg=text)
    for name, array in tensors_of(root, seed).items():
        # code that adds into an array adds into one of its own
        np.testing.assert_array_equal(given[name], array)


@pytest.mark.parametrize("seed", range(0, 300, 30))
def test_the_same_graph_gives_the_same_code(seed: int) -> None:
    texts = {code_of(RandomGraph(seed).grown(3 + seed % 6)) for _ in range(2)}
    assert len(texts) == 1


def derivative(text: str, target: str = "numpy") -> str:
    """The body of the emitted derivative, its docstring left out."""
    code = matcalc.derive(text).code(target)
    function = code[code.index("def derivative") :].split("\n\n\n")[0]
    return function.split('"""')[2]


def test_a_chain_is_contracted_from_its_vector() -> None:
    assert "A @ (B @ (C @ x))" in derivative(
        "d(A@B@C@x*t)/dt where A, B, C: n x n, x: n, t: scalar"
    )


def test_a_logistic_hessian_is_a_symmetric_product() -> None:
    problem = "d2(sum(log(1+exp(-y*(X@w)))))/dw2 where X: m x n, w: n, y: m"
    assert derivative(problem).rstrip().endswith("return t2.T @ t2")
    # autodiff of a square root fails at 0, and XLA has no use for the symmetry
    assert "sqrt" not in derivative(problem, "jax")


def test_where_the_sign_is_unknown_there_is_no_square_root() -> None:
    assert "sqrt" not in derivative("d2(sum(v*(X@w)**2))/dw2 where X: m x n, w: n, v: m")


def test_a_number_scales_what_is_small() -> None:
    text = derivative("d2(normsq(O*(T - U@V')))/dU2 where T, O: m x n, U: m x k, V: n x k")
    assert "2 * _place" not in text and "2 * O**2" in text


def test_a_common_product_is_computed_once() -> None:
    problem = "d2(logdet(S) + tr(inv(S)@C))/dS2 where S: n x n posdef, C: n x n symmetric"
    text = derivative(problem)
    assert text.count("inv(") == 1
    assert text.count("C @") == 1


def test_a_sum_that_is_a_part_and_the_same_part_turned_is_half_computed() -> None:
    problem = "d2(logdet(S) + tr(inv(S)@C))/dS2 where S: n x n posdef, C: n x n symmetric"
    assert derivative(problem).rstrip().endswith("return t4 + np.transpose(t4, (1, 0, 2, 3))")


def test_what_weighs_a_product_is_added_before_it() -> None:
    text = derivative("d2(sum(log(1 + (X@w)**2)))/dw2 where X: m x n, w: n")
    assert text.count("X.T @") == 1


def test_a_sum_with_a_diagonal_is_one_array() -> None:
    text = derivative("d2(logsumexp(x))/dx2 where x: n")
    assert "np.diag(" not in text and text.count("np.outer") == 1
    assert "+=" not in derivative("d2(logsumexp(x))/dx2 where x: n", "jax")


def test_both_ways_of_a_matrix_are_applied_without_their_sum() -> None:
    assert "A + A.T" not in derivative("d(x'@A@x)/dx where A: n x n")
    # A - B may be small where A and B are not: the difference comes first
    assert "(U @ V.T - T) @ V" in derivative(
        "d(normsq(T - U@V'))/dU where T: m x n, U: m x k, V: n x k"
    )


def test_given_sizes_choose_the_order() -> None:
    graph, (m, n, k) = Graph(), (Dim.named(name) for name in "mnk")
    M, V = graph.variable("M", (m, n)), graph.variable("V", (n, k))
    root = graph.einsum((M, V, V), ((0, 1), (1, 2), (1, 3)), (0, 2, 3))
    for sizes, first in (
        ({"m": 900, "n": 50, "k": 2}, (V, V)),
        ({"m": 2, "n": 50, "k": 900}, (M, V)),
    ):
        (node,) = scheduled([root], sizes).roots
        pairs = [set(inner.operands) for inner in postorder(node) if isinstance(inner, Einsum)]
        assert set(first) in pairs


def test_an_inverse_that_is_applied_once_is_a_solution() -> None:
    text = derivative("d((A@x-b)'@inv(S)@(A@x-b))/dx where S: n x n posdef, A: n x m")
    assert "np.linalg.solve(S, A @ x - b)" in text and "inv" not in text


def test_a_deep_network_has_a_jacobian_in_common() -> None:
    layers = ", ".join(f"h{k} = relu(W{k}@{'X' if k == 1 else f'h{k - 1}'})" for k in range(1, 10))
    shapes = ", ".join(f"W{k}: h x {'d' if k == 1 else 'h'}" for k in range(1, 10))
    text = derivative(
        f"d2(sum(logsumexp(z, axis=0)) - Y:z)/dW12 where {layers}, z = W10@h9, X: d x b, {shapes}, "
        "W10: c x h, Y: c x b"
    )
    # each layer's weights take the batch forward once, and the Jacobian back once
    assert all(text.count(f"@ W{k}") + text.count(f"W{k} @") == 2 for k in range(2, 10))
    assert "sign" not in text


def test_a_common_factor_leaves_a_sum_that_a_product_takes() -> None:
    graph, n = Graph(), Dim.named("n")
    A, B, x = graph.variable("A", (n, n)), graph.variable("B", (n, n)), graph.variable("x", (n,))
    terms = tuple(graph.einsum((M, x), ((0, 1), (1,)), (0, 1)) for M in (A, B))
    total = graph.add((1, 2), terms, (n, n))
    (root,) = scheduled([graph.einsum((A, total), ((0, 1), (1, 2)), (0, 2))]).roots
    scaled = [node for node in postorder(root) if isinstance(node, Einsum) and x in node.operands]
    assert len(scaled) == 1


def test_the_docstring_says_where_the_order_is_the_fastest() -> None:
    problem = "d2(normsq(O*(T - U@V')))/dU2 where T, O: m x n, U: m x k, V: n x k"
    assert "Fastest where m ≥ k." in matcalc.derive(problem).code("numpy")
