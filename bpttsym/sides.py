r"""Sides of relations that are lists: sizes, ``|X| = (B, n, d)``, and steps, ``h_{1:n} = [h_1; \dots; h_n]``.

A relation says how large something is, or which steps it holds; in a formula a list has no value.
"""

from __future__ import annotations

from collections.abc import Sequence

from bpttsym.errors import NotRead
from bpttsym.expr import Add, Call, Expr, Listing, Multiply, Number, Probability, Relation, Steps, Symbol, shifted, walk

EQUATED = frozenset(("=", ":="))
MEMBERSHIPS = frozenset((r"\in", ":"))


def has_probability(relation: Relation) -> bool:
    """Whether a relation speaks of probabilities, which have no value in a network."""
    return any(isinstance(part, Probability) for part in walk(relation))


def check(sides: Sequence[Expr | None], relations: Sequence[str]) -> None:
    """Raises NotRead where a list or a run of steps stands in a formula, or beside what is not said of one."""
    told: set[int] = set()
    for left, relation, right in zip(sides, relations, sides[1:], strict=False):
        if left is not None and right is not None and _says(left, relation, right):
            told |= {id(left), id(right)}
    for whole in sides:
        known = _outermost(whole) if whole is not None and id(whole) in told else ()
        parts = list(walk(whole)) if whole is not None else []
        chances = [part for part in parts if isinstance(part, Probability)]
        known = (*known, *(one for chance in chances for one in (*chance.of, *chance.given) if isinstance(one, Steps)))
        for part in parts:
            if isinstance(part, Listing | Steps) and not any(part is one for one in known):
                what = "a list" if isinstance(part, Listing) else "a range of steps"
                raise NotRead(f"{what} stands where one expression is expected", part.span)


def _says(left: Expr, relation: str, right: Expr) -> bool:
    """Whether a relation says how large its left side is, or which steps one of its sides holds."""
    if relation in EQUATED:
        return is_sized(left, right) or holds_steps(left, right)
    return relation in MEMBERSHIPS and isinstance(left, Steps)


def _outermost(whole: Expr) -> tuple[Expr, ...]:
    """Where in a side a list may stand."""
    match whole:
        case Call("abs", (inner,)):
            return (inner,)
        case Listing((Steps() as inner,)):
            return (whole, inner)
        case _:
            return (whole,)


def is_sized(left: Expr, right: Expr) -> bool:
    """``|X| = (B, n, d)``: whether an equation says how large something is."""
    sizes = isinstance(right, Listing) and right.opening == "(" and all(map(_is_size, right.items))
    return sizes and isinstance(left, Call) and left.function == "abs"


def holds_steps(left: Expr, right: Expr) -> bool:
    r"""``X = \{x_1, \dots, x_n\}``: whether an equation says which steps something holds."""
    named = [isinstance(one, Symbol) and not one.index for one in (left, right)]
    held = [steps_of(one) is not None for one in (left, right)]
    return any(held) and all(a or b for a, b in zip(named, held, strict=True))


def steps_of(expr: Expr) -> Steps | None:
    """The steps that a side is, with or without brackets."""
    match expr:
        case Steps():
            return expr
        case Listing((Steps() as inner,)):
            return inner
        case _:
            return None


def range_of(steps: Steps) -> tuple[Expr, Expr]:
    """The one index in which the first and the last step differ: at the lower end and at the upper one."""
    assert isinstance(steps.first, Symbol)
    assert isinstance(steps.last, Symbol)
    pairs = zip(steps.first.index, steps.last.index, strict=True)
    first, last = next(((a, b) for a, b in pairs if a != b), (steps.first.index[-1], steps.last.index[-1]))
    falls = isinstance(last, Number) and (not isinstance(first, Number) or last.value < first.value)
    return (last, first) if falls else (first, last)


def with_dots(steps: Steps) -> list[Expr | None]:
    """The first step of a run, the second where the direction is not plain without it, None for dots, and the last."""
    first, last = steps.first, steps.last
    if not (isinstance(first, Symbol) and isinstance(last, Symbol)):
        return [first, None, last]
    [(low, high)] = [pair for pair in zip(first.index, last.index, strict=True) if pair[0] != pair[1]]
    numbers = [end.value for end in (low, high) if isinstance(end, Number)]
    if len(numbers) == 2 or (numbers and numbers[0] <= 2):
        return [first, None, last]
    second = shifted(low, -1 if isinstance(high, Number) else 1)
    index = tuple(second if a != b else a for a, b in zip(first.index, last.index, strict=True))
    return [first, Symbol(first.name, index), None, last]


def _is_size(expr: Expr) -> bool:
    """A number, a name, or a product or sum of them."""
    match expr:
        case Number(value):
            return value.denominator == 1 and value > 0
        case Symbol(_, ()):
            return True
        case Multiply(factors, operators):
            return set(operators) <= {"", r"\cdot", r"\times"} and all(map(_is_size, factors))
        case Add(terms):
            return all(map(_is_size, terms))
        case _:
            return False
