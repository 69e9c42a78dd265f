"""What an answer is said to cost, against the operations that its code is seen to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.api import Session, derive
from matcalc.emit.cost import Cost, cost_of
from matcalc.emit.run import compile_module
from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.result import Result
from matcalc.tensor.nodes import Apply, postorder
from tests.corpus import truth
from tests.corpus.truth import Row
from tests.emit.counted import Counting, counted, tally

ROWS = [
    row
    for row in truth.rows("derive.jsonl")
    if row["wrt"] and row.get("may") is None and not {"functions", "depends"} & set(row)
]


def result_of(row: Row) -> Result:
    session = Session(row["layout"], row.get("structure", "projected"))
    for line in row.get("before", ()):
        session.read(line)
    result = session.read(row["problem"])
    assert result is not None
    return result


COSTS = [
    ("d(A@x)/dx where A: m x n", "0", "m*n"),
    ("d(x'@x)/dx where x: n", "n", "n"),
    ("d(normsq(A@x))/dx where A: m x n", "4*m*n + n", "max(m, n)"),
    ("d(a'@X@b)/dX where X: m x n", "m*n", "m*n"),
    ("d(tr(A@X@B))/dX where A: n x m, X: m x p, B: p x n", "2*m*n*p", "m*p"),
    ("d(logdet(X))/dX where X: n x n", "2*n^3", "n^2"),
    ("d(x'@A@B@y)/dx where A: n x m, B: m x p", "2*m*n + 2*m*p", "max(m, n)"),
    ("d(sum(exp(x)))/dx where x: n", "n", "n"),
    ("d(sum(X))/dX where X: 20 x 30", "0", "600"),
    ("d(vech(S))/dS where S: 20 x 30", None, None),
]


@pytest.mark.parametrize(("problem", "flops", "largest"), COSTS, ids=[row[0] for row in COSTS])
def test_the_cost_is_what_one_reckons(problem: str, flops: str | None, largest: str | None) -> None:
    if flops is None:
        with pytest.raises(MatcalcError):
            derive(problem)
        return
    cost = derive(problem).cost
    assert cost is not None
    assert (cost["flops"], cost["largest"]) == (flops, largest)


@pytest.fixture(scope="module")
def comparisons() -> list[tuple[str, bool, int, int, int, int]]:
    """Of each row: its problem, whether its functions count by the textbook; what it states and does."""
    found = []
    with np.errstate(all="ignore"):
        for row in ROWS:
            for more in (1, 5):
                found += _compared({**row, "dims": {k: v + more for k, v in row["dims"].items()}})
    return found


def _compared(row: Row) -> list[tuple[str, bool, int, int, int, int]]:
    result = result_of(row)
    try:
        given: dict[str, Any] = {**truth.inputs(row), **row.get("keywords", {})}
    except AssertionError:
        return []  # its domain is of one size
    sizes = {
        dim.name: size
        for variable in result._problem.variables
        for dim, size in zip(variable.dims, np.shape(given[variable.name]), strict=True)
        if dim.name is not None
    }
    if set(result._problem.sizes) - set(sizes):
        return []
    result.take_sizes(sizes)
    cost = result.cost
    assert cost is not None, row["problem"]
    module = compile_module(result.code())
    # the checks make arrays anew, and their operations are none of the answer's
    module["_tensor"] = lambda name, array, *_: array
    module["np"] = Counting(np)
    tally.start()
    made = module["derivative"](**{truth.python_name(k): counted(v) for k, v in given.items()})
    largest = max(tally.largest, np.size(made))
    plain = not any(isinstance(node, Apply) for node in postorder(result._derivative))
    return [(row["problem"], plain, int(str(cost["flops_at"])), tally.flops, int(str(cost["largest_at"])), largest)]  # fmt: skip


def test_most_costs_are_exact(comparisons: list[tuple[str, bool, int, int, int, int]]) -> None:
    assert len(comparisons) > 1000
    exact = sum(stated == done for _, _, stated, done, _, _ in comparisons)
    near = sum(0.8 * done <= stated <= 1.25 * done for _, _, stated, done, _, _ in comparisons)
    assert exact >= 0.7 * len(comparisons)
    assert near >= 0.9 * len(comparisons)


def test_no_cost_is_far_off(comparisons: list[tuple[str, bool, int, int, int, int]]) -> None:
    """A function of entries counts once, though code for some takes five steps."""
    for problem, plain, stated, done, _, _ in comparisons:
        if plain:
            assert done / 5 <= stated <= 3 * done + 60, (problem, stated, done)


def test_the_largest_array_is_the_largest(
    comparisons: list[tuple[str, bool, int, int, int, int]],
) -> None:
    right = sum(stated == largest for *_, stated, largest in comparisons)
    assert right >= 0.97 * len(comparisons)
    for problem, _, _, _, stated, largest in comparisons:
        assert stated >= largest / 8, (problem, stated, largest)


def test_the_order_of_products_is_that_of_the_sizes() -> None:
    problem = "d(tr(A@B@C@X))/dX where A: m x n, B: n x p, C: p x q, X: q x m"
    for sizes in (
        {"m": 2, "n": 300, "p": 400, "q": 500},
        {"m": 500, "n": 400, "p": 300, "q": 2},
    ):
        cost = derive(problem, at=sizes).cost
        assert cost is not None
        m, n, p, q = sizes.values()
        assert cost["flops_at"] == min(2 * m * n * p + 2 * m * p * q, 2 * n * p * q + 2 * m * n * q)


def test_a_large_answer_has_a_cost_when_it_is_asked_for() -> None:
    total = " + ".join(f"sin({k + 2}*x)" for k in range(60))
    problem = f"d(sum({total}))/dx where x: n"
    assert derive(problem).cost is None
    cost = derive(problem, at={"n": 10}).cost
    assert cost is not None
    assert cost["largest"] == "n"


def test_what_has_no_code_has_no_cost() -> None:
    result = derive("d(A ⋆ B)/dX where A(X): m x n, B(X): n x p, X: u x v")
    with pytest.raises(MatcalcError, match="⋆"):
        cost_of(result._derivative, ())
    assert result.cost is None
    assert result.to_dict()["cost"] is None


def test_numbers_are_those_of_the_polynomials() -> None:
    m, n = Dim.named("m"), Dim.named("n")
    cost = Cost([(2, (m, n, n), (m, n)), (1, (m,), (n, n)), (0, (), (m,))])
    told = cost.to_dict({"m": 7, "n": 3})
    assert told == {
        "flops": "2*m*n^2 + m", "largest": "max(m*n, n^2)",
        "at": {"m": 7, "n": 3}, "flops_at": 133, "largest_at": 21,
    }  # fmt: skip
