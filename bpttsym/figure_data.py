"""What computes the data of each figure, and their hash; nothing is drawn here.

The parameters of a function are the options of its figure. A wish that cannot be met is a UsageError that names what
can be; a norm above its bound is a Contradiction, so that no wrong figure is ever drawn.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from bpttsym import vanishing
from bpttsym.cell_picture import Cell, cell_layout
from bpttsym.document import load_preset
from bpttsym.errors import Contradiction, UsageError
from bpttsym.figure_words import GRAPH_WORDS, speaker
from bpttsym.graph_layout import graph_layout
from bpttsym.graph_parts import Layout
from bpttsym.graph_term import is_many_to_one
from bpttsym.model import Graph, Model
from bpttsym.networks import ACTIVATIONS, SETTINGS
from bpttsym.path_picture import PathPicture, paths_layout
from bpttsym.softmax_picture import Softmax, softmax
from bpttsym.truncation import Truncations, truncations

DIGITS = 5
"""Decimals that count in the hash of a figure's data; what nobody could see on the page is left out."""

OFF_TIES = 3.1e-7
"""Added before rounding, so that no simple number lies where the last bit would decide whether to round up."""

PRESETS = {"graph-many-to-one": "many_to_one", "graph-many-to-many": "many_to_many"}
"""The models that are drawn when none is given."""


def vanishing_data(
    panels: tuple[str, ...] = ("orthogonal", "saturated", "sigmoid"),
    sigma: tuple[float, ...] = (0.5, 0.9, 1.0, 1.5, 3.0),
    steps: int = 40,
    seeds: int = 50,
    hidden: int = 16,
) -> vanishing.Curves:
    """Norms of products of Jacobians against the number of steps back."""
    _check(panels, sigma, steps, seeds, hidden)
    return _bounded(vanishing.product_curves(panels, sigma, steps, seeds, hidden))


def step_data(
    panels: tuple[str, ...] = ("driven", "saturated", "sigmoid"),
    sigma: tuple[float, ...] = (0.5, 1.5, 3.0),
    steps: int = 40,
    seeds: int = 50,
    hidden: int = 16,
) -> vanishing.Curves:
    """Norms of the Jacobians of single steps."""
    _check(panels, sigma, steps, seeds, hidden)
    return _bounded(vanishing.step_curves(panels, sigma, steps, seeds, hidden))


def term_data(
    panel: str = "orthogonal",
    sigma: tuple[float, ...] = (0.5, 0.9, 1.5),
    steps: int = 20,
    seeds: int = 50,
    hidden: int = 16,
) -> vanishing.Curves:
    """Norms of the terms of a many-to-one gradient, and of their sum."""
    _check((panel,), sigma, steps, seeds, hidden)
    return vanishing.term_curves(panel, sigma, steps, seeds, hidden)


def activation_data(
    names: tuple[str, ...] = ("tanh", "sigmoid", "relu", "identity", "gelu", "silu"), reach: float = 6.0
) -> tuple[vanishing.Slopes, ...]:
    """The slope of each activation."""
    for name in names:
        known("activation", name, ACTIVATIONS)
    _within("number of activations", len(names), 1, 6)
    _within("reach", reach, 0.1, 100)
    return vanishing.slope_curves(names, reach)


def growth_data(
    panel: str = "orthogonal", reach: float = 4.0, points: int = 24, steps: int = 40, seeds: int = 25, hidden: int = 16
) -> vanishing.GrowthMaps:
    """Growth rates over sigma_max(W) and the bias, or the scale of the inputs."""
    _check((panel,), (reach,), steps, seeds, hidden)
    _within("points", points, 2, 100)
    maps = vanishing.growth_maps(panel, reach, points, steps, seeds, hidden)
    _refuse(vanishing.growth_violations(maps))
    return maps


