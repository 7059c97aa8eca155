r"""The recurrent network in NumPy, forward, and backward by hand: an oracle that shares nothing with the rest.

    a_t = W h_{t-1} + U x_t + b,    h_t = f(a_t),    z_t = V h_t + c,    \hat y_t = g(z_t),    t = 1, ..., T

The loss is the sum over the batch of l(\hat y_T, y) (many-to-one) or of \sum_t l(\hat y_t, y_t) (many-to-many).
With \delta_t = dL/dh_t, column gradients and \delta_{T+1} = 0, the backward pass is

    \alpha_t = f'(a_t) \odot \delta_t,    \delta_t = V^T (dL/dz_t) + W^T \alpha_{t+1},
    dL/dW = \sum_t \alpha_t h_{t-1}^T,    dL/dU = \sum_t \alpha_t x_t^T,    dL/db = \sum_t \alpha_t,
    dL/dV = \sum_t (dL/dz_t) h_t^T,    dL/dc = \sum_t dL/dz_t,    dL/dx_t = U^T \alpha_t,    dL/dh_0 = W^T \alpha_1.

A sample is a row: arrays have the axes (step, batch, unit), so that W h becomes ``h @ W.T``. Only the recursions over
t are loops; whatever can wait for all steps is one matrix product. Numbers are float64.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class ShapeError(ValueError):
    """An array whose shape does not fit; the text names the array, the shape wanted and the shape got."""


class Rule(NamedTuple):
    """A function and its derivative, in NumPy; each table below says which arguments they take."""

    value: Callable[..., Any]
    derivative: Callable[..., Any]


def _sigmoid(a: Array, h: Array) -> None:
    """1 / (1 + exp(-a)); where exp overflows, the quotient is rightly 0."""
    np.negative(a, h)
    with np.errstate(over="ignore"):
        np.exp(h, h)
    np.divide(1.0, h + 1.0, h)


def _softmax(z: Array) -> Array:
    powers: Array = np.exp(z - z.max(-1, keepdims=True))
    powers /= powers.sum(-1, keepdims=True)
    return powers


def _norm_gradient(y_hat: Array, y: Array) -> Array:
    r"""(\hat y - y) / ||\hat y - y||, and the subgradient 0 where the norm is 0."""
    error: Array = y_hat - y
    norms = np.linalg.norm(error, axis=-1, keepdims=True)
    return error / np.where(norms > 0.0, norms, 1.0)


def _cross_entropy(y_hat: Array, y: Array) -> float:
    if not (y_hat > 0.0).all():
        raise ValueError(f"cross_entropy needs positive outputs, got {y_hat.min():.6g}; the softmax readout gives them")
    return float(-np.vdot(y, np.log(y_hat)))


def _logits_cross_entropy(z: Array, y: Array) -> float:
    """-y^T log softmax(z), finite even where the softmax underflows to 0."""
    shifted = z - z.max(-1, keepdims=True)
    return float(np.vdot(y, np.log(np.exp(shifted).sum(-1, keepdims=True)) - shifted))


# f(a), written into the array h, and f'(a) as a new array, from a and h = f(a)
ACTIVATIONS = {
    "tanh": Rule(np.tanh, lambda a, h: 1.0 - h * h),
    "sigmoid": Rule(_sigmoid, lambda a, h: h * (1.0 - h)),
    "relu": Rule(lambda a, h: np.maximum(a, 0.0, out=h), lambda a, h: (a > 0.0).astype(float)),
    "identity": Rule(lambda a, h: np.copyto(h, a), lambda a, h: np.ones_like(a)),
}

# \hat y = g(z), and dL/dz from \hat y and e = dL/d\hat y
READOUTS = {
    "linear": Rule(lambda z: z, lambda y_hat, e: e),
    "tanh": Rule(np.tanh, lambda y_hat, e: e * (1.0 - y_hat * y_hat)),
    "softmax": Rule(_softmax, lambda y_hat, e: y_hat * (e - (y_hat * e).sum(-1, keepdims=True))),
}

# l(\hat y, y) summed over all rows, and dL/d\hat y
LOSSES = {
    "norm": Rule(lambda y_hat, y: float(np.linalg.norm(y_hat - y, axis=-1).sum()), _norm_gradient),
    "squared_error": Rule(lambda y_hat, y: float(np.square(y_hat - y).sum()), lambda y_hat, y: 2.0 * (y_hat - y)),
    "cross_entropy": Rule(_cross_entropy, lambda y_hat, y: -y / y_hat),
}

# readout and loss in one where apart they would divide by 0: l from the logits z, and dL/dz from \hat y
TOGETHER = {
    ("softmax", "cross_entropy"): Rule(_logits_cross_entropy, lambda y_hat, y: y.sum(-1, keepdims=True) * y_hat - y),
}


@dataclass(frozen=True, slots=True)
class Configuration:
    r"""Which f, g and l, and at which steps there is a loss.

    ``norm`` is ||\hat y - y||, ``squared_error`` is ||\hat y - y||^2 (without 1/2), ``cross_entropy`` is
    -y^T log \hat y, taken from the logits z when the readout is ``softmax``; with another readout it needs \hat y > 0.
    """

    activation: Literal["tanh", "sigmoid", "relu", "identity"] = "tanh"
    readout: Literal["linear", "tanh", "softmax"] = "linear"
    loss: Literal["norm", "squared_error", "cross_entropy"] = "squared_error"
    form: Literal["many_to_many", "many_to_one"] = "many_to_many"

    def __post_init__(self) -> None:
        tables: tuple[Collection[str], ...] = (ACTIVATIONS, READOUTS, LOSSES, ("many_to_many", "many_to_one"))
        for field, table in zip(fields(self), tables, strict=True):
            if (got := getattr(self, field.name)) not in table:
                raise ValueError(f"{field.name} must be one of {', '.join(table)}, got {got!r}")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many units the state, the input and the output have."""

    hidden: int
    input: int
    output: int


