"""Fused axes in matrix form: Kronecker and Khatri-Rao products, vec, and commutation matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from matcalc.forms.bundle import Block, bundled, components, with_scalars
from matcalc.forms.contract import Reader
from matcalc.forms.expression import Expr
from matcalc.forms.form import COLUMN, MATRIX, ROW, SCALAR, Form
from matcalc.forms.forms import Forms
from matcalc.language.dimensions import Dim


def read_kronecker(block: Block, turns: int = 0) -> Form | None:
    """The form whose rows are the fused rows of a block, and whose columns its fused columns.

    As many `turns` as are given may put axes in another order, by commutation matrices.
    """
    rows, columns = block.rows, block.columns
    if len(rows) <= 1 and len(columns) <= 1:
        form = block.read((*rows, *columns))
        return form if form is None or rows else form.T
    if not rows:
        form = read_kronecker(block.T, turns)
        return None if form is None else form.T
    if columns and len(rows) == 2 and rows[0] == rows[1]:
        return _repeated(block, turns)
    if len(columns) == 2 and columns[0] == columns[1]:
        form = _repeated(block.T, turns)
        return None if form is None else form.T
    if turns and max(len(rows), len(columns)) > 2:
        form = _turned(block, turns)
        if form is not None:
            return form
    best: Form | None = None
    for at, to in _splits(len(rows), len(columns)):
        left, right = (rows[:at], columns[:to]), (rows[at:], columns[to:])
        form = _split(block, left, right, turns)
        if form is not None and (best is None or form.cost < best.cost):
            best = form
    if best is not None:
        return best
    match len(rows), len(columns):
        case 2, 0:
            inner = block.read((rows[1], rows[0]))
            return None if inner is None else vec(block.forms, inner)
        case 1, 2:
            form = read_kronecker(block.T, turns)
            return None if form is None else form.T
        case 2, 1:
            return _khatrirao(block) or _peeled(block) or bundled(block)
        case 2, 2:
            return (
                _swapped(block)
                or _fused_diagonal(block)
                or _peeled(block)
                or _sandwiched(block)
                or bundled(block)
            )
        case _:
            return bundled(block)


def _turned(block: Block, turns: int) -> Form | None:
    """(I ⊗ K ⊗ I) @ (the form with two neighbours among the rows exchanged); or of the columns.

    vec(A ⊗ B) = (I ⊗ K ⊗ I) @ (vec(A) ⊗ vec(B)): Magnus and Neudecker, Matrix Differential
    Calculus, 2019, theorem 3.10.
    """
    forms, dims = block.forms, block.dims
    best: Form | None = None
    best_rank = (0, 0)
    for axes, lying in ((block.rows, False), (block.columns, True)):
        # single axes rather than several at once
        cuts = sorted(combinations(range(len(axes) + 1), 3), key=lambda cut: (cut[2] - cut[0], cut))
        for start, middle, end in cuts:
            if best is not None and end - start > 2:
                break
            first, second = axes[start:middle], axes[middle:end]
            order = (*axes[:start], *second, *first, *axes[end:])
            pair = (block.rows, order) if lying else (order, block.columns)
            inner = read_kronecker(block.of(block.items, *pair), turns - 1)
            if inner is None:
                continue
            exchange = commutation(forms, _total(dims, first), _total(dims, second))
            if start:
                exchange = kron(forms, forms.eye(_total(dims, axes[:start])), exchange)
            if end < len(axes):
                exchange = kron(forms, exchange, forms.eye(_total(dims, axes[end:])))
            chain = (*inner.chain, *exchange.T.chain) if lying else (*exchange.chain, *inner.chain)
            form = forms.term(inner.coefficient, inner.scalars, chain)
            rank = (inner.cost, form.cost)
            if best is None or rank < best_rank:
                best, best_rank = form, rank
    return best


def _repeated(block: Block, turns: int) -> Form | None:
    """P[a,c]·δ[a,b] as rows (a,b): khatrirao(eye, eye) @ P."""
    forms, row = block.forms, block.rows[0]
    inner = read_kronecker(block.of(block.items, (row,), block.columns), turns)
    if inner is None:
        return None
    eye = forms.call("eye", forms.size(block.dims[row]))
    spread = forms.atom(MATRIX, forms.call("khatrirao", eye, eye))
    if _is_eye(inner):
        return with_scalars(forms, (inner,), spread)
    return forms.term(inner.coefficient, inner.scalars, (*spread.chain, *inner.chain))


def _splits(rows: int, columns: int) -> list[tuple[int, int]]:
    """Where to cut rows and columns in two, a cut of both first."""
    # a row ⊗ a column is written as the product column @ row
    none = ((0, 0), (rows, columns), (0, columns))
    cuts = [(at, to) for at in range(rows + 1) for to in range(columns + 1) if (at, to) not in none]
    return sorted(cuts, key=lambda cut: (abs(cut[0] - 1) + abs(cut[1] - 1), cut))


def _split(
    block: Block,
    left: tuple[tuple[int, ...], tuple[int, ...]],
    right: tuple[tuple[int, ...], tuple[int, ...]],
    turns: int = 0,
) -> Form | None:
    """left ⊗ right, where no item joins the two."""
    items, dims = block.items, block.dims
    label = components(items)
    ends = {label.get(index, -1 - index) for index in (*right[0], *right[1])}
    if any(label.get(index, -1 - index) in ends for index in (*left[0], *left[1])):
        return None
    on_right = [bool(indices) and label[indices[0]] in ends for _, indices in items]
    outer = [item for item, right in zip(items, on_right, strict=True) if not right]
    inner = [item for item, right in zip(items, on_right, strict=True) if right]
    one = read_kronecker(block.of(outer, *left), turns)
    two = None if one is None else read_kronecker(block.of(inner, *right), turns)
    if one is None or two is None:
        return None
    if _is_eye(one) and _is_eye(two):
        eye = block.forms.eye(_total(dims, (*left[0], *right[0])))
        return with_scalars(block.forms, (one, two), eye)
    return kron(block.forms, one, two)


def _total(dims: Mapping[int, Dim], indices: Sequence[int]) -> Dim:
    total = Dim.number(1)
    for index in indices:
        total = total * dims[index]
    return total


def _is_eye(form: Form) -> bool:
    chain = form.chain
    return len(chain) == 1 and chain[0].diagonal is not None and chain[0].diagonal.all_ones


def kron(forms: Forms, left: Form, right: Form) -> Form:
    """left ⊗ right; of a column and a row, the matrix product.

    >>> forms = Forms()
    >>> a, b = (forms.atom(MATRIX, forms.name(name)) for name in "AB")
    >>> kron(forms, a, b).T.expr
    kron(transpose(name 'A'), transpose(name 'B'))
    """
    if SCALAR in (left.shape, right.shape):
        body = left if right.shape == SCALAR else right
        return with_scalars(forms, (right if right.shape == SCALAR else left,), body)
    one, two = forms.product(left.chain), forms.product(right.chain)
    if (one.shape, two.shape) == (COLUMN, ROW):
        atom = forms.product((*one.chain, *two.chain))
    elif (one.shape, two.shape) == (ROW, COLUMN):
        atom = forms.product((*two.chain, *one.chain))
    else:
        shape = one.shape if one.shape == two.shape else MATRIX
        atom = forms.atom(shape, _kron_expr(forms, one, two), _kron_expr(forms, one.T, two.T))
    return with_scalars(forms, (left, right), atom)


def _kron_expr(forms: Forms, one: Form, two: Form) -> Expr:
    parts: list[Expr] = []
    for form in (one, two):
        parts += form.expr.children if form.expr.kind == "kron" else [form.expr]
    return forms.make("kron", tuple(parts))


def vec(forms: Forms, form: Form) -> Form:
    """vec of a matrix, a column; scalars taken out."""
    body = forms.product(form.chain)
    return with_scalars(forms, (forms.term(form.coefficient, form.scalars, ()),),
                  forms.atom(COLUMN, forms.call("vec", body.expr)))  # fmt: skip


def commutation(forms: Forms, rows: Dim, columns: Dim) -> Form:
    """K(rows, columns), whose transpose is K(columns, rows)."""
    m, n = forms.size(rows), forms.size(columns)
    return forms.atom(MATRIX, forms.call("K", m, n), forms.call("K", n, m))


def _swapped(block: Block) -> Form | None:
    """P[a,d]·Q[b,c] as rows (a,b) and columns (c,d): K @ (Q ⊗ P)."""
    forms, dims = block.forms, block.dims
    a, b = block.rows
    c, d = block.columns
    product = _split(block, ((b,), (c,)), ((a,), (d,)))
    if product is None:
        return None
    exchange = commutation(forms, dims[a], dims[b])
    if _is_eye(product):
        return with_scalars(forms, (product,), exchange)
    return forms.term(product.coefficient, product.scalars, (*exchange.chain, *product.chain))


def _fused_diagonal(block: Block) -> Form | None:
    """A diagonal matrix of vec, where rows and columns are the same; K @ of it, where exchanged."""
    forms, dims = block.forms, block.dims
    rows, columns = block.rows, block.columns
    if set(rows) != set(columns):
        return None
    column = read_kronecker(block.of(block.items, rows, ()))
    if column is None:
        return None
    diagonal = forms.diagonal(column, dims[rows[0]] * dims[rows[1]])
    if rows == columns:
        return diagonal
    exchange = commutation(forms, dims[rows[0]], dims[rows[1]])
    return forms.term(diagonal.coefficient, diagonal.scalars, (*diagonal.chain, *exchange.chain))


def _peeled(block: Block) -> Form | None:
    """diag(vec(W)) @ (the rest), where W joins the two row indices; and so for the columns."""
    forms, dims = block.forms, block.dims
    for axes in (block.rows, block.columns):
        if len(axes) != 2 or axes[0] == axes[1]:
            continue
        chosen = [item for item in block.items if set(item[1]) == set(axes)]
        if not chosen:
            continue
        others = [item for item in block.items if set(item[1]) != set(axes)]
        rest = read_kronecker(block.of(others, block.rows, block.columns))
        column = read_kronecker(block.of(chosen, axes, ()))
        if rest is None or column is None:
            continue
        diagonal = forms.diagonal(column, dims[axes[0]] * dims[axes[1]])
        pair = (diagonal, rest) if axes is block.rows else (rest, diagonal)
        chain = (*pair[0].chain, *pair[1].chain)
        return with_scalars(forms, (diagonal, rest), forms.term(1, (), chain))
    return None


def _sandwiched(block: Block) -> Form | None:
    """P[b,i]·W[i,q]·Q[i,d] as rows (q,b) and columns (q,d): (I ⊗ P) @ diag(vec(W)) @ (I ⊗ Q)."""
    forms, items, dims = block.forms, block.items, block.dims
    rows, columns = block.rows, block.columns
    place = next((at for at in (0, 1) if rows[at] == columns[at]), None)
    if place is None:
        return None
    shared, b, d = rows[place], rows[1 - place], columns[1 - place]
    for _, indices in items:
        others = [index for index in indices if index not in (shared, b, d)]
        if len(indices) != 2 or shared not in indices or len(others) != 1:
            continue
        between = (shared, others[0]) if place == 0 else (others[0], shared)
        middle = [item for item in items if set(item[1]) == set(between)]
        rest = [item for item in items if set(item[1]) != set(between)]
        label = components(rest, without=others[0])
        if b not in label or d not in label or label[b] == label[d]:
            continue
        left = [i for i in rest if any(label.get(index) == label[b] for index in i[1])]
        right = [item for item in rest if item not in left]
        parts = (
            read_kronecker(block.of(left, rows, between)),
            read_kronecker(block.of(middle, between, ())),
            read_kronecker(block.of(right, between, columns)),
        )
        if parts[0] is None or parts[1] is None or parts[2] is None:
            continue
        diagonal = forms.diagonal(parts[1], dims[between[0]] * dims[between[1]])
        chain = (*parts[0].chain, *diagonal.chain, *parts[2].chain)
        return with_scalars(forms, (parts[0], diagonal, parts[2]), forms.term(1, (), chain))
    return None


def _khatrirao(block: Block) -> Form | None:
    """P[a,c]·Q[b,c] as rows (a,b): khatrirao(P, Q); with the column among the rows, an identity is one."""
    forms, items, dims = block.forms, block.items, block.dims
    (a, b), (column,) = block.rows, block.columns
    if column in (a, b):
        if a == b:
            return None
        inner = block.read((a, b) if column == b else (b, a))
        if inner is None:
            return None
        eye = forms.eye(dims[column]).expr
        body = forms.product(inner.chain).expr
        pair = (body, eye) if column == b else (eye, body)
        return with_scalars(forms, (inner,), forms.atom(MATRIX, forms.call("khatrirao", *pair)))
    label = components(items, without=column)
    if a not in label or b not in label or label[a] == label[b]:
        return None
    on_right = [any(label.get(index) == label[b] for index in indices) for _, indices in items]
    left = [item for item, right in zip(items, on_right, strict=True) if not right]
    right = [item for item, right in zip(items, on_right, strict=True) if right]
    one = Reader(forms, left, dims).read((a, column))
    two = Reader(forms, right, dims).read((b, column))
    if one is None or two is None:
        return None
    bodies = (forms.product(one.chain), forms.product(two.chain))
    call = forms.call("khatrirao", *(body.expr for body in bodies))
    return with_scalars(forms, (one, two), forms.atom(MATRIX, call))
