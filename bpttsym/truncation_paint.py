"""Paints what truncation keeps of a gradient, and how far off it is."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

from bpttsym.figure_paint import DASHES, OTHERS, SERIES, decades, page
from bpttsym.figure_words import Say
from bpttsym.graph_parts import COLOURS
from bpttsym.truncation import Kept, Truncations

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST = 1e-16
"""What is smaller is drawn here: an error of nothing has no place on a logarithmic axis."""

DROPPED = "#ECECEC"
WIDTH = 0.235


def paint_truncation(figure: Figure, data: Truncations, say: Say) -> None:
    """What is kept, as cells of (t, k), and the relative errors on a logarithmic axis."""
    fields = {"length": data.length, "seeds": data.seeds, "hidden": data.hidden}
    page(figure, say("truncation title"), say("truncation caption", **fields))
    for place, kept in enumerate(data.kept):
        axes = figure.add_axes((0.075 + place * (WIDTH + 0.03), 0.3, WIDTH, WIDTH * 16 / 9))
        _draw_kept(axes, kept, say)
        axes.set_ylabel("" if place else say("use"))
        axes.tick_params(length=0, labelleft=not place)
    _draw_errors(figure.add_axes((0.655, 0.245, 0.325, 0.53)), data, say)


def _draw_kept(axes: Axes, kept: Kept, say: Say) -> None:
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import MaxNLocator

    steps = len(kept.first)
    for t, first in enumerate(kept.first, 1):
        for k in range(1, t + 1):
            colour = COLOURS["gradient"][0] if k >= first else DROPPED
            axes.add_patch(Rectangle((t - 0.42, k - 0.42), 0.84, 0.84, facecolor=colour, edgecolor="none"))
    axes.set_xlim(0.4, steps + 0.6)
    axes.set_ylim(steps + 0.6, 0.4)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_title(say(kept.name))
    axes.set_xlabel(say("loss"))
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_errors(axes: Axes, data: Truncations, say: Say) -> None:
    from matplotlib.ticker import MaxNLocator

    lengths = range(1, data.steps)  # at the full length nothing is dropped
    own = [error.sigma for error in data.errors]
    colours = dict(zip(dict.fromkeys(own), OTHERS[1:], strict=False)) | SERIES
    for error in data.errors:
        low, median, high = (
            [log10(max(value, LEAST)) for value in side[:-1]] for side in (error.low, error.median, error.high)
        )
        window = error.name == "window"
        style: dict[str, Any] = {"label": rf"$\sigma_{{\max}}={error.sigma:g}$"} if window else {"dashes": DASHES}
        axes.plot(lengths, median, color=colours[error.sigma], **style)
        if window:
            axes.fill_between(lengths, low, high, color=colours[error.sigma], alpha=0.22, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel(say("length"))
    axes.set_title(say("relative"))
    axes.legend(loc="lower left")
    decades(axes)
