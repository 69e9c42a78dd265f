"""Every row of the language's table of syntax: its value, and its derivative by each tensor in it.

A case is an expression, its declarations, and the same in NumPy; the derivative is compared with the
complex step of the NumPy expression, or with central differences where that does not pass through.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import matcalc.api
from matcalc.errors import MatcalcError
from tests.corpus.vocabulary import NAMES

Array = Any
SIZES = {"m": 2, "n": 3, "p": 4, "k": 2}
SHAPES = {
    "a": "", "s": "", "t": "", "x": "n", "y": "n", "u": "n", "z": "m", "A": "m n", "C": "m n", "B": "n p",
    "W": "p n", "X": "n n", "Y": "n n", "S": "n n", "T": "m n p", "v": "p", "M": "m m", "w": "k",
}  # fmt: skip
TINY, STEP = 1e-30, 1e-5

CASES = """
A @ B                                | A@B
A · x                                | A@x
x · y                                | x@y
x @ X                                | X.T@x
A * C                                | A*C
A .* C                               | A*C
A ∘ C                                | A*C
A ⊙ C                                | A*C
A / C                                | A/C
x ./ y                               | x/y
s * A                                | s*A
A / s                                | A/s
A + s                                | A+s
s - x                                | s-x
A'                                   | A.T
A.T @ z                              | A.T@z
A^T                                  | A.T
X^-T                                 | inv(X).T
x'                                   | x
x' @ y                               | x@y
x @ z'                               | outer(x, z)
x' @ B                               | x@B
X^2                                  | X@X
X^3                                  | X@X@X
X^-1                                 | inv(X)
X^-2                                 | inv(X@X)
s^3                                  | s**3
2^s                                  | 2**s
A ** 2                               | A**2
x .^ 3                               | x**3
x ** -1                              | 1/x
exp(x) ** y                          | np.exp(x)**y
exp(x) ** s                          | np.exp(x)**s
s ** x where s: scalar positive      | s**x
-s^t where s: scalar positive        | -(s**t)
x ** t where x: n positive           | x**t
A : C                                | np.sum(A*C)
frob(A, C)                           | np.sum(A*C)
A ⊗ B                                | kron(A, B)
kron(A, M)                           | kron(A, M)
kron(x, z)                           | np.kron(x, z)
kron(x, A)                           | np.kron(x[:, None], A)
kron(A, x)                           | np.kron(A, x[:, None])
kron(x', A)                          | np.kron(x[None, :], A)
kron(A, z')                          | np.kron(A, z[None, :])
kron(x', z)                          | np.kron(x[None, :], z[:, None])
kron(x', z')                         | np.kron(x, z)
x ⊗ y ⊗ z                            | np.kron(np.kron(x, y), z)
khatrirao(A, W)                      | khatrirao(A, W)
khatrirao(X, X)                      | khatrirao(X, X)
outer(x, z)                          | outer(x, z)
outer(s, A)                          | s*A
outer(A, x)                          | outer(A, x)
outer(x, A)                          | outer(x, A)
outer(A, M)                          | outer(A, M)
einsum("ij,jk->ik", A, B)            | A@B
einsum("ij,ij->", A, C)              | np.sum(A*C)
einsum("ii->i", X)                   | np.diag(X)
einsum("ijk,j,k->i", T, x, v)        | einsum("ijk,j,k->i", T, x, v)
einsum("ij,ij->ji", A, A)            | (A*A).T
T[i,j,k]*x[j]                        | einsum("ijk,j->ik", T, x)
sum[j](A[i,j]*B[j,k])                | A@B
(A[i,j]*z[i]*X[k,j])[i,k]            | np.diag(z)@A@X.T
X[i,i]                               | np.trace(X)
x[i] - z[j]                          | x[:, None] - z[None, :]
exp(A[i,j])*x[j]                     | np.exp(A)@x
tr(X)                                | np.trace(X)
det(X)                               | det(X)
logdet(X)                            | logdet(X)
inv(X)                               | inv(X)
adj(X)                               | adj(X)
pinv(A)                              | pinv(A)
pinv(W)                              | pinv(W)
pinv(A) @ z                          | pinv(A)@z
expm(X)                              | expm(X)
sqrtm(S) where S: n x n posdef       | ~ sqrtm(S)
nuclear(A)                           | ~ np.linalg.norm(A, "nuc")
nuclear(W)                           | ~ np.linalg.norm(W, "nuc")
sum(A)                               | np.sum(A)
sum(A, axis=0)                       | np.sum(A, axis=0)
sum(A, axis=1)                       | np.sum(A, axis=1)
sum(T, axis=1)                       | np.sum(T, axis=1)
mean(A)                              | np.mean(A)
mean(A, axis=0)                      | np.mean(A, axis=0)
mean(A, axis=1)                      | np.mean(A, axis=1)
mean(x)                              | np.mean(x)
norm(x)                              | norm(x)
norm(A)                              | norm(A)
norm2(A)                             | norm(A)
normsq(A)                            | np.sum(A*A)
norm1(A)                             | norm1(A)
norm1(x)                             | norm1(x)
diag(x)                              | np.diag(x)
diag(X)                              | np.diag(X)
diag(diag(X))                        | np.diag(np.diag(X))
vec(A)                               | vec(A)
vec(A @ X @ B)                       | vec(A@X@B)
vec(x)                               | x
vech(X)                              | vech(X)
vech(X @ Y)                          | vech(X@Y)
vech(A @ A')                         | vech(A@A.T)
duplication(n) @ vech(X)             | dup(n)@vech(X)
normsq(vech(X))                      | np.sum(vech(X)**2)
exp(vech(X))                         | np.exp(vech(X))
hstack(A, M)                         | np.hstack([A, M])
hstack(A, z)                         | np.column_stack([A, z])
hstack(z, A, z)                      | np.column_stack([z, A, z])
hstack(x, y)                         | np.column_stack([x, y])
hstack(x, y, u)                      | np.column_stack([x, y, u])
hstack(x', z')                       | np.concatenate([x, z])
vstack(A, X)                         | np.vstack([A, X])
vstack(A, X, W)                      | np.vstack([A, X, W])
vstack(x, z)                         | np.concatenate([x, z])
vstack(x, z, v)                      | np.concatenate([x, z, v])
vstack(x', A)                        | np.vstack([x, A])
vstack(A, x')                        | np.vstack([A, x])
vstack(x', y')                       | np.vstack([x, y])
tril(X)                              | X*np.tril(np.ones((n, n)))
triu(X)                              | X*np.triu(np.ones((n, n)))
tril(X) @ triu(Y) @ x                | (X*np.tril(np.ones((n, n))))@(Y*np.triu(np.ones((n, n))))@x
exp(A)                               | np.exp(A)
log(x) where x: n positive           | np.log(x)
sin(x)                               | np.sin(x)
cos(x)                               | np.cos(x)
tan(x)                               | np.tan(x)
asin(x/3)                            | np.arcsin(x/3)
acos(x/3)                            | np.arccos(x/3)
atan(x)                              | np.arctan(x)
sinh(x)                              | np.sinh(x)
cosh(x)                              | np.cosh(x)
tanh(A)                              | np.tanh(A)
sqrt(x) where x: n positive          | np.sqrt(x)
abs(x)                               | absolute(x)
sign(x)*y                            | sign(x)*y
relu(A)                              | relu(A)
sigmoid(x)                           | sigmoid(x)
softplus(x)                          | softplus(x)
erf(x)                               | erf(x)
gelu(x)                              | gelu(x)
softmax(x)                           | softmax(x)
softmax(A, axis=0)                   | softmax(A, axis=0)
softmax(A, axis=1)                   | softmax(A, axis=1)
logsumexp(x)                         | logsumexp(x)
logsumexp(A, axis=0)                 | logsumexp(A, axis=0)
logsumexp(A, axis=1)                 | logsumexp(A, axis=1)
max(x)                               | largest(x)
max(A, axis=0)                       | largest(A, axis=0)
max(A, axis=1)                       | largest(A, axis=1)
eye(n) @ x                           | x
ones(n)' @ x                         | np.sum(x)
ones(m, n) * A                       | A
zeros(m, n) + A                      | A
e(1, n)' @ x                         | x[0]
e(3, n)' @ x                         | x[2]
x * e(2, 3) where x: 3               | x*np.eye(3)[1]
A @ e(2, n)                          | A[:, 1]
K(m, n) @ vec(A)                     | vec(A.T)
K(n, n) @ kron(B, B) @ K(p, p)       | comm(n, n)@np.kron(B, B)@comm(p, p)
X + I                                | X+np.eye(n)
inv(I + A @ A')                      | inv(np.eye(m)+A@A.T)
A @ (2*I - X) @ B                    | A@(2*np.eye(n)-X)@B
pi * x                               | np.pi*x
sum(x)/n                             | np.mean(x)
x - n*y/(m + n) + A'@z               | x-3*y/5+A.T@z
X @ d(x' @ X @ x)/dx                 | X@(X+X.T)@x
f(x)                                 | f(x)
f(A @ x)                             | f(A@x)
sum(f(A) * C)                        | np.sum(f(A)*C)
f′(x) * y                            | df(x)*y
X^k where X: n x n, k: scalar        | X@X
X^2.5 where X: n x n posdef          | ~ real_power(X, 2.5)
""".strip().splitlines()


ELEMENTWISE = {
    "f": lambda v: np.sin(v) + v**3,
    "df": lambda v: np.cos(v) + 3 * v**2,
    "d2f": lambda v: -np.sin(v) + 6 * v,
}


def given(names: list[str], declared: str) -> dict[str, Array]:
    """Values for tensors of these names, in the domain that the declarations say."""
    random = np.random.default_rng(3)
    point: dict[str, Array] = {}
    for name in names:
        shape = tuple(SIZES[size] for size in SHAPES[name].split())
        values = random.uniform(0.3, 1.3, shape) * random.choice([-1, 1], shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            values = values + 2 * np.eye(shape[0])
        if "positive" in declared:
            values = np.abs(values)
        if "posdef" in declared and len(shape) == 2:
            values = values @ values.T
        point[name] = values
    return point


def slope(text: str, scope: dict[str, Any], by: str, exact: bool) -> Array:
    """∂/∂by in jacobian axes."""
    at = np.asarray(scope[by])
    columns = []
    for place in np.ndindex(at.shape):
        unit = np.zeros(at.shape)
        unit[place] = 1
        if exact:
            shifted = np.asarray(eval(text, scope | {by: at + 1j * TINY * unit}))
            columns.append(np.imag(shifted) / TINY)
        else:
            sides = [np.asarray(eval(text, scope | {by: at + h * unit})) for h in (STEP, -STEP)]
            columns.append((sides[0] - sides[1]) / (2 * STEP))
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + at.shape)


def names_in(text: str) -> list[str]:
    """The tensors of a problem, as what a NumPy expression reads."""
    words = compile(text, "", "eval").co_names
    return [word for word in words if word in SHAPES]


def taken(function: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The tensors, and those of f, df and d2f that the code needs."""
    return {
        n: v
        for n, v in inputs.items()
        if n not in ELEMENTWISE or n in inspect.signature(function).parameters
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.split("|")[0].strip())
def test_row(case: str) -> None:
    problem, _, numpy_text = (part.strip() for part in case.rpartition("|"))
    expression, _, declared = problem.partition(" where ")
    exact = not numpy_text.startswith("~")
    numpy_text = numpy_text.removeprefix("~").strip()
    names = names_in(numpy_text)
    if "X^k" in expression:
        names.append("k")
    written = [part.split(":")[0] for part in declared.split(",")]
    more = [f"{n}: ({', '.join(SHAPES[n].split())})" for n in names if n not in (*written, "k")]
    words = {"f(x)": ("f", "df"), "f(A": ("f", "df"), "f′(": ("df", "d2f")}
    functions = next((words[key] for key in words if key in expression.replace("erf", "")), ())
    if functions:
        more.append("f: elementwise")
    where = ", ".join(part for part in (declared, *more) if part)
    point = given([name for name in names if name != "k"], declared)
    scope = NAMES | SIZES | ELEMENTWISE | point
    inputs = point | ({"k": 2} if "k" in names else {})
    inputs |= {word: ELEMENTWISE[word] for word in functions}
    for by in point:
        structured = "posdef" in declared and SHAPES[by] == "n n"
        result = matcalc.derive(f"d({expression})/d{by} where {where}", structure="ignore")
        module: dict[str, Any] = {}
        exec(result.code("numpy"), module)
        value = module["value"](**taken(module["value"], inputs))
        np.testing.assert_allclose(value, eval(numpy_text, scope), rtol=1e-9, atol=1e-12)
        wanted = slope(numpy_text, scope, by, exact)
        if structured:
            wanted = (wanted + wanted.swapaxes(-1, -2)) / 2
        keywords = taken(module["derivative"], inputs)
        found = module["derivative"](**keywords)
        assert np.shape(found) == wanted.shape
        np.testing.assert_allclose(result.evaluate(**keywords), found)
        if structured:
            found = (found + found.swapaxes(-1, -2)) / 2
        tolerance = 1e-9 if exact else 1e-6
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_a_let_that_declares_a_name_twice_declares_nothing() -> None:
    session = matcalc.api.Session()
    with pytest.raises(MatcalcError) as caught:
        session.read("let A: m x n, y: m, A: n", 7)
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("name", 7, 21)
    result = session.read("d(y'@y)/dy where y: n", 8)
    assert result is not None and result.matrix == "2*y"
    session.read("let A: n", 9)
    result = session.read("d(A'@A)/dA", 10)
    assert result is not None and result.shape == ("n",)


@pytest.mark.parametrize("text", ["2.5^10000*x", "1e399^64*x", "(2*x)^20000"])
def test_a_number_that_is_too_long_to_write_is_a_limit(text: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        matcalc.derive(f"d({text})/dx where x: scalar").to_dict()
    assert caught.value.kind == "limit"


def refused(text: str) -> MatcalcError:
    with pytest.raises(MatcalcError) as caught:
        matcalc.derive(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("d(e(4, 3)'@x)/dx", "shape", "no unit vector 4 of length 3"),
        ("d(e(0, n)'@x)/dx", "shape", "positive"),
        ("d(x^2)/dx where x: n", "shape", "**"),
        ("d(A^2)/dA where A: m x n", "shape", "square"),
        ("x' + y where x, y: n", "shape", "row"),
        ("A * B where A: m x n, B: n x p", "shape", ""),
        ("softmax(A) where A: m x n", "shape", "vector"),
        ("sum(A, axis=2) where A: m x n", "shape", "axis"),
        ("vech(A) where A: m x n", "shape", "square"),
        ("tril(A) where A: m x n", "shape", "square"),
        ("tril(x) where x: n", "shape", "square"),
        ("khatrirao(A, B) where A: m x n, B: m x p", "shape", "columns"),
        ("hstack(A, B) where A: m x n, B: p x n", "shape", "rows"),
        ("det(A, A)", "syntax", "1 argument"),
        ("sum(A, rows=1)", "syntax", "rows"),
        ("x where x: n*n//2", "syntax", "n*(n + 1)//2"),
        ("x where x: n/3", "syntax", "dimension"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, kind: str, message: str) -> None:
    error = refused(text)
    assert (error.kind, message in error.message or message in (error.hint or "")) == (
        kind,
        True,
    ), error


def test_a_size_that_no_tensor_determines_is_a_keyword() -> None:
    result = matcalc.derive("d(sum(ones(m))*x)/dx where x: n")
    assert result.evaluate(x=[1.0, 2.0], m=3).tolist() == [[3, 0], [0, 3]]
    with pytest.raises((TypeError, ValueError), match="m"):
        result.evaluate(x=[1.0, 2.0])


def test_the_second_derivative_of_a_declared_function() -> None:
    result = matcalc.derive("d2(sum(f(x)))/dx2 where x: n, f: elementwise")
    x = np.array([0.3, -1.2])
    found = result.evaluate(x=x, **ELEMENTWISE)
    np.testing.assert_allclose(found, np.diag(-np.sin(x) + 6 * x))
