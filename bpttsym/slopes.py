"""The derivative of a formula of one number, entry by entry: what ``f'`` is where a document says what ``f`` is."""

from __future__ import annotations

from fractions import Fraction

from bpttsym.expr import Add, Call, Divide, Expr, Multiply, Negate, Number, Power, Symbol, names
from bpttsym.shapes import ELEMENTWISE, SCALAR_LETTERS

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
MOST_PRIMES = 2


def derived(body: Expr, formal: str, times: int) -> Expr | None:
    """The derivative of a formula, several times; None where a part of it has no rule.

    A slope that is the same everywhere stands times a power of nothing, so that it has as many entries as its argument.
    None as well where a letter may be a matrix, which mixes the entries: ``f(z) = W z`` has no slope entry by entry.
    """
    if not names(body) - {formal} <= SCALAR_LETTERS:
        return None
    found: Expr | None = body
    for _ in range(times):
        found = _slope(found, formal) if found is not None else None
    if found is None or formal in names(found):
        return found
    return Multiply((found, Power(Symbol(formal), ZERO)), ("",))


def _slope(expr: Expr, formal: str) -> Expr | None:
    """The derivative of one part by the formal argument."""
    match expr:
        case Symbol(name, ()):
            return ONE if name == formal else ZERO
        case _ if formal not in names(expr):
            return ZERO
        case Negate(body):
            inner = _slope(body, formal)
            return None if inner is None else Negate(inner)
        case Add(terms):
            slopes = [_slope(term, formal) for term in terms]
            return None if None in slopes else _sum([slope for slope in slopes if slope is not None])
        case Multiply(factors):
            return _of_product(factors, formal)
        case Divide(numerator, denominator):
            above, below = _slope(numerator, formal), _slope(denominator, formal)
            if above is None or below is None:
                return None
            square = Power(denominator, Number(Fraction(2)))
            first = Divide(above, denominator) if above != ZERO else ZERO
            second = Divide(_product(numerator, below), square) if below != ZERO else ZERO
            return _sum([first, Negate(second) if second != ZERO else ZERO])
        case Power(base, Number(exponent)):
            inner = _slope(base, formal)
            less = Power(base, Number(exponent - 1)) if exponent != 2 else base
            return None if inner is None else _product(Multiply((Number(exponent), less), ("",)), inner)
        case Call(function, (argument,), (), primes) if function in ELEMENTWISE and primes < MOST_PRIMES:
            inner = _slope(argument, formal)
            outer = expr if function == r"\exp" else Call(function, (argument,), (), primes + 1)
            return None if inner is None else _product(outer, inner)
        case _:
            return None


def _of_product(factors: tuple[Expr, ...], formal: str) -> Expr | None:
    terms = []
    for place, factor in enumerate(factors):
        slope = _slope(factor, formal)
        if slope is None:
            return None
        total = slope
        for other in (*factors[:place], *factors[place + 1 :]):
            total = _product(other, total)
        terms.append(total)
    return _sum(terms)


def _product(left: Expr, right: Expr) -> Expr:
    """Entry by entry; without ones, and nothing where one factor is nothing."""
    if ZERO in (left, right):
        return ZERO
    if ONE in (left, right):
        return right if left == ONE else left
    return Multiply((left, right), (r"\odot",))


def _sum(terms: list[Expr]) -> Expr:
    kept = tuple(term for term in terms if term != ZERO)
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else Add(kept)
