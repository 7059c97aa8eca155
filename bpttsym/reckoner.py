"""The state of an evaluation: values that were found, parts that vanished, the names of nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Add,
    Derivative,
    Divide,
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
    walk,
)
from bpttsym.memo import of_node
from bpttsym.model import Key, index_letters, index_value
from bpttsym.readings import Readings
from bpttsym.records import dataclass
from bpttsym.weight_shapes import IDENTITIES
from bpttsym.whole_numbers import index_values
from bpttsym.world import MissingNode, V, World

MAXIMUM_STEPS = 400_000
BindingKey = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Vanished:
    """A part of an equation that is zero on every sample at some value of its indices."""

    part: Expr
    bindings: BindingKey


@dataclass(frozen=True, slots=True)
class Lone:
    """The derivatives that stand alone as a side, and whether one of them recurs inside the other side."""

    sides: tuple[Derivative, ...] = ()
    recurs: bool = False


NONE_ALONE = Lone()


@of_node
def names_within(expr: Expr) -> frozenset[str]:
    """The names of all symbols in a tree, indices included."""
    own = frozenset((expr.name,)) if isinstance(expr, Symbol) else frozenset()
    return own.union(*map(names_within, children(expr)))


@of_node
def lone_sides(relation: Relation) -> Lone:
    """The derivatives that stand alone as a side of a relation."""
    sides = tuple(side for side in (relation.left, relation.right) if isinstance(side, Derivative))
    inside = (part for side in (relation.left, relation.right) if side not in sides for part in walk(side))
    return Lone(sides, bool(sides) and any(part == side for part in inside for side in sides))


class Reckoner(ABC):
    """What was asked of one world under one reading.

    ``lone`` holds the derivatives that stand alone as a side of the relation under judgement. With
    ``observe`` every factor, addend and derivative that vanishes is recorded in ``vanished``; derivatives of
    leaves, which vanish by definition, in ``told``.
    """

    def __init__(self, world: World, readings: Readings, lone: Lone = NONE_ALONE, observe: bool = False) -> None:
        self.world = world
        self.graph = world.graph
        self.model = world.graph.model
        self.readings = readings
        self.formulas = frozenset(name for name, _, _ in world.graph.model.functions)
        self.lone = lone.sides
        self.recurs = lone.recurs
        self.observe = observe
        self.vanished: dict[tuple[int, BindingKey], Vanished] = {}
        self.told: set[tuple[int, BindingKey]] = set()
        self.empty: set[tuple[int, BindingKey]] = set()
        self.memory: dict[tuple[int, BindingKey], tuple[Expr, V]] = {}
        self.measured = 0
        self.reach = 0.0
        self.steps = 0
        self.open: set[tuple[str, tuple[int, ...]]] = set()
        self.counts: dict[str, int] = {}
        self.counting: frozenset[str] | None = None
        self.alive: set[tuple[int, BindingKey]] = set()
        self.extents: dict[str, set[int]] = {}
        self.sized: dict[int, tuple[Expr, int]] = {}
        self.here: Mapping[str, int] | None = None
        self.place: BindingKey = ()
        self.still: Reckoner | None = None
        self.moving: frozenset[str] = frozenset()

    def lean_on(self, still: Reckoner, moved: Iterable[Key]) -> None:
        """Take from another evaluation, in which nothing moves, the values of what names none of some nodes."""
        if not self.formulas:  # whose formulas may name more than their arguments do
            self.still = still
            self.moving = self.model.stand_ins.union((key[0] for key in moved), self.model.set_members)

    def value(self, expr: Expr, bindings: Mapping[str, int], bound: frozenset[str] = frozenset()) -> V:
        """The value of an expression at the given values of its index letters."""
        if self.counting:
            key = self._place(expr, bindings)
        else:
            if bindings is not self.here:  # as it is for all parts of what stands at one place
                self.here, self.place = bindings, tuple(bindings.items())
            key = id(expr), self.place
        found = self.memory.get(key)
        if found is not None:
            return found[1]
        self.steps += 1
        if self.steps > MAXIMUM_STEPS:
            raise LimitExceeded(f"evaluation is over the limit of {MAXIMUM_STEPS} steps", expr.span)
        if self.still is not None and self.moving.isdisjoint(names_within(expr)):
            result = self.still.value(expr, bindings, bound)
        else:
            result = self._value(expr, bindings, bound)
        if self.observe:
            self._look(expr, key, result)
        self.memory[key] = (expr, result)
        return result

    def _place(self, expr: Expr, bindings: Mapping[str, int]) -> tuple[int, BindingKey]:
        """Under what a value is remembered: letters of entries that stand nowhere in an expression do not matter."""
        counting = self.counting
        if not counting or len(bindings) < 2 or counting.isdisjoint(bindings):
            return id(expr), tuple(bindings.items())
        used = names_within(expr)
        if not used.isdisjoint(self.model.abbreviated):
            return id(expr), tuple(bindings.items())
        return id(expr), tuple(pair for pair in bindings.items() if pair[0] in used or pair[0] not in counting)

    def largest(self, size: Callable[[V], float]) -> float:
        """The largest ``size`` of all values so far; each value is measured once."""
        sizes = (size(value) for _, value in islice(self.memory.values(), self.measured, None))
        self.reach = max(self.reach, max(sizes, default=0.0))
        self.measured = len(self.memory)
        return self.reach

    @abstractmethod
    def on(self, world: World) -> Reckoner:
        """An evaluation under the same readings in another world."""

    def fresh(self) -> Reckoner:
        """Another evaluation in the same world that remembers and observes nothing."""
        return self.on(self.world)

    @abstractmethod
    def _value(self, expr: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V: ...

    def _look(self, expr: Expr, key: tuple[int, BindingKey], result: V) -> None:
        """Record a part that vanishes, unless a derivative of a leaf inside makes it vanish by definition.

        A part vanishes at a step if it does at all of its entries there.
        """
        if isinstance(expr, Number):
            return
        whole = key
        if self.counting:
            whole = (key[0], tuple(pair for pair in key[1] if pair[0] not in (self.counting or ())))
        if not self.world.is_zero(result):
            self.alive.add(whole)
            self.vanished.pop(whole, None)
            return
        if whole in self.alive:
            return
        if key in self.empty:
            self.told.add(key)
            return
        match expr:
            case Symbol() if self.is_abbreviated(expr) or self._is_given_zero(expr, dict(key[1])):
                self.told.add(key)
            case Derivative(of) if self._of_leaves(of, dict(key[1])):
                self.told.add(key)
            case Indicator():
                self.told.add(key)  # it limits a range
            case Add() if _counts_steps(expr, dict(key[1])):
                self.told.add(key)  # so does a number that is zero at this step alone
            case Multiply(parts) if any(self._place(part, dict(key[1])) in self.told for part in parts):
                self.told.add(key)
            case Negate(part) | Transpose(part) | Divide(part) if self._place(part, dict(key[1])) in self.told:
                self.told.add(key)
            case Add(parts) if all(self._place(part, dict(key[1])) in self.told for part in parts):
                self.told.add(key)
            case Sum(body) if self._is_told_throughout(body, key[1]):
                self.told.add(key)
            case _:
                self.vanished[whole] = Vanished(expr, whole[1])

    def _is_given_zero(self, symbol: Symbol, bindings: Mapping[str, int]) -> bool:
        """Whether the document says that a quantity is 0 at this step (``h_0 = 0``)."""
        try:
            node = self.graph.nodes.get((symbol.name, tuple(index_value(part, bindings) for part in symbol.index)))
        except NotRead:
            return False
        return node is not None and isinstance(node.body, Number) and not node.body.value

    def _is_told_throughout(self, body: Expr, bindings: BindingKey) -> bool:
        """Whether the body of a sum vanishes by definition at each of its indices."""
        met = [key for key in self.memory if key[0] == id(body) and set(bindings) <= set(key[1])]
        return bool(met) and all(key in self.told for key in met)

    def _of_leaves(self, expr: Expr, bindings: Mapping[str, int]) -> bool:
        """Whether an expression is made of leaves only, so that its derivative by another leaf is zero."""
        try:
            keys = set(self.graph.references(expr, bindings))
        except NotRead:
            return False
        return bool(keys) and all(key in self.graph.nodes and self.graph.is_leaf(key) for key in keys)

    def key(self, symbol: Symbol, bindings: Mapping[str, int], bound: frozenset[str]) -> Key:
        """The node that a symbol names; MissingNode where there is none."""
        index = index_values(symbol, bindings) if symbol.index else ()
        key = (symbol.name, index)
        if key in self.graph.nodes:
            return key
        if len(index) not in self.model.arities.get(symbol.name, ()):
            raise NotRead(f"`{symbol.name}` with {len(index)} indices is not defined", symbol.span)
        letters = index_letters(symbol) & bound
        letter = min(letters) if letters else ""
        raise MissingNode(key, letter, bindings.get(letter, 0), symbol.span)

    def is_identity(self, expr: Expr) -> bool:
        """Whether it is the identity matrix, whose size its surroundings give."""
        return isinstance(expr, Symbol) and expr.name in IDENTITIES and expr.name not in self.model.arities

    def is_literal(self, expr: Expr) -> bool:
        """Whether it is an identity, or the number of some entries: nothing else can stand in its place."""
        counted = isinstance(expr, Symbol) and not expr.index and expr.name in self.model.entry_counts
        return counted or self.is_identity(expr)

    def is_abbreviated(self, symbol: Symbol) -> bool:
        return symbol.name in self.model.abbreviated


def _counts_steps(expr: Expr, bindings: Mapping[str, int]) -> bool:
    """Whether a number is reckoned from steps alone, ``t-1``, and is another one at other steps."""
    parts = list(walk(expr))
    letters = {part.name for part in parts if isinstance(part, Symbol)}
    plain = all(isinstance(part, Number | Add | Negate | Symbol) for part in parts)
    if not plain or not letters <= bindings.keys():
        return False
    here = index_value(expr, bindings)
    return any(index_value(expr, {**bindings, name: bindings[name] + 1}) != here for name in letters)
