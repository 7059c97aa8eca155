"""Small networks for the checks of claims: walks as loops over columns, and derivatives that know no chain rule.

A derivative is a complex step, exact to rounding: the imaginary part of f(x + ih)/h. All numbers come from seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpttsym.records import dataclass, replace
from bpttsym.rnn_cells import TorchRNN
from bpttsym.rnn_layers import Initial, Layer, Stack

Numbers = NDArray[Any]

STEP = 1e-30
SAME = 1e-12
"""Numbers that differ by less, relative to their size, are the same."""

BATCH, T, INPUT, HIDDEN, OUTPUT = 5, 4, 2, 3, 4
"""Sizes that are all different from each other, so that no shape fits by accident (BATCH counts samples)."""


def random(seed: int, *shape: int) -> Numbers:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


def orthogonal(seed: int, size: int) -> Numbers:
    """A matrix whose singular values are all 1."""
    factor: Numbers = np.linalg.qr(random(seed, size, size))[0]
    return factor


def difference(left: Numbers, right: Numbers) -> float:
    """The largest difference relative to the largest number on the right, with a floor for what is zero."""
    if left.shape != right.shape:
        return float("inf")
    return float(np.abs(left - right).max(initial=0.0) / max(float(np.abs(right).max(initial=0.0)), 1e-9))


def derivative(function: Callable[[Numbers], Any], at: Numbers) -> Numbers:
    """The derivatives of all values of a function by all entries of its argument: the axes of both."""
    columns = []
    for place in range(at.size):
        moved = at.astype(complex).ravel()
        moved[place] += 1j * STEP
        columns.append(np.imag(function(moved.reshape(at.shape))) / STEP)
    found: Numbers = np.stack(columns, axis=-1)
    return found.reshape(found.shape[:-1] + at.shape)


def softmax(z: Numbers) -> Numbers:
    """Over the only axis."""
    powers: Numbers = np.exp(z - z.real.max())
    powers /= powers.sum()
    return powers


@dataclass(frozen=True, eq=False)
class Walk:
    """h_t = f(W h_{t-1} + U x_t + b), \\hat y_t = softmax(V h_t), with a target in each step."""

    W: Numbers
    U: Numbers
    b: Numbers
    V: Numbers
    x: Numbers  # (T, input)
    y: Numbers  # (T, output), rows that sum to one
    h_0: Numbers
    f: Callable[[Numbers], Numbers] = np.tanh

    def states(self, copies: Sequence[Numbers] | None = None) -> list[Numbers]:
        """h_0 to h_T; ``copies`` may hold a W for each step."""
        found = [self.h_0]
        for W_t, x_t in zip([self.W] * len(self.x) if copies is None else copies, self.x, strict=True):
            found.append(self.f(W_t @ found[-1] + self.U @ x_t + self.b))
        return found

    def errors(self, states: Sequence[Numbers]) -> Numbers:
        """The cross entropy of each step."""
        found = [-(y_t @ np.log(softmax(self.V @ h_t))) for h_t, y_t in zip(states[1:], self.y, strict=True)]
        return np.array(found)

    def changed(self, **values: Numbers) -> Walk:
        """The same with other numbers."""
        return replace(self, **values)  # type: ignore[arg-type]

    def every_error(self) -> Numbers:
        """The cross entropy of each step."""
        return self.errors(self.states())

    def gradient(self, name: str) -> Numbers:
        """Of the sum of all errors, by a parameter."""
        return derivative(lambda value: self.changed(**{name: value}).every_error().sum(), getattr(self, name))

    def gradient_of_last(self, name: str) -> Numbers:
        """Of the error of the last step alone, by a parameter."""
        return derivative(lambda value: self.changed(**{name: value}).every_error()[-1], getattr(self, name))


def walk(seed: int = 0, steps: int = T, zero: bool = False, scale: float = 1.0) -> Walk:
    """A network with random weights; ``zero`` begins with zeros."""
    numbers = [random(seed + place, *shape) for place, shape in enumerate(_shapes(steps))]
    W, U, b, V, x, y, h_0 = numbers
    targets = np.exp(y)
    targets /= targets.sum(axis=1, keepdims=True)
    return Walk(scale * W, U, b, V, x, targets, 0.0 * h_0 if zero else h_0)


def _shapes(steps: int) -> tuple[tuple[int, ...], ...]:
    return (
        *((HIDDEN, HIDDEN), (HIDDEN, INPUT), (HIDDEN,), (OUTPUT, HIDDEN)),
        *((steps, INPUT), (steps, OUTPUT), (HIDDEN,)),
    )


def cell(seed: int, inputs: int, activation: Any = "tanh") -> TorchRNN:
    """One layer in one direction, with two biases, as in `torch.nn.RNN`."""
    U, W = random(seed, HIDDEN, inputs), random(seed + 1, HIDDEN, HIDDEN)
    return TorchRNN(U, W, random(seed + 2, HIDDEN), random(seed + 3, HIDDEN), activation)


def stack(layers: int = 1, directions: int = 1, activation: Any = "tanh") -> Stack:
    """Layers of cells in one direction or two."""
    found = []
    for number in range(layers):
        inputs = INPUT if number == 0 else directions * HIDDEN
        seeds = (10 * (number + 1) + 5 * direction for direction in range(directions))
        found.append(Layer(tuple(cell(seed, inputs, activation) for seed in seeds)))
    return Stack(tuple(found))


def weights(network: Stack, layer: int = 0) -> TorchRNN:
    """The cell of a layer that has one direction."""
    (found,) = network.layers[layer].cells
    assert isinstance(found, TorchRNN)
    return found


def zeros(network: Stack, batch: int = BATCH) -> Initial:
    """First states of zeros."""
    return [[(np.zeros((batch, HIDDEN)),) for _ in layer.cells] for layer in network.layers]


def outputs(network: Stack, x: Numbers, initial: Initial | None = None) -> Numbers:
    """What the last layer gives in each step: (T, batch, directions * hidden)."""
    return network.forward(x, zeros(network, x.shape[1]) if initial is None else initial).outputs


def last_states(network: Stack, x: Numbers) -> Numbers:
    """The last state of each layer and direction: (layers * directions, batch, hidden)."""
    tape = network.forward(x, zeros(network, x.shape[1]))
    return np.stack([walked.last[0] for layer in tape.layers for walked in layer])


def sequence(seed: int = 1) -> Numbers:
    """Inputs of a batch: (T, batch, input)."""
    return random(seed, T, BATCH, INPUT)


def depends(network: Callable[[Numbers], Numbers], x: Numbers, output: int, entry: int) -> bool:
    """Whether the output of a step changes with the input of a step, both counted from 0."""
    changed = x.copy()
    changed[entry] += 1.0
    return difference(network(changed)[output], network(x)[output]) > 1e-6


def spectral(matrix: Numbers) -> float:
    """The largest singular value."""
    return float(np.linalg.norm(matrix, 2))
