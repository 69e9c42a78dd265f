"""What a row of the corpus asks of the engine: the shape, the evaluation and the emitted NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import numpy as np

from matcalc.api import Session, derive
from matcalc.errors import MatcalcError
from tests.corpus import truth
from tests.corpus.truth import Array, Row
from tests.corpus.vocabulary import NAMES

SECONDS = 10


class Slow(BaseException):
    """A row that takes longer than it may."""


class Limit(AbstractContextManager["Limit"]):
    """SECONDS of wall time, where the platform has an interval timer."""

    def __enter__(self) -> Limit:
        import signal

        def stop(number: int, frame: FrameType | None) -> None:
            raise Slow(f"longer than {SECONDS} s")

        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        return self

    def __exit__(self, *error: object) -> None:
        import signal

        signal.setitimer(signal.ITIMER_REAL, 0)


def row_failures(row: Row) -> list[str]:
    """What is wrong with the engine's answer to a row; "unsupported: ..." alone where it declines."""
    options: dict[str, Any] = {"layout": row["layout"]}
    if "structure" in row:
        options["structure"] = row["structure"]
    try:
        with Limit():
            session = Session(**options)
            for line in row.get("before", ()):
                session.read(line)
            result = session.read(row["problem"])
            assert result is not None
    except MatcalcError as error:
        if error.kind == "unsupported":
            return [f"unsupported: {error.message}"]
        return [f"derive: {error.kind}: {error.message} at column {error.column}"]
    except Exception as error:
        return [f"derive: {type(error).__name__}: {error}"]
    except Slow as error:
        return [f"derive: {error}"]
    want = np.asarray(truth.expected(row))
    failures = [_shape_failure(result.shape, want.shape, _named(row))]
    if list(result.wrt) != row["wrt"]:
        failures.append(f"wrt {list(result.wrt)}, not {row['wrt']}")
    if "index" in row:
        failures += [
            f"index form without {text!r}" for text in row["index"] if text not in result.index
        ]
    if row.get("only") != "shape":
        failures += _numbers(row, result, want)
    return [failure for failure in failures if failure]


def printed_form_failure(row: Row) -> str | None:
    """Whether the printed matrix form, read as a problem, has the value of the answer."""
    options = {"structure": row["structure"]} if "structure" in row else {}
    try:
        form = derive(row["problem"], layout=row["layout"], **options).matrix
    except MatcalcError:
        return None
    if form is None:
        return None
    given = {**truth.inputs(row), **row.get("keywords", {})}
    try:
        # a large form has definitions of its own
        where = ", " if " where " in form else " where "
        read = derive(form + where + row["problem"].partition(" where ")[2])
        try:
            got = read.evaluate(**given)
        except TypeError:
            # a dimension that the answer names and no tensor of the problem determines
            got = read.evaluate(**given, **row["dims"])
    except Exception as error:
        return f"{form}: {type(error).__name__}: {error}"
    want = np.asarray(truth.expected(row))
    if row["layout"] == "vec" and np.size(got) == want.size:
        got = np.reshape(got, want.shape)
    return _difference(form, got, want, truth.tolerance(row))


def _numbers(row: Row, result: Any, want: Array) -> list[str | None]:
    given = {**truth.inputs(row), **row.get("keywords", {})}
    given |= {name: eval(text, dict(NAMES)) for name, text in row.get("functions", {}).items()}
    relative = truth.tolerance(row)
    found: list[str | None] = []
    try:
        with Limit():
            found.append(_difference("evaluate", result.evaluate(**given), want, relative))
    except (Exception, Slow) as error:
        found.append(f"evaluate: {type(error).__name__}: {error}")
    try:
        with Limit():
            code = result.code("numpy")
            if re.search(r"^\s*(from|import)\s+matcalc", code, re.MULTILINE):
                found.append("code: it imports matcalc")
            module: dict[str, Any] = {"__name__": "generated"}
            exec(compile(code, "<generated>", "exec"), module)
            named = {truth.python_name(name): value for name, value in given.items()}
            found.append(_difference("code", module["derivative"](**named), want, relative))
            if row["wrt"] and not row.get("novalue") and not row.get("depends"):
                value = truth.evaluate(row["value"], row, truth.inputs(row))
                found.append(_difference("value", module["value"](**named), value, 1e-9))
    except (Exception, Slow) as error:
        found.append(f"code: {type(error).__name__}: {error}")
    return found


def _difference(stage: str, got: Array, want: Array, relative: float) -> str | None:
    got, want = np.asarray(got, dtype=float), np.real(np.asarray(want))
    if got.shape != want.shape:
        return f"{stage}: shape {got.shape}, not {want.shape}"
    scale = max(float(np.abs(want).max()), 1e-3) if want.size else 1.0
    if np.allclose(got, want, rtol=relative, atol=relative * scale):
        return None
    place = np.unravel_index(int(np.argmax(np.abs(got - want))), want.shape)
    return f"{stage}: {got[place]!r}, not {want[place]!r} at {tuple(map(int, place))}"


def _named(row: Row) -> dict[str, int]:
    """The dimensions that the problem names; the names of inferred ones are the engine's own."""
    words = set(re.findall(r"\w+", row["problem"].partition(" where ")[2].replace("x", " x ")))
    words |= set(re.findall(r"\w+", row["problem"].partition(" where ")[2]))
    return {name: size for name, size in row["dims"].items() if name in words}


def _shape_failure(
    got: Sequence[int | str], want: tuple[int, ...], dims: Mapping[str, int]
) -> str | None:
    """Names that the row does not know are dimensions that were inferred: each is one number."""
    if len(got) != len(want):
        return f"shape {tuple(got)}, not {want}"
    known = dict(dims)
    for dim, size in sorted(zip(map(str, got), want, strict=True), key=lambda pair: len(pair[0])):
        if dim.isidentifier():
            known.setdefault(dim, size)
        if not set(re.findall(r"[^\W\d]\w*", dim)) <= set(known):
            continue  # a product of inferred dimensions: what each is, nothing says
        if eval(dim, {}, known) != size:
            return f"shape {tuple(got)}, not {want}"
    return None
