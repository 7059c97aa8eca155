"""The horizons at which a relation is tried, by the steps that it names (a part of ground)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from bpttsym.axes import Place
from bpttsym.expr import (
    Add,
    Cases,
    Derivative,
    Divide,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    children,
    names,
    walk,
)
from bpttsym.memo import of_node
from bpttsym.model import MAXIMUM_RANGE, Model


def literal_steps(relation: Relation, model: Model) -> list[int]:
    """The step numbers that a relation names outright, also as the end of a sum."""
    found: set[int] = set()
    for part in _with_literals(relation):
        match part:
            case Symbol(name, indices):
                for position, index in enumerate(indices):
                    if isinstance(index, Number) and _is_step(Place(name, len(indices), position), model):
                        found.add(int(index.value))
            case Sum(body, letter, upper=Number(value)) | Product(body, letter, upper=Number(value)):
                if model.axes.letter_range(letter, body, 1)[0] and value <= MAXIMUM_RANGE:
                    found.add(int(value))
            case _:
                raise TypeError(f"{type(part).__name__} names no step")
    return sorted(found)


def _is_step(place: Place, model: Model) -> bool:
    """Whether a number at a place is a step: not that of the second of some weights, ``W_2``, where letters are."""
    axes = model.axes
    numbered = place in axes.places and place not in axes.lettered and any(map(axes.runs, axes.lettered))
    defined = any(d.name == place.name and len(d.index) == place.count for d in model.definitions)
    return axes.counts_steps(place) and (defined or not numbered)


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

LONGEST_REACH = LONG - 2
"""The farthest step that a claim may name, or tell from others, for it to be tried on both sides of it."""

MOST_HORIZONS = 8


def lengths(relation: Relation, model: Model, where: Sequence[Relation] = ()) -> tuple[int, ...]:
    """The horizons at which a relation is tried, the one it is about first; ``where`` are its conditions on indices.

    One that names no step of a long model is tried at the horizons of a model of any length.
    """
    literals = literal_steps(relation, model)
    if model.length is not None:
        if model.length <= LONG or any(step > model.first for step in literals) or _names_a_step(model):
            return (model.length,)
        return any_lengths(relation, model, where)
    if literals and literals[-1] > model.first:
        far = min(reach(relation, model, where), LONGEST_REACH)
        base = max(literals[-1], 2, far + 1 if far > 2 else 2)
        return (base, base + 1)
    return any_lengths(relation, model, where)


def _names_a_step(model: Model) -> bool:
    """Whether a definition names a step after the first by its number."""
    relations = (Relation(Symbol(d.name, d.index), "=", d.body) for d in model.definitions)
    return any(step > model.first for relation in relations for step in literal_steps(relation, model))


def any_lengths(relation: Relation, model: Model, where: Sequence[Relation] = ()) -> tuple[int, ...]:
    """Horizons for a claim about all of them: two steps longer than what a step reaches, and never below three.

    They are more than the degree of the claim in the number of steps, so that no polynomial agrees at all of them.
    """
    first = min(max(3, reach(relation, model, where) + 2), LONG)
    count = min(max(3, _degree(relation, model) + 2), MOST_HORIZONS)
    return tuple(range(first, first + count))


def is_out_of_reach(relation: Relation, model: Model, where: Sequence[Relation], length: int) -> bool:
    """Whether a claim tells steps apart that no network of this many steps has, though the model is longer."""
    return model.length != length and reach(relation, model, where) > LONGEST_REACH


def reach(relation: Relation, model: Model, where: Sequence[Relation] = ()) -> int:
    r"""How far from a step lies what a relation, its conditions or the definitions name or tell from the rest.

    The 10 of ``h_{t-10}``, of a sum from ``\max(1, t-10)`` and of ``t - k > 10``; for a step that is compared with a
    number, one less: ``\min(t, 10)``, ``t < 10``.
    """
    if _reach not in model.kept:
        model.kept[_reach] = max((_reach(definition.body) for definition in model.definitions), default=0)
    far: int = max(chain((_reach(relation), model.kept[_reach]), map(_compared, where)))
    if model.axes.numbers:
        parts = (relation, *(definition.body for definition in model.definitions))
        named = frozenset().union(*map(_letters, parts), *map(names, where))
        far = max(far, *(number for name, number in model.axes.numbers.items() if name in named), 0)
    return far


@of_node
def _reach(expr: Expr) -> int:
    """How far from a step the quantities of an expression lie at most, and what its ranges and cases tell apart."""
    own = chain(map(_offset, _indices(expr)), map(_compared, _conditions(expr)))
    return max(chain(own, map(_reach, children(expr))), default=0)


@of_node
def _letters(expr: Expr) -> frozenset[str]:
    """The letters in the indices, ranges and conditions of an expression."""
    own = (names(part) for part in (*_indices(expr), *_conditions(expr)))
    return frozenset().union(*own, *map(_letters, children(expr)))


def _indices(expr: Expr) -> tuple[Expr, ...]:
    """What reckons a step in an expression itself: the indices of a symbol, the ends of a range."""
    match expr:
        case Symbol(index=indices):
            return tuple(index for index in indices if not isinstance(index, Number))
        case Sum(components=True):
            return ()
        case Sum(_, _, lower, upper) | Product(_, _, lower, upper):
            return tuple(end for end in (lower, upper) if end is not None)
        case _:
            return ()


def _conditions(expr: Expr) -> tuple[Relation, ...]:
    """The relations between steps that choose a value."""
    match expr:
        case Indicator(condition, components=False):
            chosen: tuple[Expr, ...] = (condition,)
        case Cases(_, conditions, components=False):
            chosen = conditions
        case _:
            return ()
    return tuple(part for condition in chosen for part in walk(condition) if isinstance(part, Relation))


def _compared(condition: Relation) -> int:
    """How far apart the steps are that a condition tells apart."""
    sides = condition.left, condition.right
    moved = any(isinstance(side, Add) for side in sides)
    return max(_offset(side, moved) for side in sides)


def _offset(expr: Expr, moved: bool = False) -> int:
    """The largest number by which a step is ``moved``, or one less than a number that is a step itself."""
    match expr:
        case Number(value):
            return int(abs(value)) if moved else max(int(value) - 1, 0)
        case Negate(body):
            return _offset(body, moved)
        case Add(terms):
            return sum(_offset(term, True) for term in terms)
        case Multiply() | Divide():
            return max(_offset(part, True) for part in children(expr))
        case _:
            return max((_offset(part, moved) for part in children(expr)), default=0)


def _degree(relation: Relation, model: Model) -> int:
    """The degree of a relation in the number of its steps, where that is a factor: 2 for ``T (T + 1)``."""
    sides = (side for side in (relation.left, relation.right) if model.horizon in _as_numbers(side))
    return max((_power(side, model.horizon) for side in sides), default=0)


@of_node
def _as_numbers(expr: Expr) -> frozenset[str]:
    """The letters that may stand as numbers in an expression, in no index and in no range."""
    match expr:
        case Symbol(name, index):
            return frozenset(() if index else (name,))
        case Sum(body) | Product(body) | Derivative(body):
            return _as_numbers(body)
        case _:
            return frozenset().union(*map(_as_numbers, children(expr)))


def _power(expr: Expr, horizon: str) -> int:
    """The degree of an expression in a letter that stands there as a number."""
    match expr:
        case Symbol(name, ()):
            return int(name == horizon)
        case Symbol():
            return 0
        case Power(base, Number(exponent)):
            return _power(base, horizon) * max(1, int(abs(exponent)))
        case Multiply() | Divide():
            return sum(_power(part, horizon) for part in children(expr))
        case Sum(body) | Product(body) | Derivative(body):
            return _power(body, horizon)
        case _:
            return max((_power(part, horizon) for part in children(expr)), default=0)
