"""Figures: the numbers are right and below their bounds, the pages are readable, and the bytes are always the same."""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from bpttsym import figure_data, figures, networks, plot_command, vanishing
from bpttsym.document import load_preset, read_document
from bpttsym.errors import Contradiction, UsageError
from bpttsym.figure_words import GRAPH_WORDS, LANGUAGES, TEXTS
from bpttsym.figures import FIGURES
from bpttsym.graph_labels import frame_of
from bpttsym.graph_parts import HEIGHT, WIDTH, Layout, bezier
from bpttsym.graph_term import Term, is_many_to_one
from bpttsym.model import Graph, Key, Model
from bpttsym.path_picture import PathPicture, spelled
from bpttsym.source import source_from_text
from bpttsym.tikz import tikz
from bpttsym.truncation import truncations

ROOT = Path(__file__).parents[1]
GRAPHS = tuple(name for name in FIGURES if name.startswith("graph"))
QUICK: dict[str, dict[str, Any]] = {
    "vanishing": {"steps": 6, "seeds": 3, "hidden": 4},
    "step-norms": {"steps": 6, "seeds": 3, "hidden": 4},
    "terms": {"steps": 6, "seeds": 3, "hidden": 4},
    "growth": {"points": 5, "steps": 6, "seeds": 3, "hidden": 4},
}
BEGINS = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-", "tex": b"\\documentclass"}

# Numbers.


def forward(
    setting: networks.Setting, family: networks.Networks, member: int, start: np.ndarray, step: int
) -> np.ndarray:
    """h_T from h_step = ``start``, written out once more, for one network."""
    functions: dict[str, Any] = {
        "tanh": np.tanh,
        "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
        "relu": lambda a: np.where(a > 0, a, 0),
        "identity": lambda a: a,
    }
    state = start
    for inputs in family.inputs[step:]:
        a = family.weights[member] @ state + setting.inputs * inputs[member] + setting.bias
        state = functions[setting.activation](a)
    return state


def states_of(setting: networks.Setting, family: networks.Networks, member: int) -> list[np.ndarray]:
    """h_0, ..., h_T of one network."""
    T = len(family.inputs)
    found = [family.start[member]]
    for step in range(T):
        short = networks.Networks(
            *(family.activation, family.weights), family.inputs[: step + 1], family.drive, family.start
        )
        found.append(forward(setting, short, member, found[-1], step))
    return found


def central_jacobian(setting: networks.Setting, family: networks.Networks, member: int, step: int) -> np.ndarray:
    """dh_T/dh_step by central differences of the whole way from step to T."""
    state = states_of(setting, family, member)[step]
    columns = []
    for unit in np.eye(len(state)) * 1e-6:
        ends = [forward(setting, family, member, state + sign * unit, step) for sign in (1, -1)]
        columns.append((ends[0] - ends[1]) / 2e-6)
    return np.array(columns).T


@pytest.mark.parametrize("name", networks.SETTINGS)
def test_norms_of_products_agree_with_central_differences(name: str) -> None:
    """||dh_T/dh_t||_2 is the norm of what the network does to a small change of h_t, however T-t is chosen."""
    setting = networks.SETTINGS[name]
    for sigma, seeds in ((0.9, 3), (1.5, 3)):
        family = networks.networks(setting, sigma, 5, 4, seeds)
        logs = networks.product_log_norms(family)
        for member, step in itertools.product(range(seeds), range(5)):
            expected = np.linalg.norm(central_jacobian(setting, family, member, step), 2)
            assert 10 ** logs[4 - step, member] == pytest.approx(expected, rel=2e-4, abs=1e-9)


@pytest.mark.parametrize("name", networks.SETTINGS)
def test_norms_of_products_agree_with_the_direct_product(name: str) -> None:
    """Rescaling on the way changes nothing: NumPy's plain product of diag(f') W has the same norms."""
    family = networks.networks(networks.SETTINGS[name], 1.5, 6, 12, 2)
    _, slopes = networks.trajectory(family)
    logs = networks.product_log_norms(family)
    for member in range(2):
        product = np.eye(6)
        for distance, slope in enumerate(slopes[::-1, member], 1):
            product = product @ (np.diag(slope) @ family.weights[member])
            assert 10 ** logs[distance, member] == pytest.approx(np.linalg.norm(product, 2), rel=1e-9)
        assert networks.final_log_norms(family)[member] == pytest.approx(logs[-1, member], abs=1e-10)


@pytest.mark.parametrize("name", networks.SETTINGS)
def test_norms_of_steps_are_products_of_one(name: str) -> None:
    """The norm of a step is the norm of a product that is one step long."""
    setting = networks.SETTINGS[name]
    family = networks.networks(setting, 1.5, 4, 5, 3)
    steps = networks.step_log_norms(family)
    assert networks.product_log_norms(family)[1] == pytest.approx(steps[-1], abs=1e-12)
    assert (steps <= math.log10(networks.ACTIVATIONS[setting.activation].gamma * 1.5) + 1e-12).all()


def test_long_products_do_not_underflow() -> None:
    """Without rescaling this product is 0 from step 620; with it the logarithm is exact at step 3000."""
    family = networks.networks(networks.SETTINGS["identity"], 0.3, 3, 3000, 1)
    assert networks.product_log_norms(family)[-1, 0] == pytest.approx(3000 * math.log10(0.3), rel=1e-12)


def test_weights_have_the_singular_value_they_are_named_after() -> None:
    """sigma_max(W) is what the legend says, in every family of weights."""
    for kind in ("orthogonal", "gaussian", "identity"):
        values = np.linalg.svd(networks.unit_weights(kind, range(20), 7), compute_uv=False)
        assert values[:, 0] == pytest.approx(1.0, abs=1e-12)
        assert kind == "gaussian" or values == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", networks.ACTIVATIONS)
