"""What the corpus takes for true: derivatives of NumPy expressions by the complex step."""

from __future__ import annotations

import json
import keyword
from collections.abc import Callable, Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from tests.corpus.vocabulary import NAMES, STENCIL, STEP

Array = Any
Row = dict[str, Any]
Point = dict[str, Array]

HERE = Path(__file__).parent
SIZES = {"m": 2, "n": 3, "p": 4, "q": 5, "k": 2}
ALMOST_ZERO = 1e-30


def rows(name: str) -> list[Row]:
    """The rows of a file beside this one."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


# points


def shapes(row: Row) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor, in numbers."""
    dims = row["dims"]
    return {
        name: tuple(eval(d, {}, dims) for d in form.split())
        for name, form in row["tensors"].items()
    }


def inputs(row: Row, attempt: int = 0) -> Point:
    """Values for the tensors of a row, the same every time; with their derivatives where declared."""
    generator = np.random.default_rng([crc32(row["id"].encode()), attempt])
    domain = row.get("domain", {})
    point = {
        name: _drawn(generator, shape, domain.get(name, "")) for name, shape in shapes(row).items()
    }
    for name, by in row.get("depends", {}).items():
        for variable in by:
            shape = np.shape(point[name]) + np.shape(point[variable])
            point[f"d{name}_d{variable}"] = np.round(generator.normal(size=shape), 3)
            if row.get("second"):
                x = prod(np.shape(point[variable]))
                h = np.round(generator.normal(size=(*np.shape(point[name]), x, x)), 3)
                h = h + h.swapaxes(-1, -2)
                point[f"d2{name}_d{variable}2"] = h.reshape(shape + np.shape(point[variable]))
    return point


def _drawn(generator: np.random.Generator, shape: tuple[int, ...], domain: str) -> Array:
    for _ in range(1000):
        value = _in_domain(generator, shape, domain)
        square = len(shape) == 2 and shape[0] == shape[1] and "skew" not in domain
        if square and np.linalg.cond(value) > 12:
            continue
        if len(shape) == 2 and domain == "" and not _full_rank(value):
            continue
        return float(value) if shape == () else value
    raise AssertionError(f"no point in the domain {domain!r}")


def _full_rank(value: Array) -> bool:
    singular = np.linalg.svd(value, compute_uv=False)
    return bool(singular[-1] > 0.2)


def _in_domain(generator: np.random.Generator, shape: tuple[int, ...], domain: str) -> Array:
    free = np.round(generator.uniform(0.1, 1.4, shape) * generator.choice([-1, 1], shape), 3)
    match domain.split(":"):
        case [""]:
            return free
        case ["positive"]:
            return np.round(generator.uniform(0.3, 1.9, shape), 3)
        case ["unit"]:
            return np.round(generator.uniform(0.05, 0.9, shape) * np.sign(free), 3)
        case ["probability"]:
            return np.round(generator.uniform(0.1, 0.9, shape), 3)
        case ["labels"]:
            return np.sign(free)
        case ["symmetric"]:
            return free + free.T
        case ["skew"]:
            return free - free.T
        case ["diagonal"]:
            return np.diag(np.diag(free))
        case ["lower"]:
            return np.tril(free)
        case ["upper"]:
            return np.triu(free)
        case ["posdef"]:
            return np.round(free @ free.T / shape[0] + 0.6 * np.eye(shape[0]), 4)
        case ["orthogonal"]:
            return np.linalg.qr(free)[0]
        case ["small"]:
            return free / 10
        case ["value", number]:
            return np.full(shape, float(number))
        case _:
            raise AssertionError(f"no domain {domain!r}")


# derivatives


def python_name(name: str) -> str:
    """The name of a tensor in a value: of a keyword with an underscore behind."""
    return name + "_" if keyword.iskeyword(name) else name


def evaluate(expression: str, row: Row, point: Mapping[str, Array]) -> Array:
    """A NumPy expression at a point; a declared dependence is its Taylor polynomial about the inputs."""
    scope = dict(NAMES) | row["dims"]
    base = inputs(row) if row.get("depends") else {}

    def value(name: str) -> Array:
        found = point[name]
        for variable in row.get("depends", {}).get(name, ()):
            step = value(variable) - np.asarray(base[variable])
            axes = np.ndim(step)
            found = found + np.tensordot(base[f"d{name}_d{variable}"], step, axes)
            bend = base.get(f"d2{name}_d{variable}2")
            if bend is not None:
                found = found + np.tensordot(np.tensordot(bend, step, axes), step, axes) / 2
        return found

    for name in row["tensors"]:
        scope[python_name(name)] = value(name)
    for name, text in row.get("functions", {}).items():
        scope[name] = eval(text, dict(NAMES))
    return eval(expression, scope)


def jacobian(row: Row, expression: str | None = None) -> Array:
    """The derivative of a row's value by its variables, in jacobian axes, structure respected."""
    text = row["value"] if expression is None else expression

    def value(point: Point) -> Array:
        return evaluate(text, row, point)

    f: Callable[[Point], Array] = value
    for number, name in enumerate(row["wrt"]):
        f = _slope(f, name, row, exact=number == 0 and not row.get("differences"))
    return np.real(np.asarray(f(inputs(row))))


