r"""Identities and vectors of ones, whose size their surroundings give (a part of the evaluator).

J - I    \mathbf{1}^\top v    A \mathbf{1}    X W + \mathbf{1} b, a bias for each sample of a batch
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise

from bpttsym.arithmetic import product, show, total_of
from bpttsym.errors import NotRead
from bpttsym.expr import Add, Divide, Expr, Multiply, Negate, Ones, Symbol, Transpose, children, walk
from bpttsym.memo import of_node
from bpttsym.reckoner import Reckoner
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.weight_shapes import IDENTITIES
from bpttsym.world import CannotSay, V, World


@of_node
def holds_sizeless(expr: Expr) -> bool:
    """Whether an identity or a vector of ones may stand anywhere inside: what has no size by itself."""
    if isinstance(expr, Symbol):
        return expr.name in IDENTITIES
    for child in children(expr):
        if holds_sizeless(child):
            return True
    return isinstance(expr, Ones)


def is_ones(factor: Expr) -> bool:
    """Whether it is a vector of ones, a column or a row."""
    return isinstance(factor.body if isinstance(factor, Transpose) else factor, Ones)


def ones(
    reckoner: Reckoner, factors: tuple[Expr, ...], position: int, bindings: Mapping[str, int], bound: frozenset[str]
) -> V:
    r"""The ones of ``\mathbf{1}^\top v`` and of ``A \mathbf{1}``: as many as the neighbour asks for.

    A column beside a row of ones is as long as it: ``\mathbf{1} \mathbf{1}^\top v`` is square.
    """
    world, flipped = reckoner.world, isinstance(factors[position], Transpose)
    size = 1
    for near, side in _neighbours(factors, position, flipped):
        known = 0 <= near < len(factors) and not is_ones(factors[near]) and not reckoner.is_identity(factors[near])
        if known and size == 1:
            size = world.shape(reckoner.value(factors[near], bindings, bound))[side]
    if size == 1:
        raise NotRead("the size of this vector of ones is not known", factors[position].span)
    return _filled(world, (1, size) if flipped else (size, 1))


def _neighbours(factors: tuple[Expr, ...], position: int, flipped: bool) -> list[tuple[int, int]]:
    """The factors that say how many ones there are, each with its rows (0) or columns (1)."""
    found = [(position + 1, 0) if flipped else (position - 1, 1)]
    other = position - 1 if flipped else position + 1
    if 0 <= other < len(factors) and is_ones(factors[other]) and isinstance(factors[other], Transpose) != flipped:
        found.append((position - 2, 1) if flipped else (position + 2, 0))
    return found


def is_repeated(reckoner: Reckoner, term: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> bool:
    r"""``\mathbf{1} b``, ``b \mathbf{1}^\top`` and ``\mu \mathbf{1}``: nothing beside the ones says how many."""
    inner = term.body if isinstance(term, Negate) else term
    if not isinstance(inner, Multiply) or any(inner.operators) or sum(map(is_ones, inner.factors)) != 1:
        return False
    first, last = inner.factors[0], inner.factors[-1]
    if isinstance(first, Ones) or (is_ones(last) and isinstance(last, Transpose)):
        return True
    return all(
        reckoner.world.shape(reckoner.value(factor, bindings, bound)) == (1, 1)
        for factor in inner.factors
        if not is_ones(factor)
    )


def add_repeated(
    reckoner: Reckoner, total: V, terms: Iterable[Expr], bindings: Mapping[str, int], bound: frozenset[str]
) -> V:
    """A sum and, added to each of its rows or columns, the vectors that stand beside ones."""
    world = reckoner.world
    rows, columns = shape = world.shape(total)
    for term in terms:
        inner = term.body if isinstance(term, Negate) else term
        assert isinstance(inner, Multiply)
        down = any(isinstance(factor, Ones) for factor in inner.factors)
        value = _product(reckoner, [factor for factor in inner.factors if not is_ones(factor)], bindings, bound)
        if (rows if down else columns) == 1:
            raise NotRead("the size of this vector of ones is not known", term.span)
        if world.shape(value) != ((1, columns) if down else (rows, 1)):
            what = "row" if down else "column"
            raise ShapeClash(f"{show(world.shape(value))} is no {what} of {show(shape)}", term.span)
        beside = _filled(world, (rows, 1) if down else (1, columns))
        value = world.matrix_product(beside, value) if down else world.matrix_product(value, beside)
        total = world.add(total, world.negate(value) if inner is not term else value)
    return total


@of_node
def has_no_size(expr: Expr) -> bool:
    """Whether each term is a multiple of ones or of an identity, as far as its form says."""
    match expr:
        case Add(terms):
            return all(map(has_no_size, terms)) and any(isinstance(part, Ones) for part in walk(expr))
        case Negate(body):
            return has_no_size(body)
        case Symbol(name, ()):
            return name in IDENTITIES
        case Multiply(factors):
            marks = (is_ones(part) or (isinstance(part, Symbol) and part.name in IDENTITIES) for part in factors)
            return any(marks) or sum(isinstance(part, Add) and has_no_size(part) for part in factors) == 1
        case _:
            return is_ones(expr)


def fitted(
    reckoner: Reckoner, expr: Expr, shape: Shape, bindings: Mapping[str, int], bound: frozenset[str]
) -> V | None:
    r"""``I - \frac1n \mathbf{1} \mathbf{1}^\top`` and its parts, as large as their surroundings ask for.

    None for anything that has a size of its own.
    """
    world = reckoner.world
    match expr:
        case Add(terms):
            values = [fitted(reckoner, term, shape, bindings, bound) for term in terms]
            return None if any(value is None for value in values) else total_of(world, values, expr)
        case Negate(body):
            value = fitted(reckoner, body, shape, bindings, bound)
            return None if value is None else world.negate(value)
        case Symbol() if reckoner.is_identity(expr):
            if shape[0] != shape[1]:
                raise ShapeClash(f"the identity stands for {show(shape)}", expr.span)
            return world.identity(shape[0])
        case Ones() | Transpose(Ones()):
            return _fitted_product(reckoner, (expr,), shape, bindings, bound)
        case Multiply(factors):
            return _fitted_product(reckoner, factors, shape, bindings, bound)
        case _:
            return None


def _fitted_product(
    reckoner: Reckoner, factors: tuple[Expr, ...], shape: Shape, bindings: Mapping[str, int], bound: frozenset[str]
) -> V | None:
    """A number times an identity, a vector of ones, or the matrix of ones."""
    world = reckoner.world
    loose: list[Expr] = [factor for factor in factors if isinstance(factor, Add) and has_no_size(factor)]
    marks = loose or [factor for factor in factors if is_ones(factor) or reckoner.is_identity(factor)]
    known = [factor for factor in factors if factor not in marks]
    kinds: list[type[Expr]] = [type(mark) for mark in marks]
    if kinds not in ([Symbol], [Ones], [Transpose], [Ones, Transpose], [Add]):
        return None
    if any(world.shape(reckoner.value(factor, bindings, bound)) != (1, 1) for factor in known):
        return None
    rows, columns = shape
    if (kinds == [Ones] and columns != 1) or (kinds == [Transpose] and rows != 1):
        raise ShapeClash(f"a vector of ones stands for {show(shape)}", marks[0].span)
    whole = kinds in ([Symbol], [Add])
    value = fitted(reckoner, marks[0], shape, bindings, bound) if whole else _filled(world, shape)
    if value is None:
        return None
    share = _product(reckoner, known, bindings, bound) if known else world.number(Fraction(1))
    return world.scale(share, value)


def _product(reckoner: Reckoner, factors: list[Expr], bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """Juxtaposed factors from left to right."""
    value = reckoner.value(factors[0], bindings, bound)
    for before, factor in pairwise(factors):
        after = reckoner.value(factor, bindings, bound)
        value = product(reckoner.world, reckoner.readings, value, after, "", before, factor)
    return value


def _filled(world: World, shape: tuple[int, int]) -> V:
    return world.broadcast(world.number(Fraction(1)), shape)


def beside(reckoner: Reckoner, side: Expr, other: Expr, bindings: Mapping[str, int]) -> tuple[V, V | None]:
    """The value of a side of a relation, and the other side as large; None where that has a size of its own."""
    if has_no_size(side) and not has_no_size(other):
        value = reckoner.value(other, bindings)
        fit = fitted(reckoner, side, reckoner.world.shape(value), bindings, frozenset())
        if fit is not None:
            return value, fit
    share = _of_identity(reckoner, side, bindings, frozenset())
    if share is None:
        return None, None
    value = reckoner.value(other, bindings)
    return value, _identity(reckoner, reckoner.world.shape(value)[0], side, share)


def as_identity(
    reckoner: Reckoner, expr: Expr, size: int, bindings: Mapping[str, int], bound: frozenset[str]
) -> V | None:
    """A multiple of an identity without a size, so large; None for anything else."""
    share = _of_identity(reckoner, expr, bindings, bound)
    return None if share is None else _identity(reckoner, size, expr, share)


def sum_with_sizeless(
    reckoner: Reckoner, terms: tuple[Expr, ...], expr: Expr, bindings: Mapping[str, int], bound: frozenset[str]
) -> V:
    """A sum in which an identity has the size of the other terms, and ones are repeated as often as they ask for."""
    world = reckoner.world
    repeated = tuple(term for term in terms if is_repeated(reckoner, term, bindings, bound))
    if repeated and len(repeated) < len(terms):
        others = tuple(term for term in terms if term not in repeated)
        total = sum_with_sizeless(reckoner, others, expr, bindings, bound)
        return add_repeated(reckoner, total, repeated, bindings, bound)
    loose = tuple(term for term in terms if has_no_size(term) and any(isinstance(part, Ones) for part in walk(term)))
    if loose and len(loose) < len(terms):
        others = tuple(term for term in terms if term not in loose)
        total = sum_with_sizeless(reckoner, others, expr, bindings, bound)
        fits = [fitted(reckoner, term, world.shape(total), bindings, bound) for term in loose]
        pairs = zip(loose, fits, strict=True)
        rest = [reckoner.value(term, bindings, bound) if fit is None else fit for term, fit in pairs]
        return total_of(world, [total, *rest], expr)
    if not any(map(_names_identity, terms)):
        return total_of(world, [reckoner.value(term, bindings, bound) for term in terms], expr)
    shares = {place: _of_identity(reckoner, term, bindings, bound) for place, term in enumerate(terms)}
    sized = [term for place, term in enumerate(terms) if shares[place] is None]
    if not sized:
        raise NotRead("the size of this identity matrix is not known", expr.span)
    total = total_of(world, [reckoner.value(term, bindings, bound) for term in sized], expr)
    for place, share in shares.items():
        if share is not None:
            rows, columns = world.shape(total)
            if rows != columns:
                raise ShapeClash(f"the identity is added to {show((rows, columns))}", terms[place].span)
            total = world.add(total, _identity(reckoner, rows, terms[place], share))
    return total


def in_order(
    reckoner: Reckoner,
    factors: tuple[Expr, ...],
    operators: tuple[str, ...],
    bindings: Mapping[str, int],
    bound: frozenset[str],
) -> V:
    """A product taken from left to right, in which identities and ones are as large as their neighbours ask for."""
    total: V | None = None
    before: Expr | None = None
    operator, identity = "", False
    for position, factor in enumerate(factors):
        if position:
            operator = operators[position - 1] or operator if total is None else operators[position - 1]
        if reckoner.is_identity(factor):
            if r"\otimes" in operators[max(position - 1, 0) : position + 1]:
                raise CannotSay("the Kronecker product with an identity is not read", factors[0].span)
            identity = True
            continue
        if is_ones(factor):
            value = ones(reckoner, factors, position, bindings, bound)
        else:
            value = _fitting(reckoner, factor, total, factors[position + 1 :], bindings, bound)
        if total is not None:
            value = product(reckoner.world, reckoner.readings, total, value, operator, before, factor)
        total, before = value, factor
    if total is None or (identity and reckoner.world.shape(total) == (1, 1)):
        raise NotRead("the size of this identity matrix is not known", factors[0].span)
    return total


def _fitting(
    reckoner: Reckoner,
    factor: Expr,
    before: V | None,
    after: tuple[Expr, ...],
    bindings: Mapping[str, int],
    bound: frozenset[str],
) -> V:
    """The value of a factor; one without a size is as large as what stands beside it asks for."""
    world = reckoner.world
    if not isinstance(factor, Add) or not has_no_size(factor):
        return reckoner.value(factor, bindings, bound)
    first = before is None or world.shape(before) == (1, 1)
    near = reckoner.value(after[0], bindings, bound) if first and after else before
    size = 1 if near is None else world.shape(near)[0 if first else 1]
    found = fitted(reckoner, factor, (size, size), bindings, bound) if size > 1 else None
    return reckoner.value(factor, bindings, bound) if found is None else found


def _identity(reckoner: Reckoner, size: int, term: Expr, share: V) -> V:
    one = reckoner.world.identity(size)
    if reckoner.is_identity(term):
        return one
    plain = isinstance(term, Negate) and reckoner.is_identity(term.body)
    return reckoner.world.negate(one) if plain else reckoner.world.scale(share, one)


def _of_identity(reckoner: Reckoner, term: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V | None:
    """The number by which an identity without a size is multiplied; None where it is no multiple of one."""
    world = reckoner.world
    if reckoner.is_identity(term):
        return world.number(Fraction(1))
    match term:
        case Negate(body):
            inner = _of_identity(reckoner, body, bindings, bound)
            return None if inner is None else world.negate(inner)
        case Divide(numerator, denominator):
            above = _of_identity(reckoner, numerator, bindings, bound)
            below = reckoner.value(denominator, bindings, bound) if above is not None else None
            if above is None or world.shape(below) != (1, 1):
                return None
            return world.scale(above, world.reciprocal(below))
        case Multiply(factors) if any(map(reckoner.is_identity, factors)):
            share = world.number(Fraction(1))
            for factor in factors:
                if not reckoner.is_identity(factor):
                    value = reckoner.value(factor, bindings, bound)
                    if world.shape(value) != (1, 1):
                        return None
                    share = world.scale(share, value)
            return share
        case _:
            return None


@of_node
def _names_identity(expr: Expr) -> bool:
    """Whether the name of an identity matrix stands anywhere inside."""
    return any(isinstance(part, Symbol) and part.name in IDENTITIES for part in walk(expr))