def test_gamma_is_the_supremum_of_the_slope(name: str) -> None:
    """f' is the derivative of f, |f'| never exceeds gamma, and comes as near to it as one likes."""
    activation = networks.ACTIVATIONS[name]
    grid = np.linspace(-9, 9, 18_001) + 1e-4 / 3
    slopes = activation.derivative(grid)
    assert slopes == pytest.approx((activation.value(grid + 1e-6) - activation.value(grid - 1e-6)) / 2e-6, abs=1e-7)
    assert np.abs(slopes).max() <= activation.gamma + 1e-12
    assert np.abs(slopes).max() == pytest.approx(activation.gamma, abs=1e-6)


def test_terms_agree_with_central_differences() -> None:
    """Term t is the derivative by the copies of W, U, b at step t alone; the sum is that by the shared ones."""
    setting, seeds, T, hidden = networks.SETTINGS["driven"], 2, 4, 3
    family = networks.networks(setting, 1.5, hidden, T, seeds)
    terms, total = networks.term_log_norms(family, seeds)
    for seed in range(seeds):
        readout = np.random.default_rng([seed, 3]).standard_normal(hidden)
        target = np.random.default_rng([seed, 4]).standard_normal()

        def loss(change: np.ndarray, seed: int = seed, readout: np.ndarray = readout, target: float = target) -> float:
            state = family.start[seed]
            for t in range(T):
                dW, dU, db = change[t, :, :hidden], change[t, :, hidden:-1], change[t, :, -1]
                x = family.inputs[t, seed]
                state = np.tanh((family.weights[seed] + dW) @ state + (np.eye(hidden) + dU) @ x + db)
            return 0.5 * float(readout @ state - target) ** 2

        shape = (T, hidden, 2 * hidden + 1)
        gradient = np.zeros(shape)
        for place in np.ndindex(shape):
            change = np.zeros(shape)
            change[place] = 1e-5
            gradient[place] = (loss(change) - loss(-change)) / 2e-5
        assert 10 ** terms[:, seed] == pytest.approx(np.sqrt((gradient**2).sum(axis=(1, 2))), rel=1e-6)
        assert 10 ** total[seed] == pytest.approx(np.linalg.norm(gradient.sum(axis=0)), rel=1e-6)


def median_at_the_end(data: vanishing.Curves, name: str, sigma: float) -> float:
    """log10 of the median norm at the largest distance."""
    panel = next(panel for panel in data.panels if panel.name == name)
    return next(curve.median[-1] for curve in panel.curves if curve.sigma == sigma)


def test_the_figure_shows_all_three_cases() -> None:
    """One that vanishes below the threshold, one that explodes above it, one above it that vanishes all the same."""
    data = figure_data.vanishing_data()
    assert median_at_the_end(data, "orthogonal", 0.5) < -6
    assert median_at_the_end(data, "orthogonal", 3.0) > 3
    assert median_at_the_end(data, "saturated", 3.0) < median_at_the_end(data, "saturated", 0.5) < -20
    at_ten = next(curve for curve in data.panels[1].curves if curve.sigma == 3.0).median[10]
    assert at_ten < -29, "tanh, W = 3I, b = 2: after 10 steps less than 10^-29 is left"


def test_no_norm_is_above_its_bound() -> None:
    """The theorem holds for every setting, every sigma_max, every distance and every seed: 0 violations."""
    sigma = (0.5, 0.9, 1.0, 1.5, 3.0)
    names = tuple(networks.SETTINGS)
    assert vanishing.violations(vanishing.product_curves(names, sigma, 20, 30, 8)) == []
    assert vanishing.violations(vanishing.step_curves(names, sigma, 20, 30, 8)) == []
    assert vanishing.growth_violations(vanishing.growth_maps("orthogonal", 4.0, 8, 20, 5, 6)) == []


def test_the_bound_is_tight_for_the_identity() -> None:
    """No smaller bound would do: an orthogonal W and f(a) = a reach it at every distance."""
    data = vanishing.product_curves(("identity",), (0.5, 3.0), 30, 4, 6)
    for curve in data.panels[0].curves:
        assert curve.low == pytest.approx(curve.bound, abs=1e-9)


