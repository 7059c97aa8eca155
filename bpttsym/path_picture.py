r"""The states of a model over time, and all paths from one of them back to another, on a slide.

Steps run along x; every quantity that passes from step to step has a row of its own, with the inputs below and the
outputs above. What lies between two of them (a gate, what stands inside of an activation) is part of the arrow. Beside
every node of the paths stands in how many ways it is reached: along layers these are binomial coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.errors import UsageError
from bpttsym.expr import Derivative
from bpttsym.figure_words import Say
from bpttsym.graph_labels import samples
from bpttsym.graph_parts import Arrow, Box, Label, Layout, bent, beside, between, bezier, crosses
from bpttsym.graph_term import Edge, Seats, maths, plain, symbol
from bpttsym.latex import latex
from bpttsym.model import Graph, Key

LEFT, RIGHT, BOTTOM, TOP = 1.1, 14.9, 1.5, 6.75

Row = tuple[str, tuple[int, ...]]
"""The nodes that differ in their step only: a name and what other indices it has."""


def row_of(key: Key) -> Row:
    """The row in which a node stands."""
    return key[0], key[1][1:]


def spelled(row: Row) -> str:
    """A row as it is typed in a shell: ``h``, ``h2`` for its second layer."""
    return plain(row[0]) + "".join(map(str, row[1]))


class PathPicture:
    """What is drawn of a graph, and which of it lies on the paths from ``by`` in step k to ``of`` in step t."""

    def __init__(self, graph: Graph, by: str | None, k: int | None, of: str | None, t: int | None) -> None:
        self.seats = Seats(graph)
        self.parameters = graph.model.parameters
        self.visible = self._visible()
        self.edges = {key: self._read(key) for key in self.visible}
        self.rows = self._rows()
        states = [row for row in self.rows if any(self.seats.is_state(key) for key in self._members(row))]
        if not states:
            raise UsageError("nothing in this model passes from step to step")
        first, last = self._named(by, states[0]), self._named(of, states[-1])
        starts, ends = self._steps(first), self._steps(last)
        self.start = self._node(first, k, starts[0], starts, "k")
        self.end = self._node(last, t, ends[-1], ends, "t")
        self.counts = self._counted()
        if self.end not in self.counts or self.start == self.end:
            raise UsageError(f"no path leads from `{spelled(first)}` k={k} to `{spelled(last)}` t={t}")
        self.marked = self._marked()

    def _visible(self) -> list[Key]:
        """What is read in another step, what the loss reads, and the inputs."""
        seats = self.seats
        crossing = {
            row_of(key)
            for key in (*seats.inner, *seats.starts)
            for reader in seats.readers[key]
            if reader != seats.loss and seats.step[reader] != seats.step[key]
        }
        outputs = {row_of(key) for key in seats.parents(seats.loss) if key in seats.inner}
        inner = [key for key in (*seats.starts, *seats.inner) if row_of(key) in crossing | outputs]
        inputs = [key for key in seats.inputs if seats.rank[key] == 0 and key[0] not in self.parameters]
        return [*inputs, *inner]

    def _read(self, key: Key) -> tuple[Key, ...]:
        """The visible nodes that a node reads, itself or by way of what is not drawn."""
        drawn, found = set(self.visible), dict[Key, None]()
        waiting = list(self.seats.parents(key))
        while waiting:
            parent = waiting.pop(0)
            if parent in drawn:
                found[parent] = None
            elif not self.seats.graph.is_leaf(parent):
                waiting += self.seats.parents(parent)
        return tuple(found)

    def _rows(self) -> list[Row]:
        """The rows from below, each above all that it reads in its own step."""
        below: dict[Row, set[Row]] = {row_of(key): set() for key in self.visible}
        for key, read in self.edges.items():
            same = {row_of(parent) for parent in read if self.seats.step[parent] == self.seats.step[key]}
            below[row_of(key)] |= same - {row_of(key)}
        found: list[Row] = []
        while len(found) < len(below):
            ready = [row for row in below if row not in found and below[row] <= set(found)]
            found += ready[:1] or [row for row in below if row not in found][:1]
        return found

    def _members(self, row: Row) -> list[Key]:
        return [key for key in self.visible if row_of(key) == row]

    def _steps(self, row: Row) -> list[int]:
        return sorted(self.seats.step[key] for key in self._members(row) if key in self.seats.inner)

    def _named(self, name: str | None, otherwise: Row) -> Row:
        if name is None:
            return otherwise
        named = {spelled(row): row for row in self.rows}
        if name not in named:
            raise UsageError(f"there is no row `{name}` in this picture: there is {', '.join(named)}")
        return named[name]

    def _node(self, row: Row, step: int | None, otherwise: int, steps: list[int], letter: str) -> Key:
        wanted = otherwise if step is None else step
        for key in self._members(row):
            if self.seats.step[key] == wanted:
                return key
        raise UsageError(f"there is no {letter}={wanted}: `{spelled(row)}` has the steps {steps[0]} to {steps[-1]}")

    def _counted(self) -> dict[Key, int]:
        """How many paths lead from the start to each node that it reaches."""
        counts = {self.start: 1}
        for key in self.seats.inner:  # each after its parents
            ways = sum(counts.get(parent, 0) for parent in self.edges.get(key, ()))
            if ways and key != self.start:
                counts[key] = ways
        return counts

    def _marked(self) -> tuple[Edge, ...]:
        """The edges of all paths, from the end back to the start."""
        found: list[Edge] = []
        order = [self.end]
        for key in order:
            for parent in self.edges[key] if key != self.start else ():
                if parent in self.counts:
                    found.append((key, parent))
                    order += [parent] if parent not in order else []
        return tuple(found)


def paths_layout(picture: PathPicture, say: Say) -> Layout:
    """The picture on a slide."""
    seats = picture.seats
    steps = [seats.step[key] for key in picture.visible]
    spacing = (RIGHT - LEFT) / max(max(steps) - min(steps), 1)
    unit = (TOP - BOTTOM) / max(len(picture.rows) - 1, 1)
    size = 2 * min(0.42, 0.2 * spacing, 0.3 * unit)
    on_path = {key for edge in picture.marked for key in edge}
    boxes: dict[Key, Box] = {}
    for key in picture.visible:
        x = LEFT + (seats.step[key] - min(steps)) * spacing
        y = BOTTOM + picture.rows.index(row_of(key)) * unit
        boxes[key] = Box(f"${maths(key)}$", x, y, size, size, seats.role(key), key in on_path)
    drawn = {(key, parent): _edge(boxes, parent, key) for key, read in picture.edges.items() for parent in read}
    gradient = [
        Arrow(beside(drawn[edge].points[::-1]), "gradient", smooth=drawn[edge].smooth) for edge in picture.marked
    ]
    arrows = (*drawn.values(), *gradient, *samples())
    return Layout(arrows, tuple(boxes.values()), tuple(_labels(picture, say, boxes)))


def _edge(boxes: dict[Key, Box], parent: Key, reader: Key) -> Arrow:
    """A straight arrow, or a bent one where a straight one would run through a third box."""
    start, end = boxes[parent], boxes[reader]
    others = [box for key, box in boxes.items() if key not in (parent, reader)]
    straight = between(start, end)
    if not any(crosses(straight, box) for box in others):
        return Arrow(straight, "computes")
    for bend in (0.25, -0.25, 0.45, -0.45):
        points = bent(start, end, bend)
        if not any(crosses(tuple(bezier(points)), box) for box in others):
            return Arrow(points, "computes", smooth=True)
    return Arrow(straight, "computes")


def _labels(picture: PathPicture, say: Say, boxes: dict[Key, Box]) -> Iterator[Label]:
    """Title, legend, what is counted, and the number of ways to each node of the paths."""
    end, start = f"${maths(picture.end)}$", f"${maths(picture.start)}$"
    whole = latex(Derivative(symbol(picture.end), symbol(picture.start), "total")).replace(r"\frac", r"\dfrac")
    ways = picture.counts[picture.end]
    yield Label(say("paths title", end, start), 0.6, 8.52, 12.0, anchor="west")
    yield Label(f"${whole}$", 0.6, 7.62, 10.0, "gradient", "west")
    yield Label(say("paths count" if ways > 1 else "paths single", ways), 2.2, 7.62, 10.0, "gradient", "west")
    yield Label(say("computes"), 9.6, 0.38, 8.0, "quiet", "west")
    yield Label(say("flows"), 12.3, 0.38, 8.0, "quiet", "west")
    reached = dict.fromkeys(key for edge in picture.marked for key in edge)
    for key in reached if ways > 1 else ():
        box = boxes[key]
        aside = 0.36 * box.height + 0.1
        yield Label(f"${picture.counts[key]}$", box.x + aside, box.y + aside, 8.0, "gradient", "west")
