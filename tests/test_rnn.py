"""The hand-written RNN agrees with oracles that share nothing with it, and the comparison finds planted errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import product
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from bpttsym import rnn, rnn_cells, rnn_functions, rnn_head
from tests.planting import plant

SIZES = rnn.Sizes(hidden=3, input=2, output=4)
BATCH = 5
SEEDS = (0, 1, 2)
STEPS = (4, 7)
CONFIGURATIONS = [
    rnn.Configuration(*row)
    for row in product(
        rnn_functions.ACTIVATIONS, rnn_functions.READOUTS, rnn_functions.LOSSES, ("many_to_many", "many_to_one")
    )
]
GRADIENTS = ("W", "U", "b", "V", "c", "initial_state", "inputs", "states")

Arrays = dict[str, np.ndarray]


def name_of(configuration: rnn.Configuration) -> str:
    """How a configuration is called in the list of tests."""
    return "-".join((configuration.activation, configuration.readout, configuration.loss, configuration.form))


every_configuration = pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=name_of)


def problem(configuration: rnn.Configuration, T: int, seed: int, sizes: rnn.Sizes = SIZES) -> tuple[Arrays, np.ndarray]:
    """Random arguments of the loss, by the names of their gradients, and the targets.

    ``states`` is a zero that is added to h_1, ..., h_T, so that the derivative by it is dL/dh_t. For the cross entropy
    the targets are positive, and so are the outputs of a readout that does not see to that itself.
    """
    generator = np.random.default_rng([seed, T])
    parameters = rnn.initial_parameters(seed, sizes)
    arrays = {name: getattr(parameters, name) for name in "WUbVc"}
    arrays["initial_state"] = generator.normal(size=(BATCH, sizes.hidden))
    arrays["inputs"] = generator.normal(size=(T, BATCH, sizes.input))
    arrays["states"] = np.zeros((T, BATCH, sizes.hidden))
    targets = generator.normal(size=(T, BATCH, sizes.output))
    if configuration.loss == "cross_entropy":
        targets = np.exp(targets)
        if configuration.readout != "softmax":
            arrays |= {"V": 0.1 * arrays["V"], "c": 1.0 + 0.1 * arrays["c"]}
    return arrays, targets if configuration.form == "many_to_many" else targets[-1]


def run(configuration: rnn.Configuration, arrays: Arrays, targets: np.ndarray) -> tuple[float, Arrays]:
    """Loss and gradients by the module under test."""
    parameters = rnn.Parameters(*(arrays[name] for name in "WUbVc"))
    trajectory = rnn.forward(parameters, arrays["inputs"], arrays["initial_state"], targets, configuration)
    gradients = rnn.backward(parameters, trajectory)
    return trajectory.loss, {name: getattr(gradients, name) for name in GRADIENTS}


def differences(ours: Arrays, theirs: Arrays, relative: float = 1e-12, floor: float = 1e-13) -> list[str]:
    """The names under which two sets of arrays differ by more than a relative error, or a floor near zero."""
    assert {name: ours[name].shape for name in theirs} == {name: theirs[name].shape for name in theirs}
    return [
        name
        for name in theirs
        if not np.all(np.abs(ours[name] - theirs[name]) <= relative * np.abs(theirs[name]) + floor)
    ]


# Oracle one: HIPS autograd on the loss, written sample by sample.

AUTOGRAD_ACTIVATIONS = {
    "tanh": anp.tanh,
    "sigmoid": lambda a: (1 + anp.tanh(a / 2)) / 2,
    "relu": lambda a: anp.where(a > 0, a, 0.0),
    "identity": lambda a: a,
}
AUTOGRAD_READOUTS = {
    "linear": lambda z: z,
    "tanh": anp.tanh,
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z)),
}
AUTOGRAD_LOSSES = {
    "norm": lambda y_hat, y: anp.linalg.norm(y_hat - y),
    "squared_error": lambda y_hat, y: anp.dot(y_hat - y, y_hat - y),
    "cross_entropy": lambda y_hat, y: -anp.dot(y, anp.log(y_hat)),
}


def loss_of_samples(configuration: rnn.Configuration, targets: np.ndarray, arrays: Any) -> Any:
    """The sum of the losses of the samples, each run alone with vectors, as a textbook writes it."""
    f = AUTOGRAD_ACTIVATIONS[configuration.activation]
    g = AUTOGRAD_READOUTS[configuration.readout]
    loss = AUTOGRAD_LOSSES[configuration.loss]
    W, U, b, V, c = (arrays[name] for name in "WUbVc")
    total = 0.0
    for sample in range(BATCH):
        h = arrays["initial_state"][sample]
        for t, x_t in enumerate(arrays["inputs"][:, sample]):
            h = f(anp.dot(W, h) + anp.dot(U, x_t) + b) + arrays["states"][t, sample]
            if configuration.form == "many_to_many":
                total = total + loss(g(anp.dot(V, h) + c), targets[t, sample])
        if configuration.form == "many_to_one":
            total = total + loss(g(anp.dot(V, h) + c), targets[sample])
    return total


@cache
def by_autograd(configuration: rnn.Configuration, T: int, seed: int) -> Arrays:
    """Loss and gradients by HIPS autograd."""
    arrays, targets = problem(configuration, T, seed)
    loss, gradients = autograd.value_and_grad(partial(loss_of_samples, configuration, targets))(arrays)
    return gradients | {"loss": np.array(loss)}


def disagreements(configuration: rnn.Configuration, T: int, seed: int) -> list[str]:
    """What the module and HIPS autograd do not agree on: names of gradients, or ``loss``."""
    loss, gradients = run(configuration, *problem(configuration, T, seed))
    return differences(gradients | {"loss": np.array(loss)}, by_autograd(configuration, T, seed))


@pytest.mark.campaign(quick=48)
@pytest.mark.parametrize("T", STEPS)
@every_configuration
def test_autograd_agrees(configuration: rnn.Configuration, T: int) -> None:
    """Loss and every gradient are those of HIPS autograd, for every row of every table."""
    assert [disagreements(configuration, T, seed) for seed in SEEDS] == [[] for _ in SEEDS]


# Oracle two: complex step on the loss, written for many perturbations at once.


def transpose(matrices: np.ndarray) -> np.ndarray:
    """The last two axes exchanged."""
    return np.swapaxes(matrices, -1, -2)


COMPLEX_ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: a * (a.real > 0),
    "identity": lambda a: a,
}
COMPLEX_READOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "tanh": np.tanh,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}
COMPLEX_LOSSES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "norm": lambda y_hat, y: np.sqrt(((y_hat - y) ** 2).sum(axis=-1)),
    "squared_error": lambda y_hat, y: ((y_hat - y) ** 2).sum(axis=-1),
    "cross_entropy": lambda y_hat, y: -(y * np.log(y_hat)).sum(axis=-1),
}


def loss_of_variants(configuration: rnn.Configuration, arrays: Arrays, targets: np.ndarray) -> np.ndarray:
    """The loss for each variant of the arguments, which are numbered by an additional first axis."""
    f = COMPLEX_ACTIVATIONS[configuration.activation]
    W, U, V = (transpose(arrays[name]) for name in "WUV")
    b, c = (arrays[name][:, np.newaxis] for name in "bc")
    h = arrays["initial_state"]
    states = []
    for t in range(arrays["inputs"].shape[1]):
        h = f(h @ W + arrays["inputs"][:, t] @ U + b) + arrays["states"][:, t]
        states.append(h)
    read = states if configuration.form == "many_to_many" else states[-1:]
    steps = targets if configuration.form == "many_to_many" else targets[np.newaxis]
    losses = [
        COMPLEX_LOSSES[configuration.loss](COMPLEX_READOUTS[configuration.readout](h @ V + c), y)
        for h, y in zip(read, steps, strict=True)
    ]
    return np.sum(losses, axis=(0, -1))


def by_complex_step(configuration: rnn.Configuration, arrays: Arrays, targets: np.ndarray) -> Arrays:
    """Every entry of every gradient: the imaginary part of the loss after a tiny imaginary step of that entry."""
    gradients = {}
    for name, array in arrays.items():
        directions = np.eye(array.size).reshape(-1, *array.shape)
        varied = {other: value[np.newaxis] for other, value in arrays.items()} | {name: array + 1e-30j * directions}
        gradients[name] = (loss_of_variants(configuration, varied, targets).imag / 1e-30).reshape(array.shape)
    return gradients


@pytest.mark.parametrize("T", STEPS)
@every_configuration
def test_complex_step_agrees(configuration: rnn.Configuration, T: int) -> None:
    """Every entry of every gradient is that of a complex step on the definitions."""
    for seed in SEEDS:
        arrays, targets = problem(configuration, T, seed)
        assert (
            differences(run(configuration, arrays, targets)[1], by_complex_step(configuration, arrays, targets)) == []
        )


# Oracle three: central differences of the module's own forward pass, for relu.


@pytest.mark.parametrize("configuration", [row for row in CONFIGURATIONS if row.activation == "relu"], ids=name_of)
def test_central_differences_agree_for_relu(configuration: rnn.Configuration) -> None:
    """Away from its kink relu has a derivative, and central differences see the same one."""
    arrays, targets = problem(configuration, T=4, seed=3)
    estimates = {}
    for name in GRADIENTS[:-1]:
        estimates[name] = np.empty_like(arrays[name])
        for entry in np.ndindex(arrays[name].shape):
            step = np.zeros_like(arrays[name])
            step[entry] = 1e-6
            above, below = (run(configuration, arrays | {name: arrays[name] + s}, targets)[0] for s in (step, -step))
            estimates[name][entry] = (above - below) / 2e-6
    assert differences(run(configuration, arrays, targets)[1], estimates, relative=1e-6, floor=1e-7) == []


def test_relu_has_slope_zero_at_its_kink() -> None:
    """At a = 0 the derivative of relu is taken to be 0."""
    zeros = rnn.Parameters(*(np.zeros(shape) for shape in ((3, 3), (3, 2), 3)), np.ones((4, 3)), np.zeros(4))
    trajectory = rnn.forward(zeros, np.ones((2, 1, 2)), np.ones((1, 3)), np.ones((2, 1, 4)), rnn.Configuration("relu"))
    assert not trajectory.pre_activations.any()
    assert not rnn.backward(zeros, trajectory).U.any()
    assert not rnn.local_jacobians(zeros, trajectory).any()


# Oracle four: PyTorch.


@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize(
    "configuration", [row for row in CONFIGURATIONS if row.activation in ("tanh", "relu")], ids=name_of
)
def test_torch_agrees(configuration: rnn.Configuration, T: int) -> None:
    """The states, the loss and every gradient are those of ``torch.nn.RNN`` and its autograd."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `torch`)")
    readouts = {"linear": lambda z: z, "tanh": torch.tanh, "softmax": lambda z: torch.softmax(z, -1)}
    losses = {
        "norm": lambda y_hat, y: torch.linalg.vector_norm(y_hat - y, dim=-1).sum(),
        "squared_error": lambda y_hat, y: torch.nn.functional.mse_loss(y_hat, y, reduction="sum"),
        "cross_entropy": lambda y_hat, y: -(y * y_hat.log()).sum(),
    }
    for seed in SEEDS:
        arrays, targets = problem(configuration, T, seed)
        leaves = {name: torch.tensor(arrays[name], requires_grad=True) for name in GRADIENTS[:-1]}
        cell = torch.nn.RNN(SIZES.input, SIZES.hidden, nonlinearity=configuration.activation, dtype=torch.float64)
        weights = {"weight_hh_l0": leaves["W"], "weight_ih_l0": leaves["U"], "bias_ih_l0": leaves["b"]}
        weights["bias_hh_l0"] = torch.zeros(SIZES.hidden, dtype=torch.float64)
        states, last = torch.func.functional_call(cell, weights, (leaves["inputs"], leaves["initial_state"][None]))
        read = states if configuration.form == "many_to_many" else last[0]
        outputs = readouts[configuration.readout](torch.nn.functional.linear(read, leaves["V"], leaves["c"]))
        loss = losses[configuration.loss](outputs, torch.tensor(targets))
        gradients = torch.autograd.grad(loss, list(leaves.values()))

        parameters = rnn.Parameters(*(arrays[name] for name in "WUbVc"))
        trajectory = rnn.forward(parameters, arrays["inputs"], arrays["initial_state"], targets, configuration)
        theirs = dict(zip(leaves, (gradient.numpy() for gradient in gradients), strict=True))
        values = {"states": states, "outputs": outputs, "loss": loss}
        seen = {"states": trajectory.states[1:], "outputs": trajectory.outputs, "loss": np.array(trajectory.loss)}
        assert differences(seen, {name: value.detach().numpy() for name, value in values.items()}) == []
        assert differences(run(configuration, arrays, targets)[1], theirs) == []