@pytest.mark.parametrize("kind", ["vanishing", "step-norms"])
def test_a_wrong_bound_is_caught(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a planted gamma of 0.9 for tanh the figure refuses to be drawn, and says where the bound breaks."""
    wrong = networks.ACTIVATIONS["tanh"]._replace(gamma=0.9)
    monkeypatch.setitem(networks.ACTIVATIONS, "tanh", wrong)
    with pytest.raises(Contradiction, match=r"norms are above their bound; \w+, sigma_max = 0\.5, at \d+: log10"):
        figures.render(kind, ["png"], **QUICK[kind])


def test_a_wrong_rate_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heat map is held against the bound, too."""
    wrong = networks.ACTIVATIONS["tanh"]._replace(gamma=0.9)
    monkeypatch.setitem(networks.ACTIVATIONS, "tanh", wrong)
    with pytest.raises(Contradiction, match=r"the rate .* is above its bound"):
        figures.render("growth", ["png"], **QUICK["growth"])


def test_a_single_seed_above_the_bound_is_caught() -> None:
    """It is the largest norm that is held against the bound, not the median that is drawn."""
    data = vanishing.product_curves(("saturated",), (0.5,), 5, 4, 4)
    [panel] = data.panels
    [curve] = panel.curves
    planted = curve._replace(highest=(*curve.highest[:-1], curve.bound[-1] + 0.01))
    [found] = vanishing.violations(data._replace(panels=(panel._replace(curves=(planted,)),)))
    assert found.startswith("saturated, sigma_max = 0.5, at 5: ")


def test_the_growth_rate_is_that_of_the_products() -> None:
    """A cell of the heat map is the slope of the curve of the vanishing figure, from h_0 to h_T."""
    data = vanishing.growth_maps("orthogonal", 4.0, 4, 12, 5, 6)
    bias = data.maps[0]
    setting = networks.SETTINGS["orthogonal"]._replace(bias=bias.values[2])
    logs = networks.product_log_norms(networks.networks(setting, bias.sigma[1], 6, 12, 5))[-1]
    assert bias.rates[2][1] == pytest.approx(np.median(logs) / 12, abs=1e-9)
    assert (data.maps[1].name, bias.name) == ("inputs", "bias")


def test_a_dead_network_has_norm_zero() -> None:
    """A product that is exactly 0 is -inf, which is drawn below the page and hashed like any number."""
    dead = networks.Setting("relu", "identity", -5.0, 0.1)
    logs = networks.product_log_norms(networks.networks(dead, 2.0, 3, 4, 2))
    assert logs[0] == pytest.approx(0.0)
    assert (logs[1:] == -math.inf).all()
    assert figure_data.data_hash((-math.inf, 0.0)) != figure_data.data_hash((0.0, 0.0))
    written, _ = figures.render("vanishing", ["png"], panels=("relu",), sigma=(0.001,), steps=200, seeds=2)
    assert written["png"].startswith(BEGINS["png"])


def test_a_state_that_grows_out_of_range_is_refused() -> None:
    """Of an overflow nothing is known, so nothing is drawn; the message says what to change."""
    with pytest.raises(UsageError, match=r"after \d+ steps a state is beyond 1e\+150: take fewer steps or a smaller"):
        figures.compute("vanishing", panels=("relu", "identity"), sigma=(900.0,), steps=200, seeds=2)


# Bytes and hashes.


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_in_every_format(name: str, tmp_path: Path) -> None:
    """Each row of the table gives a file in each of its formats, and the hash of its data beside them."""
    kind = FIGURES[name]
    paths = figures.draw(name, kind.formats, tmp_path / "new", **QUICK.get(name, {}))
    assert [path.name for path in paths] == [f"{name}.{ending}" for ending in (*kind.formats, "sha256")]
    assert sorted(tmp_path.rglob("*.*")) == sorted(paths)
    for path, ending in zip(paths, kind.formats, strict=False):
        assert path.read_bytes().startswith(BEGINS[ending])
    assert re.fullmatch(r"[0-9a-f]{64}\n", paths[-1].read_text())
    assert kind.name == name
    assert kind.sentence.endswith(".")


@pytest.fixture(scope="module")
def elsewhere(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The hashes of the bytes and data of the figures asked for, made by another process with other string hashes."""
    asked = {item.callspec.params["name"] for item in request.session.items if item.fixturenames.count("elsewhere")}
    code = (
        "import hashlib, json, sys\n"
        "from bpttsym import figures\n"
        "found = {}\n"
        "for name, options in json.loads(sys.argv[1]).items():\n"
        "    written, digest = figures.render(name, figures.FIGURES[name].formats, **options)\n"
        "    found[name] = [digest, *(hashlib.sha256(written[ending]).hexdigest() for ending in written)]\n"
        "print(json.dumps([found, 'matplotlib.pyplot' in sys.modules]))\n"
    )
    options = {name: QUICK.get(name, {}) for name in FIGURES if name in asked}
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Seoul"}
    command = [sys.executable, "-c", code, json.dumps(options)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True)
    found, pyplot = json.loads(run.stdout)
    assert not pyplot, "a figure needs no window, and so no pyplot"
    assert run.stderr == ""
    return found


@pytest.mark.campaign(quick=2)
@pytest.mark.parametrize("name", FIGURES)
def test_the_same_bytes_twice(name: str, elsewhere: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process, another day and another user's settings of matplotlib give the same files."""
    import hashlib

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    with matplotlib.rc_context({"font.size": 31, "axes.grid": True, "svg.hashsalt": None, "savefig.dpi": 30}):
        written, digest = figures.render(name, FIGURES[name].formats, **QUICK.get(name, {}))
        assert matplotlib.rcParams["font.size"] == 31
    assert [digest, *(hashlib.sha256(content).hexdigest() for content in written.values())] == elsewhere[name]
    assert not any(
        word in content for content in written.values() for word in (b"CreationDate", b"<dc:date>", b"ModDate")
    )


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("name", FIGURES)
def test_the_hash_changes_when_the_data_change(name: str) -> None:
    """Another number on the page is another hash; what nobody could see is not."""
    data = figures.compute(name, **QUICK.get(name, {}))
    first = figure_data.data_hash(data)
    assert figure_data.data_hash(figures.compute(name, **QUICK.get(name, {}))) == first
    changed = {
        "activations": {"reach": 5.0},
        "graph-many-to-one": {"k": 3},
        "graph-many-to-many": {"t": 4},
        "paths": {"T": 3},
        "cell": {"model": load_preset("lstm").models[-1]},
        "softmax": {"right": 1},
    }.get(name, {"seeds": 4})
    assert figure_data.data_hash(figures.compute(name, **{**QUICK.get(name, {}), **changed})) != first
    assert figure_data.data_hash(scaled(data, 1 + 1e-12)) == first
    assert figure_data.data_hash(scaled(data, 1 + 1e-2)) != first


def scaled(data: Any, factor: float) -> Any:
    """The same data with every number of a line multiplied."""
    match data:
        case float():
            return data * factor
        case tuple():
            return tuple(scaled(part, factor) for part in data)
        case _:
            return data


# Pages.


def texts_of(page: Figure) -> dict[str, Bbox]:
    """Every text that is seen on a page, with its box in pixels."""
    page.canvas.draw()
    renderer = page.canvas.get_renderer()  # type: ignore[attr-defined]
    ticks = {
        label for axis in page.findobj(Axis) for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)
    }
    shown = {
        label
        for axis in page.findobj(Axis)
        if axis.axes.axison
        for tick in axis._update_ticks()  # type: ignore[attr-defined]
        for label in (tick.label1, tick.label2)
    }
    found = {}
    for text in page.findobj(Text):
        if text.get_visible() and text.get_text().strip() and (text in shown or text not in ticks):
            box = text.get_window_extent(renderer)
            if box.width > 0:
                found[f"{text.get_text()} @ {box.x0:.0f},{box.y0:.0f}"] = box
    return found


def overlaps(boxes: dict[str, Bbox], page: Figure) -> list[str]:
    """Pairs of texts that cover each other, and texts that leave the page or come too near to its edge."""
    width, height = page.bbox.width, page.bbox.height
    found = [f"{a} | {b}" for a, b in itertools.combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]
    edge = 6
    found += [
        f"{name} leaves the page"
        for name, box in boxes.items()
        if box.x0 < edge or box.y0 < edge or box.x1 > width - edge or box.y1 > height - edge
    ]
    return found


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another(name: str) -> None:
    """Labels, ticks, titles, captions and legends stand apart, and inside the page."""
    page = figures.figure(name)
    boxes = texts_of(page)
    assert len(boxes) > 10
    assert overlaps(boxes, page) == []
    assert page.get_figwidth() / page.get_figheight() == pytest.approx(16 / 9)


def test_covered_texts_are_found() -> None:
    """The test of overlaps can fail: a text moved onto another, and one moved off the page, are named."""
    page = figures.figure("terms", **QUICK["terms"])
    page.texts[0].set_position((0.05, 0.08))
    assert any("What vanishes" in pair and "Dashed" in pair for pair in overlaps(texts_of(page), page))
    page.texts[0].set_position((0.9, 0.94))
    assert any("leaves the page" in pair for pair in overlaps(texts_of(page), page))


MODELS: dict[str, tuple[str, str]] = {
    "one": ("graph-many-to-one", "many_to_one"),
    "many": ("graph-many-to-many", "many_to_many"),
    "cell, one": ("graph-many-to-one", "tanh_many_to_one"),
    "cell, many": ("graph-many-to-many", "tanh_many_to_many"),
    "tagger": ("graph-many-to-many", "tanh_tagger"),
}
STACKED = r"""
$$u_t=\tanh(W u_{t-1}+Ux_t+b)$$ $$v_t=\tanh(Pv_{t-1}+Qu_t+d)$$ $$\hat y_t=Vv_t+c$$
$$L=\sum_{t=1}^T\lVert\hat y_t-y_t\rVert^2$$
"""
SKIPPING = r"$$h_t=\tanh(Wh_{t-1}+Ah_{t-2}+Ux_t)$$ $$\hat y=Vh_T$$ $$L=\lVert\hat y-y\rVert^2$$"
LSTM = r"""
$$i_t=\sigma(W_i x_t+U_i h_{t-1}+b_i)$$ $$f_t=\sigma(W_f x_t+U_f h_{t-1}+b_f)$$ $$o_t=\sigma(W_o x_t+U_o h_{t-1}+b_o)$$
$$g_t=\tanh(W_g x_t+U_g h_{t-1}+b_g)$$ $$c_t=f_t\odot c_{t-1}+i_t\odot g_t$$ $$h_t=o_t\odot\tanh(c_t)$$
$$\hat y_t=Vh_t$$ $$L=\sum_{t=1}^T\lVert\hat y_t-y_t\rVert^2$$
"""


def model_of(text: str) -> Model:
    """The model that a text of definitions is."""
    return read_document(source_from_text(text)).models[-1]


def preset_graph(name: str, T: int) -> Layout:
    """The graph of one of the models above."""
    kind, preset = MODELS[name]
    return figure_data.graph_data(kind, load_preset(preset).models[-1], T)


LAYOUTS: dict[str, Callable[[], Layout]] = {
    **{f"{name}, T={T}": partial(preset_graph, name, T) for name in MODELS for T in (1, 2, 4, 6, 10)},
    "stacked": lambda: figure_data.graph_data("graph-many-to-many", model_of(STACKED), 4),
    "skipping": lambda: figure_data.graph_data("graph-many-to-one", model_of(SKIPPING), 4),
    "first to last": lambda: figure_data.graph_data("graph-many-to-many", None, 4, 1, 4),
    "last": lambda: figure_data.graph_data("graph-many-to-many", None, 4, 4, 4),
    "by phi": lambda: figure_data.graph_data("graph-many-to-many", None, 4, by="phi"),
}
"""Graphs of several models, lengths and terms."""


@cache
def layout_of(name: str) -> Layout:
    """One of them, laid out once."""
    return LAYOUTS[name]()


@pytest.mark.campaign(quick=5)
@pytest.mark.parametrize("name", LAYOUTS)
def test_labels_of_a_graph_cover_nothing(name: str) -> None:
    """No label lies on another, on a node or on an arrow; nodes lie apart; measured by the renderer."""
    layout = layout_of(name)
    page = page_of(layout)
    texts = texts_of(page)
    assert overlaps(texts, page) == []
    axes = page.axes[0]
    boxes = {
        box.label: axes.transData.transform(
            [(box.x - box.width / 2, box.y - box.height / 2), (box.x + box.width / 2, box.y + box.height / 2)]
        )
        for box in layout.boxes
    }
    frames = {label: Bbox(corners) for label, corners in boxes.items()}
    pairs = itertools.combinations(frames, 2)
    assert [pair for pair in pairs if frames[pair[0]].overlaps(frames[pair[1]])] == []
    for label in layout.labels:
        frame = next(
            box for text, box in texts.items() if text.startswith(f"{label.text} @") and near(box, axes, label)
        )
        for node, other in frames.items():
            assert not shrunk(frame).overlaps(other), f"{label.text} lies on {node}"
        for arrow in layout.arrows:
            points = np.array(list(bezier(arrow.points)) if arrow.smooth else arrow.points)
            line = axes.transData.transform(points)
            assert not crossed(shrunk(frame), line), f"{label.text} lies on {arrow}"


def page_of(layout: Layout) -> Figure:
    """A page with this graph on it."""
    with figures._style([]):
        return figures._painted(FIGURES["graph-many-to-one"], layout, "en")


def near(box: Bbox, axes: Any, label: Any) -> bool:
    """Whether a box is that of this label: its anchor lies on it."""
    x, y = axes.transData.transform((label.x, label.y))
    return bool(box.x0 - 3 <= x <= box.x1 + 3 and box.y0 - 3 <= y <= box.y1 + 3)


def shrunk(box: Bbox) -> Bbox:
    """A box without the white that the renderer counts as part of a text."""
    return Bbox([[box.x0 + 1, box.y0 + 1], [box.x1 - 1, box.y1 - 1]])


def crossed(box: Bbox, line: np.ndarray) -> bool:
    """Whether a line of pixels comes into a box."""
    for start, end in itertools.pairwise(line):
        places = start + np.linspace(0, 1, 400)[:, None] * (end - start)
        if ((places > [box.x0, box.y0]) & (places < [box.x1, box.y1])).all(axis=1).any():
            return True
    return False


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("name", ["one, T=4", "many, T=4", "tagger, T=4", "stacked"])
def test_a_label_takes_no_more_room_than_was_kept_for_it(name: str) -> None:
    """The room that the layout keeps for a formula is at least what matplotlib needs."""
    layout = layout_of(name)
    page = page_of(layout)
    texts = texts_of(page)
    scale = page.bbox.width / WIDTH
    for label in layout.labels:
        if "frac" in label.text and label.size <= 8.0:
            left, bottom, right, top = frame_of(label)
            box = next(box for text, box in texts.items() if text.startswith(f"{label.text} @"))
            assert box.width <= (right - left) * scale + 1
            assert box.height <= (top - bottom) * scale + 1


# Graphs.


def paths_between(graph: Graph, start: Key, end: Key) -> list[list[Key]]:
    """All ways from a node to what it depends on, by going through the graph once more."""
    if start == end:
        return [[end]]
    return [[start, *rest] for parent in graph.nodes[start].parents for rest in paths_between(graph, parent, end)]


@pytest.mark.parametrize("preset", ["many_to_one", "many_to_many", "tanh_tagger"])
def test_the_terms_are_the_paths_of_the_graph(preset: str) -> None:
    """Each path from the loss to a shared parameter is one term (k, t), and each term one path."""
    graph = Graph(load_preset(preset).models[-1], 4)
    by, loss = Term(graph).by, Term(graph).loss
    paths = paths_between(graph, loss, by)
    found = []
    for k, t in itertools.product(range(1, 5), repeat=2):
        try:
            term = Term(graph, by[0], k, t)
        except UsageError:
            continue
        assert term.is_one_path
        found.append([term.loss, *(to for _, to in term.edges)])
    assert sorted(map(str, found)) == sorted(map(str, paths))
    assert len(found) == (4 if preset == "many_to_one" else 10)


def test_a_term_of_several_paths_colours_them_all() -> None:
    """With a second layer, (k, t) is a sum over paths: every edge of each of them is coloured, and no other edge."""
    graph = Graph(model_of(STACKED), 4)
    term = Term(graph, "W", 2, 3)
    wanted = set()
    for path in paths_between(graph, term.loss, ("W", ())):
        if path[-2][1] == (2,) and path[1][1] == (3,):
            wanted |= set(itertools.pairwise(path))
    assert set(term.edges) == wanted
    assert not term.is_one_path


def test_the_formula_of_a_term_is_that_of_the_sheet() -> None:
    """The product beside the graph of many-to-one, k = 2, is the third term of the sheet, its last factor marked."""
    term = Term(Graph(load_preset("many_to_one").models[-1], 4), k=2)
    names = [r"\mathcal{L}", r"\hat{y}", "h_4", "h_3", "h_2", r"\psi"]
    parts = [rf"\frac{{\partial {a}}}{{\partial {b}}}" for a, b in itertools.pairwise(names)]
    parts[-1] = parts[-1].replace(r"\frac{\partial ", r"\frac{\partial^{+} ")
    assert re.sub(r"\\,|\s", "", term.formula()) == re.sub(r"\s", "", "".join(parts))


@pytest.mark.parametrize("name", GRAPHS)
def test_every_edge_of_the_graph_is_drawn(name: str) -> None:
    """As many arrows as the unrolled graph has edges; each ends at the border of a box; gradients run against them."""
    layout = figures.compute(name)
    model = load_preset(figure_data.PRESETS[name]).models[-1]
    graph = Graph(model, 4)
    edges = sum(len(node.parents) for node in graph.nodes.values())
    heads = [arrow for arrow in layout.arrows if arrow.head]
    legend = 2
    gradient = [arrow for arrow in heads if arrow.role == "gradient"]
    term = Term(graph)
    assert len(heads) == edges + len(term.edges) + legend
    assert len(gradient) == len(term.edges) + 1
    assert len(layout.boxes) == len(graph.nodes)
    for arrow in heads[: edges + len(term.edges)]:
        x, y = arrow.points[-1]
        distances = [abs(distance_to(box, x, y)) for box in layout.boxes]
        assert min(distances) < (0.25 if arrow.role == "gradient" else 1e-6)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for arrow in layout.arrows for x, y in arrow.points)


