"""The horizons at which a relation is tried, by the steps that it names (a part of ground)."""

from __future__ import annotations

from itertools import chain

from bpttsym.axes import Place
from bpttsym.expr import Add, Expr, Negate, Number, Product, Relation, Sum, Symbol, children
from bpttsym.memo import of_node
from bpttsym.model import MAXIMUM_RANGE, Model


def literal_steps(relation: Relation, model: Model) -> list[int]:
    """The step numbers that a relation names outright, also as the end of a sum."""
    found: set[int] = set()
    for part in _with_literals(relation):
        match part:
            case Symbol(name, indices):
                for position, index in enumerate(indices):
                    if isinstance(index, Number) and model.axes.counts_steps(Place(name, len(indices), position)):
                        found.add(int(index.value))
            case Sum(body, letter, upper=Number(value)) | Product(body, letter, upper=Number(value)):
                if model.axes.letter_range(letter, body, 1)[0] and value <= MAXIMUM_RANGE:
                    found.add(int(value))
            case _:
                raise TypeError(f"{type(part).__name__} names no step")
    return sorted(found)


@of_node
def _with_literals(expr: Expr) -> tuple[Expr, ...]:
    """The symbols, sums and products in an expression that may name a step by its number."""
    match expr:
        case Symbol(index=indices):
            own = any(isinstance(index, Number) for index in indices)
        case Sum(upper=Number()) | Product(upper=Number()):
            own = True
        case _:
            own = False
    return tuple(chain((expr,) if own else (), *map(_with_literals, children(expr))))


LONG = 24
"""A horizon over which a model is not unrolled where nothing names one of its steps."""


def lengths(relation: Relation, model: Model) -> tuple[int, ...]:
    """The horizons at which a relation is tried, the one it is about first.

    One that names no step of a long model is tried at the horizons of a model of any length.
    """
    literals = literal_steps(relation, model)
    if model.length is not None:
        bodies = (literal_steps(Relation(Symbol(d.name, d.index), "=", d.body), model) for d in model.definitions)
        steps = [step for found in (literals, *bodies) for step in found if step > model.first]
        return (model.length,) if model.length <= LONG or steps else any_lengths(relation, model)
    if literals and literals[-1] > model.first:
        base = max(literals[-1], 2)
        return (base, base + 1)
    return any_lengths(relation, model)


def any_lengths(relation: Relation, model: Model) -> tuple[int, ...]:
    """Horizons for a claim about all of them: two steps longer than what a step reaches, and never below three."""
    reach = max(map(_reach, (relation, *(definition.body for definition in model.definitions))))
    first = min(max(3, reach + 2), LONG)
    return (first, first + 1, first + 2)


@of_node
def _reach(expr: Expr) -> int:
    """How far from a step the quantities of an expression lie at most."""
    indices = expr.index if isinstance(expr, Symbol) else ()
    offsets = (term for index in indices if isinstance(index, Add) for term in index.terms)
    return max(chain(map(_size, offsets), map(_reach, children(expr))), default=0)


def _size(offset: Expr) -> int:
    inner = offset.body if isinstance(offset, Negate) else offset
    return int(inner.value) if isinstance(inner, Number) else 0
