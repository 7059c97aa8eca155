"""Paints a softmax: its outputs, its Jacobian as a heat map, and the gradient of the cross entropy by the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bpttsym.figure_paint import page, ruled
from bpttsym.figure_words import Say
from bpttsym.graph_parts import COLOURS
from bpttsym.softmax_picture import Softmax

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOTTOM, HEIGHT = 0.25, 0.54
COLD, WARM = "#0072B2", "#D55E00"
"""What is negative and what is positive, after Okabe and Ito."""


def paint_softmax(figure: Figure, data: Softmax, say: Say) -> None:
    """Bars, a heat map and bars, side by side."""
    page(figure, say("softmax title"), say("softmax caption"))
    classes = range(1, len(data.scores) + 1)
    outputs = figure.add_axes((0.06, BOTTOM, 0.24, HEIGHT))
    target = [float(number == data.right) for number in classes]
    outputs.bar(classes, target, width=0.8, facecolor="none", edgecolor=COLOURS["quiet"][0], linestyle="--")
    outputs.bar(classes, data.outputs, width=0.55, color=COLOURS["output"][0])
    outputs.set_ylim(0, 1.08)
    outputs.set_title(say("softmax outputs"))
    _heat(figure.add_axes((0.365, BOTTOM, 0.30375, HEIGHT)), data, say)
    gradient = figure.add_axes((0.735, BOTTOM, 0.24, HEIGHT))
    gradient.bar(classes, data.gradient, width=0.55, color=[WARM if value > 0 else COLD for value in data.gradient])
    gradient.axhline(0.0, color="black", linewidth=1.0)
    gradient.set_ylim(-1.08, 1.08)
    gradient.set_title(say("softmax gradient"))
    for axes in (outputs, gradient):
        ruled(axes)
        axes.set_xticks(classes)
        axes.set_xlabel(say("softmax class"))


def _heat(axes: Axes, data: Softmax, say: Say) -> None:
    """The Jacobian: a row for each output, a column for each score, with its numbers."""
    from matplotlib.colors import LinearSegmentedColormap

    largest = max(abs(value) for row in data.jacobian for value in row)
    colours = LinearSegmentedColormap.from_list("signs", [COLD, "#FFFFFF", WARM])
    axes.imshow(data.jacobian, cmap=colours, vmin=-largest, vmax=largest, aspect="auto")
    size = 12.0 if len(data.scores) <= 5 else 8.5
    for i, row in enumerate(data.jacobian):
        for k, value in enumerate(row):
            style: dict[str, Any] = {"ha": "center", "va": "center", "size": size}
            axes.text(k, i, _number(value), color="white" if abs(value) > 0.6 * largest else "#222222", **style)
    places = range(len(data.scores))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(places, [str(place + 1) for place in places])
        axis.set_tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel(say("softmax score"))
    axes.set_ylabel(say("softmax output"))
    axes.set_title(say("softmax jacobian"))


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "\N{MINUS SIGN}")