def distance_to(box: Any, x: float, y: float) -> float:
    """How far a point is outside the border of a box with round ends."""
    reach = max(box.width - box.height, 0) / 2
    return math.hypot(max(abs(x - box.x) - reach, 0), y - box.y) - box.height / 2


def test_an_lstm_is_drawn() -> None:
    """Many nodes a step, bent arrows and a common rail are no reason to fail."""
    layout = figure_data.graph_data("graph-many-to-many", model_of(LSTM), 3)
    assert any(arrow.smooth for arrow in layout.arrows)
    assert page_of(layout).axes


def test_a_parameter_that_the_loss_reads_is_led_there() -> None:
    """A penalty on W is an edge into the loss, and it is drawn."""
    model = model_of(r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\sum_{t=1}^T h_t^\top h_t+\lVert W\rVert^2$$")
    layout = figure_data.graph_data("graph-many-to-many", model, 3)
    loss = next(box for box in layout.boxes if box.role == "loss")
    ends = [arrow.points[-1] for arrow in layout.arrows if arrow.role == "shares"]
    assert (loss.x - loss.width / 2, loss.y) in ends


@pytest.mark.parametrize("preset", ["many_to_one", "many_to_many", "tanh_many_to_one", "tanh_tagger"])
def test_the_form_of_a_model_is_seen_in_its_graph(preset: str) -> None:
    """Many-to-one means that the loss reads one step."""
    assert is_many_to_one(load_preset(preset).models[-1]) == ("to_one" in preset)


def test_a_name_that_matplotlib_cannot_typeset_is_still_readable() -> None:
    """A command unknown to mathtext loses its backslash, not its letters."""
    from bpttsym.figure_paint import _readable

    assert _readable(r"$\unknown{soft}_t$") == "unknownsoft_t"
    assert _readable(r"$\hat{y}_t$") == r"$\hat{y}_t$"


@pytest.mark.campaign(quick=10)
@pytest.mark.parametrize("name", LAYOUTS)
def test_labels_are_mathematics_that_both_writers_know(name: str) -> None:
    """No label of these graphs needs the fallback, and no TikZ style is called x or y."""
    from bpttsym.figure_paint import _readable

    layout = layout_of(name)
    assert [
        text for text in (*(b.label for b in layout.boxes), *(x.text for x in layout.labels)) if _readable(text) != text
    ] == []
    written = tikz(layout)
    assert not re.search(r"\b[xy]/\.style", written)
    assert written.count(r"\node") == len(layout.boxes) + len(layout.labels)
    assert written.count(r"\draw") == len(layout.arrows)


needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="no pdflatex; texlive-latex-recommended and texlive-pictures have it"
)


