"""A row of the function table."""

from __future__ import annotations

ENTRYWISE = "entrywise"
MATRIX = "matrix"
DEFINED = "defined"
STRUCTURAL = "structural"
CONSTANT = "constant"


class Function:
    """A row of the table.

    `kind`: ENTRYWISE (a Map node), MATRIX (an Apply node), DEFINED (replaced by its definition),
    STRUCTURAL (an index sum, made in `tensor.lower`), CONSTANT.
    `signature`: dimensions of arguments and result, alternatives between bars: "n -> n n | n n -> n";
    "*" is any shape, "()" a scalar, a name the same size throughout.
    `primitive`: evaluated by verification directly, without a definition.
    `internal`: arises in derivatives alone; not to be written by users.
    `parity`: "odd" if f(-u) = -f(u), "even" if f(-u) = f(u).
    `slope`: of an internal derivative tensor D[i,j,p,q] of f: the formula for f′(X), Σ D[i,i,p,q] = f′(X)[q,p].
    """

    __slots__ = (
        "aliases",
        "axis",
        "condition",
        "definition",
        "derivative",
        "differential",
        "doc",
        "example",
        "internal",
        "jax",
        "kind",
        "latex",
        "name",
        "numpy",
        "parameters",
        "parity",
        "primitive",
        "signature",
        "slope",
        "torch",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        signature: str,
        doc: str,
        example: str,
        *,
        parameters: tuple[str, ...] = ("X",),
        aliases: tuple[str, ...] = (),
        axis: bool = False,
        condition: str | None = None,
        derivative: str | None = None,
        differential: str | None = None,
        definition: str | None = None,
        primitive: bool = False,
        internal: bool = False,
        slope: str | None = None,
        parity: str | None = None,
        numpy: str | None = None,
        jax: str | None = None,
        torch: str | None = None,
        latex: str | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.signature = signature
        self.doc = doc
        self.example = example
        self.parameters = parameters
        self.aliases = aliases
        self.axis = axis
        self.condition = condition
        self.derivative = derivative
        self.differential = differential
        self.definition = definition
        self.primitive = primitive
        self.internal = internal
        self.slope = slope
        self.parity = parity
        self.numpy = numpy
        self.jax = jax
        self.torch = torch
        self.latex = latex
