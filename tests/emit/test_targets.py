"""Code for JAX and PyTorch against code for NumPy: the corpus, every function, random expressions."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

import matcalc
from matcalc.api import Session
from matcalc.emit.backend import TARGETS, backend
from matcalc.emit.run import compile_module
from matcalc.errors import MatcalcError
from matcalc.result import Result
from matcalc.tensor.nodes import Node
from tests.corpus import truth
from tests.corpus.truth import Row
from tests.emit import reference, targets
from tests.emit.sample import SIZES as GRAPH_SIZES
from tests.emit.sample import inputs_of, module_of, variables_of
from tests.emit.targets import (
    ALL,
    EXAMPLES,
    MORE,
    OTHERS,
    arrays,
    assert_equal,
    example,
    library,
    namespace_of,
    point,
    sampled,
)
from tests.emit.test_module import KINDS, index_sums
from tests.forms.random_text import DECLARATIONS, RandomText
from tests.forms.random_text import SIZES as RANDOM_SIZES

pytestmark = pytest.mark.usefixtures("double_precision", "quiet")

ROOT = Path(__file__).parents[2]
STRIDE = 24
"""Of the rows of the corpus every twenty-fourth: JAX compiles each operation for each shape."""


def test_every_column_has_the_same_entries() -> None:
    columns = [backend(target) for target in TARGETS]
    for column in columns[1:]:
        optional = {"add_into", *(word for word in column.operations if word[:4] == "like")}
        assert {*columns[0].operations} ^ {*column.operations} <= optional
        assert columns[0].applies.keys() == column.applies.keys()


# the corpus


@functools.cache
def answered(number: int) -> Result | None:
    """A row of the corpus as answered; None where the engine declines."""
    row = CORPUS[number]
    options = {"structure": row["structure"]} if "structure" in row else {}
    session = Session(layout=row["layout"], **options)
    try:
        for line in row.get("before", ()):
            session.read(line)
        return session.read(row["problem"])
    except MatcalcError as error:
        assert error.kind == "unsupported"
        return None


CORPUS = [row for row in truth.rows("derive.jsonl")[::STRIDE] if row.get("only") != "shape"]
PLAIN = [number for number, row in enumerate(CORPUS) if not row.get("functions")]


def given_of(row: Row) -> dict[str, Any]:
    given = {**truth.inputs(row), **row.get("keywords", {})}
    return {truth.python_name(name): value for name, value in given.items()}


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize("number", PLAIN, ids=[CORPUS[number]["id"] for number in PLAIN])
def test_a_row_of_the_corpus(number: int, target: str) -> None:
    result = answered(number)
    if result is not None:
        assert_equal(result, target, given_of(CORPUS[number]))


def conformance_rows() -> list[Row]:
    """The rows that the environment or a neighbour of this folder holds; none elsewhere."""
    named = os.environ.get("MATCALC_CONFORMANCE")
    folders = [Path(named)] if named else sorted(ROOT.parent.glob("*/conformance"))
    rows: list[Row] = []
    for folder in folders:
        for name in ("derive.jsonl", "cookbook.jsonl"):
            if (folder / name).is_file() and (folder / "run_derive.py").is_file():
                lines = (folder / name).read_text(encoding="utf-8").splitlines()
                rows += [json.loads(line) for line in lines if line.strip()]
    return [row for row in rows if row.get("expected") is not None]


CONFORMANCE = conformance_rows()


@pytest.mark.parametrize(
    ("row", "target"),
    sampled([(row,) for row in CONFORMANCE], OTHERS, 4),
    ids=lambda value: value["id"] if isinstance(value, dict) else value,
)
def test_a_row_of_the_conformance_set(row: Row, target: str) -> None:
    options = {"structure": row["structure"]} if row.get("structure") else {}
    result = matcalc.derive(row["problem"], layout=row["layout"], **options)
    assert_equal(result, target, row["inputs"])
    if not row.get("alternatives"):
        found = namespace_of(result, target)["derivative"](**arrays(target, row["inputs"]))
        wanted = np.asarray(row["expected"])
        scale = 1e-9 * max(1e-3, float(np.max(np.abs(wanted), initial=0.0)))
        np.testing.assert_allclose(np.asarray(found), wanted, 1e-8, scale)


# every function


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize(("name", "problem"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_a_function_of_the_table(name: str, problem: str, target: str) -> None:
    result = example(problem)
    assert_equal(result, target, point(result))


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize("problem", MORE)
def test_what_examples_do_not_have(problem: str, target: str) -> None:
    result = example(problem)
    assert_equal(result, target, point(result))


# any expression


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize("seed", range(14))
def test_a_random_expression(seed: int, target: str) -> None:
    text = RandomText(seed)
    problem = f"{text.scalar(4)} where {DECLARATIONS}"
    order = seed % 2 + 1
    by = text.random.choice(
        [f"A{a}{b}" for a in RANDOM_SIZES for b in RANDOM_SIZES] + ["xm", "ym", "s"]
    )
    head, _, tail = problem.partition(" where ")
    d, below = ("d", f"d{by}") if order == 1 else ("d2", f"d{by}2")
    result = example(f"{d}({head})/{below} where {tail}", "ignore")
    assert_equal(result, target, targets.point(result, tuple(RANDOM_SIZES.items()), seed))


@pytest.mark.parametrize("target", OTHERS)
@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(node=index_sums())
def test_any_index_sum(target: str, node: Node) -> None:
    given = inputs_of(variables_of(node))
    wanted = reference.evaluate(node, GRAPH_SIZES, given)
    text = module_of(node, target=target)
    function = compile_module(text)["value"]
    free = {n: size for n, size in GRAPH_SIZES.items() if n in (function.__kwdefaults__ or {})}
    found = np.asarray(function(**arrays(target, given), **free))
    assert found.shape == np.shape(wanted) and found.dtype == np.float64, text
    np.testing.assert_allclose(found, wanted, 1e-9, 1e-12, err_msg=text)


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_node(name: str, target: str) -> None:
    test_any_index_sum.hypothesis.inner_test(target, KINDS[name])


@pytest.mark.parametrize("target", ALL)
def test_functions_and_dependences_are_keywords(target: str) -> None:
    result = example("d(sum(f(A@x)))/dx where A: m x n, x: n, f: elementwise")
    given = targets.point(result)
    functions = library(target)
    for word in ("value", "derivative"):
        f, df = (lambda u: functions.sin(u)), (lambda u: functions.cos(u))
        found = namespace_of(result, target)[word](**arrays(target, given), f=f, df=df)
        u = given["A"] @ given["x"]
        wanted = np.sum(np.sin(u)) if word == "value" else given["A"].T @ np.cos(u)
        np.testing.assert_allclose(np.asarray(found), wanted, 1e-12)
    result = example("d(tr(A@A))/dX where A(X): n x n, X: n x n")
    derivative = namespace_of(result, target)["derivative"]
    given = {**targets.point(result), "dA_dX": np.random.default_rng(0).random((3, 3, 3, 3))}
    wanted = 2 * np.einsum("ji,ijpq->pq", given["A"], given["dA_dX"])
    np.testing.assert_allclose(np.asarray(derivative(**arrays(target, given))), wanted, 1e-12)
    with pytest.raises(ValueError, match=r"^dA_dX has the shape \(3, 3\+?, ?3, 2\), but |axes"):
        derivative(**arrays(target, {**given, "dA_dX": np.ones((3, 3, 3, 2))}))
