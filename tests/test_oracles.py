r"""The oracles agree: lambdified SymPy, the hand-written RNN, complex step on the definitions, autograd, PyTorch.

Each starts from its own statement of the network. SymPy and complex step read it from a document; `rnn` is written by
hand; HIPS autograd and PyTorch are given the loss, forward only, in this file. Local Jacobians come from the cell as
SymPy differentiates it, never from `rnn`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy

from bpttsym import rnn, rnn_cells, rnn_functions, symbolic, symbolic_functions
from bpttsym.document import read_document
from bpttsym.ground import make_ground
from bpttsym.model import Key, Model
from bpttsym.numeric import NumericWorld
from bpttsym.source import source_from_text
from bpttsym.symbolic_jacobians import DIFFERENTIALS
from bpttsym.symbolic_lambdify import Gradients, lambdified
from bpttsym.symbolic_program import Program
from tests.planting import plant

Arrays = dict[str, np.ndarray]

SIZES = rnn.Sizes(hidden=3, input=2, output=4)
BATCH = 5
STEPS = (4, 7)
SEEDS = (0, 1, 2)
RELATIVE, FLOOR = 1e-12, 1e-13
CONFIGURATIONS = [
    rnn.Configuration(*row)
    for row in product(
        rnn_functions.ACTIVATIONS, rnn_functions.READOUTS, rnn_functions.LOSSES, ("many_to_many", "many_to_one")
    )
]
PARAMETERS = ("W", "U", "b", "V", "c")


def name_of(configuration: rnn.Configuration) -> str:
    """How a configuration is called in the list of tests."""
    return "-".join((configuration.activation, configuration.readout, configuration.loss, configuration.form))


every_configuration = pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=name_of)


class Problem(NamedTuple):
    """Numbers for one network: parameters, h_0 (batch, 3), x (T, batch, 2), and y as the loss wants it."""

    configuration: rnn.Configuration
    arrays: Arrays


@cache
def problem(configuration: rnn.Configuration, T: int, seed: int) -> Problem:
    """Random numbers; for a cross entropy targets are positive, and so are outputs that no softmax makes so."""
    generator = np.random.default_rng([seed, T, 11])
    many = configuration.form == "many_to_many"
    shapes = {"W": (3, 3), "U": (3, 2), "b": (3,), "V": (4, 3), "c": (4,)}
    arrays = {name: generator.normal(size=shape) / np.sqrt(3) for name, shape in shapes.items()}
    arrays["h_0"] = generator.normal(size=(BATCH, 3))
    arrays["x"] = generator.normal(size=(T, BATCH, 2))
    arrays["y"] = generator.normal(size=(T, BATCH, 4) if many else (BATCH, 4))
    if configuration.loss == "cross_entropy":
        arrays["y"] = np.exp(arrays["y"])
        if configuration.readout != "softmax":
            arrays |= {"V": arrays["V"] / 10, "c": 1 + arrays["c"] / 10}
    return Problem(configuration, arrays)


# Oracle one: the document, differentiated by SymPy and lambdified.

ACTIVATION_TEXT = {"tanh": r"\tanh(%s)", "sigmoid": r"\sigma(%s)", "relu": r"\mathrm{relu}(%s)", "identity": "%s"}
READOUT_TEXT = {"linear": "%s", "tanh": r"\tanh(%s)", "softmax": r"\mathrm{softmax}(%s)"}
LOSS_TEXT = {
    "norm": r"\lVert %(o)s-%(y)s\rVert",
    "squared_error": r"\lVert %(o)s-%(y)s\rVert^2",
    "cross_entropy": r"-%(y)s\log %(o)s",
}


@cache
def model_of(configuration: rnn.Configuration) -> Model:
    """The network as a document defines it."""
    many = configuration.form == "many_to_many"
    output, target, state = (r"\hat y_t", "y_t", "h_t") if many else (r"\hat y", "y_T", "h_T")
    cell = ACTIVATION_TEXT[configuration.activation] % "W h_{t-1}+U x_t+b"
    readout = READOUT_TEXT[configuration.readout] % f"V {state}+c"
    loss = LOSS_TEXT[configuration.loss] % {"o": output, "y": target}
    total = rf"\sum_{{t=1}}^{{T}}{loss}" if many else loss
    text = f"$$h_t={cell}$$\n$${output}={readout}$$\n$$\\mathcal{{L}}={total}$$\n"
    return read_document(source_from_text(text)).models[-1]


@cache
def compiled(configuration: rnn.Configuration, T: int) -> Gradients:
    """The gradients by everything but the targets, as a function of arrays."""
    return symbolic.gradients(model_of(configuration), "L", [*PARAMETERS, "h_0", "x"], T)


def by_sympy(one: Problem) -> Arrays:
    """The gradients by lambdified SymPy."""
    return compiled(one.configuration, len(one.arrays["x"]))(as_document(one))


def as_document(one: Problem) -> Arrays:
    """The arrays by the names of the document: a target y_T is the one row of targets of all steps."""
    y = one.arrays["y"]
    return one.arrays | {"y": y if y.ndim == 3 else y[np.newaxis]}


# Oracle two: the network written by hand.


def run_by_hand(one: Problem) -> tuple[rnn.Parameters, rnn.Trajectory]:
    """The hand-written network, run forward."""
    arrays = one.arrays
    parameters = rnn.Parameters(*(arrays[name] for name in PARAMETERS))
    return parameters, rnn.forward(parameters, arrays["x"], arrays["h_0"], arrays["y"], one.configuration)


def by_hand(one: Problem) -> Arrays:
    """The gradients by the hand-written backward pass."""
    found = rnn.backward(*run_by_hand(one))
    return {name: getattr(found, name) for name in PARAMETERS} | {"h_0": found.initial_state, "x": found.inputs}


# Oracle three: complex step on the definitions of the document.


def definitions_in_numbers(one: Problem) -> NumericWorld:
    """The world of numbers on the definitions, with these numbers for its leaves and a sample for each of the batch."""
    T = len(one.arrays["x"])
    marks = make_ground(model_of(one.configuration), T, lambda position: position + 2).shapes
    sizes = {marks["h"][0]: 3, marks["x"][0]: 2, marks["y"][0]: 4}

    def leaf(name: str, index: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
        array = one.arrays["h_0" if name == "h" else name]
        if name in PARAMETERS:
            return array.reshape(1, *shape)
        return (array[index[0] - 1] if array.ndim == 3 else array).reshape(BATCH, *shape)

    ground = make_ground(model_of(one.configuration), T, lambda position: sizes[position + 2])
    return NumericWorld(ground.graph, ground.shapes, samples=BATCH, leaf=leaf)


LOSS: Key = (r"\mathcal{L}", ())


def by_complex_step(one: Problem) -> Arrays:
    """Every entry of every gradient by an imaginary step of a definition; summed over the batch for parameters."""
    world = definitions_in_numbers(one)

    def rows(key: Key) -> np.ndarray:
        return world.derivative(LOSS, (key,), False)[:, 0]

    found = {name: rows((name, ())).sum(axis=0).reshape(one.arrays[name].shape) for name in PARAMETERS}
    steps = [rows(("x", (t,))) for t in range(1, len(one.arrays["x"]) + 1)]
    return found | {"h_0": rows(("h", (0,))), "x": np.stack(steps)}


# Oracle four: HIPS autograd on the loss, forward.

AUTOGRAD: dict[str, Callable[..., Any]] = {
    "tanh": anp.tanh,
    "sigmoid": lambda a: (1 + anp.tanh(a / 2)) / 2,
    "relu": lambda a: a * (a > 0),
    "identity": lambda a: a,
    "linear": lambda z: z,
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z), axis=-1, keepdims=True),
    "norm": lambda o, y: anp.sum(anp.sqrt(anp.sum((o - y) ** 2, axis=-1))),
    "squared_error": lambda o, y: anp.sum((o - y) ** 2),
    "cross_entropy": lambda o, y: -anp.sum(y * anp.log(o)),
}


def forward_loss(one: Problem, functions: dict[str, Callable[..., Any]], arrays: Any) -> Any:
    """The loss of the batch, in whichever library the functions and arrays are; rows are samples."""
    own = one.configuration
    f, g, loss = functions[own.activation], functions[own.readout], functions[own.loss]
    h, total = arrays["h_0"], 0.0
    many = one.configuration.form == "many_to_many"
    for t, x in enumerate(arrays["x"]):
        h = f(h @ arrays["W"].T + x @ arrays["U"].T + arrays["b"])
        if many:
            total = total + loss(g(h @ arrays["V"].T + arrays["c"]), arrays["y"][t])
    return total if many else loss(g(h @ arrays["V"].T + arrays["c"]), arrays["y"])


def by_autograd(one: Problem) -> Arrays:
    """The gradients by HIPS autograd."""
    gradients = autograd.grad(lambda arrays: forward_loss(one, AUTOGRAD, arrays))(one.arrays)
    return {name: gradients[name] for name in (*PARAMETERS, "h_0", "x")}


# Oracle five: PyTorch.


def by_torch(one: Problem) -> Arrays:
    """The gradients by PyTorch: `torch.nn.RNN` for the activations that it has, else the loss above in tensors."""
    torch = pytest.importorskip("torch")
    functions = {
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "identity": lambda a: a,
        "linear": lambda z: z,
        "softmax": lambda z: torch.softmax(z, dim=-1),
        "norm": lambda o, y: torch.linalg.vector_norm(o - y, dim=-1).sum(),
        "squared_error": lambda o, y: torch.nn.functional.mse_loss(o, y, reduction="sum"),
        "cross_entropy": lambda o, y: -(y * torch.log(o)).sum(),
    }
    leaves = {name: torch.tensor(array, requires_grad=name != "y") for name, array in one.arrays.items()}
    configuration = one.configuration
    if configuration.activation in ("tanh", "relu"):
        cell = torch.nn.RNN(2, 3, nonlinearity=configuration.activation, dtype=torch.float64)
        weights = {"weight_hh_l0": leaves["W"], "weight_ih_l0": leaves["U"], "bias_ih_l0": leaves["b"]}
        weights["bias_hh_l0"] = torch.zeros(3, dtype=torch.float64)
        inputs = (leaves["x"], leaves["h_0"][None])
        states, last = torch.func.functional_call(cell, weights, inputs)
        read = states if configuration.form == "many_to_many" else last[0]
        output = functions[configuration.readout](torch.nn.functional.linear(read, leaves["V"], leaves["c"]))
        loss = functions[configuration.loss](output, leaves["y"])
    else:
        loss = forward_loss(one, functions, leaves)
    names = [*PARAMETERS, "h_0", "x"]
    return dict(zip(names, (g.numpy() for g in torch.autograd.grad(loss, [leaves[n] for n in names])), strict=True))


# They agree.

ORACLES: dict[str, Callable[[Problem], Arrays]] = {
    "rnn": by_hand,
    "complex step": by_complex_step,
    "autograd": by_autograd,
    "PyTorch": by_torch,
}


def differences(ours: Arrays, theirs: Arrays) -> list[str]:
    """The names under which two sets of gradients differ by more than a relative error, or a floor near zero."""
    assert {name: array.shape for name, array in ours.items()} == {name: array.shape for name, array in theirs.items()}
    return [
        name
        for name, array in theirs.items()
        if not np.all(np.abs(ours[name] - array) <= RELATIVE * np.abs(array) + FLOOR)
    ]


@pytest.mark.campaign(quick=29)
@pytest.mark.parametrize("oracle", ORACLES)
@every_configuration
def test_the_oracle_agrees_with_lambdified_sympy(configuration: rnn.Configuration, oracle: str) -> None:
    """To 1e-12 relative with an absolute floor, by W, U, b, V, c, h_0 and all x_t, at T = 4 and 7, for three seeds."""
    for T, seed in product(STEPS, SEEDS):
        one = problem(configuration, T, seed)
        assert differences(by_sympy(one), ORACLES[oracle](one)) == []


def test_the_numbers_are_no_trifle() -> None:
    """Every gradient that is compared has entries far above the floor, so that agreement says something."""
    for configuration in CONFIGURATIONS:
        found = by_sympy(problem(configuration, 7, 0))
        assert all(np.abs(gradient).max() > 1e-8 for gradient in found.values()), name_of(configuration)


# Local Jacobians, of the cell as SymPy differentiates it.


def sympy_jacobians(one: Problem, of: Callable[[int], str], by: Callable[[int], str]) -> np.ndarray:
    """The local Jacobians of one quantity by another, for every step t and sample: (T, batch, rows, columns)."""
    T = len(one.arrays["x"])
    graph = symbolic.unroll(model_of(one.configuration), T)
    world = graph.world
    expressions = [graph.jacobian(of(t), by(t)) for t in range(1, T + 1)]
    keys = list(world.graph.nodes)
    numbers = definitions_in_numbers(one)
    sizes = {
        symbol: size
        for key in keys
        for symbol, size in zip(world.sizes(world.shapes[key[0]]), numbers.shapes[key[0]], strict=True)
        if symbol.is_Symbol
    }
    function = lambdified(Program([*map(world.node, keys), *sizes], {}, expressions))
    values = [np.broadcast_to(numbers.node(key), (BATCH, *numbers.shapes[key[0]])) for key in keys]
    samples = [function(*(value[sample] for value in values), *sizes.values()) for sample in range(BATCH)]
    return np.array([np.broadcast_arrays(*steps) for steps in samples]).swapaxes(0, 1)


@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize("activation", rnn_functions.ACTIVATIONS)
def test_local_jacobians_agree(activation: Any, T: int) -> None:
    """dh_t/dh_{t-1}, and those by W and by x_t, are those of complex step; the first is that of `rnn` too."""
    for seed in SEEDS:
        one = problem(rnn.Configuration(activation), T, seed)
        world = definitions_in_numbers(one)
        for key, name in (("h", "h_{}"), ("W", "W"), ("x", "x_{}")):
            found = sympy_jacobians(one, "h_{}".format, lambda t, n=name: n.format(t - 1 if n == "h_{}" else t))
            for t in range(1, T + 1):
                index = () if key == "W" else (t - 1,) if key == "h" else (t,)
                expected = world.derivative(("h", (t,)), ((key, index),), True)
                assert differences({"J": found[t - 1]}, {"J": np.broadcast_to(expected, found[t - 1].shape)}) == []
        found = sympy_jacobians(one, "h_{}".format, lambda t: f"h_{t - 1}")
        assert differences({"J": found}, {"J": rnn.local_jacobians(*run_by_hand(one))}) == []


# The comparisons can fail.


def fresh(one: Problem) -> Arrays:
    """The gradients by lambdified SymPy, derived anew."""
    model = model_of(one.configuration)
    return symbolic.gradients(model, "L", [*PARAMETERS, "h_0", "x"], len(one.arrays["x"]))(as_document(one))


Rule = Callable[..., Any]

WRONG_ROWS: dict[str, tuple[type, Callable[[Rule], Rule], rnn.Configuration]] = {
    "product: W^T for W": (
        sympy.MatMul,
        lambda rule: lambda *a: [replace(term, left=tuple(f.T for f in term.left)) for term in rule(*a)],
        rnn.Configuration(),
    ),
    "product: a factor 2": (
        sympy.MatMul,
        lambda rule: lambda *a: [term.times(2) for term in rule(*a)],
        rnn.Configuration("relu", "tanh", "norm"),
    ),
    "sum: the last term forgotten": (sympy.MatAdd, lambda rule: lambda *a: rule(*a)[:-1], rnn.Configuration()),
    "sum: wrong sign": (
        sympy.MatAdd,
        lambda rule: lambda *a: [term.times(-1) for term in rule(*a)],
        rnn.Configuration("sigmoid", "softmax", "norm", "many_to_one"),
    ),
    "cell: f' forgotten": (
        symbolic_functions.Elementwise,
        lambda rule: lambda *a: [replace(term, left=term.left[1:]) for term in rule(*a)],
        rnn.Configuration("sigmoid", "linear", "squared_error", "many_to_one"),
    ),
    "softmax: the diagonal only": (
        symbolic_functions.Softmax,
        lambda rule: lambda *a: [replace(term, left=(term.left[0].args[0], *term.left[1:])) for term in rule(*a)],
        rnn.Configuration("tanh", "softmax", "cross_entropy"),
    ),
}


@pytest.mark.parametrize("planted", WRONG_ROWS)
def test_an_error_planted_in_a_row_of_the_table_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong row of the table of differentials, and every oracle contradicts SymPy, or shapes do not fit."""
    kind, wrong, configuration = WRONG_ROWS[planted]
    one = problem(configuration, 4, 0)
    assert differences(fresh(one), by_hand(one)) == []
    monkeypatch.setitem(DIFFERENTIALS, kind, wrong(DIFFERENTIALS[kind]))
    try:
        found = fresh(one)
    except (sympy.ShapeError, ValueError):
        return
    for oracle in (by_hand, by_complex_step, by_autograd):
        assert differences(found, oracle(one)) != []


