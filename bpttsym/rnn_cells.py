r"""Recurrent cells, forward, and backward by hand: what a cell is, and the plain ones.

    Plain         h_t = f(W h_{t-1} + U x_t + b)
    TorchRNN      h_t = f(x_t W_{ih}^T + b_{ih} + h_{t-1} W_{hh}^T + b_{hh}), as the manual of `torch.nn.RNN` has it
    Memoryless    h_t = f(U x_t + b): for networks in which only what is fed back joins the steps

A cell walks over t = 1, ..., T from a state and leaves a tape; walking back along the tape it turns the derivatives of
a loss by its outputs h_1, ..., h_T (those that do not pass a later step) into the derivatives by its parameters,
its inputs and the state it began with. With \delta_t = dL/dh_t, column gradients and \delta_{T+1} = 0, for `Plain`

    \alpha_t = f'(a_t) \odot \delta_t,    \delta_t = (what h_t gets from outside) + W^T \alpha_{t+1},
    dL/dW = \sum_t \alpha_t h_{t-1}^T,    dL/dU = \sum_t \alpha_t x_t^T,    dL/db = \sum_t \alpha_t,
    dL/dx_t = U^T \alpha_t,    dL/dh_0 = W^T \alpha_1.

Since tapes can be cut and joined, cells are all that layers, directions, truncation and feedback need to know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_functions import ACTIVATIONS, Array, ShapeError, checked_array, rows

Activation = Literal["tanh", "sigmoid", "relu", "identity"]

State = tuple[Array, ...]
"""What passes from step to step: (h,), or (h, c) for an LSTM; each has the shape (batch, hidden)."""


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """All that a walk met, and so all that the way back needs."""

    inputs: Array  # (T, batch, input): x_1, ..., x_T
    states: tuple[Array, ...]  # each (T + 1, batch, hidden): h_0, ..., h_T, then what else passes from step to step
    kept: tuple[Array, ...]  # what else the cell wants to remember; the first axis of each is T

    @property
    def outputs(self) -> Array:
        """h_1, ..., h_T: (T, batch, hidden)."""
        return self.states[0][1:]

    @property
    def last(self) -> State:
        """The state after the last step."""
        return tuple(state[-1] for state in self.states)

    def steps(self, first: int, stop: int) -> Tape:
        """The tape of the steps first + 1, ..., stop alone, as if the walk had begun with the state before them."""
        states = tuple(state[first : stop + 1] for state in self.states)
        return Tape(self.inputs[first:stop], states, tuple(array[first:stop] for array in self.kept))


@dataclass(frozen=True, slots=True, eq=False)
class CellGradients:
    """The derivative of the loss by each array, in the shape of that array (summed over the batch for parameters)."""

    parameters: dict[str, Array]
    inputs: Array  # (T, batch, input): dL/dx_1, ..., dL/dx_T
    initial: State  # by the state that the walk began with
    states: tuple[
        Array, ...
    ]  # each (T, batch, hidden): the total derivatives by h_1, ..., h_T, and by what else passes


def added(parts: Sequence[dict[str, Array]]) -> dict[str, Array]:
    """The derivatives by parameters that are used in several places: the sum over the places."""
    return {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}


class Cell(ABC):
    """A recurrent cell: its parameters are the arrays among its fields."""

    __slots__ = ()
    passed: ClassVar[tuple[str, ...]] = ("h",)  # what a state consists of

    @property
    @abstractmethod
    def hidden(self) -> int:
        """How many units the state has."""

    @property
    @abstractmethod
    def input(self) -> int:
        """How many units an input has."""

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by their names."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    @abstractmethod
    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        """Walk over ``inputs`` (T, batch, input) from the state ``initial``."""

    @abstractmethod
    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        """The derivatives of a loss, from those by h_1, ..., h_T, and by the last state if it is read besides.

        Both are partial: what reaches the loss by way of a later step is added here.
        """

    def begin(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> tuple[Array, tuple[Array, ...]]:
        """The inputs, and room for the states, of which the first is filled."""
        x = checked_array("inputs", inputs, T=None, batch=None, input=self.input)
        if len(initial) != len(self.passed):
            raise ShapeError(f"the initial state must be ({', '.join(self.passed)}), got {len(initial)} arrays")
        T, batch = x.shape[:2]
        states = tuple(np.empty((T + 1, batch, self.hidden)) for _ in self.passed)
        for name, state, value in zip(self.passed, states, initial, strict=True):
            state[0] = checked_array(f"initial {name}", value, batch=batch, hidden=self.hidden)
        return x, states

    def turn(self, tape: Tape, outputs: Array, last: State | None) -> State:
        """What the way back begins with: the derivatives by the last state, as arrays of their own."""
        T, batch, hidden = tape.outputs.shape
        checked_array("derivatives by outputs", outputs, T=T, batch=batch, hidden=hidden)
        if last is None:
            return tuple(np.zeros((batch, hidden)) for _ in self.passed)
        return tuple(
            checked_array(f"derivative by the last {name}", array, batch=batch, hidden=hidden).copy()
            for name, array in zip(self.passed, last, strict=True)
        )


def _activation(name: str) -> None:
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {name!r}")


def set_arrays(owner: object, **arrays: Array) -> None:
    """Replace fields of a frozen object by checked arrays."""
    for name, array in arrays.items():
        object.__setattr__(owner, name, array)


@dataclass(frozen=True, slots=True, eq=False)
class Plain(Cell):
    """h_t = f(W h_{t-1} + U x_t + b)."""

    W: Array  # (hidden, hidden)
    U: Array  # (hidden, input)
    b: Array  # (hidden,)
    activation: Activation = "tanh"

    def __post_init__(self) -> None:
        _activation(self.activation)
        U = checked_array("U", self.U, hidden=None, input=None)
        W = checked_array("W", self.W, hidden=U.shape[0], hidden_before=U.shape[0])
        set_arrays(self, W=W, U=U, b=checked_array("b", self.b, hidden=U.shape[0]))

    @property
    def hidden(self) -> int:
        return int(self.U.shape[0])

    @property
    def input(self) -> int:
        return int(self.U.shape[1])

    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        x, states = self.begin(inputs, initial)
        (h,) = states
        pre_activations = (rows(x) @ self.U.T + self.b).reshape(h[1:].shape)
        activation = ACTIVATIONS[self.activation].value
        W_transposed = np.ascontiguousarray(self.W.T)
        recurrent = np.empty_like(h[0])
        for a_t, h_before, h_t in zip(pre_activations, h[:-1], h[1:], strict=True):
            np.matmul(h_before, W_transposed, recurrent)
            np.add(a_t, recurrent, a_t)
            activation(a_t, h_t)
        return Tape(x, states, (pre_activations,))

    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        (pre_activations,), (h,) = tape.kept, tape.states
        (recurrent,) = self.turn(tape, outputs, last)
        delta = np.empty_like(h[1:])
        alpha = ACTIVATIONS[self.activation].derivative(pre_activations, h[1:])
        for output_t, delta_t, alpha_t in zip(outputs[::-1], delta[::-1], alpha[::-1], strict=True):
            np.add(output_t, recurrent, delta_t)
            np.multiply(alpha_t, delta_t, alpha_t)
            np.matmul(alpha_t, self.W, recurrent)
        alphas = rows(alpha)
        parameters = {"W": alphas.T @ rows(h[:-1]), "U": alphas.T @ rows(tape.inputs), "b": alphas.sum(axis=0)}
        return CellGradients(parameters, (alphas @ self.U).reshape(tape.inputs.shape), (recurrent,), (delta,))


@dataclass(frozen=True, slots=True, eq=False)
class TorchRNN(Cell):
    """The plain cell with the parameters of `torch.nn.RNN`: two biases, of which only the sum matters.

    In rows, x_t W_ih^T is what U x_t is in columns, so W_hh is W, W_ih is U, and both biases have the gradient of b.
    """

    weight_ih: Array  # (hidden, input)
    weight_hh: Array  # (hidden, hidden)
    bias_ih: Array  # (hidden,)
    bias_hh: Array  # (hidden,)
    activation: Literal["tanh", "relu"] = "tanh"

    def __post_init__(self) -> None:
        _activation(self.activation)
        ih = checked_array("weight_ih", self.weight_ih, hidden=None, input=None)
        hh = checked_array("weight_hh", self.weight_hh, hidden=ih.shape[0], hidden_before=ih.shape[0])
        biases = {name: checked_array(name, getattr(self, name), hidden=ih.shape[0]) for name in ("bias_ih", "bias_hh")}
        set_arrays(self, weight_ih=ih, weight_hh=hh, **biases)

    @property
    def hidden(self) -> int:
        return int(self.weight_ih.shape[0])

    @property
    def input(self) -> int:
        return int(self.weight_ih.shape[1])

    @property
    def plain(self) -> Plain:
        """The same cell with one bias."""
        return Plain(self.weight_hh, self.weight_ih, self.bias_ih + self.bias_hh, self.activation)

    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        return self.plain.forward(inputs, initial)

    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        found = self.plain.backward(tape, outputs, last)
        W, U, b = (found.parameters[name] for name in "WUb")
        named = {"weight_ih": U, "weight_hh": W, "bias_ih": b, "bias_hh": b.copy()}
        return CellGradients(named, found.inputs, found.initial, found.states)


@dataclass(frozen=True, slots=True, eq=False)
class Memoryless(Cell):
    """h_t = f(U x_t + b): the state is handed on, and nobody reads it."""

    U: Array  # (hidden, input)
    b: Array  # (hidden,)
    activation: Activation = "tanh"

    def __post_init__(self) -> None:
        _activation(self.activation)
        U = checked_array("U", self.U, hidden=None, input=None)
        set_arrays(self, U=U, b=checked_array("b", self.b, hidden=U.shape[0]))

    @property
    def hidden(self) -> int:
        return int(self.U.shape[0])

    @property
    def input(self) -> int:
        return int(self.U.shape[1])

    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        x, states = self.begin(inputs, initial)
        pre_activations = (rows(x) @ self.U.T + self.b).reshape(states[0][1:].shape)
        ACTIVATIONS[self.activation].value(pre_activations, states[0][1:])
        return Tape(x, states, (pre_activations,))

    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        (beyond,) = self.turn(tape, outputs, last)
        delta = outputs.copy()
        delta[-1] += beyond
        alpha = delta * ACTIVATIONS[self.activation].derivative(tape.kept[0], tape.outputs)
        alphas = rows(alpha)
        parameters = {"U": alphas.T @ rows(tape.inputs), "b": alphas.sum(axis=0)}
        inputs = (alphas @ self.U).reshape(tape.inputs.shape)
        return CellGradients(parameters, inputs, (np.zeros_like(beyond),), (delta,))
