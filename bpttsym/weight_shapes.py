r"""Sizes of what a weight is made of (``W = Q \Lambda Q^\top``): the weight is a matrix by its use, and so are they.

A part of shapes. Read from the right, ``Q^\top`` would be a vector and the weight a number: then everything commutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from bpttsym.entry_shapes import Dimensions, Inference, join_sums
from bpttsym.expr import (
    Add,
    Call,
    Component,
    Concatenate,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Ones,
    Power,
    Sum,
    Symbol,
    Transpose,
    children,
    walk,
)
from bpttsym.shape_words import SQUARE
from bpttsym.shape_words import is_capital as is_capital

DIFFERENCE = r"\Delta"
IDENTITIES = frozenset(("I", r"\mathbf{I}", r"\mathbb{I}"))


Run = tuple[tuple[Expr, ...], tuple[str, ...]]
"""Factors and the operators between them."""


def between_elementwise(factors: tuple[Expr, ...], operators: tuple[str, ...]) -> list[Run]:
    """The parts between elementwise products, which bind less than a matrix product written without a sign."""
    starts = [0, *(i + 1 for i, operator in enumerate(operators) if operator in (r"\odot", r"\circ"))]
    ends = [*starts[1:], len(factors)]
    return [(factors[a:b], operators[a : b - 1]) for a, b in zip(starts, ends, strict=True)]


def weights(definitions: Iterable[tuple[str, bool, Expr]]) -> frozenset[str]:
    """The names without an index that are made of matrices and stand as a factor before another, as weights do.

    Of each definition its name, whether it has an index, and its body.
    """
    given = list(definitions)
    made = {name for name, indexed, body in given if not indexed and is_of_matrices(body)}
    applied = {
        factor.name
        for _, _, body in given
        for part in walk(body)
        if isinstance(part, Multiply)
        for factor, operator in zip(_bare(part.factors), part.operators, strict=False)
        if isinstance(factor, Symbol) and not operator
    }
    return frozenset(made & applied)


def _bare(factors: tuple[Expr, ...]) -> list[Expr]:
    return [factor.body if isinstance(factor, Transpose) else factor for factor in factors]


def is_small(factor: Expr) -> bool:
    """A small letter, which textbooks keep for vectors and numbers."""
    return isinstance(factor, Symbol) and len(factor.name) == 1 and factor.name.islower()


def is_of_matrices(body: Expr) -> bool:
    """Whether a formula has matrices where it is no number: a capital letter."""
    match body:
        case Symbol(name, ()):
            return is_capital(name)
        case Add(parts) | Multiply(parts):
            return any(map(is_of_matrices, parts))
        case Concatenate(parts):
            return all(map(is_of_matrices, parts))
        case Negate(inner) | Transpose(inner) | Power(inner) | Divide(inner):
            return is_of_matrices(inner)
        case Call(function, (inner,), ()):
            return function not in SQUARE and is_of_matrices(inner)
        case _:
            return False


def inner_names(definitions: Iterable[tuple[str, Expr]]) -> frozenset[str]:
    """The names that are numbers by the form of their definitions: functions of ``w^T x`` with a small letter."""
    given, found = list(definitions), frozenset[str]()
    while more := {name for name, body in given if name not in found and _is_inner(body, found)}:
        found |= more
    return found


def _is_inner(body: Expr, known: frozenset[str]) -> bool:
    match body:
        case Symbol(name):
            return name in known
        case Norm() | Component():
            return True
        case Sum(inner, components=True):
            outside = (part for part in _outside(inner) if isinstance(part, Symbol))
            return all(not part.index or part.name in known for part in outside)
        case Divide(inner, below) if is_constant(inner) or _is_inner(inner, known):
            return is_constant(below) or _is_inner(below, known) or isinstance(below, Symbol)
        case Multiply((Transpose(Ones()), _)) | Multiply((_, Transpose(Ones()), _)):
            return isinstance(body.factors[0], Transpose) or is_constant(body.factors[0]) or _divides(body.factors[0])
        case Multiply((first, *others)) if others and (is_constant(first) or _divides(first)):
            return all(_is_inner(other, known) for other in others)
        case Call(_, (inner,), ()) | Negate(inner) | Power(inner):
            return _is_inner(inner, known)
        case Add(terms):
            return any(_is_inner(term, known) for term in terms)
        case Multiply((Transpose() as first, *_)):
            return is_row_of_letter(first)
        case _:
            return False


def _outside(body: Expr) -> Iterator[Expr]:
    """The parts of a formula that stand in no entry of anything."""
    if not isinstance(body, Component):
        yield body
        for part in children(body):
            yield from _outside(part)


def _divides(factor: Expr) -> bool:
    r"""``\frac1n``: a number over one name."""
    return isinstance(factor, Divide) and is_constant(factor.numerator) and isinstance(factor.denominator, Symbol)


def is_applied(factor: Expr) -> bool:
    """Whether it is a sum of matrices, or a power of one, which stand before what they are applied to."""
    known = isinstance(factor, Add | Power) and is_of_matrices(factor)
    return known and not any(isinstance(part, Symbol) and part.index for part in walk(factor))


def impose(sizes: Inference, expr: Expr, shape: Dimensions) -> None:
    """Give a matrix its shape, and to all that it is made of what follows."""
    match expr:
        case Symbol(name, ()) if name in IDENTITIES:
            sizes.unify(*shape)
        case Symbol():
            sizes.expect(expr, shape)
        case Call(r"\mathrm{diag}", (body,)):
            sizes.unify(*shape)
            impose(sizes, body, (shape[0], 0))
        case Add(terms):
            for term in terms:
                impose(sizes, term, shape)
        case Negate(body) | Divide(body) | Call(_, (body,), ()):
            impose(sizes, body, shape)
        case Transpose(body):
            impose(sizes, body, (shape[1], shape[0]))
        case Power(body):
            sizes.unify(*shape)
            impose(sizes, body, shape)
        case Concatenate(parts):
            _blocks(sizes, parts, expr.comma, shape)
        case Multiply(factors, operators):
            _chain(sizes, [factor for factor in factors if not _is_number(sizes, factor)], operators, shape)
        case _:
            return


def infer_square(sizes: Inference, body: Expr) -> Dimensions:
    """A number of a square matrix: what a capital letter names in it is a matrix."""
    side = sizes.fresh()
    if is_of_matrices(body):
        impose(sizes, body, (side, side))
    found = sizes.inside(body, None)
    sizes.same(found or (side, side), (side, side))
    return (0, 0)


def infer_quotient(sizes: Inference, above: Expr, below: Expr, hint: Dimensions | None) -> Dimensions | None:
    r"""The shape of a quotient; letters below a number, alone or in a product (``\frac{1}{2n}``), are numbers."""
    written = below.factors if isinstance(below, Multiply) else (below,)
    factors = [one.base if isinstance(one, Power) and isinstance(one.exponent, Number) else one for one in written]
    number = is_constant(above) or _is_inner(above, frozenset())
    if number and all(isinstance(factor, Number | Symbol) for factor in factors):
        for factor in factors:
            if isinstance(factor, Symbol) and not factor.index and not sizes.is_known(factor.name):
                sizes.expect(factor, (0, 0))
    found = sizes.infer(above, hint)
    under = sizes.infer(below, found)
    if found is not None and under is not None and not sizes.is_one(under):
        return sizes.same(found, under) if not sizes.is_one(found) else under
    return found


def expect_rates(sizes: Inference, factors: tuple[Expr, ...], operators: tuple[str, ...]) -> None:
    r"""A fraction of two letters beside something is a number: ``\frac{\Delta}{\tau_m}(W r - u)``."""
    for factor, around in zip(factors, pairwise(("", *operators, "")), strict=True):
        match factor:
            case Divide(Symbol(above, ()), Symbol(below, ())) if not any(around):
                letters = above == DIFFERENCE or not is_capital(above), not is_capital(below)
                if all(letters) and not sizes.is_known(above) and not sizes.is_known(below):
                    sizes.expect(factor.numerator, (0, 0))
                    sizes.expect(factor.denominator, (0, 0))


def _blocks(sizes: Inference, parts: tuple[Expr, ...], comma: bool, shape: Dimensions) -> None:
    """Matrices side by side, or one below the other: as many columns or rows as all of them have together."""
    along = 1 if comma else 0
    known = [found[along] if (found := sizes.infer(part, None)) is not None else sizes.fresh() for part in parts]
    for part, size in zip(parts, known, strict=True):
        impose(sizes, part, (shape[0], size) if comma else (size, shape[1]))
    total = sizes.fresh()
    sizes.sums[total] = tuple(known)
    join_sums(sizes, total, shape[along])
    sizes.unify(total, shape[along])


def _chain(sizes: Inference, factors: list[Expr], operators: tuple[str, ...], shape: Dimensions) -> None:
    """A product of matrices from the rows of the first to the columns of the last; one of vectors has a 1 between."""
    if any(operator in (r"\odot", r"\circ") for operator in operators):
        for factor in factors if all(operator in (r"\odot", r"\circ") for operator in operators) else ():
            impose(sizes, factor, shape)
        return
    for factor, after in list(pairwise(factors)):
        small = factor.numerator if isinstance(factor, Divide) else factor
        if is_small(small) and not isinstance(after, Transpose):  # a vector can only stand before a row
            sizes.expect(small, (0, 0))
            factors = [other for other in factors if other is not factor]
    between = [0 if is_small(a) else sizes.fresh() for a, _ in pairwise(factors)]
    ends = [shape[0], *between, shape[1]]
    for factor, rows, columns in zip(factors, ends, ends[1:], strict=False):
        impose(sizes, factor, (rows, columns))


def _is_number(sizes: Inference, factor: Expr) -> bool:
    if isinstance(factor, Number):
        return True
    found = sizes.infer(factor, None) if not is_of_matrices(factor) and not is_small(factor) else None
    return found is not None and sizes.find(found[0]) == sizes.find(found[1]) == 0


def is_row_of_letter(factor: Expr) -> bool:
    """``v^T`` before a vector: a small letter is a vector, so that the product is a number."""
    return isinstance(factor, Transpose) and is_small(factor.body)


def has_row_states(body: Expr, losses: frozenset[str], parameters: frozenset[str], numbers: frozenset[str]) -> bool:
    """Whether a vector with a step index stands on the left of a parameter, as in ``x_t W^T``.

    ``losses`` and ``parameters`` are names that are no vectors although they have an index; ``numbers`` no matrices.
    """
    known = losses | parameters
    for part in walk(body):
        if isinstance(part, Multiply):
            for left, right, operator in zip(part.factors, part.factors[1:], part.operators, strict=False):
                inner = right.body if isinstance(right, Transpose) else right
                matrices = inner.parts if isinstance(inner, Concatenate) else (inner,)
                parameter = all(
                    isinstance(matrix, Symbol)
                    and (not matrix.index or matrix.name in parameters)
                    and matrix.name not in numbers
                    for matrix in matrices
                )
                rows = left.parts if isinstance(left, Concatenate) else (left,)
                vector = all(isinstance(row, Symbol) and bool(row.index) and row.name not in known for row in rows)
                if vector and parameter and operator not in (r"\odot", r"\circ", r"\otimes"):
                    return True
    return False


def has_batch_bias(body: Expr, rows: bool) -> bool:
    r"""Whether a bias is written for each sample of a batch: ``\mathbf{1} b`` for rows, ``b \mathbf{1}^\top`` else."""
    for part in walk(body):
        for term in part.terms if isinstance(part, Add) else ():
            match term.factors if isinstance(term, Multiply) else ():
                case (Ones(), Symbol(_, ()) | Transpose(Symbol(_, ()))) if rows:
                    return True
                case (Symbol(_, ()) | Transpose(Symbol(_, ())), Transpose(Ones())) if not rows:
                    return True
                case _:
                    continue
    return False


def beside_ones(bodies: Iterable[Expr], rows: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    r"""Small letters beside a column of ones, ``b \mathbf{1}``, which are numbers where states are columns."""
    for part in (part for body in bodies if not rows for part in walk(body)):
        factors = part.factors if isinstance(part, Multiply) else ()
        if sum(isinstance(factor, Ones) for factor in factors) == 1 == len(factors) - sum(map(is_small, factors)):
            yield from ((factor.name, ()) for factor in factors if isinstance(factor, Symbol) and not factor.index)


def is_constant(body: Expr, letters: frozenset[str] = frozenset()) -> bool:
    """Whether a formula is a number whatever the model is, which may stand for a vector of equal entries.

    ``letters`` are names of numbers.
    """
    return all(
        isinstance(part, Number | Negate | Divide | Add | Multiply | Power)
        or (isinstance(part, Symbol) and not part.index and part.name in letters)
        for part in walk(body)
    )