WRONG_FUNCTIONS = {
    r"\tanh": {"inverse": symbolic_functions.V},
    r"\sigma": {"inverse": symbolic_functions.V},
    r"\mathrm{relu}": {"formula": 2 * symbolic_functions.U, "inverse": None},
}


@pytest.mark.parametrize("function", WRONG_FUNCTIONS)
def test_an_error_planted_in_an_activation_is_found(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong slope of an activation is found by every oracle."""
    activation: Any = next(word for word, text in ACTIVATION_TEXT.items() if text.startswith(function))
    one = problem(rnn.Configuration(activation), 4, 0)
    row = symbolic_functions.FUNCTIONS[function]
    monkeypatch.setitem(symbolic_functions.FUNCTIONS, function, row._replace(**WRONG_FUNCTIONS[function]))
    for oracle in (by_hand, by_complex_step, by_autograd):
        assert differences(fresh(one), oracle(one)) != []


WRONG_LINES = {
    "wrong sign of the recursion": ("np.add(output_t", "np.subtract(output_t"),
    "W^T for W": ("np.matmul(alpha_t, self.W, ", "np.matmul(alpha_t, self.W.T, "),
    "f' of the step before": ("activations, h[1:])", "activations, h[:-1])"),
    "h_t for h_{t-1}": ("rows(h[:-1])", "rows(h[1:])"),
}


@pytest.mark.parametrize("form", ["many_to_many", "many_to_one"])
@pytest.mark.parametrize("planted", WRONG_LINES)
def test_an_error_planted_in_the_network_by_hand_is_found(
    planted: str, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong line in the backward pass, and lambdified SymPy contradicts it."""
    one = problem(rnn.Configuration(form=form), 4, 0)
    assert differences(by_sympy(one), by_hand(one)) == []
    plant(monkeypatch, rnn_cells.Plain, "backward", *WRONG_LINES[planted])
    assert differences(by_sympy(one), by_hand(one)) != []
