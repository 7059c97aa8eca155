"""The words and formulas beside a drawn graph, each put where it covers nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from bpttsym.expr import Derivative
from bpttsym.figure_words import GraphWords
from bpttsym.graph_parts import AWAY, WIDTH, Anchor, Arrow, Box, Label, Layout, Point, bezier, left_of
from bpttsym.graph_term import Edge, Term, maths, symbol
from bpttsym.latex import latex

POINT = 0.0353
"""A point of type, in units of the slide."""

Frame = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def samples() -> tuple[Arrow, Arrow]:
    """The arrows of the legend."""
    return Arrow(((8.6, 0.38), (9.4, 0.38)), "computes"), Arrow(((12.1, 0.38), (11.3, 0.38)), "gradient")


def graph_labels(
    term: Term, words: GraphWords, gradient: Mapping[Edge, Arrow], drawn: Layout, common: Sequence[Box]
) -> tuple[Label, ...]:
    """Title, legend, formulas, and the local Jacobian of each arrow of the gradient; all steps share ``common``."""
    return (*_words(term, words, common), *_formulas(term), *_jacobians(term, gradient, drawn))


def _words(term: Term, words: GraphWords, common: Sequence[Box]) -> Iterator[Label]:
    title = words.title.format(loss=f"${maths(term.loss)}$", by=f"${maths(term.by)}$")
    yield Label(title, 0.6, 8.52, 12.0, anchor="west")
    yield Label(words.computes, 9.6, 0.38, 8.0, "quiet", "west")
    yield Label(words.gradient, 12.3, 0.38, 8.0, "quiet", "west")
    for box in common:
        yield Label(words.shared, box.x - box.width / 2, box.y - 0.58, 8.0, "quiet", "west")


def _formulas(term: Term) -> Iterator[Label]:
    """All terms of the sum where there are few and room for them is; else the one term that is drawn."""
    terms = [Term(term.seats.graph, term.by[0], k, term.t) for k in reversed(term.siblings)]
    if not terms or len(terms) > 4 or not all(other.is_one_path for other in terms):
        yield Label(f"$k={term.k},\\ t={term.t}$", 0.6, 7.7, 10.0, "gradient", "west")
        if term.is_one_path:
            yield Label(f"${_displayed(term.formula())}$", 2.75, 7.7, 10.0, "gradient", "west")
        return
    whole = latex(Derivative(symbol(term.loss), symbol(term.by)))
    yield Label(f"${_displayed(whole)}$", 0.6, 7.4, 10.0, anchor="west")
    for row, other in enumerate(terms):
        colour, y = "gradient" if other.k == term.k else "quiet", 7.4 - 0.95 * row
        yield Label("$+$" if row else "$=$", 1.75, y, 10.0, colour)
        yield Label(f"${_displayed(other.formula())}$", 2.1, y, 10.0, colour, "west")
        yield Label(f"$k={other.k}$", 7.0, y, 10.0, colour, "west")


def _displayed(formula: str) -> str:
    return formula.replace(r"\frac", r"\dfrac")


def _jacobians(term: Term, gradient: Mapping[Edge, Arrow], drawn: Layout) -> Iterator[Label]:
    """None if the term is a sum, where they would be too many; one that has no room is left to the formula above."""
    taken = [_frame_of(box) for box in drawn.boxes]
    lines = [
        line for arrow in drawn.arrows for line in pairwise(bezier(arrow.points) if arrow.smooth else arrow.points)
    ]
    for edge, arrow in gradient.items() if term.is_one_path else ():
        formula = latex(term.jacobian(edge))
        for label in _places(formula, arrow, bent=edge[1] == term.by):
            frame = frame_of(label)
            if not any(_overlap(frame, other) for other in taken) and not any(_hits(frame, line) for line in lines):
                taken.append(frame)
                yield label
                break


def _places(formula: str, arrow: Arrow, bent: bool) -> Iterator[Label]:
    """Where the label of an arrow may stand, best first: beside its middle, off it, on its other side; then smaller."""
    start, end = arrow.points[0], arrow.points[1] if bent else arrow.points[-1]
    side = left_of(start, end)
    for text, size in ((_displayed(formula), 8.0), (_displayed(formula), 7.0), (formula, 8.0)):
        for side_of_arrow, gap in ((1.0, 0.13), (-1.0, 0.13 + AWAY)):
            for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
                x, y = (start[axis] + part * (end[axis] - start[axis]) for axis in (0, 1))
                dx, dy = side_of_arrow * side[0], side_of_arrow * side[1]
                yield Label(f"${text}$", x + gap * dx, y + gap * dy, size, "gradient", _anchor(dx, dy))


def _anchor(dx: float, dy: float) -> Anchor:
    """The side of a label that touches a line which lies in the opposite direction."""
    if abs(dx) > 0.7:
        return "west" if dx > 0 else "east"
    return "south" if dy > 0 else "north"


def frame_of(label: Label) -> Frame:
    """About how much room a label of mathematics takes; never less than it does."""
    em = label.size * POINT
    displayed = label.text.startswith(r"$\dfrac")
    parts = re.split(r"}{", label.text) if "frac" in label.text else [label.text]
    width = max(map(_letters, parts)) * em * (1.0 if displayed or len(parts) == 1 else 0.72) + 0.06
    height = (2.45 if displayed else 1.75) * em if len(parts) > 1 else 1.3 * em
    x = label.x - {"west": 0.0, "east": width}.get(label.anchor, width / 2)
    y = label.y - {"south": 0.0, "north": height}.get(label.anchor, height / 2)
    return x, y, x + width, y + height


def _letters(text: str) -> float:
    """The width of mathematics, in em: a script is narrower, an accent takes no room."""
    text = re.sub(r"\\(hat|bar|tilde|mathcal|mathbf|mathrm|dfrac|frac|vec)\b", "", text)
    scripts = re.findall(r"[_^](\{[^{}]*\}|\\[a-zA-Z]+|.)", text)
    base = re.sub(r"[_^](\{[^{}]*\}|\\[a-zA-Z]+|.)", "", text)
    count = [len(re.findall(r"\\[a-zA-Z]+|[a-zA-Z0-9+-]", part)) for part in (base, "".join(scripts))]
    return 0.62 * count[0] + 0.44 * count[1]


def _frame_of(box: Box) -> Frame:
    half = box.width / 2 + 0.03, box.height / 2 + 0.03
    return box.x - half[0], box.y - half[1], box.x + half[0], box.y + half[1]


def _overlap(one: Frame, other: Frame) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _hits(frame: Frame, line: tuple[Point, Point], margin: float = 0.04) -> bool:
    """Whether a line comes into a frame."""
    (ax, ay), (bx, by) = line
    count = max(2, math.ceil(math.dist(*line) / 0.05))
    left, bottom, right, top = frame[0] - margin, frame[1] - margin, frame[2] + margin, frame[3] + margin
    for part in (position / count for position in range(count + 1)):
        x, y = ax + part * (bx - ax), ay + part * (by - ay)
        if left < x < right and bottom < y < top and 0.0 <= x <= WIDTH:
            return True
    return False
