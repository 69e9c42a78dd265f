"""The PyTorch column of the emitted code: functions that keep dtype and device, and take autograd."""

from __future__ import annotations

from matcalc.emit.backend import Backend

OPERATIONS = {
    "tensor": "_tensor({name}, {0}, {said}, {order}, like)",
    "like_all": "like = _like({0})",
    "like": 'like = {{"dtype": {0}.dtype, "device": {0}.device}}',
    "like_default": 'like = {{"dtype": torch.float64}}',
    "shape": "(*{0}.shape,)",
    "axis": ", dim={axis}",
    "no_axis": ", dim=-1",
    "array": "torch.tensor({0}, dtype=torch.float64)",
    "test_setup": "",
    "eye": "torch.eye({size}, **like)",
    "ones": "torch.ones({shape}, **like)",
    "zeros": "torch.zeros({shape}, **like)",
    "float": "torch.as_tensor({0}, **like)",
    "pi": "torch.pi",
    "unit": "_unit({position}, {size}, like)",
    "lower": "torch.ones(({size}, {size}), **like).tril()",
    "upper": "torch.ones(({size}, {size}), **like).triu()",
    "tril": "torch.tril({0})",
    "triu": "torch.triu({0})",
    "vech": "_vech({size}, like)",
    "half": "_half({0})",
    "half_turned": "_half({0}.T)",
    "unhalf": "_unhalf({0}, {size})",
    "duplication": "_duplication({size}, like)",
    "diag": "torch.diag({0})",
    "diagonal": "torch.diagonal({0})",
    "trace": "torch.trace({0})",
    "transpose": "torch.permute({0}, {axes})",
    "sum": "torch.sum({0})",
    "sum_axis": "torch.sum({0}, dim={axis})",
    "outer": "torch.outer({0}, {1})",
    "einsum": "torch.einsum({spec}, {arguments})",
    "pad": "_pad({0}, {widths})",
    "place": "_place({0}, {spec}, {shape}, like)",
    "sqrt": "torch.sqrt({0})",
}

MAPS = {
    "softplus": "_softplus({0})",
    "[u > 0]": "_heaviside({0})",
    "gelu": "torch.nn.functional.gelu({0})",
}
"""Entry by entry; a function that is not here is `torch.` and its name in the table."""

APPLIES = {
    "det": "torch.linalg.det({0})",
    "logdet": "torch.linalg.slogdet({0})[1]",
    "inv": "torch.linalg.inv({0})",
    "solve": "torch.linalg.solve({0}, {1})",
    "adj": "_adjugate({0})",
    "pinv": "torch.linalg.pinv({0})",
    "expm": "torch.linalg.matrix_exp({0})",
    "expm_derivative": "_expm_derivative({0})",
    "expm_second": "_expm_second({0})",
    "sqrtm": "_sqrtm({0})",
    "sqrtm_derivative": "_sqrtm_derivative({0})",
    "nuclear": 'torch.linalg.matrix_norm({0}, "nuc")',
    "polar": "_polar({0})",
    "max": "torch.amax({0}{axis})",
    "argmax": "_argmax({0}{axis})",
    "softmax": "torch.softmax({0}{axis})",
    "logsumexp": "torch.logsumexp({0}{axis})",
    "matrix_power": "torch.linalg.matrix_power({0}, {1})",
    "matpower": "_matrix_power({0}, {1})",
    "matpower_derivative": "_matrix_power_derivative({0}, {1})",
}

