r"""The package and the hand-written networks agree on models beyond the plain one: layers, directions, gates, feedback.

Each model is a document, of this file or of `derivations/`. Its gradients by lambdified SymPy, by complex step on its
definitions, and by the forms that the package derives are those of `bpttsym.rnn_*`, which are those of PyTorch by
`test_rnn_family`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from bpttsym import rnn_truncated, symbolic
from bpttsym.check import derive
from bpttsym.derivation import FORMS
from bpttsym.document import read_document
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Relation, Symbol
from bpttsym.ground import Ground, make_ground
from bpttsym.model import Definition, Graph, Key, Model
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.rnn_cells import Cell, Memoryless, Plain, TorchRNN
from bpttsym.rnn_encoder_decoder import EncoderDecoder
from bpttsym.rnn_feedback import FedNetwork
from bpttsym.rnn_gated import GRU, LSTM, ResetBeforeGRU
from bpttsym.rnn_head import Head
from bpttsym.rnn_layers import Layer, Stack
from bpttsym.source import source_from_text
from bpttsym.symbolic_lambdify import Argument, arguments
from bpttsym.world import CannotSay
from tests.planting import plant
from tests.test_rnn_family import differences

Arrays = dict[str, np.ndarray]
DERIVATIONS = Path(__file__).parents[1] / "derivations"
SAMPLES, SEEDS = 3, (0, 1, 2)

HEADED = r"\\ \hat{y}_t &= V %s + c \\ \mathcal{L} &= \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2"


def text_of(*definitions: str, read: str = "h_t") -> str:
    """A display with definitions, a linear readout of ``read`` and the squared error of every step."""
    return "$$\\begin{aligned}\n" + " \\\\ ".join(definitions) + HEADED % read + "\n\\end{aligned}$$\n"


TEXTS = {
    "two layers": text_of(r"h_t &= \tanh(W h_{t-1} + U x_t + b)", r"s_t &= \tanh(A s_{t-1} + B h_t + a)", read="s_t"),
    "both directions": text_of(
        r"\overrightarrow{h}_t &= \tanh(W_f \overrightarrow{h}_{t-1} + U_f x_t + b_f)",
        r"\overleftarrow{h}_t &= \tanh(W_b \overleftarrow{h}_{t+1} + U_b x_t + b_b)",
        read=r"[\overrightarrow{h}_t ; \overleftarrow{h}_t]",
    ),
    "both directions, two readouts": text_of(
        r"\overrightarrow{h}_t &= \tanh(W_f \overrightarrow{h}_{t-1} + U_f x_t + b_f)",
        r"\overleftarrow{h}_t &= \tanh(W_b \overleftarrow{h}_{t+1} + U_b x_t + b_b)",
        r"z_t &= V_f \overrightarrow{h}_t + V_b \overleftarrow{h}_t",
    ).replace("V h_t", "z_t"),
    "both directions, two layers": text_of(
        r"\overrightarrow{h}_t &= \tanh(W_f \overrightarrow{h}_{t-1} + U_f x_t + b_f)",
        r"\overleftarrow{h}_t &= \tanh(W_b \overleftarrow{h}_{t+1} + U_b x_t + b_b)",
        r"v_t &= [\overrightarrow{h}_t ; \overleftarrow{h}_t]",
        r"\overrightarrow{s}_t &= \tanh(A_f \overrightarrow{s}_{t-1} + B_f v_t + a_f)",
        r"\overleftarrow{s}_t &= \tanh(A_b \overleftarrow{s}_{t+1} + B_b v_t + a_b)",
        read=r"[\overrightarrow{s}_t ; \overleftarrow{s}_t]",
    ),
    "torch": (
        "$$\\begin{aligned}\n"
        r"h_t &= \tanh(x_t W_{ih}^\top + b_{ih} + h_{t-1} W_{hh}^\top + b_{hh}) \\"
        r"\hat{y}_t &= h_t V^\top + c \\ \mathcal{L} &= \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2"
        "\n\\end{aligned}$$\n"
    ),
}


def document(name: str, scope: int) -> Model:
    """The model of a scope of a document in `derivations/`."""
    return read_document(source_from_text((DERIVATIONS / f"{name}.md").read_text(encoding="utf-8"))).models[scope]


def on_page(name: str) -> Model:
    """The model of a text of this file."""
    return read_document(source_from_text(TEXTS[name])).models[-1]


# The same networks by hand: the gradients by the names of the arrays.


def stacked(layers: list[list[Cell]], initial: Any, a: Arrays, merged: bool = True) -> tuple[Any, Any]:
    """The derivatives of layers under a linear readout with squared error in every step, or in the last."""
    stack = Stack(tuple(Layer(tuple(cells)) for cells in layers))
    tape = stack.forward(a["x"], initial)
    head = Head(a["V"], a["c"], form="many_to_many" if a["y"].ndim == 3 else "many_to_one")
    by_head = head.backward(head.forward(tape.outputs, a["y"]))
    return stack.backward(tape, by_head.states), by_head.parameters


def of_cell(found: Any, **names: str) -> Arrays:
    """Some of the derivatives by the parameters of a cell, under other names."""
    return {names[name]: array for name, array in found.parameters.items() if name in names}


def two_layers(a: Arrays) -> Arrays:
    """The plain network on top of another."""
    cells: list[list[Cell]] = [[Plain(a["W"], a["U"], a["b"])], [Plain(a["A"], a["B"], a["a"])]]
    found, head = stacked(cells, [[[a["h_0"]]], [[a["s_0"]]]], a)
    (below,), (above,) = found.layers
    gradients = of_cell(below, W="W", U="U", b="b") | of_cell(above, W="A", U="B", b="a") | head
    return gradients | {"x": found.inputs, "h_0": below.initial[0], "s_0": above.initial[0]}


def directions(a: Arrays, rows: tuple[tuple[str, str, str, str], ...]) -> Arrays:
    """Each row names the matrices, the bias and the state of a layer."""
    beyond = len(a["x"]) + 1
    cells: list[list[Cell]] = [
        [Plain(a[f"{W}_{d}"], a[f"{U}_{d}"], a[f"{b}_{d}"]) for d in "fb"] for W, U, b, _ in rows
    ]
    names = [(f"{h}_overrightarrow_0", f"{h}_overleftarrow_{beyond}") for *_, h in rows]
    found, head = stacked(cells, [[[a[name]] for name in pair] for pair in names], a)
    gradients = {"x": found.inputs, **head}
    for (W, U, b, _), pair, layer in zip(rows, names, found.layers, strict=True):
        for d, name, one in zip("fb", pair, layer, strict=True):
            gradients |= of_cell(one, W=f"{W}_{d}", U=f"{U}_{d}", b=f"{b}_{d}") | {name: one.initial[0]}
    return gradients


def two_readouts(a: Arrays) -> Arrays:
    """V [p; q] is V_f p + V_b q with the columns of V dealt out."""
    found = directions(a | {"V": np.concatenate([a["V_f"], a["V_b"]], axis=1)}, (("W", "U", "b", "h"),))
    cut = a["V_f"].shape[1]
    return found | {"V_f": found["V"][:, :cut], "V_b": found["V"][:, cut:]}


def torch_rnn(a: Arrays) -> Arrays:
    """Row vectors: the arrays of steps and samples have an additional axis of one row."""
    flat = {name: array[..., 0, :] if name in ("x", "h_0", "y") else array for name, array in a.items()}
    cell = TorchRNN(a["W_ih"], a["W_hh"], a["b_ih"][0], a["b_hh"][0])
    found, head = stacked([[cell]], [[[flat["h_0"]]]], flat | {"c": a["c"][0]})
    ((one,),) = found.layers
    gradients = of_cell(one, weight_ih="W_ih", weight_hh="W_hh", bias_ih="b_ih", bias_hh="b_hh")
    gradients |= {"h_0": one.initial[0], "x": found.inputs, **head}
    return {name: array.reshape(a[name].shape) for name, array in gradients.items()}


def gates(a: Arrays, letters: str) -> Arrays:
    """The matrices of all gates on top of each other."""
    return {name: np.stack([a[f"{name}_{letter}"] for letter in letters]) for name in "WUb"}


def gated(a: Arrays, cell: Cell, letters: str, initial: tuple[str, ...]) -> Arrays:
    """A cell with gates under a readout of the last state, whose bias is v."""
    found, head = stacked([[cell]], [[[a[name] for name in initial]]], a | {"c": a["v"]})
    ((one,),) = found.layers
    gradients = {f"{name}_{letter}": one.parameters[name][k] for name in "WUb" for k, letter in enumerate(letters)}
    gradients |= {name: one.parameters[name] for name in ("d",) if name in one.parameters}
    gradients |= dict(zip(initial, one.initial, strict=True))
    return gradients | {"x": found.inputs, "V": head["V"], "v": head["c"]}


def lstm(a: Arrays) -> Arrays:
    """The page on the LSTM."""
    return gated(a, LSTM(**gates(a, "ifgo")), "ifgo", ("h_0", "c_0"))


def gru(a: Arrays) -> Arrays:
    """The first network of the page on the GRU."""
    return gated(a, GRU(**gates(a, "rzn"), d=a["d"]), "rzn", ("h_0",))


def reset_before_gru(a: Arrays) -> Arrays:
    """Nothing is left that reads d, which the page has defined before."""
    return gated(a, ResetBeforeGRU(**gates(a, "rzn")), "rzn", ("h_0",)) | {"d": np.zeros_like(a["d"])}


def fed(a: Arrays, cell: Cell, free: bool, first: str) -> Arrays:
    """A network that reads its output or the target; R is its matrix of inputs."""
    network = FedNetwork(cell, Head(a["V"], a["c"]), free)
    initial = a.get("h_0", np.zeros((SAMPLES, cell.hidden)))
    found = network.backward(network.forward(None, (initial,), a[first], a["y"]))
    names = {"W": "W", "U": "R", "b": "b"}
    gradients = {names[name]: array for name, array in found.cell.items()} | found.head
    return gradients | {"h_0": found.initial[0], first: found.first_output}


def encoder_decoder(a: Arrays) -> Arrays:
    """What was read is an input of every step in which something is written."""
    decoder = FedNetwork(Plain(a["A"], a["B"], a["a"]), Head(a["V"], a["v"]), None)
    network = EncoderDecoder(Plain(a["W"], a["U"], a["b"]), decoder, "input")
    found = network.backward(network.forward(a["x"], (a["h_0"],), a["y"], decoder_initial=(a["s_0"],)))
    gradients = of_cell(found.encoder, W="W", U="U", b="b")
    gradients |= {"V": found.decoder.head["V"], "v": found.decoder.head["c"]}
    gradients |= {"A": found.decoder.cell["W"], "B": found.decoder.cell["U"], "a": found.decoder.cell["b"]}
    return gradients | {"x": found.encoder.inputs, "h_0": found.encoder.initial[0], "s_0": found.decoder.initial[0]}


class Network(NamedTuple):
    """A model, the same by hand, and a parameter by which it is derived."""

    model: Callable[[], Model]
    by_hand: Callable[[Arrays], Arrays]
    by: str
    T: tuple[int, ...] = (4, 7)


NETWORKS = {
    "two layers": Network(lambda: on_page("two layers"), two_layers, "W"),
    "both directions": Network(
        lambda: on_page("both directions"), lambda a: directions(a, (("W", "U", "b", "h"),)), "W_b"
    ),
    "both directions, two readouts": Network(lambda: on_page("both directions, two readouts"), two_readouts, "W_b"),
    "both directions, two layers": Network(
        lambda: on_page("both directions, two layers"),
        lambda a: directions(a, (("W", "U", "b", "h"), ("A", "B", "a", "s"))),
        "W_f",
    ),
    "torch": Network(lambda: on_page("torch"), torch_rnn, "W_hh"),
    "lstm": Network(lambda: document("lstm", 0), lstm, "W_f"),
    "gru": Network(lambda: document("gru", 0), gru, "W_r"),
    "reset before gru": Network(lambda: document("gru", -1), reset_before_gru, "W_r"),
    "free running": Network(
        lambda: document("feedback", 0), lambda a: fed(a, Plain(a["W"], a["R"], a["b"]), True, "y_hat_0"), "V"
    ),
    "teacher forcing": Network(
        lambda: document("feedback", 1), lambda a: fed(a, Plain(a["W"], a["R"], a["b"]), False, "y_0"), "R"
    ),
    "recurrence from the output only": Network(
        lambda: document("feedback", 2), lambda a: fed(a, Memoryless(a["R"], a["b"]), True, "y_hat_0"), "R"
    ),
    "recurrence from the output only, taught": Network(
        lambda: document("feedback", 3), lambda a: fed(a, Memoryless(a["R"], a["b"]), False, "y_0"), "R"
    ),
    "encoder and decoder": Network(lambda: document("encoder_decoder", -1), encoder_decoder, "W"),
}


# The package.


class Prepared(NamedTuple):
    """A model over T steps: sizes that are all different, and its leaves as arrays."""

    ground: Ground
    arguments: tuple[Argument, ...]


@cache
def prepared(name: str, T: int) -> Prepared:
    """Made once."""
    model = NETWORKS[name].model()
    return Prepared(make_ground(model, T, lambda position: position + 2), arguments(symbolic.unroll(model, T).world))


def is_parameter(argument: Argument) -> bool:
    """What is the same for all samples: what has no index of time, but is no target."""
    return argument.keys[0][1] == () and argument.name != "y"


def numbers(name: str, T: int, seed: int) -> Arrays:
    """Random arrays for all leaves."""
    generator = np.random.default_rng([seed, T, 41])
    found = {}
    for argument in prepared(name, T).arguments:
        rows, columns = prepared(name, T).ground.shapes[argument.keys[0][0]]
        own = (rows,) if columns == 1 else (rows, columns)
        steps = (len(argument.keys),) if argument.steps else ()
        samples = () if is_parameter(argument) else (SAMPLES,)
        found[argument.name] = generator.normal(size=(*steps, *samples, *own)) / np.sqrt(own[-1])
    return found


def world_of(name: str, T: int, a: Arrays, short: tuple[Definition, ...] = ()) -> NumericWorld:
    """The world of numbers on the definitions, with these arrays for its leaves, and with short names."""
    places = {
        key: (argument, number) for argument in prepared(name, T).arguments for number, key in enumerate(argument.keys)
    }

    def leaf(symbol: str, index: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
        argument, number = places[symbol, index]
        array = a[argument.name]
        own = array[number] if argument.steps else array
        return own.reshape(1 if is_parameter(argument) else SAMPLES, *shape)

    ground = prepared(name, T).ground
    graph = Graph(replace(ground.model, abbreviations=short), T) if short else ground.graph
    return NumericWorld(graph, ground.shapes, samples=SAMPLES, leaf=leaf)


LOSS: Key = (r"\mathcal{L}", ())


def by_complex_step(name: str, T: int, a: Arrays, wanted: Arrays) -> Arrays:
    """Every entry of every gradient; summed over the samples for parameters."""
    world = world_of(name, T, a)
    found = {}
    for argument in prepared(name, T).arguments:
        if argument.name not in wanted:
            continue
        rows = [world.derivative(LOSS, (key,), False)[:, 0] for key in argument.keys]
        parts = [row.sum(axis=0) if is_parameter(argument) else row for row in rows]
        found[argument.name] = np.stack(parts).reshape(a[argument.name].shape)
    return found


@pytest.mark.campaign(quick=8)
@pytest.mark.parametrize("name", NETWORKS)
def test_complex_step_on_the_document_agrees(name: str) -> None:
    """To 1e-12 relative with an absolute floor, by every leaf but the targets, at T = 4 and 7, for three seeds."""
    for T in NETWORKS[name].T:
        for seed in SEEDS:
            a = numbers(name, T, seed)
            wanted = {leaf: gradient for leaf, gradient in NETWORKS[name].by_hand(a).items() if leaf in a}
            assert set(a) - set(wanted) <= {"y", "y_hat_0", "y_0", "h_0"}
            assert differences(by_complex_step(name, T, a, wanted), wanted) == []


@cache
def compiled(name: str, T: int) -> Any:
    """The gradients by all leaves but the targets, lambdified."""
    model = NETWORKS[name].model()
    leaves = [argument.name for argument in prepared(name, T).arguments if argument.name != "y"]
    return symbolic.gradients(model, "L", leaves, T)


NOT_IN_SYMPY = {
    "both directions": "entries are not written in SymPy",
    "both directions, two layers": "entries are not written in SymPy",
}


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - set(NOT_IN_SYMPY)))
def test_lambdified_sympy_agrees(name: str) -> None:
    """The same for the gradients of SymPy, at T = 4."""
    for seed in SEEDS:
        a = numbers(name, 4, seed)
        found = compiled(name, 4)(a)
        wanted = {leaf: gradient for leaf, gradient in NETWORKS[name].by_hand(a).items() if leaf in a}
        assert differences({leaf: found[leaf] for leaf in wanted}, wanted) == []


@pytest.mark.parametrize("name", NOT_IN_SYMPY)
def test_what_sympy_does_not_do_is_said(name: str) -> None:
    """Vectors put together, and rows as states, are refused with a reason, never differentiated wrongly."""
    with pytest.raises(CannotSay, match=NOT_IN_SYMPY[name]):
        compiled(name, 4)(numbers(name, 4, 0))


@pytest.mark.campaign(quick=4)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_forms_that_are_derived_agree(name: str) -> None:
    """Each form, put into numbers, is the gradient by hand; the short names of the recursive one stand for theirs."""
    T, by = 4, NETWORKS[name].by
    a = numbers(name, T, 0)
    wanted = NETWORKS[name].by_hand(a)[by]
    derived = derive(NETWORKS[name].model(), by=by, T=T)
    for form in FORMS:
        steps = [one.step for one in derived.form(form)]
        short = tuple(named(step.relation) for step in steps if step.relation.operator == ":=")
        world = world_of(name, T, a, short)
        right = steps[-1].relation.right
        bindings = {"T": T, **world.graph.ends}
        value = Evaluator(world, Readings({"layout": "numerator"})).value(right, bindings)
        assert differences({form: value.sum(axis=0).reshape(wanted.shape)}, {form: wanted}) == []


def named(relation: Relation) -> Definition:
    """What a short name of the recursive form stands for."""
    assert isinstance(relation.left, Symbol)
    return Definition(relation.left.name, relation.left.index, relation.right)


# Truncation: what the page writes down as sums is what the short ways back give.

CUT = {"window": 5, "chunks": 8}
"""The displays of the page, counted from 1, whose right side is the truncated derivative over three steps."""


def truncated_page(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The right side of the page in numbers, and the derivative by W by hand, summed over the samples."""
    page = read_document(source_from_text((DERIVATIONS / "truncated.md").read_text(encoding="utf-8")))
    (relation,) = [e.relation for e in page.entries if e.equation == CUT[kind] and e.relation is not None]
    generator = np.random.default_rng([seed, 51])
    shapes = {"W": (3, 3), "U": (3, 2), "b": (3,), "V": (4, 3), "c": (4,)}
    a = {name: generator.normal(size=shape) for name, shape in shapes.items()}
    a |= {name: generator.normal(size=(6, SAMPLES, size)) for name, size in (("x", 2), ("y", 4))}
    a["h"] = generator.normal(size=(SAMPLES, 3))

    marks = make_ground(page.models[0], 6, lambda position: position + 2).shapes
    sizes = {marks["h"][0]: 3, marks["x"][0]: 2, marks["y"][0]: 4}
    ground = make_ground(page.models[0], 6, lambda position: sizes[position + 2])

    def leaf(name: str, index: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
        own = a[name][index[0] - 1] if name in ("x", "y") else a[name]
        return own.reshape(SAMPLES if index else 1, *shape)

    world = NumericWorld(ground.graph, ground.shapes, samples=SAMPLES, leaf=leaf)
    value = Evaluator(world, Readings({"layout": "numerator"})).value(relation.right, {"T": 6})

    cell, head = Plain(a["W"], a["U"], a["b"]), Head(a["V"], a["c"])
    tape = cell.forward(a["x"], (a["h"],))
    by_outputs = head.backward(head.forward(tape.outputs, a["y"])).states
    by_hand = rnn_truncated.TRUNCATIONS[kind](cell, tape, by_outputs, 3)["W"]
    return value.sum(axis=0).reshape(3, 3), by_hand


@pytest.mark.parametrize("kind", CUT)
def test_the_sums_of_the_page_on_truncation_agree(kind: str) -> None:
    """They are refuted as the gradient, and are exactly what truncation computes."""
    for seed in SEEDS:
        page, by_hand = truncated_page(kind, seed)
        assert differences({"W": page}, {"W": by_hand}) == []


# The comparisons can fail.

PLANTED = {
    "two layers: f' of the other step": (
        "two layers",
        Plain,
        "backward",
        "derivative(pre_activations, h[1:])",
        "derivative(pre_activations, h[:-1])",
    ),
    "both directions: not turned": ("both directions", Stack, "backward", "turned(part, direction)", "part"),
    "torch: a bias without gradient": ("torch", TorchRNN, "backward", "b.copy()", "0 * b"),
    "lstm: no path along the memory": ("lstm", LSTM, "backward", "by_c = f[t] * gamma[t]", "by_c = 0 * gamma[t]"),
    "gru: r forgotten in dL/dm": ("gru", GRU, "backward", "slope_n * r\n", "slope_n\n"),
    "reset before: after": ("reset before gru", ResetBeforeGRU, "backward", "u * r[t]", "u"),
    "free running: nothing by the fed output": ("free running", Head, "backward", "is not None", "is None and False"),
    "encoder: last use of c": ("encoder and decoder", EncoderDecoder, "backward", "width:].sum(axis=0)", "width:][-1]"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong line in a network by hand, and the document contradicts it."""
    name, owner, function, fragment, replacement = PLANTED[planted]
    a = numbers(name, 4, 0)
    wanted = {leaf: gradient for leaf, gradient in NETWORKS[name].by_hand(a).items() if leaf in a}
    package = by_complex_step(name, 4, a, wanted)
    assert differences(package, wanted) == []
    plant(monkeypatch, owner, function, fragment, replacement)
    wrong = {leaf: gradient for leaf, gradient in NETWORKS[name].by_hand(a).items() if leaf in a}
    assert differences(package, wrong) != []