# Local Jacobians.


def jacobian_differences(activation: str, seed: int) -> list[str]:
    """``local_jacobians`` against a complex step of one step of the cell, sample by sample."""
    configuration = rnn.Configuration(activation)
    arrays, targets = problem(configuration, T=4, seed=seed)
    parameters = rnn.Parameters(*(arrays[name] for name in "WUbVc"))
    trajectory = rnn.forward(parameters, arrays["inputs"], arrays["initial_state"], targets, configuration)
    theirs = np.empty((4, BATCH, SIZES.hidden, SIZES.hidden))
    for t, sample, unit in np.ndindex(theirs.shape[:3]):
        h = trajectory.states[t, sample] + 1e-30j * np.eye(SIZES.hidden)[unit]
        a = arrays["W"] @ h + arrays["U"] @ arrays["inputs"][t, sample] + arrays["b"]
        theirs[t, sample, :, unit] = COMPLEX_ACTIVATIONS[activation](a).imag / 1e-30
    return differences({"jacobians": rnn.local_jacobians(parameters, trajectory)}, {"jacobians": theirs})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("activation", rnn_functions.ACTIVATIONS)
def test_local_jacobians_are_in_numerator_layout(activation: str, seed: int) -> None:
    """Row i, column j of a local Jacobian is the derivative of unit i of h_{t+1} by unit j of h_t."""
    assert jacobian_differences(activation, seed) == []


