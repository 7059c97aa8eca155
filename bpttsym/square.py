"""Traces, determinants and inverses of square matrices by sums and products alone (a part of the evaluator).

The coefficients of the characteristic polynomial and the adjugate are those of Faddeev and LeVerrier: they divide by
whole numbers only, so that they are exact in a field, and derivatives pass through them as through any product.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bpttsym.arithmetic import show
from bpttsym.expr import Call, Expr
from bpttsym.reckoner import Reckoner
from bpttsym.shapes import ShapeClash
from bpttsym.world import V


class SquareMatrices:
    """What a world knows of square matrices by its own sums and products.

    If no minor that stands in a denominator is zero, ``inverse(A) A`` is the identity; ``determinant`` is a polynomial.
    """

    def inverse(self, value: V) -> V:
        """The inverse of a square matrix."""
        adjugate, last = _adjugate(self, value)
        return self.scale(self.negate(self.reciprocal(last)), adjugate)  # type: ignore[attr-defined]

    def determinant(self, value: V) -> V:
        """The determinant, 1 by 1."""
        last = _adjugate(self, value)[1]
        size = self.shape(value)[0]  # type: ignore[attr-defined]
        return self.negate(last) if size % 2 else last  # type: ignore[attr-defined]


def _adjugate(world: V, value: V) -> tuple[V, V]:
    """The last matrix of the recursion and the last coefficient of the characteristic polynomial."""
    size = world.shape(value)[0]
    current = world.identity(size)
    for step in range(1, size + 1):
        product = world.matrix_product(value, current)
        coefficient = world.scale(world.number(Fraction(-1, step)), diagonal_sum(world, product))
        if step == size:
            return current, coefficient
        current = world.add(product, world.scale(coefficient, world.identity(size)))
    raise AssertionError("a matrix has rows")


def diagonal_sum(world: V, value: V) -> V:
    """The trace, 1 by 1."""
    total = world.entry(value, 0, 0)
    for place in range(1, world.shape(value)[0]):
        total = world.add(total, world.entry(value, place, place))
    return total


def of_square(reckoner: Reckoner, node: Call, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """The trace or the determinant of a square matrix."""
    world = reckoner.world
    value = reckoner.value(node.arguments[0], bindings, bound)
    check_square(reckoner, value, "trace" if node.function == r"\mathrm{tr}" else "determinant", node)
    return diagonal_sum(world, value) if node.function == r"\mathrm{tr}" else world.determinant(value)


def check_square(reckoner: Reckoner, value: V, what: str, expr: Expr) -> None:
    """Raise ShapeClash unless a matrix is square."""
    rows, columns = reckoner.world.shape(value)
    if rows != columns:
        raise ShapeClash(f"a matrix {show((rows, columns))} has no {what}", expr.span)
