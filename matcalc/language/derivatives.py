"""Derivatives: the words after the slash resolved to variables, and grad, jacobian, hessian and D."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError, Span
from matcalc.language.differentials import differential
from matcalc.language.indices import NONE, Value
from matcalc.language.scope import PREDEFINED
from matcalc.language.syntax import Syntax, Word
from matcalc.language.typed import Typed, Variable

if TYPE_CHECKING:
    from matcalc.language.elaborate import Elaborator, Visit

HIGHEST_ORDER = 20


def derivative(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    """The visitor of d(F)/dX, d2(F)/dx dy."""
    order, words = syntax.value
    if order == 0:
        raise MatcalcError("syntax", "a derivative is of the order 1 or more", syntax)
    if order > HIGHEST_ORDER:
        message = f"derivatives are taken up to the order {HIGHEST_ORDER}"
        raise MatcalcError("limit", message, syntax)
    variables = [_variable(run, name, syntax) for name in resolve(run, order, words, syntax)]
    operand = (yield syntax.children[0], NONE, False).typed
    return Value(_nest(operand, variables, syntax))


def named(
    run: Elaborator, syntax: Syntax
) -> Generator[tuple[Syntax, frozenset[str], bool], Value, Value]:
    """The visitor of grad(F, X), jacobian(F, X), hessian(F, x) and D(F)."""
    name: str = syntax.value
    count = 1 if name == "D" else 2
    for argument in syntax.children:
        if argument.kind == "keyword":
            raise MatcalcError("syntax", f"{name} has no keyword {argument.value}", argument)
    if len(syntax.children) != count:
        expected = "1 argument" if count == 1 else "2 arguments"
        message = f"{name} takes {expected}, not {len(syntax.children)}"
        hint = "D(F)" if name == "D" else f"{name}(F, X)"
        raise MatcalcError("syntax", message, syntax, hint=f"write {hint}")
    if name == "D":
        operand = (yield syntax.children[0], NONE, False).typed
        return Value(differential(run, operand, syntax))
    by = syntax.children[1]
    if by.kind != "name":
        message = f"{name} is taken by a variable, and {by.text} is none"
        raise MatcalcError("name", message, by)
    variable = _variable(run, by.value, by)
    operand = (yield syntax.children[0], NONE, False).typed
    return Value(_nest(operand, [variable] * (2 if name == "hessian" else 1), syntax))


def _nest(operand: Typed, variables: list[Variable], syntax: Syntax) -> Typed:
    for variable in variables:
        dims = operand.dims + variable.dims
        row = operand.row and not variable.dims
        operand = Typed("derivative", (operand,), variable, dims, syntax, row)
    return operand


def _by(at: Syntax) -> Span:
    """What a derivative is taken by: the words after the slash of d(F)/dX, the X of grad(F, X)."""
    if at.kind != "derivative":
        return at
    text = at.source.text[: at.end]
    words = text[text.rindex("/") + 1 :].lstrip()
    return Word("", at.source, at.end - len(words), at.end)


def _variable(run: Elaborator, name: str, at: Syntax) -> Variable:
    """The variable of this name; anything else is an error of the kind name."""
    if name in run.scope.declared and name in run.variables:
        return run.variables[name]
    if name in run.definitions:
        message = f"{name} is a definition: a derivative is taken by a variable"
        hint = f"declare {name} by its dimensions to take the derivative by it"
        raise MatcalcError("name", message, _by(at), hint=hint)
    if name in run.functions:
        raise MatcalcError("name", f"{name} is a function, not a variable", _by(at))
    if name in run.scope.undeclared:
        return run.variable(name)
    if name in run.scope.sizes:
        raise MatcalcError("name", f"{name} is a dimension, not a variable", _by(at))
    if name in PREDEFINED:
        raise MatcalcError("name", f"{name} is a constant, not a variable", _by(at))
    raise _unknown(run, name, at)


def _known(run: Elaborator) -> list[str]:
    return [*run.scope.declared, *run.scope.undeclared]


def _unknown(run: Elaborator, name: str, at: Syntax) -> MatcalcError:
    from matcalc.language.suggest import did_you_mean

    stem = name.rstrip("0123456789²³")
    if stem != name and stem in _known(run):
        order = name[len(stem) :].translate({ord("²"): "2", ord("³"): "3"})
        hint: str | None = f"a derivative of order {order} is written d{order}(...)/d{stem}{order}"
    else:
        hint = did_you_mean(name, _known(run))
    message = f"there is no variable {name} to take the derivative by"
    return MatcalcError("name", message, _by(at), hint=hint)


def _one_unknown(run: Elaborator, order: int, words: tuple[str, ...], at: Syntax) -> None:
    """Raise for the z of dxdz, where x is known and z is not."""
    parts = words[0].split("d")[1:]
    if len(words) > 1 or len(parts) != order:
        return
    known = _known(run)
    unknown = [part for part in parts if part not in known]
    if all(parts) and 0 < len(unknown) < order:
        error = _unknown(run, unknown[0], at)
        error.hint = f"{words[0]} is read as {' '.join(f'd{part}' for part in parts)}"
        raise error


def resolve(run: Elaborator, order: int, words: tuple[str, ...], at: Syntax) -> list[str]:
    """The names that `dx dy`, `dxdy`, `dx2` stand for, `order` of them."""
    if order == 1:
        if len(words) > 1:
            message = "d(...) is taken by one variable"
            raise MatcalcError(
                "syntax", message, _by(at), hint=f"write d{len(words)}(...)/{' '.join(words)}"
            )
        return [words[0][1:]]
    power = str(order)
    if len(words) == 1 and words[0].endswith(power) and len(words[0]) > 1 + len(power):
        stem = words[0][1 : -len(power)]
        if stem in _known(run) or "d" not in stem:
            return [stem] * order  # dx2 is always x twice
    known = set(_known(run)) | set(run.scope.sizes)
    readings: list[tuple[str, ...]] = [()]
    for word in words:
        readings = [
            first + rest
            for first in readings
            for rest in _readings(word, known, order - len(first))
        ]
    exact = list(dict.fromkeys(reading for reading in readings if len(reading) == order))
    if len(exact) > 1:
        ways = " or ".join(" ".join(f"d{name}" for name in way) for way in exact[:3])
        message = f"{' '.join(words)} can be read in more than one way"
        raise MatcalcError("name", message, _by(at), hint=f"write {ways}")
    if exact:
        return list(exact[0])
    _one_unknown(run, order, words, at)
    for word in words:
        if len(words) in (1, order) and not any(True for _ in _readings(word, known, order)):
            raise _unknown(run, word[1:], at)
    counts = sorted({len(reading) for reading in readings})
    found = f", not {counts[0]}" if counts else ""
    message = f"d{order}(...) is taken by {order} variables{found}"
    stem = words[0][1:]
    raise MatcalcError(
        "syntax", message, _by(at), hint=f"write d{order}(...)/d{stem}{order} or /d{stem} dy"
    )


def _readings(word: str, known: set[str], most: int) -> list[tuple[str, ...]]:
    """Every way to read a word as known names, each after a d, a number after it counting as often."""
    # ways[k]: the readings of word[:k]
    ways: list[list[tuple[str, ...]]] = [[] for _ in range(len(word) + 1)]
    ways[0] = [()]
    for start in range(len(word)):
        if not ways[start] or word[start] != "d":
            continue
        for end in range(start + 2, len(word) + 1):
            if end < len(word) and word[end] != "d":
                continue
            for name, times in _repeated(word[start + 1 : end]):
                if name in known:
                    ways[end] += [
                        way + (name,) * times for way in ways[start] if len(way) + times <= most
                    ][:100]
    return ways[-1]


def _repeated(text: str) -> list[tuple[str, int]]:
    stem = text.rstrip("0123456789")
    number = text[len(stem) :]
    plain = [(text, 1)]
    if stem and number and not number.startswith("0") and 2 <= int(number) <= HIGHEST_ORDER:
        plain.append((stem, int(number)))
    return plain
