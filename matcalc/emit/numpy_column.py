"""The NumPy column of the emitted code: how each operation is spelled, and the helpers it needs."""

from __future__ import annotations

from matcalc.emit.backend import Backend

OPERATIONS = {
    "tensor": "_tensor({name}, {0}, {said}, {order})",
    "shape": "{0}.shape",
    "axis": ", axis={axis}",
    "no_axis": "",
    "array": "np.asarray({0}, dtype=float)",
    "test_setup": 'np.seterr(all="ignore")',
    "eye": "np.eye({size})",
    "ones": "np.ones({shape})",
    "zeros": "np.zeros({shape})",
    "float": "np.float64({0})",
    "pi": "np.pi",
    "unit": "_unit({position}, {size})",
    "lower": "np.tri({size})",
    "upper": "np.tri({size}).T",
    "tril": "np.tril({0})",
    "triu": "np.triu({0})",
    "vech": "_vech({size})",
    "half": "_half({0})",
    "half_turned": "_half({0}.T)",
    "unhalf": "_unhalf({0}, {size})",
    "duplication": "_duplication({size})",
    "diag": "np.diag({0})",
    "diagonal": "np.diagonal({0})",
    "trace": "np.trace({0})",
    "transpose": "np.transpose({0}, {axes})",
    "sum": "np.sum({0})",
    "sum_axis": "np.sum({0}, axis={axis})",
    "outer": "np.outer({0}, {1})",
    "einsum": "np.einsum({spec}, {arguments})",
    "pad": "np.pad({0}, {widths})",
    "add_into": "np.einsum({spec}, {0})[...] += {1}",
    "place": "_place({0}, {spec}, {shape})",
    "sqrt": "np.sqrt({0})",
}

MAPS = {
    "abs": "np.abs({0})",
    "relu": "np.maximum({0}, 0)",
    "[u > 0]": "np.heaviside({0}, 0.5)",
    "softplus": "np.logaddexp(0, {0})",
    "sigmoid": "_sigmoid({0})",
    "erf": "_erf({0})",
    "gelu": "_gelu({0})",
}
"""Entry by entry; a function that is not here is `np.` and its name in the table."""

APPLIES = {
    "det": "np.linalg.det({0})",
    "logdet": "np.linalg.slogdet({0})[1]",
    "inv": "np.linalg.inv({0})",
    "solve": "np.linalg.solve({0}, {1})",
    "adj": "_adjugate({0})",
    "pinv": "np.linalg.pinv({0})",
    "expm": "_expm({0})",
    "expm_derivative": "_expm_derivative({0})",
    "expm_second": "_expm_second({0})",
    "sqrtm": "_sqrtm({0})",
    "sqrtm_derivative": "_sqrtm_derivative({0})",
    "nuclear": 'np.linalg.norm({0}, "nuc")',
    "polar": "_polar({0})",
    "max": "np.max({0}{axis})",
    "argmax": "_argmax({0}{axis})",
    "softmax": "_softmax({0}{axis})",
    "logsumexp": "_logsumexp({0}{axis})",
    "matrix_power": "np.linalg.matrix_power({0}, {1})",
    "matpower": "_matrix_power({0}, {1})",
    "matpower_derivative": "_matrix_power_derivative({0}, {1})",
}

