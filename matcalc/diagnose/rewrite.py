"""Syntax trees made from others, and their text."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.errors import Source
from matcalc.language.syntax import Syntax
from matcalc.rational import quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational

NOWHERE = Source("")
"""The source of what nobody wrote; everything else is printed as it was written."""

SUM, FROBENIUS, PRODUCT, UNARY, POWER, ATOM = range(1, 7)
_LEVELS = {"+": SUM, "-": SUM, ":": FROBENIUS}


def made(kind: str, children: tuple[Syntax, ...] = (), value: object = None) -> Syntax:
    """A node that stands in no text."""
    return Syntax(kind, children, value, NOWHERE, 0, 0)


def binary(operator: str, left: Syntax, right: Syntax) -> Syntax:
    return made("binary", (left, right), operator)


def call(function: str, *arguments: Syntax) -> Syntax:
    return made("call", tuple(map(inside, arguments)), function)


def transpose(operand: Syntax) -> Syntax:
    return made("transpose", (operand,))


def turned(operand: Syntax, orders: dict[int, int]) -> Syntax:
    """A transposed: a product factor by factor where that is shorter; `orders` tells scalars."""
    whole = transpose(operand)
    bare = inside(operand)
    match bare.kind:
        case "transpose":
            return bare.children[0]
        case "call" if bare.value in ("diag", "eye"):
            return bare
        case "unary":
            return made("unary", (turned(bare.children[0], orders),), bare.value)
        case "binary" if level(bare) == PRODUCT:
            pass
        case _:
            return whole
    product = chain(bare, PRODUCT)
    if set(product.operators[1:]) == {"⊗"}:
        return Chain([turned(part, orders) for part in product.operands], product.operators).tree
    if product.operands[0].kind == "unary":
        rest = product.replaced(0, product.operands[0].children[0])
        return _negative(turned(rest, orders))
    count = len(product.operands)
    start = 0
    while start < count - 1 and orders.get(id(inside(product.operands[start]))) == 0:
        start += 1
    if set(product.operators[start + 1 :]) - {"@"}:
        return whole
    parts = [turned(part, orders) for part in product.operands[start:]]
    operators = product.operators[: start + 1] + ["@"] * (len(parts) - 1)
    tree = Chain([*product.operands[:start], *reversed(parts)], operators).tree
    return tree if len(render(tree)) < len(render(whole)) else whole


def negated(operand: Syntax) -> Syntax:
    """-A, or A of -A."""
    bare = inside(operand)
    if bare.kind == "unary" and bare.value == "-":
        return bare.children[0]
    return made("unary", (operand,), "-")


def number(value: Rational) -> Syntax:
    """A rational as it is written: -1/2 is a quotient with a sign."""
    if value < 0:
        return made("unary", (number(-value),), "-")
    if value.denominator == 1:
        return made("number", (), value)
    return binary("/", made("number", (), value.numerator), made("number", (), value.denominator))


def inside(syntax: Syntax) -> Syntax:
    """What the parentheses around hold."""
    while syntax.kind == "group":
        syntax = syntax.children[0]
    return syntax


def level(syntax: Syntax) -> int:
    """How tightly a node binds."""
    match syntax.kind:
        case "binary":
            return _LEVELS.get(str(syntax.value), PRODUCT)
        case "unary":
            return UNARY
        case "power":
            return POWER
        case "number" if not syntax.text and "/" in str(syntax.value):
            return PRODUCT
        case _:
            return ATOM


class Chain:
    """A product or a sum, flat: operands, and the operator before each (None before the first)."""

    __slots__ = ("operands", "operators")

    def __init__(self, operands: list[Syntax], operators: list[str]) -> None:
        self.operands = operands
        self.operators = operators

    @property
    def tree(self) -> Syntax:
        """Put together again, from the left."""
        tree = self.operands[0]
        for operator, operand in zip(self.operators[1:], self.operands[1:], strict=True):
            tree = binary(operator, tree, operand)
        return tree

    def swapped(self, i: int, j: int) -> Syntax:
        operands = list(self.operands)
        operands[i], operands[j] = operands[j], operands[i]
        return Chain(operands, self.operators).tree

    def replaced(self, i: int, new: Syntax, operator: str | None = None) -> Syntax:
        operands, operators = list(self.operands), list(self.operators)
        operands[i] = new
        operators[i] = operator or operators[i]
        return Chain(operands, operators).tree

    def without(self, i: int) -> Syntax | None:
        """None where nothing is left, or only a divisor."""
        operands, operators = list(self.operands), list(self.operators)
        del operands[i], operators[i]
        if not operands:
            return None
        if i == 0:
            if operators[0] == "/":
                operands.insert(0, made("number", (), 1))
                operators.insert(0, "*")
            elif operators[0] == "-":
                operands[0] = negated(operands[0])
        return Chain(operands, operators).tree


def chain(root: Syntax, wanted: int) -> Chain:
    """The operands of a product (PRODUCT) or a sum (SUM); anything else is a chain of one."""
    operands: list[Syntax] = []
    operators: list[str] = []
    node = root
    while node.kind == "binary" and level(node) == wanted:
        operands.append(node.children[1])
        operators.append(str(node.value))
        node = node.children[0]
    operands.append(node)
    operators.append("+" if wanted == SUM else "*")
    return Chain(operands[::-1], operators[::-1])


def numeric(syntax: Syntax) -> Rational | None:
    """The number that is written, with a sign or as a fraction; None where there is more.

    >>> from matcalc.language.parse import parse_expression
    >>> numeric(parse_expression("-1/2")), numeric(parse_expression("2*n"))
    (Fraction(-1, 2), None)
    """
    syntax = inside(syntax)
    if syntax.kind == "number":
        return cast("Rational", syntax.value)
    if syntax.kind == "unary":
        operand = numeric(syntax.children[0])
        return None if operand is None else -operand if syntax.value == "-" else operand
    if syntax.kind == "binary" and syntax.value == "/":
        above, below = map(numeric, syntax.children)
        return None if above is None or not below else quotient(above, below)
    return None


def scaled(factor: Syntax, tree: Syntax) -> Syntax:
    """factor·tree, the factor before the first of a product; -1 changes the sign."""
    bare = inside(tree)
    times = numeric(factor)
    if times is not None and bare.kind == "binary" and level(bare) == PRODUCT:
        product = chain(bare, PRODUCT)
        leading = numeric(product.operands[0])
        if leading is not None and product.operators[1] in "*@":
            total = times * leading
            rest = Chain(product.operands[1:], product.operators[1:]).tree
            return rest if total == 1 else scaled(number(total), rest)
    if factor.kind == "unary" and inside(factor.children[0]).value == 1:
        return _negative(bare)
    if bare.kind == "binary" and level(bare) == SUM:
        return binary("*", factor, bare)
    product = chain(bare, PRODUCT)
    first = product.operands[0]
    if factor.kind == "binary" and factor.value == "/":
        above, below = factor.children
        if inside(above).value != 1:
            product = chain(scaled(above, bare), PRODUCT)
        return binary("/", product.tree, below)
    if first.kind == "unary" and first.value == "-":
        return product.replaced(0, binary("*", negated(factor), first.children[0]))
    return product.replaced(0, binary("*", factor, first))


def _negative(bare: Syntax) -> Syntax:
    if bare.kind == "binary" and level(bare) == SUM:
        return negated(bare)
    product = chain(bare, PRODUCT)
    return product.replaced(0, negated(product.operands[0]))


def render(root: Syntax) -> str:
    """The text of a tree; what was written stays as it was written.

    >>> from matcalc.language.parse import parse_expression
    >>> render(binary("@", parse_expression("A + B"), transpose(parse_expression("C@D"))))
    "(A + B)@(C@D)'"
    """
    if root.source is not NOWHERE:
        return root.text
    done: dict[int, str] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        waiting = []
        parts = []
        for child in node.children:
            text = child.text if child.source is not NOWHERE else done.get(id(child))
            if text is None:
                waiting.append(child)
            else:
                parts.append(text)
        if waiting:
            stack += waiting
        else:
            done[id(node)] = _text(node, parts)
            stack.pop()
    return done[id(root)]


def _text(node: Syntax, parts: list[str]) -> str:
    def part(index: int, least: int) -> str:
        enough = level(node.children[index]) >= least
        return parts[index] if enough else f"({parts[index]})"

    match node.kind:
        case "binary":
            own = level(node)
            spaced = own == SUM or node.value in ("⊗", "⋆", ":")
            operator = f" {node.value} " if spaced else str(node.value)
            return f"{part(0, own)}{operator}{part(1, own + 1)}"
        case "number" | "name":
            return str(node.value)
        case "group":
            return f"({parts[0]})"
        case "unary":
            return f"{node.value}{part(0, UNARY)}"
        case "transpose":
            return f"{part(0, ATOM)}'"
        case "power":
            exponent = node.children[1]
            plain = exponent.kind in ("number", "name", "group") and level(exponent) == ATOM
            return f"{part(0, ATOM)}{node.value}{parts[1] if plain else f'({parts[1]})'}"
        case "index":
            letters = cast("tuple[str, ...]", node.value)
            return f"{part(0, ATOM)}[{','.join(letters)}]"
        case "bound":
            bound = cast("tuple[str, ...]", node.value)
            return f"sum[{','.join(bound)}]({parts[0]})"
        case "call":
            return f"{node.value}({', '.join(parts)})"
        case kind:
            raise AssertionError(f"no text for {kind}")
