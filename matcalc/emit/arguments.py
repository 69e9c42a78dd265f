"""The arguments of emitted functions: which sizes the tensors determine, and how they are checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matcalc.emit.names import Names, quoted
from matcalc.emit.statements import Writer
from matcalc.language.dimensions import Dim, factor_text, shape_text
from matcalc.language.typed import Variable as Declared
from matcalc.tensor.nodes import Dims, Variable

Tensor = Variable | Declared


def depends(variable: Tensor) -> tuple[Tensor, ...]:
    """The variables that it is an unspecified function of."""
    if isinstance(variable, Declared):
        return variable.depends
    return tuple(operand for operand in variable.operands if isinstance(operand, Variable))


def declaration(variable: Tensor) -> str:
    """`A: m×n`, as messages and docstrings name it."""
    return f"{variable.name}: {shape_text(variable.dims)}"


class Sizes:
    """How each named dimension is read off the tensors.

    `origin` says of a name the tensor that determines it, `text` the expression, `below` which
    other names that expression reads.
    """

    __slots__ = ("below", "names", "origin", "text")

    def __init__(self, variables: Sequence[Tensor], names: Names) -> None:
        self.names = names
        self.text: dict[str, str] = {}
        self.origin: dict[str, Tensor] = {}
        self.below: dict[str, tuple[str, ...]] = {}
        for variable in variables:
            for axis, dim in enumerate(variable.dims):
                if dim.name is not None and dim.name not in self.text:
                    self._set(dim.name, variable, self.axis(variable, axis), ())
        while any(
            self._solve(variable, axis, dim)
            for variable in variables
            for axis, dim in enumerate(variable.dims)
        ):
            pass

    def axis(self, variable: Tensor, axis: int) -> str:
        return f"{self.names.get('tensor', variable.name)}.shape[{axis}]"

    def _set(self, name: str, variable: Tensor, text: str, below: tuple[str, ...]) -> None:
        self.text[name] = text
        self.origin[name] = variable
        self.below[name] = below

    def _solve(self, variable: Tensor, axis: int, dim: Dim) -> bool:
        """An axis of length 2*m + 1, say, determines m, if nothing else is unknown in it."""
        unknown = [name for name in sorted(names_of(dim)) if name not in self.text]
        if len(unknown) != 1:
            return False
        (name,) = unknown
        if any(monomial.count(name) > 1 for monomial, _ in dim.terms):
            return False
        if dim.sides:
            if dim != Dim.triangle(Dim.named(name)):
                return False
            # 8·n(n+1)/2 + 1 = (2n + 1)²
            text = f"int((8 * {self.axis(variable, axis)} + 1) ** 0.5) // 2"
            self._set(name, variable, text, ())
            return True
        slope, rest = Dim(()), Dim(())
        for monomial, coefficient in dim.terms:
            others = tuple(word for word in monomial if word != name)
            term = Dim(((others, coefficient),))
            if name in monomial:
                slope = slope + term
            else:
                rest = rest + term
        text = self.axis(variable, axis)
        divided = slope.value != 1
        if rest.terms:
            text = f"{text} - {_operand(rest, self.names, tight=False)}"
            text = f"({text})" if divided else text
        if divided:
            text = f"{text} // {_operand(slope, self.names, tight=True)}"
        self._set(name, variable, text, tuple(sorted(names_of(dim) - {name})))
        return True

    def lines(self, wanted: Iterable[str]) -> list[str]:
        """`n = A.shape[1]` for each name wanted that a tensor determines, and what those need."""
        needed: set[str] = set()
        stack = [name for name in wanted if name in self.text]
        while stack:
            name = stack.pop()
            if name not in needed:
                needed.add(name)
                stack.extend(self.below[name])
        # a name is determined after those that it needs
        return self._joined([name for name in self.text if name in needed])

    def _joined(self, listed: list[str]) -> list[str]:
        """The assignments, `m, n = A.shape` where these are all sizes of A in order."""
        lines = []
        while listed:
            variable = self.origin[listed[0]]
            order = len(variable.dims)
            head = listed[:order]
            plain = [self.axis(variable, axis) for axis in range(order)]
            if order > 1 and [self.text[name] for name in head] == plain:
                lines.append(f"{', '.join(map(self._name, head))} = {plain[0][:-3]}")
            else:
                head = head[:1]
                lines.append(f"{self._name(head[0])} = {self.text[head[0]]}")
            listed = listed[len(head) :]
        return lines

    def _name(self, name: str) -> str:
        return self.names.get("size", name)

    def known(self, dims: Dims) -> bool:
        """Whether the tensors determine all these dimensions."""
        return all(name in self.text for dim in dims for name in names_of(dim))


def names_of(dim: Dim) -> set[str]:
    """The names in a dimension, literals not among them."""
    return {name for name in dim.names if not name.startswith("#")}


def _operand(dim: Dim, names: Names, *, tight: bool) -> str:
    """A dimension as Python, in parentheses where it stands beside `-` or `//`."""
    terms = []
    for monomial, coefficient in dim.terms:
        factors = [] if coefficient == 1 and monomial else [str(coefficient)]
        factors += [factor_text(n, lambda word: names.get("size", word)) for n in monomial]
        terms.append(" * ".join(factors))
    text = " + ".join(terms)
    return f"({text})" if len(terms) > 1 or (tight and " " in text) else text


def argument_lines(variables: Sequence[Tensor], sizes: Sizes, writer: Writer) -> list[str]:
    """The body of the function that checks the tensors and returns them as arrays."""
    lines = []
    operations = writer.backend.operations
    tensors = [sizes.names.get("tensor", variable.name) for variable in variables]
    if writer.backend.like:
        lines.append(operations["like_all"].format(", ".join(tensors)))
    for variable, name in zip(variables, tensors, strict=True):
        words = {
            "name": quoted(variable.name),
            "said": quoted(declaration(variable)),
            "order": str(len(variable.dims)),
        }
        lines.append(f"{name} = {operations['tensor'].format(name, **words)}")
    checks: list[str] = []
    for variable in variables:
        for axis, dim in enumerate(variable.dims):
            # the axis that a size is read off is right by definition
            first = dim.name is not None and sizes.text.get(dim.name) == sizes.axis(variable, axis)
            if not first and sizes.known((dim,)):
                checks.append(_check(variable, axis, dim, sizes, writer))
    lines += sizes.lines(writer.sizes)
    lines += checks
    return lines


def _check(variable: Tensor, axis: int, dim: Dim, sizes: Sizes, writer: Writer) -> str:
    what = _what(variable, axis)
    own = declaration(variable)
    if dim.name is None:
        why = f"{own} has {_kind(variable, axis)}"
    else:
        why = f"{declaration(sizes.origin[dim.name])} has {dim.name} = {{}}"
    text = writer.size(dim).text
    return f"_fit({_template(what)}, {sizes.axis(variable, axis)}, {_template(why)}, {text})"


def _template(text: str) -> str:
    """A literal for `str.format` with one hole, whatever else the names hold."""
    head, hole, tail = text.partition("{}")
    head, tail = (part.replace("{", "{{").replace("}", "}}") for part in (head, tail))
    return quoted(head + hole + tail)


def _kind(variable: Tensor, axis: int) -> str:
    """`length {}`, `{} rows`, `{} columns` or `size {} along axis 3`."""
    match len(variable.dims), axis:
        case 1, _:
            return "length {}"
        case 2, 0:
            return "{} rows"
        case 2, _:
            return "{} columns"
        case _:
            return f"size {{}} along axis {axis + 1}"


def _what(variable: Tensor, axis: int) -> str:
    return f"{variable.name} has {_kind(variable, axis)}"
