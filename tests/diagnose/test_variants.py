"""What variants of a claim have in common is typed and evaluated once, and as each alone would be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NoReturn

import pytest

from matcalc import api
from matcalc.api import Session
from matcalc.derivation import Derivation
from matcalc.diagnose import edits, relatives
from matcalc.diagnose.bench import Bench
from matcalc.diagnose.place import Edit, Outline
from matcalc.diagnose.rewrite import inside, made
from matcalc.diagnose.variants import FAULTS, Open, Types, Values
from matcalc.errors import MatcalcError
from matcalc.language.infer import infer
from matcalc.language.parse import parse_expression, parse_line
from matcalc.language.syntax import Problem, Syntax
from matcalc.language.typed import Typed, postorder
from matcalc.trust import evaluate_typed
from matcalc.trust.tensors import filled

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "claims.jsonl"
ROWS = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]


def derivation(line: str) -> Derivation:
    problem = parse_line(line)
    assert isinstance(problem, Problem)
    return api._derivation(problem, (), "jacobian", "projected")


def bench_of(found: Derivation) -> Bench:
    def lower(claim: Typed) -> NoReturn:
        raise AssertionError("nothing is confirmed here")

    return Bench(found, lower, 1, 1000)


def some_edits(claim: Syntax, orders: dict[int, int] | None = None) -> Iterator[Edit]:
    outline = Outline(claim, orders)
    some = (
        edits.signs(outline), edits.transposes(outline), edits.swaps(outline),
        edits.numbers(outline, None), edits.exponents(outline), edits.too_much(outline),
        edits.layout_letters(outline), edits.kroneckers(outline), relatives.functions(outline),
        relatives.operators(outline), relatives.around(outline, ("exp",)),
    )  # fmt: skip
    for kind in some:
        yield from islice(kind, 6)


def shown(typed: Typed | None) -> list[object]:
    """A tree as data, children before parents."""
    if typed is None:
        return []
    number: dict[int, int] = {}
    found: list[object] = []
    for node in postorder(typed):
        number[id(node)] = len(found)
        children = [number[id(child)] for child in node.children]
        data = str(node.data)
        found.append((node.op, data, list(map(str, node.dims)), node.row, children))
    return found


def spelled(typed: Typed | None) -> str:
    """A tree as text, whatever of it is one object."""
    texts: dict[int, str] = {}
    for node in () if typed is None else postorder(typed):
        children = ", ".join(texts[id(child)] for child in node.children)
        texts[id(node)] = f"{node.op} {node.data} {node.dims} {node.row} ({children})"
    return texts.get(id(typed), "")


def alone(bench: Bench, claim: Syntax) -> Typed | None:
    """As a problem of its own would be typed, in which everything is declared."""
    try:
        return bench._inferred(claim)
    except MatcalcError:
        return None


@pytest.mark.parametrize("row", ROWS[::6], ids=[row["id"] for row in ROWS[::6]])
def test_a_variant_is_typed_and_evaluated_as_alone(row: dict[str, str]) -> None:
    found = derivation(row["line"])
    claim = found.problem.claim
    assert claim is not None
    bench = bench_of(found)
    assert bench.prepare(None)
    point = bench.point
    assert point is not None
    values = Values(point)
    for edit in some_edits(claim):
        variant = edit.claim
        single = alone(bench, variant)
        try:
            shared = bench._types.elaborate(variant)
        except MatcalcError:
            assert single is None
            continue
        except Open:
            continue
        assert shown(shared) == shown(single)
        assert single is not None
        try:
            expected = evaluate_typed.evaluate(single, point)
        except FAULTS:
            assert values.of(shared) is None
            continue
        value = values.of(shared)
        if all(isinstance(entry, float) for entry in expected.parts[0]):
            assert value is not None
            assert value.parts == expected.parts
        else:
            assert value is None


def test_an_operator_by_shape_takes_a_part_of_the_same_shape_as_if_typed_anew() -> None:
    count = 0
    for row in ROWS[::3]:
        found = derivation(row["line"])
        claim = found.problem.claim
        assert claim is not None
        bench = bench_of(found)
        typed = bench.typed(claim)
        if typed is None or found.typed.rigid or not bench.prepare(typed):
            continue
        bench.go_by(typed, misfit=False)
        assert bench._slope(typed, typed) is not None
        assert bench._slopes is not None
        for edit in some_edits(claim, bench.orders(typed)):
            old = bench._types.known(inside(edit.place.node))
            path = None if old is None else bench._slopes.path(old, typed)
            if old is None or path is None:
                continue
            try:
                value = bench._types.value(edit.new)
            except (MatcalcError, Open):
                continue
            variant = value.typed
            if value.letters is None and variant.dims == old.dims and variant.row == old.row:
                for operator, operand in path:
                    variant = bench._types.variant(operator, operand, variant)
                assert spelled(variant) == spelled(alone(bench, edit.claim)), (
                    row["id"],
                    edit.message,
                )
                count += len(path) > 0
    assert count > 500


@pytest.mark.parametrize("row", ROWS[::4], ids=[row["id"] for row in ROWS[::4]])
def test_a_verdict_is_that_of_the_derived_problem(row: dict[str, str]) -> None:
    """`check` makes less of an answer than `derive`, and says the same of the claim."""
    alone = Session(row["layout"]).check(row["line"])
    derived = Session(row["layout"]).read(row["line"])
    assert alone is not None
    assert derived is not None
    assert derived.claim is not None
    assert alone.to_dict() == derived.claim.to_dict()


def test_a_correction_names_nothing_of_its_own() -> None:
    """A large answer is told with names, which are no part of a claim."""
    line = "d(normsq(y - X@inv(X'@X)@X'@y))/dX == zeros(p, n) where X: p x n, y: p"
    verdict = Session().check(line)
    assert verdict is not None
    assert " where " in verdict.answer
    assert verdict.corrected is not None
    again = Session().check(line.replace("zeros(p, n)", verdict.corrected))
    assert again is not None
    assert again.status == "ok"
    derived = Session().read(line)
    assert derived is not None
    assert derived.claim is not None
    assert derived.claim.to_dict() == verdict.to_dict()


def test_a_part_of_several_variants_is_one_object() -> None:
    found = derivation("d(x'@A@x)/dx == sin(A@x) where A: n x n, x: n")
    claim = found.problem.claim
    assert claim is not None
    types = Types(found)
    (inner,) = claim.children
    one = types.elaborate(claim)
    two = types.elaborate(made("call", (inner,), "cos"))
    assert one.children[0] is two.children[0]


def test_what_is_left_open_is_said() -> None:
    types = Types(derivation("d(x'@A@x)/dx == A@x where A: n x n, x: n"))
    for text in ("I@x", "y + x", "A ⋆ x"):
        with pytest.raises(Open):
            types.elaborate(parse_expression(text))


def test_letters_that_stand_in_no_text_are_an_error_all_the_same() -> None:
    types = Types(derivation("d(x'@A@x)/dx == A@x where A: n x n, x: n"))
    indexed = parse_expression("A[i,j]*x[j]")
    with pytest.raises(MatcalcError, match="k is no free index"):
        types.elaborate(made("index", (indexed,), ("k",)))


def test_a_name_is_no_size() -> None:
    types = Types(derivation("d(x'@A@x)/dx == A@x where A: n x n, x: n"))
    types.sizes = frozenset("n")
    assert types.elaborate(parse_expression("ones(n)")).op == "constant"
    with pytest.raises(MatcalcError):
        types.elaborate(parse_expression("ones(A)"))


def test_values_of_other_points_are_their_own() -> None:
    """What is known of one point is never said of another."""
    found = derivation("d(x'@A@x)/dx == A@x where A: n x n, x: n")
    bench = bench_of(found)
    assert found.typed.claim is not None
    claim = infer(found.problem).claim
    assert claim is not None
    assert bench.prepare(claim)
    before = bench.value(claim)
    assert before is not None
    assert any(before.parts[0])
    with bench.replaced({"x": filled(before.shape, 0.0)}):
        inside = bench.value(claim)
    after = bench.value(claim)
    assert inside is not None
    assert after is not None
    assert not any(inside.parts[0])
    assert after.parts == before.parts
