"""What an order of contraction makes of the indices of its factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.emit.parts import Tree

Indices = tuple[int, ...]


class Axes:
    """The indices of the parts of orders of contraction: `listed` has those of each factor as they stand."""

    __slots__ = ("_kept", "_leaves", "inputs", "listed", "output", "users")

    def __init__(self, listed: Sequence[Indices], output: frozenset[int]) -> None:
        self.listed = listed
        self.inputs = [frozenset(indices) for indices in listed]
        self.output = output
        self.users: dict[int, int] = {}
        for place, indices in enumerate(listed if len(listed) > 2 else ()):
            for index in indices:
                self.users[index] = self.users.get(index, 0) | 1 << place
        self._leaves: dict[Tree, int] = {}
        self._kept: dict[int, frozenset[int]] = {}

    def leaves(self, tree: tuple[Tree, Tree]) -> int:
        """The places of the factors of a part, as a bit mask."""
        mask = self._leaves.get(tree)
        if mask is None:
            mask = 0
            stack: list[tuple[Tree, Tree]] = [tree]
            while stack:
                for part in stack.pop():
                    if isinstance(part, int):
                        mask |= 1 << part
                    else:
                        stack.append(part)
            self._leaves[tree] = mask
        return mask

    def kept(self, tree: Tree) -> frozenset[int]:
        """The indices that a part of the order keeps: a factor all that it has."""
        if isinstance(tree, int):
            return self.inputs[tree]
        if len(self.inputs) == 2:
            return self.output & (self.inputs[0] | self.inputs[1])
        leaves = self.leaves(tree)
        kept = self._kept.get(leaves)
        if kept is None:
            users, output, outside = self.users, self.output, ~leaves
            kept = self._kept[leaves] = frozenset(
                [i for i in users if users[i] & leaves and (i in output or users[i] & outside)]
            )
        return kept

    def turns(self, output: Indices) -> Callable[[Tree], int]:
        """How many axes of an order's product are not where the output has them."""
        wanted = [index for index in dict.fromkeys(output) if index in self.users]

        def count(tree: Tree) -> int:
            made: dict[Tree, tuple[list[int], list[int]]] = {}
            for part in reversed(self.parts(tree)):
                if isinstance(part, int):
                    axes = list(self.listed[part])
                    made[part] = axes, axes
                    continue
                kept = self.kept(part)
                a, b = sorted((made[half][0] for half in part), key=len, reverse=True)
                shared = [index for index in a if index in b and index in kept]
                rows = [index for index in a if index not in b]
                columns = [index for index in b if index not in a]
                axes = [*shared, *rows, *columns] if columns or {*a} - kept else a
                other = axes if shared else [*columns, *rows]
                made[part] = [i for i in axes if i in kept], [i for i in other if i in kept]
            return min(
                sum(one != two for one, two in zip(axes, wanted, strict=True))
                for axes in made[tree]
            )

        return count

    def parts(self, tree: Tree) -> list[Tree]:
        """All parts of the order, the whole first, level by level."""
        listed = [tree]
        for part in listed:
            if not isinstance(part, int):
                listed.extend(part)
        return listed
