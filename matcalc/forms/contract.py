"""One term's graph of scalars, vectors and matrices, read as chains, traces, diagonals and products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.forms.form import COLUMN, SCALAR, Form
from matcalc.forms.forms import Forms
from matcalc.forms.sums import add
from matcalc.language.dimensions import Dim

if TYPE_CHECKING:
    from matcalc.rational import Rational

Item = tuple[Form, tuple[int, ...]]
MOST_TRACED = 6


class Reader:
    """The reading of one term: `items` shrink, by one rule after another, to what the output names.

    An item is a form with the indices of its axes, a column one, a matrix two, a scalar none; what
    multiplies it is kept in `coefficient` and `scalars`.
    """

    def __init__(self, forms: Forms, items: Sequence[Item], dims: Mapping[int, Dim]) -> None:
        self.forms = forms
        self.dims = dims
        self.coefficient: Rational = 1
        self.scalars: list[tuple[Form, Rational]] = []
        self.items: list[Item] = []
        for form, indices in items:
            self.put(form, indices)

    def put(self, form: Form, indices: tuple[int, ...]) -> None:
        """An item, its scalars taken out."""
        self.coefficient = self.coefficient * form.coefficient
        self.scalars += form.scalars
        if form.shape != SCALAR:
            self.items.append((self.forms.product(form.chain), indices))

    def read(self, output: tuple[int, ...]) -> Form | None:
        """The form of the axes `output`; None where no rule applies any more, or the work is too much."""
        kept = frozenset(output)
        if len(output) == 2 and output[0] == output[1]:
            inner = self._reduced(output[:1], kept)
            if inner is None:
                return None
            return self.forms.diagonal(inner, self.dims[output[0]])
        return self._reduced(output, kept)

    def _reduced(self, output: tuple[int, ...], kept: frozenset[int]) -> Form | None:
        self._ones_where_free(kept)
        rules = (
            self._same_index_twice,
            self._vectors_on_one_index,
            self._vector_summed,
            self._vector_into_matrix,
            self._parallel_matrices,
            self._matrices_in_a_row,
            self._matrix_summed,
            self._vector_as_diagonal,
        )
        while True:
            self.forms.work -= len(self.items)
            if self.forms.work < 0:
                return None
            uses: dict[int, list[int]] = {}
            for at, (_, indices) in enumerate(self.items):
                for index in dict.fromkeys(indices):
                    uses.setdefault(index, []).append(at)
            for rule in rules:
                if rule(uses, kept):
                    break
            else:
                return self._result(output)

    def _ones_where_free(self, kept: frozenset[int]) -> None:
        used = {index for _, indices in self.items for index in indices}
        for index in sorted(kept - used):
            self.items.append((self.forms.ones(self.dims[index]), (index,)))

    def _result(self, output: tuple[int, ...]) -> Form | None:
        chain: list[Form] = []
        if len(self.items) == 1 and set(self.items[0][1]) == set(output):
            form, indices = self.items[0]
            chain += (form if indices == output else form.T).chain
        elif len(output) == 2 and sorted(i for _, i in self.items) == sorted(
            (index,) for index in output
        ):
            by_index = {indices[0]: form for form, indices in self.items}
            chain += (*by_index[output[0]].chain, *by_index[output[1]].T.chain)
        elif self.items or output:
            return None
        return self.forms.term(self.coefficient, self.scalars, chain)

    # what the rules are made of

    def _replace(self, places: Sequence[int], form: Form, indices: tuple[int, ...]) -> bool:
        for place in sorted(places, reverse=True):
            del self.items[place]
        if form.shape == SCALAR:
            self.scalars.append((form, 1))
        else:
            self.put(form, indices)
        return True

    def _facing(self, place: int, first: int) -> tuple[Form, int]:
        """A matrix item turned so that `first` is its first index; and the second one."""
        form, (one, two) = self.items[place]
        return (form, two) if one == first else (form.T, one)

    def _is_vector(self, place: int) -> bool:
        return len(self.items[place][1]) == 1

    # the rules; each makes fewer items or fewer axes

    def _same_index_twice(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """A[i,i] → tr(A), or diag(A)[i] where i stands elsewhere too."""
        for place, (form, indices) in enumerate(self.items):
            if len(indices) == 2 and indices[0] == indices[1]:
                index = indices[0]
                if index in kept or len(uses[index]) > 1:
                    return self._replace((place,), self.forms.diag(form), (index,))
                return self._replace((place,), trace(self.forms, form.chain), ())
        return False

    def _vectors_on_one_index(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """u[i]·v[i] → (u∘v)[i], or u'v where nothing else has i."""
        for index, places in uses.items():
            vectors = [place for place in places if self._is_vector(place)]
            if len(vectors) < 2:
                continue
            factors = [self.items[place][0] for place in vectors]
            if len(places) == 2 and index not in kept and not any(_divides(f) for f in factors):
                return self._replace(vectors, inner(self.forms, *factors), ())
            product = self.forms.entrywise(
                [(form, 1) for form in factors], self.forms.ones(self.dims[index])
            )
            return self._replace(vectors, product, (index,))
        return False

    def _vector_summed(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """Σ u[i] → sum(u)."""
        for index, places in uses.items():
            if len(places) == 1 and index not in kept and self._is_vector(places[0]):
                form = self.items[places[0]][0]
                if form.all_ones:
                    size = self.forms.atom(SCALAR, self.forms.size(self.dims[index]))
                    return self._replace(places, size, ())
                return self._replace(places, total(self.forms, form), ())
        return False

    def _vector_into_matrix(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """A[i,j]·x[j] → (Ax)[i]."""
        for index, places in uses.items():
            if index in kept or len(places) != 2:
                continue
            vectors = [place for place in places if self._is_vector(place)]
            if len(vectors) == 1:
                (matrix,) = (place for place in places if place not in vectors)
                turned, other = self._facing(matrix, index)
                vector = self.items[vectors[0]][0]
                if vector.all_ones:
                    return self._replace(places, summed(self.forms, turned.T, 1), (other,))
                product = self.forms.product((*turned.T.chain, *vector.chain))
                return self._replace(places, product, (other,))
        return False

    def _parallel_matrices(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """A[i,j]·B[i,j] → (A∘B)[i,j], unless an index is summed in these two alone."""
        groups: dict[frozenset[int], list[int]] = {}
        for place, (_, indices) in enumerate(self.items):
            if len(indices) == 2:
                groups.setdefault(frozenset(indices), []).append(place)
        for shared, places in groups.items():
            if len(places) < 2 or (
                len(places) == 2
                and not any(self.items[place][0].mask for place in places)
                and any(index not in kept and len(uses[index]) == 2 for index in shared)
            ):
                continue
            one, two = self.items[places[0]][1]
            product = self.forms.entrywise(
                [(self._facing(place, one)[0], 1) for place in places],
                self.forms.ones(self.dims[one]),
            )
            return self._replace(places, product, (one, two))
        return False

    def _matrices_in_a_row(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """A[i,j]·B[j,k] → (AB)[i,k]; A[i,j]·B[i,j], both summed, → A : B."""
        for index, places in uses.items():
            if index in kept or len(places) != 2 or any(self._is_vector(p) for p in places):
                continue
            left, one = self._facing(places[0], index)
            right, two = self._facing(places[1], index)
            if one == two and one not in kept and len(uses[one]) == 2:
                return self._replace(places, frobenius(self.forms, left, right), ())
            product = self.forms.product((*left.T.chain, *right.chain))
            if one == two:
                entries = self.forms.entrywise(
                    [(left.T, 1), (right.T, 1)], self.forms.ones(self.dims[index])
                )
                rows = summed(self.forms, entries, 1)
                diagonal = self.forms.diag(product)
                best = diagonal if diagonal.cost <= rows.cost else rows
                return self._replace(places, best, (one,))
            return self._replace(places, product, (one, two))
        return False

    def _matrix_summed(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """Σ A[i,j] over j → sum(A, axis=1)[i]; over both → sum(A)."""
        for index, places in uses.items():
            if index in kept or len(places) != 1:
                continue
            turned, other = self._facing(places[0], index)
            if other not in kept and len(uses[other]) == 1:
                return self._replace(places, total(self.forms, self.items[places[0]][0]), ())
            return self._replace(places, summed(self.forms, turned.T, 1), (other,))
        return False

    def _vector_as_diagonal(self, uses: Mapping[int, list[int]], kept: frozenset[int]) -> bool:
        """u[i]·A[i,j] → (diag(u)·A)[i,j]; with v[j] as well it may be u v' ∘ A."""
        for index, places in uses.items():
            vectors = [place for place in places if self._is_vector(place)]
            matrices = [place for place in places if place not in vectors]
            if len(vectors) != 1 or len(matrices) != (1 if index in kept else 2):
                continue
            vector = self.items[vectors[0]][0]
            if vector.all_ones:
                del self.items[vectors[0]]
                return True
            diagonal = self.forms.diag(vector)
            form, other = self._facing(matrices[0], index)
            best = self.forms.product((*diagonal.chain, *form.chain))
            used = [*vectors, matrices[0]]
            for matrix in matrices:
                turned, far = self._facing(matrix, index)
                facing = [place for place in uses[far] if self._is_vector(place)]
                if len(facing) != 1:
                    continue
                second = self.items[facing[0]][0]
                outer = self.forms.product((*vector.chain, *second.T.chain))
                both = self.forms.entrywise(
                    [(outer, 1), (turned, 1)], self.forms.ones(self.dims[index])
                )
                longer = (*diagonal.chain, *turned.chain, *self.forms.diag(second).chain)
                if both.cost < self.forms.product(longer).cost:
                    best, other, used = both, far, [*vectors, matrix, *facing]
                    break
            return self._replace(used, best, (index, other))
        return False


def _divides(form: Form) -> bool:
    return len(form.chain) == 1 and all(exponent < 0 for _, exponent in form.chain[0].entries)


def inner(forms: Forms, left: Form, right: Form) -> Form:
    """u'v of columns; x'x where they are equal.

    >>> forms = Forms()
    >>> x = forms.atom(COLUMN, forms.name("x"))
    >>> inner(forms, x, x).expr
    matmul(transpose(name 'x'), name 'x')
    """
    if left.all_ones or right.all_ones:
        return total(forms, right if left.all_ones else left)
    if left.chain == right.chain:
        return square(forms, forms.product(left.chain))
    return forms.product((*left.T.chain, *right.chain))


def square(forms: Forms, base: Form) -> Form:
    """The sum of the squares of a form: x'x of a name, else normsq."""
    if base.shape == COLUMN and base.expr.kind == "name":
        form = forms.product((base.T, base))
    else:
        form = forms.atom(SCALAR, forms.call("normsq", forms.cheaper(base.expr, base.T.expr)))
    form.square = base
    return form


def total(forms: Forms, form: Form) -> Form:
    """The sum of all entries, scalars taken out."""
    body = forms.product(form.chain)
    result: Form
    entries = body.chain[0].entries if len(body.chain) == 1 else ()
    if len(entries) == 1 and entries[0][1] == 2:
        result = square(forms, entries[0][0])
    elif body.shape == COLUMN and len(entries) == 2 and all(e == 1 for _, e in entries):
        result = forms.product((*entries[0][0].T.chain, *entries[1][0].chain))
    else:
        result = forms.atom(SCALAR, forms.call("sum", forms.cheaper(body.expr, body.T.expr)))
    return forms.term(form.coefficient, (*form.scalars, (result, 1)), ())


def summed(forms: Forms, form: Form, axis: int) -> Form:
    """The sum of a matrix along an axis, a column."""
    body = forms.product(form.chain)

    def along(part: Form, number: int) -> Form:
        keyword = forms.make("keyword", (forms.number(number),), "axis")
        return forms.atom(COLUMN, forms.call("sum", part.expr, keyword))

    straight, turned = along(body, axis), along(body.T, 1 - axis)
    best = straight if straight.cost <= turned.cost else turned
    return forms.term(form.coefficient, form.scalars, best.chain)


def frobenius(forms: Forms, left: Form, right: Form) -> Form:
    """Σ left[i,j]·right[i,j]: tr(left' @ right) or left : right, what is shorter."""
    if left.chain == right.chain:
        return square(forms, forms.product(left.chain))
    return trace(forms, (*left.T.chain, *right.chain))


def frobenius_pair(forms: Forms, left: Form, right: Form) -> Form:
    """left : right as it is written."""
    return forms.atom(SCALAR, forms.make("frobenius", (left.expr, right.expr)))


def trace(forms: Forms, chain: Sequence[Form]) -> Form:
    """The trace of a closed chain, turned and transposed to be shortest; or A : B for tr(A'B).

    >>> forms = Forms()
    >>> a, x = (forms.atom("matrix", forms.name(name)) for name in "AX")
    >>> trace(forms, (x.T, a.T)).expr
    call 'tr'(matmul(name 'A', name 'X'))

    Of a sum it is taken term by term where that is shorter.
    """
    best = whole = _closed(forms, chain)
    if len(chain) <= MOST_TRACED:
        for place, atom in enumerate(chain):
            if 1 < len(atom.terms) <= MOST_TRACED:
                parts = []
                for part in atom.terms:
                    closed = _closed(forms, (*chain[:place], *part.chain, *chain[place + 1 :]))
                    scalars = (*part.scalars, (closed, 1))
                    parts.append(forms.term(part.coefficient, scalars, ()))
                apart = add(forms, parts, lambda: whole)
                if apart.cost < best.cost:
                    best = apart
    return best


def _closed(forms: Forms, chain: Sequence[Form]) -> Form:
    best: Form | None = None
    best_rank = (0, False, False, 0)
    backwards = tuple(atom.T for atom in reversed(chain))
    for turned, around in ((False, tuple(chain)), (True, backwards)):
        # a long chain is not turned: its length in symbols is the same
        for start in range(len(around) if len(around) <= 8 else 1):
            form = forms.product((*around[start:], *around[:start]))
            # u v' is closed as v'u
            traced = (
                form if form.shape == SCALAR else forms.atom(SCALAR, forms.call("tr", form.expr))
            )
            candidates = [traced]
            if len(around) > 1 and traced.shape == SCALAR and form.shape != SCALAR:
                rest = forms.product((*around[start + 1 :], *around[:start]))
                candidates.append(frobenius_pair(forms, around[start].T, rest))
            for candidate in candidates:
                rank = (candidate.cost, candidate is not traced, turned, around[start].number)
                if best is None or rank < best_rank:
                    best, best_rank = candidate, rank
    assert best is not None
    return best
