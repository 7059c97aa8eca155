"""Paints the data of a figure with matplotlib: curves, heat maps and graphs; what is painted comes from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bpttsym import vanishing
from bpttsym.figure_words import Say
from bpttsym.graph_parts import COLOURS, HEIGHT, WIDTH, Arrow, Box, Layout
from bpttsym.networks import Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Outline

SERIES: dict[float, str] = {0.5: "#0072B2", 0.9: "#56B4E9", 1.0: "#4D4D4D", 1.5: "#E69F00", 3.0: "#D55E00"}
OTHERS = ("#CC79A7", "#009E73", "#0072B2", "#D55E00", "#56B4E9", "#E69F00", "#4D4D4D")
"""After Okabe and Ito: from cool, where gradients vanish, to warm; a sigma_max has one colour in all figures."""

DASHES = (4.0, 2.5)
FLOOR, CEILING = -24.0, 12.0
"""The decades of the axis; what leaves it goes on outside."""


def page(figure: Figure, title: str, caption: str) -> None:
    """A title above and a caption below."""
    figure.text(0.05, 0.94, title, size=20, va="center")
    figure.text(0.05, 0.08, caption, size=12.5, va="center", linespacing=1.7, color=COLOURS["quiet"][0])


def _coloured(curves: Sequence[vanishing.Curve]) -> list[tuple[str, vanishing.Curve]]:
    """Each curve with its colour."""
    own = [SERIES[curve.sigma] for curve in curves if curve.sigma in SERIES]
    others = iter([colour for colour in OTHERS if colour not in own])
    return [(SERIES[curve.sigma] if curve.sigma in SERIES else next(others), curve) for curve in curves]


def decades(axes: Axes) -> None:
    """Label an axis of logarithms with powers of ten."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"$10^{{{value:.0f}}}$"))
    ruled(axes)


def ruled(axes: Axes) -> None:
    """Fine lines across, behind what is drawn."""
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
    axes.set_axisbelow(True)


def _shown(values: Sequence[float]) -> list[float]:
    """Logarithms that a line can be drawn through: what is far outside the axis, -inf too, lies just outside."""
    return [min(max(value, FLOOR - 4.0), CEILING + 4.0) for value in values]


def _draw_curve(axes: Axes, places: Sequence[int], curve: vanishing.Curve, colour: str) -> None:
    axes.fill_between(places, _shown(curve.low), _shown(curve.high), color=colour, alpha=0.22, linewidth=0)
    axes.plot(places, _shown(curve.median), color=colour)
    if curve.bound:
        axes.plot(places, _shown(curve.bound), color=colour, linewidth=1.6, dashes=DASHES)


