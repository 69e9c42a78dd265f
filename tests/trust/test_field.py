"""Numbers: primes, random streams, small integers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.trust.field import (
    Field,
    Retry,
    SplitMix,
    TooLarge,
    is_prime,
    mix,
    named,
    random_prime,
    stream,
)


def test_is_prime_agrees_with_trial_division() -> None:
    def slow(n: int) -> bool:
        return n > 1 and all(n % k for k in range(2, int(n**0.5) + 1))

    assert [n for n in range(3000) if is_prime(n)] == [n for n in range(3000) if slow(n)]


@pytest.mark.parametrize("n", [3215031751, 341550071728321, 3825123056546413051])
def test_strong_pseudoprimes_are_no_primes(n: int) -> None:
    assert not is_prime(n)


def test_random_primes_lie_just_below_their_bound_and_vary() -> None:
    primes = {random_prime(seed) for seed in range(8)}
    assert len(primes) == 8
    assert all(2**60 < p < 2**61 for p in primes)


def test_streams_depend_on_seed_and_name_alone() -> None:
    assert SplitMix(mix(3, "x")).next() == SplitMix(mix(3, "x")).next()
    assert len({mix(seed, name) for seed in range(4) for name in "xyz"}) == 12
    assert len({named(name) for name in ("x", "y", "xy", "yx")}) == 4


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 200])
@pytest.mark.parametrize("seed", [0, 1, -1, 2**64 - 1, 0xFEDCBA9876543210])
def test_numbers_drawn_at_once_are_those_drawn_one_by_one(seed: int, count: int) -> None:
    one_by_one = SplitMix(seed)
    assert stream(seed, count) == [one_by_one.next() for _ in range(count)]


def test_a_stream_is_uniform_in_every_bit() -> None:
    numbers = stream(3, 4000)
    for bit in range(64):
        assert 1800 < sum(number >> bit & 1 for number in numbers) < 2200, bit


def test_field_numbers() -> None:
    field = Field(101)
    assert field.number(Fraction(1, 3)) * 3 % 101 == 1
    assert field.integer(field.number(-7)) == -7
    assert Field(0).integer(2.0) == 2
    assert Field(0).integer(2.5) is None
    assert Field(random_prime(1)).integer(Field(random_prime(1)).number(Fraction(1, 2))) is None
    with pytest.raises(Retry):
        field.invert(0)
    with pytest.raises(TooLarge):
        Field(101, budget=10).spend(11)
