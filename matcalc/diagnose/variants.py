"""The variants of a claim typed and evaluated: what they have in common, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.elaborate import LEAVES, VISITORS, Visit
from matcalc.language.indices import NONE, Value
from matcalc.language.reader import Within
from matcalc.language.scope import Scope
from matcalc.language.shapes import Shapes
from matcalc.language.typed import Typed, postorder
from matcalc.language.unify import Fail, Unifier
from matcalc.trust import evaluate_graph, evaluate_typed
from matcalc.trust.field import Inexact, Mismatch, Retry, TooLarge

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.language.syntax import Syntax
    from matcalc.language.typed import Variable
    from matcalc.tensor.nodes import Node
    from matcalc.trust.sample import Point
    from matcalc.trust.tensors import Tensor

FAULTS = (Retry, Mismatch, Inexact, TooLarge, ArithmeticError, ValueError)
"""What is tried may have no value, and whatever the reason, is then no candidate."""

_Key = tuple[int, frozenset[str], bool]
_Meaning = tuple[object, ...]
_RAW = ("index", "unary")
"""What does otherwise where both letters of A[i,i] are wanted."""
_REAL = frozenset((float,))
_START = cast("Value", None)
"""What a new visitor is sent."""
_SIZED = ("constant", "size")
_BY_MORE = ("einsum", "star", "derivative", "differential")
"""Operators whose data does not say all of what they do."""


class Open(Exception):
    """A dimension or a name is left open, which only a look at the whole problem can settle."""


class _Closed(Unifier):
    """Of known dimensions alone: they are equal or not, and nothing is learned.

    What is equal by value alone is not: at other sizes it would be no claim.
    """

    def fresh(self) -> Dim:
        raise Open

    def unify(self, a: Dim, b: Dim, fail: Fail | None = None) -> bool:
        return a is b


class _Silent(Shapes):
    """Whether shapes fit; nobody reads why not, or what would."""

    def mismatch(
        self, at: Syntax, left: Typed, right: Typed, needs: str, hint: str | None = None
    ) -> MatcalcError:
        return MatcalcError("shape", needs, at)

    def _hint(self, sign: str, left: Typed, right: Typed) -> None:
        return None

    def _matmul_hint(self, left: Typed, right: Typed) -> None:
        return None


class Types(Within):
    """Types trees in the scope of an inferred problem.

    A part that stands in several of them, the same object, is typed once.  Trees are immutable, and
    those that are known are kept, so that no other has their id.  With `sizes`, no others are known.
    """

    def __init__(self, found: Derivation) -> None:
        self.sizes: frozenset[str] | None = None
        self._known: dict[_Key, tuple[Syntax, Value]] = {}
        self._parts: dict[_Key, tuple[Syntax, Value]] = {}
        self._equal: dict[_Meaning, Value] | None = None
        scope = Scope(found.problem, found.lets)
        scope.order.clear()  # what is declared is typed already
        super().__init__(scope, found.typed)
        self.unifier = _Closed()
        self.shapes = _Silent(self.unifier)
        self.variables = {variable.name: variable for variable in found.typed.variables}
        self.definitions = dict(found.typed.definitions)

    def variable(self, name: str) -> Variable:
        """A variable of the problem.  Open for any other name."""
        try:
            return self.variables[name]
        except KeyError:
            raise Open from None

    def known(self, syntax: Syntax) -> Typed | None:
        """The typed tree of a part of what was typed before `share`, where it is one and no operand of letters."""
        found = self._parts.get((id(syntax), NONE, False))
        return None if found is None else found[1].typed

    def share(self, root: Typed) -> None:
        """From now on, trees that say the same are one object; those of this one stay as they are."""
        self._parts = dict(self._known)
        self._equal = {}
        for node in postorder(root):
            if node.op not in _BY_MORE:
                self._equal.setdefault(_meaning(node), Value(node))

    def elaborate(self, root: Syntax) -> Typed:
        """The typed tree.  MatcalcError where it does not conform, Open where that is left open."""
        return self.value(root).typed

    def value(self, root: Syntax) -> Value:
        """The same, and the letters of its axes where it has some."""
        known = self._known
        stack: list[tuple[_Key, Syntax, Visit]] = []
        syntax, kept, raw = root, NONE, False
        while True:
            kind = syntax.kind
            key = (id(syntax), kept, raw and kind in _RAW)
            found = known.get(key)
            if found is not None:
                value = found[1]
            elif kind in LEAVES:
                value = self._noted(key, syntax, Value(LEAVES[kind](self, syntax)))
            elif kind == "group":
                syntax, raw = syntax.children[0], False
                continue
            else:
                stack.append((key, syntax, VISITORS[kind](self, syntax, kept, raw)))
                value = _START
            while stack:
                try:
                    syntax, kept, raw = stack[-1][2].send(value)
                    break
                except StopIteration as stop:
                    key, at, _ = stack.pop()
                    value = self._noted(key, at, stop.value)
            else:
                return value

    def variant(self, operator: Typed, operand: Typed, new: Typed) -> Typed:
        """An operator that goes by shapes alone, with a new operand of the same shape."""
        assert self._equal is not None
        children = tuple([new if child is operand else child for child in operator.children])
        typed = Typed(
            operator.op, children, operator.data, operator.dims, operator.syntax, operator.row
        )
        return self._equal.setdefault(_meaning(typed), Value(typed)).typed

    def _noted(self, key: _Key, syntax: Syntax, value: Value) -> Value:
        typed = value.typed
        op = typed.op
        if op in _SIZED:
            self._check_sizes(typed)
        if self._equal is not None and value.letters is None and op not in _BY_MORE:
            value = self._equal.setdefault(_meaning(typed), value)
        self._known[key] = (syntax, value)
        return value

    def _check_sizes(self, typed: Typed) -> None:
        """A tensor's name may stand where a size is expected."""
        if self.sizes is None:
            return
        params = (
            cast("tuple[str, tuple[object, ...]]", typed.data)[1]
            if typed.op == "constant"
            else (typed.data,)
        )
        for dim in (*typed.dims, *params):
            if isinstance(dim, Dim) and not all(n in self.sizes or n[0] == "#" for n in dim.names):
                raise MatcalcError("shape", f"{dim} is no size of this problem", typed.syntax)