def _key(figure: Figure, curves: Sequence[vanishing.Curve], dashed: str) -> None:
    """One legend above the panels: a colour for each sigma_max(W), and what is dashed."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, label=rf"$\sigma_{{\max}}={curve.sigma:g}$") for colour, curve in _coloured(curves)
    ]
    handles.append(Line2D([], [], color="#4D4D4D", linewidth=1.6, dashes=DASHES, label=dashed))
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (0.042, 0.872), "borderpad": 0}
    figure.legend(handles=handles, ncols=8, handlelength=1.7, columnspacing=1.4, **place)


def _matrix(setting: Setting) -> str:
    return rf"$W=\sigma_{{\max}}{ {'identity': 'I', 'orthogonal': 'Q', 'gaussian': 'G'}[setting.weights] }$"


def _network(setting: Setting) -> str:
    """What W, b and s are in a setting."""
    return rf"{_matrix(setting)}, $b={setting.bias:g}$, $s={setting.inputs:g}$"


def _panels(
    figure: Figure, data: vanishing.Curves, say: Say, ordinate: str, abscissa: str, free: float = 0.0
) -> list[Axes]:
    """Panels side by side with one scale, each with the curves of its setting; ``free`` is room above them."""
    left, right, gap = 0.1, 0.98, 0.03
    width = (right - left + gap) / len(data.panels) - gap
    drawn: list[Axes] = []
    for panel in data.panels:
        at = (left + len(drawn) * (width + gap), 0.245, width, 0.475 - free)
        axes = figure.add_axes(at, sharey=drawn[0] if drawn else None)
        for colour, curve in _coloured(panel.curves):
            _draw_curve(axes, data.places, curve, colour)
        line: dict[str, Any] = {"transform": axes.transAxes, "va": "baseline", "size": 13}
        axes.text(0, 1.115 + 2.7 * free, say(panel.name), **line)
        axes.text(1, 1.115 + 2.7 * free, say("threshold", 1 / panel.gamma), ha="right", **line)
        axes.text(0, 1.035 + 2.7 * free, _network(panel.setting), **line)
        axes.set_xlim(data.places[0], data.places[-1])
        axes.set_xlabel(say(abscissa))
        decades(axes)
        axes.tick_params(axis="y", labelleft=not drawn, length=0 if drawn else 3.5)
        drawn.append(axes)
    drawn[0].set_ylabel(ordinate)
    return drawn


def paint_vanishing(figure: Figure, data: vanishing.Curves, say: Say) -> None:
    """Norms of products against the number of steps back."""
    page(figure, say("vanishing title"), say("vanishing caption", seeds=data.seeds, hidden=data.hidden))
    _key(figure, data.panels[0].curves, say("bound"))
    for axes in _panels(figure, data, say, r"$\Vert\partial h_T/\partial h_t\Vert_2$", "distance"):
        axes.axhline(0.0, color="#8C8C8C", linewidth=0.9)
        axes.set_ylim(FLOOR, CEILING)


def paint_steps(figure: Figure, data: vanishing.Curves, say: Say) -> None:
    """Norms of single steps against t, and the norm of their product."""
    from matplotlib.colors import to_rgb

    fields = {"seeds": data.seeds, "hidden": data.hidden, "steps": len(data.places)}
    page(figure, say("step-norms title"), say("step-norms caption", **fields))
    _key(figure, data.panels[0].curves, say("bound"))
    drawn = _panels(figure, data, say, r"$\Vert\partial h_{t+1}/\partial h_t\Vert_2$", "step", 0.03)
    for axes, panel in zip(drawn, data.panels, strict=True):
        axes.axhline(0.0, color="black", linewidth=1.2)
        for colour, curve in _coloured(panel.curves):  # once more, darker, because many a line lies on its bound
            dark = [0.6 * part for part in to_rgb(colour)]
            axes.axhline(_shown(curve.bound)[0], color=dark, linewidth=1.6, dashes=DASHES)
        line: dict[str, Any] = {"transform": axes.transAxes, "va": "baseline", "size": 13}
        axes.text(0, 1.035, say("product"), **line)
        for place, (colour, curve) in enumerate(_coloured(panel.curves)):
            power = f"$10^{{{curve.total[1]:.0f}}}$" if curve.total[1] > -1e9 else "$0$"
            axes.text(0.3 + 0.7 * place / len(panel.curves), 1.035, power, color=colour, **line)


def paint_terms(figure: Figure, data: vanishing.Curves, say: Say) -> None:
    """Norms of the terms of a gradient against t, and of their sum."""
    from matplotlib.ticker import MaxNLocator

    [panel] = data.panels
    fields = {"network": say(panel.name), "seeds": data.seeds, "hidden": data.hidden}
    page(figure, say("terms title"), say("terms caption", **fields))
    _key(figure, panel.curves, say("sum"))
    axes = figure.add_axes((0.09, 0.245, 0.89, 0.565))
    for colour, curve in _coloured(panel.curves):
        _draw_curve(axes, data.places, curve, colour)
        axes.plot(data.places, _shown(curve.median), "o", color=colour, markersize=6)
        axes.axhline(_shown(curve.total)[1], color=colour, linewidth=1.6, dashes=DASHES)
    axes.set_xlim(data.places[0] - 0.3, data.places[-1] + 0.3)
    axes.set_xlabel(say("step"))
    axes.set_ylabel(say("term"))
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    decades(axes)


def paint_activations(figure: Figure, data: tuple[vanishing.Slopes, ...], say: Say) -> None:
    """The slope of each activation, with its supremum."""
    page(figure, say("activations title"), say("activations caption"))
    columns = min(len(data), 3)
    rows = -(-len(data) // columns)
    width, height = 0.95 / columns - 0.035, 0.67 / rows - 0.1
    for position, slopes in enumerate(data):
        row, column = divmod(position, columns)
        axes = figure.add_axes(
            (0.06 + column * (width + 0.035), 0.245 + (rows - 1 - row) * (height + 0.1), width, height)
        )
        axes.plot(slopes.places, slopes.values, color=SERIES[0.5 if slopes.gamma <= 1.0 else 3.0], linewidth=4)
        axes.axhline(slopes.gamma, color="black", linewidth=1.2, dashes=DASHES)
        axes.set_title(say(slopes.name))
        axes.set_title(rf"$\gamma={slopes.gamma:.5g}$", loc="right")
        axes.set_xlim(slopes.places[0], slopes.places[-1])
        axes.set_ylim(-0.2, 1.3)
        axes.set_yticks([0.0, 0.5, 1.0])
        axes.tick_params(labelleft=not column, labelbottom=row == rows - 1)
        axes.set_xlabel("$a$" if row == rows - 1 else "")
        ruled(axes)


def paint_growth(figure: Figure, data: vanishing.GrowthMaps, say: Say) -> None:
    """Heat maps of the growth rate, with the line where it is zero."""
    from matplotlib.ticker import MaxNLocator

    fields = {**data.setting._asdict(), "steps": data.steps, "seeds": data.seeds, "hidden": data.hidden}
    fields["network"] = f"{say(data.setting.activation)}, {_matrix(data.setting)}"
    page(figure, say("growth title"), say("growth caption", **fields))
    for position, one in enumerate(data.maps):
        axes = figure.add_axes((0.075 + position * 0.435, 0.255, 0.365, 0.545))
        half = (one.sigma[1] - one.sigma[0]) / 2, (one.values[1] - one.values[0]) / 2
        edges = (one.sigma[0] - half[0], one.sigma[-1] + half[0], one.values[0] - half[1], one.values[-1] + half[1])
        shown = [[max(rate, -9.0) for rate in row] for row in one.rates]
        options: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -0.3, "vmax": 0.3, "origin": "lower", "aspect": "auto"}
        mesh = axes.imshow(shown, extent=edges, interpolation="nearest", **options)
        axes.contour(one.sigma, one.values, shown, levels=[0.0], colors="black", linewidths=2.2)
        threshold = 1 / data.gamma
        axes.axvline(threshold, color="black", linewidth=1.6, dashes=DASHES)
        for word, shift, side in (("must", -7, "right"), ("may", 7, "left")):
            style: dict[str, Any] = {"textcoords": "offset points", "xycoords": axes.get_xaxis_transform(), "size": 12}
            axes.annotate(say(word), (threshold, 1.03), (shift, 0), ha=side, va="baseline", **style)
        axes.set_xlabel(r"$\sigma_{\max}(W)$")
        axes.set_ylabel(say(one.name))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        if position == 0:
            bar = figure.colorbar(mesh, cax=figure.add_axes((0.905, 0.255, 0.016, 0.545)), extend="both")
            bar.set_label(say("rate"))


def paint_graph(figure: Figure, data: Layout, say: Say) -> None:
    """An unrolled graph, as it was laid out."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, HEIGHT)
    axes.set_axis_off()
    scale = figure.get_figwidth() * 2.54 / WIDTH  # the layout counts points on a page of 16 cm
    for arrow in data.arrows:
        _draw_arrow(axes, arrow, scale)
    for box in data.boxes:
        _draw_box(axes, box, scale)
    for label in data.labels:
        across = {"west": "left", "east": "right"}.get(label.anchor, "center")
        along = {"north": "top", "south": "bottom"}.get(label.anchor, "center")
        style: dict[str, Any] = {"size": label.size * scale, "color": COLOURS[label.colour][0], "zorder": 6}
        axes.text(label.x, label.y, _readable(label.text), ha=across, va=along, **style)


