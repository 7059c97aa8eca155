"""The values of abbreviations: names for expressions with derivatives, such as ``\\delta_t`` (SEMANTICS section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol

from bpttsym.axes import Place, letters_of
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Component,
    Derivative,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Number,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    integer,
    names,
    shifted,
    walk,
)
from bpttsym.ground import satisfies
from bpttsym.memo import of_node
from bpttsym.model import Definition, Graph, Model, index_letters, index_value
from bpttsym.world import V, World


class Reckoner(Protocol):
    """What the value of an abbreviation is found with: an evaluator."""

    world: World
    graph: Graph
    model: Model
    open: set[tuple[str, tuple[int, ...]]]

    def value(self, expr: Expr, bindings: Mapping[str, int], bound: frozenset[str] = frozenset()) -> V: ...


def abbreviated(reckoner: Reckoner, symbol: Symbol, bindings: Mapping[str, int]) -> V | None:
    """The value of an abbreviation; one step past the end it is zero, as textbooks let it be."""
    named = reckoner.model.abbreviated.get(symbol.name)
    if not named:
        return None
    index = tuple(index_value(part, bindings) for part in symbol.index)
    length = reckoner.graph.length
    best: tuple[Definition, dict[str, int]] | None = None
    for entry in named:
        found = _match(entry, index, reckoner.graph.ends)
        if found is not None and (best is None or entry.single(reckoner.graph.ends)):
            best = entry, found
    if best is None:
        return None
    entry, found = best
    if _is_past(reckoner, symbol.name, index) and entry.general:
        inside = {letter: min(value, length) for letter, value in found.items()}
        sized = _without(entry.body, symbol)
        return reckoner.world.zeros(reckoner.world.shape(reckoner.value(sized, {**reckoner.graph.ends, **inside})))
    if (symbol.name, index) in reckoner.open:
        raise NotRead(f"the abbreviation `{symbol.name}` runs in a circle", symbol.span)
    _steps_between(reckoner, entry, index, length)
    reckoner.open.add((symbol.name, index))
    try:
        value = reckoner.value(entry.body, {**reckoner.graph.ends, **found})
        if isinstance(entry.body, Number) and index:
            value = _shaped_zero(reckoner, value, named, length)
        return value
    finally:
        reckoner.open.discard((symbol.name, index))


def _steps_between(reckoner: Reckoner, entry: Definition, index: tuple[int, ...], length: int) -> None:
    """Find the steps that a recursion goes through first, from its end on, so that its depth does not grow with T."""
    own = [part for part in walk(entry.body) if isinstance(part, Symbol) and part.name == entry.name]
    if not own or len(index) != 1 or not entry.general or reckoner.open:
        return
    later = any(shifted(entry.index[0], 1) == part.index[0] for part in own if len(part.index) == 1)
    steps = range(length, index[0], -1) if later else range(reckoner.model.first, index[0])
    for step in steps:
        reckoner.value(Symbol(entry.name, (integer(step),)), reckoner.graph.ends)


def may_end(model: Model, expr: Expr) -> bool:
    """Whether a term of a sum may end at some step."""
    found = _names_of_terms(expr)
    return INDICATED in found or not found.isdisjoint(model.abbreviated)


def ends(reckoner: Reckoner, term: Expr, bindings: Mapping[str, int]) -> bool:
    """Whether a term is zero because it is a multiple of an abbreviation one step past the end.

    What else such a term names (``h_{T+1}`` beside ``\\delta_{T+1}``) need not exist. Neither need it where an
    indicator is zero, as ``\\mathbf 1_{[t<T]}`` at the last step.
    """
    found = _names_along(term)
    if INDICATED not in found and found.isdisjoint(reckoner.model.abbreviated):
        return False
    match term:
        case Symbol(name, index) if index:
            named = reckoner.model.abbreviated.get(name, ())
            if not named or index_letters(term) - set(bindings):
                return False
            steps = tuple(index_value(part, bindings) for part in index)
            if not _is_past(reckoner, name, steps):
                return False
            fits = [entry for entry in named if _match(entry, steps, reckoner.graph.ends) is not None]
            return bool(fits) and all(entry.general or entry.body == integer(0) for entry in fits)
        case Indicator(Relation() as condition, components=False):
            if letters_of(condition) - set(bindings):
                return False
            return not satisfies((condition,), bindings)
        case Multiply(factors):
            return any(ends(reckoner, factor, bindings) for factor in factors)
        case Negate(body) | Transpose(body) | Component(body) | Sum(body, components=True):
            return ends(reckoner, body, bindings)
        case Call(r"\mathrm{diag}", (body,)):
            return ends(reckoner, body, bindings)
        case _:
            return False


INDICATED = ""
"""Stands for an indicator among names."""


@of_node
def _names_of_terms(expr: Expr) -> frozenset[str]:
    return frozenset().union(*map(_names_along, children(expr)))


@of_node
def _names_along(term: Expr) -> frozenset[str]:
    """The names of the factors for which a term may end."""
    match term:
        case Symbol(name, index) if index:
            return frozenset((name,))
        case Indicator(components=False):
            return frozenset((INDICATED,))
        case Multiply(factors):
            return frozenset().union(*map(_names_along, factors))
        case Negate(body) | Transpose(body) | Call(r"\mathrm{diag}", (body,)):
            return _names_along(body)
        case Component(body) | Sum(body, components=True):
            return _names_along(body)
        case _:
            return frozenset()


def _is_past(reckoner: Reckoner, name: str, index: tuple[int, ...]) -> bool:
    """Whether an index is one step past the end; there is no such convention for layers."""
    axes = reckoner.model.axes
    return any(
        axes.counts_steps(place) and value == axes.end(place, reckoner.graph.length) + 1
        for place, value in zip(_places(name, len(index)), index, strict=True)
    )


@cache
def _places(name: str, count: int) -> tuple[Place, ...]:
    return tuple(Place(name, count, position) for position in range(count))


def _without(body: Expr, symbol: Symbol) -> Expr:
    """A part of a recursion's formula that has its shape and does not name it; raises NotRead if there is none."""
    terms = body.terms if isinstance(body, Add) else (body,)
    for term in terms:
        if symbol.name not in names(term):
            return term
    raise NotRead(f"nothing says what `{symbol.name}` is after the last step", symbol.span, "its last value")


def _shaped_zero(reckoner: Reckoner, value: V, named: tuple[Definition, ...], length: int) -> V:
    """``\\delta_{T+1} = 0`` has the shape of the other steps."""
    for entry in named:
        if entry.general and reckoner.world.is_zero(value):
            derivatives = [part for part in walk(entry.body) if isinstance(part, Derivative)]
            sized = derivatives[0] if derivatives else _without(entry.body, Symbol(entry.name))
            letters = dict.fromkeys(index_letters(sized) - set(reckoner.graph.ends), length)
            return reckoner.world.zeros(reckoner.world.shape(reckoner.value(sized, {**reckoner.graph.ends, **letters})))
    return value


def _match(entry: Definition, index: tuple[int, ...], ends: Mapping[str, int]) -> dict[str, int] | None:
    """Like Definition.match, where a literal index may be ``T+1``."""
    if len(index) != len(entry.index):
        return None
    found: dict[str, int] = {}
    for part, value in zip(entry.index, index, strict=True):
        if isinstance(part, Symbol) and part.name not in ends:
            if found.setdefault(part.name, value) != value:
                return None
        elif index_value(part, ends) != value:
            return None
    return found
