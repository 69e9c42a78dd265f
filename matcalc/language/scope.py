"""What the names of a problem mean: declarations checked, in order, with those of earlier `let` lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matcalc.errors import MatcalcError, Span
from matcalc.functions import ALIASES, CONSTANT, FUNCTIONS, find
from matcalc.language import typography
from matcalc.language.dimensions import ONE, Dim
from matcalc.language.syntax import Declaration, Problem, Syntax, by_name

MOST_TERMS = 1000
PREDEFINED = ("I", "pi")
DERIVATIVES = ("grad", "jacobian", "hessian", "D")
_CONSTANTS = frozenset(
    [name for name in (*FUNCTIONS, *ALIASES) if (row := find(name)) and row.kind == CONSTANT]
)


class Scope:
    """The declarations that a problem uses, by name, and the names it uses without one.

    `declared`: the problem's own declarations, and those of `let` lines that it uses, in the order
    of declaration; `order`: the same names, each after those it is made of; `sizes`: the names of
    dimensions; `undeclared`: names used as tensors, with the place of their first use;
    `differentials`: whether dx is the differential of x here, as D(...) or that of a definition occurs.
    """

    def __init__(self, problem: Problem, lets: tuple[Declaration, ...]) -> None:
        own = by_name(problem.declarations)
        outer = (
            {name: one for name, one in _latest(lets).items() if name not in own} if lets else {}
        )
        self.sizes: dict[str, None] = {}
        self._used: dict[str, Span] = {}
        self._measures: list[Syntax] = []
        """The names in what eye, ones, e(1, n) and their like take, which are dimensions."""
        self._mentions: list[Syntax] = []
        """What may mean declarations without being a name that is used."""
        self.differentials = False
        self._read(problem.expression)
        if problem.claim is not None:
            self._read(problem.claim)
        for declaration in own.values():
            self._read_declaration(declaration)
        if outer:
            reached = set(own)
            while waiting := self._reach(outer, reached):
                for declaration in waiting:
                    self._read_declaration(declaration)
            own = {**{name: one for name, one in outer.items() if name in reached}, **own}
        for size in self._measures:
            declared = own.get(size.value) or outer.get(size.value)
            if declared is not None and size.value not in self.sizes:
                raise _no_dimension(size, declared)
            self.sizes[size.value] = None
        self.declared = own
        self.order = _ordered(own)
        self.undeclared: dict[str, Span] = {
            name: place
            for name, place in self._used.items()
            if name not in own and name not in self.sizes and name not in PREDEFINED
        }
        for name in self.undeclared:
            if name[0] == "d" and self._defines(name[1:]):
                self.differentials = True
            if not name.isascii():
                functions = [one for one in own if own[one].elementwise]
                fault = typography.of_name(name, functions)
                if fault is not None:
                    raise MatcalcError("name", fault[0], self.undeclared[name], hint=fault[1])

    @classmethod
    def known(cls, declared: dict[str, Declaration], sizes: Iterable[str]) -> Scope:
        """The scope of declarations that are typed already, where no other name means anything."""
        scope = cls.__new__(cls)
        scope.declared = declared
        scope.order = []
        scope.sizes = dict.fromkeys(sizes)
        scope.undeclared = {}
        scope.differentials = False
        return scope

    def _defines(self, name: str) -> bool:
        return name in self.declared and self.declared[name].definition is not None

    def _reach(self, outer: dict[str, Declaration], reached: set[str]) -> list[Declaration]:
        mentioned = [name for node in self._mentions for name in _mentioned(node)]
        names = [n for n in (*self._used, *mentioned) if n in outer and n not in reached]
        # df is the differential of f, unless it is declared
        bare = [n[1:] for n in self._used if n[0] == "d" and n not in outer and n not in reached]
        names += [n for n in bare if n in outer and n not in reached]
        if self.differentials or any(n in outer and outer[n].definition is not None for n in bare):
            # D(F) brings in the dX of what it moves
            names += [m for n in self._used if (m := f"d{n}") in outer and m not in reached]
        reached.update(names)
        return [outer[name] for name in dict.fromkeys(names)]

    def _read_declaration(self, declaration: Declaration) -> None:
        for dim in declaration.dims or ():
            if dim.kind == "name":
                self.sizes[dim.value] = None
            elif dim.children:
                self.sizes.update([(name.value, None) for name in _names(dim)])
        if declaration.definition is not None:
            self._read(declaration.definition)
        for word in declaration.depends:
            self._used.setdefault(word.text, word)

    def _read(self, root: Syntax) -> None:
        """Collect the names that stand for tensors in an expression, and those for dimensions."""
        used = self._used
        stack = [root]
        while stack:
            node = stack.pop()
            kind = node.kind
            if kind == "name":
                used.setdefault(node.value, node)
            elif kind == "call":
                stack += self._read_call(node)
            elif kind == "power" and node.value == "^" and transposes(node.children[1]):
                self._mentions.append(node)
                stack.append(node.children[0])
            else:
                if kind == "derivative":
                    self._mentions.append(node)
                stack += node.children[::-1]

    def _read_call(self, call: Syntax) -> tuple[Syntax, ...]:
        """What is to be read of a call, the last first."""
        if call.value in _CONSTANTS:
            for argument in call.children:
                self._measures += _names(argument)
            return ()
        self._mentions.append(call)
        if call.value == "D":
            self.differentials = True
        # the variable of grad(F, x) is mentioned, not used: it stands in F
        return call.children[:1] if call.value in DERIVATIVES else call.children[::-1]


def _names(root: Syntax) -> list[Syntax]:
    """The names in the text of a dimension."""
    found = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind == "name":
            found.append(node)
        stack += node.children[::-1]
    return found


def _no_dimension(name: Syntax, declared: Declaration) -> MatcalcError:
    what = "a function" if declared.elementwise else "a tensor"
    message = f"{name.text} is declared as {what}, and a dimension is wanted here"
    hint = "a dimension is a number or a name that stands in a shape, as n in x: n"
    return MatcalcError("name", message, name, hint=hint)


def transposes(exponent: Syntax) -> int:
    """1 for an exponent that is written `T`, -1 for `-T`, in parentheses or not; 0 for others."""
    sign = 1
    while exponent.kind == "unary" or exponent.kind == "group":
        if exponent.value == "-":
            sign = -sign
        exponent = exponent.children[0]
    return sign if exponent.kind == "name" and exponent.value == "T" else 0


def _mentioned(node: Syntax) -> Iterator[str]:
    """The names that a node may mean beside those that are used."""
    if node.kind == "power":
        yield "T"
    elif node.kind == "derivative":
        yield from _variables(node)
    elif node.value in DERIVATIVES:
        yield from (by.text for by in node.children[1:])
    else:
        yield node.value.rstrip("′″‴")


def _variables(derivative: Syntax) -> Iterator[str]:
    """Every name that the words of a derivative may mean: of dxdy2 x, y, y2, xdy, xdy2."""
    assert isinstance(derivative.value, tuple)
    for word in derivative.value[1]:
        starts = [k + 1 for k, letter in enumerate(word) if letter == "d"]
        for start in starts:
            for end in (*(k - 1 for k in starts if k - 1 > start), len(word)):
                yield word[start:end]
                yield word[start:end].rstrip("0123456789")


def _latest(lets: tuple[Declaration, ...]) -> dict[str, Declaration]:
    """A later line declares a name anew; one that has it twice is no `Let`."""
    named: dict[str, Declaration] = {}
    for declaration in lets:
        name = declaration.name.text
        named.pop(name, None)
        named[name] = declaration
    return named


def names_in(root: Syntax) -> Iterator[str]:
    """The names in an expression that may be tensors, and of what is called."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind == "name" or (node.kind == "call" and find(node.value) is None):
            yield node.value.rstrip("′″‴")
        stack.extend(reversed(node.children))


