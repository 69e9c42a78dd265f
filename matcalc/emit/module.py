"""A Python module that computes a problem's value and derivative, and stands on its own."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from matcalc.emit.arguments import (
    Sizes,
    Tensor,
    argument_lines,
    declaration,
    depends,
    names_of,
)
from matcalc.emit.backend import Backend, backend
from matcalc.emit.names import Names, escaped, function_word, partial_word, quoted
from matcalc.emit.stable import stabilised
from matcalc.emit.statements import Writer, partial_keyword
from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import shape_text
from matcalc.tensor.nodes import Map, Node, Partial, postorder

WIDTH = 96
LONGEST = 2000
"""Of a longer expression the docstrings show the beginning."""


def emit(
    value: Node | None,
    derivative: Node,
    variables: Sequence[Tensor],
    *,
    expression: str,
    layout: str,
    shape: tuple[str, ...],
    verified: str,
    conditions: tuple[str, ...] = (),
    target: str = "numpy",
    functions: tuple[str, ...] | None = None,
    sizes: tuple[str, ...] = (),
) -> str:
    """The text of a module with the functions `value` and `derivative`.

    `value` is the innermost differentiated expression, `derivative` the whole one with its axes
    arranged as they shall come.  A problem without a derivative has None for `value`: its module
    has the function `value` alone, which computes the node `derivative`.  `variables` are all the
    problem's tensors, `functions` the names declared elementwise (None: every function that the
    table lacks), `sizes` the names of its dimensions; what the code does not use is accepted all
    the same.  MatcalcError("unsupported") for what has no code.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph = Graph()
    >>> x = graph.variable("x", (Dim.named("n"),))
    >>> square = graph.einsum((x, x), ((0,), (0,)), ())
    >>> text = emit(square, graph.add((2,), (x,), x.dims), (x,), expression="d(x'@x)/dx",
    ...     layout="jacobian", shape=("n",), verified="exact")
    >>> print(*(line for line in text.splitlines() if line.endswith(" x")), sep="\\n")
        return x @ x
        return 2 * x
        return x
    >>> "matcalc" in [line.split()[-1] for line in text.splitlines() if "import" in line]
    False
    """
    if value is None:
        (derivative,) = stabilised([derivative])
    else:
        value, derivative = stabilised([value, derivative])
    module = _Module(backend(target), variables, functions)
    module.reserve([node for node in (value, derivative) if node is not None], sizes)
    conditions_text = [f"Where {condition}." for condition in conditions]
    result = f"The result is {_shape_words(shape)}"
    if value is None:
        lines = [*module.inputs(), f"{result}.", *conditions_text, f"Verified: {verified}"]
        bodies = [module.function("value", derivative, expression, lines)]
    else:
        about = "The innermost differentiated expression of " + expression
        laid = f"{result}, in the {layout} layout."
        lines = [*module.inputs(), laid, *conditions_text, f"Verified: {verified}"]
        bodies = [
            module.function("value", value, about, module.inputs()),
            module.function("derivative", derivative, expression, lines),
        ]
    return module.text(expression, bodies)


def _shape_words(shape: tuple[str, ...]) -> str:
    if not shape:
        return "a scalar"
    return "×".join(f"({size})" if " " in size else size for size in shape)


class _Module:
    """The parts of one module while they are written."""

    __slots__ = (
        "backend",
        "free",
        "functions",
        "keywords",
        "names",
        "partials",
        "sizes",
        "tensors",
        "variables",
    )

    def __init__(
        self, column: Backend, variables: Sequence[Tensor], functions: tuple[str, ...] | None
    ) -> None:
        self.backend = column
        self.variables = tuple(variables)
        self.functions = functions
        self.names = Names((column.prefix, "_arguments", *column.helpers))
        self.tensors = [self.names.get("tensor", variable.name) for variable in self.variables]
        self.keywords: dict[str, str] = {}
        self.partials: dict[str, Partial] = {}
        self.free: dict[str, str] = {}
        self.sizes = Sizes((), self.names)

    def reserve(self, roots: list[Node], sizes: tuple[str, ...]) -> None:
        """Give out all names in one order: what the functions take, then the sizes."""
        for function in self.functions or ():
            self._keyword("function", function_word(function, 0))
        for variable in self.variables:
            for by in depends(variable):
                self._keyword("partial", partial_word(variable.name, (by.name,)))
        seen: dict[str, None] = dict.fromkeys(sizes)
        for variable in self.variables:
            for dim in variable.dims:
                seen.update(dict.fromkeys(sorted(names_of(dim))))
        for node in postorder(*roots):
            if isinstance(node, Map) and node.function not in FUNCTIONS and node.function != "pow":
                for primes in range(node.primes + 1):
                    self._keyword("function", function_word(node.function, primes))
            elif isinstance(node, Partial):
                word = partial_keyword(node)
                self._keyword("partial", word)
                self.partials[word] = node
            for dim in node.dims:
                seen.update(dict.fromkeys(sorted(names_of(dim))))
            size = getattr(node, "size", None)
            if size is not None:
                seen.update(dict.fromkeys(sorted(names_of(size))))
        for name in seen:
            self.names.get("size", name)
        self.sizes = Sizes(self.variables, self.names)
        self.free = {name: self.names.get("size", name) for name in seen if name not in self.sizes.text}  # fmt: skip

    def _keyword(self, kind: str, word: str) -> None:
        self.keywords[word] = self.names.get(kind, word)

    def inputs(self) -> list[str]:
        """What the functions take, for the docstrings."""
        lines = [declaration(variable) for variable in self.variables]
        for word, node in self.partials.items():
            lines.append(f"{self.keywords[word]}: {shape_text(node.dims)}, in jacobian axes")
        lines += [f"{name}: a dimension that no tensor determines" for name in self.free.values()]
        return lines

    def function(self, name: str, root: Node, summary: str, about: list[str]) -> list[str]:
        """The source lines of one function."""
        writer = Writer(self.backend, self.names, self.functions)
        writer.write(root)
        prologue = []
        for word, node in self.partials.items():
            if word in writer.keywords:
                prologue += self._partial_lines(word, node, writer)
        used = list(writer.sizes)
        head = [f"{key} = _size({quoted(name)}, {key})" for name, key in self.free.items() if name in writer.sizes]  # fmt: skip
        head += self.sizes.lines(used)
        if self.tensors:
            joined = ", ".join(self.tensors)
            call = f"{joined} = _arguments({joined})"
            if len(call) > WIDTH:
                listed = [f"    {tensor}," for tensor in self.tensors]
                head = ["(", *listed, ") = _arguments(", *listed, ")", *head]
            else:
                head.insert(0, call)
        renamed = {v.name: key for v, key in zip(self.variables, self.tensors, strict=True) if v.name != key}  # fmt: skip
        if renamed:
            # a name that is no identifier is taken as it is, too: derivative(**{"lambda": 1})
            taken = [f"{key} = words.pop({quoted(name)}, {key})" for name, key in renamed.items()]
            unknown = ["if words:", '    raise TypeError(f"unknown keyword {min(words)}")']
            head = [*taken, *unknown, *head]
        parameters = [f"{key}=None" if key in renamed.values() else key for key in self.tensors]
        for word, key in self.keywords.items():
            parameters.append(key if word in writer.keywords else f"{key}=None")
        parameters += [f"{key}=None" for key in self.free.values()]
        if renamed:
            parameters.append("**words")
        return [
            *_signature(name, parameters),
            *_docstring(summary, about, "    "),
            *(f"    {line}" for line in (*head, *prologue, *writer.lines)),
        ]

    def _partial_lines(self, word: str, node: Partial, writer: Writer) -> list[str]:
        """A derivative of a dependence: an array of the right shape."""
        key = self.keywords[word]
        said = f"{word}: {shape_text(node.dims)}"
        lines = [f"{key} = _tensor({quoted(word)}, {key}, {quoted(said)}, {node.order})"]
        if node.dims and self.sizes.known(node.dims):
            shape = writer.shape(node.dims)
            what = quoted(f"{word} has the shape {{}}")
            lines.append(f"_fit({what}, {key}.shape, {quoted(said + ' has {}')}, {shape})")
        return lines

    def text(self, expression: str, functions: list[list[str]]) -> str:
        """The whole module: the functions, and what they call."""
        parts = ["\n".join(lines) for lines in functions]
        if self.tensors:
            writer = Writer(self.backend, self.names, self.functions)
            lines = argument_lines(self.variables, self.sizes, writer)
            doc = '"""The tensors as arrays; an error where their shapes do not fit together."""'
            source = [*_signature("_arguments", self.tensors, bare=True), f"    {doc}"]
            source += [f"    {line}" for line in lines]
            parts.append("\n".join([*source, *_returned(self.tensors)]))
        parts += self.backend.helpers_of("\n".join(parts))
        note = ["Written by matcalc; it stands on its own."]
        head = "\n".join(_docstring(expression, note, ""))
        return f"{head}\n\n{self.backend.imports}\n\n\n" + "\n\n\n".join(parts) + "\n"


def _signature(name: str, parameters: list[str], *, bare: bool = False) -> list[str]:
    """The line of the definition, or several for many parameters; by keyword unless `bare`."""
    if not parameters:
        return [f"def {name}():"]
    parameters = parameters if bare else ["*", *parameters]
    line = f"def {name}({', '.join(parameters)}):"
    if len(line) <= WIDTH:
        return [line]
    return [f"def {name}(", *(f"    {parameter}," for parameter in parameters), "):"]


def _returned(tensors: list[str]) -> list[str]:
    line = f"    return {', '.join(tensors)}"
    if len(line) <= WIDTH:
        return [line]
    return ["    return (", *(f"        {tensor}," for tensor in tensors), "    )"]


def _docstring(summary: str, lines: list[str], indent: str) -> list[str]:
    """A docstring, wrapped, that no text can break out of."""
    summary = summary if len(summary) <= LONGEST else summary[:LONGEST] + " …"
    width = WIDTH - len(indent)
    text = wrap(" ".join(summary.split()), width - 3) or [""]
    for line in ["", *lines]:
        text += wrap(" ".join(line.split()), width, subsequent_indent="    ") or [""]
    # escaped line by line: a break must not part a backslash from what it escapes
    text = [f"{indent}{_literal(line)}".rstrip() for line in text]
    text[0] = f'{indent}"""{text[0].removeprefix(indent)}'
    return [*text, f'{indent}"""']


def _literal(text: str) -> str:
    """Text for between triple quotes."""
    text = escaped(text)
    return text.replace('"', '\\"') if '""' in text or text.endswith('"') else text
