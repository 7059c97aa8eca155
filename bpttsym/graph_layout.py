r"""The unrolled graph of a model on a slide, as plain coordinates that any writer can draw.

Steps run along x and roles along y: inputs below the states they drive, outputs above, the loss like a beam on top.
Parameters with the same readers share one box and one rail, because every step shares them. Along one term, such as

    \frac{\partial L}{\partial \hat y_3} \frac{\partial \hat y_3}{\partial h_3}
    \frac{\partial h_3}{\partial h_2} \frac{\partial^{+} h_2}{\partial \psi},

arrows run from the loss back to the parameter, against the arrows of the computation, each with its local Jacobian.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from bpttsym.figure_words import GraphWords
from bpttsym.graph_labels import graph_labels, samples
from bpttsym.graph_parts import Arrow, Box, Layout, Point, bent, beside, between, bezier, border, crosses
from bpttsym.graph_term import Edge, Term, maths
from bpttsym.model import Graph, Key

MARGIN, RIGHT, BOTTOM, TOP = 0.6, 13.9, 1.85, 6.84
"""Where the parameters begin, where the last step is, and the inputs and the loss."""


class Group(NamedTuple):
    """Parameters on one rail, their common box, and the nodes that the rail leads to."""

    members: tuple[Key, ...]
    readers: tuple[Key, ...]
    box: Box


def graph_layout(graph: Graph, by: str | None, k: int | None, t: int | None, words: GraphWords) -> Layout:
    """Lay out an unrolled graph, and mark the paths of its term (k, t) of the gradient by a parameter."""
    term = Term(graph, by, k, t)
    return _Draughtsman(term).layout(words)


class _Draughtsman:
    """Places boxes, then the arrows between them, then the arrows of the term."""

    def __init__(self, term: Term) -> None:
        self.term, self.seats = term, term.seats
        steps, ranks = self.seats.step.values(), self.seats.rank.values()
        self.last = max(steps)
        rails = self._rails()
        self.widths = {readers: _width(members) for readers, members in rails.items()}
        weights = [1.0, *[1.65] * (max(ranks) - 2), 1.35][: max(ranks)]
        unit = (TOP - BOTTOM) / sum(weights)
        self.rows = [BOTTOM + unit * sum(weights[:rank]) for rank in range(max(ranks) + 1)]
        left = MARGIN + max(
            [width for readers, width in self.widths.items() if not self._is_aside(readers)], default=0.8
        )
        self.spacing = (RIGHT - left - 0.7) / max(self.last - min(steps), 2)
        self.radius = min(0.4, 0.17 * self.spacing, 0.36 * unit)
        self.marked = {key for edge in term.edges for key in edge}
        self.boxes: dict[Key, Box] = {}
        self._place()
        self.groups = [self._group(readers, members) for readers, members in rails.items()]

    def layout(self, words: GraphWords) -> Layout:
        """The finished picture."""
        shares = [arrow for group in self.groups for arrow in self._rail(group)]
        computes = [
            self._edge(parent, key)
            for key in self.seats.inner
            for parent in self.seats.parents(key)
            if parent in self.boxes
        ]
        gradient = {edge: self._against(edge) for edge in self.term.edges}
        boxes = (*(group.box for group in self.groups), *self.boxes.values())
        arrows = (*shares, *computes, *gradient.values(), *samples())
        common = [group.box for group in self.groups if len(group.readers) > 1 and group.box.y < BOTTOM]
        return Layout(arrows, boxes, graph_labels(self.term, words, gradient, Layout(arrows, boxes, ()), common))

    def _rails(self) -> dict[tuple[Key, ...], list[Key]]:
        """Parameters with readers of one rank share a rail, so that no two rails run through each other."""
        seats = self.seats
        members: dict[int, list[Key]] = defaultdict(list)
        readers: dict[int, dict[Key, None]] = defaultdict(dict)
        for key in seats.parameters:
            read_by = [reader for reader in seats.readers[key] if reader != seats.loss]
            if read_by:
                rank = min(seats.rank[reader] for reader in read_by)
                members[rank].append(key)
                readers[rank].update(dict.fromkeys(read_by))
        return {tuple(readers[rank]): members[rank] for rank in members}

    def _is_aside(self, readers: tuple[Key, ...]) -> bool:
        """Whether there is one reader only, which has room for the box of its parameters at its left."""
        seats, first = self.seats, readers[0]
        beside = (seats.step[first] - 1, seats.rank[first])
        taken = {(seats.step[key], seats.rank[key]) for key in (*seats.inner, *seats.starts) if key != seats.loss}
        return len(readers) == 1 and beside[1] > 1 and beside not in taken

    def _place(self) -> None:
        """Nodes with one seat stand side by side; inputs stand to the left of theirs, targets to the right."""
        seats = self.seats
        together: dict[tuple[int, int], list[Key]] = defaultdict(list)
        for key in (*seats.starts, *seats.inner):
            together[seats.step[key], seats.rank[key]] += [key] if key != seats.loss else []
        for keys in together.values():
            for position, key in enumerate(keys):
                self._circle(key, (position - (len(keys) - 1) / 2) * self.spacing * 0.75 / len(keys))
        aside = min(1.05, max(0.36 * self.spacing, 2 * self.radius + 0.14))
        seated: dict[tuple[int, int], int] = defaultdict(int)
        for key in (*seats.inputs, *seats.targets):
            seat = seats.step[key], seats.rank[key]
            side = 1.0 if seats.rank[key] else -0.8
            place = seated[seat]  # one to the left, the next to the right, and then farther out
            self._circle(key, aside * side * (-1) ** place + side * (place // 2) * 2.4 * self.radius)
            seated[seat] += 1
        below = [self.boxes[parent].x for parent in seats.parents(seats.loss) if parent in self.boxes]
        width = max(below) - min(below) + 2 * self.radius
        middle = (max(below) + min(below)) / 2
        self.boxes[seats.loss] = self._box(seats.loss, middle, width, 1.65 * self.radius)

    def _circle(self, key: Key, offset: float) -> None:
        x = RIGHT - (self.last - self.seats.step[key]) * self.spacing + offset
        self.boxes[key] = self._box(key, x, 2 * self.radius, 2 * self.radius)

    def _box(self, key: Key, x: float, width: float, height: float) -> Box:
        y = self.rows[self.seats.rank[key]]
        return Box(f"${maths(key)}$", x, y, width, height, self.seats.role(key), key in self.marked)

    def _group(self, readers: tuple[Key, ...], members: list[Key]) -> Group:
        first = min(readers, key=lambda key: self.boxes[key].x)
        rank, width = self.seats.rank[first], self.widths[readers]
        if self._is_aside(readers):
            x, y = self.boxes[first].x - min(1.4, 0.7 * self.spacing) - width / 2, self.rows[rank]
        else:
            x = MARGIN + width / 2
            room = self.rows[rank] - self.rows[rank - 1] - 2 * self.radius
            y = self.rows[0] - 0.9 if rank == 1 else self.rows[rank - 1] + self.radius + 0.25 * room
        marked = bool(self.marked & set(members))
        return Group(tuple(members), readers, Box(_names(members), x, y, width, 0.66, "parameter", marked))

    def _tap(self, group: Group, reader: Key) -> tuple[Point, ...]:
        """From the rail into a node: from straight below, or from aside where another arrow comes from there."""
        start, end = group.box, self.boxes[reader]
        if start.y == end.y:
            return between(start, end)
        aside = 0.0 if self.seats.rank[reader] == 1 else -min(0.75, 0.3 * self.spacing)
        foot = (end.x + aside, start.y)
        return foot, border(end, foot)

    def _rail(self, group: Group) -> Iterator[Arrow]:
        taps = [self._tap(group, reader) for reader in group.readers]
        end, far = group.box.x + group.box.width / 2, max(tap[0][0] for tap in taps)
        if far > end + 0.01:
            yield Arrow(((end, group.box.y), (far, group.box.y)), "shares", head=False)
        yield from (Arrow(tap, "shares") for tap in taps)
        loss = self.boxes[self.seats.loss]
        if any(key in group.members for key in self.seats.parents(self.seats.loss)):
            start, post = (MARGIN, group.box.y), MARGIN / 2
            yield Arrow((start, (post, start[1]), (post, loss.y), (loss.x - loss.width / 2, loss.y)), "shares")

    def _edge(self, parent: Key, reader: Key) -> Arrow:
        """A straight arrow, or a bent one where a straight one would run through a third box."""
        start, end = self.boxes[parent], self.boxes[reader]
        others = [box for key, box in self.boxes.items() if key not in (parent, reader)]
        straight = between(start, end)
        if not any(crosses(straight, box) for box in others):
            return Arrow(straight, "computes")
        for bend in (0.25, -0.25, 0.45, -0.45, 0.7, -0.7):
            points = bent(start, end, bend)
            if not any(crosses(tuple(bezier(points)), box) for box in others):
                return Arrow(points, "computes", smooth=True)
        return Arrow(straight, "computes")

    def _against(self, edge: Edge) -> Arrow:
        """The arrow of the gradient, beside the arrow of the computation and against it."""
        of, to = edge
        if to in self.boxes:
            forward = self._edge(to, of)
            return Arrow(beside(forward.points[::-1]), "gradient", smooth=forward.smooth)
        group = next(group for group in self.groups if to in group.members)
        tap = self._tap(group, of)
        end = (group.box.x + group.box.width / 2, group.box.y)
        return Arrow(beside(tuple(dict.fromkeys((*tap[::-1], end)))), "gradient")


def _width(members: list[Key]) -> float:
    """Room for the names; what stands below a letter is small."""
    small = [max(len(re.sub(r"\\[a-zA-Z]+|[{}_^]", "", name)) - 1, 0) for name in _shown(members)]
    return 0.8 + 0.5 * (len(small) - 1) + 0.14 * sum(small)


def _shown(members: list[Key]) -> list[str]:
    """The names of parameters with a common box; of many, the first two and the last."""
    names = [maths(key) for key in members]
    return [*names[:2], r"\ldots", names[-1]] if len(names) > 3 else names


def _names(members: list[Key]) -> str:
    inside = r",\,".join(_shown(members))
    return f"${inside}$"
