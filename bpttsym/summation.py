"""Sums over steps: how terms are put together, and the letters that sums and products run over."""

from __future__ import annotations

from collections.abc import Sequence

from bpttsym.expr import Add, Expr, Negate, Sum, Symbol, add, shifted
from bpttsym.structure import Binder, NotDerived

SUM_LETTERS = ("t", "k", "s", "r", "n", "m", "j", "l", "u", "i")
PRODUCT_LETTERS = ("i", "j", *SUM_LETTERS)
"""Letters for the steps that a sum or a product runs over, in the order they are taken."""


def summed(body: Expr, binder: Binder | None) -> Expr:
    """The sum over a binder; a minus goes before the sum."""
    if binder is None:
        return body
    if isinstance(body, Negate):
        return Negate(summed(body.body, binder))
    return Sum(body, binder.letter, binder.lower, binder.upper)


def total(terms: Sequence[Expr]) -> Expr:
    """The sum of some terms, those of a sum among them taken as they are."""
    flat: list[Expr] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    return add(*flat)


def offset_of(index: Expr, letter: Symbol) -> int:
    """How far an index lies from a letter: 1 for ``t + 1``."""
    for offset in range(-4, 5):
        if index == shifted(letter, offset):
            return offset
    raise NotDerived("an index that is no letter with a number is not derived")
