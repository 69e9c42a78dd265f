"""einsum("ij,jk->ik", A, B): NumPy's specification, checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.indices import NONE, Value
from matcalc.language.shapes import written
from matcalc.language.syntax import Syntax
from matcalc.language.typed import Typed

if TYPE_CHECKING:
    from matcalc.language.elaborate import Elaborator, Visit


def einsum(run: Elaborator, syntax: Syntax) -> Visit:
    """The visitor of an einsum call."""
    if not syntax.children or syntax.children[0].kind != "string":
        message = "einsum takes a specification in quotes, then its tensors"
        at = syntax.children[0] if syntax.children else syntax
        raise MatcalcError("syntax", message, at, hint='einsum("ij,jk->ik", A, B)')
    at, operands = syntax.children[0], syntax.children[1:]
    inputs, output = specification(at)
    for operand in operands:
        if operand.kind == "keyword":
            raise MatcalcError("syntax", f"einsum has no keyword {operand.value}", operand)
    if len(operands) != len(inputs):
        message = f"the specification has {len(inputs)} operands, the call {len(operands)}"
        raise MatcalcError("syntax", message, syntax)
    typed = []
    for operand in operands:
        value = yield operand, NONE, False
        typed.append(value.typed)
    sizes: dict[str, tuple[Dim, Typed]] = {}
    for letters, one in zip(inputs, typed, strict=True):
        if len(letters) != len(one.dims):
            message = (
                f'{written(one)} is {run.shapes.describe(one)}, but "{letters}" names {len(letters)} '
                f"{'axis' if len(letters) == 1 else 'axes'}"
            )
            raise MatcalcError("shape", message, one.syntax or syntax)
        for letter, dim in zip(letters, one.dims, strict=True):
            size, owner = sizes.setdefault(letter, (dim, one))
            run.unifier.require(size, dim, _Clash(run, syntax, letter, (owner, size), (one, dim)))
    dims = tuple(sizes[letter][0] for letter in output)
    return Value(Typed("einsum", tuple(typed), (inputs, output), dims, syntax))


class _Clash:  # a function with the operands of this round, not those of the last
    def __init__(
        self,
        run: Elaborator,
        syntax: Syntax,
        letter: str,
        one: tuple[Typed, Dim],
        two: tuple[Typed, Dim],
    ) -> None:
        self.parts = (run, syntax, letter, one, two)

    def __call__(self) -> MatcalcError:
        run, syntax, letter, (left, a), (right, b) = self.parts
        a, b = run.unifier.resolve(a), run.unifier.resolve(b)
        needs = f"the letter {letter} would run over {a} and over {b}"
        return run.shapes.mismatch(syntax, left, right, needs)


def specification(at: Syntax) -> tuple[tuple[str, ...], str]:
    """The letters of each operand, and of the output; in order of the alphabet where none is given."""
    text = re.sub(r"\s", "", str(at.value))
    if "." in text:
        message = "an ellipsis in einsum is not supported: name every axis"
        raise MatcalcError("unsupported", message, at)
    match = re.fullmatch(r"((?:[^\W\d_]*,)*[^\W\d_]*)(?:->([^\W\d_]*))?", text)
    if match is None:
        message = f"{at.text} is no specification of einsum: letters, commas, then -> and letters"
        raise MatcalcError("syntax", message, at, hint='einsum("ij,jk->ik", A, B)')
    inputs = tuple(match[1].split(","))
    together = "".join(inputs)
    output = match[2]
    if output is None:
        output = "".join(sorted(one for one in set(together) if together.count(one) == 1))
    for letter in output:
        if letter not in together:
            message = f"the letter {letter} of the output is no operand's"
            raise MatcalcError("syntax", message, at)
        if output.count(letter) > 1:
            message = f"the letter {letter} stands twice in the output"
            raise MatcalcError("syntax", message, at)
    return inputs, output