@needs_tex
@pytest.mark.parametrize("name", [*GRAPHS, "lstm", "skipping"])
def test_tikz_compiles(name: str, tmp_path: Path) -> None:
    """pdflatex makes one page of it, without a warning about fonts or boxes."""
    other = {"lstm": ("graph-many-to-many", LSTM), "skipping": ("graph-many-to-one", SKIPPING)}
    kind, text = other.get(name, (name, ""))
    written, _ = figures.render(kind, ["tex"], **({"model": model_of(text)} if text else {}))
    (tmp_path / "graph.tex").write_bytes(written["tex"])
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "graph.tex"]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:]
    assert "(1 page," in run.stdout
    assert not re.search(r"Overfull|Underfull|Font Warning|undefined", run.stdout)


# Languages.


def hangul_font(folder: Path) -> Path:
    """A font of our own that has a box for every letter of the Korean texts."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    words = "".join(korean for _, korean in TEXTS.values()) + "".join(GRAPH_WORDS["ko"]) + "\uac00"
    letters = sorted({letter for letter in words if not letter.isspace()} | set(map(chr, range(33, 127))))
    pen = TTGlyphPen(None)
    for place in ((50, 0), (50, 700), (750, 700), (750, 0)):
        (pen.moveTo if place == (50, 0) else pen.lineTo)(place)
    pen.closePath()
    box = pen.glyph()
    names = [".notdef", "space", *(f"u{ord(letter):04X}" for letter in letters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({32: "space", **{ord(letter): f"u{ord(letter):04X}" for letter in letters}})
    builder.setupGlyf(dict.fromkeys(names, box))
    widths = {name: 920 if name >= "uAC00" else 280 if name == "space" else 550 for name in names}
    builder.setupHorizontalMetrics({name: (width, 50) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Boxes of Hangul", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    builder.setupPost()
    path = folder / "boxes.ttf"
    builder.save(path)
    return path


@pytest.fixture
def only_fonts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that leaves matplotlib its own fonts and those given, as if no other font were installed."""
    manager = font_manager.fontManager
    own = [entry for entry in manager.ttflist if "mpl-data" in entry.fname]

    def install(*paths: Path) -> None:
        monkeypatch.setattr(manager, "ttflist", list(own))
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_, **__: [str(path) for path in paths])
        manager._findfont_cached.cache_clear()  # type: ignore[attr-defined]

    yield install
    manager._findfont_cached.cache_clear()  # type: ignore[attr-defined]


