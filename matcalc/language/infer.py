"""Syntax tree to typed tree: every name gets its meaning, every dimension its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product

from matcalc.errors import MatcalcError
from matcalc.language.differentials import conform
from matcalc.language.dimensions import ONE, SPECIAL, Dim
from matcalc.language.elaborate import Elaborator
from matcalc.language.layouts import arranged_dims, is_row
from matcalc.language.scope import Scope
from matcalc.language.syntax import Declaration, Problem, Syntax
from matcalc.language.typed import Typed, TypedProblem, Variable, postorder

MOST_ATTEMPTS = 200
MOST_CHARACTERS = 400_000
_NAMES = "mnpqklrstuvw"


def infer(
    problem: Problem, lets: tuple[Declaration, ...] = (), layout: str = "jacobian"
) -> TypedProblem:
    """The typed problem, in the scope of the declarations of earlier `let` lines, its claim in the layout.

    Raises MatcalcError: shape, name, syntax (arguments), unsupported, limit.

    >>> from matcalc.language.parse import parse_line
    >>> infer(parse_line("d(A@B)/dA")).variables
    (Variable(A: m, n), Variable(B: n, p))
    """
    problem = _quotient_read(problem, lets)
    scope = Scope(problem, lets)
    run, expression, claim = _attempts(scope, problem, layout)
    return _finished(scope, run, expression, claim)


def _quotient_read(problem: Problem, lets: tuple[Declaration, ...]) -> Problem:
    """df/dx of a definition f is d(f)/dx, as on paper, where neither df nor dx is declared."""
    root = problem.expression
    if root.kind != "binary" or root.value != "/":
        return problem
    above, below = root.children
    if above.kind != "name" or below.kind != "name":
        return problem
    given = {d.name.text: d for d in (*lets, *problem.declarations)}
    numerator, denominator = str(above.value), str(below.value)
    f = given.get(numerator[1:])
    if numerator[0] != "d" or f is None or f.definition is None or numerator in given:
        return problem
    if denominator[0] != "d" or len(denominator) < 2 or denominator in given:
        return problem
    name = Syntax("name", (), numerator[1:], above.source, above.start + 1, above.end)
    words = (1, (denominator,))
    derivative = Syntax("derivative", (name,), words, root.source, root.start, root.end)
    return Problem(problem.source, derivative, problem.claim, problem.declarations)


def _attempts(
    scope: Scope, problem: Problem, layout: str
) -> tuple[Elaborator, Typed, Typed | None]:
    """With the orders that case suggests, else with the fewest changes of them that fit."""
    if not scope.undeclared:
        return _attempt(scope, problem, layout, {})
    first: MatcalcError | None = None
    attempts = min(MOST_ATTEMPTS, 1 + MOST_CHARACTERS // (1 + len(problem.source.text)))
    tried = _orders(list(scope.undeclared), _orders_shown(problem))
    for orders, _ in zip(tried, range(attempts), strict=False):
        try:
            return _attempt(scope, problem, layout, orders)
        except MatcalcError as error:
            first = first or error
            if error.kind not in ("shape", "unsupported"):
                break
    assert first is not None
    raise first


def _attempt(
    scope: Scope, problem: Problem, layout: str, orders: dict[str, int]
) -> tuple[Elaborator, Typed, Typed | None]:
    run = Elaborator(scope, orders)
    expression = run.elaborate(problem.expression)
    claim = None if problem.claim is None else run.elaborate(problem.claim)
    if claim is not None:
        like_the_answer(run, claim, arranged_dims(expression, layout), layout)
    if run.differentials:
        conform(run)
    run.unifier.settle()
    return run, expression, claim


def like_the_answer(run: Elaborator, claim: Typed, wanted: tuple[Dim, ...], layout: str) -> None:
    """What the claim leaves open is as in the answer, whose dimensions in the layout these are, where that fits."""
    given = arranged_dims(claim, layout)
    if layout == "vec" and len(given) == 1 and len(wanted) == 2:
        size, one = wanted[::-1] if is_row(claim, layout) else wanted
        wanted = (size,) if one is ONE else wanted
    if len(given) != len(wanted):
        return
    unifier = run.unifier
    unknowns = dict.fromkeys(name for dim in wanted for name in unifier.resolve(dim).unknowns)
    saved = unifier.snapshot()
    fits = all(map(unifier.unify, given, wanted))
    if fits and layout != "jacobian":
        # the axes of a wrong claim may fit at a few sizes alone: m*n = 1, m = n
        found = {unifier.resolve(Dim.named(name)) for name in unknowns}
        fits = len(found) == len(unknowns) and all(dim.name is not None for dim in found)
    if not fits:
        unifier.restore(saved)


def _orders_shown(problem: Problem) -> dict[str, int]:
    """Numbers of axes that a bracket of letters or a specification of einsum says: T[i,j,k]."""
    shown: dict[str, int] = {}
    stack = [problem.expression, *([] if problem.claim is None else [problem.claim])]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        if node.kind == "index" and node.children[0].kind == "name":
            shown.setdefault(node.children[0].value, len(node.value))
        elif node.kind == "call" and node.value == "einsum" and node.children:
            text = node.children[0].value.split("->")[0]
            for letters, operand in zip(text.split(","), node.children[1:], strict=False):
                if operand.kind == "name":
                    shown.setdefault(str(operand.value), len(letters.strip()))
    return shown


def _orders(names: list[str], shown: dict[str, int]) -> Iterator[dict[str, int]]:
    """Numbers of axes for the names: by case, then with one change, two, ..., likelier ones first."""
    choices = {
        name: (shown[name],) * 3 if name in shown else (2, 1, 0) if name[0].isupper() else (1, 0, 2)
        for name in names
    }
    default = {name: orders[0] for name, orders in choices.items()}
    for count in range(len(names) + 1):
        for ranks in sorted(product((1, 2), repeat=count), key=sum):
            for changed in combinations(names, count):
                yield {
                    **default,
                    **{name: choices[name][k] for name, k in zip(changed, ranks, strict=True)},
                }


def _finished(
    scope: Scope, run: Elaborator, expression: Typed, claim: Typed | None
) -> TypedProblem:
    """Unknowns that are left get names, and what is known is put in everywhere."""
    found = run.variables
    variables = tuple([found[name] for name in scope.declared if name in found])
    if len(found) > len(variables):
        names = dict.fromkeys([*scope.undeclared, *found])
        variables += tuple(
            [found[name] for name in names if name in found and found[name].inferred]
        )
    definitions = {
        name: run.definitions[name] for name in scope.declared if name in run.definitions
    }
    claims = () if claim is None else (claim,)
    if run.unifier.count:
        nodes = postorder(expression, *claims, *run.definitions.values())
        taken = {*scope.sizes, *scope.declared, *scope.undeclared}
        sizes = _names(put_in(run, variables, nodes, taken))
    else:
        sizes = _names([dim for variable in variables for dim in variable.dims])
        if not scope.sizes.keys() <= sizes.keys():
            # other names than those of the variables' dimensions stand in a term
            nodes = postorder(expression, *claims, *run.definitions.values())
            sizes = _names(_dims(variables, nodes))
    return TypedProblem(
        expression,
        claim,
        variables,
        run.functions,
        definitions,
        tuple(sizes),
        run.unifier.rigid or run.pinned,
    )


def put_in(
    run: Elaborator, variables: tuple[Variable, ...], nodes: list[Typed], taken: set[str]
) -> Iterable[Dim]:
    """Replace each unknown in the variables and nodes, which are not shared yet, by what is known.

    What it gives are the dimensions that there are then, in order of appearance.
    """
    resolve = run.unifier.resolve
    known = {dim: resolve(dim) for dim in dict.fromkeys(_dims(variables, nodes))}
    free = dict.fromkeys([unknown for dim in known.values() for unknown in dim.unknowns])
    if free:
        names = _free_names(len(free), taken)
        for unknown, name in zip(free, names, strict=True):
            run.unifier.known[unknown] = Dim.named(name)
        named = {dim: resolve(dim) for dim in dict.fromkeys(known.values())}
        known = {dim: named[found] for dim, found in known.items()}
    for variable in variables:
        variable.dims = tuple([known[dim] for dim in variable.dims])
    for node in nodes:
        if node.dims:
            node.dims = tuple([known[dim] for dim in node.dims])
        if node.op == "constant":
            name, params = node.data
            node.data = (name, tuple(p if isinstance(p, int) else known[p] for p in params))
    return known.values()


def _dims(variables: tuple[Variable, ...], nodes: list[Typed]) -> list[Dim]:
    """Every dimension of the variables and nodes, then those in the data of the nodes."""
    dims: list[Dim] = []
    for variable in variables:
        dims += variable.dims
    for node in nodes:
        dims += node.dims
    for node in nodes:
        if node.op == "size":
            dims.append(node.data)
        elif node.op == "constant":
            _, params = node.data
            dims += [param for param in params if isinstance(param, Dim)]
    return dims


def _free_names(count: int, taken: set[str]) -> list[str]:
    if count == 1 and "n" not in taken:
        return ["n"]
    names = [name for name in _NAMES if name not in taken]
    number = 1
    while len(names) < count:
        if f"n{number}" not in taken:
            names.append(f"n{number}")
        number += 1
    return names[:count]


def _names(dims: Iterable[Dim]) -> dict[str, None]:
    """The names in dimensions, in order of appearance."""
    names: dict[str, None] = {}
    for dim in dict.fromkeys(dims):
        if dim.name is not None:
            names[dim.name] = None
            continue
        words = [name for monomial, _ in dim.terms for name in monomial]
        sides = [name for side in dim.sides for name in sorted(side.names)]
        for name in (*sides, *words):
            if name[0] not in SPECIAL:
                names[name] = None
    return names
