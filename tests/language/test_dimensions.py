"""A dimension is one object, which knows about itself what is often asked."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys

import pytest

from matcalc.language import dimensions
from matcalc.language.dimensions import Dim

N, M, SIX = Dim.named("n"), Dim.named("m"), Dim.number(6)


def test_equal_dimensions_are_one() -> None:
    assert Dim.named("n") is N
    assert N * M is M * N
    assert (N + M) + Dim.number(1) is Dim.number(1) + (M + N)
    assert Dim.triangle(N) is Dim.triangle(Dim.named("n"))
    assert Dim.number(6) is SIX
    # agrees with 2·3 in its value alone
    assert Dim.number(2) * Dim.number(3) is not SIX


def test_a_copy_is_the_same_one() -> None:
    for dim in (N, SIX, N * M, Dim.triangle(N)):
        assert copy.deepcopy(dim) is dim
        assert pickle.loads(pickle.dumps(dim)) is dim


def test_a_copy_in_another_process_has_its_names() -> None:
    code = "import pickle, sys; print(*pickle.load(sys.stdin.buffer))"
    dims = (N * M, Dim.triangle(N) + Dim.number(1), Dim.triangle(N * M))
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(dims), capture_output=True
    )
    assert done.stdout.decode() == " ".join(map(str, dims)) + "\n"


def test_triangles_that_nobody_has_are_not_kept() -> None:
    for number in range(50):
        Dim.triangle(Dim((((f"side{number}",), 1),)))
    gc.collect()
    assert not [name for name in dimensions._triangles if "side" in name]


def test_one_that_nobody_has_is_not_kept() -> None:
    terms = ((("of_nobody", "of_nobody"), 7),)
    dim = Dim(terms)
    assert dimensions._dims.get(terms) is dim
    del dim
    gc.collect()
    assert terms not in dimensions._dims


@pytest.mark.parametrize(
    ("dim", "name", "value", "names", "unknowns"),
    [
        (N, "n", None, {"n"}, ()),
        (SIX, None, 6, {"#6"}, ()),
        (Dim.number(3), None, 3, set(), ()),
        (Dim(()), None, 0, set(), ()),
        (N * N, None, None, {"n"}, ()),
        (Dim.number(2) * N, None, None, {"n"}, ()),
        (SIX * SIX, None, 36, {"#6"}, ()),
        (SIX + N, None, None, {"#6", "n"}, ()),
        (Dim.triangle(SIX), None, 21, {"#6"}, ()),
        (Dim.triangle(N), None, None, {"n"}, ()),
        (Dim.named("?1") + Dim.triangle(Dim.named("?2")), None, None, {"?1", "?2"}, ("?2", "?1")),
        (Dim.named("?1"), "?1", None, {"?1"}, ("?1",)),
    ],
    ids=lambda value: str(value) if isinstance(value, Dim) else "",
)
def test_what_a_dimension_knows(
    dim: Dim, name: str | None, value: int | None, names: set[str], unknowns: tuple[str, ...]
) -> None:
    assert (dim.name, dim.value, {*dim.names}, dim.unknowns) == (name, value, names, unknowns)


def test_evaluation_goes_by_the_sizes_that_are_given() -> None:
    sizes = {"n": 2, "#6": 3}
    found = [dim.evaluate(sizes) for dim in (N, SIX, N * SIX, Dim.triangle(SIX), Dim.number(4))]
    assert found == [2, 3, 6, 6, 4]
    assert SIX.evaluate({}) == 6
    with pytest.raises(AssertionError, match="no size for m"):
        M.evaluate(sizes)
