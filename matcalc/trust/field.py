"""The numbers that verification computes with: integers modulo a random prime, or floats.

A scalar is a plain Python number: an int below the prime, or a float, or (off the real axis) a
complex one.  A float says "real": what leaves the real domain is an error there, and a value of
complex numbers here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from sys import byteorder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcalc.rational import Rational

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73)
# Sinclair's bases: Miller-Rabin with these seven decides every number below 2**64
_WITNESSES = (2, 325, 9375, 28178, 450775, 9780504, 1795265022)
_PRIMES_IN_USE = 64
_LARGEST_PRIME = (1 << 64) - 59
_BLOCK = 64
"""So many numbers are drawn at once."""
_LANE = 128
"""Bits for each of them: room for a product of 64 bits with 64."""
_LOWER_WORDS = 2 if byteorder == "little" else -2
"""Where the lower words of the lanes stand."""


OVERFLOWS = "the numbers in it are too large for floating point"


class Retry(Exception):
    """This point does not do: singular, outside of the domain, at a kink, ill-conditioned."""


class TooLarge(Exception):
    """The work passes the budget at these sizes."""


class Inexact(Exception):
    """A value that is not rational was asked for modulo a prime."""


class Mismatch(Exception):
    """The shapes do not fit at these sizes: the literal sizes of the problem cannot be varied."""


class SplitMix:
    """Steele, Lea and Flood's splitmix64: enough randomness, no import.

    >>> SplitMix(1).next() == SplitMix(1).next()
    True
    """

    __slots__ = ("state",)

    def __init__(self, seed: int) -> None:
        self.state = seed & MASK

    def next(self) -> int:
        """64 random bits."""
        self.state = state = (self.state + GAMMA) & MASK
        return _scrambled(state)


def stream(seed: int, count: int) -> list[int]:
    """The first numbers of SplitMix(seed), side by side in one: long integers are multiplied in C.

    >>> one, two = stream(5, 100), SplitMix(5)
    >>> one == [two.next() for _ in range(100)]
    True
    """
    if count > _BLOCK:
        found = []
        for start in range(0, count, _BLOCK):
            found += stream(seed + start * GAMMA, min(_BLOCK, count - start))
        return found
    one, steps, mask, size = _lanes(count)
    z = (seed & MASK) * one + steps & mask
    z = (z ^ z >> 30 & mask) * _FIRST & mask
    z = (z ^ z >> 27 & mask) * _SECOND & mask
    z ^= z >> 31 & mask
    return memoryview(z.to_bytes(size, byteorder)).cast("Q").tolist()[::_LOWER_WORDS]


@lru_cache(maxsize=_BLOCK)
def _lanes(count: int) -> tuple[int, int, int, int]:
    """For so many lanes: 1 in each, the multiples of GAMMA from the first on, all lower bits; their bytes."""
    shifts = range(0, count * _LANE, _LANE)
    one = sum(1 << shift for shift in shifts)
    steps = sum(((k + 1) * GAMMA & MASK) << shift for k, shift in enumerate(shifts))
    return one, steps, MASK * one, count * _LANE // 8


def mix(seed: int, text: str) -> int:
    """A seed for what has a name: the same in every run (hash() is not), whatever was drawn before.

    >>> mix(1, "x") != mix(1, "y")
    True
    """
    # scrambled first: the letters of names and small seeds would cancel in the exclusive or
    value = _scrambled((seed + GAMMA) & MASK) ^ 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return _scrambled((value + GAMMA) & MASK)


@lru_cache(maxsize=4096)
def named(text: str) -> int:
    """Bits of a name; their exclusive or with a seed is the seed of a stream for what has the name.

    >>> named("x") != named("y")
    True
    """
    return _scrambled(int.from_bytes(text.encode(), "little") % _LARGEST_PRIME + GAMMA & MASK)


def _scrambled(state: int) -> int:
    z = ((state ^ (state >> 30)) * _FIRST) & MASK
    z = ((z ^ (z >> 27)) * _SECOND) & MASK
    return z ^ (z >> 31)


def is_prime(n: int) -> bool:
    """Whether n is prime, for n below 2**64.

    >>> is_prime(2**61 - 1), is_prime(2**61 - 3)
    (True, False)
    """
    if n < 2 or n % 2 == 0:
        return n == 2
    for q in _SMALL_PRIMES:
        if n % q == 0:
            return n == q
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for witness in _WITNESSES:
        x = pow(witness, d, n)
        if x in (0, 1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def random_prime(seed: int) -> int:
    """A prime between 2**60 and 2**61; a few dozen are in use, so that a batch finds them known.

    >>> is_prime(random_prime(7)), random_prime(7) == random_prime(7)
    (True, True)
    """
    return _prime(seed % _PRIMES_IN_USE)


@lru_cache(maxsize=_PRIMES_IN_USE)
def _prime(seed: int) -> int:
    draw = SplitMix(mix(seed, "prime"))
    while True:
        candidate = (1 << 60) | (draw.next() >> 4) | 1
        if is_prime(candidate):
            return candidate


class Field:
    """Integers modulo `prime`, or floats where `prime` is 0; with a budget of multiplications.

    `elements` makes sums of products elements of the field, as an iterator; `scale` is the largest
    magnitude that a numeric evaluation met; `inverted` is the matrix that was inverted last, with its
    determinant and its inverse.

    >>> from fractions import Fraction
    >>> Field(7).number(Fraction(1, 2)), Field(0).number(Fraction(1, 2))
    (4, 0.5)
    """

    __slots__ = ("budget", "elements", "inverted", "prime", "scale")

    def __init__(self, prime: int, budget: int = 2_000_000) -> None:
        self.prime = prime
        self.elements: Callable[[Iterable[Any]], Iterator[Any]] = (
            partial(map, prime.__rmod__) if prime else iter
        )
        self.budget = budget
        self.scale = 0.0
        self.inverted: tuple[list[Any], Any, list[Any] | None] | None = None

    def spend(self, work: int) -> None:
        """Account for multiplications; TooLarge past the budget."""
        self.budget -= work
        if self.budget < 0:
            raise TooLarge

    def number(self, value: Rational) -> Any:
        """The field's element for a rational."""
        p = self.prime
        if not p:
            return float(value)
        if type(value) is int:
            return value % p
        return value.numerator * pow(value.denominator, -1, p) % p

    def invert(self, value: Any) -> Any:
        """1/value; Retry at zero."""
        if not value:
            raise Retry("division by zero")
        if self.prime:
            return pow(value, -1, self.prime)
        return 1 / value

    def integer(self, value: Any) -> int | None:
        """The integer of small magnitude that an element stands for, if it does."""
        p = self.prime
        if p:
            signed: int = value if 2 * value < p else value - p
            return signed if -(1 << 32) < signed < (1 << 32) else None
        if isinstance(value, complex):
            if value.imag:
                return None
            value = value.real
        if not abs(value) < (1 << 32):
            return None
        nearest = round(value)
        return nearest if nearest == value else None