def _draw_arrow(axes: Axes, arrow: Arrow, scale: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    flows = arrow.role == "gradient"
    style: dict[str, Any] = {
        "arrowstyle": "-|>" if arrow.head else "-",
        "mutation_scale": (8.5 if flows else 7.0) * scale,
        "linewidth": (1.7 if flows else 0.9) * scale,
        "color": COLOURS[arrow.role][0],
        "joinstyle": "miter",
        "capstyle": "butt",
        "zorder": {"shares": 1, "computes": 2, "gradient": 3}[arrow.role],
    }
    axes.add_patch(FancyArrowPatch(path=_outline(arrow), **style))


def _draw_box(axes: Axes, box: Box, scale: float) -> None:
    from matplotlib.patches import PathPatch

    line, fill = COLOURS[box.role]
    style: dict[str, Any] = {
        "facecolor": fill,
        "edgecolor": COLOURS["gradient"][0] if box.marked else line,
        "linewidth": (1.4 if box.marked else 0.8) * scale,
        "linestyle": "--" if box.role == "target" else "-",
    }
    axes.add_patch(PathPatch(_rounded(box), zorder=4, **style))
    size = 10.0 * scale * min(1.0, box.height / 0.66)
    axes.text(box.x, box.y, _readable(box.label), size=size, ha="center", va="center", zorder=5)


def _rounded(box: Box) -> Outline:
    """A box with half circles, or a quarter of one at each corner, for its ends."""
    from matplotlib.path import Path as Outline

    r, reach, bulge = box.height / 2, max(box.width - box.height, 0.0) / 2, 0.5522847 * box.height / 2
    left, right, y = box.x - reach, box.x + reach, box.y
    points = [(left, y - r), (right, y - r)]
    points += [(right + bulge, y - r), (right + r, y - bulge), (right + r, y)]
    points += [(right + r, y + bulge), (right + bulge, y + r), (right, y + r), (left, y + r)]
    points += [(left - bulge, y + r), (left - r, y + bulge), (left - r, y)]
    points += [(left - r, y - bulge), (left - bulge, y - r), (left, y - r), (left, y - r)]
    curve = [Outline.CURVE4] * 6
    return Outline(points, [Outline.MOVETO, Outline.LINETO, *curve, Outline.LINETO, *curve, Outline.CLOSEPOLY])


def _outline(arrow: Arrow) -> Outline:
    """The line of an arrow, with its corners rounded."""
    from matplotlib.path import Path as Outline

    if arrow.smooth:
        return Outline(arrow.points, [Outline.MOVETO, Outline.CURVE4, Outline.CURVE4, Outline.CURVE4])
    points, codes = [arrow.points[0]], [Outline.MOVETO]
    for before, corner, after in zip(arrow.points, arrow.points[1:], arrow.points[2:], strict=False):
        points += [_near(corner, before), corner, _near(corner, after)]
        codes += [Outline.LINETO, Outline.CURVE3, Outline.CURVE3]
    return Outline([*points, arrow.points[-1]], [*codes, Outline.LINETO])


def _near(corner: tuple[float, float], towards: tuple[float, float], radius: float = 0.12) -> tuple[float, float]:
    dx, dy = towards[0] - corner[0], towards[1] - corner[1]
    length = max((dx * dx + dy * dy) ** 0.5, radius)
    return corner[0] + dx / length * radius, corner[1] + dy / length * radius


def _readable(text: str) -> str:
    """The text, or its letters alone where it has a command that matplotlib does not know."""
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return re.sub(r"[\\{}$]", "", text)
    return text