def _ordered(declared: dict[str, Declaration]) -> list[str]:
    """The names, each after what it is made of; a circle is an error of the kind name."""
    made = [one for one in declared.values() if one.definition is not None or one.depends]
    if not made:
        return list(declared)
    order: list[str] = []
    state: dict[str, int] = {}
    for root, its_own in declared.items():
        if its_own.definition is None and not its_own.depends:
            if root not in state:
                state[root] = 2
                order.append(root)
            continue
        stack = [(root, False)]
        while stack:
            name, ready = stack.pop()
            if ready:
                state[name] = 2
                order.append(name)
                continue
            if state.get(name) == 2:
                continue
            state[name] = 1
            stack.append((name, True))
            declaration = declared[name]
            if declaration.definition is not None:
                parts = list(dict.fromkeys(names_in(declaration.definition)))
            else:
                parts = [word.text for word in declaration.depends]
            for part in reversed(parts):
                if state.get(part) == 1:
                    raise _circle(declared, name, part)
                if part in declared and part not in state:
                    stack.append((part, False))
    return order


def _circle(declared: dict[str, Declaration], name: str, part: str) -> MatcalcError:
    place = declared[name].name
    if name == part:
        what = "is defined" if declared[name].definition is not None else "is declared"
        return MatcalcError("name", f"{name} {what} in terms of itself", place)
    return MatcalcError("name", f"{part} and {name} are declared in terms of each other", place)


