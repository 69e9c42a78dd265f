"""How far a claim is off that no single edit corrects: by a few terms, or at the smallest point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.diagnose.bench import close
from matcalc.diagnose.rewrite import (
    PRODUCT,
    SUM,
    Chain,
    chain,
    inside,
    level,
    negated,
    number,
    render,
    scaled,
)
from matcalc.forms.matrix import matrix_form
from matcalc.language.parse import parse_expression
from matcalc.printers.text import to_text
from matcalc.rational import quotient
from matcalc.tensor.nodes import Node, Variable, postorder
from matcalc.trust import evaluate_graph
from matcalc.trust.field import Field, Inexact, Mismatch, Retry, SplitMix, TooLarge, mix
from matcalc.trust.sample import Point
from matcalc.trust.survey import Survey
from matcalc.trust.tensors import Tensor

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.diagnose.bench import Bench
    from matcalc.language.dimensions import Dim
    from matcalc.language.syntax import Syntax

LONGEST_DIFFERENCE = 60
_MOST_SHOWN = 8
"""Entries of a tensor of a counterexample."""


def difference(
    found: Derivation, bench: Bench, claim: Syntax, node: Node, answer: str | None
) -> tuple[str, str] | None:
    """The terms that are missing, where they are few, or what half of the claim should be; and the
    claim with them."""
    if node.order > 2 or node.dims != found.arranged.dims or answer is None:
        return None
    for factor in (1, quotient(1, 2)):
        part = claim if factor == 1 else scaled(number(factor), claim)
        left = found.builder.add((1, -factor), (found.arranged, node), node.dims)
        form = matrix_form(left)
        if form is None or len(text := to_text(form)) > min(LONGEST_DIFFERENCE, len(answer)):
            continue
        missing = parse_expression(text)
        tree = _sum(part, chain(missing, SUM))
        if len(chain(missing, SUM).operands) > 2 or not bench.right(tree):
            continue
        if factor != 1:
            return f"only half of it is right, the other half should be {text}", render(tree)
        if level(missing) == SUM:
            return f"the answer less the claim is {text}", render(tree)
        return f"the term {text} is missing", render(tree)
    return None


def _sum(claim: Syntax, terms: Chain) -> Syntax:
    whole = chain(inside(claim), SUM)
    operands, operators = list(whole.operands), list(whole.operators)
    for operator, operand in zip(terms.operators, terms.operands, strict=True):
        product = chain(operand, PRODUCT)
        if level(operand) != SUM and product.operands[0].kind == "unary":
            operand = product.replaced(0, negated(product.operands[0]))
            operator = "-" if operator == "+" else "+"
        operands.append(operand)
        operators.append(operator)
    return Chain(operands, operators).tree


def counterexample(found: Derivation, node: Node) -> str | None:
    """Small whole numbers where the two differ, at sizes 1 and then 2."""
    survey = Survey()
    survey.add_graph(found.arranged)
    survey.add_graph(node)
    variables = {
        n.name: n for n in postorder(found.arranged, node) if isinstance(n, Variable) and n.name != "⋆"
    }  # fmt: skip
    if any(v.operands for v in variables.values()) or found.typed.functions:
        return None
    for size in (1, 2):
        sizes = {
            name: int(name[1:]) if name.startswith("#") else max(size, survey.least.get(name, 1))
            for name in survey.names
        }
        if any(number > 3 for number in sizes.values()):
            return None
        shown = _differing(found, node, variables, sizes)
        if shown is not None:
            return shown
    return None


def _differing(
    found: Derivation, node: Node, variables: dict[str, Variable], sizes: dict[str, int]
) -> str | None:
    for seed in range(6):
        point = Point(Field(0, 100_000), sizes, seed)
        given = {
            name: _small(point, name, v.dims, v.attributes, seed) for name, v in variables.items()
        }
        if any(tensor is None for tensor in given.values()):
            return None
        with point.replaced({name: tensor for name, tensor in given.items() if tensor is not None}):
            try:
                right = evaluate_graph.evaluate(found.arranged, point)
                wrong = evaluate_graph.evaluate(node, point)
            except (Retry, Mismatch, Inexact, TooLarge, OverflowError, ZeroDivisionError):
                continue
        if close(right.parts[0], wrong.parts[0]) or len(right.parts[0]) > _MOST_SHOWN:
            continue
        where = ", ".join(f"{name} = {_shown(t)}" for name, t in given.items() if t is not None)
        text = f"the answer is {_shown(right)}, the claim {_shown(wrong)}"
        return f"at {where} {text}" if where else text
    return None


def _small(
    point: Point, name: str, dims: tuple[Dim, ...], attributes: tuple[str, ...], seed: int
) -> Tensor | None:
    """Entries from 1 to 3, later quarters; of a structured matrix, multiples of the identity."""
    shape = point.shape(dims)
    rng = SplitMix(mix(seed, name))
    count = 1
    for n in shape:
        count *= n
    if count > _MOST_SHOWN:
        return None
    entries = [(1 + rng.next() % 3) / (1 if seed < 3 else 4) for _ in range(count)]
    structured = set(attributes) - {"positive"}
    if structured:
        if structured & {"skew", "orthogonal"}:
            return None
        n = shape[0]
        entries = [entries[0] if i == j else 0.0 for i in range(n) for j in range(n)]
    return Tensor(shape, {0: entries})


def _shown(tensor: Tensor) -> str:
    return _entries(tensor.parts[0], tensor.shape)


def _entries(entries: list[float], shape: tuple[int, ...]) -> str:
    if not shape:
        return f"{round(entries[0], 10) + 0.0:.4g}"
    step = len(entries) // shape[0]
    rows = [_entries(entries[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]
    return f"[{', '.join(rows)}]"
