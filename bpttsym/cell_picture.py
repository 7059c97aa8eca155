r"""One step of a model from the states before it to its own, with all that is computed between, on a slide.

What a step reads stands on the left, what it hands on on the right, and the gates and proposals between them in the
order in which they are computed. All ways from a state back to one of the step before are coloured: each is a term of

    \frac{\mathrm{d} h_t}{\mathrm{d} h_{t-1}}
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations, product

from bpttsym.errors import UsageError
from bpttsym.expr import Derivative, Symbol, shifted
from bpttsym.figure_words import Say
from bpttsym.graph_labels import samples
from bpttsym.graph_parts import Arrow, Box, Label, Layout, Point, bent, beside, between, bezier, crosses
from bpttsym.graph_term import Edge, Role, Seats, plain
from bpttsym.latex import latex
from bpttsym.model import Graph, Key

LEFT, RIGHT, BOTTOM, TOP = 2.2, 13.8, 1.6, 6.35
STEP = 2
"""The step that is drawn: one with a step before it and one after it."""
SIZE = 0.9
MOST = 5
"""How many quantities of one column are put into their best order; more are left as they are."""


class Cell:
    """The nodes of a step in columns, and the edges on the ways from ``of`` back to ``by`` at the step before."""

    def __init__(self, graph: Graph, of: str | None, by: str | None) -> None:
        self.seats = seats = Seats(graph)
        own = [key for key in seats.inner if seats.step[key] == STEP and key != seats.loss]
        states = [key for key in own if any(seats.step[reader] != STEP for reader in self._readers(key))]
        if not states:
            raise UsageError("nothing in this model passes from step to step")
        used = set(states).union(*(graph.ancestors(state) for state in states))
        inner = [key for key in own if key in used]
        given = graph.model.parameters  # which may have an index, too: that of a layer
        parents = dict.fromkeys(parent for key in inner for parent in seats.parents(key) if parent not in inner)
        read = [parent for parent in parents if parent[0] not in given]
        before = [key for key in read if key in seats.step and key not in seats.inputs]
        inputs = [key for key in read if key in seats.inputs]
        if any(seats.step[key] != STEP - 1 for key in before):
            raise UsageError("a step of this model reads states of other steps than the one before it")
        self.nodes = [*before, *inputs, *inner]
        self.roles = dict[Key, Role](dict.fromkeys(inner, "output"))
        self.roles |= {**dict.fromkeys((*states, *before), "state"), **dict.fromkeys(inputs, "input")}
        self.edges = [(key, parent) for key in inner for parent in seats.parents(key) if parent in self.nodes]
        self.of = self._named(of, states, "of")
        same = next((plain(key[0]) for key in before if key[0] == self.of[0]), None)
        self.by = self._named(by or same, before, "by")
        self.columns = self._columns(before, inputs, inner, states)
        self.counts = self._counted(inner)
        if self.of not in self.counts:
            raise UsageError(f"`{plain(self.of[0])}` does not depend on `{plain(self.by[0])}` of the step before")
        self.marked = self._marked()

    def _readers(self, key: Key) -> list[Key]:
        return [reader for reader in self.seats.readers[key] if reader != self.seats.loss]

    def _named(self, name: str | None, among: Sequence[Key], option: str) -> Key:
        known = {plain(key[0]): key for key in among}
        if name is None:
            return among[-1]
        if plain(name) not in known:
            raise UsageError(f"there is no state `{name}` for `{option}`: there is {', '.join(known)}")
        return known[plain(name)]

    def _columns(
        self, before: list[Key], inputs: list[Key], inner: list[Key], states: list[Key]
    ) -> list[list[Key | None]]:
        """By how much has to be computed before; None is left free. States are on top, inputs below."""
        depth = dict.fromkeys((*before, *inputs), 0)
        for key in inner:
            depth[key] = 1 + max(depth[parent] for parent in self.seats.parents(key) if parent in depth)
        last = max(depth.values())
        if len(states) == 1:
            depth[states[0]] = last
        columns: list[list[Key | None]] = [[key for key in depth if depth[key] == place] for place in range(last + 1)]
        columns[0] = [*reversed(before), *inputs]
        return columns

    def _counted(self, inner: list[Key]) -> dict[Key, int]:
        """In how many ways each node is reached from the state before."""
        counts = {self.by: 1}
        for key in inner:  # each after its parents
            ways = sum(counts.get(parent, 0) for parent in self.seats.parents(key))
            if ways:
                counts[key] = ways
        return counts

    def _marked(self) -> tuple[Edge, ...]:
        order, found = [self.of], list[Edge]()
        for key in order:
            for of, parent in self.edges:
                if of == key and parent in self.counts:
                    found.append((of, parent))
                    order += [parent] if parent not in order else []
        return tuple(found)


def cell_layout(cell: Cell, say: Say) -> Layout:
    """The picture on a slide."""
    places = _placed(cell)
    on_way = {key for edge in cell.marked for key in edge}
    boxes = {
        key: Box(f"${_maths(key)}$", x, y, _width(key), SIZE, cell.roles[key], key in on_way)
        for key, (x, y) in places.items()
    }
    drawn = {(key, parent): _edge(boxes, parent, key) for key, parent in cell.edges}
    gradient = [Arrow(beside(drawn[edge].points[::-1]), "gradient", smooth=drawn[edge].smooth) for edge in cell.marked]
    return Layout((*drawn.values(), *gradient, *samples()), tuple(boxes.values()), tuple(_labels(cell, say, boxes)))


def _placed(cell: Cell) -> dict[Key, Point]:
    """The places of the nodes; each column is put into the order in which lines cross least and are shortest."""
    across = (RIGHT - LEFT) / max(len(cell.columns) - 1, 1)
    columns = [[key for key in column if key is not None] for column in cell.columns]
    places: dict[Key, Point] = {}
    for number, column in enumerate(columns):
        places |= _in_column(column, LEFT + number * across, number in (0, len(columns) - 1))
    for _ in range(2):
        for number, column in enumerate(columns[1:], 1):
            if 1 < len(column) <= MOST:
                last = number == len(columns) - 1
                orders = [_in_column(order, LEFT + number * across, last) for order in permutations(column)]
                tangles = [_tangle(cell.edges, places | order) for order in orders]
                places |= orders[tangles.index(min(tangles))]
    return places


def _in_column(column: Sequence[Key], x: float, outer: bool) -> dict[Key, Point]:
    """A column from its top down: at either end from the very top, between them below the line of the states."""
    top = TOP if outer else TOP - 0.9
    if len(column) == 1:
        return {column[0]: (x, top if outer else (top + BOTTOM) / 2)}
    return {key: (x, top - (top - BOTTOM) * place / (len(column) - 1)) for place, key in enumerate(column)}


def _tangle(edges: Sequence[Edge], places: dict[Key, Point]) -> float:
    """How often lines cross or run through a node, and how far they go up and down."""
    lines = [(places[parent], places[key]) for key, parent in edges]
    crossed = sum(_cross(one, two) for one, two in combinations(lines, 2))
    through = sum(
        crosses(line, Box("", *place, SIZE, SIZE, "state"))
        for line, place in product(lines, places.values())
        if place not in line
    )
    return 4 * crossed + 6 * through + sum(abs(start[1] - end[1]) for start, end in lines) / (TOP - BOTTOM)


def _cross(one: tuple[Point, Point], two: tuple[Point, Point]) -> bool:
    if set(one) & set(two):
        return False

    def side(line: tuple[Point, Point], point: Point) -> float:
        (ax, ay), (bx, by) = line
        return (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)

    return side(one, two[0]) * side(one, two[1]) < 0 and side(two, one[0]) * side(two, one[1]) < 0


def _edge(boxes: dict[Key, Box], parent: Key, reader: Key) -> Arrow:
    """A straight arrow, or a bent one where a straight one would run through a third box."""
    start, end = boxes[parent], boxes[reader]
    others = [box for key, box in boxes.items() if key not in (parent, reader)]
    straight = between(start, end)
    if not any(crosses(straight, box) for box in others):
        return Arrow(straight, "computes")
    for bend in (0.12, -0.12, 0.25, -0.25, 0.4, -0.4):
        points = bent(start, end, bend)
        if not any(crosses(tuple(bezier(points)), box) for box in others):
            return Arrow(points, "computes", smooth=True)
    return Arrow(straight, "computes")


def _symbol(key: Key) -> Symbol:
    """A node with the letter of the step in the place of its number."""
    name, (step, *rest) = key[0], key[1] or (STEP,)
    letter = Symbol("t")
    return Symbol(name, (shifted(letter, step - STEP), *(Symbol(str(part)) for part in rest)))


def _maths(key: Key) -> str:
    return latex(_symbol(key))


def _width(key: Key) -> float:
    """Round, but for a name with two indices at the step before."""
    return SIZE + 0.5 * (len(key[1]) > 1 and key[1][0] != STEP)


def _labels(cell: Cell, say: Say, boxes: dict[Key, Box]) -> list[Label]:
    """Title, legend, what is counted, and the number of ways to each node."""
    end, start, ways = f"${_maths(cell.of)}$", f"${_maths(cell.by)}$", cell.counts[cell.of]
    whole = latex(Derivative(_symbol(cell.of), _symbol(cell.by), "total")).replace(r"\frac", r"\dfrac")
    found = [
        Label(say("cell title", end, start), 0.6, 8.52, 12.0, anchor="west"),
        Label(f"${whole}$", 0.6, 7.62, 10.0, "gradient", "west"),
        Label(say("paths count" if ways > 1 else "paths single", ways), 2.2, 7.62, 10.0, "gradient", "west"),
        Label(say("computes"), 9.6, 0.38, 8.0, "quiet", "west"),
        Label(say("flows"), 12.3, 0.38, 8.0, "quiet", "west"),
    ]
    for key in dict.fromkeys(key for edge in cell.marked for key in edge) if ways > 1 else ():
        found.append(Label(f"${cell.counts[key]}$", boxes[key].x, boxes[key].y + 0.6 * SIZE, 8.0, "gradient", "south"))
    return found
