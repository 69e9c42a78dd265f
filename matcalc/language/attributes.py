"""What is said of a tensor beside its dimensions: symmetric, diagonal, positive, ..."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.syntax import Declaration

ATTRIBUTES = (
    "symmetric",
    "skew",
    "diagonal",
    "lower",
    "upper",
    "orthogonal",
    "posdef",
    "positive",
)


def check_attributes(declaration: Declaration, dims: tuple[Dim, ...]) -> tuple[str, ...]:
    """The attributes, sorted, the structure that several come to as one.

    MatcalcError where one is unknown (name), of a matrix that is not square (shape), or contradicts
    another (unsupported).
    """
    if not declaration.attributes:
        return ()
    for word in declaration.attributes:
        if word.text not in ATTRIBUTES:
            from matcalc.language.suggest import did_you_mean

            hint = did_you_mean(word.text, ATTRIBUTES) or f"attributes are {', '.join(ATTRIBUTES)}"
            raise MatcalcError("name", f"there is no attribute {word.text}", word, hint=hint)
        if word.text == "positive":
            continue
        square = len(dims) == 2 and (
            dims[0] == dims[1] or (dims[0].value is not None and dims[0].value == dims[1].value)
        )
        if not square:
            from matcalc.language.dimensions import shape_text

            message = f"{word.text} is said of square matrices; {declaration.name.text} is {shape_text(dims)}"
            raise MatcalcError("shape", message, word)
    if len(declaration.attributes) == 1:
        return (declaration.attributes[0].text,)
    return _combined(declaration)


def _combined(declaration: Declaration) -> tuple[str, ...]:
    """Both triangles, or a triangle that is symmetric, leave the diagonal; skew goes with orthogonal alone."""
    words = {word.text: word for word in declaration.attributes}
    has = set(words)
    others = [word for word in words if word in _NOT_SKEW]
    if "skew" in has and others:
        other = others[0]
        place = max(words["skew"], words[other], key=lambda word: word.start)
        name = declaration.name.text
        message = f"{name} is skew and {other}: {_NOT_SKEW[other]}"
        raise MatcalcError("unsupported", message, place)
    if has >= _TRIANGLES or (_TRIANGLES & has and has & {"diagonal", "symmetric", "posdef"}):
        has = (has - _TRIANGLES) | {"diagonal"}
    return tuple(sorted(has))


_TRIANGLES = {"lower", "upper"}
_NOT_SKEW = {
    **dict.fromkeys(("symmetric", "diagonal", "lower", "upper"), "only the zero matrix is both"),
    **dict.fromkeys(("posdef", "positive"), "no matrix is both, as its diagonal is zero"),
}
"""What a skew matrix cannot be as well, and why."""
