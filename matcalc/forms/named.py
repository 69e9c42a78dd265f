"""Products and sums that have a name, found without looking at every name there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    Key = Hashable
Entry = TypeVar("Entry")
Whole = TypeVar("Whole")
Part = TypeVar("Part")


class Names(Generic[Entry]):
    """What has a name, in the order of naming, each filed under the newest of its parts.

    >>> names: Names[str] = Names()
    >>> names.add("b", "ab → c")
    >>> names.add("c", "cc → d")
    >>> def apply(whole: str, entry: str) -> tuple[str, str | None]:
    ...     part, _, word = entry.partition(" → ")
    ...     return whole.replace(part, word), word if part in whole else None
    >>> names.put_in("abab", "abab", apply), names.put_in("xyxy", "xyxy", apply)
    ('d', 'xyxy')
    """

    __slots__ = ("_entries", "_under")

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._under: dict[Key, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, key: Key, entry: Entry) -> None:
        """From now on this has a name; a whole that holds it has the key."""
        self._under.setdefault(key, []).append(len(self._entries))
        self._entries.append(entry)

    def put_in(
        self,
        whole: Whole,
        keys: Iterable[Key],
        apply: Callable[[Whole, Entry], tuple[Whole, Key | None]],
    ) -> Whole:
        """A whole with names in it, in their order; `keys` are those that it has.

        `apply` puts in one name, and gives the key that the whole has by it, None where it does not fit.
        """
        numbers = {number for key in keys for number in self._under.get(key, ())}
        waiting = list(numbers)
        heapify(waiting)
        while waiting:
            number = heappop(waiting)
            whole, new = apply(whole, self._entries[number])
            for later in self._under.get(new, ()) if new is not None else ():
                if later > number and later not in numbers:
                    numbers.add(later)
                    heappush(waiting, later)
        return whole


def with_name(
    chain: tuple[Part, ...], named: tuple[tuple[Part, ...], Part]
) -> tuple[tuple[Part, ...], Part | None]:
    """The chain with one name in the place of the parts that it is the name of.

    >>> with_name(("a", "b", "c", "b", "c"), (("b", "c"), "d"))
    (('a', 'd', 'd'), 'd')
    """
    parts, name = named
    found = None
    for at in range(len(chain) - len(parts) + 1):
        if chain[at : at + len(parts)] == parts:
            chain, found = (*chain[:at], name, *chain[at + len(parts) :]), name
    return chain, found
