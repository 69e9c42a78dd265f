"""How time, nodes, emitted statements and printed text grow with the problem, beside SymPy and JAX.

Each measurement is a process of its own: CPU seconds from text to verified answer, after a small
problem that loads what is loaded late, and peak memory.  An exponent is the slope of log(measure) over
log(k), by least squares.  `D(F)` is the differential by all weights at once, in one problem; JAX traces
the gradient by all weights, or what the row says.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

LAYERS = (16, 32, 64, 128, 256)
NETWORKS = {
    "tanh": ("tanh(W{k}@{h})", "normsq(W{k}@{h} - y)"),
    "residual": ("{h} + tanh(W{k}@{h})", "normsq(W{k}@{h} - y)"),
    "softmax": ("tanh(W{k}@{h})", "-y'@log(softmax(W{k}@{h}))"),
}
"""A layer, and the loss of the last one."""

FORMS = {"by W1": "d({loss})/dW1", "by all": "D({loss})", "Hessian": "d2({loss})/dW1 dW1"}

DEEP: dict[str, tuple[int, Callable[[int], str]]] = {
    "chain of matrices": (1_000, lambda k: f"d(tr({'@'.join(f'A{i}' for i in range(k))}))/dA0"),
    "sum over one x": (100_000, lambda k: f"d({' + '.join(f'{i}*x' for i in range(1, k + 1))})/dx"),
    "sum of all names": (100_000, lambda k: f"d({' + '.join(f'a{i}' for i in range(k))} + x)/dx"),
    "sum of products": (50_000, lambda k: "d(" + " + ".join(f"a{i}'@x" for i in range(k)) + ")/dx"),
    "parentheses": (10_000, lambda k: f"d({'(' * k}x'@x{')' * k})/dx"),
    "nested sines": (10_000, lambda k: f"d({'sin(' * k}t{')' * k})/dt where t: scalar"),
}  # fmt: skip
DEEP_SECONDS, DEEP_MEMORY = 10.0, 1024.0

ROWS: dict[str, tuple[tuple[int, ...], dict[str, float], tuple[str, ...]]] = {
    **{
        f"{network} {form}": (LAYERS, {"seconds": 1.15, "nodes": 1.0, "statements": 1.0}, ("jax", "sympy"))
        for network in NETWORKS
        for form in ("by W1", "by all")
    },
    **{f"{network} Hessian": ((8, 16, 32, 64), {"seconds": 1.25}, ("jax",)) for network in NETWORKS},
    "tr(X^k)": ((16, 32, 64, 128, 256, 512), {"seconds": 1.3}, ("jax", "sympy")),
}  # fmt: skip
"""The sizes of each kind of problem, the exponents aimed at, and the peers."""

SLACK = 0.1
"""A count may be off a straight line by a constant."""


def problem(kind: str, k: int) -> str:
    """The line of a kind of problem, of size k.

    >>> problem("residual by W1", 2)
    'd(normsq(W2@h1 - y))/dW1 where x, y: n, W1, W2: n x n, h1 = x + tanh(W1@x)'
    """
    if kind in DEEP:
        return DEEP[kind][1](k)
    if kind == "tr(X^k)":
        return f"d(tr(X^{k}))/dX"
    network, _, form = kind.partition(" ")
    layer, loss = NETWORKS[network]
    weights = ", ".join(f"W{number}" for number in range(1, k + 1))
    declared = ["x, y: n", f"{weights}: n x n"]
    below = "x"
    for number in range(1, k):
        declared.append(f"h{number} = {layer.format(k=number, h=below)}")
        below = f"h{number}"
    return f"{FORMS[form].format(loss=loss.format(k=k, h=below))} where {', '.join(declared)}"


# one measurement, in a process of its own


def measure_matcalc(kind: str, k: int) -> dict[str, float]:
    import matcalc
    from matcalc.tensor.nodes import postorder

    # loads NumPy's column as well
    matcalc.derive("d(sum(tanh(A@x)) + tr(A^3))/dA where A: n x n").code("numpy")
    text = problem(kind, k)
    started = time.process_time()
    result = matcalc.derive(text)
    seconds = time.process_time() - started
    started = time.process_time()
    code = "" if kind in DEEP else result.code("numpy")
    emitting = time.process_time() - started
    functions = {f.name: f for f in ast.parse(code).body if isinstance(f, ast.FunctionDef)}
    answer = functions.get("derivative", functions.get("value"))
    return {
        "seconds": seconds,
        "emitting": emitting,
        "nodes": sum(1 for _ in postorder(result._derivative)),
        "statements": len(answer.body) if answer else 0,
        "index": len(result.index),
        "matrix": len(result.matrix or ""),
    }


def measure_jax(kind: str, k: int) -> dict[str, float]:
    import jax

    jax.config.update("jax_enable_x64", True)
    _traced(jax, kind, 4)
    started = time.process_time()
    traced = _traced(jax, kind, k)
    seconds = time.process_time() - started
    return {"seconds": seconds, "nodes": len(traced.jaxpr.eqns)}


def _traced(jax: Any, kind: str, k: int) -> Any:
    import jax.numpy as jnp

    shape = jax.ShapeDtypeStruct
    if kind == "tr(X^k)":
        power = jax.grad(lambda x: jnp.trace(jnp.linalg.matrix_power(x, k)))
        return jax.make_jaxpr(power)(shape((5, 5), float))
    network, _, form = kind.partition(" ")

    def loss(weights: list[Any], x: Any, y: Any) -> Any:
        h = x
        for w in weights[:-1]:
            h = h + jnp.tanh(w @ h) if network == "residual" else jnp.tanh(w @ h)
        z = weights[-1] @ h
        return -y @ jax.nn.log_softmax(z) if network == "softmax" else ((z - y) ** 2).sum()

    derivative: Callable[..., Any] = jax.grad(loss)
    if form != "by all":
        operator = jax.hessian if form == "Hessian" else jax.grad

        def derivative(weights: list[Any], x: Any, y: Any) -> Any:
            return operator(lambda first: loss([first, *weights[1:]], x, y))(weights[0])

    vector = shape((5,), float)
    return jax.make_jaxpr(derivative)([shape((5, 5), float)] * k, vector, vector)


def measure_sympy(kind: str, k: int) -> dict[str, Any]:
    import sympy

    n = sympy.Symbol("n", integer=True, positive=True)
    if kind == "tr(X^k)":
        matrix = sympy.MatrixSymbol("X", n, n)
        started = time.process_time()
        sympy.Trace(matrix**k).diff(matrix)
        return {"seconds": time.process_time() - started}
    network, _, form = kind.partition(" ")
    if network == "softmax" or form != "by W1":
        return {"fault": "not tried"}
    weights = [sympy.MatrixSymbol(f"W{i}", n, n) for i in range(k)]
    x, y = sympy.MatrixSymbol("x", n, 1), sympy.MatrixSymbol("y", n, 1)
    t = sympy.Symbol("t")
    started = time.process_time()
    h: Any = x
    for w in weights[:-1]:
        layer = (w * h).applyfunc(sympy.Lambda(t, sympy.tanh(t)))
        h = h + layer if network == "residual" else layer
    residual = weights[-1] * h - y
    (residual.T * residual).diff(weights[0])
    return {"seconds": time.process_time() - started}


MEASURES = {"matcalc": measure_matcalc, "jax": measure_jax, "sympy": measure_sympy}


def measured(tool: str, kind: str, k: int, limit: float) -> dict[str, Any]:
    """What one process measures; {"fault": ...} where it cannot."""
    command = [sys.executable, __file__, "--one", tool, kind, str(k)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"fault": f"> {limit:.0f} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["killed"])[-1]
        return {"fault": last.partition(":")[0].rpartition(".")[2][:20]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def one(tool: str, kind: str, k: int) -> None:
    # as the command does
    gc.set_threshold(50_000)
    found = MEASURES[tool](kind, k)
    # of Linux in KiB, of macOS in bytes
    unit = 1024 if sys.platform == "darwin" else 1
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit / 1024
    print(json.dumps(found))


# the tables


def exponent(sizes: list[int], values: list[float]) -> float:
    """The slope of log(value) over log(size), by least squares.

    >>> round(exponent([1, 2, 4, 8], [3, 12, 48, 192]), 6)
    2.0
    """
    xs, ys = [math.log(k) for k in sizes], [math.log(max(value, 1e-9)) for value in values]
    x, y = statistics.mean(xs), statistics.mean(ys)
    above = sum((one - x) * (other - y) for one, other in zip(xs, ys, strict=True))
    return above / sum((one - x) ** 2 for one in xs)


def rounds_of(tool: str, kind: str, k: int, rounds: int, limit: float) -> dict[str, Any]:
    """The median of each measure; the first fault ends it."""
    found: list[dict[str, Any]] = []
    for _ in range(rounds):
        found.append(measured(tool, kind, k, limit))
        if "fault" in found[-1]:
            return found[-1]
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def seconds_text(found: dict[str, Any]) -> str:
    return str(found.get("fault")) if "fault" in found else f"{found['seconds']:.3f}"


def growth(kind: str, peers: list[str], rounds: int, limit: float) -> Iterator[tuple[str, ...]]:
    """A table of the sizes on the way; then a row of the summary for each exponent."""
    sizes, targets, possible = ROWS[kind]
    print(f"\n{kind}: {problem(kind, 2)}")
    print(f"{'k':>6}{'s':>9}{'emit s':>9}{'nodes':>8}{'stmts':>8}{'index':>8}{'matrix':>8}{'MiB':>7}", end="")  # fmt: skip
    shown = [peer for peer in possible if peer in peers]
    print("".join(f"{peer + ' s':>22}" for peer in shown))
    mine: list[dict[str, Any]] = []
    theirs: dict[str, list[tuple[int, dict[str, Any]]]] = {peer: [] for peer in shown}
    for k in sizes:
        found = rounds_of("matcalc", kind, k, rounds, limit)
        if "fault" in found:
            print(f"{k:6}  {found['fault']}")
            yield kind, "fails", found["fault"], "", "no"
            return
        mine.append(found)
        print(
            f"{k:6}{found['seconds']:9.3f}{found['emitting']:9.3f}{found['nodes']:8.0f}{found['statements']:8.0f}"
            f"{found['index']:8.0f}{found['matrix']:8.0f}{found['memory']:7.0f}", end="",
        )  # fmt: skip
        for peer in shown:
            gone = theirs[peer] and "fault" in theirs[peer][-1][1]
            other = theirs[peer][-1][1] if gone else rounds_of(peer, kind, k, 1, limit)
            theirs[peer].append((k, other))
            print(f"{seconds_text(other):>22}", end="", flush=True)
        print(flush=True)
    for measure, target in targets.items():
        slope = exponent(list(sizes), [found[measure] for found in mine])
        good = slope <= target + (0 if measure == "seconds" else SLACK)
        yield kind, measure, f"k^{slope:.2f}", f"k^{target}", "yes" if good else "no"
    if "nodes" in targets:
        last = mine[-1]["seconds"]
        yield kind, f"seconds at {sizes[-1]}", f"{last:.2f}", "1", "yes" if last < 1 else "no"
    for peer, others in theirs.items():
        able = [(k, other["seconds"]) for k, other in others if "fault" not in other]
        if len(able) > 1:
            slope = exponent([k for k, _ in able], [seconds for _, seconds in able])
            yield kind, f"seconds, {peer}", f"k^{slope:.2f}", "", ""
        else:
            yield kind, f"seconds, {peer}", seconds_text(others[0][1]), "", ""


def deep(limit: float) -> Iterator[tuple[str, ...]]:
    for kind, (k, _) in DEEP.items():
        found = measured("matcalc", kind, k, limit)
        if "fault" in found:
            yield kind, f"k = {k}", found["fault"], "10 s, 1 GiB", "no"
            continue
        good = found["seconds"] <= DEEP_SECONDS and found["memory"] <= DEEP_MEMORY
        text = f"{found['seconds']:.1f} s, {found['memory']:.0f} MiB"
        yield kind, f"k = {k}", text, "10 s, 1 GiB", "yes" if good else "no"


def available(peer: str) -> bool:
    from importlib.util import find_spec

    return find_spec(peer) is not None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each size (default 3)")
    parser.add_argument("--limit", type=float, default=120, help="seconds a process may take (default 120)")  # fmt: skip
    parser.add_argument("--kind", action="append", help="only this kind of problem, or `deep`; several")  # fmt: skip
    parser.add_argument("--one", nargs=3, metavar=("TOOL", "KIND", "K"), help="measure, print JSON")
    chosen = parser.parse_args()
    if chosen.one:
        tool, kind, k = chosen.one
        one(tool, kind, int(k))
        return 0
    peers = [peer for peer in ("jax", "sympy") if available(peer)]
    for peer in ("jax", "sympy"):
        if peer not in peers:
            print(f"{peer} is not installed: the extra `peers` has it")
    summary: list[tuple[str, ...]] = []
    for kind in ROWS:
        if not chosen.kind or kind in chosen.kind:
            summary += growth(kind, peers, chosen.rounds, chosen.limit)
    if not chosen.kind or "deep" in chosen.kind:
        summary += deep(chosen.limit)
    print(f"\n{'problem':20}{'measure':20}{'measured':>22}{'target':>14}  met")
    for row in summary:
        print(f"{row[0]:20}{row[1]:20}{row[2]:>22}{row[3]:>14}  {row[4]}")
    return 0 if all(row[4] != "no" for row in summary) else 1


if __name__ == "__main__":
    sys.exit(main())