def _meaning(typed: Typed) -> _Meaning:
    """What makes two typed trees equal whose operands are the same objects."""
    return typed.op, typed.data, *map(id, typed.children)


class Values:
    """The values of trees and of the tensor graph at one point; of what several share, once."""

    __slots__ = ("_known", "_nodes", "point")

    def __init__(self, point: Point) -> None:
        self.point = point
        self._known: evaluate_typed.Known = {}
        self._nodes: evaluate_graph.Memo = {}

    def of(self, typed: Typed) -> Tensor | None:
        """The value of a typed tree; None where it has none, or one that is not real."""
        found = self.of_part(typed)
        return None if found is None else _real(found)

    def of_part(self, typed: Typed) -> Tensor | None:
        """The same of a part of a tree, real or not."""
        found = self._known.get(typed)
        if found is None:
            try:
                found = evaluate_typed.evaluate(typed, self.point, known=self._known)
            except FAULTS:
                return None
        return found

    def known(self, typed: Typed) -> Tensor:
        """The value of a part of a tree that has one."""
        return self._known[typed]

    def of_node(self, node: Node) -> Tensor | None:
        """The same of a node of the graph."""
        try:
            return _real(evaluate_graph.evaluate(node, self.point, self._nodes))
        except FAULTS:
            return None


def _real(tensor: Tensor) -> Tensor | None:
    return tensor if _REAL.issuperset(map(type, tensor.parts[0])) else None
