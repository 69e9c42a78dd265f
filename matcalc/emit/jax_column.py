"""The JAX column of the emitted code: pure functions that jit, grad and vmap take."""

from __future__ import annotations

from matcalc.emit.backend import Backend

OPERATIONS = {
    "tensor": "_tensor({name}, {0}, {said}, {order}, dtype)",
    "like_all": "dtype = _dtype({0})",
    "like": "dtype = {0}.dtype",
    "like_default": "dtype = jnp.result_type(float)",
    "shape": "{0}.shape",
    "axis": ", axis={axis}",
    "no_axis": "",
    "array": "jnp.asarray({0}, dtype=float)",
    "test_setup": 'jax.config.update("jax_enable_x64", True)',
    "eye": "jnp.eye({size}, dtype=dtype)",
    "ones": "jnp.ones({shape}, dtype=dtype)",
    "zeros": "jnp.zeros({shape}, dtype=dtype)",
    "float": "jnp.asarray({0}, dtype=dtype)",
    "pi": "jnp.pi",
    "unit": "_unit({position}, {size}, dtype)",
    "lower": "jnp.tri({size}, dtype=dtype)",
    "upper": "jnp.tri({size}, dtype=dtype).T",
    "tril": "jnp.tril({0})",
    "triu": "jnp.triu({0})",
    "vech": "_vech({size}, dtype)",
    "half": "_half({0})",
    "half_turned": "_half({0}.T)",
    "unhalf": "_unhalf({0}, {size})",
    "duplication": "_duplication({size}, dtype)",
    "diag": "jnp.diag({0})",
    "diagonal": "jnp.diagonal({0})",
    "trace": "jnp.trace({0})",
    "transpose": "jnp.transpose({0}, {axes})",
    "sum": "jnp.sum({0})",
    "sum_axis": "jnp.sum({0}, axis={axis})",
    "outer": "jnp.outer({0}, {1})",
    "einsum": "jnp.einsum({spec}, {arguments})",
    "pad": "jnp.pad({0}, {widths})",
    "place": "_place({0}, {spec}, {shape}, dtype)",
    "sqrt": "jnp.sqrt({0})",
}

MAPS = {
    "abs": "jnp.abs({0})",
    "relu": "jnp.maximum({0}, 0)",
    "[u > 0]": "jnp.heaviside({0}, 0.5)",
    "softplus": "jnp.logaddexp(0, {0})",
    "sigmoid": "jax.nn.sigmoid({0})",
    "erf": "jax.scipy.special.erf({0})",
    "gelu": "jax.nn.gelu({0}, approximate=False)",
}
"""Entry by entry; a function that is not here is `jnp.` and its name in the table."""

APPLIES = {
    "det": "jnp.linalg.det({0})",
    "logdet": "jnp.linalg.slogdet({0})[1]",
    "inv": "jnp.linalg.inv({0})",
    "solve": "jnp.linalg.solve({0}, {1})",
    "adj": "_adjugate({0})",
    "pinv": "jnp.linalg.pinv({0})",
    "expm": "_expm({0})",
    "expm_derivative": "_expm_derivative({0})",
    "expm_second": "_expm_second({0})",
    "sqrtm": "_sqrtm({0})",
    "sqrtm_derivative": "_sqrtm_derivative({0})",
    "nuclear": 'jnp.linalg.norm({0}, "nuc")',
    "polar": "_polar({0})",
    "max": "jnp.max({0}{axis})",
    "argmax": "_argmax({0}{axis})",
    "softmax": "jax.nn.softmax({0}{axis})",
    "logsumexp": "jax.nn.logsumexp({0}{axis})",
    "matrix_power": "jnp.linalg.matrix_power({0}, {1})",
    "matpower": "_matrix_power({0}, {1})",
    "matpower_derivative": "_matrix_power_derivative({0}, {1})",
}

