"""Where an answer holds: the conditions of the functions and quotients that the user wrote."""

from __future__ import annotations

from matcalc.functions import FUNCTIONS
from matcalc.language.typed import Typed, TypedProblem, Variable, postorder

POSITIVE, NONNEGATIVE = 2, 1
LONGEST = 120
MOST = 50
MORE = "more conditions of this kind, not listed"
POSITIVE_FUNCTIONS = frozenset({"exp", "cosh", "sigmoid", "softplus", "softmax"})
NONNEGATIVE_FUNCTIONS = frozenset({"abs", "relu", "norm", "normsq", "norm1", "sqrt", "nuclear"})
KEEPING_FUNCTIONS = frozenset({"sum", "mean", "max", "vec", "vech", "sqrt"})
INVERTIBLE = frozenset({"posdef", "orthogonal"})
ASKING = frozenset({"call", "divide", "power", "matpower"})
CONDITIONED = frozenset([row.name for row in FUNCTIONS.values() if row.condition is not None])


def conditions_of(problem: TypedProblem) -> tuple[str, ...]:
    """Each condition once, in the order of the expression, about the user's own sub-expressions.

    What holds by declaration or by itself is left out: a posdef matrix is invertible, 1 + exp(x)
    is positive.

    >>> from matcalc.language.infer import infer
    >>> from matcalc.language.parse import parse_line
    >>> conditions_of(infer(parse_line("d(logdet(A + B)/tr(A) + log(1 + exp(t)))/dA")))
    ('A + B invertible', 'tr(A) not 0')
    """
    root = problem.expression
    while root.op == "derivative":
        (root,) = root.children
    nodes = postorder(root)
    asking = [node for node in nodes if node.op in ASKING and _may_ask(node)]
    if not asking:
        return ()
    signs: dict[int, int] = {}
    squared: set[int] = set()
    varying: set[int] = set()
    found: dict[str, None] = {}
    for node in nodes:
        if node.op == "variable":
            varying.add(id(node))
        for child in node.children:
            if id(child) in varying:
                varying.add(id(node))
                break
        signs[id(node)] = _sign(node, [signs[id(child)] for child in node.children])
        if node.op == "power" and _even(node.children[1]):
            squared.add(id(node.children[0]))
    for node in asking:
        asked = node.children[-1 if node.op == "divide" else 0] if node.children else node
        if id(node) in squared or id(asked) not in varying or len(found) > MOST:
            continue
        condition = _condition(node, signs)
        if condition is not None:
            found.setdefault(condition)
    listed = tuple(found)
    return listed if len(listed) <= MOST else (*listed[:MOST], MORE)


def _may_ask(node: Typed) -> bool:
    """Whether there are conditions of a node whose op asks for some."""
    return node.op != "call" or node.data[0] in CONDITIONED


def _condition(node: Typed, signs: dict[int, int]) -> str | None:
    match node.op:
        case "call":
            function, _ = node.data
            row = FUNCTIONS.get(function)
            argument = node.children[0]
            if row is None or row.condition is None:
                return None
            if "positive" in row.condition and "definite" not in row.condition:
                return None if signs[id(argument)] == POSITIVE else _positive(argument)
            if "invertible" in row.condition or "definite" in row.condition:
                wanted = INVERTIBLE if "invertible" in row.condition else {"posdef"}
                if not wanted.isdisjoint(_attributes(argument)):
                    return None
            return row.condition.format(_text(argument))
        case "divide":
            return _not_zero(node.children[1], signs)
        case "power":
            base, exponent = node.children
            value = exponent_value(exponent)
            if value is not None and value == int(value):
                return _not_zero(base, signs) if value < 0 else None
            return None if signs[id(base)] == POSITIVE else _positive(base)
        case "matpower" if isinstance(node.data, int) and node.data < 0:
            (base,) = node.children
            known = not INVERTIBLE.isdisjoint(_attributes(base))
            return None if known else f"{_text(base)} invertible"
        case _:
            return None


def _sign(node: Typed, children: list[int]) -> int:
    """POSITIVE, NONNEGATIVE, or 0 where nothing is known of the sign of the entries."""
    match node.op:
        case "number":
            value = node.data
            return POSITIVE if value > 0 else NONNEGATIVE if value == 0 else 0
        case "size":
            return POSITIVE
        case "constant":
            name, _ = node.data
            return POSITIVE if name in ("ones", "pi") else NONNEGATIVE
        case "variable":
            return POSITIVE if "positive" in _attributes(node) else 0
        case "add":
            if any(sign < 0 for sign in node.data):
                return 0
            return 0 if min(children) == 0 else max(children)
        case "matmul" | "hadamard" | "divide" | "frobenius" | "kron" | "outer":
            return _sign_of_product(node, children)
        case "power":
            if _even(node.children[1]):
                return max(children[0], NONNEGATIVE)
            return children[0]
        case "transpose":
            return children[0]
        case "call":
            function, _ = node.data
            if function in POSITIVE_FUNCTIONS:
                return POSITIVE
            if function in KEEPING_FUNCTIONS:
                return children[0]
            return NONNEGATIVE if function in NONNEGATIVE_FUNCTIONS else 0
        case "einsum":
            return min(children)
        case _:
            return 0


def _sign_of_product(node: Typed, children: list[int]) -> int:
    left, right = node.children
    if left.syntax is not None and right.syntax is not None and node.op != "outer":
        bare = left.syntax.text.rstrip("'").strip("()"), right.syntax.text.strip("()")
        if bare[0] == bare[1] and (node.op != "matmul" or node.data == "inner"):
            # x'x, x*x
            return max(NONNEGATIVE, min(children))
    return min(children)


def _attributes(node: Typed) -> tuple[str, ...]:
    return node.data.attributes if isinstance(node.data, Variable) else ()


def exponent_value(node: Typed) -> float | None:
    """The value of an exponent that is a number, with a sign or as a quotient: -1/2."""
    sign = 1
    while node.op == "add" and len(node.children) == 1:
        sign *= node.data[0]
        (node,) = node.children
    if node.op == "divide":
        # the depth of quotients of quotients in an exponent, as in x^(1/2/3)
        over, under = (exponent_value(child) for child in node.children)
        return None if over is None or not under else sign * over / under
    return sign * float(node.data) if node.op == "number" else None


def _even(exponent: Typed) -> bool:
    value = exponent_value(exponent)
    return value is not None and value > 0 and value % 2 == 0


def _not_zero(node: Typed, signs: dict[int, int]) -> str | None:
    if signs[id(node)] == POSITIVE:
        return None
    return f"no entry of {_text(node)} is 0" if node.dims else f"{_text(node)} not 0"


def _positive(node: Typed) -> str:
    return f"each entry of {_text(node)} positive" if node.dims else f"{_text(node)} positive"


def _text(node: Typed) -> str:
    assert node.syntax is not None
    text = node.syntax.text
    if node.syntax.kind == "group":
        text = text[1:-1].strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