def test_without_a_korean_font_labels_are_english(only_fonts: Any) -> None:
    """One clear message, and the English figure: no boxes in the place of letters."""
    only_fonts()
    assert figures.korean_font() is None
    with pytest.warns(UserWarning, match=re.escape("no installed font has Korean letters (U+AC00)")) as told:
        korean, _ = figures.render("terms", ["svg"], lang="ko", **QUICK["terms"])
    assert len(told) == 1
    assert korean == figures.render("terms", ["svg"], **QUICK["terms"])[0]


@pytest.mark.campaign(quick=2)
@pytest.mark.parametrize("name", FIGURES)
def test_with_a_korean_font_no_letter_is_missing(
    name: str, only_fonts: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The font goes first in font.family, every letter is found in it, and nothing covers anything."""
    only_fonts(hangul_font(tmp_path))
    assert figures.korean_font() == "Boxes of Hangul"
    with caplog.at_level(logging.WARNING, logger="matplotlib"):
        page = figures.figure(name, lang="ko", **QUICK.get(name, {}))
        assert overlaps(texts_of(page), page) == []
        assert page.findobj(lambda artist: isinstance(artist, Text) and re.search("[가-힣]", artist.get_text()))
        english, _ = figures.render(name, ["svg"], **QUICK.get(name, {}))
        korean, _ = figures.render(name, ["svg"], lang="ko", **QUICK.get(name, {}))
    assert english != korean
    assert caplog.records == []


def test_every_text_is_in_every_language() -> None:
    """English and Korean say each thing with the same fields and the same mathematics; no Hangul between dollars."""
    for key, texts in TEXTS.items():
        assert len(texts) == len(LANGUAGES)
        fields = [sorted(re.findall(r"(?<!\{)\{(\w*)(?::\w+)?\}(?!\})", text)) for text in texts]
        assert fields[0] == fields[1], key
        for text in texts:
            assert text.count("$") % 2 == 0
            assert not any(re.search("[가-힣]", part) for part in text.split("$")[1::2]), key
    for one, other in zip(*GRAPH_WORDS.values(), strict=True):
        assert re.findall(r"\{\w+\}", one) == re.findall(r"\{\w+\}", other)


# The command.


def run_plot(*arguments: str) -> int:
    """``bpttsym plot`` with these arguments."""
    parser = argparse.ArgumentParser()
    plot_command.add_arguments(parser)
    return plot_command.main(parser.parse_args(arguments))


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no kind": ((), "say which figure: vanishing, step-norms, terms, truncation, activations"),
    "a kind misspelt": (("vanishign",), "there is no figure `vanishign`: did you mean `vanishing`?"),
    "half a kind": (("graph",), "did you mean `graph-many-to-one` or `graph-many-to-many`?"),
    "another kind": (("zebra",), "there is no figure `zebra`: there is vanishing, step-norms"),
    "an option misspelt": (("terms", "sigm=1"), "there is no option of terms `sigm`: did you mean `sigma`?"),
    "no number": (("terms", "sigma=a"), "`sigma=a` does not give numbers with commas between them"),
    "no whole number": (("terms", "steps=2.5"), "`steps=2.5` does not give a whole number"),
    "not finite": (("terms", "sigma=nan"), "sigma=nan is not between 0.001 and 1000"),
    "too few": (("terms", "steps=0"), "steps=0 is not between 2 and 1000"),
    "too many": (("vanishing", "sigma=1,2,3,4,5,6,7,8"), "number of sigma=8 is not between 1 and 7"),
    "a panel misspelt": (("vanishing", "panels=sigmoit"), "there is no panel `sigmoit`: did you mean `sigmoid`?"),
    "an activation": (("activations", "names=tahn"), "there is no activation `tahn`: did you mean `tanh`?"),
    "a document": (("terms", "notes.md"), "terms is no figure of a document"),
    "no such document": (("graph-many-to-one", "notes.md"), "cannot read notes.md"),
    "no such model": (
        ("graph-many-to-one", "many_to_on"),
        "there is no model `many_to_on`; did you mean `many_to_one`?",
    ),
    "the other form": (("graph-many-to-one", "tanh_tagger"), "has no model of this form: draw `graph-many-to-many`"),
    "no step": (("graph-many-to-one", "-T", "0"), "T=0 is not between 1 and 10"),
    "no such k": (("graph-many-to-one", "k=5"), "there is no term k=5, t=4: k is 1, 2, 3 or 4"),
    "no such t": (("graph-many-to-one", "t=3"), "there is no term t=3: the loss reads step 4"),
    "k after t": (("graph-many-to-many", "k=3", "t=2"), "there is no term k=3, t=2: k is 1 or 2"),
    "no such parameter": (("graph-many-to-one", "by=W"), "this model has no parameter `W`: it has psi, phi"),
    "a language": (("terms", "--lang", "fr"), "there is no language `fr`: there is en, ko"),
    "a format": (("terms", "-o", "f.jpg"), "`f.jpg` does not end in one of .png, .svg, .pdf"),
    "TikZ of curves": (("terms", "-o", "f.tex"), "`f.tex` does not end in one of .png, .svg, .pdf"),
    "no format": (("terms", "-o", "f"), "`f` does not end in one of .png, .svg, .pdf"),
    "no folder": (("terms", "-o", "no/f.png"), "cannot write `no/f.png`: there is no folder `no`"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wish_that_cannot_be_met_is_one_message(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names what is nearest, the exit status is 2, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    arguments, expected = BAD[case]
    assert run_plot(*arguments) == 2
    out, message = capsys.readouterr()
    assert out == ""
    assert message.startswith("bpttsym: ")
    assert message.count("\n") == 1
    assert expected in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "tex"])
def test_the_ending_is_the_format(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``-o FILE`` writes that one file, in the format of its ending, and says so."""
    path = tmp_path / f"figure.{ending.upper()}"
    assert run_plot("graph-many-to-one", "many_to_one", "k=1", "-T", "3", "-o", str(path)) == 0
    assert path.read_bytes().startswith(BEGINS[ending])
    assert capsys.readouterr() == (f"{path}\n", "")
    assert list(tmp_path.iterdir()) == [path]


def test_a_document_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form is found among the scopes of one document, and its T is kept; without -o the file is KIND.png."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.md").write_text(
        "# One\n$$h_t=f(x_t,h_{t-1};\\psi)$$\n$$\\hat y=g(h_T;\\phi)$$\n$$L=\\lVert\\hat y-y\\rVert$$\n$$T=3$$\n"
        "# Many\n$$\\hat y_t=g(h_t;\\phi)$$\n$$L=\\sum_{t=1}^{T}\\lVert\\hat y_t-y_t\\rVert$$\n",
        encoding="utf-8",
    )
    for kind in GRAPHS:
        assert run_plot(kind, "notes.md") == 0
        assert run_plot(kind, "notes.md", "-o", "graph.tex") == 0
        assert "$h_3$" in (tmp_path / "graph.tex").read_text(encoding="utf-8")
        assert "$h_4$" not in (tmp_path / "graph.tex").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"notes.md", "graph.tex", *(f"{kind}.png" for kind in GRAPHS)}


