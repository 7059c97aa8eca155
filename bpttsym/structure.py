r"""What a derivative runs through: which quantities are states, and what each quantity is computed from.

    \mathcal{L} -> \hat{y}_t -> h_t -> h_{t-1} -> ... -> h_k -> \psi

A state is a quantity that is computed from itself at another step; what a cell computes on the way from one
step to the next (``a_t`` of ``h_t = \tanh(a_t)``) is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import cached_property

from bpttsym.axes import LAST_BUT_ONE, Place
from bpttsym.errors import BpttsymError, NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
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
    children,
    integer,
    shifted,
    walk,
)
from bpttsym.ground import Ground, make_ground
from bpttsym.model import Definition, Graph, Model
from bpttsym.records import dataclass
from bpttsym.rewriting import substitute, transform

CLEAR_LENGTH = 4
"""A horizon long enough for every ambiguity of a derivative to show."""


Words = tuple[str | Expr, ...]
"""Running text with expressions in it, for a writer to print."""


@dataclass(frozen=True, slots=True)
class Step:
    """One claim of a derivation: what it is called, why it should hold, and the relation.

    A relation ``:=`` gives a name and claims nothing. ``rows`` are the counts of terms that stand together in one
    row of a long sum, where the order has rows. ``where`` restricts a free index.
    """

    name: str
    reason: Words
    relation: Relation
    rows: tuple[int, ...] = ()
    where: Relation | None = None


class NotDerived(BpttsymError):
    """A derivative that is outside of what the rules of derivation cover; the message says why."""


@dataclass(frozen=True, slots=True)
class Binder:
    """The sum that an index letter of a way is bound by."""

    letter: str
    lower: Expr
    upper: Expr


@dataclass(frozen=True, slots=True)
class Edge:
    """One occurrence of a parent in a definition; ``weight`` is the number before it where it is a plain term."""

    parent: Symbol
    weight: Fraction | None
    binder: Binder | None = None


Kind = tuple[str, int]
"""What stands for a quantity at all steps: its name and its number of indices."""


def kind_of(symbol: Symbol) -> Kind:
    """The kind of a quantity."""
    return symbol.name, len(symbol.index)


class Structure:
    """The parts of a model that every form of a derivative needs."""

    def __init__(self, model: Model, length: int) -> None:
        self.given = model
        self.length = length
        self.ground: Ground = make_ground(model, length)
        self.model = self.ground.model
        self.graph = self.ground.graph
        self._reached: dict[Kind, set[Kind]] = {}
        self._graphs = {length: self.graph}

    def graph_of(self, length: int) -> Graph:
        """The graph of another number of steps."""
        if length not in self._graphs:
            self._graphs[length] = make_ground(self.model, length).graph
        return self._graphs[length]

    @cached_property
    def uses(self) -> Mapping[Kind, frozenset[Kind]]:
        """For every kind of defined quantity, the kinds in its definitions."""
        found: dict[Kind, set[Kind]] = {}
        for definition in self.model.definitions:
            mentioned = {kind_of(part) for part in self.mentions(definition)}
            found.setdefault((definition.name, len(definition.index)), set()).update(mentioned)
        return {kind: frozenset(below) for kind, below in found.items()}

    def mentions(self, definition: Definition) -> Iterator[Symbol]:
        """The quantities in a definition, the members of a set in its place."""
        for part in walk(definition.body):
            if isinstance(part, Symbol):
                members = self.model.set_members.get(part.name, ()) if not part.index else ()
                yield from (Symbol(member) for member in members) if members else (part,)

    def reaches(self, quantity: Symbol, target: Symbol) -> bool:
        """Whether a quantity depends on another through one definition or more, at any steps."""
        return kind_of(target) in self._below(kind_of(quantity))

    def _below(self, kind: Kind) -> set[Kind]:
        if kind not in self._reached:
            seen = self._reached[kind] = set()
            open_ = [kind]
            while open_:
                below = self.uses.get(open_.pop(), frozenset()) - seen
                seen |= below
                open_ += below
        return self._reached[kind]

    @cached_property
    def states(self) -> frozenset[Kind]:
        """The kinds that a definition refers to at another step and that depend on it in turn.

        One that is computed from other states of its own step alone is none: it hands on what they hand on.
        """
        found: set[Kind] = set()
        for definition in self.model.definitions:
            own = Symbol(definition.name, definition.index)
            for part in self.mentions(definition):
                if own.index and part.index and part.index != own.index:
                    if kind_of(part) == kind_of(own) or self.reaches(part, own):
                        found.add(kind_of(part))
        for kind in sorted(found):
            if self._hands_on(kind, frozenset(found)):
                found.discard(kind)
        return frozenset(found)

    def _hands_on(self, kind: Kind, states: frozenset[Kind]) -> bool:
        """Whether a kind is computed from nothing but states of its own step, parameters and inputs."""
        seen, open_ = {kind}, [kind]
        while open_:
            below = open_.pop()
            for definition in self.model.definitions:
                if (definition.name, len(definition.index)) != below or self.is_start(definition):
                    continue
                if definition.skip or not definition.general:
                    return False
                for part in self.mentions(definition):
                    same = part.index == definition.index
                    if not part.index or (kind_of(part) not in self.uses and same):
                        continue
                    if not same or kind_of(part) == kind:
                        return False
                    if kind_of(part) not in states and kind_of(part) not in seen:
                        seen.add(kind_of(part))
                        open_.append(kind_of(part))
        return True

    @cached_property
    def names(self) -> frozenset[str]:
        """All that a name of the model is: quantities, functions, last steps."""
        functions = {part.function for d in self.model.definitions for part in walk(d.body) if isinstance(part, Call)}
        formulas = {name for name, _, _ in self.model.functions}
        return frozenset(self.model.arities) | functions | formulas | self.model.axes.names

    def last_step(self, name: str) -> Expr:
        """The last step under the name that the model has for it (``T_x``)."""
        if name == LAST_BUT_ONE:
            return shifted(Symbol(self.model.horizon), -1)
        used = {part.name for d in self.model.definitions for part in walk(d.body) if isinstance(part, Symbol)}
        other = sorted(self.model.axes.aliases & used)
        return Symbol(other[0] if name == self.model.horizon and name not in used and other else name)

    def skipped(self, node: Symbol) -> int:
        """For how many first steps no definition computes a quantity (``x_{t+1} = ...``)."""
        return max((d.skip for d in self.model.definitions if (d.name, len(d.index)) == kind_of(node)), default=0)

    def is_start(self, definition: Definition) -> bool:
        """Whether a definition is about a step before the first."""
        for position, part in enumerate(definition.index):
            steps = self.model.axes.counts_steps(Place(definition.name, len(definition.index), position))
            if steps and isinstance(part, Number) and part.value < self.model.first:
                return True
        return False

    def from_first(self, letter: Expr) -> Relation:
        """The condition that an index begins at the first step."""
        return Relation(letter, r"\ge", integer(self.model.first))

    def refuse_start(self, by: Symbol) -> None:
        """Raise NotDerived where the state before the first step depends on a variable: no formula has it."""
        for definition in filter(self.is_start, self.model.definitions):
            for part in self.mentions(definition):
                if kind_of(part) == kind_of(by) or self.reaches(part, by):
                    raise NotDerived(f"`{definition.name}` before the first step depends on `{by.name}`")

    def is_state(self, symbol: Symbol) -> bool:
        """Whether a quantity is a state."""
        return kind_of(symbol) in self.states

    @cached_property
    def ambiguous(self) -> frozenset[tuple[str, str]]:
        """The pairs of names whose unmarked derivative could be total or immediate at some steps."""
        found: set[tuple[str, str]] = set()
        graphs = [self.graph]
        if self.length < CLEAR_LENGTH:
            with suppress(NotRead):  # definitions at literal steps exist at their own horizon only
                graphs.append(self.graph_of(CLEAR_LENGTH))
        for graph in graphs:
            for key, node in graph.nodes.items():
                named = {*node.parents, *graph.mentioned(key)}
                found |= {(key[0], other[0]) for other in named if graph.ambiguous(key, other)}
        return frozenset(found)

    def is_number(self, symbol: Symbol) -> bool:
        """Whether a quantity has one entry."""
        return self.ground.shapes.get(symbol.name) == (1, 1)

    def local(self, of: Symbol, by: Symbol) -> Derivative:
        """The local Jacobian, marked as immediate where an unmarked one could be read as total."""
        return Derivative(of, by, "immediate" if (of.name, by.name) in self.ambiguous else "partial")

    def whole(self, of: Symbol, by: Symbol) -> Derivative:
        """The total derivative, marked where an unmarked one could be read as immediate, or is one of a state."""
        marked = (of.name, by.name) in self.ambiguous or (self.is_state(of) and not by.index)
        return Derivative(of, by, "total" if marked else "partial")

    def references(self, body: Expr) -> Iterator[Edge]:
        """What a body is computed from: each occurrence with its number in front, None where it is no plain term."""
        yield from self._references(body, Fraction(1), None)

    def _references(self, body: Expr, weight: Fraction | None, binder: Binder | None) -> Iterator[Edge]:
        match body:
            case Symbol(name, index):
                members = self.model.set_members.get(name, ()) if not index else ()
                for member in members or (name,):
                    yield Edge(Symbol(member, index), None if members else weight, binder)
            case Negate(inner):
                yield from self._references(inner, None if weight is None else -weight, binder)
            case Add(terms):
                for term in terms:
                    yield from self._references(term, weight, binder)
            case Sum(inner, components=True) | Component(inner):
                yield from self._references(inner, None, binder)
                for part in body.index if isinstance(body, Component) else ():
                    if isinstance(part, Symbol) and part.index:
                        yield Edge(part, None, binder)
            case Indicator():
                return
            case Cases(values):
                for value in values:
                    yield from self._references(value, None, binder)
            case Sum(inner, letter, lower, upper):
                if binder is not None:
                    raise NotDerived(f"a sum over `{letter}` inside of a sum over `{binder.letter}` is not derived")
                first = integer(self.model.first) if lower is None else lower
                last = Symbol(self.model.horizon) if upper is None else upper
                yield from self._references(inner, weight, Binder(letter, first, last))
            case Multiply((Number(number), inner)):
                yield from self._references(inner, None if weight is None else weight * number, binder)
            case _:
                for child in children(body):
                    yield from self._references(child, None, binder)


def merged(edges: list[Edge]) -> list[Edge]:
    """One edge for each parent; a parent that occurs twice has the sum of its numbers, or none."""
    found: dict[tuple[Symbol, Binder | None], Fraction | None] = {}
    for edge in edges:
        key = (edge.parent, edge.binder)
        known = found.get(key, Fraction(0))
        found[key] = None if known is None or edge.weight is None else known + edge.weight
    return [Edge(parent, weight, binder) for (parent, binder), weight in found.items() if weight != 0]


def tidy(index: Expr) -> Expr:
    """An index with its numbers merged: ``(t - 1) + 1`` is ``t``."""
    match index:
        case Add((first, *rest)):
            total = tidy(first)
            for term in rest:
                if isinstance(term, Number):
                    total = shifted(total, int(term.value))
                elif isinstance(term, Negate) and isinstance(term.body, Number):
                    total = shifted(total, -int(term.body.value))
                else:
                    total = Add((total, term))
            return total
        case _:
            return index


def merged_steps(expr: Expr) -> Expr:
    """An expression with the numbers in its indices merged."""

    def merge(node: Expr) -> Expr:
        return Symbol(node.name, tuple(map(tidy, node.index))) if isinstance(node, Symbol) and node.index else node

    return transform(expr, merge)


def at_step(body: Expr, letter: str, step: Expr) -> Expr:
    """A definition at one step: the letter replaced, and indices like ``(t + 1) - 1`` merged."""
    return merged_steps(substitute(body, {letter: step}))