def _array(name: str, value: ArrayLike, **axes: int | None) -> Array:
    """``value`` as floats, or a ShapeError if its axes are not those named; None stands for any size but 0."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got {array.dtype}")
    fits = (got == size if size is not None else got > 0 for got, size in zip(array.shape, axes.values(), strict=True))
    if array.ndim != len(axes) or not all(fits):
        wanted = ", ".join(axis if size is None else f"{axis} = {size}" for axis, size in axes.items())
        raise ShapeError(f"{name} must have the shape ({wanted}), got {array.shape}")
    return array.astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The recurrent cell (W, U, b) and the readout (V, c)."""

    W: Array  # (hidden, hidden)
    U: Array  # (hidden, input)
    b: Array  # (hidden,)
    V: Array  # (output, hidden)
    c: Array  # (output,)

    def __post_init__(self) -> None:
        U = _array("U", self.U, hidden=None, input=None)
        V = _array("V", self.V, output=None, hidden=U.shape[0])
        W = _array("W", self.W, hidden=U.shape[0], hidden_before=U.shape[0])
        b = _array("b", self.b, hidden=U.shape[0])
        c = _array("c", self.c, output=V.shape[0])
        for name, array in zip("WUbVc", (W, U, b, V, c), strict=True):
            object.__setattr__(self, name, array)

    @property
    def sizes(self) -> Sizes:
        """The sizes that the shapes of the matrices say."""
        return Sizes(self.U.shape[0], self.U.shape[1], self.V.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """All that a forward pass met, and so all that the backward pass needs.

    Many-to-one reads the last state only: then the logits and outputs have no step axis.
    """

    configuration: Configuration
    inputs: Array  # (T, batch, input): x_1, ..., x_T
    targets: Array  # (T, batch, output), many-to-one (batch, output)
    states: Array  # (T + 1, batch, hidden): h_0, ..., h_T
    pre_activations: Array  # (T, batch, hidden): a_1, ..., a_T
    logits: Array  # like targets: z = V h + c
    outputs: Array  # like targets: g(z)
    loss: float  # summed over the batch, and over the steps if many-to-many


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """The derivative of the loss by each array, in the shape of that array (summed over the batch for parameters)."""

    W: Array  # (hidden, hidden)
    U: Array  # (hidden, input)
    b: Array  # (hidden,)
    V: Array  # (output, hidden)
    c: Array  # (output,)
    initial_state: Array  # (batch, hidden): dL/dh_0
    inputs: Array  # (T, batch, input): dL/dx_1, ..., dL/dx_T
    states: Array  # (T, batch, hidden): delta_1, ..., delta_T, the total derivatives dL/dh_t


def initial_parameters(seed: int, sizes: Sizes) -> Parameters:
    """Parameters drawn uniformly from (-1/sqrt(hidden), 1/sqrt(hidden)); the same seed gives the same numbers."""
    if min(sizes.hidden, sizes.input, sizes.output) < 1:
        raise ShapeError(f"every size must be at least 1, got {sizes}")
    hidden, output = sizes.hidden, sizes.output
    shapes = ((hidden, hidden), (hidden, sizes.input), (hidden,), (output, hidden), (output,))
    generator = np.random.default_rng(seed)
    return Parameters(*(generator.uniform(-1.0, 1.0, shape) / np.sqrt(hidden) for shape in shapes))


def _rows(array: Array) -> Array:
    """The steps and the batch as one axis: a view of shape (steps * batch, unit)."""
    return array.reshape(-1, array.shape[-1])


def _read(steps: Array, configuration: Configuration) -> Array:
    """The part of an array over t = 1, ..., T that the readout sees, in the shape of the targets."""
    return steps if configuration.form == "many_to_many" else steps[-1]


def forward(
    parameters: Parameters,
    inputs: ArrayLike,
    initial_state: ArrayLike,
    targets: ArrayLike,
    configuration: Configuration,
) -> Trajectory:
    """Run the network on ``inputs`` (T, batch, input) from ``initial_state`` (batch, hidden), and take the loss.

    ``targets`` are (T, batch, output), or (batch, output) for many-to-one. Arrays of floats are kept, not copied.
    """
    W, U, b, V, c = parameters.W, parameters.U, parameters.b, parameters.V, parameters.c
    sizes = parameters.sizes
    x = _array("inputs", inputs, T=None, batch=None, input=sizes.input)
    T, batch = x.shape[:2]
    steps = {"T": T} if configuration.form == "many_to_many" else {}
    y = _array("targets", targets, **steps, batch=batch, output=sizes.output)

    states = np.empty((T + 1, batch, sizes.hidden))
    states[0] = _array("initial_state", initial_state, batch=batch, hidden=sizes.hidden)
    pre_activations = (_rows(x) @ U.T + b).reshape(T, batch, sizes.hidden)
    activation = ACTIVATIONS[configuration.activation].value
    W_transposed = np.ascontiguousarray(W.T)
    recurrent = np.empty((batch, sizes.hidden))
    for a_t, h_before, h_t in zip(pre_activations, states[:-1], states[1:], strict=True):
        np.matmul(h_before, W_transposed, recurrent)
        np.add(a_t, recurrent, a_t)
        activation(a_t, h_t)

    z = (_rows(_read(states[1:], configuration)) @ V.T + c).reshape(y.shape)
    outputs = READOUTS[configuration.readout].value(z)
    if together := TOGETHER.get((configuration.readout, configuration.loss)):
        loss = together.value(z, y)
    else:
        loss = LOSSES[configuration.loss].value(outputs, y)
    return Trajectory(configuration, x, y, states, pre_activations, z, outputs, loss)


def backward(parameters: Parameters, trajectory: Trajectory) -> Gradients:
    """The derivatives of the loss of ``trajectory``, by the recursion at the top of this module.

    ``parameters`` must be those the trajectory was made with.
    """
    W, U, V = parameters.W, parameters.U, parameters.V
    configuration, states, x = trajectory.configuration, trajectory.states, trajectory.inputs
    y, outputs = trajectory.targets, trajectory.outputs
    T, batch, hidden = trajectory.pre_activations.shape

    if together := TOGETHER.get((configuration.readout, configuration.loss)):
        dz = together.derivative(outputs, y)
    else:
        dz = READOUTS[configuration.readout].derivative(outputs, LOSSES[configuration.loss].derivative(outputs, y))

    delta = np.zeros((T, batch, hidden))
    _read(delta, configuration)[...] = (_rows(dz) @ V).reshape(*dz.shape[:-1], hidden)
    alpha = ACTIVATIONS[configuration.activation].derivative(trajectory.pre_activations, states[1:])
    recurrent = np.zeros((batch, hidden))
    for delta_t, alpha_t in zip(delta[::-1], alpha[::-1], strict=True):
        np.add(delta_t, recurrent, delta_t)
        np.multiply(alpha_t, delta_t, alpha_t)
        np.matmul(alpha_t, W, recurrent)

    alphas = _rows(alpha)
    return Gradients(
        W=alphas.T @ _rows(states[:-1]),
        U=alphas.T @ _rows(x),
        b=alphas.sum(axis=0),
        V=_rows(dz).T @ _rows(_read(states[1:], configuration)),
        c=_rows(dz).sum(axis=0),
        initial_state=recurrent,
        inputs=(alphas @ U).reshape(x.shape),
        states=delta,
    )


def local_jacobians(parameters: Parameters, trajectory: Trajectory) -> Array:
    """dh_{t+1}/dh_t = diag(f'(a_{t+1})) W for t = 0, ..., T - 1: shape (T, batch, hidden, hidden).

    Numerator layout: entry [t, n, i, j] is the derivative of unit i of h_{t+1} by unit j of h_t, in sample n.
    """
    activation = ACTIVATIONS[trajectory.configuration.activation]
    slopes: Array = activation.derivative(trajectory.pre_activations, trajectory.states[1:])
    return slopes[..., np.newaxis] * parameters.W
