"""Where the nodes of an unrolled graph sit, and which of its edges one term of the gradient passes through."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Literal

from bpttsym.errors import UsageError
from bpttsym.expr import Derivative, Symbol, integer, multiply
from bpttsym.latex import latex
from bpttsym.model import Graph, Key, Model

Role = Literal["state", "input", "output", "target", "loss", "parameter"]
Edge = tuple[Key, Key]
"""A node, and one that its definition reads."""


def symbol(key: Key) -> Symbol:
    """The tree of a node of the graph."""
    return Symbol(key[0], tuple(integer(step) for step in key[1]))


def maths(key: Key) -> str:
    """The LaTeX of a node of the graph."""
    return latex(symbol(key))


def plain(name: str) -> str:
    r"""A name as it is typed in a shell: ``psi`` for ``\psi``."""
    return name.translate(str.maketrans("", "", "\\{}"))


class Seats:
    """The step (column), rank (row) and role of every node that the loss depends on.

    The loss is the node that no other reads; of several, the one that depends on most. Unindexed leaves that only the
    loss reads are targets, the other ones parameters.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.loss = self._loss()
        kept = graph.ancestors(self.loss) | {self.loss}
        keys = [key for key in graph.nodes if key in kept]
        self.readers: dict[Key, list[Key]] = defaultdict(list)
        for key in keys:
            for parent in graph.nodes[key].parents:
                self.readers[parent].append(key)
        computed = {key[0] for key in keys if graph.nodes[key].parents}
        leaves = [key for key in keys if not graph.nodes[key].parents]
        self.inner = [key for key in keys if graph.nodes[key].parents]
        self.starts = [key for key in leaves if key[1] and key[0] in computed]
        self.inputs = [key for key in leaves if key[1] and key not in self.starts]
        self.targets = [key for key in leaves if not key[1] and self.readers[key] == [self.loss]]
        self.parameters = [key for key in leaves if not key[1] and key not in self.targets]
        self.step = self._steps()
        self.rank = self._ranks()

    def _loss(self) -> Key:
        nodes = self.graph.nodes
        read = {parent for node in nodes.values() for parent in node.parents}
        ends = [key for key in nodes if key not in read and nodes[key].parents]
        if not ends:
            raise UsageError("this model defines nothing that could be drawn")
        return max(ends, key=lambda key: len(self.graph.ancestors(key)))

    def parents(self, key: Key) -> tuple[Key, ...]:
        """The nodes that the definition of a node reads."""
        return self.graph.nodes[key].parents

    def is_state(self, key: Key) -> bool:
        """Whether the node is a state: it depends on its own name at another step, or is where such a chain begins."""
        return key in self.starts or any(other[0] == key[0] and other[1] for other in self.graph.ancestors(key))

    def role(self, key: Key) -> Role:
        """What the node is to the reader of the picture."""
        if key == self.loss:
            return "loss"
        if key in self.parameters:
            return "parameter"
        if key in self.inputs or key in self.targets:
            return "input" if self.rank[key] == 0 else "target"
        return "state" if self.is_state(key) else "output"

    def _steps(self) -> dict[Key, int]:
        """An unindexed node sits at the latest step that it reads."""
        found = {key: key[1][0] for key in (*self.starts, *self.inputs)}
        for key in self.inner:
            read = [found[parent] for parent in self.parents(key) if parent in found]
            found[key] = key[1][0] if key[1] else max(read, default=self.graph.length)
        for key in self.targets:
            found[key] = found[self.loss]
        return found

    def _ranks(self) -> dict[Key, int]:
        """A node sits above all that it reads of its own step; the loss above everything."""
        found: dict[Key, int] = {}
        for key in self.inner:
            ranked = [parent for parent in self.parents(key) if parent in found]
            near = [found[p] for p in ranked if key == self.loss or self.step[p] == self.step[key]]
            found[key] = 1 + max(near, default=0)
        for key in (*self.inputs, *self.targets):
            reader = min(self.readers[key], key=found.__getitem__)
            found[key] = found[reader] - (1 if reader == self.loss or found[reader] == 1 else 0)
        for key in self.starts:
            found[key] = min(found[other] for other in self.inner if other[0] == key[0])
        return found


