"""The functions that the corpus writes its values in: NumPy, analytic, so that a complex step is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

Array = Any
STENCIL = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
"""Central difference of the eighth order: Σ c·(f(x + kh) - f(x - kh))/h."""
STEP = 5e-3


def tr(a: Array) -> Array:
    return np.trace(a)


def det(a: Array) -> Array:
    return np.linalg.det(a)


def logdet(a: Array) -> Array:
    value = np.linalg.det(a)
    return np.log(value * np.sign(np.real(value)))


def inv(a: Array) -> Array:
    return np.linalg.inv(a)


def adj(a: Array) -> Array:
    """By cofactors, so that it is right for singular matrices too."""
    n = a.shape[0]
    out = np.zeros_like(a)
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(a, i, 0), j, 1)
            out[j, i] = (-1) ** (i + j) * (np.linalg.det(minor) if n > 1 else 1)
    return out


def pinv(a: Array) -> Array:
    """Of full rank, with transposes in place of conjugates."""
    if a.shape[0] >= a.shape[1]:
        return np.linalg.inv(a.T @ a) @ a.T
    return a.T @ np.linalg.inv(a @ a.T)


def expm(a: Array) -> Array:
    return scipy.linalg.expm(a)


def sqrtm(a: Array) -> Array:
    """Denman and Beavers' iteration, which has no decomposition in it."""
    y, z = a, np.eye(a.shape[0])
    for _ in range(30):
        y, z = (y + np.linalg.inv(z)) / 2, (z + np.linalg.inv(y)) / 2
    return y


def real_power(a: Array, exponent: float) -> Array:
    """X^p of a positive definite X; differences only, as it takes X apart."""
    return scipy.linalg.fractional_matrix_power(a, exponent)


def nuclear(a: Array) -> Array:
    return np.trace(sqrtm(a.T @ a if a.shape[0] >= a.shape[1] else a @ a.T))


def mpow(a: Array, k: Array) -> Array:
    return np.linalg.matrix_power(a, round(float(np.real(k))))


def norm(a: Array) -> Array:
    return np.sqrt(np.sum(a * a))


def normsq(a: Array) -> Array:
    return np.sum(a * a)


def absolute(a: Array) -> Array:
    return a * np.sign(np.real(a))


def norm1(a: Array) -> Array:
    return np.sum(absolute(a))


def sign(a: Array) -> Array:
    return np.sign(np.real(a))


def relu(a: Array) -> Array:
    return a * (np.real(a) > 0)


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def softplus(a: Array) -> Array:
    return np.log(1 + np.exp(a))


def erf(a: Array) -> Array:
    return scipy.special.erf(a)


def gelu(a: Array) -> Array:
    return a * (1 + erf(a / np.sqrt(2))) / 2


def softmax(a: Array, axis: int | None = None) -> Array:
    return np.exp(a) / np.sum(np.exp(a), axis=axis, keepdims=axis is not None)


def logsumexp(a: Array, axis: int | None = None) -> Array:
    return np.log(np.sum(np.exp(a), axis=axis))


def largest(a: Array, axis: int | None = None) -> Array:
    if axis is None:
        return a.ravel()[np.argmax(np.real(a))]
    place = np.expand_dims(np.argmax(np.real(a), axis=axis), axis)
    return np.take_along_axis(a, place, axis=axis).squeeze(axis)


def vec(a: Array) -> Array:
    return np.asarray(a).flatten(order="F")


def vech(a: Array) -> Array:
    n = a.shape[0]
    return np.array([a[i, j] for j in range(n) for i in range(j, n)])


def kron(a: Array, b: Array) -> Array:
    """A vector counts as a column; of two vectors a longer vector."""
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return np.kron(a, b)
    a = a[:, None] if np.ndim(a) == 1 else a
    b = b[:, None] if np.ndim(b) == 1 else b
    return np.kron(a, b)


def khatrirao(a: Array, b: Array) -> Array:
    return np.stack([np.kron(a[:, j], b[:, j]) for j in range(a.shape[1])], axis=1)


def outer(a: Array, b: Array) -> Array:
    return np.tensordot(a, b, axes=0)


def frob(a: Array, b: Array) -> Array:
    return np.sum(a * b)


def unit(i: int, n: int) -> Array:
    return np.eye(n)[i - 1]


def comm(m: int, n: int) -> Array:
    out = np.zeros((m * n, m * n))
    for i in range(m):
        for j in range(n):
            out[i * n + j, j * m + i] = 1
    return out


def dup(n: int) -> Array:
    out = np.zeros((n * n, n * (n + 1) // 2))
    column = 0
    for j in range(n):
        for i in range(j, n):
            out[j * n + i, column] = out[i * n + j, column] = 1
            column += 1
    return out


def grad(f: Callable[[Array], Array], at: Array) -> Array:
    """∂f/∂at by differences that a complex step passes through; axes of f, then those of `at`."""
    at = np.asarray(at)
    rows = []
    for place in np.ndindex(at.shape):
        e = np.zeros(at.shape)
        e[place] = STEP
        rows.append(sum(c * (np.asarray(f(at + k * e)) - f(at - k * e)) for k, c in STENCIL) / STEP)
    stacked = np.stack(rows, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + at.shape)


NAMES: dict[str, Any] = {
    **{name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh")},
    **{name: getattr(np, name) for name in ("tanh", "sqrt", "sum", "mean", "diag", "eye", "ones")},
    **{name: getattr(np, name) for name in ("zeros", "hstack", "vstack", "einsum", "pi")},
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "np": np,
    "scipy": scipy,
    **{
        f.__name__: f
        for f in (
            *(tr, det, logdet, inv, adj, pinv, expm, sqrtm, nuclear, mpow, norm, normsq, norm1),
            *(absolute, sign, relu, sigmoid, softplus, erf, gelu, softmax, logsumexp, largest),
            *(vec, vech, kron, khatrirao, outer, frob, unit, comm, dup, grad, real_power),
        )
    },
}
"""What a value may name besides the tensors and the dimensions; those shadow it."""
