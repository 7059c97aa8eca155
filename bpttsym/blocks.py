r"""Blocks: states that act on each other from step to step, seen as one, such as ``(h_t, c_t)`` of an LSTM.

    \frac{\partial (h_{i+1}, c_{i+1})}{\partial (h_i, c_i)}

Between blocks there is no way back: the layers of a network, its two directions, an encoder and its decoder are
blocks of their own. A block runs on (computed from the step before) or back (from the step after).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from bpttsym.axes import Place
from bpttsym.expr import Concatenate, Derivative, Expr, Symbol, integer, shifted
from bpttsym.model import Graph, Key, index_value
from bpttsym.patterns import Pattern, Patterns
from bpttsym.records import dataclass
from bpttsym.structure import NotDerived, Structure
from bpttsym.summation import offset_of
from bpttsym.ways import Way

MIDDLE, LONG = 4, 7
"""A step that has enough others on both sides of it, in a network of so many steps."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some states with the offset from a step to the one that it is computed from: -1, or 1 if it runs back."""

    members: tuple[Pattern, ...]
    offset: int


class Blocks:
    """The blocks between a quantity and a variable."""

    def __init__(self, structure: Structure, walker: Patterns, of: Symbol) -> None:
        self.structure = structure
        self.walker = walker
        self.letter = walker.letter
        self.of = of
        self._ways: dict[Pattern, list[Way]] = {}

    def ways(self, state: Pattern) -> list[Way]:
        """The ways from a state at the generic step."""
        if state not in self._ways:
            self._ways[state] = self.walker.ways(self.walker.at(state, self.letter))
        return self._ways[state]

    def block(self, state: Symbol) -> Block:
        """The block that a state belongs to."""
        pattern = self.walker.pattern(state)
        return next(block for block in self._blocks if pattern in block.members)

    @cached_property
    def _blocks(self) -> list[Block]:
        states = self.walker.states_below(self.of)
        below = {state: self._reached(state) for state in states}
        found: list[Block] = []
        for state in states:
            if not any(state in block.members for block in found):
                together = [s for s in states if s == state or (s in below[state] and state in below[s])]
                found.append(Block(tuple(together), self._offset(together)))
        return found

    def _reached(self, state: Pattern) -> set[Pattern]:
        seen: set[Pattern] = set()
        open_ = [state]
        while open_:
            for way in self.ways(open_.pop()):
                pattern = self.walker.pattern(way.end)
                if self.walker.is_state(way.end) and pattern not in seen:
                    seen.add(pattern)
                    open_.append(pattern)
        return seen

    def _offset(self, members: list[Pattern]) -> int:
        """From which neighbouring step a block is computed; NotDerived where it is not one of them."""
        offsets: set[int] = set()
        for way in (way for member in members for way in self.ways(member)):
            if self.walker.pattern(way.end) in members and self.walker.is_state(way.end):
                if way.binder is not None:
                    raise NotDerived(f"`{way.end.name}` is read at many steps at once")
                offsets.add(offset_of(self.walker.step_of(way.end) or self.letter, self.letter))
        name = members[0][0]
        if not offsets - {0} <= {-1, 1}:
            raise NotDerived(f"`{name}` reaches back over several steps, so there is no product of step Jacobians")
        if not offsets - {0}:
            raise NotDerived(f"`{name}` does not depend on a step of its own next to it")
        if len(offsets - {0}) > 1:
            raise NotDerived(f"`{name}` acts on the steps before it and on those after it")
        return max(offsets - {0}, key=abs)

    def node(self, block: Block, step: Expr) -> Expr:
        """The block at a step as one quantity."""
        parts = tuple(self.walker.at(member, step) for member in block.members)
        return parts[0] if len(parts) == 1 else Concatenate(parts)

    def ends(self, block: Block) -> tuple[Expr, Expr]:
        """The first and the last step of a block."""
        name, index = block.members[0]
        axes, length = self.structure.model.axes, len(index)
        place = next(Place(name, length, n) for n, part in enumerate(index) if part is None)
        last = axes.places.get(place, self.structure.model.horizon)
        return integer(self.structure.model.first), self.structure.last_step(last)

    def jacobian(self, block: Block, step: Expr) -> Derivative:
        """The block after a step by that at it, or the one at a step by that after it if it runs back."""
        steps = (shifted(step, 1), step) if block.offset < 0 else (step, shifted(step, 1))
        of, by = (self.node(block, one) for one in steps)
        return self.whole(of, by)

    def whole(self, of: Expr, by: Expr) -> Derivative:
        """The total derivative of one or several quantities by one or several, marked where it needs to be."""
        if isinstance(of, Symbol) and isinstance(by, Symbol):
            return self.structure.whole(of, by)
        if isinstance(of, Symbol):
            key, others = self._key(of), self._keys(by)
            return Derivative(of, by, "total" if self._graph.ambiguous_together(key, tuple(others)) else "partial")
        return Derivative(of, by)

    def covers(self, sources: Iterable[Symbol], target: Expr) -> bool:
        """Whether all that leads from some nodes at the generic step to another does so before any other state.

        Then the total derivative is that of one step alone. The steps of all of them are near to the generic one.
        """
        start = set(map(self._key, sources))
        wanted = set(self._keys(target))
        for node in sources:
            for way in self.walker.ways(node):
                end = self._key(way.end)
                if self.walker.is_state(way.end) and end not in start | wanted:
                    if end not in self._graph.nodes or wanted & self._graph.ancestors(end):
                        return False
        return True

    @cached_property
    def _graph(self) -> Graph:
        return self.structure.graph_of(LONG)

    def _keys(self, nodes: Expr) -> list[Key]:
        return [self._key(part) for part in (nodes.parts if isinstance(nodes, Concatenate) else (nodes,))]

    def _key(self, node: Expr) -> Key:
        """A node in a network of some steps, the generic step in its middle."""
        assert isinstance(node, Symbol)
        bindings = {**self._graph.ends, self.letter.name: MIDDLE}
        letters = {part.name for part in node.index if isinstance(part, Symbol)} - bindings.keys()
        bindings |= dict.fromkeys(letters, MIDDLE)
        return node.name, tuple(index_value(part, bindings) for part in node.index)
