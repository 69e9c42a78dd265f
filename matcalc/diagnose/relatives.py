"""Single edits that put one function, name or operator for another, or a function around a part."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.diagnose.bench import order_of
from matcalc.diagnose.edits import Edit, Orders, described
from matcalc.diagnose.rewrite import call, inside, made, places, render
from matcalc.functions import find
from matcalc.language.syntax import Syntax
from matcalc.language.typed import Variable

FAMILIES = (
    ("exp", "expm", "softmax", "log", "sigmoid"),
    ("sin", "cos", "tan", "sinh", "cosh"),
    ("sinh", "cosh", "tanh"),
    ("asin", "acos", "atan"),
    ("tan", "atan", "tanh"),
    ("sigmoid", "softplus", "tanh", "softmax", "relu", "gelu", "erf"),
    ("log", "logdet", "exp", "sqrt", "logsumexp"),
    ("det", "logdet", "tr", "sum"),
    ("inv", "pinv", "det"),
    ("adj", "det"),
    ("norm", "normsq", "norm1", "sum"),
    ("sum", "mean", "tr", "max", "logsumexp"),
    ("sqrt", "sqrtm"),
    ("abs", "sign", "relu"),
    ("kron", "outer", "khatrirao"),
    ("hstack", "vstack"),
    ("vec", "vech"),
    ("diag", "tr"),
    ("eye", "ones"),
)
"""What people take for each other."""

_AROUND = ("diag", "inv", "sqrt")
_OPERATORS = {"@": ("*", "⊗"), "*": ("@", "/"), "/": ("*",), "⊗": ("@", "*")}


def functions(root: Syntax) -> Iterator[Edit]:
    """A relative for a function."""
    for place in places(root):
        node = place.node
        if node.kind != "call":
            continue
        old = str(node.value)
        row = find(old)
        name = old if row is None else row.name
        for family in FAMILIES:
            if name in family:
                for new in family:
                    if new != name:
                        other = made("call", node.children, new)
                        yield place.put(other), f"the function should be {new}, not {old}"


def operators(root: Syntax) -> Iterator[Edit]:
    """One product for another, a product for a quotient."""
    for place in places(root):
        node = place.node
        if node.kind == "binary":
            for new in _OPERATORS.get(str(node.value), ()):
                other = made("binary", node.children, new)
                left, right = (render(child) for child in node.children)
                text = f"between {left} and {right} there should be {new}, not {node.value}"
                if node.value == "/":
                    text = f"{render(inside(node.children[1]))} should not divide"
                elif new == "/":
                    text = f"{render(inside(node.children[1]))} should divide"
                yield place.put(other), text


def around(root: Syntax, orders: Orders, known: tuple[str, ...]) -> Iterator[Edit]:
    """A function more or less: x for f(x), diag(v) for v; `known` are those of the problem."""
    for place in places(root):
        node = place.node
        single = node.kind == "call" and len(node.children) == 1
        if single and node.children[0].kind not in ("keyword", "string"):
            text = f"{node.value}(...) is too much around {render(node.children[0])}"
            yield place.put(node.children[0]), text
    for place in places(root):
        node = place.node
        if node.kind in ("number", "keyword", "string", "unary") or place.chained:
            continue
        if node.kind == "group" or (node.kind == "transpose" and place.parent is not None):
            node = inside(node)
        elif place.parent is not None and place.parent.node.kind == "group":
            continue
        order = order_of(orders, node)
        for name in dict.fromkeys((*_AROUND, *known)):
            if order == 0 and name in ("diag", "inv", "tr", "sum", "det"):
                continue
            if node.kind == "call" and node.value == name:
                continue
            text = f"{name}(...) is missing around {described(place, root)}"
            yield place.put(call(name, node)), text


def names(root: Syntax, orders: Orders, variables: tuple[Variable, ...]) -> Iterator[Edit]:
    """Another tensor for one."""
    known = {variable.name: len(variable.dims) for variable in variables}
    for place in places(root):
        node = place.node
        if node.kind != "name" or str(node.value) not in known:
            continue
        order = order_of(orders, node)
        for name, count in known.items():
            if name != node.value and (order is None or order == count):
                other = made("name", (), name)
                yield place.put(other), f"{described(place, root)} should be {name}"


def called(*roots: Syntax) -> tuple[str, ...]:
    """The functions of one argument that occur in expressions."""
    found: dict[str, None] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.kind == "call" and len(node.children) == 1:
            row = find(str(node.value))
            if row is None or row.kind != "constant":
                found[str(node.value)] = None
        stack.extend(reversed(node.children))
    for name in ("grad", "jacobian", "hessian", "D"):
        found.pop(name, None)
    return tuple(found)
