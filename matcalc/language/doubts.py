"""What a line may have meant otherwise: said beside its answer, which stands as it was written."""

from __future__ import annotations

from matcalc.language.syntax import Syntax
from matcalc.language.typed import Typed, TypedProblem, Variable, postorder

LONGEST = 40
"""Of a factor that a note repeats."""


def doubts(problem: TypedProblem) -> tuple[str, ...]:
    """Notes on names whose shapes nobody declared: `e` for the exponential, `*` for `@`.

    >>> from matcalc.language.infer import infer
    >>> from matcalc.language.parse import parse_line
    >>> doubts(infer(parse_line("d(e^x)/dx"), ()))
    ('e is a variable here; the exponential is exp(x)',)
    >>> doubts(infer(parse_line("d(x'*A*x)/dx"), ()))
    ("x is taken as a scalar, as * is the product entry by entry; the matrix product is x' @ A",)
    """
    inferred = {variable.name: variable for variable in problem.variables if variable.inferred}
    if not inferred:
        return ()
    if "e" not in inferred and not any(len(v.dims) < 2 for v in inferred.values()):
        return ()
    exponential, product = "", ""
    for node in postorder(problem.expression):
        if node.op == "power" and not exponential:
            exponential = _exponential(node, inferred)
        elif node.op == "hadamard" and not product:
            product = _product(node, inferred)
    return tuple(note for note in (exponential, product) if note)


def _exponential(node: Typed, inferred: dict[str, Variable]) -> str:
    """That e^x is the power of a variable."""
    base = node.children[0]
    if base.op != "variable" or not isinstance(base.data, Variable):
        return ""
    if base.data.name != "e" or "e" not in inferred:
        return ""
    return "e is a variable here; the exponential is exp(x)"


def _product(node: Typed, inferred: dict[str, Variable]) -> str:
    """That x in x'*A or A*x has been taken as a scalar, or A as a vector."""
    syntax = node.syntax
    if syntax is None or syntax.kind != "binary":
        return ""
    left, right = syntax.children
    operator = syntax.source.text[left.end : right.start].rstrip()
    if not operator.endswith("*") or operator.endswith(".*"):
        return ""
    for factor in syntax.children:
        name, transposed = _name(factor)
        behind = factor is syntax.children[1] and len(node.children[0].dims) == 2
        variable = inferred.get(name)
        if variable is None or len(variable.dims) > 1:
            continue
        # a scalar has no transpose, and stands before a matrix; capital letters are matrices
        if ((transposed or behind) and not variable.dims) or name[0].isupper():
            kind = "a vector" if variable.dims else "a scalar"
            texts = [factor.text for factor in syntax.children]
            instead = " @ ".join(texts) if max(map(len, texts)) <= LONGEST else "written with @"
            return (
                f"{name} is taken as {kind}, as * is the product entry by entry; "
                f"the matrix product is {instead}"
            )
    return ""


def _name(syntax: Syntax) -> tuple[str, bool]:
    """The name that a factor is, and whether its transpose is taken; no name for others."""
    transposed = False
    while syntax.kind in ("group", "transpose", "power"):
        if syntax.kind == "power" and syntax.children[1].text != "T":
            return "", False
        transposed |= syntax.kind != "group"
        syntax = syntax.children[0]
    return (str(syntax.value), transposed) if syntax.kind == "name" else ("", False)
