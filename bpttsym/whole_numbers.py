r"""Whole numbers reckoned from indices: ``t-1``, ``\max(1, t-2)``, ``\lfloor (t-1)/3 \rfloor``, ``\binom{n}{k}``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, comb, floor, prod

from bpttsym.errors import NotRead
from bpttsym.expr import Add, Call, Divide, Expr, Multiply, Negate, Number, Symbol, Whole
from bpttsym.memo import of_node

Bindings = Mapping[str, int]


def index_value(expr: Expr, bindings: Bindings) -> int:
    """The integer that an index expression is; raises NotRead for a letter that no binding gives a value."""
    plain = _letter_and_offset(expr)
    if plain is not None and not plain[0]:
        return plain[1]
    if plain is not None and plain[0] in bindings:
        return bindings[plain[0]] + plain[1]
    match expr:
        case Symbol(name, ()):
            raise NotRead(f"the index `{name}` has no value", expr.span)
        case Negate(body):
            return -index_value(body, bindings)
        case Add(terms):
            return sum(index_value(term, bindings) for term in terms)
        case Multiply(factors):
            return prod(index_value(factor, bindings) for factor in factors)
        case Call(r"\max", arguments):
            return max(index_value(argument, bindings) for argument in arguments)
        case Call(r"\min", arguments):
            return min(index_value(argument, bindings) for argument in arguments)
        case Whole("floor", (inner,)):
            return floor(_quotient(inner, bindings))
        case Whole("ceiling", (inner,)):
            return ceil(_quotient(inner, bindings))
        case Whole("binomial", (above, below)):
            return binomial(index_value(above, bindings), index_value(below, bindings), expr)
        case _:
            raise NotRead("this is no index", expr.span)


def index_values(symbol: Symbol, bindings: Bindings) -> tuple[int, ...]:
    """The integers that the indices of a symbol are."""
    plain = _letters_and_offsets(symbol)
    if plain is not None:
        try:
            return tuple([bindings[letter] + offset if letter else offset for letter, offset in plain])
        except KeyError:
            pass
    return tuple([index_value(part, bindings) for part in symbol.index])


@of_node
def _letters_and_offsets(symbol: Symbol) -> tuple[tuple[str, int], ...] | None:
    """Its indices, where each is a number or a letter moved by a number; None where one is something else."""
    plain = [_letter_and_offset(part) for part in symbol.index]
    return tuple(one for one in plain if one is not None) if None not in plain else None


@of_node
def _letter_and_offset(expr: Expr) -> tuple[str, int] | None:
    """An index that is a number, or a letter moved by a number, the letter empty for a number; None for any other."""
    match expr:
        case Number(value) if value.denominator == 1:
            return "", int(value)
        case Symbol(name, ()):
            return name, 0
        case Negate(Number(value)) if value.denominator == 1:
            return "", -int(value)
        case Add((Symbol(name, ()), last)):
            offset = _letter_and_offset(last)
            return (name, offset[1]) if offset is not None and not offset[0] else None
        case _:
            return None


def binomial(above: int, below: int, expr: Expr) -> int:
    """In how many ways some things are chosen from others; none where more are chosen than there are."""
    if above < 0:
        raise NotRead("a binomial coefficient of fewer than no things", expr.span)
    return comb(above, below) if below >= 0 else 0


def _quotient(expr: Expr, bindings: Bindings) -> Fraction:
    """What stands between floor or ceiling brackets."""
    match expr:
        case Number(value):
            return value
        case Divide(numerator, denominator):
            below = index_value(denominator, bindings)
            if below == 0:
                raise NotRead("a division by zero", expr.span)
            return _quotient(numerator, bindings) / below
        case Negate(body):
            return -_quotient(body, bindings)
        case Add(terms):
            return sum((_quotient(term, bindings) for term in terms), Fraction(0))
        case Multiply(factors):
            return prod((_quotient(factor, bindings) for factor in factors), start=Fraction(1))
        case _:
            return Fraction(index_value(expr, bindings))


def is_whole(expr: Expr) -> bool:
    """Whether a tree is a whole number at all values of its letters: what the end of a range may be."""
    match expr:
        case Number(value):
            return value.denominator == 1
        case Symbol(_, ()):
            return True
        case Negate(body):
            return is_whole(body)
        case Add(parts) | Multiply(parts) | Call(r"\max" | r"\min", parts, ()) | Whole("binomial", parts):
            return all(map(is_whole, parts))
        case Whole(_, (inner,)):
            return _is_quotient(inner)
        case _:
            return False


def _is_quotient(expr: Expr) -> bool:
    match expr:
        case Number():
            return True
        case Divide(numerator, denominator):
            return _is_quotient(numerator) and is_whole(denominator)
        case Negate(body):
            return _is_quotient(body)
        case Add(parts) | Multiply(parts):
            return all(map(_is_quotient, parts))
        case _:
            return is_whole(expr)
