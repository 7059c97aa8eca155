r"""Ways between the states of a model that has several: gates with a cell, layers, two directions.

A *pattern* is a quantity at any step, its layers in numbers: ``h_t^{(2)}`` is one, ``h_t^{(1)}`` another. The walker
goes from a pattern at the step ``t`` down to the next states, whose steps it gives relative to ``t``.
"""

from __future__ import annotations

from bpttsym.axes import Place
from bpttsym.expr import (
    Derivative,
    Expr,
    Number,
    Symbol,
    integer,
    walk,
)
from bpttsym.model import Definition, index_value
from bpttsym.rewriting import substitute
from bpttsym.structure import Edge, NotDerived, Structure, merged, tidy
from bpttsym.summation import offset_of
from bpttsym.ways import Walker, Way

Pattern = tuple[str, tuple[int | None, ...]]
"""A name with the numbers of its layers, None where a step stands."""


class Patterns(Walker):
    """Ways with letters for the steps and numbers for the layers."""

    def __init__(self, structure: Structure, by: Symbol, letter: str) -> None:
        super().__init__(structure, by)
        self.letter = Symbol(letter)
        self.axes = structure.model.axes
        self.ends = self.axes.bindings(structure.length)
        self.target = self.pattern(self._numbered(by))
        self._leading: dict[Pattern, bool] = {}
        self._again: dict[Pattern, bool] = {}
        self._edges: dict[Symbol, list[Edge]] = {}

    def pattern(self, node: Symbol) -> Pattern:
        """What a node is at any step."""
        found: list[int | None] = []
        for position, part in enumerate(node.index):
            steps = self._counts_steps(node, position)
            found.append(None if steps else int(part.value) if isinstance(part, Number) else -1)
        return node.name, tuple(found)

    def at(self, pattern: Pattern, step: Expr) -> Symbol:
        """The node of a pattern at a step."""
        return Symbol(pattern[0], tuple(step if layer is None else integer(layer) for layer in pattern[1]))

    def step_of(self, node: Symbol) -> Expr | None:
        """The step of a node; None where it has none."""
        steps = [part for position, part in enumerate(node.index) if self._counts_steps(node, position)]
        if len(steps) > 1:
            raise NotDerived(f"`{node.name}` has more than one step")
        return steps[0] if steps else None

    def _counts_steps(self, node: Symbol, position: int) -> bool:
        return self.axes.counts_steps(Place(node.name, len(node.index), position))

    def _numbered(self, node: Symbol) -> Symbol:
        """The node with its layers in numbers."""
        index: list[Expr] = []
        for position, part in enumerate(node.index):
            if self._counts_steps(node, position):
                index.append(tidy(part))
            else:
                index.append(integer(index_value(part, self.ends)))
        return Symbol(node.name, tuple(index))

    def is_end(self, node: Symbol) -> bool:
        return self.pattern(node) == self.target

    def leads(self, node: Symbol) -> bool:
        if self.is_end(node):
            return True
        start = self.pattern(node)
        if start not in self._leading:
            self._leading[start] = self.target in self._below_all(start)
        return self._leading[start]

    def is_state(self, node: Symbol) -> bool:
        """Whether a node is a state in its own layer: one that depends on its own pattern at another step."""
        pattern = self.pattern(node)
        if pattern not in self._again:
            self._again[pattern] = self.structure.is_state(node) and pattern in self._below_all(pattern)
        return self._again[pattern]

    def _below_all(self, pattern: Pattern) -> set[Pattern]:
        """All patterns that one is computed from."""
        seen: set[Pattern] = set()
        coming = [pattern]
        while coming:
            for edge in self.edges(self.at(coming.pop(), self.letter)):
                below = self.pattern(edge.parent)
                if below not in seen:
                    seen.add(below)
                    coming.append(below)
        return seen

    def least(self, way: Way, letter: Symbol | None, first: Expr) -> Expr:
        """The first step at which a way exists: later than the first of all where a definition on it begins later."""
        found = first
        for factor in way.factors:
            node = factor.of if isinstance(factor, Derivative) else None
            step = self.step_of(node) if isinstance(node, Symbol) else None
            if isinstance(node, Symbol) and step is not None and any(part == letter for part in walk(step)):
                assert letter is not None
                begin = self.structure.model.first + self.structure.skipped(node) - offset_of(step, letter)
                if isinstance(found, Number) and found.value < begin:
                    found = integer(begin)
        return found

    def ends_at(self, node: Symbol) -> bool:
        """Whether nothing below the variable leads to it again at another step."""
        return self.is_state(node) or self._definition(node) is None

    def edges(self, node: Symbol) -> list[Edge]:
        if node not in self._edges:
            self._edges[node] = self._found_edges(node)
        return self._edges[node]

    def _found_edges(self, node: Symbol) -> list[Edge]:
        definition = self._definition(node)
        if definition is None:
            return []
        bindings: dict[str, Expr] = {
            part.name: own
            for part, own in zip(definition.index, node.index, strict=True)
            if isinstance(part, Symbol) and part.name not in self.ends
        }
        found = []
        for edge in self.structure.references(definition.body):
            if not edge.parent.index and (edge.parent.name in bindings or self._is_count(edge.parent)):
                continue
            if edge.binder is not None and edge.binder.letter in bindings:
                raise NotDerived(f"the letter `{edge.binder.letter}` is bound twice in the definition of `{node.name}`")
            moved = Symbol(edge.parent.name, tuple(substitute(part, bindings) for part in edge.parent.index))
            found.append(Edge(self._numbered(moved), edge.weight, edge.binder))
        return merged(found)

    def _is_count(self, symbol: Symbol) -> bool:
        return symbol.name in self.ends and not self.structure.graph.is_quantity(symbol.name)

    def _definition(self, node: Symbol) -> Definition | None:
        """The definition for any step of a node; NotDerived where some steps have one of their own."""
        best: Definition | None = None
        for definition in self.structure.model.definitions:
            if definition.name != node.name or len(definition.index) != len(node.index):
                continue
            if self.structure.is_start(definition) and not self._suits(definition, node):
                continue
            if self._suits(definition, node) and (best is None or best.general):
                best = definition
        return best

    def _suits(self, definition: Definition, node: Symbol) -> bool:
        """Whether a definition is about the layers of a node, at any step."""
        for position, (part, own) in enumerate(zip(definition.index, node.index, strict=True)):
            letter = isinstance(part, Symbol) and part.name not in self.ends
            if self._counts_steps(node, position):
                if not letter:
                    raise NotDerived(f"`{node.name}` is defined for single steps, so there is no formula for any step")
                continue
            layer = index_value(own, self.ends)
            last = self.axes.end(Place(node.name, len(node.index), position), self.structure.length)
            if not (1 <= layer <= last if letter else index_value(part, self.ends) == layer):
                return False
        return True

    def states_below(self, top: Symbol) -> list[Pattern]:
        """The states between a quantity and the variable, each after all that it acts through at its own step."""
        found: dict[Pattern, set[Pattern]] = {}
        coming = [self.pattern(way.end) for way in self.ways(top) if self.is_state(way.end)]
        while coming:
            state = coming.pop()
            if state in found:
                continue
            ends = [way.end for way in self._below(state) if self.is_state(way.end)]
            found[state] = {self.pattern(end) for end in ends if self.step_of(end) == self.letter} - {state}
            coming += [self.pattern(end) for end in ends]
        return _users_first(found)

    def _below(self, state: Pattern) -> list[Way]:
        return self.ways(self.at(state, self.letter))


def _users_first(below: dict[Pattern, set[Pattern]]) -> list[Pattern]:
    """Patterns in an order in which each stands before those that it is computed from at the same step."""
    order: list[Pattern] = []
    left = dict(below)
    while left:
        free = [one for one in left if not any(one in others for others in left.values())]
        if not free:
            raise NotDerived("states depend on each other at one step")
        order += free
        for one in free:
            del left[one]
    return order
