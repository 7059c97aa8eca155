"""Weighted sums: which names and factors are numbers by convention, and what is only added up.

A part of shapes.
"""

from __future__ import annotations

from bpttsym.expr import Add, Call, Divide, Expr, Multiply, Negate, Number, Sum, Symbol

STEP_SIZES = frozenset((r"\Delta t", r"\delta t", "d t", r"\mathrm{d} t"))
"""The time between two steps."""
SCALAR_LETTERS = STEP_SIZES.union(r"\alpha \beta \gamma \epsilon \varepsilon \eta \kappa \lambda \mu \nu \tau".split())
"""Greek letters without an index that textbooks keep for numbers (rates, bounds, weights of a penalty)."""

LOSS_LETTERS = frozenset((r"\mathcal{L}", "L", "E", "J", r"\mathcal{J}", r"\mathcal{E}", r"\ell", "C")) | {
    rf"\mathrm{{{word}}}" for word in ("Loss", "loss", "Cost", "cost")
}
"""Names of quantities that are numbers even where a product or a square of vectors is written for them."""


def is_weight(factor: Expr) -> bool:
    r"""A number by its form: ``\frac12``, ``\lambda``."""
    match factor:
        case Number():
            return True
        case Symbol(name, ()):
            return name in SCALAR_LETTERS
        case Divide(above, below):
            return is_weight(above) and (is_weight(below) or isinstance(below, Symbol))
        case Negate(body):
            return is_weight(body)
        case _:
            return False


def is_opaque(body: Expr, known: frozenset[str]) -> bool:
    """Whether a weighted sum adds up values of functions that are not known, which have the shape of the sum."""
    match body:
        case Call(function):
            return function not in known
        case Negate(inner) | Sum(inner):
            return is_opaque(inner, known)
        case Add(terms):
            return any(is_opaque(term, known) for term in terms)
        case Divide(above, below):
            return is_opaque(above, known) and (is_weight(below) or isinstance(below, Symbol))
        case Multiply((*weights, last)) if all(is_weight(weight) for weight in weights):
            return is_opaque(last, known)
        case _:
            return False