def test_many_to_one_is_one_product_of_jacobians() -> None:
    """dL/dh_0 = dL/dh_T (dh_T/dh_{T-1}) ... (dh_1/dh_0), with the largest index on the left."""
    configuration = rnn.Configuration(form="many_to_one", loss="norm")
    arrays, targets = problem(configuration, T=7, seed=1)
    parameters = rnn.Parameters(*(arrays[name] for name in "WUbVc"))
    trajectory = rnn.forward(parameters, arrays["inputs"], arrays["initial_state"], targets, configuration)
    gradients = rnn.backward(parameters, trajectory)
    row = gradients.states[-1][:, np.newaxis]
    for jacobians in rnn.local_jacobians(parameters, trajectory)[::-1]:
        row = row @ jacobians
    assert differences({"h_0": gradients.initial_state}, {"h_0": row[:, 0]}) == []


# The comparisons can fail.

Plain, Head = rnn_cells.Plain, rnn_head.Head

PLANTED_IN_FUNCTIONS: dict[str, tuple[Any, str, str, str]] = {
    "backward: wrong sign of the recursion": (Plain, "backward", "np.add(output_t", "np.subtract(output_t"),
    "backward: transposed W": (Plain, "backward", "np.matmul(alpha_t, self.W, ", "np.matmul(alpha_t, self.W.T, "),
    "backward: missing f'": (Plain, "backward", "multiply(alpha_t, delta_t, alpha_t)", "copyto(alpha_t, delta_t)"),
    "backward: f' of the step before": (Plain, "backward", "activations, h[1:])", "activations, h[:-1])"),
    "backward: h_t for h_{t-1} in dL/dW": (Plain, "backward", "rows(h[:-1])", "rows(h[1:])"),
    "backward: delta for alpha in dL/db": (Plain, "backward", "alphas.sum", "rows(delta).sum"),
    "backward: delta for alpha in dL/dx": (Plain, "backward", "(alphas @ self.U)", "(rows(delta) @ self.U)"),
    "backward: wrong sign of dL/dV": (Head, "backward", "rows(dz).T", "-rows(dz).T"),
    "backward: alpha_1 for dL/dh_0": (Plain, "backward", "(recurrent,), (delta,)", "(alpha[0],), (delta,)"),
    "forward: transposed W": (Plain, "forward", "np.ascontiguousarray(self.W.T)", "self.W"),
    "forward: wrong sign of b": (Plain, "forward", "self.U.T + self.b", "self.U.T - self.b"),
    "forward: h_0 forgotten": (Plain, "begin", "state[0] = checked_array(", "state[0] = 0.0 * checked_array("),
}

