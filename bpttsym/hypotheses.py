"""Which inequalities say what a number or a parameter is, and are assumed; all others are claims (SEMANTICS 6)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import TypeGuard

from bpttsym.bounds import Hypotheses
from bpttsym.displayed import Entry
from bpttsym.document import Document
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Relation,
    Symbol,
    Transpose,
    children,
    names,
    walk,
)
from bpttsym.ground import COMPARISONS, make_ground
from bpttsym.model import Model
from bpttsym.monomials import constant, linear, plus
from bpttsym.rewriting import transform
from bpttsym.shapes import SPECTRAL
from bpttsym.stand_ins import GAMMA, STEEPEST
from bpttsym.variants import arguments_of_known, unknown_symbols

DIAG = r"\mathrm{diag}"
TRIED = tuple(Fraction(sign * size, 7) for size in (1, 5, 9, 30) for sign in (1, -1))
STRIDE = Fraction(1, 3)
LARGE = 100
SOME_STEPS = 3
PLAIN = (Number, Symbol, Add, Negate, Multiply, Divide, Power)
"""What a comparison of numbers is made of."""

SIZES = SPECTRAL | {"abs"}


def loose_numbers(relation: Relation, model: Model) -> set[str]:
    """The undefined symbols of a relation, if each of them stands as a number among numbers; else none."""
    unknown = unknown_symbols(relation, model)
    if any(count for _, count in unknown):
        return set()
    names = {name for name, _ in unknown}
    return names if names <= _numbers_of(relation.left) | _numbers_of(relation.right) else set()


def introduces(relation: Relation, new: set[str]) -> bool:
    """Whether a relation can introduce new numbers: a constant times them stands alone on a side.

    Nothing of the network is differentiated: what bounds a derivative, or a power of a step, is a claim.
    """
    if any(isinstance(part, Derivative) for part in walk(relation)):
        return False
    sides = [side for side in (relation.left, relation.right) if names(side) & new]
    return not sides or any(_is_constant(side) for side in sides)


def restricted(relation: Relation, model: Model) -> set[str]:
    r"""The numbers that a model leaves open, where a relation compares them with numbers (``0 < \\alpha``); else none.

    Nobody can claim that: the document says what they may be.
    """
    about = left_open(relation, model)
    try:
        shapes = make_ground(model, SOME_STEPS).shapes if about else {}
    except NotRead:
        return set()
    return about if all(shapes.get(name) == (1, 1) for name in about) else set()


def left_open(relation: Relation, model: Model) -> set[str]:
    """What a relation compares with numbers alone, where the model has no formula of it; else none."""
    about = names(relation)
    computed = {definition.name for definition in (*model.definitions, *model.abbreviations)}
    parts = [part for part in walk(relation) if not isinstance(part, Relation)]
    plain = all(isinstance(part, PLAIN) and not getattr(part, "index", ()) for part in parts)
    known = set(model.arities) - {model.horizon}
    return about if plain and about <= known and not about & computed else set()


def bounded_step(relation: Relation, model: Model) -> str:
    r"""The number that is no smaller than the norm of a single step, ``\|\partial h_t/\partial h_{t-1}\| \le \eta``.

    Empty for any other bound, and where the number or anything else of it is defined or missing.
    """
    small, large = relation.left, relation.right
    if relation.operator in (">", r"\ge"):
        small, large = large, small
    match small, large:
        case Norm(Derivative(Symbol(of, (above,)), Symbol(by, (below,)))), Symbol(name, ()) if of == by:
            later, earlier = linear(above), linear(below)
            near = later is not None and earlier is not None and plus(later, earlier, -1) == constant(1)
            anew = unknown_symbols(relation, model) <= {(name, 0)} and name not in model.arities
            return name if near and anew and isinstance(above, Symbol) and above.name != model.horizon else ""
        case _:
            return ""


def is_impossible(relation: Relation) -> bool:
    r"""Whether a comparison of numbers is false whatever they are, as far as a few show (``\gamma/\gamma < 1``)."""
    compare = COMPARISONS[relation.operator]
    letters = sorted(names(relation))
    for first in TRIED:
        values = {name: first + place * STRIDE for place, name in enumerate(letters)}
        left, right = number(relation.left, values), number(relation.right, values)
        if left is None or right is None or compare(left, right):
            return False
    return True


def number(side: Expr, values: Mapping[str, Fraction]) -> Fraction | None:
    """The value of a side in which only numbers stand; None for any other."""
    parts = [number(part, values) for part in children(side)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    match side:
        case Number(value):
            return value
        case Symbol(name, ()):
            return values[name]
        case Negate():
            return -known[0]
        case Add():
            return sum(known, Fraction(0))
        case Multiply():
            return prod(known, start=Fraction(1))
        case Divide() if known[1]:
            return known[0] / known[1]
        case Power() if known[1].denominator == 1 and abs(known[1]) < LARGE and known[0]:
            return Fraction(known[0] ** int(known[1]))
        case _:
            return None


def _is_constant(side: Expr, steps: bool = False) -> bool:
    """Whether a side is a product of numbers, parameters and norms of these, with powers that are numbers.

    With ``steps`` a quantity at a step may stand in it.
    """
    match side:
        case Number() | Symbol(_, ()):
            return True
        case Symbol():
            return steps
        case Negate(body) | Norm(body) | Call(_, (body,), (), 0) | Transpose(body):
            return _is_constant(body, steps)
        case Power(body, exponent):
            return _is_constant(body, steps) and isinstance(exponent, Number)
        case Multiply(parts, _):
            return all(_is_constant(part, steps) for part in parts)
        case Divide(numerator, denominator):
            return _is_constant(numerator, steps) and _is_constant(denominator, steps)
        case _:
            return False


def is_assumption(relation: Relation, model: Model) -> bool:
    """Whether it says how large a norm or another number of the parameters or inputs is: nobody can claim that."""
    sides = [side for side in (relation.left, relation.right) if not _is_positive(side)]
    if len(sides) != 1 or not _is_constant(sides[0], steps=True):
        return False
    parts = list(walk(sides[0]))
    computed = {definition.name for definition in (*model.definitions, *model.abbreviations)}
    numbers = (isinstance(part, Norm) or (isinstance(part, Call) and part.function in SIZES) for part in parts)
    known = all(part.function in SIZES for part in parts if isinstance(part, Call))
    return any(numbers) and known and not names(sides[0]) & computed and not unknown_symbols(relation, model)


def _is_positive(side: Expr) -> bool:
    match side:
        case Number(value):
            return value > 0
        case Divide(Number(above), Number(below)):
            return above > 0 and below > 0
        case _:
            return False


def untied(relation: Relation, given: Hypotheses, slopes: set[str]) -> tuple[str, ...]:
    """The numbers of a relation that no hypothesis compares, directly or through others, with the network.

    ``slopes`` are those that are compared with the slope of a function.
    """
    numbers = set(given.numbers)
    tied = numbers & slopes
    while True:
        more = {
            name
            for hypothesis in given.relations
            for name in names(hypothesis) & numbers - tied
            if names(hypothesis) - numbers or names(hypothesis) & tied
        }
        if not more:
            return tuple(sorted((names(relation) & numbers) - tied))
        tied |= more


def of_every_number(entry: Entry, relation: Relation, document: Document) -> bool:
    """Whether a bound on known functions is about every value of variables of which nothing else is said."""
    about, inside = names(relation), arguments_of_known(relation)
    others = [other.relation for other in document.entries if other is not entry and other.relation is not None]
    return about <= inside and not any(about & names(other) for other in others)


def on_slopes(relation: Relation, model: Model) -> Relation:
    """A relation with the largest slope of a function in the place of ``|f'(x)|`` of a variable that is not defined.

    It is a number for a function that is known, and the supremum of its derivative for any other.
    """
    unknown = {name for name, _ in unknown_symbols(relation, model)}
    below = relation.left if relation.operator in ("<", r"\le") else relation.right  # what is below for every value

    def change(node: Expr) -> Expr:
        inner = node.body if isinstance(node, Norm) else node.arguments[0] if _is_call(node, "abs") else None
        inner = node if node is below and isinstance(node, Call) and node.primes else inner
        inner = inner.arguments[0] if _is_call(inner, DIAG) else inner
        if not isinstance(inner, Call) or inner.primes != 1 or not names(inner) & unknown:
            return node
        if inner.function in GAMMA:
            return Number(GAMMA[inner.function], span=node.span)
        called = inner.function in model.elementwise or inner.function in called_by(model)
        return Call(STEEPEST % inner.function, (), span=node.span) if called else node

    changed = transform(relation, change)
    assert isinstance(changed, Relation)
    return changed


def called_by(model: Model) -> set[str]:
    """The functions that the definitions of a model apply."""
    return {part.function for d in model.definitions for part in walk(d.body) if isinstance(part, Call)}


def _is_call(node: Expr | None, function: str) -> TypeGuard[Call]:
    return isinstance(node, Call) and node.function == function and len(node.arguments) == 1


def _numbers_of(side: Expr) -> set[str]:
    """The symbols of a side that stand in its sums, products and quotients, and in no norm, function or derivative."""
    match side:
        case Symbol(name, ()):
            return {name}
        case Add(parts) | Multiply(parts, _):
            return set().union(*map(_numbers_of, parts))
        case Negate(body) | Power(body, _):
            return _numbers_of(body)
        case Divide(numerator, denominator):
            return _numbers_of(numerator) | _numbers_of(denominator)
        case _:
            return set()