class Term:
    """The term of the gradient that leaves the loss at step ``t`` and reaches the parameter ``by`` at step ``k``.

    Without k, t or ``by`` it is one in the middle, by the first parameter that a state reads. Raises UsageError, naming
    what there is, where the graph has no such term.
    """

    def __init__(self, graph: Graph, by: str | None = None, k: int | None = None, t: int | None = None) -> None:
        self.seats = Seats(graph)
        self.loss = self.seats.loss
        self.by = self._parameter(by)
        pairs = self._pairs()
        if not pairs:
            raise UsageError(f"the loss does not depend on `{plain(self.by[0])}` at any step")
        ends = sorted({end for _, end in pairs})
        t = t if t is not None else ends[-2] if len(ends) > 2 else ends[-1]
        if t not in ends:
            raise UsageError(f"there is no term t={t}: the loss reads step {_one_of(ends)}")
        begins = sorted({begin for begin, end in pairs if end == t})
        earlier = [step for step in begins if step < t] or begins
        k = k if k is not None else earlier[min(1, len(earlier) - 1)]
        if k not in begins:
            raise UsageError(f"there is no term k={k}, t={t}: k is {_one_of(begins)}")
        self.k, self.t = k, t
        self.siblings = begins if len(ends) == 1 else []
        """The k of all terms of the sum, if only one step feeds the loss."""

    def _parameter(self, by: str | None) -> Key:
        seats = self.seats
        if not seats.parameters:
            raise UsageError("this model has no parameters, so there is no gradient to draw")
        if by is None:
            recurrent = [key for key in seats.parameters if any(map(seats.is_state, seats.readers[key]))]
            return (recurrent or seats.parameters)[0]
        named = {plain(key[0]): key for key in seats.parameters}
        if plain(by) not in named:
            raise UsageError(f"this model has no parameter `{by}`: it has {', '.join(named)}")
        return named[plain(by)]

    def _pairs(self) -> set[tuple[int, int]]:
        """Every (k, t) that has a term."""
        seats = self.seats
        ends = [key for key in seats.parents(self.loss) if key in seats.step]
        return {
            (seats.step[reader], seats.step[end])
            for reader in seats.readers[self.by]
            for end in ends
            if self._reaches(end, reader)
        }

    def _reaches(self, key: Key, earlier: Key) -> bool:
        return key == earlier or earlier in self.seats.graph.ancestors(key)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges of all paths of the term, from the loss to the parameter."""
        seats = self.seats
        readers = [key for key in seats.readers[self.by] if seats.step.get(key) == self.k and key != self.loss]
        found: dict[Edge, None] = {}
        order = [self.loss]
        for key in order:
            for parent in seats.parents(key):
                if key == self.loss and seats.step.get(parent) != self.t:
                    continue
                if any(self._reaches(parent, reader) for reader in readers):
                    found[key, parent] = None
                    order += [parent] if parent not in order else []
            if key in readers:
                found[key, self.by] = None
        return tuple(found)

    @property
    def is_one_path(self) -> bool:
        """Whether the term is one product, not a sum over several paths."""
        return len({of for of, _ in self.edges}) == len(self.edges)

    def jacobian(self, edge: Edge) -> Derivative:
        """The local Jacobian of an edge; that by the parameter is marked as immediate."""
        of, to = map(symbol, edge)
        return Derivative(of, to, "immediate" if edge[1] == self.by else "partial")

    def formula(self) -> str:
        """The product of the local Jacobians, where the term is one path."""
        return latex(multiply(*map(self.jacobian, self.edges)))


def _one_of(steps: list[int]) -> str:
    """``4``, or ``1, 2, 3 or 4``."""
    return " or ".join([", ".join(map(str, steps[:-1])), str(steps[-1])]) if len(steps) > 1 else str(steps[0])


def is_many_to_one(model: Model) -> bool:
    """Whether the loss reads the output of one step only."""
    seats = Seats(Graph(model, max(model.first + 1, model.length or 3)))
    read = {seats.step[parent] for parent in seats.parents(seats.loss) if parent in seats.step}
    return len(read) < 2