PLANTED_IN_TABLES = {
    "tanh' = 1 - h": ("ACTIVATIONS", "tanh", "derivative", lambda a, h: 1.0 - h),
    "sigmoid(a) is sigmoid(2 a)": ("ACTIVATIONS", "sigmoid", "value", lambda a, h: np.copyto(h, (1 + np.tanh(a)) / 2)),
    "sigmoid' = h": ("ACTIVATIONS", "sigmoid", "derivative", lambda a, h: 1.0 * h),
    "relu' = 1": ("ACTIVATIONS", "relu", "derivative", lambda a, h: np.ones_like(a)),
    "identity' = h": ("ACTIVATIONS", "identity", "derivative", lambda a, h: 1.0 * h),
    "linear readout: wrong sign": ("READOUTS", "linear", "derivative", lambda y_hat, e: -e),
    "tanh readout: missing factor": ("READOUTS", "tanh", "derivative", lambda y_hat, e: e),
    "softmax: diagonal only": ("READOUTS", "softmax", "derivative", lambda y_hat, e: y_hat * (1 - y_hat) * e),
    "norm: not divided by the norm": ("LOSSES", "norm", "derivative", lambda y_hat, y: y_hat - y),
    "norm: of the whole batch": ("LOSSES", "norm", "value", lambda y_hat, y: np.linalg.norm((y_hat - y).ravel())),
    "squared error: 2 forgotten": ("LOSSES", "squared_error", "derivative", lambda y_hat, y: y_hat - y),
    "squared error: 1/2 added": ("LOSSES", "squared_error", "value", lambda y_hat, y: ((y_hat - y) ** 2).sum() / 2),
    "cross entropy: wrong sign": ("LOSSES", "cross_entropy", "derivative", lambda y_hat, y: y / y_hat),
    "logits: y taken to sum to 1": ("TOGETHER", ("softmax", "cross_entropy"), "derivative", lambda y_hat, y: y_hat - y),
    "logits: not normalised": ("TOGETHER", ("softmax", "cross_entropy"), "value", lambda z, y: -np.vdot(y, z)),
}


