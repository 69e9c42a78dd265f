"""Second derivatives and gradients: emitted NumPy against jax, torch and the best NumPy by hand.

The experiments of Laue, Mitterreiter and Giesen (NeurIPS 2018, AAAI 2020): logistic regression,
matrix factorisation, a ten-layer network; and x'Ax, logsumexp, a Gaussian log-likelihood.  float64,
one thread, CPU time, medians of interleaved rounds; values are compared before anything is timed.
`jax.hessian` is `jacfwd` of `jacrev`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._hessian_problems import FACTORS, PROBLEMS, Arrays, Problem

Timed = Callable[[], Any]
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
}
"""Set before NumPy and JAX are loaded, here and in the processes that are started."""
SHORTEST = 0.02
"""Seconds of calls that one measurement takes at least."""
SLOWEST = 3.0
"""Seconds: what takes longer than this is called once a measurement, and once only."""


TARGETS = """\
targets, × the peer:  (i) ≤ 0.6 of jax, stretch 0.35; ≤ 0.08 of torch      (ii) masked ≤ 1/300 of jax
(ii) memory above the inputs ≤ 4 × the result and ≤ 1/50 of jax's           (iii) batch 16 ≤ 1/8 of jax
(iii) batch 1 ≤ 0.8 of jax     gradients, n ≥ 400: ≤ 1.1 of jax.jit(grad)   emitted JAX, (i): ≤ 0.65 of jax
start to the first 100×100 Hessian ≤ 0.35 of jax"""


# emitted code and peers


def emitted(problem: Problem, order: int, target: str = "numpy") -> Callable[..., Any]:
    """The function `derivative` of the emitted module."""
    import matcalc

    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(matcalc.derive(problem.text(order)).code(target), namespace)
    function: Callable[..., Any] = namespace["derivative"]
    return function


class _Names:
    """NumPy's names in another module, and those that it has elsewhere."""

    def __init__(self, module: Any, **others: Any) -> None:
        self._module = module
        self.__dict__.update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def jax_peer(problem: Problem, order: int, tensors: Arrays) -> Timed:
    import jax
    from jax import numpy as jnp

    names = _Names(jnp, relu=jax.nn.relu, logsumexp=jax.scipy.special.logsumexp)
    rest = {name: jnp.asarray(array) for name, array in tensors.items() if name != problem.by}
    make = jax.grad if order == 1 else jax.hessian
    # the data are arguments: constants would be computed with while compiling
    function = jax.jit(make(lambda x, rest: problem.function(names, {**rest, problem.by: x})))
    point = jnp.asarray(tensors[problem.by])
    compiled = function.lower(point, rest).compile()
    return lambda: compiled(point, rest).block_until_ready()


def torch_peer(problem: Problem, order: int, tensors: Arrays) -> Timed:
    import torch

    torch.set_num_threads(1)
    names = _Names(torch)
    held = {name: torch.from_numpy(array) for name, array in tensors.items()}
    make = torch.func.grad if order == 1 else torch.func.hessian
    function = make(lambda x: problem.function(names, {**held, problem.by: x}))
    return lambda: function(held[problem.by])


def settle() -> None:
    """Wait for threads that still work: jax frees its memory when the next one is measured."""
    for _ in range(100):
        before = time.process_time()
        time.sleep(0.02)
        if time.process_time() - before < 0.001:
            return


def seconds(call: Timed, calls: int) -> float:
    """CPU time of a call, all threads together."""
    settle()
    started = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - started) / calls