HELPERS = '''
def _like(*given):
    """The widest floating dtype of the tensors, float64 without one, and their device."""
    tensors = [tensor for tensor in given if torch.is_tensor(tensor)]
    dtype = None
    for tensor in tensors:
        if tensor.is_floating_point():
            dtype = tensor.dtype if dtype is None else torch.promote_types(dtype, tensor.dtype)
    devices = [tensor.device for tensor in tensors]
    device = max(devices, key=lambda device: device.type != "cpu", default=None)
    return {"dtype": dtype or torch.float64, "device": device}


def _tensor(name, given, declared, order, like):
    """A tensor of floats with as many axes as declared."""
    if given is None:
        raise TypeError(f"{name} is missing")
    if torch.as_tensor(given).is_complex():
        raise TypeError(f"{name} is complex, but the code is for real numbers")
    tensor = torch.as_tensor(given, **like)
    if tensor.ndim != order:
        raise ValueError(f"{name} has {tensor.ndim} axes, but {declared} has {order}")
    return tensor


def _pad(values, widths):
    """Zeros around the values: before and after them, for each axis."""
    flat = [width for pair in reversed(widths) for width in pair]
    return torch.nn.functional.pad(values, flat)


def _place(values, pattern, shape, like):
    """Zeros, with the values where the axes that have the same letter agree."""
    letters, core = pattern.split("->")
    steps = {}
    for axis, letter in enumerate(core):
        size = shape[letters.index(letter)]
        place = [-1 if other == axis else 1 for other in range(len(core))]
        steps[letter] = torch.arange(size, device=like.get("device")).reshape(place)
    where = tuple(steps[letter] for letter in letters)
    return torch.zeros(shape, **like).index_put(where, torch.as_tensor(values, **like))


def _unit(position, size, like):
    """The unit vector with its 1 at the position, counted from 1."""
    if not 1 <= position <= size:
        raise ValueError(f"e({position}, {size}): there is no entry {position}")
    return torch.eye(size, **like)[position - 1]


def _vech(size, like):
    """V with V[k,i,j] = 1 where A[i,j] is entry k of vech(A)."""
    columns, rows = torch.triu_indices(size, size)
    return torch.eye(size * size, **like)[rows * size + columns].reshape(-1, size, size)


def _half(X):
    """vech(X), the lower triangle column by column, of the first two axes."""
    columns, rows = torch.triu_indices(len(X), len(X))
    return X[rows, columns]


def _unhalf(x, size):
    """The lower triangle that x lists column by column."""
    columns, rows = torch.triu_indices(size, size, device=x.device)
    whole = torch.zeros((size, size), dtype=x.dtype, device=x.device)
    return whole.index_put((rows, columns), x)


def _duplication(size, like):
    """The matrix D with D @ vech(S) = vec(S) for symmetric S."""
    lower = _vech(size, like)
    both = torch.maximum(lower, lower.permute(0, 2, 1))
    return both.permute(2, 1, 0).reshape(size * size, -1)


def _softplus(u):
    """log(1 + exp(u)), without overflow on either side."""
    return -torch.nn.functional.logsigmoid(-u)


def _heaviside(u):
    """1 where u is positive, 0 where it is negative, 0.5 at 0."""
    return (torch.sign(u) + 1.0) / 2.0


def _argmax(x, dim):
    """1 at the largest entry, 0 elsewhere."""
    places = torch.argmax(x, dim=dim, keepdim=True)
    return torch.zeros_like(x).scatter(dim, places, 1.0)


def _graded(value, smooth):
    """The value of the one with the derivatives of the other, which is equal where it is finite."""
    moved = value.detach() + (smooth - smooth.detach())
    return torch.where(torch.isfinite(moved), moved, value.detach())


def _adjugate(X):
    """The adjugate from the singular values: X may be singular."""
    U, s, V = torch.linalg.svd(X.detach())
    own = torch.eye(len(s), dtype=torch.bool, device=X.device)
    others = torch.prod(torch.where(own, 1.0, s), dim=1)
    value = torch.linalg.det(U) * torch.linalg.det(V) * (V.T * others) @ U.T
    return _graded(value, torch.linalg.det(X) * torch.linalg.inv_ex(X)[0])


def _polar(X):
    """The orthogonal polar factor U·V' of X = U·S·V'."""
    U, _, V = torch.linalg.svd(X, full_matrices=False)
    return U @ V


def _expm_derivative(X):
    """D[i,j,p,q] = ∂expm(X)[i,j]/∂X[p,q], from exp([[X, E], [0, X]]) for each unit matrix E."""
    n = len(X)
    units = torch.eye(n * n, dtype=X.dtype, device=X.device).reshape(n * n, n, n)
    same, zero = X.expand(n * n, n, n), torch.zeros_like(units)
    stack = torch.cat([torch.cat([same, units], 2), torch.cat([zero, same], 2)], 1)
    corner = torch.linalg.matrix_exp(stack)[:, :n, n:]
    return torch.permute(corner.reshape(n, n, n, n), (2, 3, 0, 1))


def _expm_second(X):
    """∂²expm(X)[i,j]/∂X[p,q]∂X[r,s], from exp([[X, E, 0], [0, X, F], [0, 0, X]]) and E, F exchanged."""
    n = len(X)
    units = torch.eye(n * n, dtype=X.dtype, device=X.device).reshape(n * n, n, n)
    first, second = units.repeat_interleave(n * n, dim=0), units.repeat(n * n, 1, 1)
    same, zero = X.expand(n**4, n, n), torch.zeros_like(first)
    rows = [[same, first, zero], [zero, same, second], [zero, zero, same]]
    stack = torch.cat([torch.cat(row, 2) for row in rows], 1)
    corner = torch.linalg.matrix_exp(stack)[:, :n, 2 * n :].reshape((n,) * 6)
    return torch.permute(corner, (4, 5, 0, 1, 2, 3)) + torch.permute(corner, (4, 5, 2, 3, 0, 1))


def _magnitude(X):
    """The largest absolute value of the entries, 0 if there are none."""
    return torch.amax(torch.abs(X)) if X.numel() else X.new_zeros(())


def _symmetric(X):
    """Whether X is symmetric up to rounding."""
    noise = 450 * torch.finfo(X.dtype).eps * _magnitude(X)
    return torch.all(torch.abs(X - X.T) <= noise)


def _eigen(X):
    """The eigenvalues and eigenvectors of a symmetric X; below 0 by rounding is 0."""
    values, vectors = torch.linalg.eigh(X)
    noise = len(X) * torch.finfo(X.dtype).eps * _magnitude(values)
    return torch.where((values < 0) & (values >= -noise), 0.0, values), vectors


def _sqrtm(X):
    """The principal square root: by eigenvalues, or for X not symmetric by Denman and Beavers."""
    largest = _magnitude(X.detach())
    scale = torch.where(largest > 0, largest, 1.0)
    root, inverse = X / scale, torch.eye(len(X), dtype=X.dtype, device=X.device)
    for _ in range(40):
        other = torch.linalg.inv_ex(inverse)[0]
        inverse = (inverse + torch.linalg.inv_ex(root)[0]) / 2
        root = (root + other) / 2
    smooth = root * torch.sqrt(scale)
    values, vectors = _eigen(X.detach())
    exact = (vectors * torch.sqrt(values)) @ vectors.T
    return _graded(torch.where(_symmetric(X.detach()), exact, smooth), smooth)


def _sqrtm_derivative(X):
    """D[i,j,p,q] = ∂sqrtm(X)[i,j]/∂X[p,q]: R·S + S·R = E solved for each unit matrix E."""
    R = _sqrtm(X)
    n = len(R)
    eye = torch.eye(n, dtype=X.dtype, device=X.device)
    both = torch.kron(R, eye) + torch.kron(eye, R.T.contiguous())
    return torch.linalg.inv(both).reshape(n, n, n, n)


def _matrix_power(X, k):
    """X to the power k: an integer; or any real number for a symmetric X."""
    if float(k).is_integer():
        return torch.linalg.matrix_power(X, int(k))
    if not _symmetric(X):
        raise ValueError(f"a matrix to the power {k}: only a positive definite one has it")
    values, vectors = _eigen(X)
    return (vectors * values**k) @ vectors.T


def _matrix_power_derivative(X, k):
    """D[i,j,p,q] = ∂(X^k)[i,j]/∂X[p,q]: Σₛ (X^s)[i,p]·(X^(k-1-s))[q,j], or by eigenvalues."""
    n = len(X)
    if float(k).is_integer():
        k = int(k)
        if k < 0:
            X, k, sign = torch.linalg.inv(X), 1 - k, -1.0
            powers = [torch.linalg.matrix_power(X, s) for s in range(k + 1)]
            pairs = [(powers[s], powers[k - s]) for s in range(1, k)]
        else:
            sign = 1.0
            powers = [torch.linalg.matrix_power(X, s) for s in range(k)]
            pairs = [(powers[s], powers[k - 1 - s]) for s in range(k)]
        total = X.new_zeros((n, n, n, n))
        for left, right in pairs:
            total = total + torch.einsum("ip,qj->ijpq", left, right)
        return sign * total
    values, vectors = _eigen(X)
    gaps = values[:, None] - values
    close = torch.abs(gaps) <= 1e-7 * _magnitude(values)
    middle = (values[:, None] + values) / 2
    slopes = (values[:, None] ** k - values**k) / torch.where(close, 1.0, gaps)
    slopes = torch.where(close, k * middle ** (k - 1), slopes)
    return torch.einsum("ia,pa,ab,qb,jb->ijpq", vectors, vectors, slopes, vectors, vectors)
'''

BACKEND = Backend(
    "torch",
    {"torch": "import torch"},
    "torch",
    OPERATIONS,
    MAPS,
    APPLIES,
    HELPERS,
    note="Tensors keep their floating dtype and device; numbers, lists and integers take them, or float64.",
    like="like",
    numbers=False,
)
