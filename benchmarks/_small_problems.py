"""1,000 small problems as textbooks have them, for matcalc, SymPy and functions of NumPy or JAX.

20 templates in turn, each with other names and dimensions, letters and numbers in turn; no two are
the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import cycle
from random import Random
from typing import Any

Values = dict[str, Any]
LETTERS = {"matrix": "ABCFGHMPQRSTUVWXYZ", "vector": "abcfghpqrstuvwxyz", "scalar": "αβγλμστ"}
SIZES = {"k": 4, "l": 5, "m": 6, "n": 7}
"""The letters of dimensions, with the sizes that JAX gets for them."""


class Template:
    """A problem of a textbook: its text, the function for NumPy and JAX, and SymPy's spelling.

    `shapes` gives the letters of the dimensions of each variable.  In `function` and `spelling` the
    variables are what their names stand for here, whatever a problem calls them; `spelling` gets
    the module sympy and the sizes too.
    """

    def __init__(
        self,
        name: str,
        text: str,
        by: str,
        shapes: dict[str, str],
        function: Callable[[Any, Values], Any],
        spelling: Callable[[Any, Values, Values], Any],
    ) -> None:
        self.name = name
        self.text = text
        self.by = by
        self.shapes = shapes
        self.function = function
        self.spelling = spelling


def _ones(s: Any, size: Any) -> Any:
    return s.OneMatrix(1, size)


def _squares(s: Any, difference: Any) -> Any:
    return difference.T * difference


TEMPLATES = [
    Template(
        "linear form", "a'@x", "x", {"a": "n", "x": "n"},
        lambda np, v: v["a"] @ v["x"],
        lambda s, v, d: v["a"].T * v["x"],
    ),
    Template(
        "quadratic form", "x'@A@x", "x", {"A": "nn", "x": "n"},
        lambda np, v: v["x"] @ v["A"] @ v["x"],
        lambda s, v, d: v["x"].T * v["A"] * v["x"],
    ),
    Template(
        "least squares", "normsq(A@x - b)", "x", {"A": "mn", "x": "n", "b": "m"},
        lambda np, v: np.sum((v["A"] @ v["x"] - v["b"]) ** 2),
        lambda s, v, d: _squares(s, v["A"] * v["x"] - v["b"]),
    ),
    Template(
        "ridge regression", "normsq(A@x - b) + c*normsq(x)", "x",
        {"A": "mn", "x": "n", "b": "m", "c": ""},
        lambda np, v: np.sum((v["A"] @ v["x"] - v["b"]) ** 2) + v["c"] * np.sum(v["x"] ** 2),
        lambda s, v, d: _squares(s, v["A"] * v["x"] - v["b"]) + v["c"] * v["x"].T * v["x"],
    ),
    Template(
        "Mahalanobis distance", "(x - u)'@inv(A)@(x - u)", "x", {"A": "nn", "x": "n", "u": "n"},
        lambda np, v: (v["x"] - v["u"]) @ np.linalg.inv(v["A"]) @ (v["x"] - v["u"]),
        lambda s, v, d: (v["x"] - v["u"]).T * v["A"].I * (v["x"] - v["u"]),
    ),
    Template(
        "bilinear form", "a'@X@b", "X", {"a": "m", "X": "mn", "b": "n"},
        lambda np, v: v["a"] @ v["X"] @ v["b"],
        lambda s, v, d: s.Trace(v["a"].T * v["X"] * v["b"]),
    ),
    Template(
        "norm of an image", "normsq(X@a)", "X", {"X": "mn", "a": "n"},
        lambda np, v: np.sum((v["X"] @ v["a"]) ** 2),
        lambda s, v, d: s.Trace(_squares(s, v["X"] * v["a"])),
    ),
    Template(
        "trace of a product", "tr(A@X@B)", "X", {"A": "pm", "X": "mn", "B": "np"},
        lambda np, v: np.trace(v["A"] @ v["X"] @ v["B"]),
        lambda s, v, d: s.Trace(v["A"] * v["X"] * v["B"]),
    ),
    Template(
        "quadratic form of a matrix", "tr(X'@A@X)", "X", {"A": "mm", "X": "mn"},
        lambda np, v: np.trace(v["X"].T @ v["A"] @ v["X"]),
        lambda s, v, d: s.Trace(v["X"].T * v["A"] * v["X"]),
    ),
    Template(
        "trace with X twice", "tr(X@B@X'@C)", "X", {"X": "mn", "B": "nn", "C": "mm"},
        lambda np, v: np.trace(v["X"] @ v["B"] @ v["X"].T @ v["C"]),
        lambda s, v, d: s.Trace(v["X"] * v["B"] * v["X"].T * v["C"]),
    ),
    Template(
        "matrix factorisation", "norm2(A - X@B)^2", "X", {"A": "mn", "X": "mp", "B": "pn"},
        lambda np, v: np.sum((v["A"] - v["X"] @ v["B"]) ** 2),
        lambda s, v, d: s.Trace(_squares(s, v["A"] - v["X"] * v["B"])),
    ),
    Template(
        "trace of a power", "tr(X^3)", "X", {"X": "nn"},
        lambda np, v: np.trace(v["X"] @ v["X"] @ v["X"]),
        lambda s, v, d: s.Trace(v["X"] ** 3),
    ),
    Template(
        "trace of an inverse", "tr(inv(X)@A)", "X", {"X": "nn", "A": "nn"},
        lambda np, v: np.trace(np.linalg.inv(v["X"]) @ v["A"]),
        lambda s, v, d: s.Trace(v["X"].I * v["A"]),
    ),
    Template(
        "form of an inverse", "a'@inv(X)@b", "X", {"X": "nn", "a": "n", "b": "n"},
        lambda np, v: v["a"] @ np.linalg.inv(v["X"]) @ v["b"],
        lambda s, v, d: v["a"].T * v["X"].I * v["b"],
    ),
    Template(
        "determinant", "det(X)", "X", {"X": "nn"},
        lambda np, v: np.linalg.det(v["X"]),
        lambda s, v, d: s.Determinant(v["X"]),
    ),
    Template(
        "logarithm of a determinant", "logdet(X)", "X", {"X": "nn"},
        lambda np, v: np.linalg.slogdet(v["X"])[1],
        lambda s, v, d: s.log(s.Determinant(v["X"])),
    ),
    Template(
        "logistic loss", "sum(log(1 + exp(-y*(X@w))))", "w", {"X": "mn", "w": "n", "y": "m"},
        lambda np, v: np.sum(np.log(1 + np.exp(-v["y"] * (v["X"] @ v["w"])))),
        lambda s, v, d: _ones(s, d["m"]) * s.HadamardProduct(v["y"], v["X"] * v["w"]).applyfunc(
            lambda z: s.log(1 + s.exp(-z))
        ),
    ),
    Template(
        "logarithm of a sum of exponentials", "log(sum(exp(x)))", "x", {"x": "n"},
        lambda np, v: np.log(np.sum(np.exp(v["x"]))),
        lambda s, v, d: (_ones(s, d["n"]) * v["x"].applyfunc(s.exp)).applyfunc(s.log),
    ),
    Template(
        "a layer with squared loss", "normsq(y - tanh(W@x + b))", "W",
        {"y": "m", "W": "mn", "x": "n", "b": "m"},
        lambda np, v: np.sum((v["y"] - np.tanh(v["W"] @ v["x"] + v["b"])) ** 2),
        lambda s, v, d: s.Trace(
            _squares(s, v["y"] - (v["W"] * v["x"] + v["b"]).applyfunc(s.tanh))
        ),
    ),
    Template(
        "entropy", "sum(X.*log(X))", "X", {"X": "mn"},
        lambda np, v: np.sum(v["X"] * np.log(v["X"])),
        lambda s, v, d: s.Trace(
            v["X"].applyfunc(lambda z: z * s.log(z)) * s.OneMatrix(d["n"], d["m"])
        ),
    ),
]  # fmt: skip


class Problem:
    """A template with its own names, and its own dimensions: letters, or numbers."""

    def __init__(self, template: Template, names: dict[str, str], sizes: dict[str, Any]) -> None:
        self.template = template
        self.names = names
        self.sizes = sizes

    def line(self) -> str:
        """The problem in matcalc's notation."""
        template = self.template
        value = re.sub(r"[^\W\d]\w*", lambda word: self.names.get(word[0], word[0]), template.text)
        by = self.names[template.by]
        declared = [
            f"{self.names[role]}: "
            + (" x ".join(str(self.sizes[size]) for size in shape) or "scalar")
            for role, shape in template.shapes.items()
        ]
        return f"d({value})/d{by} where {', '.join(declared)}"

    def shape(self, role: str) -> tuple[int, ...]:
        """Numbers for the dimensions of a variable."""
        sizes = (self.sizes[size] for size in self.template.shapes[role])
        return tuple(SIZES.get(size, size) for size in sizes)


def problems(count: int) -> list[Problem]:
    """So many problems, the templates in turn, the same at each call."""
    random = Random(0)
    found: dict[str, Problem] = {}
    for number, template in enumerate(cycle(TEMPLATES)):
        while True:
            names: dict[str, str] = {}
            for role, shape in template.shapes.items():
                letters = LETTERS[("scalar", "vector", "matrix")[len(shape)]]
                names[role] = random.choice([one for one in letters if one not in names.values()])
            named = number // len(TEMPLATES) % 2 == 0
            pool: Sequence[Any] = tuple(SIZES) if named else range(2, 10)
            sizes = dict(zip("mnp", random.sample(pool, 3), strict=True))
            problem = Problem(template, names, sizes)
            if problem.line() not in found:
                break
        found[problem.line()] = problem
        if len(found) == count:
            return list(found.values())
    raise AssertionError("the templates never end")