HELPERS = '''
def _tensor(name, given, declared, order):
    """An array of floats with as many axes as declared."""
    if given is None:
        raise TypeError(f"{name} is missing")
    if np.iscomplexobj(given):
        raise TypeError(f"{name} is complex, but the code is for real numbers")
    array = np.asarray(given, dtype=float)
    if array.ndim != order:
        raise ValueError(f"{name} has {array.ndim} axes, but {declared} has {order}")
    return array


def _place(values, pattern, shape):
    """Zeros, with the values where the axes that have the same letter agree."""
    whole = np.zeros(shape)
    np.einsum(pattern, whole)[...] = values
    return whole


def _unit(position, size):
    """The unit vector with its 1 at the position, counted from 1."""
    if not 1 <= position <= size:
        raise ValueError(f"e({position}, {size}): there is no entry {position}")
    return np.where(np.arange(1, size + 1) == position, 1.0, 0.0)


def _vech(size):
    """V with V[k,i,j] = 1 where A[i,j] is entry k of vech(A)."""
    columns, rows = np.triu_indices(size)
    whole = np.zeros((len(rows), size, size))
    whole[np.arange(len(rows)), rows, columns] = 1.0
    return whole


def _half(X):
    """vech(X), the lower triangle column by column, of the first two axes."""
    columns, rows = np.triu_indices(len(X))
    return X[rows, columns]


def _unhalf(x, size):
    """The lower triangle that x lists column by column."""
    columns, rows = np.triu_indices(size)
    whole = np.zeros((size, size))
    whole[rows, columns] = x
    return whole


def _duplication(size):
    """The matrix D with D @ vech(S) = vec(S) for symmetric S."""
    lower = _vech(size)
    both = np.maximum(lower, lower.transpose(0, 2, 1))
    return both.transpose(2, 1, 0).reshape(size * size, -1)


def _sigmoid(u):
    """1/(1 + exp(-u)), without overflow on either side."""
    small = np.exp(-np.abs(u))
    return np.where(np.greater_equal(u, 0), 1.0, small) / (1.0 + small)


def _erf(u):
    """The error function, from SciPy where it is installed."""
    try:
        from scipy.special import erf
    except ImportError:
        import math

        erf = np.vectorize(math.erf, otypes=[float])
    return erf(u)


def _gelu(u):
    """u times the normal distribution function at u."""
    return u * (1.0 + _erf(u / np.sqrt(2.0))) / 2.0


def _softmax(x, axis=None):
    """exp(x)/sum(exp(x)), shifted by the largest entry against overflow."""
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _logsumexp(x, axis=None):
    """log(sum(exp(x))), shifted by the largest entry against overflow; -inf of nothing."""
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(divide="ignore"):
        total = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return np.squeeze(total, axis=axis)


def _argmax(x, axis=-1):
    """1 at the largest entry, 0 elsewhere."""
    whole = np.zeros_like(x)
    np.put_along_axis(whole, np.expand_dims(np.argmax(x, axis=axis), axis), 1.0, axis)
    return whole


def _adjugate(X):
    """The adjugate from the singular values: X may be singular."""
    U, s, V = np.linalg.svd(X)
    others = np.array([np.prod(np.delete(s, k)) for k in range(len(s))])
    return np.linalg.det(U) * np.linalg.det(V) * (V.T * others) @ U.T


def _polar(X):
    """The orthogonal polar factor U·V' of X = U·S·V'."""
    U, _, V = np.linalg.svd(X, full_matrices=False)
    return U @ V


def _expm(X):
    """The exponential of a matrix, or of a stack of them: Padé with scaling (Higham 2005)."""
    norm = np.max(np.sum(np.abs(X), axis=-2), initial=0.0)
    if not np.isfinite(norm):
        raise ValueError("expm of a matrix with an entry that is not finite")
    doublings = max(0, int(np.ceil(np.log2(max(norm, 1.0) / 5.371920351148152))))
    X = X / 2.0**doublings
    eye = np.eye(X.shape[-1])
    X2 = X @ X
    X4 = X2 @ X2
    X6 = X2 @ X4
    odd = X6 @ (X6 + 16380.0 * X4 + 40840800.0 * X2)
    odd = odd + 33522128640.0 * X6 + 10559470521600.0 * X4 + 1187353796428800.0 * X2
    odd = X @ (odd + 32382376266240000.0 * eye)
    even = X6 @ (182.0 * X6 + 960960.0 * X4 + 1323241920.0 * X2)
    even = even + 670442572800.0 * X6 + 129060195264000.0 * X4 + 7771770303897600.0 * X2
    even = even + 64764752532480000.0 * eye
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(doublings):
        result = result @ result
    return result


def _expm_derivative(X):
    """D[i,j,p,q] = ∂expm(X)[i,j]/∂X[p,q], from exp([[X, E], [0, X]]) for each unit matrix E."""
    n = len(X)
    stack = np.zeros((n * n, 2 * n, 2 * n))
    stack[:, :n, :n] = X
    stack[:, n:, n:] = X
    stack[:, :n, n:] = np.eye(n * n).reshape(n * n, n, n)
    corner = _expm(stack)[:, :n, n:]
    return np.transpose(corner.reshape(n, n, n, n), (2, 3, 0, 1))


def _expm_second(X):
    """∂²expm(X)[i,j]/∂X[p,q]∂X[r,s], from exp([[X, E, 0], [0, X, F], [0, 0, X]]) and E, F exchanged."""
    n = len(X)
    units = np.eye(n * n).reshape(n * n, n, n)
    stack = np.zeros((n**4, 3 * n, 3 * n))
    for k in range(3):
        stack[:, k * n : (k + 1) * n, k * n : (k + 1) * n] = X
    stack[:, :n, n : 2 * n] = np.repeat(units, n * n, axis=0)
    stack[:, n : 2 * n, 2 * n :] = np.tile(units, (n * n, 1, 1))
    corner = _expm(stack)[:, :n, 2 * n :].reshape((n,) * 6)
    return np.transpose(corner, (4, 5, 0, 1, 2, 3)) + np.transpose(corner, (4, 5, 2, 3, 0, 1))


def _symmetric(X):
    """Whether X is symmetric up to rounding."""
    return np.all(np.abs(X - X.T) <= 1e-13 * np.max(np.abs(X), initial=0.0))


def _eigen(X):
    """The eigenvalues and eigenvectors of a symmetric X; below 0 by rounding is 0."""
    values, vectors = np.linalg.eigh(X)
    noise = len(X) * np.finfo(X.dtype).eps * np.max(np.abs(values), initial=0.0)
    return np.where((values < 0) & (values >= -noise), 0.0, values), vectors


def _sqrtm(X):
    """The principal square root: by eigenvalues, or for X not symmetric by Denman and Beavers."""
    if _symmetric(X):
        values, vectors = _eigen(X)
        return (vectors * np.sqrt(values)) @ vectors.T
    scale = np.max(np.abs(X))
    root, inverse = X / scale, np.eye(len(X))
    for _ in range(100):
        new = (root + np.linalg.inv(inverse)) / 2.0
        inverse = (inverse + np.linalg.inv(root)) / 2.0
        change, root = np.max(np.abs(new - root)), new
        if change <= 1e-15 * np.max(np.abs(root)):
            break
    return root * np.sqrt(scale)


def _sqrtm_derivative(X):
    """D[i,j,p,q] = ∂sqrtm(X)[i,j]/∂X[p,q]: R·S + S·R = E solved for each unit matrix E."""
    R = _sqrtm(X)
    n = len(R)
    eye = np.eye(n)
    return np.linalg.inv(np.kron(R, eye) + np.kron(eye, R.T)).reshape(n, n, n, n)


def _matrix_power(X, k):
    """X to the power k: an integer; or any real number for a symmetric X."""
    if k == np.round(k):
        return np.linalg.matrix_power(X, int(k))
    if not _symmetric(X):
        raise ValueError(f"a matrix to the power {k}: only a positive definite one has it")
    values, vectors = _eigen(X)
    return (vectors * values**k) @ vectors.T


def _matrix_power_derivative(X, k):
    """D[i,j,p,q] = ∂(X^k)[i,j]/∂X[p,q]: Σₛ (X^s)[i,p]·(X^(k-1-s))[q,j], or by eigenvalues."""
    n = len(X)
    if k == np.round(k):
        k = int(k)
        if k < 0:
            X, k, sign = np.linalg.inv(X), 1 - k, -1.0
            powers = [np.linalg.matrix_power(X, s) for s in range(k + 1)]
            pairs = [(powers[s], powers[k - s]) for s in range(1, k)]
        else:
            sign = 1.0
            powers = [np.linalg.matrix_power(X, s) for s in range(k)]
            pairs = [(powers[s], powers[k - 1 - s]) for s in range(k)]
        total = np.zeros((n, n, n, n))
        for left, right in pairs:
            total += np.einsum("ip,qj->ijpq", left, right)
        return sign * total
    values, vectors = np.linalg.eigh(X)
    gaps = values[:, None] - values
    close = np.abs(gaps) <= 1e-7 * np.max(values, initial=0.0)
    middle = (values[:, None] + values) / 2.0
    slopes = (values[:, None] ** k - values**k) / np.where(close, 1.0, gaps)
    slopes = np.where(close, k * middle ** (k - 1), slopes)
    return np.einsum("ia,pa,ab,qb,jb->ijpq", vectors, vectors, slopes, vectors, vectors)
'''

BACKEND = Backend(
    "numpy",
    {"np": "import numpy as np"},
    "np",
    OPERATIONS,
    MAPS,
    APPLIES,
    HELPERS,
    note="All is computed in float64.",
    eager=True,
)
