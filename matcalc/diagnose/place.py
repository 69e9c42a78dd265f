"""Places in a claim's tree, and edits: another part at a place, with what was wrong there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.diagnose.rewrite import ATOM, inside, level, made, render

if TYPE_CHECKING:
    from matcalc.language.syntax import Syntax

_OPAQUE = ("derivative", "keyword", "string")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


class Place:
    """A node of a tree, and how to put another there."""

    __slots__ = ("index", "node", "parent")

    def __init__(self, node: Syntax, parent: Place | None = None, index: int = 0) -> None:
        self.node = node
        self.parent = parent
        self.index = index

    def around(self, new: Syntax) -> Syntax:
        """The parent's node with `new` here."""
        assert self.parent is not None
        parent = self.parent.node
        kind = parent.kind
        if kind == "group":
            return new if level(new) >= ATOM else made(kind, (new,))
        if kind == "call":
            new = inside(new)
        children = parent.children
        if len(children) > 1:
            index = self.index
            return made(kind, (*children[:index], new, *children[index + 1 :]), parent.value)
        return made(kind, (new,), parent.value)

    def put(self, new: Syntax) -> Syntax:
        """The whole tree with `new` here."""
        place: Place = self
        while place.parent is not None:
            new = place.around(new)
            place = place.parent
        return new

    @property
    def above(self) -> str:
        """The kind of the parent, parentheses left out."""
        place = self.parent
        while place is not None and place.node.kind == "group":
            place = place.parent
        return "" if place is None else place.node.kind

    @property
    def chained(self) -> bool:
        """Whether this is the start of a longer product or sum of the same level."""
        parent = None if self.parent is None else self.parent.node
        return (
            parent is not None
            and parent.kind == self.node.kind == "binary"
            and level(parent) == level(self.node)
            and self.index == 0
        )

    @property
    def described(self) -> str:
        """The text of the part here; where it occurs more often, which one."""
        inner = inside(self.node)
        text = render(inner)
        top = self
        while top.parent is not None:
            top = top.parent
        if render(top.node).count(text) == 1:
            return text
        same = [
            place.node
            for place in places(top.node)
            if place.node.kind != "group" and render(place.node) == text
        ]
        if len(same) > 1:
            for ordinal, other in zip(_ORDINALS, same, strict=False):
                if other is inner:
                    return f"the {ordinal} {text}"
        return text


def places(root: Syntax) -> list[Place]:
    """Every node from left to right, parents first, as far as it can be edited."""
    found = []
    stack = [Place(root)]
    while stack:
        place = stack.pop()
        found.append(place)
        node = place.node
        children = node.children
        if children and node.kind not in _OPAQUE:
            stack += [Place(children[k], place, k) for k in range(len(children) - 1, -1, -1)]
    return found


class Outline:
    """A claim's places, and how many axes its parts have, by the id of their syntax."""

    __slots__ = ("orders", "places", "root")

    def __init__(self, root: Syntax, orders: dict[int, int] | None = None) -> None:
        self.root = root
        self.places = places(root)
        self.orders = {} if orders is None else orders

    def order(self, syntax: Syntax) -> int | None:
        """The axes of a part, parentheses left out; None where that is not known."""
        return self.orders.get(id(inside(syntax)))


class Edit:
    """Another part at a place, and what is wrong without it.

    That is told of one edit in fifty, so it is kept as a template and what stands in its braces.
    """

    __slots__ = ("_parts", "_template", "new", "place")

    def __init__(
        self, place: Place, new: Syntax, template: str, *parts: Syntax | Place | str
    ) -> None:
        self.place = place
        self.new = new
        self._template = template
        self._parts = parts

    @property
    def claim(self) -> Syntax:
        """The claim, edited."""
        return self.place.put(self.new)

    @property
    def message(self) -> str:
        """What is wrong without this edit: syntax as its text, a place as what is there."""
        return self._template.format(*map(_told, self._parts))


def _told(part: Syntax | Place | str) -> str:
    if isinstance(part, str):
        return part
    return part.described if isinstance(part, Place) else render(part)
