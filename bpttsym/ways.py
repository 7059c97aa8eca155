r"""The ways from a node down to the next states and to the variable of a derivative.

    \mathcal{L} -> \hat{y}_t -> h_t        h_t -> h_{t-1}        h_t -> \psi

Two walkers see the same model: ``Unrolled`` with numbers as steps, and ``Patterns`` of patterns.py with letters, for
any number of steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from bpttsym.expr import Expr, Sum, Symbol, integer
from bpttsym.model import Key, index_value, sum_range
from bpttsym.records import dataclass
from bpttsym.structure import Binder, Edge, NotDerived, Structure, merged

MAXIMUM_WAYS = 200_000


@dataclass(frozen=True, slots=True)
class Way:
    """The product of local Jacobians from one node down to another, times a number.

    ``first`` is the first node on the way that has a step; ``binder`` the sum that the way stands in.
    """

    factors: tuple[Expr, ...]
    end: Symbol
    weight: Fraction = Fraction(1)
    binder: Binder | None = None
    first: Symbol | None = None


class Walker:
    """Ways from a node down to the next state or to the variable; steps are what the subclass makes of them."""

    def __init__(self, structure: Structure, by: Symbol) -> None:
        self.structure = structure
        self.by = by

    def edges(self, node: Symbol) -> list[Edge]:
        """The direct parents of a node."""
        raise NotImplementedError

    def is_end(self, node: Symbol) -> bool:
        """Whether a node is the variable itself."""
        raise NotImplementedError

    def leads(self, node: Symbol) -> bool:
        """Whether a node is the variable or depends on it."""
        raise NotImplementedError

    def is_state(self, node: Symbol) -> bool:
        """Whether a node is a state."""
        return self.structure.is_state(node)

    def ends_at(self, node: Symbol) -> bool:
        """Whether a way that has reached a state or the variable goes no further."""
        return True

    def ways(self, start: Symbol) -> list[Way]:
        """All ways from a node to the nearest states that lead to the variable, and to the variable itself."""
        found: list[Way] = []
        open_ = [Way((), start, first=start if start.index else None)]
        while open_:
            way = open_.pop()
            if way.end != start and (self.is_end(way.end) or self.is_state(way.end)):
                found.append(way)
                if self.ends_at(way.end):
                    continue
            further = [self._along(way, edge) for edge in self.edges(way.end) if self.leads(edge.parent)]
            open_.extend(reversed(further))
            if len(found) + len(open_) > MAXIMUM_WAYS:
                raise NotDerived(f"there are more than {MAXIMUM_WAYS} ways from `{start.name}` to its states")
        return found

    def _along(self, way: Way, edge: Edge) -> Way:
        binder = way.binder
        if edge.binder is not None:
            if binder is not None:
                raise NotDerived("a sum over steps inside of a sum over steps is not derived")
            binder = edge.binder
        first = way.first or (edge.parent if edge.parent.index else None)
        numbers = self.structure.is_number(way.end) and self.structure.is_number(edge.parent)
        if edge.weight is not None and numbers:
            return Way(way.factors, edge.parent, way.weight * edge.weight, binder, first)
        factor = self.structure.local(way.end, edge.parent)
        return Way((*way.factors, factor), edge.parent, way.weight, binder, first)


class Unrolled(Walker):
    """Ways in the graph of T steps; the steps are numbers."""

    def __init__(self, structure: Structure, by: Symbol) -> None:
        super().__init__(structure, by)
        self.graph = structure.graph
        self.target = self.key(by)
        self._hops: dict[Symbol, list[Way]] = {}

    def key(self, symbol: Symbol) -> Key:
        """The node of the graph that a symbol names; raises NotDerived if there is none."""
        bindings = self.graph.ends
        key = (symbol.name, tuple(index_value(part, bindings) for part in symbol.index))
        if key not in self.graph.nodes:
            raise NotDerived(f"`{symbol.name}` has no step {', '.join(map(str, key[1]))} in this model")
        return key

    def is_end(self, node: Symbol) -> bool:
        return self.key(node) == self.target

    def leads(self, node: Symbol) -> bool:
        key = self.key(node)
        return key == self.target or self.target in self.graph.ancestors(key)

    def edges(self, node: Symbol) -> list[Edge]:
        found = self.graph.nodes[self.key(node)]
        if found.body is None:
            return []
        return merged(list(self._numbered(found.body, found.bindings)))

    def _numbered(self, body: Expr, bindings: Mapping[str, int]) -> Iterator[Edge]:
        for edge in self.structure.references(body):
            binder, symbol = edge.binder, edge.parent
            if not symbol.index and symbol.name in bindings:
                continue
            steps: range = range(1)
            if binder is not None:
                total = Sum(symbol, binder.letter, binder.lower, binder.upper)
                steps = sum_range(total, bindings, self.structure.model, self.structure.length)
            for step in steps:
                known = bindings if binder is None else {**bindings, binder.letter: step}
                index = tuple(integer(index_value(part, known)) for part in symbol.index)
                yield Edge(Symbol(symbol.name, index), edge.weight)

    def hops(self, node: Symbol) -> list[Way]:
        """The ways from a node, those between two states that make up a whole derivative taken as that one factor."""
        if node not in self._hops:
            self._hops[node] = self._collapsed(node, self.ways(node))
        return self._hops[node]

    def _collapsed(self, node: Symbol, ways: list[Way]) -> list[Way]:
        if not self.structure.is_state(node):
            return ways
        ends = dict.fromkeys(way.end for way in ways if self.structure.is_state(way.end))
        whole = {end for end in ends if not any(self._leads_to(other, end) for other in ends if other != end)}
        found: list[Way] = []
        for way in ways:
            if way.end not in whole:
                found.append(way)
            elif not any(other.end == way.end for other in found):
                found.append(Way((self.structure.whole(node, way.end),), way.end, first=way.first))
        return found

    def _leads_to(self, node: Symbol, target: Symbol) -> bool:
        return self.key(target) in self.graph.ancestors(self.key(node))
