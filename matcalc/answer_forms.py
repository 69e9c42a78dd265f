"""The forms that an answer is shown in; a matrix form only where it reads back as the same tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.errors import MatcalcError
from matcalc.forms.definitions import Definition
from matcalc.forms.matrix import MatrixForms
from matcalc.forms.sharing import Written, repeats, shared
from matcalc.language.layouts import vec_groups
from matcalc.language.reader import Reader
from matcalc.language.syntax import Declaration
from matcalc.language.typed import Typed, TypedProblem, Variable, postorder
from matcalc.printers.formula import Formula
from matcalc.printers.text import to_text
from matcalc.tensor.distribute import distributed
from matcalc.tensor.lower import lower
from matcalc.tensor.lowering import Lowering
from matcalc.tensor.structure import derivative
from matcalc.trust.compare import agree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matcalc.derivation import Derivation
    from matcalc.tensor.nodes import Node
    from matcalc.tensor.simplify import Builder

NO_FORM = "no form with two indices was found"


class MatrixForm:
    """A form that reads back as its tensor: as it is written, and as the text that was read."""

    __slots__ = ("formula", "written")

    def __init__(self, written: Written, formula: Formula) -> None:
        self.written = written
        self.formula = formula


def definitions_of(found: Derivation) -> tuple[Definition, ...]:
    """The definitions that the expression uses, as nodes; what is shown whole is not one of them."""
    if not found.typed.definitions:
        return ()
    below = list(postorder(found.typed.expression))
    by = [cast(Variable, node.data) for node in below if node.op == "derivative"]
    builder = found.builder
    lowering = Lowering(builder, by, found.structure)
    # a definition shares what is below it with each of its uses
    used = {id(node.children) for node in below}
    chosen = {
        name: typed
        for name, typed in found.typed.definitions.items()
        if typed.children and id(typed.children) in used
    }
    lowered = lowering.lowered(tuple(chosen.values()))
    definitions = []
    for (name, typed), made in zip(chosen.items(), lowered, strict=True):
        node = lowering.restored(made)
        mirrored = builder.transpose(node, (1, 0)) if node.order == 2 else None
        if found.wrt or node is not found.value_node:
            definitions.append(Definition(name, node, mirrored, typed.row))
    return tuple(definitions)


def definition_texts(found: Derivation) -> tuple[str, ...]:
    """`r = A@x - b`, as written, in order."""
    if not found.typed.definitions:
        return ()
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


def names_of(found: Derivation, definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions, and names of our own for what else a large answer would write often."""
    if not repeats(found.survey.nodes):
        return tuple(definitions)
    typed = found.typed
    taken = {d.name.text for d in (*found.lets, *found.problem.declarations)}
    taken.update(variable.name for variable in typed.variables)
    taken.update(word for v in typed.variables for dim in v.dims for word in dim.names)
    taken.update(typed.functions)
    return (*definitions, *shared((found.told, found.answer), definitions, taken))


def matrix(
    found: Derivation, definitions: Sequence[Definition], seed: int, right: str | None = None
) -> MatrixForm | str:
    """The matrix form in the layout, or why there is none.

    `right` is a text that was read in the scope of the problem and found to be the answer: a form
    that is this text is not read again.
    """
    if found.layout == "vec" and found.wrt:
        return kronecker(found, definitions, seed)
    return _read_back(found, found.arranged, bool(found.lies), definitions, seed, right)


def kronecker(found: Derivation, definitions: Sequence[Definition], seed: int) -> MatrixForm | str:
    """The matrix form of the layout vec; where one side counts as 1, the row or the column."""
    if not found.answer.order:
        return _read_back(found, found.answer, False, definitions, seed)
    rows, columns = vec_groups(found.y_order, found.x_orders)
    node = _fused(found.builder, found.answer, [group for group in (rows, columns) if group])
    return _read_back(found, node, not rows, definitions, seed)


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
    found: Derivation,
    node: Node,
    row: bool,
    definitions: Sequence[Definition],
    seed: int,
    right: str | None = None,
) -> MatrixForm | str:
    form = None
    if node.order <= 2:
        form = _found(found, node, row, definitions, seed, right)
        own = [definition for definition in definitions if not definition.given]
        if form is None and len(own) < len(definitions):
            # a name may hide what the matrix form is made of
            form = _found(found, node, row, own, seed, right)
    return form or ("no matrix form was found" if found.answer.order <= 2 else NO_FORM)


def _found(
    found: Derivation,
    node: Node,
    row: bool,
    definitions: Sequence[Definition],
    seed: int,
    right: str | None,
) -> MatrixForm | str | None:
    forms = MatrixForms(definitions)
    form = forms.form(node)
    if form is None:
        what = "the matrix form" if found.answer.order <= 2 else "the form with two indices"
        return f"{what} is left out: {forms.too_long}" if forms.too_long else None
    written = Written(form.T.expr if row and node.order == 1 else form.expr, forms.where)
    text = to_text(written.expr)
    names = [(to_text(name), to_text(body)) for name, body in written.where]
    told = MatrixForm(written, Formula(text, tuple([f"{name} = {body}" for name, body in names])))
    if right is not None and not names and "".join(text.split()) == "".join(right.split()):
        return told
    named = found.typed.definitions if definitions else {}
    if not reads_back(text, found.typed, named, found.builder, node, found.structure, seed, names):
        return None
    return told


def reads_back(
    text: str,
    typed: TypedProblem,
    definitions: Mapping[str, Typed],
    builder: Builder,
    node: Node,
    structure: str,
    seed: int,
    names: Sequence[tuple[str, str]] = (),
) -> bool:
    """Whether a text, in the scope of a problem, these definitions and names, is this tensor.

    A name comes after those that it is made of.
    """

    def inner(builder: Builder, below: Node, variable: Node) -> Node:
        return derivative(builder, below, variable, structure)

    try:
        reader = Reader(typed, definitions)
        for name, body in names:
            reader.define(name, body)
        read = lower(builder, reader.read(text), derive=inner)
    except MatcalcError:
        # a form that cannot be read is no form; the index form stands
        return False
    if read is node:
        return True
    if [str(dim) for dim in read.dims] != [str(dim) for dim in node.dims]:
        return False
    # most forms that are not the same node are so but for a common factor
    opened = distributed(builder, read)
    if opened is not None and opened is distributed(builder, node):
        return True
    return agree(read, node, seed)
