"""What a drawn graph is made of, and the geometry of its lines: plain numbers on a slide of 16 x 9 units."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from bpttsym.graph_term import Role

WIDTH, HEIGHT = 16.0, 9.0
AWAY = 0.16
"""How far the arrow of a gradient runs beside the arrow of the computation."""

COLOURS: dict[str, tuple[str, str]] = {
    "state": ("#0072B2", "#DCEBF6"),
    "input": ("#7A7A7A", "#F2F2F2"),
    "target": ("#7A7A7A", "#FFFFFF"),
    "output": ("#00805F", "#DDF1EA"),
    "loss": ("#B87A00", "#FBEBCB"),
    "parameter": ("#8A4F7D", "#F4E3EF"),
    "computes": ("#8C8C8C", ""),
    "shares": ("#C9A9C1", ""),
    "gradient": ("#D55E00", ""),
    "text": ("#222222", ""),
    "quiet": ("#606060", ""),
}
"""Line and fill of each role, after Okabe and Ito: told apart with any colour vision."""

ArrowRole = Literal["computes", "shares", "gradient"]
Anchor = Literal["center", "west", "east", "north", "south"]
Point = tuple[float, float]


class Box(NamedTuple):
    """A node with round ends; ``marked`` if the term passes through it."""

    label: str
    x: float
    y: float
    width: float
    height: float
    role: Role
    marked: bool = False


class Arrow(NamedTuple):
    """A line through points, or one cubic Bezier curve if ``smooth``; with a head at its end, or without."""

    points: tuple[Point, ...]
    role: ArrowRole
    head: bool = True
    smooth: bool = False


class Label(NamedTuple):
    """A line of text; ``size`` is in points on a page of 16 cm, ``anchor`` the side that is at (x, y)."""

    text: str
    x: float
    y: float
    size: float
    colour: str = "text"
    anchor: Anchor = "center"


class Layout(NamedTuple):
    """All that is drawn of a graph, in the order in which it is drawn."""

    arrows: tuple[Arrow, ...]
    boxes: tuple[Box, ...]
    labels: tuple[Label, ...]


def border(box: Box, towards: Point) -> Point:
    """Where the straight line from a box to a point leaves the box."""
    x, y = anchor(box, towards[0])
    dx, dy = towards[0] - x, towards[1] - y
    length = math.hypot(dx, dy) or 1.0
    return x + dx / length * box.height / 2, y + dy / length * box.height / 2


def anchor(box: Box, x: float) -> Point:
    """The point of a box's middle line that is nearest to x: its centre, if it is round."""
    reach = max(box.width - box.height, 0.0) / 2
    return min(max(x, box.x - reach), box.x + reach), box.y


def between(start: Box, end: Box) -> tuple[Point, ...]:
    """The ends of the straight arrow between two boxes."""
    return border(start, anchor(end, start.x)), border(end, anchor(start, end.x))


def bent(start: Box, end: Box, bend: float) -> tuple[Point, ...]:
    """A curve between two boxes that swings out by a part of its length."""
    dx, dy = end.x - start.x, end.y - start.y
    one = (start.x + dx * 0.3 - dy * bend, start.y + dy * 0.3 + dx * bend)
    two = (end.x - dx * 0.3 - dy * bend, end.y - dy * 0.3 + dx * bend)
    return border(start, one), one, two, border(end, two)


def bezier(points: tuple[Point, ...], count: int = 24) -> Iterator[Point]:
    """Points along a cubic Bezier curve."""
    for s in (position / count for position in range(count + 1)):
        weights = ((1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s * s * (1 - s), s**3)
        x, y = (sum(w * point[axis] for w, point in zip(weights, points, strict=True)) for axis in (0, 1))
        yield x, y


def crosses(points: tuple[Point, ...], box: Box, margin: float = 0.06) -> bool:
    """Whether a line comes into a box."""
    for (ax, ay), (bx, by) in pairwise(points):
        for part in range(21):
            x, y = ax + (bx - ax) * part / 20, ay + (by - ay) * part / 20
            if math.dist((x, y), anchor(box, x)) < box.height / 2 + margin:
                return True
    return False


def left_of(start: Point, end: Point) -> Point:
    """The unit vector to the left of the way from one point to another."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    return -dy / length, dx / length


def beside(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The same way, moved a little to its left; a corner is moved by both of its sides."""
    sides = [left_of(start, end) for start, end in pairwise(points)]
    moved = []
    for position, (x, y) in enumerate(points):
        near = dict.fromkeys((sides[max(position - 1, 0)], sides[min(position, len(sides) - 1)]))
        moved.append((x + AWAY * sum(s[0] for s in near), y + AWAY * sum(s[1] for s in near)))
    return tuple(moved)
