"""1,000 small problems in one process: matcalc against SymPy and jax.make_jaxpr of grad.

The problems are 20 of textbooks, each 50 times with other names and dimensions, letters and numbers
in turn; no two lines are the same.  matcalc derives them with `derive --format json`, verified.
SymPy differentiates those that it can do, each in the spelling of its matrix expressions that it
does best with; what it can do is tried first, and its values compared with finite differences.  JAX
traces jax.grad of the function, for arrays of float32; that is no formula, and nothing is verified.

Each is a process of its own, whose CPU time is taken; rounds are interleaved, and ratios those of
medians.  A start is a process that derives the first problem alone, for peers their import.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from benchmarks._small_problems import TEMPLATES, Problem, Template, Values, problems
from benchmarks._table import Row, closing_table


def with_sympy(count: int, names: list[str] | None) -> object:
    """Differentiate the problems of the named templates; without names, say which those are."""
    import sympy

    if names is None:
        return [template.name for template in TEMPLATES if _right_in_sympy(sympy, template)]
    able = [problem for problem in problems(count) if problem.template.name in names]
    started = time.process_time()
    for problem in able:
        _sympy_derivative(sympy, problem)
    return {"done": len(able), "seconds": time.process_time() - started}


def _sympy_derivative(s: Any, problem: Problem) -> tuple[Any, Values]:
    sizes = {
        role: s.Symbol(size, integer=True, positive=True) if isinstance(size, str) else size
        for role, size in problem.sizes.items()
    }
    symbols = {}
    for role, shape in problem.template.shapes.items():
        name, dims = problem.names[role], [*(sizes[size] for size in shape), 1][:2]
        symbols[role] = s.MatrixSymbol(name, *dims) if shape else s.Symbol(name)
    value = problem.template.spelling(s, symbols, sizes)
    return value.diff(symbols[problem.template.by]), symbols


def _right_in_sympy(s: Any, template: Template) -> bool:
    """Whether SymPy's derivative is the gradient, in numbers."""
    import numpy

    problem = Problem(template, {role: role for role in template.shapes}, {"m": 2, "n": 3, "p": 4})
    random = numpy.random.default_rng(0)
    values: Values = {}
    for role in template.shapes:
        shape = problem.shape(role)
        values[role] = random.uniform(0.5, 1.5, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            values[role] += 2 * numpy.eye(shape[0])
    try:
        derivative, symbols = _sympy_derivative(s, problem)
        known = {
            symbols[role]: s.Matrix(value.tolist()) if value.shape else float(value)
            for role, value in values.items()
        }
        explicit = derivative.subs(known).doit().as_explicit()
        found = numpy.array(explicit.tolist(), dtype=float)
    except Exception:  # it raises whatever it pleases, RecursionError among it
        return False
    by = template.by
    wanted = numpy.zeros(values[by].shape)
    for place in numpy.ndindex(*wanted.shape):
        step = numpy.zeros(wanted.shape)
        step[place] = 1e-5
        above, below = ({**values, by: values[by] + sign * step} for sign in (1, -1))
        wanted[place] = (template.function(numpy, above) - template.function(numpy, below)) / 2e-5
    return found.size == wanted.size and numpy.allclose(found.reshape(wanted.shape), wanted, 1e-5)


def with_jax(count: int) -> object:
    """Trace the gradient of each problem."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    all_of_them = problems(count)
    started = time.process_time()
    for problem in all_of_them:
        template = problem.template
        arrays = {r: jax.ShapeDtypeStruct(problem.shape(r), "float32") for r in template.shapes}
        by = arrays.pop(template.by)

        def function(x: Any, others: Values, template: Template = template) -> Any:
            return template.function(jax.numpy, {**others, template.by: x})

        jax.make_jaxpr(jax.grad(function))(by, arrays)
    return {"done": count, "seconds": time.process_time() - started}


def run(command: Sequence[str], text: str) -> tuple[float, float, str]:
    """CPU seconds, peak memory in MiB and the output of a process that reads the text."""
    hidden = ("PYTHONDONTWRITEBYTECODE",)
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made:
        given.write(text.encode("utf-8"))
        given.seek(0)
        process = subprocess.Popen(command, stdin=given, stdout=made, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        made.seek(0)
        output = made.read().decode("utf-8")
        # with an output, that says which problem has no answer
        if os.waitstatus_to_exitcode(status) != 0 and not output:
            sys.exit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, output


OURS = (sys.executable, "-m", "matcalc", "derive", "--format", "json")


class Measured:
    """CPU seconds of the rounds of one process, the start included and without it."""

    def __init__(self) -> None:
        self.whole: list[float] = []
        self.work: list[float] = []

    def add(self, whole: float, work: float) -> None:
        self.whole.append(whole)
        self.work.append(work)


def ours(lines: list[str], into: Measured) -> float:
    """Derive the lines, and the first alone; the peak memory."""
    start, _, _ = run(OURS, lines[0])
    seconds, memory, answers = run(OURS, "\n".join(lines))
    records = [json.loads(line) for line in answers.splitlines()]
    for line, record in zip(lines, records, strict=True):
        if record["status"] != "ok" or not record["verified"]["ok"] or record["matrix"] is None:
            sys.exit(f"not answered, verified, with a matrix form: {line}")
    into.add(seconds, seconds - start)
    return memory


def peer(name: str, count: int, names: list[str] | None, into: Measured) -> None:
    command = [sys.executable, "-m", "benchmarks.batch_derive", "--count", str(count)]
    seconds, _, said = run((*command, "--peer", name), json.dumps(names))
    into.add(seconds, json.loads(said)["seconds"])


def comparison(us: Measured, them: Measured, what: str, target: str) -> list[Row]:
    whole = statistics.median(them.whole) / statistics.median(us.whole)
    work = statistics.median(them.work) / statistics.median(us.work)
    return [
        (f"faster than {what}, start included", f"{whole:.1f}", target),
        ("    the start of each left out", f"{work:.1f}", ""),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="problems (default 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (default 3)")
    parser.add_argument("--show", action="store_true", help="print the problems alone")
    parser.add_argument("--peer", choices=("sympy", "jax"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    count = options.count
    if options.peer is not None:
        names = json.loads(sys.stdin.read())
        made = with_sympy(count, names) if options.peer == "sympy" else with_jax(count)
        print(json.dumps(made))
        return 0
    lines = [problem.line() for problem in problems(count)]
    if options.show:
        print(*lines, sep="\n")
        return 0
    names = [name for name in ("sympy", "jax") if importlib.util.find_spec(name) is not None]
    able: list[str] = []
    if "sympy" in names:
        said = run((sys.executable, "-m", "benchmarks.batch_derive", "--peer", "sympy"), "null")[2]
        able = json.loads(said)
        unable = [template.name for template in TEMPLATES if template.name not in able]
        print(f"SymPy raises, stops half-way or is wrong on: {', '.join(unable)}\n")
    shared = [problem.line() for problem in problems(count) if problem.template.name in able]
    us, us_shared, sympy, jax = Measured(), Measured(), Measured(), Measured()
    for _ in range(options.rounds):
        memory = ours(lines, us)
        if "jax" in names:
            peer("jax", count, None, jax)
        if "sympy" in names:
            ours(shared, us_shared)
            peer("sympy", count, able, sympy)
    each = statistics.median(us.whole) / count
    rows: list[Row] = [
        (f"problems a second, of {count}", f"{1 / each:.0f}", "about 1,800"),
        ("peak memory", f"{memory:.1f} MiB", ""),
    ]
    if "sympy" in names:
        what = f"SymPy on the {len(shared)} that it can do"
        rows += comparison(us_shared, sympy, what, "≥ 30")
    if "jax" in names:
        rows += comparison(us, jax, f"make_jaxpr of grad on {count}", "≥ 2.5")
    rows += [
        (f"{name}: not installed; it is in the extra `peers`", "", "")
        for name in ("sympy", "jax")
        if name not in names
    ]
    print(closing_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
