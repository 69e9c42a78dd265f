"""The self-test of an emitted module: its derivative against finite differences of its value.

The module draws tensors within what is declared of them, moves each variable within its space (along
a Cayley curve for an orthogonal one), and compares differences of `value` with `derivative`
contracted with the directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod

from matcalc.emit.arguments import Tensor, depends
from matcalc.emit.functions import Functions
from matcalc.emit.names import Names, function_word, partial_word, quoted
from matcalc.emit.self_test_source import DRAWING, TEST
from matcalc.emit.statements import Writer
from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.layouts import order_of_axes, vec_groups
from matcalc.tensor.nodes import Map, Node, postorder
from matcalc.tensor.structure import STRUCTURED
from matcalc.trust.survey import Survey

LARGEST = 20_000
"""The entries of the derivative that a self-test compares at most, where sizes are free."""
MOST = 50_000_000
"""The same where all sizes are given."""
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

LOCALS = ("random", "spans", "point", "directions", "answer", "X", "E", "math", "sys")
"""What the names of sizes must differ from."""


class SelfTest:
    """What the self-test has to know of a problem.

    MatcalcError("unsupported") where differences of the value are not the derivative in its
    convention.
    """

    __slots__ = (
        "_choices",
        "_integers",
        "_layout",
        "_module",
        "_names",
        "_roots",
        "_structure",
        "_wrt",
        "_y",
    )

    def __init__(
        self,
        module: Functions,
        value: Node,
        derivative: Node,
        wrt: Sequence[Tensor],
        layout: str,
        structure: str,
    ) -> None:
        self._module = module
        # the test has variables of its own, beside the sizes
        self._names = Names((*LOCALS, *module.backend.reserved))
        self._roots = (value, derivative)
        self._wrt = wrt
        self._layout = layout
        self._structure = structure
        self._y = value.dims
        survey = Survey()
        for variable in (*wrt, *module.variables):
            survey.add_dims(variable.dims)
        for root in self._roots:
            survey.add_graph(root)
        survey.add_dims(Dim.named(name) for name in module.free)
        self._integers = survey.integers - {variable.name for variable in wrt}
        dims = (*value.dims, *(dim for variable in wrt for dim in variable.dims))
        self._choices = _choices(survey, dims)
        for variable in module.variables:
            has = _structures(variable)
            if "orthogonal" in has and (len(has) > 1 or depends(variable)):
                raise MatcalcError("unsupported", f"no self-test draws {variable.name}: it is orthogonal and more")  # fmt: skip
        again = len(wrt) > 1 and any("orthogonal" in v.attributes for v in wrt)
        if again and structure == "ignore":
            raise MatcalcError(
                "unsupported",
                "no self-test of second derivatives by an orthogonal variable with free entries",
            )

    def source(self, title: str, compressed: bool) -> str:
        """The source of the test."""
        column = self._module.backend
        setting = column.operations["test_setup"]
        words = {
            "array": column.operations["array"].format("numbers"),
            "prefix": column.prefix,
            "steps": "0.016, 0.004, 0.001",
            "limit": f"1e-{max(8 - len(self._wrt), 3)}",
            "setting": f"{setting}\n    " if setting else "",
            "title": quoted(f"self-test of {' '.join(title.split())[:200]}"),
            "by": quoted(self._said()),
            "dense": ".dense()" if compressed else "",
        }
        written = (
            self._point(), self._given(), self._directions(), self._moved(), self._along(),
        )  # fmt: skip
        parts = [self._table(), DRAWING, *("\n".join(lines) for lines in written), TEST]
        text = "\n\n\n".join(part.strip("\n") for part in parts)
        for word, spelled in words.items():
            text = text.replace(f"@{word}@", spelled)
        return text

    def _said(self) -> str:
        by = ", ".join(dict.fromkeys(variable.name for variable in self._wrt))
        kind = "" if self._structure == "projected" else f", structure {self._structure}"
        return f"the derivative by {by} along random directions{kind}"

    def _name(self, size: str) -> str:
        return self._names.get("size", size)

    def _writer(self) -> Writer:
        return Writer(self._module.backend, self._names)

    def _table(self) -> str:
        """The sizes that are tried."""
        rows = [
            "{" + ", ".join(f"{quoted(self._name(n))}: {size}" for n, size in choice.items()) + "}"
            for choice in self._choices
        ]
        return "\n".join(["SIZES = (", *(f"    {row}," for row in dict.fromkeys(rows)), ")"])

    def _numbers(self, dims: Sequence[Dim]) -> str:
        """The sizes as further arguments."""
        writer = self._writer()
        return "".join(f", {writer.size(dim).text}" for dim in dims)

    def _key(self, variable: Tensor) -> str:
        return quoted(self._module.names.get("tensor", variable.name))

    def _start(self, variable: Tensor) -> str:
        """The key of a dependence's first value."""
        return quoted(f"{variable.name} at first")

    def _point(self) -> list[str]:
        """Tensors, functions and sizes at random."""
        lines = [
            f"def _point({', '.join(['random', 'spans', *map(self._name, self._choices[0])])}):",
            '    """Random tensors within what is declared of them."""',
            "    point = {}",
        ]
        for variable in self._module.variables:
            key = self._key(variable)
            if variable.name in self._integers and not variable.dims:
                lines.append(f"    point[{key}] = float(random.randint(2, 4))")
                continue
            lines.append(f"    X = _array(random, spans{self._numbers(variable.dims)})")
            lines += [f"    X = {step}" for step in self._within(variable)]
            lines.append(f"    point[{key}] = X")
            if depends(variable):
                lines.append(f"    point[{self._start(variable)}] = X")
            for by in depends(variable):
                name = quoted(f"{variable.name} by {by.name}")
                lines.append(f"    point[{name}] = _array(random, spans{self._numbers(by.dims)})")
        for name, key in self._module.free.items():
            lines.append(f"    point[{quoted(key)}] = {self._name(name)}")
        return [*lines, "    return point"]

    def _within(self, variable: Tensor) -> list[str]:
        """How a free matrix becomes one with the attributes of a variable."""
        has = _structures(variable)
        operations, prefix = self._module.backend.operations, self._module.backend.prefix
        steps = []
        if "positive" in variable.attributes:
            steps.append(f"{prefix}.abs(X) + 0.1")
        if "orthogonal" in has:
            steps.append("X - X.T")
            steps.append(f"{prefix}.linalg.inv(_eye(len(X)) - X) @ (_eye(len(X)) + X)")
            return steps
        if "posdef" in has:
            masked = has & {"diagonal", "lower", "upper"}
            steps.append("X * X" if masked else "X @ X.T")
            steps.append("X + _eye(len(X))")
        elif "symmetric" in has:
            steps.append("X + X.T")
        if "skew" in has:
            steps.append("X - X.T")
        if has & {"diagonal"} or {"lower", "upper"} <= has:
            steps.append("X * _eye(len(X))")
        elif "lower" in has:
            steps.append(operations["tril"].format("X"))
        elif "upper" in has:
            steps.append(operations["triu"].format("X"))
        return steps

    def _given(self) -> list[str]:
        """What the functions take at a point: the tensors, and what stands for unknown functions."""
        lines = [
            "def _given(point):",
            '    """The keywords at a point; unknown functions are sines."""',
            '    given = {name: value for name, value in point.items() if " " not in name}',
        ]
        module, prefix = self._module, self._module.backend.prefix
        primes: dict[str, int] = dict.fromkeys(module.functions or (), 0)
        for node in postorder(*self._roots):
            if isinstance(node, Map) and function_word(node.function, 0) in module.keywords:
                primes[node.function] = max(primes.get(node.function, 0), node.primes)
        for place, (function, most) in enumerate(primes.items()):
            for order in range(most + 1):
                key = module.keywords.get(function_word(function, order))
                phase = 0.3 + 0.4 * place + order * pi / 2
                more = "2.0 + " if order == 0 else ""
                if key is not None:
                    lines.append(f"    given[{quoted(key)}] = lambda u: {more}{prefix}.sin(u + {phase!r})")  # fmt: skip
        for variable in _inner_first(self._module.variables):
            lines += self._dependence(variable)
        return [*lines, "    return given"]

    def _dependence(self, variable: Tensor) -> list[str]:
        """A(X) = A + A₀·(1 + sin ⟨V, X⟩), and its derivatives; A is A₀ until A itself is moved."""
        by = depends(variable)
        key, operations = self._key(variable), self._module.backend.operations
        lines = [f"    z = 0.{2 + len(by)}"] if by else []
        for other in by:
            own = LETTERS[: len(other.dims)]
            name = quoted(f"{variable.name} by {other.name}")
            operands = f"point[{name}], given[{self._key(other)}]"
            text = operations["einsum"].format(spec=f'"{own},{own}->"', arguments=operands)
            lines.append(f"    z = z + {text}")
        names = {partial_word(variable.name, words): words for words in _orders(by)}
        prefix = self._module.backend.prefix
        partials = []
        for word, words in names.items():
            known = self._module.keywords.get(word)
            if known is None:
                continue
            arguments = [f"point[{self._start(variable)}]"]
            letters, start = [LETTERS[: len(variable.dims)]], len(variable.dims)
            dims = {other.name: other.dims for other in by}
            for one in words:
                arguments.append(f"point[{quoted(f'{variable.name} by {one}')}]")
                letters.append(LETTERS[start : start + len(dims[one])])
                start += len(dims[one])
            spec = f'"{",".join(letters)}->{"".join(letters)}"'
            outer = operations["einsum"].format(spec=spec, arguments=", ".join(arguments))
            wave = f"{prefix}.sin(z + {len(words) * pi / 2!r})"
            partials.append(f"    outer = {outer}")
            partials.append(f"    given[{quoted(known)}] = {wave} * outer")
        if by:
            grown = f"(1.0 + {prefix}.sin(z)) * point[{self._start(variable)}]"
            partials.append(f"    given[{key}] = given[{key}] + {grown}")
        return lines + partials

    def _directions(self) -> list[str]:
        lines = [
            "def _directions(random, point):",
            '    """The variables in the order of the derivatives, each with where it moves."""',
            "    directions = []",
        ]
        names = [self._name(name) for name in self._choices[0]]
        lines[0] = f"def _directions({', '.join(['random', 'point', *names])}):"
        for variable in self._wrt:
            key = self._key(variable)
            lines.append(f"    E = _array(random, [(-1.0, 1.0)]{self._numbers(variable.dims)})")
            if self._structure != "projected" and _structures(variable):
                lines.append(f"    E = _tangent({key}, point[{key}], E)")
            lines.append(f"    directions.append(({key}, E))")
        return [*lines, "    return directions"]

    def _moved(self) -> list[str]:
        """How a variable moves, and the part of a direction that it can move along."""
        structured = [v for v in {v.name: v for v in self._wrt}.values() if _structures(v)]
        lines = ["def _moved(name, X, E, t):", '    """The variable, moved within its space."""']
        if not structured:
            return [*lines, "    return X + t * E"]
        prefix = self._module.backend.prefix
        for variable in structured:
            if "orthogonal" in _structures(variable):
                lines += [
                    f"    if name == {self._key(variable)}:",
                    "        W = t / 4.0 * (X.T @ E - E.T @ X)",
                    f"        return X @ {prefix}.linalg.inv(_eye(len(X)) - W) @ (_eye(len(X)) + W)",
                ]
        lines.append("    return X + t * _tangent(name, X, E)")
        lines += ["", "", "def _tangent(name, X, E):", '    """The part of E within the space."""']
        for variable in structured:
            lines += [f"    if name == {self._key(variable)}:", f"        return {self._projection(variable)}"]  # fmt: skip
        return [*lines, "    return E"]

    def _projection(self, variable: Tensor) -> str:
        has, operations = _structures(variable), self._module.backend.operations
        if "orthogonal" in has:
            return "(E - X @ E.T @ X) / 2.0"
        if "diagonal" in has:
            return "E * _eye(len(X))"
        if "skew" in has:
            return "(E - E.T) / 2.0"
        if "lower" in has:
            return operations["tril"].format("E")
        return operations["triu"].format("E") if "upper" in has else "(E + E.T) / 2.0"

    def _along(self) -> list[str]:
        """The contraction of the derivative with the directions."""
        lines = [
            f"def _along({', '.join(['answer', 'directions', *map(self._name, self._choices[0])])}):",
            '    """The derivative contracted with the directions."""',
        ]
        orders = tuple(len(variable.dims) for variable in self._wrt)
        total = len(self._y) + sum(orders)
        if total > len(LETTERS):
            raise MatcalcError("limit", f"no self-test of a derivative with {total} axes")
        dims = (*self._y, *(dim for variable in self._wrt for dim in variable.dims))
        y, letters = LETTERS[: len(self._y)], LETTERS[:total]
        if self._layout == "vec":
            rows, columns = vec_groups(len(self._y), orders)
            order = (*rows, *columns)
            shape = self._writer().shape(tuple(dims[axis] for axis in order)) if order else "()"
            lines.append(f"    answer = answer.reshape({shape})")
        else:
            order = order_of_axes(len(self._y), orders, self._layout)
        words, arguments, start = ["".join(letters[axis] for axis in order)], ["answer"], len(y)
        for place, (variable, count) in enumerate(zip(self._wrt, orders, strict=True)):
            words.append(letters[start : start + count])
            start += count
            piece = f"directions[{place}][1]"
            if self._structure == "entries" and _mirrored(variable):
                piece = self._module.backend.operations["tril"].format(piece)
            arguments.append(piece)
        spec = f'"{",".join(words)}->{y}"'
        text = self._module.backend.operations["einsum"].format(spec=spec, arguments=", ".join(arguments))  # fmt: skip
        return [*lines, f"    return {text}"]