def dimension(root: Syntax) -> Dim:
    """A dimension as written: numbers, names, sums, products and n*(n + 1)//2; raises what is none."""
    if root.kind == "name":
        return Dim.named(root.value)
    if root.kind == "number" and type(root.value) is int and root.value > 0:
        return Dim.number(root.value)
    values: list[Dim] = []
    stack: list[tuple[Syntax, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node.kind == "number":
            if not isinstance(node.value, int) or node.value < 1:
                message = f"a dimension is a positive integer, not {node.text}"
                raise MatcalcError("shape", message, node)
            values.append(Dim.number(node.value))
        elif node.kind == "name":
            values.append(Dim.named(node.value))
        elif node.kind == "group":
            stack.append((node.children[0], False))
        elif node.kind == "binary" and node.value in ("+", "*"):
            if not ready:
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.children))
                continue
            right, left = values.pop(), values.pop()
            if node.value == "*" and len(left.terms) * len(right.terms) > MOST_TERMS:
                message = f"the dimension has more than {MOST_TERMS} terms"
                raise MatcalcError("limit", message, node)
            values.append(left + right if node.value == "+" else left * right)
        elif node.kind == "binary" and node.value == "/":
            if not ready:
                stack.append((node, True))
                stack.extend((factor, False) for factor in _halved(node))
                continue
            values.append(_triangle(node, values.pop(), values.pop()))
        else:
            message = f"{node.text} is no dimension: a number, a name, a sum or a product of them"
            raise MatcalcError("syntax", message, node)
    return values[0]


def _halved(node: Syntax) -> tuple[Syntax, ...]:
    """The two factors over 2."""
    above, below = (
        child.children[0] if child.kind == "group" else child for child in node.children
    )
    if above.kind != "binary" or above.value != "*" or below.value != 2:
        raise _no_triangle(node)
    return above.children


def _triangle(node: Syntax, one: Dim, two: Dim) -> Dim:
    """n(n + 1)/2 of n and n + 1, in either order."""
    for side, more in ((one, two), (two, one)):
        if (side + ONE).folded == more.folded:
            return Dim.triangle(side)
    raise _no_triangle(node)


def _no_triangle(node: Syntax) -> MatcalcError:
    message = f"{node.text} is no dimension: the one quotient among them is n*(n + 1)//2"
    return MatcalcError("syntax", message, node)
