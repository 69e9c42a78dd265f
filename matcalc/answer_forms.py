"""The forms that an answer is shown in; a matrix form only where it reads back as the same tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.errors import MatcalcError
from matcalc.forms.definitions import Definition
from matcalc.forms.matrix import matrix_form
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Declaration, Problem
from matcalc.language.typed import TypedProblem, Variable, fold_literals, postorder
from matcalc.printers.text import to_text
from matcalc.tensor.layout import vec_groups
from matcalc.tensor.lower import lower, lower_all, lower_variable
from matcalc.tensor.structure import derivative, freed, restored, structure_of
from matcalc.trust.compare import agree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matcalc.derivation import Derivation
    from matcalc.forms.expression import Expr
    from matcalc.tensor.nodes import Node
    from matcalc.tensor.simplify import Builder


def definitions_of(found: Derivation) -> tuple[Definition, ...]:
    """The definitions that the expression uses, as nodes; what is shown whole is not one of them."""
    roots = [node for node in postorder(found.typed.expression) if node.op == "derivative"]
    by = [cast(Variable, node.data) for node in roots]
    builder = found.builder
    nodes = [lower_variable(builder, variable) for variable in dict.fromkeys(by)]
    structured = [node for node in nodes if structure_of(node) is not None]
    environment = {node.name: freed(builder, node) for node in structured}

    def derived(builder: Builder, node: Node, variable: Node) -> Node:
        return derivative(builder, node, variable, found.structure)

    # a definition shares what is below it with each of its uses
    used = {id(node.children) for node in postorder(found.typed.expression)}
    chosen = {
        name: typed
        for name, typed in found.typed.definitions.items()
        if typed.children and id(typed.children) in used
    }
    lowered = lower_all(builder, tuple(chosen.values()), environment, derived)
    definitions = []
    for (name, typed), made in zip(chosen.items(), lowered, strict=True):
        node = restored(builder, made, structured) if structured else made
        mirrored = builder.transpose(node, (1, 0)) if node.order == 2 else None
        if found.wrt or node is not found.value_node:
            definitions.append(Definition(name, node, mirrored, typed.row))
    return tuple(definitions)


def definition_texts(found: Derivation) -> tuple[str, ...]:
    """`r = A@x - b`, as written, in order."""
    return tuple(
        f"{name} = {declaration.definition.text}"
        for name, declaration in _defined(found).items()
        if declaration.definition is not None
    )


def _defined(found: Derivation) -> dict[str, Declaration]:
    """The declarations of the definitions of a problem; its own shadow those of `let`."""
    known = {
        declaration.name.text: declaration
        for declaration in (*found.lets, *found.problem.declarations)
    }
    return {name: known[name] for name in found.typed.definitions}


def matrix(found: Derivation, definitions: Sequence[Definition], seed: int) -> Expr | None:
    """The matrix form in the layout; None where there is none."""
    vector = found.answer.order == 1 and found.y_order == 0 and bool(found.wrt)
    if found.layout == "vec" and found.wrt:
        return kronecker(found, definitions, seed)
    return _read_back(
        found, found.arranged, vector and found.layout == "numerator", definitions, seed
    )


def kronecker(found: Derivation, definitions: Sequence[Definition], seed: int) -> Expr | None:
    """The matrix form of the layout vec; where one side counts as 1, the row or the column."""
    if not found.answer.order:
        return _read_back(found, found.answer, False, definitions, seed)
    rows, columns = vec_groups(found.y_order, found.x_orders)
    node = _fused(found.builder, found.answer, [group for group in (rows, columns) if group])
    lies = not rows
    return _read_back(found, node, lies, definitions, seed)


def _fused(builder: Builder, node: Node, groups: Sequence[tuple[int, ...]]) -> Node:
    """The node with an axis for each group of its axes, the last one of a group fastest."""
    factors = [(node, tuple(range(node.order)))]
    output = []
    for group in groups:
        if len(group) == 1:
            output.append(group[0])
        else:
            total = node.order + len(output)
            fuse = builder.fuse(tuple(node.dims[axis] for axis in group))
            factors.append((fuse, (*group, total)))
            output.append(total)
    return builder.contract(factors, tuple(output))


def _read_back(
    found: Derivation, node: Node, row: bool, definitions: Sequence[Definition], seed: int
) -> Expr | None:
    if node.order > 2:
        return None
    expr = matrix_form(node, row, definitions)
    if expr is None:
        return None
    lets = tuple(_defined(found).values()) if definitions else ()
    text = to_text(expr)
    if not reads_back(text, found.typed, lets, found.builder, node, found.structure, seed):
        return None
    return expr


def reads_back(
    text: str,
    typed: TypedProblem,
    lets: tuple[Declaration, ...],
    builder: Builder,
    node: Node,
    structure: str,
    seed: int,
) -> bool:
    """Whether a text, in the scope of a problem and these definitions, is this tensor."""
    declarations = [
        f"{v.name}{'(' + ', '.join(d.name for d in v.depends) + ')' if v.depends else ''}: "
        f"({', '.join(map(str, v.dims))}) {' '.join(v.attributes)}"
        for v in typed.variables
    ]
    declarations += [f"{name}: elementwise" for name in typed.functions]

    def inner(builder: Builder, below: Node, variable: Node) -> Node:
        return derivative(builder, below, variable, structure)

    try:
        problem = parse_line(f"{text} where {', '.join(declarations)}" if declarations else text)
        if not isinstance(problem, Problem):
            return False
        again = infer(problem, lets)
        if typed.rigid:
            fold_literals(again)
        read = lower(builder, again.expression, derive=inner)
    except MatcalcError:
        # a form that cannot be read is no form; the index form stands
        return False
    if read is node:
        return True
    same = [str(dim) for dim in read.dims] == [str(dim) for dim in node.dims]
    return same and agree(read, node, seed)
