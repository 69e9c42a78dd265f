"""Numbers: primes, random streams, small integers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.trust.field import Field, Retry, SplitMix, TooLarge, is_prime, mix, random_prime


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
    draws = [SplitMix(k).uniform(-1.5, 1.5) for k in range(200)]
    assert min(draws) < -1.2 and max(draws) > 1.2


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