def graph_data(
    kind: str,
    model: Model | None = None,
    T: int | None = None,
    k: int | None = None,
    t: int | None = None,
    by: str | None = None,
    language: str = "en",
) -> Layout:
    """An unrolled graph, with the paths of the term (k, t) of the gradient by a parameter."""
    model = model or load_preset(PRESETS[kind]).models[-1]
    length = T if T is not None else model.length or 4
    _within("T", length, 1, 10)
    right = next(name for name, one in FORMS.items() if one == is_many_to_one(model))
    if right != kind:
        raise UsageError(f"the loss of this model makes it {right.removeprefix('graph-')}: draw `{right}`")
    return graph_layout(Graph(model, length), by, k, t, GRAPH_WORDS[language])


def paths_data(
    model: Model | None = None,
    T: int | None = None,
    k: int | None = None,
    t: int | None = None,
    by: str | None = None,
    of: str | None = None,
    language: str = "en",
) -> Layout:
    """The states of a model, with all paths from one of them to another."""
    model = model or load_preset("multi_layer").models[-1]
    length = T if T is not None else model.length or 4
    _within("T", length, 1, 10)
    return paths_layout(PathPicture(Graph(model, length), by, k, of, t), speaker(language))


def cell_data(model: Model | None = None, of: str | None = None, by: str | None = None, language: str = "en") -> Layout:
    """One step of a model, with all ways from a state back to one of the step before."""
    model = model or load_preset("gru").models[-1]
    return cell_layout(Cell(Graph(model, 3), of, by), speaker(language))


def softmax_data(scores: tuple[float, ...] = (1.5, 0.8, 0.0, -0.5, -1.5), right: int = 2) -> Softmax:
    """A softmax of some scores with its Jacobian, and the gradient where one class is right."""
    _within("number of scores", len(scores), 2, 8)
    for score in scores:
        _within("score", score, -50, 50)
    _within("right", right, 1, len(scores))
    return softmax(scores, right)


def truncation_data(
    steps: int = 12, length: int = 4, sigma: tuple[float, ...] = (0.5, 0.9, 1.0), seeds: int = 50, hidden: int = 16
) -> Truncations:
    """What a window and chunks keep of a gradient, and how far off they are."""
    _check((), sigma, steps, seeds, hidden)
    _within("steps", steps, 2, 40)
    _within("length", length, 1, steps)
    return truncations(steps, length, sigma, seeds, hidden)


FORMS = {"graph-many-to-one": True, "graph-many-to-many": False}
"""Whether the loss of the model reads one step only."""


def _bounded(curves: vanishing.Curves) -> vanishing.Curves:
    _refuse(vanishing.violations(curves))
    return curves


def _refuse(broken: Sequence[str]) -> None:
    if broken:
        raise Contradiction(f"{len(broken)} norms are above their bound; {broken[0]}")


def _check(panels: Sequence[str], sigma: Sequence[float], steps: int, seeds: int, hidden: int) -> None:
    for panel in panels:
        known("panel", panel, SETTINGS)
    _within("number of panels", len(panels), 0, 3)
    _within("number of sigma", len(sigma), 1, 7)
    for value in sigma:
        _within("sigma", value, 1e-3, 1e3)
    _within("steps", steps, 2, 1000)
    _within("seeds", seeds, 1, 1000)
    _within("hidden", hidden, 1, 128)


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name}={value:g} is not between {least:g} and {most:g}")


def known(what: str, name: str, table: Iterable[str]) -> None:
    """Raise a UsageError that names what is nearest, if a table has no such row."""
    names = list(table)
    if name in names:
        return
    near = [one for one in names if name and name in one] or get_close_matches(name, names, 1, 0.45)
    hint = f"did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else f"there is {', '.join(names)}"
    raise UsageError(f"there is no {what} `{name}`: {hint}")


def data_hash(data: Any) -> str:
    """A hash of what a figure shows: the same data, to five decimals, have the same hash, and other data another."""
    return hashlib.sha256(json.dumps(_rounded(data)).encode()).hexdigest()


def _rounded(data: Any) -> Any:
    match data:
        case float():
            return round(data + OFF_TIES, DIGITS) + 0.0 if math.isfinite(data) else str(data)
        case tuple() | list():
            return [_rounded(part) for part in data]
        case _:
            return data
