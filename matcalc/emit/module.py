"""A Python module that computes a problem's value and derivative, and stands on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.emit.arguments import Tensor
from matcalc.emit.backend import backend
from matcalc.emit.functions import Ending, Functions
from matcalc.emit.source import docstring
from matcalc.emit.stable import stabilised
from matcalc.errors import MatcalcError
from matcalc.tensor.nodes import Node

COMPRESSED = ("Compressed", "self", "sizes", "flat", "getattr")
"""What else a module in compressed form has names for."""


def emit(
    value: Node | None,
    derivative: Node,
    variables: Sequence[Tensor],
    *,
    expression: str,
    layout: str,
    shape: tuple[str, ...],
    verified: str,
    conditions: tuple[str, ...] = (),
    target: str = "numpy",
    functions: tuple[str, ...] | None = None,
    sizes: tuple[str, ...] = (),
    at: Mapping[str, int] | None = None,
    wrt: Sequence[Tensor] = (),
    structure: str = "projected",
    compressed: bool = False,
    self_test: bool = False,
) -> str:
    """The text of a module with the functions `value`, `derivative` and `value_and_derivative`.

    `value` is the innermost differentiated expression, `derivative` the whole one with its axes
    arranged as they shall come.  A problem without a derivative has None for `value`: its module
    has the function `value` alone, which computes the node `derivative`.  `variables` are all the
    problem's tensors, `functions` the names declared elementwise (None: every function that the
    table lacks), `sizes` the names of its dimensions; what the code does not use is accepted all
    the same.  `at` are the sizes that the order of products is chosen for.
    `wrt` are the variables of the outermost chain of derivatives in order, which are needed for
    what follows.  `compressed`: the derivative is an object with its factors.  `self_test`: run as a
    program, the module compares the derivative, in the convention `structure`, with differences of
    values.  MatcalcError("unsupported") for what has no code.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph = Graph()
    >>> x = graph.variable("x", (Dim.named("n"),))
    >>> square = graph.einsum((x, x), ((0,), (0,)), ())
    >>> text = emit(square, graph.add((2,), (x,), x.dims), (x,), expression="d(x'@x)/dx",
    ...     layout="jacobian", shape=("n",), verified="exact")
    >>> print(*(line for line in text.splitlines() if line.endswith(" x")), sep="\\n")
        return x @ x
        return 2 * x
        return x @ x, 2 * x
        return x
    >>> "matcalc" in [line.split()[-1] for line in text.splitlines() if "import" in line]
    False
    """
    if value is None:
        (derivative,) = stabilised([derivative])
    else:
        value, derivative = stabilised([value, derivative])
    if not wrt and (compressed or self_test):
        what = "to compress" if compressed else "to compare with differences"
        raise MatcalcError("unsupported", f"this is no derivative, so there is nothing {what}")
    reserved = COMPRESSED if compressed else ()
    module = Functions(backend(target), variables, functions, at, reserved)
    module.reserve([node for node in (value, derivative) if node is not None], sizes)
    conditions_text = [f"Where {condition}." for condition in conditions]
    result = f"The result is {_shape_words(shape)}"
    if value is None:
        lines = [*module.inputs(), f"{result}.", *conditions_text, f"Verified: {verified}"]
        return _text(
            module, expression, [module.function("value", (derivative,), expression, lines)]
        )
    about = "The innermost differentiated expression of " + expression
    laid = f"{result}, in the {layout} layout."
    lines = [*module.inputs(), laid, *conditions_text, f"Verified: {verified}"]
    roots: tuple[Node, ...] = (derivative,)
    definitions = []
    endings: tuple[Ending | None, Ending | None] = (None, None)
    if compressed:
        from matcalc.emit.compressed import Compressed
        from matcalc.emit.compressed_class import CompressedClass

        names = [variable.name for variable in variables]
        last = _last_axes(derivative.order, len(wrt[-1].dims), layout)
        source = CompressedClass(module, Compressed(derivative, names), last, wrt[-1])
        roots = source.factors
        endings = (source.ending(0), source.ending(1))
        definitions.append(source.lines(expression))
    both = ["They are computed together, what they share once."]
    definitions += [
        module.function("value", (value,), about, module.inputs()),
        module.function("derivative", roots, expression, lines, endings[0]),
        module.function(
            "value_and_derivative", (value, *roots), "The pair of value and derivative.", both,
            endings[1],
        ),
    ]  # fmt: skip
    ending = ""
    if self_test:
        from matcalc.emit.self_test import SelfTest

        test = SelfTest(module, value, derivative, wrt, layout, structure)
        ending = test.source(expression, compressed)
    return _text(module, expression, definitions, ending)


def _last_axes(order: int, count: int, layout: str) -> tuple[int, ...]:
    """The axes of an answer that are those of the last variable, of `count` axes."""
    if layout == "vec":
        return (order - 1,)
    if layout == "denominator":
        return tuple(range(count))
    return tuple(range(order - count, order))


def _shape_words(shape: tuple[str, ...]) -> str:
    if not shape:
        return "a scalar"
    return "×".join(f"({size})" if " " in size else size for size in shape)


def _text(
    module: Functions, expression: str, definitions: list[list[str]], ending: str = ""
) -> str:
    """The whole module: what it defines, the helpers that this calls, and the ending."""
    parts = ["\n".join(lines) for lines in definitions]
    if module.tensors:
        parts.append("\n".join(module.arguments()))
    parts += module.backend.helpers_of("\n".join(parts))
    imports = module.backend.imports_of("\n".join([*parts, ending]))
    if ending:
        parts.append(ending)
        imports = f"import math\nimport sys\nfrom random import Random\n\n{imports}"
    note = ["Written by matcalc; it stands on its own.", module.backend.note]
    head = "\n".join(docstring(expression, note, ""))
    return f"{head}\n\n{imports}\n\n\n" + "\n\n\n".join(parts) + "\n"
