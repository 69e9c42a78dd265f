"""From the typed tree to the tensor graph: every operator becomes an index sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from matcalc.errors import InternalError, MatcalcError
from matcalc.functions import DEFINED, ENTRYWISE, FUNCTIONS, MATRIX, split_primes
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, Variable, postorder
from matcalc.tensor import nodes, structural
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder

Derive = Callable[[Builder, Node, Node], Node]
Environment = Mapping[str, Node]


def lower(
    builder: Builder,
    typed: Typed,
    environment: Environment | None = None,
    derive: Derive | None = None,
) -> Node:
    """The tensor of a typed expression, of the same dims.

    `environment` replaces variables by nodes.  `derive` is what `d(...)/dX` inside an expression
    calls; without it such a node is a fault of ours.  MatcalcError("unsupported") for what has no
    index form.
    """
    return lower_all(builder, (typed,), environment, derive)[0]


def lower_all(
    builder: Builder,
    roots: Sequence[Typed],
    environment: Environment | None = None,
    derive: Derive | None = None,
) -> tuple[Node, ...]:
    """The tensors of several typed expressions; what they share is lowered once."""
    known = environment or {}
    variables: dict[object, Node] = {}
    made: dict[Typed, Node] = {}
    made_of = made.__getitem__
    for node in postorder(*roots):
        op = node.op
        if op == "variable" or op == "derivative":
            tensor = variables.get(node.data)
            if tensor is None:
                variable = cast(Variable, node.data)
                given = known.get(variable.name)
                tensor = lower_variable(builder, variable, known) if given is None else given
                variables[variable] = tensor
            if op == "variable":
                made[node] = tensor
                continue
            if derive is None:
                raise InternalError("a derivative where none may stand")
            tensor = derive(builder, made_of(node.children[0]), tensor)
        else:
            tensor = OPERATORS[op](builder, node, tuple(map(made_of, node.children)))
        assert tensor.dims == node.dims or [str(d) for d in tensor.dims] == [str(d) for d in node.dims], (node, tensor.dims)  # fmt: skip
        made[node] = tensor
    return tuple(map(made_of, roots))


def lower_variable(
    builder: Builder, variable: Variable, environment: Environment | None = None
) -> nodes.Variable:
    """The node of a variable, with the variables that it depends on as operands.

    `environment` replaces those by nodes.
    """
    depends: tuple[Node, ...] = ()
    if variable.depends:
        known = environment or {}
        depends = tuple(
            [
                known.get(other.name) or lower_variable(builder, other, known)
                for other in variable.depends
            ]
        )
    return builder.graph.variable(variable.name, variable.dims, variable.attributes, depends)


def _differential(builder: Builder, node: Typed, operands: tuple[Node, ...]) -> Node:
    # not at the top: differentiation lowers the formulas of its rules with this module
    from matcalc.tensor.differentiate import differential

    return differential(builder, operands[0])


def _call(builder: Builder, node: Typed, operands: tuple[Node, ...]) -> Node:
    function, params = cast("tuple[str, tuple[tuple[str, int], ...]]", node.data)
    row = FUNCTIONS.get(function)
    if row is None:
        # a function that the user declared elementwise; its primes count derivatives
        name, primes = split_primes(function)
        return builder.map(name, operands, primes)
    if row.kind == ENTRYWISE:
        return builder.map(row.name, operands)
    if row.kind == MATRIX:
        return structural.apply_function(builder, row.name, operands, node.dims, params)
    if row.kind == DEFINED:
        assert row.definition is not None
        return lower_formula(builder, row.definition, dict(zip(row.parameters, operands, strict=True)))  # fmt: skip
    try:
        make = structural.FUNCTIONS[row.name]
    except KeyError:
        raise MatcalcError(
            "unsupported", f"{row.name} is understood but cannot be derived yet", at=node.syntax
        ) from None
    return make(builder, operands, dict(params), node.dims)


OPERATORS = {**structural.OPERATORS, "call": _call, "differential": _differential}


def lower_formula(builder: Builder, text: str, parameters: Mapping[str, Node]) -> Node:
    """A formula of the function table with these nodes for its parameters."""
    from matcalc.language.formula import formula

    # tensors of any order: the formula's names for dimensions are the operands' own
    dims: dict[str, tuple[Dim, ...]] = {name: node.dims for name, node in parameters.items()}
    return lower(builder, formula(text, dims), parameters)