HELPERS = '''
def _dtype(*given):
    """The widest floating dtype of the arrays; without one, the default float."""
    floating = [
        array
        for array in given
        if jnp.issubdtype(getattr(array, "dtype", int), jnp.floating)
        and not getattr(array, "weak_type", False)
    ]
    return jnp.result_type(*(floating or [float]))


def _tensor(name, given, declared, order, dtype):
    """An array of floats with as many axes as declared."""
    if given is None:
        raise TypeError(f"{name} is missing")
    if jnp.iscomplexobj(given):
        raise TypeError(f"{name} is complex, but the code is for real numbers")
    array = jnp.asarray(given, dtype=dtype)
    if array.ndim != order:
        raise ValueError(f"{name} has {array.ndim} axes, but {declared} has {order}")
    return array


def _place(values, pattern, shape, dtype):
    """Zeros, with the values where the axes that have the same letter agree."""
    letters, core = pattern.split("->")
    sizes = [shape[letters.index(letter)] for letter in core]
    steps = dict(zip(core, jnp.indices(sizes, sparse=True)))
    return jnp.zeros(shape, dtype).at[tuple(steps[letter] for letter in letters)].set(values)


def _unit(position, size, dtype):
    """The unit vector with its 1 at the position, counted from 1."""
    if not 1 <= position <= size:
        raise ValueError(f"e({position}, {size}): there is no entry {position}")
    return jnp.zeros(size, dtype).at[position - 1].set(1)


def _vech(size, dtype):
    """V with V[k,i,j] = 1 where A[i,j] is entry k of vech(A)."""
    columns, rows = jnp.triu_indices(size)
    return jnp.eye(size * size, dtype=dtype)[rows * size + columns].reshape(-1, size, size)


def _half(X):
    """vech(X), the lower triangle column by column, of the first two axes."""
    columns, rows = jnp.triu_indices(len(X))
    return X[rows, columns]


def _unhalf(x, size):
    """The lower triangle that x lists column by column."""
    columns, rows = jnp.triu_indices(size)
    return jnp.zeros((size, size), x.dtype).at[rows, columns].set(x)


def _duplication(size, dtype):
    """The matrix D with D @ vech(S) = vec(S) for symmetric S."""
    lower = _vech(size, dtype)
    both = jnp.maximum(lower, lower.transpose(0, 2, 1))
    return both.transpose(2, 1, 0).reshape(size * size, -1)


def _argmax(x, axis=-1):
    """1 at the largest entry, 0 elsewhere."""
    return jax.nn.one_hot(jnp.argmax(x, axis=axis), x.shape[axis], dtype=x.dtype, axis=axis)


def _graded(value, smooth):
    """The value of the one with the derivatives of the other, which is equal where it is finite."""
    value = jax.lax.stop_gradient(value)
    moved = value + (smooth - jax.lax.stop_gradient(smooth))
    return jnp.where(jnp.isfinite(moved), moved, value)


def _adjugate(X):
    """The adjugate from the singular values: X may be singular."""
    U, s, V = jnp.linalg.svd(jax.lax.stop_gradient(X))
    others = jnp.prod(jnp.where(jnp.eye(len(s), dtype=bool), 1, s), axis=1)
    value = jnp.linalg.det(U) * jnp.linalg.det(V) * (V.T * others) @ U.T
    return _graded(value, jnp.linalg.det(X) * jnp.linalg.inv(X))


def _polar(X):
    """The orthogonal polar factor U·V' of X = U·S·V'."""
    U, _, V = jnp.linalg.svd(X, full_matrices=False)
    return U @ V


def _expm(X):
    """The exponential of a matrix, or of a stack of them."""
    return jax.scipy.linalg.expm(X, max_squarings=64)


def _expm_derivative(X):
    """D[i,j,p,q] = ∂expm(X)[i,j]/∂X[p,q], from exp([[X, E], [0, X]]) for each unit matrix E."""
    n = len(X)
    units = jnp.eye(n * n, dtype=X.dtype).reshape(n * n, n, n)
    same, zero = jnp.broadcast_to(X, units.shape), jnp.zeros_like(units)
    corner = _expm(jnp.block([[same, units], [zero, same]]))[:, :n, n:]
    return jnp.transpose(corner.reshape(n, n, n, n), (2, 3, 0, 1))


def _expm_second(X):
    """∂²expm(X)[i,j]/∂X[p,q]∂X[r,s], from exp([[X, E, 0], [0, X, F], [0, 0, X]]) and E, F exchanged."""
    n = len(X)
    units = jnp.eye(n * n, dtype=X.dtype).reshape(n * n, n, n)
    first, second = jnp.repeat(units, n * n, axis=0), jnp.tile(units, (n * n, 1, 1))
    same, zero = jnp.broadcast_to(X, first.shape), jnp.zeros_like(first)
    whole = jnp.block([[same, first, zero], [zero, same, second], [zero, zero, same]])
    corner = _expm(whole)[:, :n, 2 * n :].reshape((n,) * 6)
    return jnp.transpose(corner, (4, 5, 0, 1, 2, 3)) + jnp.transpose(corner, (4, 5, 2, 3, 0, 1))


def _symmetric(X):
    """Whether X is symmetric up to rounding."""
    noise = 450 * jnp.finfo(X.dtype).eps * jnp.max(jnp.abs(X), initial=0)
    return jnp.all(jnp.abs(X - X.T) <= noise)


def _eigen(X):
    """The eigenvalues and eigenvectors of a symmetric X; below 0 by rounding is 0."""
    values, vectors = jnp.linalg.eigh(X)
    noise = len(X) * jnp.finfo(X.dtype).eps * jnp.max(jnp.abs(values), initial=0)
    return jnp.where((values < 0) & (values >= -noise), 0, values), vectors


def _sqrtm(X):
    """The principal square root: by eigenvalues, or for X not symmetric by Denman and Beavers."""
    still = jax.lax.stop_gradient(X)
    largest = jnp.max(jnp.abs(still), initial=0)
    scale = jnp.where(largest > 0, largest, 1)

    def step(_, pair):
        root, inverse = pair
        return (root + jnp.linalg.inv(inverse)) / 2, (inverse + jnp.linalg.inv(root)) / 2

    start = X / scale, jnp.eye(len(X), dtype=X.dtype)
    smooth = jax.lax.fori_loop(0, 40, step, start)[0] * jnp.sqrt(scale)
    values, vectors = _eigen(still)
    exact = (vectors * jnp.sqrt(values)) @ vectors.T
    return _graded(jnp.where(_symmetric(still), exact, smooth), smooth)


def _sqrtm_derivative(X):
    """D[i,j,p,q] = ∂sqrtm(X)[i,j]/∂X[p,q]: R·S + S·R = E solved for each unit matrix E."""
    R = _sqrtm(X)
    n = len(R)
    eye = jnp.eye(n, dtype=X.dtype)
    return jnp.linalg.inv(jnp.kron(R, eye) + jnp.kron(eye, R.T)).reshape(n, n, n, n)


def _whole_power(X, k):
    """X to an integer power, by squaring; k may be traced."""
    below = k < 0
    eye = jnp.eye(len(X), dtype=X.dtype)
    base = jnp.where(below, jnp.linalg.inv(jnp.where(below, X, eye)), X)

    def step(_, state):
        result, base, left = state
        result = jnp.where(left % 2 == 1, result @ base, result)
        return result, jnp.where(left > 1, base @ base, base), left // 2

    return jax.lax.fori_loop(0, 31, step, (eye, base, jnp.abs(k).astype(int)))[0]


def _real_power(X, k):
    """A symmetric X to any real power; nan for another X."""
    values, vectors = _eigen(X)
    return jnp.where(_symmetric(X), (vectors * values**k) @ vectors.T, jnp.nan)


def _matrix_power(X, k):
    """X to the power k: an integer; or any real number for a symmetric X."""
    return jax.lax.cond(k == jnp.round(k), _whole_power, _real_power, X, k)


def _matrix_power_derivative(X, k):
    """D[i,j,p,q] = ∂(X^k)[i,j]/∂X[p,q]: of repeated squaring, or by eigenvalues."""

    def by_eigenvalues(X, k):
        values, vectors = _eigen(X)
        gaps = values[:, None] - values
        close = jnp.abs(gaps) <= 1e-7 * jnp.max(values, initial=0)
        middle = (values[:, None] + values) / 2
        slopes = (values[:, None] ** k - values**k) / jnp.where(close, 1, gaps)
        slopes = jnp.where(close, k * middle ** (k - 1), slopes)
        return jnp.einsum("ia,pa,ab,qb,jb->ijpq", vectors, vectors, slopes, vectors, vectors)

    return jax.lax.cond(k == jnp.round(k), jax.jacfwd(_whole_power), by_eigenvalues, X, k)
'''

BACKEND = Backend(
    "jax",
    {
        "jax": "import jax",
        "jnp": "import jax.numpy as jnp",
        "jax.scipy.linalg": "import jax.scipy.linalg",
        "jax.scipy.special": "import jax.scipy.special",
    },
    "jnp",
    OPERATIONS,
    MAPS,
    APPLIES,
    HELPERS,
    note="Arrays keep their floating dtype; numbers, lists and integers take it, or JAX's default float.",
    like="dtype",
)
