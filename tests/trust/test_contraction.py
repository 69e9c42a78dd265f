"""Σ of products against numpy.einsum, with δ and flattened axes stored and as wires."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest

from matcalc.trust.contraction import Wire, einsum, materialise
from matcalc.trust.field import Field, Mismatch
from matcalc.trust.tensors import Tensor

SIZES = {"a": 2, "b": 3, "c": 4, "d": 2, "e": 1}


def tensor(array: Any) -> Tensor:
    return Tensor(array.shape, {0: [float(v) for v in array.ravel()]})


def array(value: Tensor, mask: int = 0) -> Any:
    return np.array(value.parts[mask]).reshape(value.shape)


@pytest.mark.parametrize("seed", range(120))
def test_random_contractions(seed: int) -> None:
    draw = random.Random(seed)
    inputs = [
        tuple(draw.choice("abcde") for _ in range(draw.randint(0, 3)))
        for _ in range(draw.randint(1, 5))
    ]
    letters = sorted({i for word in inputs for i in word})
    output = tuple(draw.sample(letters, draw.randint(0, len(letters))))
    numbers = np.random.default_rng(seed)
    arrays = [numbers.normal(size=[SIZES[i] for i in word]) for word in inputs]
    spec = ",".join("".join(word) for word in inputs) + "->" + "".join(output)
    value = einsum(Field(0), [tensor(a) for a in arrays], tuple(inputs), output)
    assert value.shape == tuple(SIZES[i] for i in output)
    np.testing.assert_allclose(array(value), np.einsum(spec, *arrays), atol=1e-12)


@pytest.mark.parametrize("seed", range(80))
def test_wires_equal_stored_tensors(seed: int) -> None:
    """δ of one to three axes and flattened axes, wherever they stand."""
    draw = random.Random(seed)
    field = Field(0)
    sizes = {"a": 2, "b": 3, "c": 6, "f": 2, "g": 3, "h": 6, "i": 2}
    equal = {2: "afi", 3: "bg", 6: "ch"}
    operands: list[Tensor | Wire] = []
    inputs: list[tuple[str, ...]] = []
    numbers = np.random.default_rng(seed)
    for _ in range(draw.randint(0, 2)):
        word = tuple(draw.choice(sorted(sizes)) for _ in range(draw.randint(1, 2)))
        operands.append(tensor(numbers.normal(size=[sizes[i] for i in word])))
        inputs.append(word)
    for _ in range(draw.randint(1, 3)):
        if draw.random() < 0.5:
            n = draw.choice((2, 3, 6))
            word = tuple(draw.choice(equal[n]) for _ in range(draw.randint(1, 3)))
            operands.append(Wire("delta", (n,) * len(word)))
        else:
            one, two = draw.choice((("a", "b"), ("g", "f"), ("f", "b"), ("a", "g")))
            word = (one, two, draw.choice("ch"))
            operands.append(Wire("fuse", tuple(sizes[i] for i in word)))
        inputs.append(word)
    letters = sorted({i for word in inputs for i in word})
    output = tuple(draw.sample(letters, draw.randint(0, min(3, len(letters)))))
    value = einsum(field, operands, tuple(inputs), output)
    stored = [array(o if isinstance(o, Tensor) else materialise(field, o)) for o in operands]
    spec = ",".join("".join(word) for word in inputs) + "->" + "".join(output)
    np.testing.assert_allclose(array(value), np.einsum(spec, *stored), atol=1e-12)


def test_an_index_of_the_output_alone_is_broadcast_along() -> None:
    value = einsum(Field(0), [tensor(np.array([1.0, 2.0]))], (("a",),), ("b", "a"), (3, 2))
    np.testing.assert_allclose(array(value), [[1, 2]] * 3)


def test_an_index_twice_in_the_output_is_a_diagonal() -> None:
    value = einsum(Field(0), [tensor(np.array([1.0, 2.0]))], (("a",),), ("a", "a"), (2, 2))
    np.testing.assert_allclose(array(value), [[1, 0], [0, 2]])


def test_fuse_is_row_major() -> None:
    value = materialise(Field(0), Wire("fuse", (2, 3, 6)))
    for i, j in itertools.product(range(2), range(3)):
        assert array(value)[i, j].tolist() == [float(k == 3 * i + j) for k in range(6)]


def test_sizes_that_differ_are_a_mismatch() -> None:
    two, three = tensor(np.ones(2)), tensor(np.ones(3))
    with pytest.raises(Mismatch):
        einsum(Field(0), [two, three], (("a",), ("a",)), ())


def test_a_long_chain_is_contracted_in_linear_work() -> None:
    numbers = np.random.default_rng(0)
    arrays = [numbers.normal(size=(3, 3)) for _ in range(2000)]
    field = Field(0, budget=2000 * 27 * 3)
    value = einsum(
        field, [tensor(a) for a in arrays], tuple((k, k + 1) for k in range(2000)), (0, 2000)
    )
    expected = arrays[0]
    for a in arrays[1:]:
        expected = expected @ a
    np.testing.assert_allclose(array(value), expected, rtol=1e-9)


def test_products_of_jets_are_cut_off() -> None:
    """(1 + 2ε₁ + 3ε₂)·(1 + 2ε₁ + 3ε₂) = 1 + 4ε₁ + 6ε₂ + 12ε₁ε₂."""
    jet = Tensor((1,), {0: [1], 1: [2], 2: [3]})
    value = einsum(Field(101), [jet, jet], ((0,), (0,)), ())
    assert value.parts == {0: [1], 1: [4], 2: [6], 3: [12]}


@pytest.mark.parametrize("sizes", list(itertools.product((1, 2, 3), repeat=3)))
@pytest.mark.parametrize("spec", ["ij,jk->ki", "ij->ji", "ij,ij->ij", "ijk,ji->k", "iij->ji"])
def test_sizes_of_one_change_no_shape(spec: str, sizes: tuple[int, int, int]) -> None:
    """Where nothing moves the axes may still change places."""
    size = dict(zip("ijk", sizes, strict=True))
    words, output = spec.split("->")
    inputs = words.split(",")
    arrays = [np.random.default_rng(1).normal(size=[size[i] for i in word]) for word in inputs]
    value = einsum(Field(0), [tensor(a) for a in arrays], tuple(map(tuple, inputs)), tuple(output))
    assert value.shape == tuple(size[i] for i in output)
    np.testing.assert_allclose(array(value), np.einsum(spec, *arrays), atol=1e-12)
