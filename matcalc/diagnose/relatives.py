"""Single edits that put one function, name or operator for another, or a function around a part."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.diagnose.place import Edit, Outline
from matcalc.diagnose.rewrite import call, inside, made
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
_OF_TENSORS = ("diag", "inv", "tr", "sum", "det")
_OPERATORS = {"@": ("*", "⊗"), "*": ("@", "/"), "/": ("*",), "⊗": ("@", "*")}


def functions(outline: Outline) -> Iterator[Edit]:
    """A relative for a function."""
    for place in outline.places:
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
                        yield Edit(place, other, "the function should be {}, not {}", new, old)


def operators(outline: Outline) -> Iterator[Edit]:
    """One product for another, a product for a quotient."""
    for place in outline.places:
        node = place.node
        if node.kind != "binary":
            continue
        old = str(node.value)
        left, right = node.children
        for new in _OPERATORS.get(old, ()):
            other = made("binary", node.children, new)
            if old == "/":
                yield Edit(place, other, "{} should not divide", inside(right))
            elif new == "/":
                yield Edit(place, other, "{} should divide", inside(right))
            else:
                template = "between {} and {} there should be {}, not {}"
                yield Edit(place, other, template, left, right, new, old)


def around(outline: Outline, known: tuple[str, ...]) -> Iterator[Edit]:
    """A function more or less: x for f(x), diag(v) for v; `known` are those of the problem."""
    for place in outline.places:
        node = place.node
        single = node.kind == "call" and len(node.children) == 1
        if single and node.children[0].kind not in ("keyword", "string"):
            (argument,) = node.children
            template = "{}(...) is too much around {}"
            yield Edit(place, argument, template, str(node.value), argument)
    likely = tuple(dict.fromkeys((*_AROUND, *known)))
    for place in outline.places:
        node = place.node
        if node.kind in ("number", "keyword", "string", "unary") or place.chained:
            continue
        if node.kind == "group" or (node.kind == "transpose" and place.parent is not None):
            node = inside(node)
        elif place.parent is not None and place.parent.node.kind == "group":
            continue
        order = outline.order(node)
        for name in likely:
            if order == 0 and name in _OF_TENSORS:
                continue
            if node.kind == "call" and node.value == name:
                continue
            yield Edit(place, call(name, node), "{}(...) is missing around {}", name, place)


def names(outline: Outline, variables: tuple[Variable, ...]) -> Iterator[Edit]:
    """Another tensor for one."""
    known = {variable.name: len(variable.dims) for variable in variables}
    for place in outline.places:
        node = place.node
        if node.kind != "name" or str(node.value) not in known:
            continue
        order = outline.order(node)
        for name, count in known.items():
            if name != node.value and (order is None or order == count):
                yield Edit(place, made("name", (), name), "{} should be {}", place, name)


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
