"""Derivatives of matrix functions that no finite sum of products gives: integrals, and sums to k - 1."""

from __future__ import annotations

from matcalc.forms.expression import Expr, call, name, number
from matcalc.forms.form import SCALAR, Form
from matcalc.forms.forms import Forms
from matcalc.forms.letters import Letter
from matcalc.forms.sums import add
from matcalc.forms.terms import product
from matcalc.tensor.nodes import Apply, Number, Variable, postorder

INTEGRAL_LETTERS = "stuvwxyzr"
SERIES_LETTERS = "srtuvhn"


def is_written_out(node: Apply) -> bool:
    """Whether the index form has an integral or sum for it.

    The sum is that of a power whose exponent is a whole number; a real one needs posdef matrices.
    """
    if node.function == "matpower_derivative":
        return not any(
            (isinstance(part, Variable) and any(a.endswith("posdef") for a in part.attributes))
            or (isinstance(part, Number) and part.value.denominator != 1)
            for part in postorder(node)
        )
    return node.function == "expm_derivative"


def exponential(argument: Expr, axes: tuple[Letter, ...], letter: str) -> Expr:
    """∫₀¹ expm(s·X)[i,p]·expm((1 - s)·X)[q,j] ds, the derivative of expm(X)[i,j] by X[p,q].

    Higham, Functions of Matrices, 2008, equation 10.15.

    >>> from matcalc.printers.text import to_text
    >>> to_text(exponential(name("X"), ("i", "j", "p", "q"), "s"))
    '∫₀¹ expm(s·X)[i,p]·expm((1 - s)·X)[q,j] ds'
    """
    i, j, p, q = axes
    s = name(letter)
    rest = Expr("add", (number(1), s), (1, -1))
    left = Expr("index", (call("expm", Expr("product", (s, argument))),), (i, p))
    right = Expr("index", (call("expm", Expr("product", (rest, argument))),), (q, j))
    return Expr("integral", (product((left, right)),), letter)


def power(
    forms: Forms, argument: Expr, exponent: Form, axes: tuple[Letter, ...], letter: str
) -> Expr:
    """Σₛ (X^s)[i,p]·(X^(k - 1 - s))[q,j], s = 0 … k - 1, the derivative of (X^k)[i,j] by X[p,q].

    >>> from matcalc.printers.text import to_text
    >>> forms = Forms()
    >>> k = forms.atom(SCALAR, forms.name("k"))
    >>> to_text(power(forms, name("X"), k, ("i", "j", "p", "q"), "s"))
    'Σₛ₌₀^(k - 1) (X^s)[i,p]·(X^(k - 1 - s))[q,j]'
    """
    i, j, p, q = axes
    one, s = forms.number_form(-1), forms.atom(SCALAR, forms.name(letter))
    last = add(forms, (*(exponent.terms or (exponent,)), one), lambda: one)
    # k - 1 - s rather than k - s - 1
    rest = add(forms, (*(last.terms or (last,)), forms.times(-1, s)), lambda: one)
    left = Expr("index", (Expr("power", (argument, s.expr), "^"),), (i, p))
    right = Expr("index", (Expr("power", (argument, rest.expr), "^"),), (q, j))
    return Expr("series", (last.expr, product((left, right))), letter)
