"""The printable expression: what index form and matrix form are made of, and every printer reads.

Kinds of `Expr`, with `value` and children:

    number      Rational                            ()
    name        the word                            ()          x, pi, n; a dimension used as a value
    call        the function's name                 arguments   inv(X), diag(x), eye(n), sin(A @ x), f′(x)
    add         signs, a tuple of 1 and -1          terms
    negate      None                                (operand,)
    matmul      None                                factors, two or more
    keyword     the keyword                         (argument,)         axis=0, in a call
    hadamard    None, or "scale"                    factors, two or more; "scale": all but the last are scalars, 2*A
    divide      None, or "scale"                    (numerator, denominator), entry by entry; "scale": by a scalar
    frobenius   None                                (left, right)
    kron        None                                factors, two or more
    star        None                                (left, right)
    power       "^" (of a matrix or scalar) or "**" (base, exponent)
    transpose   None                                (operand,)
    derivative  None                                (A, X) or (A, X, Y): ∂A/∂X of a declared dependence, whole
    differentiate  names of variables               (operand,)  d(F)/dX as it was written, in formulas only

index notation:

    product     None                                factors of Σ: A[i,j]·B[j,k]
    sum         the letters, a tuple                (body,)     Σ over j
    index       the letters, a tuple                (operand,)  A[i,j], inv(X)[i,j]
    delta       the letters, a tuple                ()          δ[i,p], the copy tensor
    partial     a tuple of letters for each child   (A, X, ...) ∂A[i,j]/∂X[p,q]
    integral    the letter s                        (body,)     ∫ from 0 to 1 over s
    series      the letter s                        (last, body)  Σ over s from 0 to last
    fuse        (letter, letters)                   ()          [k = (j,i)], 1 where the axis k is the pair (j,i)

A letter is a string; one that stands for a fused axis is a tuple of letters: (j, i).
The operand of `index` may be any expression; `power` and `divide` stand in index notation too.
"""

from __future__ import annotations

from collections.abc import Iterator


class Expr:
    """A node of a printable expression; equal by content (`same`), shared freely, never changed.

    `cost` is its length in symbols, which `Expressions` sets.

    >>> Expr("matmul", (Expr("name", (), "A"), Expr("name", (), "x")))
    matmul(name 'A', name 'x')
    """

    __slots__ = ("children", "cost", "kind", "value")
    cost: int

    def __init__(self, kind: str, children: tuple[Expr, ...] = (), value: object = None) -> None:
        self.kind = kind
        self.children = children
        self.value = value

    def __repr__(self) -> str:
        value = "" if self.value is None else f" {self.value!r}"
        inside = f"({', '.join(map(repr, self.children))})" if self.children else ""
        return f"{self.kind}{value}{inside}"


def postorder(*roots: Expr) -> Iterator[Expr]:
    """Every distinct object below the roots once, children before parents, without recursion."""
    seen: set[Expr] = set()
    # what is below a mark waits for its children, which are above it
    stack: list[Expr | None] = [*reversed(roots)]
    while stack:
        expr = stack.pop()
        if expr is None:
            expr = stack.pop()
            assert expr is not None
            yield expr
        elif expr not in seen:
            seen.add(expr)
            if expr.children:
                stack += (expr, None, *reversed(expr.children))
            else:
                yield expr


def name(word: str) -> Expr:
    return Expr("name", (), word)


def number(value: object) -> Expr:
    return Expr("number", (), value)


def call(function: str, *arguments: Expr) -> Expr:
    return Expr("call", arguments, function)
