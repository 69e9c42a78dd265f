"""The typed tree: every name resolved, every dimension known, index notation turned into `einsum`.

It is a graph rather than a tree: a definition is one object however often it is used, so walk it
with `postorder`, never by recursion.  Ops of `Typed`, with `data` and children (dims in brackets):

    number      Rational                        ()
    size        Dim, a dimension used as value  ()
    variable    Variable                        ()
    constant    (name, params)                  ()      eye (n,) / ones, zeros dims / e (i, n) / K (m, n) /
                                                        duplication (n,) / pi (); params are int or Dim
    add         signs, a tuple of 1 and -1      terms; each has the dims of the sum, or is a scalar
    hadamard    None                            (left, right), equal dims, or one a scalar
    divide      None                            (left, right), equal dims, or one a scalar
    matmul      "matrix" [m,n][n,p]  "vector" [m,n][n]  "covector" [m][m,n]  "inner" [n][n]  "outer" [m][n]
                                                (left, right)
    frobenius   None                            (left, right), equal dims
    kron        None                            (left, right); a vector is a column, a row vector a row
    khatrirao   None                            (left, right)
    outer       None                            (left, right), any orders
    star        None                            (left, right), the unnamed bilinear product
    einsum      (inputs, output)                operands; letters as strings; a letter that only the output
                                                has is broadcast along (its size is in dims)
    transpose   None                            (operand,), of order 1 (changes `row` alone) or 2
    power       None                            (base, exponent), entry by entry, equal dims or a scalar
    matpower    int, or None                    (base,) or, the exponent a scalar, (base, exponent)
    call        (function, params)              arguments; the canonical name in FUNCTIONS, or a declared
                                                elementwise function; params as pairs: (("axis", 0),)
    derivative  Variable                        (operand,); dims are the operand's, then the variable's
    differential None                           (operand,); D(F)

`row` is true of a vector that lies: x'.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matcalc.language.dimensions import Dim
from matcalc.language.syntax import Syntax


class Variable:
    """A declared or inferred tensor.

    `attributes` are sorted; `depends` are the variables that it is an unspecified function of;
    `inferred` says that the user did not declare it.
    """

    __slots__ = ("attributes", "depends", "dims", "inferred", "name")

    def __init__(
        self,
        name: str,
        dims: tuple[Dim, ...],
        attributes: tuple[str, ...] = (),
        depends: tuple[Variable, ...] = (),
        inferred: bool = False,
    ) -> None:
        self.name = name
        self.dims = dims
        self.attributes = attributes
        self.depends = depends
        self.inferred = inferred

    def __repr__(self) -> str:
        return f"Variable({self.name}: {', '.join(map(str, self.dims))})"


class Typed:
    """A node of the typed tree."""

    __slots__ = ("below", "children", "data", "dims", "op", "row", "syntax")

    def __init__(
        self,
        op: str,
        children: tuple[Typed, ...],
        data: Any,
        dims: tuple[Dim, ...],
        syntax: Syntax | None = None,
        row: bool = False,
    ) -> None:
        self.op = op
        self.children = children
        self.data = data
        self.dims = dims
        self.syntax = syntax
        self.row = row
        self.below: tuple[Typed, ...] | None = None
        """What `postorder` found below it: the children of a node do not change."""

    def __repr__(self) -> str:
        return f"Typed({self.op}, {self.data!r}, {self.dims})"


LINEAR_STRUCTURE = {
    "symmetric": "symmetric",
    "posdef": "symmetric",
    "skew": "skew",
    "diagonal": "diagonal",
    "lower": "lower",
    "upper": "upper",
}
"""The structure of the differential of a variable with a structure, where it is a linear space."""


def linear_structure(attributes: Iterable[str]) -> tuple[str, ...]:
    """The attributes of dX by those of X.

    >>> linear_structure(("posdef", "positive", "symmetric"))
    ('symmetric',)
    """
    return tuple(dict.fromkeys(LINEAR_STRUCTURE[a] for a in attributes if a in LINEAR_STRUCTURE))


class TypedProblem:
    """A problem, inferred.

    `variables` are the tensors of the problem in the order of declaration, then of appearance,
    unused ones too; `functions` the names declared elementwise; `definitions` the definitions by
    name, in order; `sizes` the dimension names, in order of appearance; `rigid` is true when the
    shapes agree only at the literal sizes given (200 against 10·20), which then cannot be varied.
    """

    __slots__ = (
        "claim",
        "definitions",
        "expression",
        "functions",
        "rigid",
        "sizes",
        "variables",
    )

    def __init__(
        self,
        expression: Typed,
        claim: Typed | None,
        variables: tuple[Variable, ...],
        functions: tuple[str, ...],
        definitions: dict[str, Typed],
        sizes: tuple[str, ...],
        rigid: bool,
    ) -> None:
        self.expression = expression
        self.claim = claim
        self.variables = variables
        self.functions = functions
        self.definitions = definitions
        self.sizes = sizes
        self.rigid = rigid


def literals_of(problem: TypedProblem) -> frozenset[str]:
    """The names of the literal sizes that stand in a problem, the claim left out."""
    dims = [dim for variable in problem.variables for dim in variable.dims]
    for node in postorder(problem.expression, *problem.definitions.values()):
        dims += node.dims
        if isinstance(node.data, Dim):
            dims.append(node.data)
        elif node.op == "constant":
            dims += [param for param in node.data[1] if isinstance(param, Dim)]
    return frozenset().union(*[dim.literals for dim in dict.fromkeys(dims)])


def fold_literals(problem: TypedProblem) -> None:
    """Make literal sizes plain numbers throughout, for a problem whose shapes agree only by their values."""
    claim = () if problem.claim is None else (problem.claim,)
    variables: list[Variable] = list(problem.variables)
    for node in postorder(problem.expression, *claim, *problem.definitions.values()):
        node.dims = tuple(dim.folded for dim in node.dims)
        if isinstance(node.data, Dim):
            node.data = node.data.folded
        elif node.op == "constant" and isinstance(node.data, tuple):
            name, params = node.data
            node.data = (name, tuple(p.folded if isinstance(p, Dim) else p for p in params))
        elif isinstance(node.data, Variable):
            variables.append(node.data)
    for variable in variables:
        for each in (variable, *variable.depends):
            each.dims = tuple(dim.folded for dim in each.dims)


def postorder(*roots: Typed) -> list[Typed]:
    """Every node below the roots once, children before parents, without recursion.

    >>> leaf = Typed("number", (), 1, ())
    >>> [node.op for node in postorder(Typed("add", (leaf, leaf), (1, 1), ()))]
    ['number', 'add']
    """
    lone = roots[0] if len(roots) == 1 else None
    if lone is not None and lone.below is not None:
        return [*lone.below, lone]
    # what stands in several places is walked in each: few do, where the nodes are few
    order: list[Typed] = []
    stack = [*roots]
    for _ in _FEW:
        if not stack:
            order.reverse()
            found = list(dict.fromkeys(order))
            if lone is not None:
                lone.below = tuple(found[:-1])
            return found
        node = stack.pop()
        order.append(node)
        stack += node.children
    return _postorder(roots)


_FEW = range(200)


def _postorder(roots: tuple[Typed, ...]) -> list[Typed]:
    """The same, of any number of nodes: what was walked is not walked again."""
    order: list[Typed] = []
    seen: set[int] = set()
    # what is below a mark waits for its children, which are above it
    stack: list[Typed | None] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None:
            node = stack.pop()
            assert node is not None
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            if node.children:
                stack += (node, None, *node.children[::-1])
            else:
                order.append(node)
    return order
