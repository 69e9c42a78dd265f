"""The problems of `hessians`: in our language, as functions for jax and torch, Hessians by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Arrays = dict[str, Any]
LAYERS, CLASSES, FACTORS = 10, 10, 5


class Problem:
    """A problem in our language, the same function for jax and torch, and its Hessian by hand.

    `function(np, tensors)` computes the value with the module np, which has the names of NumPy.
    """

    def __init__(
        self,
        name: str,
        value: str,
        by: str,
        where: str,
        make: Callable[[Any, int], Arrays],
        function: Callable[[Any, Arrays], Any],
        hand: Callable[[Any, Arrays], Any] | None,
        sizes: tuple[int, ...],
        gradient_sizes: tuple[int, ...] = (400, 800),
    ) -> None:
        self.name = name
        self.value = value
        self.by = by
        self.where = where
        self.make = make
        self.function = function
        self.hand = hand
        self.sizes = sizes
        self.gradient_sizes = gradient_sizes

    def text(self, order: int) -> str:
        power = "" if order == 1 else str(order)
        return f"d{power}({self.value})/d{self.by}{power} where {self.where}"


# the data


def _logistic(random: Any, n: int) -> Arrays:
    m = 2 * n
    X = random.standard_normal((m, n))
    return {"X": X, "w": random.standard_normal(n), "y": random.choice([-1.0, 1.0], m)}


def _factorisation(random: Any, n: int) -> Arrays:
    U, V = random.standard_normal((2, n, FACTORS))
    return {"T": random.standard_normal((n, n)), "U": U, "V": V}


def _masked(random: Any, n: int) -> Arrays:
    return {"O": (random.random((n, n)) < 0.5) * 1.0, **_factorisation(random, n)}


def _network(batch: int) -> Callable[[Any, int], Arrays]:
    def make(random: Any, n: int) -> Arrays:
        tensors = {"X": random.standard_normal((n, batch))}
        for layer in range(1, LAYERS + 1):
            rows = n if layer < LAYERS else CLASSES
            tensors[f"W{layer}"] = random.standard_normal((rows, n)) * (2 / n) ** 0.5
        labels = random.integers(0, CLASSES, batch)
        tensors["Y"] = (labels == [[row] for row in range(CLASSES)]) * 1.0
        return tensors

    return make


def _square(random: Any, n: int) -> Arrays:
    return {"A": random.standard_normal((n, n)), "x": random.standard_normal(n)}


def _vector(random: Any, n: int) -> Arrays:
    return {"x": random.standard_normal(n)}


def _gaussian(random: Any, n: int) -> Arrays:
    A, B = random.standard_normal((2, n, 2 * n))
    return {"S": A @ A.T / n, "C": B @ B.T / n}


# the functions, for jax and torch alike


def _logistic_loss(np: Any, t: Arrays) -> Any:
    return np.logaddexp(0.0 * t["y"], -t["y"] * (t["X"] @ t["w"])).sum()


def _network_loss(np: Any, t: Arrays) -> Any:
    hidden = t["X"]
    for layer in range(1, LAYERS):
        hidden = np.relu(t[f"W{layer}"] @ hidden)
    logits = t[f"W{LAYERS}"] @ hidden
    return np.logsumexp(logits, 0).sum() - (t["Y"] * logits).sum()


def _gaussian_loss(np: Any, t: Arrays) -> Any:
    S = (t["S"] + t["S"].T) / 2
    return np.linalg.slogdet(S)[1] + np.trace(np.linalg.solve(S, t["C"]))


# Hessians by hand


def _sigmoid(np: Any, u: Any) -> Any:
    return np.exp(-np.logaddexp(0, -u))


def _logistic_hand(np: Any, t: Arrays) -> Any:
    p = _sigmoid(np, t["y"] * (t["X"] @ t["w"]))
    B = t["X"] * np.sqrt(p * (1 - p))[:, None]
    return B.T @ B


def _factorisation_hand(np: Any, t: Arrays) -> Any:
    m, k = t["U"].shape
    H = np.zeros((m, k, m, k))
    rows = np.arange(m)
    H[rows, :, rows, :] = (2 * t["V"]).T @ t["V"]
    return H


def _masked_hand(np: Any, t: Arrays) -> Any:
    (m, k), V = t["U"].shape, t["V"]
    blocks = t["O"] ** 2 @ ((2 * V)[:, :, None] * V[:, None, :]).reshape(len(V), k * k)
    H = np.zeros((m, k, m, k))
    rows = np.arange(m)
    H[rows, :, rows, :] = blocks.reshape(m, k, k)
    return H


def _network_hand(np: Any, t: Arrays) -> Any:
    hidden, X, masks = t["X"], t["X"], []
    for layer in range(1, LAYERS):
        inner = t[f"W{layer}"] @ hidden
        masks.append(inner > 0)
        hidden = np.maximum(inner, 0)
    logits = t[f"W{LAYERS}"] @ hidden
    powers = np.exp(logits - logits.max(axis=0))
    p = (powers / powers.sum(axis=0)).T
    (d, batch), h = X.shape, len(masks[0])
    J = t[f"W{LAYERS}"] * masks[-1].T[:, None, :]
    for layer in range(LAYERS - 1, 1, -1):
        J = (J.reshape(-1, J.shape[-1]) @ t[f"W{layer}"]).reshape(batch, CLASSES, h)
        J *= masks[layer - 2].T[:, None, :]
    K = J - (p[:, None, :] @ J)
    M = (J * p[:, :, None]).transpose(0, 2, 1) @ K
    XX = X.T[:, :, None] * X.T[:, None, :]
    H = M.reshape(batch, -1).T @ XX.reshape(batch, -1)
    return H.reshape(h, h, d, d).transpose(0, 2, 1, 3)


def _logsumexp_hand(np: Any, t: Arrays) -> Any:
    powers = np.exp(t["x"] - t["x"].max())
    p = powers / powers.sum()
    H = np.outer(-p, p)
    H.flat[:: len(p) + 1] += p
    return H


def _gaussian_hand(np: Any, t: Arrays) -> Any:
    P = np.linalg.inv(t["S"])
    n = len(P)
    R = (P @ t["C"] @ P - P / 2) / 2
    G = np.stack([R.ravel(), P.ravel()], 1) @ np.stack([P.ravel(), R.ravel()])
    G = G.reshape(n, n, n, n)
    return G.transpose(0, 2, 3, 1) + G.transpose(0, 2, 1, 3)


def _layers() -> str:
    defined = [f"h{k} = relu(W{k}@{'X' if k == 1 else f'h{k - 1}'})" for k in range(1, LAYERS)]
    inner = [f"W{k}: h x {'d' if k == 1 else 'h'}" for k in range(1, LAYERS)]
    last = [f"z = W{LAYERS}@h{LAYERS - 1}", "X: d x b"]
    return ", ".join([*defined, *last, *inner, f"W{LAYERS}: c x h", "Y: c x b"])


_CROSS_ENTROPY = "sum(logsumexp(z, axis=0)) - Y:z"
PROBLEMS = (
    Problem(
        "(i) logistic regression", "sum(log(1+exp(-y*(X@w))))", "w", "X: m x n, w: n, y: m",
        _logistic, _logistic_loss, _logistic_hand, (200, 400, 1000), (400, 1000),
    ),
    Problem(
        "(ii) factorisation", "normsq(T - U@V')", "U", "T: m x n, U: m x k, V: n x k",
        _factorisation, lambda np, t: ((t["T"] - t["U"] @ t["V"].T) ** 2).sum(),
        _factorisation_hand, (100, 200, 300), (400, 1000),
    ),
    Problem(
        "(ii) masked", "normsq(O*(T - U@V'))", "U", "T: m x n, O: m x n, U: m x k, V: n x k",
        _masked, lambda np, t: ((t["O"] * (t["T"] - t["U"] @ t["V"].T)) ** 2).sum(),
        _masked_hand, (100, 200, 300), (400, 1000),
    ),
    Problem(
        "(iii) net, batch 16", _CROSS_ENTROPY, "W1", _layers(),
        _network(16), _network_loss, _network_hand, (20, 40), (400, 800),
    ),
    Problem(
        "(iii) net, batch 1", _CROSS_ENTROPY, "W1", _layers(),
        _network(1), _network_loss, _network_hand, (20, 40), (400, 800),
    ),
    Problem(
        "(iv) x'Ax", "x'@A@x", "x", "A: n x n", _square,
        lambda np, t: t["x"] @ t["A"] @ t["x"], lambda np, t: t["A"] + t["A"].T,
        (200, 400, 1000), (400, 1000),
    ),
    Problem(
        "(v) logsumexp", "logsumexp(x)", "x", "x: n", _vector,
        lambda np, t: np.logsumexp(t["x"], 0), _logsumexp_hand, (200, 400, 1000), (400, 1000),
    ),
    Problem(
        "(vi) Gaussian", "logdet(S) + tr(inv(S)@C)", "S", "S: n x n posdef, C: n x n symmetric",
        _gaussian, _gaussian_loss, _gaussian_hand, (10, 20, 40), (400, 800),
    ),
)  # fmt: skip
