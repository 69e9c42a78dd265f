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
from matcalc.tensor.structural import OPERATORS

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
    run = _Lowering(builder, environment or {}, derive)
    made: dict[Typed, Node] = {}
    for node in postorder(*roots):
        operands = tuple([made[child] for child in node.children])
        operator = OPERATORS.get(node.op)
        tensor = (
            run.other(node, operands) if operator is None else operator(builder, node, operands)
        )
        assert tensor.dims == node.dims or [str(d) for d in tensor.dims] == [str(d) for d in node.dims], (node, tensor.dims)  # fmt: skip
        made[node] = tensor
    return tuple([made[root] for root in roots])


class _Lowering:
    """What stands for variables, and what is no index sum of its operands."""

    __slots__ = ("builder", "derive", "environment", "variables")

    def __init__(self, builder: Builder, environment: Environment, derive: Derive | None) -> None:
        self.builder = builder
        self.environment = environment
        self.derive = derive
        self.variables: dict[Variable, Node] = {}

    def variable(self, variable: Variable) -> Node:
        node = self.variables.get(variable)
        if node is None:
            given = self.environment.get(variable.name)
            node = lower_variable(self.builder, variable) if given is None else given
            self.variables[variable] = node
        return node

    def other(self, node: Typed, operands: tuple[Node, ...]) -> Node:
        match node.op:
            case "variable":
                return self.variable(cast(Variable, node.data))
            case "call":
                return _lower_call(self.builder, node, operands)
            case "derivative":
                if self.derive is None:
                    raise InternalError("a derivative where none may stand")
                return self.derive(
                    self.builder, operands[0], self.variable(cast(Variable, node.data))
                )
            case "differential":
                # not at the top: differentiation lowers the formulas of its rules with this module
                from matcalc.tensor.differentiate import differential

                return differential(self.builder, operands[0])
            case op:
                raise InternalError(f"no such operator: {op}")


def lower_variable(builder: Builder, variable: Variable) -> nodes.Variable:
    """The node of a variable, with the variables that it depends on as operands."""
    depends = tuple([lower_variable(builder, other) for other in variable.depends])
    return builder.graph.variable(variable.name, variable.dims, variable.attributes, depends)


def _lower_call(builder: Builder, node: Typed, operands: tuple[Node, ...]) -> Node:
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


def lower_formula(builder: Builder, text: str, parameters: Mapping[str, Node]) -> Node:
    """A formula of the function table with these nodes for its parameters."""
    from matcalc.language.formula import formula

    # tensors of any order: the formula's names for dimensions are the operands' own
    dims: dict[str, tuple[Dim, ...]] = {name: node.dims for name, node in parameters.items()}
    return lower(builder, formula(text, dims), parameters)
