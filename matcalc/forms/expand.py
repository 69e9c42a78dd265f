"""A product of tensors of three axes and more, multiplied out as far as matrix forms need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.tensor.nodes import Add, Einsum, Indices, Node

if TYPE_CHECKING:
    from matcalc.rational import Rational

MOST_PRODUCTS = 16
MOST_FACTORS = 400


class Product:
    """coefficient · Σ factors, each with the numbers of its indices, over what `output` lacks."""

    __slots__ = ("coefficient", "factors", "output")

    def __init__(
        self,
        coefficient: Rational,
        factors: tuple[tuple[Node, Indices], ...],
        output: Indices,
    ) -> None:
        self.coefficient = coefficient
        self.factors = factors
        self.output = output


def expanded(node: Einsum) -> list[Product]:
    """The products whose sum a node is, without a sum or product of order 3 and more in them.

    Such factors are of no matrix form themselves, while the products may have one: the fused axes
    of vec stand outside of the sum.  Stops at MOST_PRODUCTS, and at MOST_FACTORS in one.
    """
    todo = [Product(1, tuple(zip(node.operands, node.inputs, strict=True)), node.output)]
    done: list[Product] = []
    while todo:
        product = todo.pop()
        place = next(
            (
                at
                for at, (factor, _) in enumerate(product.factors)
                if factor.order > 2 and _can_be_replaced(factor)
            ),
            None,
        )
        many = len(todo) + len(done) > MOST_PRODUCTS or len(product.factors) > MOST_FACTORS
        if place is None or many:
            done.append(product)
        else:
            todo.extend(reversed(_replaced(product, place)))
    return done


def _can_be_replaced(factor: Node) -> bool:
    return isinstance(factor, Add) or (
        isinstance(factor, Einsum) and len(set(factor.output)) == len(factor.output)
    )


def _replaced(product: Product, place: int) -> list[Product]:
    factor, indices = product.factors[place]
    before, after = product.factors[:place], product.factors[place + 1 :]
    if isinstance(factor, Add):
        return [
            Product(
                product.coefficient * coefficient,
                (*before, (operand, indices), *after),
                product.output,
            )
            for coefficient, operand in zip(factor.coefficients, factor.operands, strict=True)
        ]
    assert isinstance(factor, Einsum)
    start = 1 + max(index for _, numbers in product.factors for index in numbers)
    names = dict(zip(factor.output, indices, strict=True))
    inner = []
    for operand, numbers in zip(factor.operands, factor.inputs, strict=True):
        for number in numbers:
            names.setdefault(number, start + len(names))
        inner.append((operand, tuple(names[number] for number in numbers)))
    return [Product(product.coefficient, (*before, *inner, *after), product.output)]
