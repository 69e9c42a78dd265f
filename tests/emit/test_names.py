"""Names of a problem that the emitted code has uses of its own for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.emit.run import compile_module
from tests.emit.targets import arrays, param

NAMES = [
    "t1",
    "t2",
    "np",
    "torch",
    "m",
    "B",
    "F1",
    "_size",
    "lambda",
    "value",
    "derivative",
    "value_and_derivative",
    "factors",
    "direction",
    "self",
    "flat",
    "sizes",
    "shape",
    "dense",
    "matvec",
    "Compressed",
    "words",
    "min",
    "tuple",
    "getattr",
    "TypeError",
    "_arguments",
    "_fit",
    "math",
    "sys",
    "Random",
    "self_test",
    "float",
    "point",
    "z",
    "given",
    "E",
    "None_",
    "β",
    "x₁",
    "like",
    "dtype",
]
WORDS = np.random.default_rng(5)
TARGETS = [param("numpy"), param("torch")]
LOSS = "sum(log(1 + exp({0}@w))) + w'@{0}'@{0}@w"


def computed(problem: str, target: str, given: dict[str, Any], compressed: bool) -> Any:
    """The derivative by `derivative`, checked with `value_and_derivative` and `matvec`."""
    namespace = compile_module(matcalc.derive(problem).code(target, compressed=compressed))
    tensors = arrays(target, given)
    found = namespace["derivative"](**tensors)
    _, again = namespace["value_and_derivative"](**tensors)
    if compressed:
        whole, along = found.dense(), np.linspace(1, 2, np.shape(found.dense())[-1])
        moved = found.matvec(arrays(target, {"d": along})["d"])
        np.testing.assert_allclose(moved, np.asarray(whole) @ along)
        found, again = whole, again.dense()
    np.testing.assert_allclose(again, found)
    return np.asarray(found)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_code_may_be_a_tensor_or_a_dimension(
    name: str, target: str, compressed: bool
) -> None:
    A, w = WORDS.normal(size=(4, 3)), WORDS.normal(size=3)
    plain = f"d2({LOSS.format('A')})/dw2 where A: p x q, w: q"
    wanted = computed(plain, "numpy", {"A": A, "w": w}, False)
    tensor = f"d2({LOSS.format(name)})/dw2 where {name}: p x q, w: q"
    np.testing.assert_allclose(computed(tensor, target, {name: A, "w": w}, compressed), wanted)
    sized = f"d2({LOSS.format('A')} + sum(w)/{name})/dw2 where A: ({name}, q), w: q"
    np.testing.assert_allclose(computed(sized, target, {"A": A, "w": w}, compressed), wanted)


@pytest.mark.parametrize("target", TARGETS)
def test_a_word_that_is_renamed_beside_the_parameter_that_takes_it(target: str) -> None:
    problem = "d(sum(words*lambda*class))/dwords where words, lambda, class: n"
    namespace = compile_module(matcalc.derive(problem).code(target))
    given = {"words": np.ones(2), "lambda": np.array([2.0, 3.0]), "class": np.array([5.0, 7.0])}
    np.testing.assert_allclose(namespace["derivative"](**arrays(target, given)), [10.0, 21.0])
    with pytest.raises(TypeError, match="unknown keyword other"):
        namespace["derivative"](**arrays(target, given), other=1)


@pytest.mark.parametrize("target", TARGETS)
def test_the_keyword_of_a_dimension_is_the_one_that_is_asked_for(target: str) -> None:
    result = matcalc.derive("d(s*ones(lambda))/ds where s: scalar")
    derivative = compile_module(result.code(target))["derivative"]
    with pytest.raises(TypeError, match="give it, as in lambda_=3"):
        derivative(s=2.0)
    np.testing.assert_allclose(derivative(s=2.0, lambda_=3), [1, 1, 1])
    np.testing.assert_allclose(result.evaluate(**{"s": 2.0, "lambda": 3}), [1, 1, 1])


@pytest.mark.parametrize("name", ["sizes", "words", "random", "point", "X", "E", "spans"])
def test_the_self_test_has_room_for_any_name(name: str) -> None:
    problem = f"d(sum(exp({name}@w)))/dw where {name}: ({name}, q), w: q"
    text = matcalc.derive(problem).code(self_test=True, compressed=True)
    assert compile_module(text)["self_test"]() == 0