def test_an_old_file_survives_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure is written whole or not at all: where writing fails, the file of before is as it was."""
    path = tmp_path / "terms.png"
    path.write_bytes(b"before")

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert run_plot("terms", "steps=3", "seeds=2", "-o", str(path)) == 2
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither as the file of ``-o`` nor, being a file, as the folder of ``draw``."""
    (tmp_path / "a.png").mkdir()
    assert run_plot("terms", "-o", str(tmp_path / "a.png")) == 2
    assert "it is a folder" in capsys.readouterr().err
    (tmp_path / "b").write_text("")
    with pytest.raises(UsageError, match="cannot make the folder"):
        figures.draw("terms", ["png"], tmp_path / "b", **QUICK["terms"])


def test_a_broken_bound_is_exit_status_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A contradiction between theorem and numbers is told apart from bad usage."""
    monkeypatch.setitem(networks.ACTIVATIONS, "tanh", networks.ACTIVATIONS["tanh"]._replace(gamma=0.9))
    assert run_plot("vanishing", "steps=3", "seeds=2", "-o", str(tmp_path / "f.png")) == 3
    assert "above their bound" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_figure_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    """``--list`` is the table: names, sentences, options with their defaults."""
    assert run_plot("--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[::3] == list(FIGURES)
    assert lines[1::3] == [f"    {kind.sentence}" for kind in FIGURES.values()]
    assert lines[2] == "    panels=orthogonal,saturated,sigmoid sigma=0.5,0.9,1,1.5,3 steps=40 seeds=50 hidden=16"
    written = dict(zip(lines[::3], lines[2::3], strict=True))
    assert written["graph-many-to-many"] == "    [FILE|NAME] T= k= t= by="
    assert written["paths"] == "    [FILE|NAME] T= k= t= by= of="
    assert written["cell"] == "    [FILE|NAME] of= by="
    assert written["softmax"] == "    scores=1.5,0.8,0,-0.5,-1.5 right=2"


def test_every_option_can_be_typed() -> None:
    """What the list shows as default is read back as that default."""
    from bpttsym.plot_job import _options, _written

    for kind in FIGURES.values():
        for name, value in kind.options.items():
            if name != "model" and value is not None:
                assert _options(kind, [f"{name}={_written(value)}"]) == {name: value}


def test_no_korean_font_is_told_once(only_fonts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says it in one line, draws in English, and ends well."""
    only_fonts()
    assert run_plot("terms", "steps=3", "seeds=2", "--lang", "ko", "-o", str(tmp_path / "f.svg")) == 0
    assert capsys.readouterr().err == f"bpttsym: {figures.NO_KOREAN_FONT}\n"


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import bpttsym.plot_command", set()),
        ("import bpttsym.figures", {"numpy"}),
        ("from bpttsym import figures; figures.figure('terms', steps=3, seeds=2)", {"numpy", "matplotlib"}),
    ],
)
def test_heavy_libraries_wait_until_something_is_drawn(code: str, loaded: set[str]) -> None:
    """The command costs nothing until it runs, and matplotlib nothing until something is drawn."""
    check = f"import sys; {code}; print(*sorted({{'numpy', 'lark', 'matplotlib', 'sympy'}} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert set(run.stdout.split()) == loaded