def rules_of(configuration: rnn.Configuration) -> set[tuple[str, Any]]:
    """The rows of the tables, by table and name, that a configuration uses."""
    pair = (configuration.readout, configuration.loss)
    head = {("TOGETHER", pair)} if pair in rnn_functions.TOGETHER else {("READOUTS", pair[0]), ("LOSSES", pair[1])}
    return head | {("ACTIVATIONS", configuration.activation)}


@pytest.mark.parametrize("form", ["many_to_many", "many_to_one"])
@pytest.mark.parametrize("planted", PLANTED_IN_FUNCTIONS)
def test_an_error_planted_in_a_function_is_found(planted: str, form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong sign, transpose, factor or index in a function, and the comparison with autograd fails."""
    owner, function, fragment, replacement = PLANTED_IN_FUNCTIONS[planted]
    configuration = rnn.Configuration("tanh", "softmax", "cross_entropy", form)
    assert disagreements(configuration, T=4, seed=0) == []
    plant(monkeypatch, owner, function, fragment, replacement)
    assert disagreements(configuration, T=4, seed=0) != []


@pytest.mark.parametrize("planted", PLANTED_IN_TABLES)
def test_an_error_planted_in_a_table_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong activation, readout or loss, or derivative of one, is found in exactly the configurations that use it."""
    table, key, field, wrong = PLANTED_IN_TABLES[planted]
    rules = getattr(rnn_functions, table)
    monkeypatch.setitem(rules, key, rules[key]._replace(**{field: wrong}))
    found = {configuration for configuration in CONFIGURATIONS if disagreements(configuration, T=4, seed=0)}
    assert found == {configuration for configuration in CONFIGURATIONS if (table, key) in rules_of(configuration)}


def test_an_error_is_planted_in_every_row_of_every_table() -> None:
    """A new activation, readout or loss needs an example of a wrong derivative that is found."""
    assert {(table, key) for table, key, _, _ in PLANTED_IN_TABLES.values()} == set().union(
        *map(rules_of, CONFIGURATIONS)
    )


@pytest.mark.parametrize(
    ("fragment", "replacement"), [("parameters.W", "parameters.W.T"), ("np.newaxis]", "np.newaxis, :]")]
)
def test_an_error_planted_in_a_jacobian_is_found(
    fragment: str, replacement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W^T for W, and W diag(f') for diag(f') W, are no local Jacobians."""
    plant(monkeypatch, rnn, "local_jacobians", fragment, replacement)
    assert jacobian_differences("tanh", seed=0) == ["jacobians"]


# Arguments.

BAD_SHAPES = {
    "W not square": ("W", (3, 2), "W must have the shape (hidden = 3, hidden_before = 3), got (3, 2)"),
    "U a vector": ("U", (3,), "U must have the shape (hidden, input), got (3,)"),
    "b a column": ("b", (3, 1), "b must have the shape (hidden = 3), got (3, 1)"),
    "V transposed": ("V", (3, 4), "V must have the shape (output, hidden = 3), got (3, 4)"),
    "c as long as b": ("c", (3,), "c must have the shape (output = 4), got (3,)"),
    "h_0 without a batch": (
        "initial_state",
        (3,),
        "initial h must have the shape (batch = 5, hidden = 3), got (3,)",
    ),
    "x batch first": ("inputs", (5, 4), "inputs must have the shape (T, batch, input = 2), got (5, 4)"),
    "x of no step": ("inputs", (0, 5, 2), "inputs must have the shape (T, batch, input = 2), got (0, 5, 2)"),
    "x of another size": ("inputs", (4, 5, 3), "inputs must have the shape (T, batch, input = 2), got (4, 5, 3)"),
    "y of one step": ("targets", (5, 4), "targets must have the shape (T = 4, batch = 5, output = 4), got (5, 4)"),
}


@pytest.mark.parametrize("case", BAD_SHAPES)
def test_a_bad_shape_is_named(case: str) -> None:
    """One sentence says which array does not fit, the shape wanted and the shape got."""
    wrong, shape, message = BAD_SHAPES[case]
    arrays, targets = problem(rnn.Configuration(), T=4, seed=0)
    changed = arrays | {"targets": targets} | {wrong: np.zeros(shape)}
    with pytest.raises(rnn_functions.ShapeError) as caught:
        run(rnn.Configuration(), changed, changed["targets"])
    assert str(caught.value) == message


def test_many_to_one_wants_one_target_for_a_sample() -> None:
    """The targets of all steps do not fit a loss on the last output."""
    arrays, targets = problem(rnn.Configuration(), T=4, seed=0)
    with pytest.raises(
        rnn_functions.ShapeError, match=r"^targets must have the shape \(batch = 5, output = 4\), got \(4, 5, 4\)$"
    ):
        run(rnn.Configuration(form="many_to_one"), arrays, targets)


def test_complex_numbers_are_refused() -> None:
    """A complex step through this module would be lost silently, so it is an error."""
    arrays, targets = problem(rnn.Configuration(), T=4, seed=0)
    with pytest.raises(TypeError, match=r"^W must hold real numbers, got complex128$"):
        run(rnn.Configuration(), arrays | {"W": arrays["W"] + 1e-30j}, targets)


@pytest.mark.parametrize("field", ["activation", "readout", "loss", "form"])
def test_an_unknown_choice_is_named(field: str) -> None:
    """An unknown word is answered by the words there are."""
    with pytest.raises(ValueError, match=rf"^{field} must be one of [a-z_, ]+, got 'gelu'$"):
        rnn.Configuration(**{field: "gelu"})


def test_cross_entropy_needs_positive_outputs() -> None:
    """The logarithm of an output that is not positive is an error, not a nan."""
    arrays, targets = problem(rnn.Configuration(), T=4, seed=0)
    with pytest.raises(ValueError, match=r"^cross_entropy needs positive outputs, got -\d"):
        run(rnn.Configuration(loss="cross_entropy"), arrays, targets)


@pytest.mark.parametrize("sizes", [(0, 2, 4), (3, -1, 4), (3, 2, 0)])
def test_sizes_are_at_least_one(sizes: tuple[int, int, int]) -> None:
    """There are no parameters without units."""
    with pytest.raises(rnn_functions.ShapeError, match=r"^every size must be at least 1, got Sizes\("):
        rnn.initial_parameters(0, rnn.Sizes(*sizes))


def test_initial_parameters_are_those_of_their_seed() -> None:
    """The same seed gives the same numbers, another seed others, all within 1/sqrt(hidden) and of the sizes wanted."""
    first, again, other = (rnn.initial_parameters(seed, SIZES) for seed in (0, 0, 1))
    assert first.sizes == SIZES
    for name in "WUbVc":
        assert np.array_equal(getattr(first, name), getattr(again, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))
        assert np.abs(getattr(first, name)).max() < 1 / np.sqrt(3)


# Properties.


@pytest.mark.parametrize("form", ["many_to_many", "many_to_one"])
def test_a_batch_is_the_sum_of_its_samples(form: Any) -> None:
    """Loss and parameter gradients of a batch are the sums over its samples, each run alone."""
    configuration = rnn.Configuration("tanh", "tanh", "norm", form)
    arrays, targets = problem(configuration, T=4, seed=0)
    loss, gradients = run(configuration, arrays, targets)
    alone = []
    for n in range(BATCH):
        sample = {"initial_state": arrays["initial_state"][n : n + 1], "inputs": arrays["inputs"][:, n : n + 1]}
        alone.append(run(configuration, arrays | sample, targets[..., n : n + 1, :]))
    sums = {name: np.sum([single[name] for _, single in alone], axis=0) for name in "WUbVc"}
    whole = {name: gradients[name] for name in "WUbVc"} | {"loss": np.array(loss)}
    assert differences(whole, sums | {"loss": np.array(sum(single for single, _ in alone))}) == []


def test_one_of_everything() -> None:
    """One step, one sample and one unit are enough: L = (v tanh(w h_0 + u x + b) + c - y)^2 by hand."""
    parameters = rnn.Parameters([[0.5]], [[2]], [0.1], [[3]], [1])
    trajectory = rnn.forward(parameters, [[[0.2]]], [[0.4]], [[[1]]], rnn.Configuration())
    h = np.tanh(0.5 * 0.4 + 2 * 0.2 + 0.1)
    gradients = rnn.backward(parameters, trajectory)
    assert trajectory.loss == pytest.approx((3 * h) ** 2, rel=1e-15)
    assert gradients.W.item() == pytest.approx(2 * (3 * h) * 3 * (1 - h * h) * 0.4, rel=1e-14)


def test_any_layout_in_memory_gives_the_same() -> None:
    """Views with other strides are read right, and no argument is written to."""
    arrays, targets = problem(rnn.Configuration(), T=4, seed=0)
    strided = {name: np.asfortranarray(array) for name, array in arrays.items()}
    for array in (*strided.values(), *arrays.values(), targets):
        array.flags.writeable = False
    loss, gradients = run(rnn.Configuration(), arrays, targets)
    loss_of_strided, gradients_of_strided = run(rnn.Configuration(), strided, np.asfortranarray(targets))
    assert loss_of_strided == pytest.approx(loss, rel=1e-14)
    assert differences(gradients_of_strided, gradients) == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("form", ["many_to_many", "many_to_one"])
def test_the_norm_has_subgradient_zero_where_it_is_zero(form: Any) -> None:
    r"""Where \hat y = y the norm has no derivative, and 0 is taken, without a division by zero."""
    configuration = rnn.Configuration(loss="norm", form=form)
    arrays, targets = problem(configuration, T=4, seed=0)
    arrays |= {"V": np.zeros((4, 3)), "c": np.arange(4.0)}
    loss, gradients = run(configuration, arrays, np.broadcast_to(arrays["c"], targets.shape))
    assert loss == 0.0
    assert all(not gradient.any() for gradient in gradients.values())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturation_is_quiet(activation: Any) -> None:
    """Far from 0 the activations reach their limits and slope 0, without overflow."""
    configuration = rnn.Configuration(activation)
    arrays, targets = problem(configuration, T=4, seed=0)
    arrays["b"] = np.array([-1e4, 1e4, 0.0])
    parameters = rnn.Parameters(*(arrays[name] for name in "WUbVc"))
    trajectory = rnn.forward(parameters, arrays["inputs"], arrays["initial_state"], targets, configuration)
    assert (trajectory.states[1:, :, 0] == (0.0 if activation == "sigmoid" else -1.0)).all()
    assert (trajectory.states[1:, :, 1] == 1.0).all()
    assert not rnn.backward(parameters, trajectory).b[:2].any()


@pytest.mark.filterwarnings("error")
def test_cross_entropy_of_softmax_is_finite_at_any_logits() -> None:
    """From logits 1000 apart the cross entropy is about 1000, where the softmax itself has underflowed to 0."""
    configuration = rnn.Configuration("tanh", "softmax", "cross_entropy", "many_to_one")
    arrays, targets = problem(configuration, T=4, seed=0)
    arrays |= {"V": np.zeros((4, 3)), "c": np.array([0.0, 1000.0, 0.0, 0.0])}
    one_hot = np.zeros_like(targets)
    one_hot[:, 0] = 1.0
    loss, gradients = run(configuration, arrays, one_hot)
    assert loss == pytest.approx(1000.0 * BATCH, rel=1e-15)
    assert gradients["c"] == pytest.approx(BATCH * np.array([-1.0, 1.0, 0.0, 0.0]), abs=1e-12)