def _slope(
    f: Callable[[Point], Array], name: str, row: Row, exact: bool
) -> Callable[[Point], Array]:
    """∂f/∂name, by the complex step if exact, else by differences of the eighth order."""

    def slope(point: Point) -> Array:
        at = np.asarray(point[name])
        columns = []
        for place in np.ndindex(at.shape):
            e = np.zeros(at.shape)
            e[place] = 1
            if exact:
                shifted = f({**point, name: at + 1j * ALMOST_ZERO * e})
                columns.append(np.imag(shifted) / ALMOST_ZERO)
            else:
                terms = [
                    c * (np.asarray(f({**point, name: at + k * STEP * e}))
                         - f({**point, name: at - k * STEP * e}))
                    for k, c in STENCIL
                ]  # fmt: skip
                columns.append(sum(terms) / STEP)
        stacked = np.stack([np.asarray(column) for column in columns], axis=-1)
        whole = stacked.reshape(stacked.shape[:-1] + at.shape)
        return structured(whole, at, row.get("attributes", {}).get(name, ""), row)

    return slope


def structured(g: Array, s: Array, attribute: str, row: Row) -> Array:
    """The gradients in the last two axes of g, in the row's convention for a structured variable."""
    convention = row.get("structure", "projected")
    if convention == "ignore" or attribute not in CONVENTIONS:
        return g
    rule = CONVENTIONS[attribute][convention]
    return np.stack([rule(one, s) for one in g.reshape((-1, *s.shape))]).reshape(g.shape)


def _by_entries(g: Array, s: Array) -> Array:
    out = g + g.T
    for i in range(len(g)):
        out[i, i] = g[i, i]
    return out


def _tangent(g: Array, s: Array) -> Array:
    return g - s @ (s.T @ g + g.T @ s) / 2


Convention = Callable[[Array, Array], Array]
_SYMMETRIC: dict[str, Convention] = {
    "projected": lambda g, s: (g + g.T) / 2,
    "entries": _by_entries,
}
CONVENTIONS: dict[str, dict[str, Convention]] = {
    "symmetric": _SYMMETRIC,
    "posdef": _SYMMETRIC,
    "skew": {"projected": lambda g, s: (g - g.T) / 2, "entries": lambda g, s: g - g.T},
    "diagonal": dict.fromkeys(("projected", "entries"), lambda g, s: np.diag(np.diag(g))),
    "lower": dict.fromkeys(("projected", "entries"), lambda g, s: np.tril(g)),
    "upper": dict.fromkeys(("projected", "entries"), lambda g, s: np.triu(g)),
    "orthogonal": {"projected": _tangent},
}


# layouts


def arrange(jacobian: Array, orders: tuple[int, ...], layout: str) -> Array:
    """Jacobian axes (those of Y, then those of each variable) in a layout, entry by entry."""
    axes = jacobian.ndim - sum(orders)
    out = jacobian
    for order in orders:
        out = _arranged(out, axes, order, layout)
        axes = 2 if layout == "vec" else axes + order
    return out


def _arranged(a: Array, y: int, x: int, layout: str) -> Array:
    """One derivative laid out; what follows its y + x axes stays behind them."""
    by, bx, rest = a.shape[:y], a.shape[y : y + x], a.shape[y + x :]
    match layout:
        case "jacobian":
            shape = by + bx
        case "numerator":
            shape = by + bx[::-1]
        case "denominator":
            shape = bx + by[::-1]
        case "vec":
            shape = (prod(by), prod(bx))
        case _:
            raise AssertionError(layout)
    out = np.zeros(shape + rest)
    for i, j in product(np.ndindex(by), np.ndindex(bx)):
        match layout:
            case "jacobian":
                place = i + j
            case "numerator":
                place = i + j[::-1]
            case "denominator":
                place = j + i[::-1]
            case _:
                place = (_column_major(i, by), _column_major(j, bx))
        out[place] = a[i + j]
    return out


def _column_major(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    number, stride = 0, 1
    for index, size in zip(place, shape, strict=True):
        number += index * stride
        stride *= size
    return number


def expected(row: Row) -> Array:
    """The derivative of a row in its layout, at its inputs."""
    sizes = shapes(row)
    orders = tuple(len(sizes[name]) for name in row["wrt"])
    if not orders:
        return np.real(np.asarray(evaluate(row["value"], row, inputs(row))))
    return arrange(jacobian(row), orders, row["layout"])


def tolerance(row: Row) -> float:
    """Relative to the largest entry: of a complex step, and of each difference upon it."""
    steps = len(row["wrt"]) - (0 if row.get("differences") else 1) + ("grad(" in row["value"])
    return (1e-10, 1e-8, 1e-6, 1e-5)[min(max(steps, 0), 3)]


def is_true(row: Row) -> bool:
    """Whether a claim equals the derivative, its shape and (where that counts) its orientation."""
    want = expected(row)
    claim = np.real(np.asarray(evaluate(row["claim"], row, inputs(row))))
    if row["layout"] == "vec":
        claim = claim.reshape(claim.shape + (1,) * (want.ndim - claim.ndim))
    if claim.shape != want.shape:
        return False
    gradient = {"numerator": "row", "denominator": "column"}.get(row["layout"])
    if "orientation" in row and gradient is not None and row["orientation"] != gradient:
        return False
    return bool(np.allclose(claim, want, rtol=1e-6, atol=1e-7 * float(np.abs(want).max())))