def test_an_unknown_option_of_the_function_is_named() -> None:
    """``figure`` and ``draw`` refuse what they do not know, as the command does."""
    with pytest.raises(UsageError, match="there is no option of terms `step`: did you mean `steps`"):
        figures.figure("terms", step=3)
    with pytest.raises(UsageError, match="there is no format of terms `tex`"):
        figures.draw("terms", ["tex"], "nowhere")
    assert not Path("nowhere").exists()


# Pictures of paths, and of truncation.


def brute_count(edges: dict[str, list[str]], start: str, end: str) -> int:
    """How many ways lead from one node to another, walked one by one."""
    return 1 if start == end else sum(brute_count(edges, after, end) for after in edges.get(start, []))


def test_the_paths_of_an_lstm_are_counted() -> None:
    """Memory and state read memory and state of the step before: the ways are counted here by walking them."""
    picture = PathPicture(Graph(load_preset("lstm").models[-1], 4), "c", 1, "c", 4)
    edges: dict[str, list[str]] = {}
    for t in range(1, 4):
        edges[f"c{t}"] = [f"h{t}", f"c{t + 1}"]
        edges[f"h{t}"] = [f"c{t + 1}", f"h{t + 1}"]
    edges["c4"] = ["h4"]
    assert picture.counts["c", (4,)] == brute_count(edges, "c1", "c4") == 13
    assert {spelled(row) for row in picture.rows} == {"x", "c", "h", "haty"}


def test_the_paths_of_layers_are_binomial() -> None:
    """Beside the nodes of a lattice stands Pascal's triangle."""
    model = read_document(source_from_text((ROOT / "derivations" / "multi_layer.md").read_text())).models[0]
    picture = PathPicture(Graph(model, 4), None, None, None, None)
    for t in range(1, 5):
        for layer in range(1, 4):
            assert picture.counts["h", (t, layer)] == math.comb(t - 1 + layer - 1, layer - 1)
    labels = {label.text for label in figures.compute("paths", model=model, T=4).labels}
    assert any("sum over 10 paths" in text for text in labels)


def test_a_path_against_time_is_drawn() -> None:
    """The second direction is reached from later steps; there is no way from an earlier one."""
    graph = Graph(load_preset("bidirectional").models[-1], 4)
    picture = PathPicture(graph, "overleftarrowh", 4, "haty", 2)
    assert [edge[1][1] for edge in picture.marked] == [(2,), (3,), (4,)]
    with pytest.raises(UsageError, match="no path leads"):
        PathPicture(graph, "overleftarrowh", 1, "haty", 2)
    with pytest.raises(UsageError, match="there is no row `c`"):
        PathPicture(graph, "c", 1, "haty", 2)
    with pytest.raises(UsageError, match=r"there is no t=9: `haty` has the steps 1 to 4"):
        PathPicture(graph, None, None, "haty", 9)


def test_what_truncation_keeps_and_errs() -> None:
    """The kept terms are those of the formulas, and the error is that of a double sum written out here."""
    data = truncations(6, 3, (0.9,), 2, 4)
    window, chunks = data.kept
    assert window.first == (1, 1, 1, 2, 3, 4)
    assert chunks.first == (1, 1, 1, 4, 4, 4)
    for error in data.errors:
        first = {name: kept.first for name, kept in (("window", window), ("chunks", chunks))}[error.name]
        values = sorted(truncation_error(seed, first) for seed in range(2))
        assert error.median[2] == pytest.approx(values[0], rel=1e-9) or error.median[2] == pytest.approx(values[1])
        assert error.median[5] == pytest.approx(0.0, abs=1e-12)


def truncation_error(seed: int, first: tuple[int, ...]) -> float:
    """The relative error by W, U and b of the double sum from ``first`` on, with Jacobians from their formula."""
    W = 0.9 * networks.unit_weights("orthogonal", range(2), 4)[seed]
    x, y = np.random.default_rng([seed, 2]).standard_normal((2, 6, 4))
    h = [np.zeros(4)]
    for inputs in x:
        h.append(np.tanh(W @ h[-1] + 0.1 * inputs))
    full, kept = np.zeros(4 * 9), np.zeros(4 * 9)
    for t in range(1, 7):
        row = 2 * (h[t] - y[t - 1])
        for k in range(t, 0, -1):
            alpha = row * (1 - h[k] ** 2)
            read = np.concatenate([h[k - 1], 0.1 * x[k - 1], [1.0]])
            full += np.outer(alpha, read).ravel()
            kept += np.outer(alpha, read).ravel() * (k >= first[t - 1])
            row = alpha @ W
    return float(np.linalg.norm(kept - full) / np.linalg.norm(full))
