"""The code of a derivative in compressed form: a class with its factors, `matvec` and `dense`."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emit.arguments import Tensor
from matcalc.emit.compressed import Compressed
from matcalc.emit.functions import Ending, Functions
from matcalc.emit.names import quoted
from matcalc.emit.piece import Piece
from matcalc.emit.source import WIDTH, docstring
from matcalc.emit.statements import Writer
from matcalc.forms.index import index_form
from matcalc.forms.sharing import needed, shared
from matcalc.language.dimensions import Dim, shape_text
from matcalc.printers.text import letter_text, to_text
from matcalc.tensor.nodes import Dims, Node, Variable, postorder


class CompressedClass:
    """The class Compressed of one module, and how the functions of the module end that return one."""

    __slots__ = ("_direction", "_found", "_lines", "_module", "_sizes")

    def __init__(
        self, module: Functions, found: Compressed, axes: tuple[int, ...], variable: Tensor
    ) -> None:
        self._module = module
        self._found = found
        self._sizes: dict[str, None] = {}
        known = {v.name for v in module.variables}
        word = "direction"
        while word in known:
            word += "_"
        self._direction, along = found.along(axes, word)
        self._lines = [
            *self._head(),
            "",
            *self._matvec(along, variable),
            "",
            *self._dense(),
        ]

    @property
    def factors(self) -> tuple[Node, ...]:
        """What a function that returns a Compressed computes."""
        return self._found.factors

    def lines(self, expression: str) -> list[str]:
        """The source of the class."""
        names = ", ".join(variable.name for variable in self._found.names) or "none"
        about = [_index_text("result", self._found.whole)]
        for variable, factor in zip(self._found.names, self._found.factors, strict=True):
            if factor.order or not isinstance(factor, Variable):
                text = _index_text(variable.name, factor)
                head, _, body = text.partition(" = ")
                if head != body:
                    about.append(text)
        doc = docstring(f"{expression}, in terms of the factors {names}.", about, "    ")
        return ["class Compressed:", *doc, "", *(f"    {line}".rstrip() for line in self._lines)]

    def ending(self, before: int) -> Ending:
        """The statement that returns the first values, `before` of them, and a Compressed of the others."""

        def finish(writer: Writer, pieces: tuple[Piece, ...]) -> list[str]:
            first = "".join(f"{piece.text}, " for piece in pieces[:before])
            names = self._found.names
            factors = [
                f"{quoted(variable.name)}: {piece.text}"
                for variable, piece in zip(names, pieces[before:], strict=True)
            ]
            sizes = [f"{quoted(name)}: {writer.size(Dim.named(name)).text}" for name in self._sizes]
            line = f"return {first}Compressed({{{', '.join(factors)}}}, {{{', '.join(sizes)}}})"
            if len(line) <= WIDTH - 4:
                return [line]
            return [
                f"return {first}Compressed(",
                "    {", *(f"        {factor}," for factor in factors), "    },",
                f"    {{{', '.join(sizes)}}},",
                ")",
            ]  # fmt: skip

        return finish

    def _head(self) -> list[str]:
        writer = self._module.writer()
        shape = writer.shape(self._found.whole.dims) if self._found.whole.dims else "()"
        return [
            "def __init__(self, factors, sizes):",
            "    self.factors = factors",
            "    self.sizes = sizes",
            *(f"    {line}" for line in self._size_lines(writer, "sizes")),
            f"    self.shape = {shape}",
        ]

    def _size_lines(self, writer: Writer, where: str) -> list[str]:
        self._sizes.update(writer.sizes)
        return [f"{writer.size(Dim.named(name)).text} = {where}[{quoted(name)}]" for name in list(writer.sizes)]  # fmt: skip

    def _body(self, writer: Writer, root: Node, check: Sequence[str] = ()) -> list[str]:
        """The lines of a method that computes a node: sizes, factors, checks, statements."""
        used = set(postorder(root))
        names = self._module.names
        read = {v.name: names.get("tensor", v.name) for v in self._found.names if v in used}
        lines = self._size_lines(writer, "self.sizes")
        lines += [f"{key} = self.factors[{quoted(name)}]" for name, key in read.items()]
        rest = [*check, *writer.lines]
        first = next(iter(read.values()), None)
        return [*lines, *self._module.backend.like_lines(first, rest), *rest]

    def _matvec(self, along: Node, variable: Tensor) -> list[str]:
        module, direction = self._module, self._direction
        key = module.names.get("tensor", direction.name)
        writer = module.writer()
        (piece,) = writer.values(along)
        several = direction.order > 1
        result = writer.bind(piece) if several else piece
        last = f"return {result.text}"
        if several:
            last = f"return {result.text}.reshape(-1) if flat else {result.text}"
        writer.lines.append(last)
        said = f"direction: {shape_text(direction.dims)}"
        words = {"name": quoted("direction"), "said": quoted(said), "order": str(direction.order)}
        check = [f"{key} = {module.backend.operations['tensor'].format(key, **words)}"]
        if direction.dims:
            shape = writer.shape(direction.dims)
            found = module.backend.operations["shape"].format(key)
            check.append(f'_fit("direction has the shape {{}}", {found}, {quoted(shape_text(direction.dims) + " is {}")}, {shape})')  # fmt: skip
            if several:
                check.insert(0, f"{key} = {key}.reshape({shape}) if flat else {key}")
                check.insert(0, f'flat = getattr({key}, "ndim", None) == 1')
        flat = "; or flat, and then the result is flat" if several else ""
        doc = f"The contraction with a direction of {variable.name}: {_shape_words(direction.dims)}{flat}."
        return [
            f"def matvec(self, {key}):",
            *docstring(doc, [], "    "),
            *(f"    {line}" for line in self._body(writer, along, check)),
        ]

    def _dense(self) -> list[str]:
        writer = self._module.writer()
        writer.write(self._found.whole)
        body = self._body(writer, self._found.whole)
        return [
            "def dense(self):",
            '    """The whole derivative."""',
            *(f"    {line}" for line in body),
        ]


def _shape_words(dims: Dims) -> str:
    return shape_text(dims) if dims else "a scalar"


def _index_text(name: str, node: Node) -> str:
    """`F1[i,j] = Σₖ V[k,i]·V[k,j]`"""
    taken = [one.name for one in postorder(node) if isinstance(one, Variable)]
    form = index_form(node, definitions=shared((node,), (), taken))
    letters = ",".join(letter_text(letter) for letter in form.axes)
    head = f"{name}[{letters}]" if letters else name
    names = needed((form.expr,), form.where)
    where = [f"{to_text(one)} = {to_text(other)}" for one, other in names]
    return f"{head} = {to_text(form.expr)}" + (" where " + ", ".join(where) if where else "")
