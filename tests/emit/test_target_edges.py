"""Code for each library at the edges: ±1000, 0, 1e-300, singular matrices, empty dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.emit import targets
from tests.emit.targets import (
    ALL,
    assert_equal,
    example,
    namespace_of,
    sampled,
)

pytestmark = pytest.mark.usefixtures("double_precision", "quiet")


def edge_inputs() -> list[tuple[str, dict[str, Any]]]:
    """Problems, and inputs at which they have a value."""
    ends = [-1000.0, -1.0, -1e-300, 0.0, 1e-300, 1.0, 1000.0]
    found: list[tuple[str, dict[str, Any]]] = []
    by_function = {
        "exp sin cos atan tanh sigmoid softplus erf gelu": ends,
        "abs relu sign tan sinh cosh": [-700.0, -1e-300, 0.0, 1e-300, 600.0],
        "asin acos": [-0.999, 0.0, 1e-300, 0.999],
        "log sqrt": [1e-300, 1.0, 1000.0],
    }
    for functions, x in by_function.items():
        found += [(f"d(sum({f}(x)))/dx where x: n", {"x": x}) for f in functions.split()]
        found += [(f"d2(sum({f}(x)))/dx2 where x: n", {"x": x}) for f in functions.split()]
    for function in ("softmax", "logsumexp", "x*softmax"):
        problem = f"d({function}(x))/dx where x: n"
        found += [(problem, {"x": x}) for x in (ends, [1000.0] * 3, [-1000.0] * 3, [5.0])]
    y, X = [1.0, -1.0, 1.0], [[1000.0, 0.0], [0.0, 1000.0], [-1000.0, 1e-300]]
    logistic = ["sum(log(1 + exp(-y*(X@w))))", "X: m x n, w: n, y: m"]
    for w in ([0.0, 0.0], [1000.0, -1000.0], [1e-300, 1.0]):
        given = {"X": X, "w": w, "y": y}
        found.append((f"d({logistic[0]})/dw where {logistic[1]}", given))
        found.append((f"d2({logistic[0]})/dw2 where {logistic[1]}", given))
    found.append(("d(tr(expm(X)))/dX where X: n x n", {"X": [[-1000.0, 0.0], [0.0, -1000.0]]}))
    for zero in (0.0, 1e-300):
        Z = (zero * np.eye(3)).tolist()
        found += [
            ("d(expm(X))/dX where X: n x n", {"X": Z}),
            ("d(tr(X@X'@X))/dX where X: n x n", {"X": Z}),
            ("adj(X) where X: n x n", {"X": Z}),
            ("sqrtm(X) where X: n x n posdef", {"X": Z}),
            ("nuclear(X) where X: n x n", {"X": Z}),
            ("pinv(X) where X: n x n", {"X": np.zeros((3, 3)).tolist()}),
            ("d(X^3)/dX where X: n x n", {"X": Z}),
        ]
    found += [
        ("d(X^k)/dX where X: n x n, k: scalar", {"X": np.zeros((3, 3)).tolist(), "k": 2.0}),
        ("sqrtm(X) where X: n x n posdef", {"X": np.ones((4, 4)).tolist()}),
        ("sqrtm(X) where X: n x n", {"X": [[1e-300, 1e-300], [0.0, 4e-300]]}),
        ("d(sqrtm(X))/dX where X: n x n", {"X": [[1000.0, 1.0], [0.0, 1000.0]]}),
        ("X^0.5 where X: n x n posdef", {"X": np.ones((4, 4)).tolist()}),
    ]
    return found


EDGES = edge_inputs()


@pytest.mark.parametrize(("problem", "given", "target"), sampled(EDGES, ALL))
def test_an_edge_has_a_value(problem: str, given: dict[str, Any], target: str) -> None:
    result = example(problem)
    for word, found in targets.values(namespace_of(result, target), target, given).items():
        assert not np.any(np.isnan(found)), f"{word}: {result.code(target)}"
    if target != "numpy":
        assert_equal(result, target, given)


OF_ANY_SIZE = [
    *(f"d({function}(x))/dx where x: n" for function in ("sum", "softmax", "logsumexp", "normsq")),
    *(
        f"d(sum({function}(X)))/dX where X: n x n"
        for function in ("tril", "expm", "inv", "X*", "diag")
    ),
    *(
        f"d({function}(X))/dX where X: n x n"
        for function in ("tr", "det", "logdet", "vec", "nuclear")
    ),
    "d(x'@A@x)/dx where A: n x n, x: n",
    "d(A@X@B)/dX where A: m x n, X: n x p, B: p x m",
    "d(sum(log(1 + exp(-y*(X@w)))))/dw where X: m x n, w: n, y: m",
    "d2(sum(log(1 + exp(-y*(X@w)))))/dw2 where X: m x n, w: n, y: m",
    "d(tr(kron(A, X)))/dX where A: m x m, X: n x n",
    "d(hstack(A, X)@y)/dX where A: m x n, X: m x p, y: n + p",
    "d(sum(logsumexp(X, axis=1)))/dX where X: m x n",
    "d(softmax(X, axis=0))/dX where X: m x n",
    "d(diag(x)@A)/dx where A: n x n, x: n",
    "d(X)/dX where X: m x n",
    "d(sqrtm(X))/dX where X: n x n posdef",
    "d(X^2)/dX where X: n x n",
    "d(X^0.5)/dX where X: n x n posdef",
    "d(X^k)/dX where X: n x n, k: scalar",
    "d(pinv(X))/dX where X: m x n",
    "d(tr(adj(X)))/dX where X: n x n",
    "d(khatrirao(A, X))/dX where A: m x n, X: p x n",
    "d(sum(vech(X)))/dX where X: n x n",
    "d2(a'@expm(X)@b)/dX2 where X: n x n, a, b: n",
]


@pytest.mark.parametrize(
    ("problem", "size", "target"),
    sampled([(problem, size) for problem in OF_ANY_SIZE for size in (0, 1)], ALL),
)
def test_an_empty_dimension_has_a_value(problem: str, size: int, target: str) -> None:
    """And one of length 1."""
    result = example(problem)
    given = targets.point(result, (("m", size), ("n", size), ("p", size)))
    for word, found in targets.values(namespace_of(result, target), target, given).items():
        assert not np.any(np.isnan(found)), f"{word}: {result.code(target)}"
    if target != "numpy":
        assert_equal(result, target, given)
