"""Suggestions for names that are not known: near ones, and what others call the same thing."""

from __future__ import annotations

from collections.abc import Iterable

_ELSEWHERE = {
    "trace": "tr(A)",
    "transpose": "A'",
    "ln": "log(x)",
    "arcsin": "asin(x)",
    "arccos": "acos(x)",
    "arctan": "atan(x)",
    "inverse": "inv(A)",
    "determinant": "det(A)",
    "identity": "eye(n)",
    "rank": None,
    "hadamard": "A * B",
    "dot": "x @ y",
    "inner": "x @ y",
    "matmul": "A @ B",
    "power": "x ** p",
    "pow": "x ** p",
    "square": "x ** 2",
    "lse": "logsumexp(x)",
    "fro": "norm(A)",
    "diff": "d(F)/dX",
    "gradient": "grad(F, X)",
    "partial": "d(F)/dX",
    "logistic": "sigmoid(x)",
    "sgn": "sign(x)",
    "log_det": "logdet(A)",
    "diagonal": "diag(A)",
    "unvec": None,
    "sech": "1/cosh(x)",
    "csch": "1/sinh(x)",
    "sec": "1/cos(x)",
    "csc": "1/sin(x)",
    "cot": "cos(x)/sin(x)",
    "coth": "cosh(x)/sinh(x)",
    "log2": "log(x)/log(2)",
    "log10": "log(x)/log(10)",
    "expm1": "exp(x) - 1",
    "log1p": "log(1 + x)",
}


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint, or None.

    >>> did_you_mean("symetric", ["skew", "symmetric"])
    'did you mean symmetric?'
    """
    elsewhere = _ELSEWHERE.get(name.lower())
    if elsewhere is not None:
        return f"write {elsewhere}"
    from difflib import get_close_matches

    candidates = list(known)
    near = get_close_matches(name, candidates, 1, 0.6)
    if not near:
        near = [one for one in candidates if one.lower() == name.lower()]
    return f"did you mean {near[0]}?" if near else None
