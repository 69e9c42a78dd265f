"""Names for what a large answer would write often: each shared part is written once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter

from matcalc.forms.definitions import Definition
from matcalc.forms.expression import Expr
from matcalc.forms.expression import postorder as walked
from matcalc.tensor.nodes import Delta, Node, Number, Partial, postorder

LARGE = 48
"""An expression of no more nodes may repeat what it shares, unless that has shared parts again."""
NAMED = 4
"""The nodes of a part that is worth a name: tanh(W@x), not A@x."""
BASES = "htcguvwq"
"""The letters of the names, in order of preference."""

_serial = attrgetter("serial")
Where = Sequence[tuple[Expr, Expr]]
"""Names, with their letters in index notation, and what they stand for, in order of need."""


def shared(
    roots: Sequence[Node], definitions: Sequence[Definition], taken: Collection[str]
) -> tuple[Definition, ...]:
    """Definitions of our own for the parts that large expressions share, in order of need.

    The user's definitions are not looked into, and none of our names is `taken`: h1, h2, ..., in
    upper case for what has two axes and more.  A part that only a named part holds needs no name.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> W, x = graph.variable("W", (n, n)), graph.variable("x", (n,))
    >>> for _ in range(3):
    ...     y = graph.map("tanh", (graph.einsum((W, x), ((0, 1), (1,)), (0,)),))
    ...     x = graph.add((1, 1), (x, y), (n,))
    >>> [definition.name for definition in shared((x,), (), ("x",))]
    ['h1', 'h2']
    """
    known = {d.node for d in definitions if not d.is_alias}
    known.update(d.mirrored for d in definitions if d.mirrored is not None and not d.is_alias)
    written: dict[Node, tuple[Node, ...]] = {}
    often: set[Node] = set()
    large = False
    for root in roots:
        once: set[Node] = set()
        sizes: dict[Node, int] = {}
        for node in _written(root, known):
            operands = _parts(node) if node is root or node not in known else ()
            for operand in operands:
                (often if operand in once else once).add(operand)
            # capped, for the number itself would grow exponentially
            size = _own(node) + sum(sizes[operand] for operand in operands)
            sizes[node] = min(size, LARGE + 1)
            written.setdefault(node, () if node in known else operands)
        large = large or sizes[root] > LARGE
    if not often:
        return ()
    words = _Words(taken)
    found: list[Definition] = []
    lengths: dict[Node, int] = {}
    holding: set[Node] = set()
    for node, operands in written.items():
        length = _own(node) + sum(lengths[operand] for operand in operands)
        holds = any(operand in holding for operand in operands)
        if node in often and length >= NAMED and node not in roots:
            found.append(Definition(words.next(node.order), node, given=True))
            large = large or holds
            length, holds = 1, True
        lengths[node] = min(length, NAMED)
        if holds:
            holding.add(node)
    return tuple(found) if large else ()


def repeats(nodes: Iterable[Node]) -> bool:
    """Whether names may be worth looking for among all nodes of an answer: where not, `shared` finds none.

    The nodes are of one graph, in any order.
    """
    lengths: dict[Node, int] = {}
    once: set[Node] = set()
    often: set[Node] = set()
    large = False
    # what is made of others is made after them
    for node in sorted(nodes, key=_serial):
        total = 1
        for operand in node.operands:
            below = lengths[operand]
            total += below
            if below >= NAMED:
                (often if operand in once else once).add(operand)
        if total > LARGE:
            large = True
            # capped, for the number itself would grow exponentially
            total = LARGE
        lengths[node] = total
    # of a small answer, a part that is worth a name within another one
    return len(often) > (0 if large else 1)


def length(root: Node) -> int:
    """The nodes of an expression written out, what is shared as often as it stands there; capped.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph = Graph()
    >>> t = graph.variable("t", ())
    >>> for _ in range(10):
    ...     t = graph.einsum((t, t), ((), ()), ())
    >>> length(t)
    2047
    """
    lengths: dict[Node, int] = {}
    for node in postorder(root):
        lengths[node] = min(1 + sum(lengths[operand] for operand in node.operands), 10**9)
    return lengths[root]


class Written:
    """An expression, and what those names in it stand for that are not the user's."""

    __slots__ = ("expr", "where")

    def __init__(self, expr: Expr, where: Where) -> None:
        self.expr = expr
        self.where = needed((expr,), where)


def needed(exprs: Iterable[Expr], where: Where) -> tuple[tuple[Expr, Expr], ...]:
    """The part of `where` that these expressions need, each name after those that it is made of."""
    if not where:
        return ()
    words: set[object] = set()
    for expr in exprs:
        words |= _words(expr)
    kept = []
    for head, body in reversed(where):
        word = head.children[0] if head.kind == "index" else head
        if word.value in words:
            kept.append((head, body))
            words |= _words(body)
    return tuple(reversed(kept))


def _written(root: Node, known: Collection[Node]) -> list[Node]:
    """The nodes that are written, operands first; what is below a known one is not."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node is root or node not in known:
                stack.extend((operand, False) for operand in reversed(node.operands))
    return order


def _parts(node: Node) -> tuple[Node, ...]:
    """The operands that are written with a node: a derivative of a declared dependence is one word."""
    return () if isinstance(node, Partial) else node.operands


def _own(node: Node) -> int:
    """What a node itself adds to the length: 1 - h**2 is a sum, a power and h, its ones are a number."""
    return 0 if isinstance(node, Number) or (isinstance(node, Delta) and node.order == 1) else 1


def _words(expr: Expr) -> set[object]:
    return {below.value for below in walked(expr) if below.kind == "name"}


class _Words:
    """Gives out names that are not taken, all of one letter that no taken name looks like."""

    def __init__(self, taken: Collection[str]) -> None:
        numbered = {word[0].lower() for word in taken if word[1:].isdecimal()}
        free = [letter for letter in BASES if letter not in numbered]
        self._base = (free or [BASES[0]])[0]
        self._taken = {word.lower() for word in taken}
        self._count = 0

    def next(self, order: int) -> str:
        self._count += 1
        while f"{self._base}{self._count}" in self._taken:
            self._count += 1
        base = self._base.upper() if order > 1 else self._base
        return f"{base}{self._count}"
