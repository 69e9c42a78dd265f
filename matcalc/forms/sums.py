"""Sums of forms, with common factors taken out where that is shorter."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from math import gcd, lcm
from typing import TYPE_CHECKING

from matcalc.forms.exact import magnitude
from matcalc.forms.expression import Expr
from matcalc.forms.form import SCALAR, Form, Like
from matcalc.forms.forms import Forms
from matcalc.rational import quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational

FACTOR_TERMS = 40
FACTOR_DEPTH = 12
Key = tuple[object, ...]
Zero = Callable[[], Form]
Totals = dict[Like, tuple["Rational", Form]]
"""The coefficient of like terms, and one of them."""


def add(forms: Forms, terms: Sequence[Form], zero: Zero, depth: int = 0) -> Form:
    """The sum of forms of one shape, in their order; `zero` makes the empty sum.

    >>> forms = Forms()
    >>> x, y = (forms.atom("column", forms.name(name)) for name in "xy")
    >>> add(forms, [forms.times(2, x), forms.times(-2, y)], lambda: x).coefficient
    2
    """
    terms = _collected(forms, terms)
    if len(terms) <= 1:
        return terms[0] if terms else zero()
    if depth:
        forms.work -= len(terms)
    if len(terms) > FACTOR_TERMS or depth > FACTOR_DEPTH or forms.work < 0:
        return _plain(forms, terms)
    best = _plain(forms, terms)
    candidates = [
        _without_atoms(forms, terms, zero, depth),
        _without_entries(forms, terms, zero, depth),
    ]
    if not _are_bare(terms):
        candidates.insert(0, _without_scalars(forms, terms, zero, depth))
        candidates.append(_without_some_scalars(forms, terms, zero, depth))
    for candidate in candidates:
        if candidate is not None and candidate.cost < best.cost:
            best = candidate
    return best


def _are_bare(terms: Sequence[Form]) -> bool:
    """Whether terms, a positive one first, have neither numbers nor scalars."""
    for form in terms:
        if form.scalars or form.coefficient not in (1, -1):
            return False
    return terms[0].coefficient > 0


def _collected(forms: Forms, terms: Sequence[Form]) -> list[Form]:
    """Like terms put together, zeros dropped, a positive term first if there is one."""
    totals: Totals = {}
    for form in terms:
        key = (frozenset(form.scalars), form.chain)
        other = totals.get(key)
        totals[key] = (form.coefficient + (other[0] if other else 0), form)
    if forms.sums:
        totals = forms.sums.put_in(totals, totals, _with_name)
    result = [
        form if total == form.coefficient else forms.term(total, form.scalars, form.chain)
        for total, form in totals.values()
        if total != 0
    ]
    if not result:
        return []
    # A + A' rather than A' + A
    for at in range(len(result) - 1):
        one, two = result[at], result[at + 1]
        if two.cost < one.cost and two.T.chain == one.chain:
            result[at], result[at + 1] = two, one
    first = next((at for at, form in enumerate(result) if form.coefficient > 0), 0)
    return [result[first], *result[:first], *result[first + 1 :]]


def _with_name(totals: Totals, named: tuple[dict[Like, Form], Form]) -> tuple[Totals, Like | None]:
    """c·r for the terms of r, c times each, where r has a name."""
    parts, atom = named
    if not parts.keys() <= totals.keys():
        return totals, None
    ratios = [quotient(totals[key][0], part.coefficient) for key, part in parts.items()]
    if ratios[0] == 0 or any(ratio != ratios[0] for ratio in ratios):
        return totals, None
    like = (frozenset(atom.scalars), atom.chain)
    result: Totals = {}
    for key, total in totals.items():
        if key not in parts:
            result[key] = total
        else:
            # in the place of the first of them
            result.setdefault(like, (ratios[0], atom))
    return result, like


def _plain(forms: Forms, terms: Sequence[Form]) -> Form:
    """The sum as it stands; a sum of negative terms has its sign in front."""
    if terms[0].coefficient < 0 and all(form.coefficient < 0 for form in terms):
        turned = _plain(forms, [forms.times(-1, form) for form in terms])
        return forms.times(-1, turned)
    shape = terms[0].shape
    expr = forms.added(terms)
    if shape == SCALAR:
        result = forms.atom(SCALAR, expr)
        result.terms = tuple(terms)
        return result
    turned_cost = expr.cost
    loose = not all(form.all_ones for form in terms)
    for form in terms:
        if not (loose and form.all_ones):
            turned_cost += form.turned_cost - form.cost
    if forms.named or turned_cost + 2 <= expr.cost:
        result = _with_transpose(forms, terms, shape, expr)
    else:
        result = forms.atom(shape, expr)
    result.terms = tuple(terms)
    if result.turned is not None:
        result.turned.terms = tuple([form.T for form in terms])
    else:
        # its transpose is the sum of the transposes where that is shorter
        result.turned_cost = min(turned_cost, result.turned_cost)
    return result


def _with_transpose(forms: Forms, terms: Sequence[Form], shape: str, expr: Expr) -> Form:
    """The sum and its transpose, of each what is shorter."""
    flipped = forms.added([form.T for form in terms])
    outside = forms.make("transpose", (expr,))
    inside = forms.make("transpose", (flipped,))
    # (x - y)' rather than x' - y'
    if forms.cheaper(inside, expr) is inside:
        return forms.atom(shape, inside, flipped)
    return forms.atom(shape, expr, forms.cheaper(outside, flipped))


def settled(forms: Forms, form: Form) -> Form:
    """-2·A'(b - Ax) → 2·A'(Ax - b): a sign in front goes into a sum of both signs.

    >>> forms = Forms()
    >>> x, y = (forms.atom("column", forms.name(name)) for name in "xy")
    >>> difference = add(forms, [x, forms.times(-1, y)], lambda: x)
    >>> settled(forms, forms.times(-2, difference)).coefficient
    2
    """
    if form.coefficient >= 0:
        return form
    for place, atom in enumerate(form.chain):
        if any(part.coefficient < 0 for part in atom.terms):
            turned = _plain(
                forms, _collected(forms, [forms.times(-1, part) for part in atom.terms])
            )
            chain = (*form.chain[:place], *turned.chain, *form.chain[place + 1 :])
            return forms.term(-form.coefficient * turned.coefficient, form.scalars, chain)
    for place, (scalar, exponent) in enumerate(form.scalars):
        if exponent == 1 and any(part.coefficient < 0 for part in scalar.terms):
            turned = _plain(
                forms, _collected(forms, [forms.times(-1, part) for part in scalar.terms])
            )
            scalars = (*form.scalars[:place], (turned, 1), *form.scalars[place + 1 :])
            return forms.term(-form.coefficient, scalars, form.chain)
    return form


def _nearer(one: Rational, two: Rational) -> Rational:
    """The exponent nearer to 0."""
    return one if magnitude(one) <= magnitude(two) else two


def _without_scalars(forms: Forms, terms: list[Form], zero: Zero, depth: int) -> Form | None:
    """c·x + c·y → c·(x + y), for numbers and scalars c that all terms share."""
    common = quotient(
        gcd(*(form.coefficient.numerator for form in terms)),
        lcm(*(form.coefficient.denominator for form in terms)),
    )
    if terms[0].coefficient < 0 and all(form.coefficient < 0 for form in terms):
        common = -common
    shared: dict[Form, Rational] = dict(terms[0].scalars)
    for form in terms[1:] if shared else ():
        powers = dict(form.scalars)
        shared = {
            base: _nearer(exponent, powers[base])
            for base, exponent in shared.items()
            if base in powers and (exponent > 0) == (powers[base] > 0)
        }
    if common == 1 and not shared:
        return None
    outside = tuple(shared.items())
    inverse = tuple((base, -exponent) for base, exponent in outside)
    rests = [
        forms.term(quotient(form.coefficient, common), (*form.scalars, *inverse), form.chain)
        for form in terms
    ]
    inner = add(forms, rests, zero, depth + 1)
    return forms.term(common * inner.coefficient, (*outside, *inner.scalars), inner.chain)


def _without_some_scalars(forms: Forms, terms: list[Form], zero: Zero, depth: int) -> Form | None:
    """c·x + c·y + z → c·(x + y) + z, for terms that have the same number and scalars."""
    groups: dict[Key, list[int]] = {}
    for at, form in enumerate(terms):
        if form.coefficient not in (1, -1) or form.scalars:
            key: Key = (magnitude(form.coefficient), frozenset(form.scalars))
            groups.setdefault(key, []).append(at)
    chosen = [members for members in groups.values() if 2 <= len(members) < len(terms)]
    if not chosen:
        return None
    current: list[Form | None] = list(terms)
    for members in chosen:
        inner = _without_scalars(forms, [terms[at] for at in members], zero, depth + 1)
        if inner is not None:
            for at in members[1:]:
                current[at] = None
            current[members[0]] = inner
    return _plain(forms, _collected(forms, [form for form in current if form is not None]))


def _without_atoms(forms: Forms, terms: list[Form], zero: Zero, depth: int) -> Form | None:
    """A@x + B@x → (A + B)@x, and the like from the left, while it saves most; diag(u) + diag(v)."""
    current = terms
    changed = False
    while len(current) > 1:
        group = _best_group(current)
        if group is None:
            break
        members, left, right = group
        merged = _merged(forms, [current[at] for at in members], left, right, zero, depth)
        current = [
            merged if at == members[0] else form
            for at, form in enumerate(current)
            if at == members[0] or at not in members
        ]
        changed = True
    if not changed:
        return None
    return current[0] if len(current) == 1 else _plain(forms, _collected(forms, current))


def _best_group(terms: list[Form]) -> tuple[list[int], int, int] | None:
    """The terms with a common end that saves most; how many atoms they share left and right."""
    groups: dict[tuple[str, Form | None], list[int]] = {}
    for at, form in enumerate(terms):
        if len(form.chain) >= 2 and not form.all_ones:
            groups.setdefault(("left", form.chain[0]), []).append(at)
            groups.setdefault(("right", form.chain[-1]), []).append(at)
        elif len(form.chain) == 1 and form.chain[0].diagonal is not None:
            groups.setdefault(("diag", None), []).append(at)
    best: tuple[list[int], int, int] | None = None
    best_saving = 0
    for (side, atom), members in groups.items():
        cost = 1 if atom is None else atom.cost + 1
        saving = (len(members) - 1) * cost
        if len(members) >= 2 and saving > best_saving:
            best_saving = saving
            chains = [terms[at].chain for at in members]
            shortest = min(len(chain) for chain in chains) - 1
            left = right = 0
            if side != "diag":
                while left < shortest and len({chain[left] for chain in chains}) == 1:
                    left += 1
                while (
                    left + right < shortest
                    and len({chain[len(chain) - 1 - right] for chain in chains}) == 1
                ):
                    right += 1
            best = members, left, right
    return best


def _merged(
    forms: Forms, members: list[Form], left: int, right: int, zero: Zero, depth: int
) -> Form:
    if not left and not right:
        columns = []
        for form in members:
            diagonal = form.chain[0].diagonal
            assert diagonal is not None
            columns.append(forms.term(form.coefficient, form.scalars, diagonal.chain))
        return forms.diag(add(forms, columns, zero, depth + 1))
    chain = members[0].chain
    rests = [
        forms.term(form.coefficient, form.scalars, form.chain[left : len(form.chain) - right])
        for form in members
    ]
    inner = add(forms, rests, zero, depth + 1)
    return forms.term(
        inner.coefficient,
        inner.scalars,
        (*chain[:left], *inner.chain, *chain[len(chain) - right :]),
    )


def _without_entries(forms: Forms, terms: list[Form], zero: Zero, depth: int) -> Form | None:
    """u∘x + u∘y → u∘(x + y)."""
    if terms[0].shape == SCALAR or any(len(form.chain) != 1 for form in terms):
        return None
    powers = [dict(form.chain[0].entries) for form in terms]
    shared: dict[Form, Rational] = {}
    for base, exponent in terms[0].chain[0].entries:
        others = [power.get(base, 0) for power in powers]
        if all(other != 0 and (other > 0) == (exponent > 0) for other in others):
            shared[base] = functools.reduce(_nearer, others)
    if not shared or any(form.all_ones for form in terms):
        return None
    empty = _marker(forms, terms[0].shape)
    rests = []
    for form, power in zip(terms, powers, strict=True):
        rest = forms.entrywise(
            [(base, exponent - shared.get(base, 0)) for base, exponent in power.items()], empty
        )
        rests.append(
            forms.term(
                form.coefficient * rest.coefficient, (*form.scalars, *rest.scalars), rest.chain
            )
        )
    inner = add(forms, rests, zero, depth + 1)
    if inner.all_ones:
        return None
    factors = list(shared.items())
    return forms.entrywise([*factors, (inner, 1)], empty)


def _marker(forms: Forms, shape: str) -> Form:
    """Ones of unknown size, which a sum writes as the number 1."""
    form = forms.atom(shape, forms.call("ones", forms.name(shape)))
    form.ones = form.T.ones = True
    return form
