r"""Definitions of numbers in which a product of vectors means the inner product (a part of shapes).

-y \log \hat{y}    (y - \hat{y})^2
"""

from __future__ import annotations

from collections.abc import Callable

from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Sum,
    Symbol,
    Transpose,
    integer,
    walk,
)
from bpttsym.memo import of_node
from bpttsym.records import replace
from bpttsym.rewriting import transform
from bpttsym.shape_words import ELEMENTWISE
from bpttsym.weight_shapes import is_capital


def scalar_form(body: Expr, is_vector: Callable[[Expr], bool]) -> Expr:
    """A definition of a number in which products and squares of vectors mean the inner product.

    ``-y \\log\\hat{y}`` becomes ``-y^T \\log\\hat{y}`` and ``(y - \\hat{y})^2`` the squared norm.
    """
    match body:
        case Negate(inner):
            return Negate(scalar_form(inner, is_vector), span=body.span)
        case Add(terms):
            return Add(tuple(scalar_form(term, is_vector) for term in terms), span=body.span)
        case Sum(inner):
            return replace(body, body=scalar_form(inner, is_vector))
        case Power(Call("abs", (inner,)), Number(value)) if value == 2:
            return scalar_form(Power(inner, integer(2), span=body.span), is_vector)
        case Power(base, Number(value)) if value == 2 and is_vector(base):
            return Power(Norm(base), integer(2), span=body.span)
        case Multiply(factors, operators):
            return _inner_product(body, factors, operators, is_vector)
        case _:
            return body


def _inner_product(
    body: Multiply, factors: tuple[Expr, ...], operators: tuple[str, ...], is_vector: Callable[[Expr], bool]
) -> Expr:
    changed = list(factors)
    for position, factor in enumerate(factors):
        if position + 1 < len(factors) and operators[position] in ("", r"\cdot", "*", r"\times"):
            if is_vector(factor) and is_vector(factors[position + 1]):
                changed[position] = Transpose(factor, span=factor.span)
                return Multiply(tuple(changed), body.operators, span=body.span)
        changed[position] = scalar_form(factor, is_vector)
    return Multiply(tuple(changed), body.operators, span=body.span)


@of_node
def is_batch(expr: Expr) -> bool:
    r"""Whether each entry is that of a state or a function of it, as in ``1 - H_t \odot H_t``: no matrix is applied."""
    match expr:
        case Symbol(_, index):
            return bool(index)
        case Negate(body) | Power(body, Number()):
            return is_batch(body)
        case Multiply(factors, operators):
            if set(operators) <= {r"\odot", r"\circ"}:
                return all(map(is_batch, factors))
            return len(factors) == 2 and isinstance(factors[0], Number) and is_batch(factors[1])
        case Call(function, (body,)):
            return function in ELEMENTWISE and is_batch(body)
        case Add(terms):
            return all(isinstance(term, Number) or is_batch(term) for term in terms)
        case _:
            return False


def is_penalty(node: Expr) -> bool:
    r"""``\lVert W \rVert^2`` of a matrix: a penalty on its entries, for nobody squares a spectral norm in a loss.

    So is that of a batch, ``\\lVert O_t - Y_t \\rVert^2``.
    """
    match node:
        case Power(Norm(Symbol(name, ()), ""), Number(value)):
            return value == 2 and is_capital(name)
        case Power(Norm(body, ""), Number(value)):
            leaves = [part for part in walk(body) if isinstance(part, Symbol) and part.index]
            return value == 2 and is_batch(body) and all(is_capital(leaf.name) for leaf in leaves)
        case _:
            return False


def with_penalties(body: Expr) -> Expr:
    """A formula in which the squared norm of a matrix is that of its entries."""

    def change(node: Expr) -> Expr:
        if is_penalty(node) and isinstance(node, Power) and isinstance(node.base, Norm):
            return Power(Norm(node.base.body, "F", span=node.base.span), node.exponent, span=node.span)
        return node

    return transform(body, change)
