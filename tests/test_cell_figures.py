"""The pictures of one step of a model and of a softmax: what they count and show, and where things stand."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bpttsym import figures
from bpttsym.cell_picture import Cell
from bpttsym.document import load_preset, presets, read_document
from bpttsym.errors import UsageError
from bpttsym.graph_parts import HEIGHT, WIDTH, Box, Layout
from bpttsym.model import Graph, Model
from bpttsym.softmax_picture import softmax
from bpttsym.source import read_source, source_from_text

ROOT = Path(__file__).parents[1]


def model_of(name: str) -> Model:
    """The last model of a preset."""
    return load_preset(name).models[-1]


def walked(edges: dict[str, list[str]], start: str, end: str) -> int:
    """How many ways lead from one node to another, walked one by one."""
    return 1 if start == end else sum(walked(edges, after, end) for after in edges.get(start, []))


LSTM = {
    "h0": ["i", "f", "o", "g"],
    "c0": ["c"],
    **{gate: ["c"] for gate in "ifg"},
    "o": ["h"],
    "c": ["h"],
}
GRU = {"h0": ["h", "z", "r", "m"], "z": ["h"], "r": ["n"], "m": ["n"], "n": ["h"]}


@pytest.mark.parametrize("of", ["h", "c"])
@pytest.mark.parametrize("by", ["h", "c"])
def test_the_ways_through_an_lstm_are_counted(of: str, by: str) -> None:
    """They are those of the formulas, walked by hand."""
    cell = Cell(Graph(model_of("lstm"), 3), of, by)
    assert cell.counts[of, (2,)] == walked(LSTM, f"{by}0", of)


def test_the_page_on_the_gru_shows_its_four_terms() -> None:
    """As many ways as the formula beside the picture has terms."""
    model = read_document(read_source(str(ROOT / "derivations" / "gru.md"))).models[0]
    cell = Cell(Graph(model, 3), None, None)
    assert cell.counts["h", (2,)] == walked(GRU, "h0", "h") == 4
    assert len(cell.marked) == sum(map(len, GRU.values()))
    labels = [label.text for label in figures.compute("cell", model=model).labels]
    assert any("sum over 4 paths" in text for text in labels)
    assert r"One step: all ways from $h_t$ back to $h_{t-1}$" in labels


def apart(boxes: list[Box]) -> bool:
    """Whether no two boxes overlap, and all are on the slide."""
    inside = all(box.width / 2 < box.x < WIDTH - box.width / 2 and 0 < box.y < HEIGHT for box in boxes)
    return inside and not any(
        abs(one.x - two.x) < (one.width + two.width) / 2 and abs(one.y - two.y) < (one.height + two.height) / 2
        for one, two in combinations(boxes, 2)
    )


FARTHER = ("bidirectional", "encoder_decoder")
"""Presets whose steps read states of other steps than the one before."""


@pytest.mark.parametrize("name", [name for name in presets() if name not in FARTHER])
def test_nothing_lies_on_anything(name: str) -> None:
    """A step of every preset."""
    drawn: Layout = figures.compute("cell", model=model_of(name))
    assert apart(list(drawn.boxes))


@pytest.mark.parametrize("name", FARTHER)
def test_a_step_that_reads_other_steps_is_refused(name: str) -> None:
    """It has no picture with one step before it on the left."""
    with pytest.raises(UsageError, match="reads states of other steps than the one before it"):
        figures.compute("cell", model=model_of(name))


TAUGHT = r"$$h_t = \tanh(R y_{t-1} + U x_t), \quad L = \sum_{t=1}^{T} \lVert V h_t - y_t \rVert^2$$"


def test_two_inputs_of_a_step_stand_side_by_side() -> None:
    """A taught network reads the target of the step before beside its input; neither hides the other."""
    model = read_document(source_from_text(TAUGHT)).models[0]
    drawn: Layout = figures.compute("graph-many-to-many", model=model, T=3)
    assert apart([box for box in drawn.boxes if box.role in ("input", "state", "output")])


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("gru", {"of": "q"}, "there is no state `q` for `of`: there is h"),
        ("lstm", {"by": "x"}, "there is no state `x` for `by`: there is"),
        ("tanh_classifier", {"of": "L"}, "there is no state `L`"),
    ],
)
def test_what_a_cell_does_not_have(model: str, options: dict[str, Any], message: str) -> None:
    """The message names what there is."""
    with pytest.raises(UsageError, match=message):
        figures.compute("cell", model=model_of(model), **options)


def test_a_model_without_states_has_no_step() -> None:
    """Nothing passes from one step to the next."""
    model = read_document(source_from_text(TAUGHT)).models[0]
    with pytest.raises(UsageError, match="nothing in this model passes from step to step"):
        figures.compute("cell", model=model)


def loss(scores: list[float], right: int) -> float:
    """The cross entropy of the class that is right."""
    return math.log(sum(map(math.exp, scores))) - scores[right - 1]


def test_the_numbers_of_the_softmax_are_its_differences() -> None:
    """Central differences of the outputs and of the loss, by each score."""
    scores, right, step = (0.9, -0.4, 0.3, 1.7), 3, 1e-5
    data = softmax(scores, right)
    for k in range(4):
        moved = [[score + sign * step * (k == place) for place, score in enumerate(scores)] for sign in (1, -1)]
        above, below = (softmax(tuple(one), right).outputs for one in moved)
        for i in range(4):
            assert data.jacobian[i][k] == pytest.approx((above[i] - below[i]) / (2 * step), abs=1e-9)
        slope = (loss(moved[0], right) - loss(moved[1], right)) / (2 * step)
        assert data.gradient[k] == pytest.approx(slope, abs=1e-9)
    assert sum(data.outputs) == pytest.approx(1)
    assert sum(data.gradient) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": (1.0,)}, "number of scores=1 is not between 2 and 8"),
        ({"scores": (1.0, 1e9)}, "score=1e\\+09 is not between -50 and 50"),
        ({"right": 6}, "right=6 is not between 1 and 5"),
    ],
)
def test_a_softmax_that_cannot_be_drawn(options: dict[str, Any], message: str) -> None:
    """One line, with the range."""
    with pytest.raises(UsageError, match=message):
        figures.compute("softmax", **options)
