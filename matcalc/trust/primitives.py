"""The functions that verification knows itself; all others have a definition in the table."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import lru_cache
from operator import itemgetter
from typing import Any

from matcalc.errors import InternalError
from matcalc.functions import FUNCTIONS, Function
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, postorder
from matcalc.rational import quotient
from matcalc.trust import jets, linear_algebra
from matcalc.trust.tensors import Order, Tensor, gather


def _entry(place: int) -> Order:
    return itemgetter(slice(place, place + 1))


ENTRYWISE: dict[str, Callable[..., Tensor]] = {
    "exp": jets.exp,
    "log": jets.log,
    "sign": jets.sign,
    "erf": jets.erf,
}
MATRIX: dict[str, Callable[..., Tensor]] = {
    "det": linear_algebra.determinant,
    "inv": linear_algebra.inverse,
    "pinv": linear_algebra.pseudoinverse,
    "expm": linear_algebra.exponential,
    "sqrtm": linear_algebra.square_root,
    "nuclear": linear_algebra.nuclear_norm,
    "polar": linear_algebra.polar_factor,
    "expm_derivative": lambda field, x: linear_algebra.jacobian(
        field, linear_algebra.exponential, x
    ),
    "expm_second": lambda field, x: linear_algebra.jacobian(
        field, lambda f, y: linear_algebra.jacobian(f, linear_algebra.exponential, y), x
    ),
    "sqrtm_derivative": lambda field, x: linear_algebra.jacobian(
        field, linear_algebra.square_root, x
    ),
    "max": lambda field, x: gather(x, _entry(jets.largest(field, x)), ()),
    "argmax": lambda field, x: Tensor(
        x.shape,
        {0: [float(i == jets.largest(field, x)) for i in range(len(x.parts[0]))]},
    ),
}


RATIONAL = frozenset(("det", "inv", "pinv"))
"""Those of them that have values modulo a prime."""
KINKED = frozenset(("sign", "max", "argmax"))
"""Those that have another derivative on either side of a kink; whatever else has kinks is made of them."""
NESTED = frozenset(("derivative", "differential"))
"""Operators that evaluate their operand in a way of their own."""


class Definition:
    """A definition's nodes in the order of evaluation, and whether the imaginary unit is in it."""

    __slots__ = ("imaginary", "order")

    def __init__(self, order: list[Typed], imaginary: bool) -> None:
        self.order = order
        self.imaginary = imaginary


def ordered(root: Typed, known: Container[Typed] = ()) -> list[Typed]:
    """The nodes whose values are not known, operands first, without those below a derivative."""
    order: list[Typed] = []
    seen: set[Typed] = set()
    # what is below a mark waits for its operands, which are above it
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in seen and node not in known:
            seen.add(node)
            if node.children and node.op not in NESTED:
                stack += (node, None, *reversed(node.children))
            else:
                order.append(node)
    return order


def _compact(root: Typed) -> Typed:
    """The same with equal nodes as one, and a quotient of integers as a number: so each is evaluated once.

    >>> from matcalc.language.formula import formula
    >>> len(ordered(_compact(formula("(exp(u) + exp(u))**(1/2)", {"u": ()}))))
    5
    """
    made: dict[Typed, Typed] = {}
    first: dict[object, Typed] = {}
    for node in postorder(root):
        op, data = node.op, node.data
        children = tuple(map(made.__getitem__, node.children))
        if op == "divide" and children[0].op == children[1].op == "number":
            op, data, children = "number", quotient(children[0].data, children[1].data), ()
        key = (op, data, node.row, children)
        if key not in first:
            first[key] = Typed(op, children, data, node.dims, node.syntax, node.row)
        made[node] = first[key]
    return made[root]


_DEFINITIONS: dict[tuple[str, tuple[int, ...]], Definition] = {}


def definition(row: Function, orders: tuple[int, ...]) -> Definition:
    """A function's definition for arguments of these orders.  Kept: every evaluation asks for it."""
    key = (row.name, orders)
    found = _DEFINITIONS.get(key)
    if found is None:
        if row.definition is None:
            raise InternalError(f"verification knows no function {row.name}")
        from matcalc.language.formula import formula

        # evaluation goes by the arguments' own shapes, so one tree serves all of an order
        square = row.signature.startswith("n n")
        parameters = {
            name: tuple(Dim.named("n" if square else f"n{k}") for k in range(order))
            for name, order in zip(row.parameters, orders, strict=True)
        }
        tree = _compact(formula(row.definition, parameters))
        found = _DEFINITIONS[key] = Definition(ordered(tree), "imaginary" in row.definition)
    return found


@lru_cache(maxsize=256)
def is_transcendental(name: str, orders: tuple[int, ...]) -> bool:
    """Whether a function of the table, of arguments of these orders, has no value modulo a prime.

    >>> is_transcendental("tanh", (1,)), is_transcendental("adj", (2,)), is_transcendental("norm", (1,))
    (True, False, True)
    """
    if name in ENTRYWISE or name in MATRIX:
        return name not in RATIONAL
    found = _definition_of(name, orders)
    return found is not None and (
        found.imaginary
        or has_roots(name, orders)
        or any(is_transcendental(*call) for call in _called(name, orders))
    )


@lru_cache(maxsize=256)
def has_kinks(name: str, orders: tuple[int, ...]) -> bool:
    """Whether a function of the table, of arguments of these orders, is made of pieces.

    >>> has_kinks("relu", (1,)), has_kinks("norm1", (2,)), has_kinks("norm", (1,))
    (True, True, False)
    """
    return name in KINKED or any(has_kinks(*call) for call in _called(name, orders))


@lru_cache(maxsize=256)
def has_roots(name: str, orders: tuple[int, ...]) -> bool:
    """Whether it takes roots: that of a square has a kink, all others have none.

    >>> has_roots("sqrt", (0,)), has_roots("norm", (1,)), has_roots("relu", (1,))
    (True, True, False)
    """
    found = _definition_of(name, orders)
    if found is None:
        return False
    return any(node.op == "power" and is_fraction(node.children[1]) for node in found.order) or any(
        has_roots(*call) for call in _called(name, orders)
    )


def _definition_of(name: str, orders: tuple[int, ...]) -> Definition | None:
    """The definition of a function of the table; None for what verification knows itself."""
    row = FUNCTIONS.get(name)
    return None if row is None or row.definition is None else definition(row, orders)


def _called(name: str, orders: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """The functions in a function's definition, with the orders of their arguments."""
    found = _definition_of(name, orders)
    return [
        (node.data[0], tuple([len(child.dims) for child in node.children]))
        for node in (found.order if found is not None else ())
        if node.op == "call"
    ]


def is_fraction(exponent: Typed) -> bool:
    """Whether an exponent is a number that is not whole."""
    return exponent.op == "number" and not isinstance(exponent.data, int)
