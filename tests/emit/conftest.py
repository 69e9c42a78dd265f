"""What the tests of emitted code set up: JAX in float64, and no warnings of NumPy's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.emit.targets import missing


@pytest.fixture(scope="module")
def double_precision() -> Iterator[None]:
    """JAX in float64, and quick to compile, as long as a module of tests runs."""
    if missing("jax"):
        yield
        return
    import jax

    wanted = {"jax_enable_x64": True, "jax_disable_most_optimizations": True}
    before = {word: jax.config.read(word) for word in wanted}
    for word, value in wanted.items():
        jax.config.update(word, value)
    yield
    for word, value in before.items():
        jax.config.update(word, value)
    # hundreds of small programs, each compiled for its shapes
    jax.clear_caches()


@pytest.fixture
def quiet() -> Iterator[None]:
    """No warnings where a number overflows as it should."""
    with np.errstate(all="ignore"):
        yield
