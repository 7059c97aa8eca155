"""Sizes of products where the definitions write states as rows, or as batches of rows (a part of shapes)."""

from __future__ import annotations

from bpttsym.entry_shapes import Dimensions, Inference, join_sums, settled
from bpttsym.expr import Expr


def multiply_rows(sizes: Inference, factors: tuple[Expr, ...], operators: tuple[str, ...]) -> Dimensions:
    """A product in which rows stand on the left: a parameter on the right of a row is a matrix."""
    left = settled(sizes, factors[0])
    for factor, operator in zip(factors[1:], operators, strict=True):
        right = sizes.infer(factor, None)
        if operator in (r"\odot", r"\circ") and not sizes.is_one(left):
            left = left if right is not None and sizes.is_one(right) else sizes.same(left, right or left)
            sizes.expect(factor, left if right is None else right)
            continue
        if right is None:
            right = (left[1], sizes.fresh())
            sizes.expect(factor, right)
        if sizes.is_one(left) or sizes.is_one(right):
            left = right if sizes.is_one(left) else left
        elif sizes.find(left[0]) == sizes.find(right[0]) == 0:
            left = sizes.same(left, right)
        else:
            join_sums(sizes, left[1], right[0])
            sizes.unify(left[1], right[0])
            left = (left[0], right[1])
    return left
