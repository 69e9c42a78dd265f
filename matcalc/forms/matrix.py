"""The matrix form of a node: from index sums back to products of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from matcalc.forms.chain import read_chain
from matcalc.forms.definitions import Definition, define
from matcalc.forms.expand import MOST_FACTORS, MOST_PRODUCTS, Product, expanded
from matcalc.forms.expression import Expr
from matcalc.forms.form import COLUMN, MATRIX, SCALAR, Form
from matcalc.forms.forms import Forms
from matcalc.forms.stack import stack
from matcalc.forms.sums import add, settled
from matcalc.forms.triangle import Half, listed, mask, unlisted
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
)

if TYPE_CHECKING:
    from matcalc.forms.contract import Item
    from matcalc.forms.fused import Fusion

LONGEST = 4000
_SHAPES = (SCALAR, COLUMN, MATRIX)
_WORDS = (Variable, Partial)
"""What is written as one word, whatever it depends on."""
_SYMMETRIC = frozenset(("symmetric", "posdef", "diagonal"))
_TRANSPOSABLE = frozenset(("inv", "pinv", "adj", "expm", "sqrtm", "polar"))
_INVARIANT = frozenset(("det", "logdet", "nuclear"))


def matrix_form(
    node: Node, row: bool = False, definitions: Sequence[Definition] = ()
) -> Expr | None:
    """The expression of a node of at most two axes in matrix notation; None where there is none.

    With `row` that of the transpose of a vector; names of definitions stand for what they define.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> A, x = graph.variable("A", (n, n)), graph.variable("x", (n,))
    >>> matrix_form(graph.einsum((A, x), ((0, 1), (0,)), (1,)))
    matmul(transpose(name 'A'), name 'x')
    """
    forms = MatrixForms(definitions)
    form = forms.form(node)
    if form is None:
        return None
    return form.T.expr if row and node.order == 1 else form.expr


class MatrixForms:
    """The forms of the nodes of one graph, each found once; of a form, its expression outlives it."""

    def __init__(self, definitions: Sequence[Definition] = ()) -> None:
        self.forms = Forms(named=bool(definitions))
        self.where: list[tuple[Expr, Expr]] = []
        """The names that are not the user's, each with what it stands for."""
        self.too_long = ""
        """Why a form was given up as too long, if one was."""
        self._known: dict[Node, Form | None] = {}
        for definition in definitions:
            self._define(definition)

    def __del__(self) -> None:
        self.forms.let_go()

    def _define(self, definition: Definition) -> None:
        form = None if definition.is_alias else self.form(definition.node)
        named = None if form is None else define(self.forms, form, definition)
        if named is not None and form is not None and definition.given:
            self.where.append((named.expr, form.expr))
        if named is not None:
            self._known[definition.node] = named
            if definition.mirrored is not None:
                self._known[definition.mirrored] = named.T

    def form(self, node: Node) -> Form | None:
        """The form of a node; None where there is none, or only one longer than LONGEST symbols."""
        known = self._known
        # what is below a mark waits for its operands, which are above it
        stack: list[Node | None] = [node]
        while stack:
            current = stack.pop()
            if current is None:
                current = cast(Node, stack.pop())
            elif current in known:
                continue
            elif current.operands and not isinstance(current, _WORDS):
                stack += (current, None, *reversed(current.operands))
                continue
            form = self._make(current) if len(current.dims) <= 2 else None
            if form is None or form.coefficient < 0 or form.cost > LONGEST:
                form = self._settled(form)
            known[current] = form
        return known[node]

    def _settled(self, form: Form | None) -> Form | None:
        """A form as it is shown; None where there is none, or it is too long."""
        if form is None:
            if self.forms.work < 0:
                self.too_long = "to look for it takes too long"
            return None
        form = settled(self.forms, form)
        if form.cost > LONGEST:
            self.too_long = f"it has more than {LONGEST} symbols"
            return None
        return form

    def _make(self, node: Node) -> Form | None:
        forms = self.forms
        match node:
            case Variable():
                return self._variable(node)
            case Einsum():
                return self._einsum(node)
            case Add():
                return self._add(node)
            case Map():
                return self._map(node)
            case Apply():
                return self._apply(node)
            case Number():
                return forms.number_form(node.value)
            case Size():
                return forms.atom(SCALAR, forms.size(node.size))
            case Delta():
                return forms.ones(node.dims[0]) if node.order == 1 else forms.eye(node.dims[0])
            case Fuse():
                return None
            case Constant():
                return self._constant(node)
            case Partial():
                words = tuple(forms.name(cast(Variable, part).name) for part in node.operands)
                return forms.atom(_SHAPES[node.order], forms.make("derivative", words))
            case _:
                raise AssertionError(f"no matrix form for nodes of kind {type(node).__name__}")

    def _variable(self, node: Variable) -> Form | None:
        if node.name == "⋆":
            return None
        expr = self.forms.name(node.name)
        symmetric = node.attributes and not _SYMMETRIC.isdisjoint(node.attributes)
        return self.forms.atom(_SHAPES[len(node.dims)], expr, expr if symmetric else None)

    def _constant(self, node: Constant) -> Form | None:
        forms = self.forms
        params = [forms.size(p) if isinstance(p, Dim) else forms.number(p) for p in node.params]
        match node.name:
            case "pi":
                return forms.atom(SCALAR, forms.name("pi"))
            case "e":
                return forms.atom(COLUMN, forms.call("e", *params))
            case "duplication":
                return forms.atom(MATRIX, forms.call("duplication", *params))
            case "block":
                return self._block(node)
            case "lower" | "upper":
                return mask(forms, "tril" if node.name == "lower" else "triu", node.dims[0])
            case "vech":
                return None
            case name:
                raise AssertionError(f"no matrix form for the constant {name}")

    def _block(self, node: Constant) -> Form | None:
        """[0 I 0], the place of a block among stacked ones."""
        before, size, total = cast("tuple[Dim, Dim, Dim]", node.params)
        after = Dim(tuple(_difference(total, before + size)))
        if any(coefficient < 0 for _, coefficient in after.terms):
            return None
        forms = self.forms
        rows = forms.size(size)
        expr = forms.call("eye", rows)
        flipped = expr
        if before.terms:
            zeros = forms.call("zeros", rows, forms.size(before))
            turned = forms.call("zeros", forms.size(before), rows)
            expr, flipped = forms.call("hstack", zeros, expr), forms.call("vstack", turned, flipped)
        if after.terms:
            zeros = forms.call("zeros", rows, forms.size(after))
            turned = forms.call("zeros", forms.size(after), rows)
            expr, flipped = forms.call("hstack", expr, zeros), forms.call("vstack", flipped, turned)
        form = forms.atom(MATRIX, expr, flipped)
        form.block = form.T.block = before, size, total
        return form

    def _zero(self, dims: tuple[Dim, ...]) -> Form:
        forms = self.forms
        if not dims:
            return forms.number_form(0)
        sizes = tuple(forms.size(dim) for dim in dims)
        return forms.atom(
            _SHAPES[len(dims)],
            forms.call("zeros", *sizes),
            forms.call("zeros", *reversed(sizes)) if len(dims) == 2 else None,
        )

    def _operands(self, node: Node) -> list[Form] | None:
        forms = [self._known[operand] for operand in node.operands]
        return None if None in forms else cast("list[Form]", forms)

    def _add(self, node: Add) -> Form | None:
        operands = self._operands(node)
        if operands is None:
            return None
        terms = [
            self.forms.times(coefficient, form)
            for coefficient, form in zip(node.coefficients, operands, strict=True)
        ]
        if len(terms) == 1 and not self.forms.named:
            return terms[0]
        stacked = stack(self.forms, terms)
        if stacked is not None:
            return stacked
        return add(self.forms, terms, lambda: self._zero(node.dims))

    def _map(self, node: Map) -> Form | None:
        forms = self.forms
        operands = self._operands(node)
        if operands is None:
            return None
        base = operands[0]
        if node.function != "pow":
            return forms.mapped(node.function + "′" * node.primes, base)
        exponent = node.operands[1]
        if isinstance(exponent, Number):
            if node.order == 0:
                return forms.term(1, ((base, exponent.value),), ())
            ones = forms.ones(node.dims[0])
            if node.order == 2:
                ones = forms.product((*ones.chain, *forms.ones(node.dims[1]).T.chain))
            return forms.entrywise(((base, exponent.value),), ones)
        sign = "^" if node.order == 0 else "**"
        return forms.atom(
            _SHAPES[node.order], forms.make("power", (base.expr, operands[1].expr), sign)
        )

    def _apply(self, node: Apply) -> Form | None:
        forms = self.forms
        operands = self._operands(node)
        if operands is None:
            return None
        shape = _SHAPES[node.order]
        first = operands[0]
        if node.function == "matpower":
            exponent = operands[1].expr
            power = forms.make("power", (first.expr, exponent), "^")
            turned = forms.make("power", (first.T.expr, exponent), "^")
            return forms.turnable(power, turned, first)
        if node.function == "inv" and len(first.chain) == 1 and first.chain[0].diagonal:
            # inv(diag(u)) is diag(1/u)
            column = forms.term(first.coefficient, first.scalars, first.chain[0].diagonal.chain)
            ones = forms.ones(node.dims[0])
            return forms.diagonal(forms.entrywise(((column, -1),), ones), node.dims[0])
        keywords = tuple(
            forms.make("keyword", (forms.number(value),), word) for word, value in node.params
        )
        arguments = tuple(form.expr for form in operands[1:]) + keywords
        call = forms.call(node.function, first.expr, *arguments)
        if node.function in _INVARIANT:
            shorter = forms.cheaper(first.expr, first.T.expr)
            return forms.atom(shape, forms.call(node.function, shorter, *arguments))
        if node.function in _TRANSPOSABLE:
            turned = forms.call(node.function, first.T.expr, *arguments)
            return forms.turnable(call, turned, first)
        return forms.atom(shape, call)

    def _einsum(self, node: Einsum) -> Form | None:
        form = read_chain(self.forms, node, self._known)
        if form is not None:
            return form
        products = expanded(node)
        if len(products) > MOST_PRODUCTS:
            self.too_long = f"it is a sum of more than {MOST_PRODUCTS} products"
            return None
        if len(products) == 1 and products[0].coefficient == 1:
            return self._product(products[0])
        terms = []
        for product in products:
            form = self._product(product)
            if form is None:
                return None
            terms.append(self.forms.times(product.coefficient, form))
        return add(self.forms, terms, lambda: self._zero(node.dims))

    def _product(self, product: Product) -> Form | None:
        if len(product.factors) > MOST_FACTORS:
            self.too_long = f"a product in it has more than {MOST_FACTORS} factors"
            return None
        dims: dict[int, Dim] = {}
        same: dict[int, int] = {}
        found: list[Item] = []
        fusions: list[Fusion] = []
        stars: list[tuple[int, ...]] = []
        halves: list[Half] = []
        for operand, indices in product.factors:
            dims.update(zip(indices, operand.dims, strict=True))
            if isinstance(operand, Delta):
                _join(same, indices)
            elif isinstance(operand, Fuse):
                fusions.append((indices[:-1], indices[-1]))
            elif isinstance(operand, Variable) and operand.name == "⋆":
                stars.append(indices)
            elif isinstance(operand, Constant) and operand.name == "vech":
                halves.append((indices, operand.dims[1]))
            else:
                form = self.form(operand)
                if form is None:
                    return None
                if len(form.chain) == 1 and form.chain[0].diagonal is not None:
                    # diag(u)[i,j] is u[i] where i and j are one
                    _join(same, indices)
                    chain = form.chain[0].diagonal.chain
                    form, indices = (
                        self.forms.term(form.coefficient, form.scalars, chain),
                        indices[:1],
                    )
                found.append((form, indices))
        renamed = [tuple(_root(same, index) for index in indices) for _, indices in found]
        items = [(form, indices) for (form, _), indices in zip(found, renamed, strict=True)]
        stars = [tuple(_root(same, index) for index in star) for star in stars]
        halves = [(tuple(_root(same, index) for index in half), dim) for half, dim in halves]
        fusions = [
            (tuple(_root(same, part) for part in parts), _root(same, total))
            for parts, total in fusions
        ]
        output = tuple(_root(same, index) for index in product.output)
        attached = {index for _, indices in items for index in indices}.union(output, *stars)
        attached.update(index for half, _ in halves for index in half)
        attached.update(index for parts, total in fusions for index in (*parts, total))
        # of a copy tensor that is summed, and that nothing else is attached to, ones are left
        free = {_root(same, index) for index in dims} - attached
        for star in stars:
            if not self._star(star, items, output):
                return None
        items += [(self.forms.ones(dims[index]), (index,)) for index in sorted(free)]
        for place, (half, dim) in enumerate(halves):
            others = {i for indices, _ in halves[place + 1 :] for i in indices}
            if listed(self.forms, items, half, dims, others.union(output), fusions):
                continue
            if not unlisted(self.forms, items, half, dim, fusions, dims, output):
                return None
        if fusions:
            from matcalc.forms.fused import read_fused

            return read_fused(self.forms, items, fusions, dims, output)
        from matcalc.forms.contract import Reader

        return Reader(self.forms, items, dims).read(output)

    def _star(self, star: tuple[int, ...], items: list[Item], output: tuple[int, ...]) -> bool:
        """A ⋆ B in the place of its operands, where they are attached in order."""
        for one, (left, left_indices) in enumerate(items):
            for two, (right, right_indices) in enumerate(items):
                tail = (*left_indices, *right_indices)
                head = star[: len(star) - len(tail)]
                if one == two or star[len(head) :] != tail or len(head) > 2:
                    continue
                others = {
                    i for at, (_, ids) in enumerate(items) if at not in (one, two) for i in ids
                }
                if not others.union(output, head).isdisjoint(tail) or len(set(tail)) < len(tail):
                    continue
                expr = self.forms.make("star", (left.expr, right.expr))
                for at in sorted((one, two), reverse=True):
                    del items[at]
                items.append((self.forms.atom(_SHAPES[len(head)], expr), head))
                return True
        return False


def _join(same: dict[int, int], indices: tuple[int, ...]) -> None:
    for index in indices[1:]:
        one, two = _root(same, indices[0]), _root(same, index)
        same[max(one, two)] = min(one, two)


def _root(same: dict[int, int], index: int) -> int:
    while index in same and same[index] != index:
        index = same[index]
    return index


def _difference(total: Dim, part: Dim) -> list[tuple[tuple[str, ...], int]]:
    left = dict(total.terms)
    for monomial, coefficient in part.terms:
        left[monomial] = left.get(monomial, 0) - coefficient
    return [(monomial, coefficient) for monomial, coefficient in left.items() if coefficient]
