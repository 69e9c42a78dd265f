"""Definitions folded back: a name of the problem stands where what it is defined as is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.forms.form import COLUMN, SCALAR, Form, Like
from matcalc.forms.forms import Forms
from matcalc.rational import quotient
from matcalc.tensor.nodes import Add, Node, Number, Variable

if TYPE_CHECKING:
    from matcalc.rational import Rational

_PLAIN = ("name", "number")


class Definition:
    """A name, the node that it stands for and, of a matrix, the node of its transpose.

    `row` is true of a vector that lies; `given` of a name of our own, which is defined where it stands.
    """

    __slots__ = ("given", "mirrored", "name", "node", "row")

    def __init__(
        self,
        name: str,
        node: Node,
        mirrored: Node | None = None,
        row: bool = False,
        given: bool = False,
    ) -> None:
        self.given = given
        self.name = name
        self.node = node
        self.mirrored = mirrored
        self.row = row

    @property
    def is_alias(self) -> bool:
        """Whether it only gives another name to what has one: B = A, B = A', t = 2."""
        mirrored = isinstance(self.mirrored, Variable)
        return mirrored or isinstance(self.node, Variable | Number)


def define(forms: Forms, form: Form, definition: Definition) -> Form | None:
    """Make the name the expression of a form from now on; None where it is as short without.

    Sums of its terms, products with its factors and its transpose are written with the name as well.

    >>> forms = Forms(named=True)
    >>> a, b = (forms.atom("matrix", forms.name(word)) for word in "AB")
    >>> node = Node()
    >>> named = define(forms, forms.product((a, b)), Definition("P", node))
    >>> forms.product((b.T, a.T, b)).expr
    matmul(transpose(name 'P'), name 'B')
    """
    assert forms.named
    bare = form.expr.children[0] if form.expr.kind in ("transpose", "negate") else form.expr
    if bare.kind in _PLAIN or (definition.given and not _plain(form)):
        return None
    word = forms.name(definition.name)
    if form.shape == COLUMN and definition.row:
        atom = forms.atom(form.T.shape, word).T
    else:
        atom = forms.atom(form.shape, word, word if form.T.expr is form.expr else None)
    for old, new in ((form, atom), (form.T, atom.T)):
        forms.rename(old.expr, new.expr)
        terms = old.chain[0].terms if len(old.chain) == 1 and not old.scalars else old.terms
        if terms:
            parts = [forms.times(old.coefficient, part) for part in terms]
            like = {(frozenset(part.scalars), part.chain): part for part in parts}
            forms.sums.add(max(like, key=_newest), (like, new))
        if len(old.chain) > 1 and old.coefficient == 1 and not old.scalars:
            forms.chains.add(max(old.chain, key=_number), (old.chain, new))
        if form.shape == SCALAR or form.T is form:
            break
    return atom


def _number(form: Form) -> int:
    return form.number


def _newest(like: Like) -> int:
    scalars, chain = like
    return max((form.number for form in (*chain, *(base for base, _ in scalars))), default=-1)


def _plain(form: Form) -> bool:
    """Whether a name hides nothing that rules look for: diag(u), [0 I 0], ones, a triangle of ones."""
    return all(
        atom.diagonal is None and atom.block is None and not atom.ones and not atom.mask
        for atom in form.chain
    )


def folded(node: Add, definitions: Iterable[Node]) -> list[tuple[Rational, Node]]:
    """The terms of a sum, in the order of their making, multiples of a defined sum as one term.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> x, y, z = (graph.variable(word, (n,)) for word in "xyz")
    >>> r = graph.add((1, -1), (x, y), (n,))
    >>> terms = folded(graph.add((1, 2, -2), (z, x, y), (n,)), (r,))
    >>> [(coefficient, operand is r) for coefficient, operand in terms]
    [(2, True), (1, False)]
    """
    terms = sorted(
        zip(node.coefficients, node.operands, strict=True), key=lambda term: term[1].serial
    )
    for definition in definitions:
        if not isinstance(definition, Add) or len(definition.operands) < 2:
            continue
        known = {operand: coefficient for coefficient, operand in terms}
        if any(operand not in known for operand in definition.operands):
            continue
        ratios = [
            quotient(known[operand], coefficient)
            for coefficient, operand in zip(
                definition.coefficients, definition.operands, strict=True
            )
        ]
        if any(ratio != ratios[0] for ratio in ratios):
            continue
        place = next(at for at, (_, o) in enumerate(terms) if o in definition.operands)
        terms[place] = (ratios[0], definition)
        terms = [term for term in terms if term[1] not in definition.operands]
    return terms