def _structures(variable: Tensor) -> set[str]:
    return {name for name in STRUCTURED if name in variable.attributes}


def _mirrored(variable: Tensor) -> bool:
    """Whether an entry below the diagonal stands for the one above it as well."""
    has = _structures(variable)
    return bool(has & {"symmetric", "posdef", "skew"}) and not has & {"diagonal", "lower", "upper"}


def _inner_first(variables: Sequence[Tensor]) -> list[Tensor]:
    """The declared dependences, each after those that it depends on."""
    found: list[Tensor] = []
    waiting = [variable for variable in variables if depends(variable)]
    while waiting:
        names = {variable.name for variable in waiting}
        ready = [v for v in waiting if not names & {by.name for by in depends(v)}]
        if not ready:
            raise MatcalcError("unsupported", "no self-test: the dependences go round in a circle")
        found += ready
        waiting = [variable for variable in waiting if variable not in ready]
    return found


def _orders(by: Sequence[Tensor]) -> list[tuple[str, ...]]:
    """The derivatives of a dependence up to the third."""
    names = [variable.name for variable in by]
    found: list[tuple[str, ...]] = [(name,) for name in names]
    second = [(one, other) for one in names for other in names]
    return [*found, *second, *((*pair, name) for pair in second for name in names)]


def _choices(survey: Survey, dims: Sequence[Dim]) -> list[dict[str, int]]:
    """Small sizes, all different where the derivative does not grow too large; in several orders.

    Of A'A and AA' one is singular, whichever of the sizes is the larger.
    """
    names = [name for name in survey.names if name[0] != "#"]
    sizes: list[int] = []
    for start in (3, 2, 1):
        sizes = list(range(start, start + len(names)))
        found = [_least(survey, names, order) for order in _orders_of(sizes)]
        if all(prod(dim.evaluate(sizes) for dim in dims) <= LARGEST for sizes in found):
            return found
    found = [_least(survey, names, [2] * len(names))]
    entries = prod(dim.evaluate(found[0]) for dim in dims)
    if entries > MOST:
        raise MatcalcError("limit", f"no self-test of a derivative with {entries:.0e} entries")
    return found


def _orders_of(sizes: list[int]) -> list[list[int]]:
    if len(sizes) < 2:
        return [sizes, [size + 1 for size in sizes]]
    return [sizes, sizes[::-1], [*sizes[1:], sizes[0]], [sizes[-1], *sizes[:-1]]]


def _least(survey: Survey, names: list[str], sizes: list[int]) -> dict[str, int]:
    return {n: max(size, survey.least.get(n, 1)) for n, size in zip(names, sizes, strict=True)}
