r"""Products of norms and numbers with exponents that are sums of indices, ``\gamma^{T-t} \lVert W \rVert^{T-t}``.

Every atom is a number that is not negative. Equal products have equal monomials; spans and the order do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from bpttsym.expr import Add, Expr, Negate, Number, Symbol
from bpttsym.records import dataclass

Linear = tuple[tuple[str, Fraction], ...]
"""A sum of letters with their coefficients, and the constant under the empty name; no coefficient is zero."""

Atom = tuple[str, object]
"""A kind and what it is of: ``("number", 1/4)``, ``("norm", W)``, ``("slope", \tanh)``."""

ZERO: Linear = ()


class Unproved(Exception):
    """There is no rule for a part of a bound."""


def constant(value: Fraction | int) -> Linear:
    return (("", Fraction(value)),) if value else ZERO


def plus(first: Linear, second: Linear, factor: Fraction | int = 1) -> Linear:
    """The first and ``factor`` times the second."""
    total = dict(first)
    for letter, value in second:
        total[letter] = total.get(letter, Fraction(0)) + factor * value
    return tuple(sorted((letter, value) for letter, value in total.items() if value))


def is_constant(linear: Linear) -> bool:
    return all(not letter for letter, _ in linear)


def value_of(linear: Linear) -> Fraction:
    """The value of a constant."""
    return dict(linear).get("", Fraction(0))


def linear(expr: Expr) -> Linear | None:
    """An index or an exponent as a sum of letters; None for anything else."""
    match expr:
        case Number(value):
            return constant(value)
        case Symbol(name, ()):
            return ((name, Fraction(1)),)
        case Negate(body):
            inner = linear(body)
            return None if inner is None else plus(ZERO, inner, -1)
        case Add(terms):
            total: Linear | None = ZERO
            for term in terms:
                inner = linear(term)
                total = None if inner is None or total is None else plus(total, inner)
            return total
        case _:
            return None


@dataclass(frozen=True)
class Monomial:
    """A product of atoms, each with its exponent."""

    powers: tuple[tuple[Atom, Linear], ...] = ()

    def times(self, other: Monomial, exponent: Linear | None = None) -> Monomial | None:
        """The product with a power of another; None where an exponent would be no sum of letters."""
        found = dict(self.powers)
        for atom, inner in other.powers:
            raised = inner if exponent is None else _scaled(inner, exponent)
            if raised is None:
                return None
            found[atom] = plus(found.get(atom, ZERO), raised)
        return Monomial(tuple(sorted(((a, e) for a, e in found.items() if e), key=repr)))

    def exponent(self, atom: Atom) -> Linear:
        return dict(self.powers).get(atom, ZERO)


ONE = Monomial()


def _scaled(first: Linear, second: Linear) -> Linear | None:
    if is_constant(first):
        return plus(ZERO, second, value_of(first))
    return plus(ZERO, first, value_of(second)) if is_constant(second) else None


def atom(kind: str, of: object) -> Monomial:
    return Monomial((((kind, of), constant(1)),))


def number(value: Fraction) -> Monomial:
    """A positive number."""
    return ONE if value == 1 else atom("number", value)


def product_of(parts: Iterable[Monomial]) -> Monomial:
    total = ONE
    for part in parts:
        more = total.times(part)
        assert more is not None  # no exponent is scaled
        total = more
    return total


def at_most_one(monomial: Monomial, not_negative: Callable[[Linear], bool]) -> bool:
    """Whether a product of numbers alone is at most one, whatever the letters of its exponents are."""
    bases: dict[Linear, Fraction] = {}
    for (kind, value), exponent in monomial.powers:
        if kind != "number" or not isinstance(value, Fraction):
            return False
        size = exponent[0][1]
        if size.denominator != 1:
            return False
        direction = plus(ZERO, exponent, 1 / size)
        bases[direction] = bases.get(direction, Fraction(1)) * value ** int(size)
    return all(
        base == 1 or (base < 1 and not_negative(direction)) or (base > 1 and not_negative(plus(ZERO, direction, -1)))
        for direction, base in bases.items()
    )
