"""The rules of functions: entry by entry (Map) and of whole matrices (Apply).

A rule takes the builder, the function and its operands, and returns the simpler node, or None.
Each result has fewer functions, or a function of a smaller operand, so the building ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc import rational
from matcalc.errors import MatcalcError
from matcalc.functions import FUNCTIONS
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Delta,
    Einsum,
    Map,
    Node,
    Number,
    Variable,
    is_zero,
)

if TYPE_CHECKING:
    from matcalc.tensor.simplify import Builder

FunctionRule = Callable[["Builder", str, tuple[Node, ...]], "Node | None"]


class TitledFunctionRule:
    """A rule of some functions, or of all, with its algebra as its title."""

    __slots__ = ("apply", "functions", "name", "title")

    def __init__(self, title: str, apply: FunctionRule, functions: tuple[str, ...] | None) -> None:
        self.title = title
        self.apply = apply
        self.functions = functions
        self.name = apply.__name__


def _exponent(operands: tuple[Node, ...]) -> rational.Rational | None:
    exponent = operands[1]
    if isinstance(exponent, Number):
        return exponent.value
    return 0 if is_zero(exponent) else None


def power_trivial(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """u^1 → u, u^0 → 1, 1^k → 1.  Stops: no power is left."""
    base, exponent = operands[0], _exponent(operands)
    if exponent == 1:
        return base
    if exponent == 0:
        return builder.ones(base.dims)
    if isinstance(base, Delta) and (base.order == 1 or (exponent is not None and exponent > 0)):
        return base
    return None


def power_of_number(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """2^3 → 8.  Stops: a number is left; 2^(1/2) stays; 1/0 is MatcalcError("unsupported")."""
    base, exponent = operands[0], _exponent(operands)
    if not isinstance(exponent, int):
        return None
    if isinstance(base, Number) and abs(exponent) <= 64:
        if exponent > 0:
            return builder.number(base.value**exponent)
        return builder.number(rational.quotient(1, base.value ** (-exponent)))
    if is_zero(base):
        if exponent < 0:
            raise MatcalcError("unsupported", "a division by zero")
        return base
    return None


def power_of_power(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """(u^a)^k → u^(a·k) for an integer k.  Stops: one power less."""
    base, exponent = operands[0], _exponent(operands)
    if isinstance(exponent, int) and isinstance(base, Map) and base.function == "pow":
        inner = base.operands[1]
        if isinstance(inner, Number):
            return builder.power(base.operands[0], inner.value * exponent)
    return None


def power_of_product(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """(u·v)^k → u^k·v^k for an integer k.  Stops: powers of smaller operands."""
    base, exponent = operands[0], _exponent(operands)
    if not isinstance(exponent, int):
        return None
    if isinstance(base, Add) and len(base.operands) == 1 and abs(exponent) <= 64:
        coefficient = base.coefficients[0] ** abs(exponent)
        if exponent < 0:
            coefficient = rational.quotient(1, coefficient)
        return builder.scale(coefficient, builder.power(base.operands[0], exponent))
    if not _is_entrywise(base):
        return None
    # a long product is one of products, nested deep
    made: dict[Node, Node] = {}
    stack: list[Node] = [base]
    while stack:
        product = stack[-1]
        inner = [o for o in product.operands if o not in made]
        products = [operand for operand in inner if _is_entrywise(operand)]
        if products:
            stack += products
            continue
        stack.pop()
        for operand in inner:
            made[operand] = builder.power(operand, exponent)
        assert isinstance(product, Einsum)
        powers = tuple([made[operand] for operand in product.operands])
        made[product] = builder.einsum(powers, product.inputs, product.output)
    return made[base]


def _is_entrywise(node: Node) -> bool:
    """Whether it is a product without a sum."""
    if not isinstance(node, Einsum):
        return False
    free = set(node.output)
    return all(
        set(indices) <= free and len(set(indices)) == len(indices) for indices in node.inputs
    )


def transpose_outward(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """f(A') → f(A)'.  Stops: the operand is no transpose."""
    base = operands[0]
    if (
        isinstance(base, Einsum)
        and len(base.operands) == 1
        and all(o.order == 0 for o in operands[1:])
    ):
        (indices,) = base.inputs
        if len(indices) == len(base.output) and len(set(indices)) == len(indices):
            inner = builder.map(function, (base.operands[0], *operands[1:]))
            return builder.einsum((inner,), base.inputs, base.output)
    return None


def inverse_functions(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """log(exp(u)) → u, exp(log(u)) → u.  Stops: two functions less."""
    base = operands[0]
    if isinstance(base, Map) and (function, base.function) in {("log", "exp"), ("exp", "log")}:
        return base.operands[0]
    return None


def log_of_probability(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """log(sigmoid(u)) → -softplus(-u), log(softmax(x)) → x - logsumexp(x).  Stops: two functions less."""
    base = operands[0]
    if isinstance(base, Map) and base.function == "sigmoid":
        made = builder.map("softplus", (builder.scale(-1, base.operands[0]),))
        return builder.scale(-1, made)
    if isinstance(base, Apply) and base.function == "softmax":
        (x,) = base.operands
        axes = tuple(range(x.order))
        kept = tuple(k for k in axes if base.params and k != dict(base.params)["axis"])
        dims = tuple(x.dims[k] for k in kept)
        total = builder.apply("logsumexp", (x,), dims, base.params)
        spread = builder.contract([(total, kept)], axes, sizes=dict(enumerate(x.dims)))
        return builder.add((1, -1), (x, spread), x.dims)
    return None


def odd_or_even(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """sin(-u) → -sin(u), cos(-u) → cos(u).  Stops: the operand has no sign."""
    base = operands[0]
    if not isinstance(base, Add) or len(base.operands) != 1 or base.coefficients[0] > 0:
        return None
    made = builder.map(function, (builder.scale(-1, base), *operands[1:]))
    return made if FUNCTIONS[function].parity == "even" else builder.scale(-1, made)


ONE_AT_ZERO = ("exp", "cos", "cosh")
ZERO_AT_ZERO = ("sin", "tan", "asin", "atan", "sinh", "tanh", "relu", "abs", "erf", "gelu", "sign")


def at_zero(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """exp(0) → 1, sin(0) → 0.  Stops: no function is left."""
    if not is_zero(operands[0]):
        return None
    return builder.ones(operands[0].dims) if function in ONE_AT_ZERO else operands[0]


def log_of_one(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """log(1) → 0.  Stops: no function is left."""
    base = operands[0]
    one = (isinstance(base, Number) and base.value == 1) or (
        isinstance(base, Delta) and base.order == 1
    )
    return builder.zero(base.dims) if one else None


def inverse_of_inverse(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """inv(inv(X)) → X, det(inv(X)) → 1/det(X), logdet(inv(X)) → -logdet(X).  Stops: an inverse less."""
    inner = operands[0]
    if not (isinstance(inner, Apply) and inner.function == "inv"):
        return None
    base = inner.operands[0]
    if function == "inv":
        return base
    if function == "det":
        return builder.reciprocal(builder.apply("det", (base,), ()))
    return builder.scale(-1, builder.apply("logdet", (base,), ()))


def function_of_transpose(
    builder: Builder, function: str, operands: tuple[Node, ...]
) -> Node | None:
    """inv(X') → inv(X)', det(X') → det(X).  Stops: the operand is no transpose."""
    inner = operands[0]
    if not (
        isinstance(inner, Einsum)
        and len(inner.operands) == 1
        and inner.inputs == ((0, 1),)
        and inner.output == (1, 0)
    ) and not (
        isinstance(inner, Einsum) and len(inner.operands) == 1 and inner.inputs == ((1, 0),)
    ):
        return None
    base = inner.operands[0]
    if function in {"det", "logdet", "nuclear"}:
        return builder.apply(function, (base, *operands[1:]), ())
    dims = base.dims[::-1] if function == "pinv" else base.dims
    made = builder.apply(function, (base, *operands[1:]), dims)
    return builder.transpose(made, (1, 0))


def determinant_of_product(
    builder: Builder, function: str, operands: tuple[Node, ...]
) -> Node | None:
    """det(A·B) → det(A)·det(B), logdet(A·B) → logdet(A) + logdet(B) for square A, B.

    Stops: determinants of smaller operands.
    """
    inner = operands[0]
    if not _is_chain(inner):
        return None
    # a long chain is one of chains, nested deep
    waiting = [inner]
    matrices: list[Node] = []
    while waiting:
        node = waiting.pop()
        if _is_chain(node):
            waiting += reversed(node.operands)
        else:
            matrices.append(node)
    parts = tuple(builder.apply(function, (node,), ()) for node in matrices)
    return builder.multiply(*parts) if function == "det" else builder.add((1,) * len(parts), parts, ())  # fmt: skip


def _is_chain(node: Node) -> bool:
    """Whether it is a product of square matrices, in a row."""
    if not isinstance(node, Einsum):
        return False
    size = node.dims[0]
    if len(node.operands) < 2 or any(o.dims != (size, size) for o in node.operands):
        return False
    uses: dict[int, int] = {}
    for indices in node.inputs:
        for index in set(indices):
            uses[index] = uses.get(index, 0) + 1
    ends = set(node.output)
    return (
        all(len(set(indices)) == 2 for indices in node.inputs)
        and all(count == (1 if index in ends else 2) for index, count in uses.items())
        and len(uses) == len(node.operands) + 1
    )


def determinant_of_power(
    builder: Builder, function: str, operands: tuple[Node, ...]
) -> Node | None:
    """det(X^k) → det(X)^k, logdet(X^k) → k·logdet(X).  Stops: a power less."""
    inner = operands[0]
    if isinstance(inner, Apply) and inner.function == "matpower":
        base, exponent = inner.operands
        made = builder.apply(function, (base,), ())
        if function == "logdet":
            return builder.multiply(exponent, made)
        return builder.map("pow", (made, exponent))
    return None


def function_of_multiple(
    builder: Builder, function: str, operands: tuple[Node, ...]
) -> Node | None:
    """inv(2·X) → inv(X)/2.  Stops: the operand has no coefficient."""
    inner = operands[0]
    if isinstance(inner, Add) and len(inner.operands) == 1:
        made = builder.apply("inv", inner.operands, inner.dims)
        return builder.scale(rational.quotient(1, inner.coefficients[0]), made)
    return None


def function_of_identity(
    builder: Builder, function: str, operands: tuple[Node, ...]
) -> Node | None:
    """inv(I) → I, det(I) → 1, logdet(I) → 0.  Stops: no function is left."""
    inner = operands[0]
    if not (isinstance(inner, Delta) and inner.order == 2):
        return None
    if function == "det":
        return builder.number(1)
    return builder.zero(()) if function == "logdet" else inner


def inverse_of_orthogonal(
    builder: Builder, function: str, operands: tuple[Node, ...]
) -> Node | None:
    """inv(Q) → Q' for orthogonal Q.  Stops: an inverse less."""
    inner = operands[0]
    if isinstance(inner, Variable) and "orthogonal" in inner.attributes:
        return builder.transpose(inner, (1, 0))
    return None


def power_of_matrix(builder: Builder, function: str, operands: tuple[Node, ...]) -> Node | None:
    """(X^a)^k → X^(a·k), X^1 → X, X^-k → inv(X)^k.  Stops: one power less."""
    base = operands[0]
    value = _exponent(operands)
    if not isinstance(value, int):
        return None
    if value <= 1:
        return builder.matrix_power(base, value)
    if (
        isinstance(base, Apply)
        and base.function == "matpower"
        and isinstance(base.operands[1], Number)
    ):
        return builder.apply("matpower", (base.operands[0], builder.number(base.operands[1].value * value)), base.dims)  # fmt: skip
    return None


WITH_PARITY = tuple(row.name for row in FUNCTIONS.values() if row.parity)

MAP_RULES = (
    TitledFunctionRule("u^1 → u, u^0 → 1", power_trivial, ("pow",)),
    TitledFunctionRule("2^3 → 8", power_of_number, ("pow",)),
    TitledFunctionRule("(u^a)^k → u^(a·k)", power_of_power, ("pow",)),
    TitledFunctionRule("(u·v)^k → u^k·v^k", power_of_product, ("pow",)),
    TitledFunctionRule("f(A') → f(A)'", transpose_outward, None),
    TitledFunctionRule("log(exp(u)) → u", inverse_functions, ("log", "exp")),
    TitledFunctionRule("log(sigmoid(u)) → -softplus(-u)", log_of_probability, ("log",)),
    TitledFunctionRule("sin(-u) → -sin(u), cos(-u) → cos(u)", odd_or_even, WITH_PARITY),
    TitledFunctionRule("exp(0) → 1", at_zero, ONE_AT_ZERO + ZERO_AT_ZERO),
    TitledFunctionRule("log(1) → 0", log_of_one, ("log",)),
)

DETERMINANTS = ("det", "logdet")
KEEP_IDENTITY = ("inv", "matpower", "sqrtm", "adj", "pinv")

APPLY_RULES = (
    TitledFunctionRule("inv(inv(X)) → X", inverse_of_inverse, ("inv", *DETERMINANTS)),
    TitledFunctionRule(
        "inv(X') → inv(X)'",
        function_of_transpose,
        ("expm", "polar", "nuclear", *KEEP_IDENTITY, *DETERMINANTS),
    ),
    TitledFunctionRule("det(A·B) → det(A)·det(B)", determinant_of_product, DETERMINANTS),
    TitledFunctionRule("det(X^k) → det(X)^k", determinant_of_power, DETERMINANTS),
    TitledFunctionRule("inv(2·X) → inv(X)/2", function_of_multiple, ("inv",)),
    TitledFunctionRule("inv(I) → I", function_of_identity, KEEP_IDENTITY + DETERMINANTS),
    TitledFunctionRule("inv(Q) → Q'", inverse_of_orthogonal, ("inv",)),
    TitledFunctionRule("(X^a)^k → X^(a·k)", power_of_matrix, ("matpower",)),
)


def _by_function(rules: tuple[TitledFunctionRule, ...]) -> dict[str, tuple[FunctionRule, ...]]:
    """The rules of each function that has some of its own."""
    names = {name: None for rule in rules for name in rule.functions or ()}
    return {
        name: tuple(r.apply for r in rules if r.functions is None or name in r.functions)
        for name in names
    }


MAP_RULES_OF = _by_function(MAP_RULES)
GENERAL_MAP_RULES = tuple(rule.apply for rule in MAP_RULES if rule.functions is None)
"""Those of every other function, those that users declare among them."""
APPLY_RULES_OF = _by_function(APPLY_RULES)