def compared(calls: dict[str, Timed], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each call, in turns, after their values have been found equal."""
    import numpy as np

    first = next(iter(calls.values()))()
    often: dict[str, int] = {}
    for name, call in calls.items():
        np.testing.assert_allclose(np.asarray(call()), first, rtol=1e-8, atol=1e-8, err_msg=name)
        once = seconds(call, 1)
        often[name] = 0 if once > SLOWEST else max(1, int(SHORTEST / max(once, 1e-6)))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds):
        for name, call in calls.items():
            if often[name] or turn == 0:
                times[name].append(seconds(call, max(1, often[name])))
    return {name: statistics.median(listed) for name, listed in times.items()}


def hessian_table(problems: list[Problem], rounds: int, quick: bool, torch: bool) -> None:
    import numpy as np

    columns = ("emitted", "hand", "jax", "torch", "emitted jax")
    print("Hessians: CPU ms of the emitted code, and its ratio to each peer's")
    print(f"{'':26}{'n':>5}{'ms':>10}" + "".join(f"{'/ ' + name:>14}" for name in columns[1:4]))
    for problem in problems:
        for n in problem.sizes[:1] if quick else problem.sizes:
            tensors = problem.make(np.random.default_rng(0), n)
            code = emitted(problem, 2)
            calls: dict[str, Timed] = {"emitted": partial(code, **tensors)}
            if problem.hand is not None:
                calls["hand"] = partial(problem.hand, np, tensors)
            calls["jax"] = jax_peer(problem, 2, tensors)
            if torch and (n == problem.sizes[0] or problem.name[:4] == "(i) "):
                calls["torch"] = torch_peer(problem, 2, tensors)
            times = compared(calls, rounds)
            own = times["emitted"]
            cells = [f"{own / times[c]:14.4f}" if c in times else " " * 14 for c in columns[1:4]]
            print(f"{problem.name:26}{n:5}{own * 1e3:10.3f}" + "".join(cells), flush=True)


def gradient_table(problems: list[Problem], rounds: int, quick: bool) -> None:
    import numpy as np

    print("\nGradients: CPU ms of the emitted code, and its ratio to jax.jit(grad)")
    for problem in problems:
        for n in problem.gradient_sizes[:1] if quick else problem.gradient_sizes:
            tensors = problem.make(np.random.default_rng(0), n)
            code = emitted(problem, 1)
            calls: dict[str, Timed] = {
                "emitted": partial(code, **tensors),
                "jax": jax_peer(problem, 1, tensors),
            }
            times = compared(calls, rounds)
            own = times["emitted"]
            print(f"{problem.name:26}{n:5}{own * 1e3:10.3f}{own / times['jax']:14.3f}", flush=True)


def _waited(code: Callable[..., Any], held: Arrays) -> Any:
    return code(**held).block_until_ready()


def emitted_jax_line(rounds: int, quick: bool) -> None:
    """Emitted JAX under jit against jax.jit(hessian), logistic regression."""
    import jax
    import numpy as np

    problem = PROBLEMS[0]
    print("\nEmitted JAX under jit, (i): its ratio to jax.jit(hessian)")
    for n in problem.sizes[:1] if quick else problem.sizes:
        tensors = problem.make(np.random.default_rng(0), n)
        code = jax.jit(emitted(problem, 2, "jax"))
        held = {name: jax.numpy.asarray(array) for name, array in tensors.items()}
        calls: dict[str, Timed] = {
            "emitted": partial(_waited, code, held),
            "jax": jax_peer(problem, 2, tensors),
        }
        times = compared(calls, rounds)
        print(f"{n:31}{times['emitted'] / times['jax']:10.3f}", flush=True)


# processes of their own


def peak_above_inputs(who: str, name: str, n: int) -> None:
    """Print the MiB that one Hessian takes at its peak, above what stood before it was asked for."""
    import numpy as np

    problem = next(problem for problem in PROBLEMS if problem.name == name)
    small, tensors = (problem.make(np.random.default_rng(0), size) for size in (8, n))
    if who == "jax":
        jax_peer(problem, 2, small)()
        call = jax_peer(problem, 2, tensors)
    else:
        code = emitted(problem, 2)
        code(**small)
        call = partial(code, **tensors)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now
    before = _kibibytes("VmHWM")
    call()
    print((_kibibytes("VmHWM") - before) / 1024)


def _kibibytes(name: str) -> int:
    """A line of this process's status."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))


def memory_table(quick: bool) -> None:
    print("\nPeak memory above the inputs, MiB, a process for each")
    print(f"{'':26}{'n':>5}{'result':>10}{'emitted':>10}{'jax':>10}")
    for problem in PROBLEMS[1:3]:
        n = problem.sizes[0 if quick else -1]
        peaks = []
        for who in ("emitted", "jax"):
            command = [sys.executable, "-m", "benchmarks.hessians", "--peak", who, problem.name, str(n)]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            peaks.append(float(done.stdout))
        result = (n * FACTORS) ** 2 * 8 / 2**20
        print(f"{problem.name:26}{n:5}{result:10.1f}{peaks[0]:10.1f}{peaks[1]:10.1f}", flush=True)


START = {
    "emitted": """
import numpy, runpy, sys
random = numpy.random.default_rng(0)
t = dict(X=random.standard_normal((200, 100)), w=random.standard_normal(100), y=numpy.ones(200))
runpy.run_path(sys.argv[1])["derivative"](**t)
""",
    "jax": """
import jax, numpy
from jax import numpy as jnp
random = numpy.random.default_rng(0)
X, w, y = random.standard_normal((200, 100)), random.standard_normal(100), numpy.ones(200)
f = jax.jit(jax.hessian(lambda w: jnp.logaddexp(0.0, -y * (X @ w)).sum()))
f(w).block_until_ready()
""",
}


def start_table(rounds: int) -> None:
    """Whole processes, from start to the first 100×100 Hessian of logistic regression."""
    import matcalc

    times: dict[str, list[float]] = {who: [] for who in START}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "emitted.py"
        path.write_text(matcalc.derive(PROBLEMS[0].text(2)).code("numpy"), encoding="utf-8")
        for _ in range(rounds):
            for who, source in START.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run([sys.executable, "-c", source, str(path)], check=True)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                times[who].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)  # fmt: skip
    own, other = (statistics.median(times[who]) for who in ("emitted", "jax"))
    print("\nProcess start to the first 100×100 Hessian of (i), CPU ms")
    print(f"emitted {own * 1e3:.0f}, jax {other * 1e3:.0f}, ratio {own / other:.3f}")


def main() -> int:
    os.environ.update(ONE_THREAD)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest sizes, fewer rounds")
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each (default 9)")
    parser.add_argument("--only", default="", help="problems whose name begins so: '(iii)'")
    parser.add_argument("--no-torch", action="store_true", help="leave torch out")
    parser.add_argument("--peak", nargs=3, metavar=("WHO", "NAME", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak is not None:
        peak_above_inputs(options.peak[0], options.peak[1], int(options.peak[2]))
        return 0
    rounds = 3 if options.quick else options.rounds
    problems = [problem for problem in PROBLEMS if problem.name.startswith(options.only)]
    hessian_table(problems, rounds, options.quick, not options.no_torch)
    gradient_table(problems, rounds, options.quick)
    if not options.only:
        emitted_jax_line(rounds, options.quick)
        memory_table(options.quick)
        start_table(rounds)
    print(f"\n{TARGETS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
