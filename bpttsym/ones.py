r"""Vectors of ones, whose size their surroundings give (a part of the evaluator).

\mathbf{1}^\top v    A \mathbf{1}    X W + \mathbf{1} b, a bias for each sample of a batch
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise

from bpttsym.arithmetic import product, show
from bpttsym.errors import NotRead
from bpttsym.expr import Expr, Multiply, Negate, Ones, Transpose
from bpttsym.reckoner import Reckoner
from bpttsym.shapes import ShapeClash
from bpttsym.world import V, World


def is_ones(factor: Expr) -> bool:
    """Whether it is a vector of ones, a column or a row."""
    return isinstance(factor.body if isinstance(factor, Transpose) else factor, Ones)


def ones(
    reckoner: Reckoner, factors: tuple[Expr, ...], position: int, bindings: Mapping[str, int], bound: frozenset[str]
) -> V:
    r"""The ones of ``\mathbf{1}^\top v`` and of ``A \mathbf{1}``: as many as the neighbour asks for."""
    world, flipped = reckoner.world, isinstance(factors[position], Transpose)
    near = position + 1 if flipped else position - 1
    size = 1
    if 0 <= near < len(factors) and not is_ones(factors[near]) and not reckoner.is_identity(factors[near]):
        size = world.shape(reckoner.value(factors[near], bindings, bound))[0 if flipped else 1]
    if size == 1:
        raise NotRead("the size of this vector of ones is not known", factors[position].span)
    return _filled(world, (1, size) if flipped else (size, 1))


def is_repeated(term: Expr) -> bool:
    r"""``\mathbf{1} b`` and ``b \mathbf{1}^\top``, where nothing beside the ones says how many there are."""
    inner = term.body if isinstance(term, Negate) else term
    if not isinstance(inner, Multiply) or any(inner.operators):
        return False
    first, last = inner.factors[0], inner.factors[-1]
    before, after = isinstance(first, Ones), isinstance(last, Transpose) and isinstance(last.body, Ones)
    return before != after and sum(map(is_ones, inner.factors)) == 1


def add_repeated(
    reckoner: Reckoner, total: V, terms: Iterable[Expr], bindings: Mapping[str, int], bound: frozenset[str]
) -> V:
    """A sum and, added to each of its rows or columns, the vectors that stand beside ones."""
    world = reckoner.world
    rows, columns = shape = world.shape(total)
    for term in terms:
        inner = term.body if isinstance(term, Negate) else term
        assert isinstance(inner, Multiply)
        down = isinstance(inner.factors[0], Ones)
        rest = inner.factors[1:] if down else inner.factors[:-1]
        value = reckoner.value(rest[0], bindings, bound)
        for before, factor in pairwise(rest):
            value = product(
                world, reckoner.readings, value, reckoner.value(factor, bindings, bound), "", before, factor
            )
        if (rows if down else columns) == 1:
            raise NotRead("the size of this vector of ones is not known", term.span)
        if world.shape(value) != ((1, columns) if down else (rows, 1)):
            what = "row" if down else "column"
            raise ShapeClash(f"{show(world.shape(value))} is no {what} of {show(shape)}", term.span)
        beside = _filled(world, (rows, 1) if down else (1, columns))
        value = world.matrix_product(beside, value) if down else world.matrix_product(value, beside)
        total = world.add(total, world.negate(value) if inner is not term else value)
    return total


def _filled(world: World, shape: tuple[int, int]) -> V:
    return world.broadcast(world.number(Fraction(1)), shape)
