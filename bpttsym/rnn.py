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

from collections.abc import Collection
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_cells import Activation, Plain, Tape
from bpttsym.rnn_functions import ACTIVATIONS, LOSSES, READOUTS, Array, ShapeError, checked_array
from bpttsym.rnn_head import Form, Head, HeadTape, Loss, Readout


@dataclass(frozen=True, slots=True)
class Configuration:
    r"""Which f, g and l, and at which steps there is a loss.

    ``norm`` is ||\hat y - y||, ``squared_error`` is ||\hat y - y||^2 (without 1/2), ``cross_entropy`` is
    -y^T log \hat y, taken from the logits z when the readout is ``softmax``; with another readout it needs \hat y > 0.
    """

    activation: Activation = "tanh"
    readout: Readout = "linear"
    loss: Loss = "squared_error"
    form: Form = "many_to_many"

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


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The recurrent cell (W, U, b) and the readout (V, c)."""

    W: Array  # (hidden, hidden)
    U: Array  # (hidden, input)
    b: Array  # (hidden,)
    V: Array  # (output, hidden)
    c: Array  # (output,)

    def __post_init__(self) -> None:
        U = checked_array("U", self.U, hidden=None, input=None)
        V = checked_array("V", self.V, output=None, hidden=U.shape[0])
        W = checked_array("W", self.W, hidden=U.shape[0], hidden_before=U.shape[0])
        b = checked_array("b", self.b, hidden=U.shape[0])
        c = checked_array("c", self.c, output=V.shape[0])
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


def _cell_and_head(parameters: Parameters, configuration: Configuration) -> tuple[Plain, Head]:
    """The two halves of the network."""
    return (
        Plain(parameters.W, parameters.U, parameters.b, configuration.activation),
        Head(parameters.V, parameters.c, configuration.readout, configuration.loss, configuration.form),
    )


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
    cell, head = _cell_and_head(parameters, configuration)
    walk = cell.forward(inputs, (initial_state,))
    read = head.forward(walk.outputs, targets)
    return Trajectory(
        configuration=configuration,
        inputs=walk.inputs,
        targets=read.targets,
        states=walk.states[0],
        pre_activations=walk.kept[0],
        logits=read.logits,
        outputs=read.outputs,
        loss=read.loss,
    )


def backward(parameters: Parameters, trajectory: Trajectory) -> Gradients:
    """The derivatives of the loss of ``trajectory``, by the recursion at the top of this module.

    ``parameters`` must be those the trajectory was made with.
    """
    cell, head = _cell_and_head(parameters, trajectory.configuration)
    states, T = trajectory.states, len(trajectory.pre_activations)
    read = states[1:] if head.form == "many_to_many" else states[-1]
    by_head = head.backward(
        HeadTape(read, T, trajectory.targets, trajectory.logits, trajectory.outputs, trajectory.loss)
    )
    walk = Tape(trajectory.inputs, (states,), (trajectory.pre_activations,))
    by_cell = cell.backward(walk, by_head.states)
    return Gradients(
        **by_cell.parameters,
        **by_head.parameters,
        initial_state=by_cell.initial[0],
        inputs=by_cell.inputs,
        states=by_cell.states[0],
    )


def local_jacobians(parameters: Parameters, trajectory: Trajectory) -> Array:
    """dh_{t+1}/dh_t = diag(f'(a_{t+1})) W for t = 0, ..., T - 1: shape (T, batch, hidden, hidden).

    Numerator layout: entry [t, n, i, j] is the derivative of unit i of h_{t+1} by unit j of h_t, in sample n.
    """
    activation = ACTIVATIONS[trajectory.configuration.activation]
    slopes: Array = activation.derivative(trajectory.pre_activations, trajectory.states[1:])
    return slopes[..., np.newaxis] * parameters.W
