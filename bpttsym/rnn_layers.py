r"""Layers and directions of any cells, forward, and backward by hand.

The outputs of a layer are the inputs of the next: h_t^{(l)} = f_l(h_t^{(l-1)}, h_{t-1}^{(l)}), with h_t^{(0)} = x_t.
Layers may differ in size and in cell. A bidirectional layer has a second cell that walks from the last step to the
first, \overleftarrow h_t = f(x_t, \overleftarrow h_{t+1}), and its output is the two states side by side,
[\overrightarrow h_t; \overleftarrow h_t], as in `torch.nn.RNN`, or their sum.

Backward, from the top layer to the bottom one: a state gets what the next step of its own direction passes back, and
what each cell of the layer above passes back to its inputs,

    \delta_t^{(l)} = J^T \delta_{t+1}^{(l)} + \sum_{cells of layer l + 1} K^T \delta_t^{(l+1)},
    J = dh_{t+1}^{(l)}/dh_t^{(l)},    K = dh_t^{(l+1)}/dh_t^{(l)}.

For the direction that walks from the last step to the first, t - 1 stands for t + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_cells import Cell, CellGradients, State, Tape
from bpttsym.rnn_functions import Array, ShapeError

Merge = Literal["concatenated", "summed"]

Initial = Sequence[Sequence[Sequence[ArrayLike]]]
"""The states that the walks begin with: for each layer, for each of its directions."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One cell, or one for each direction."""

    cells: tuple[Cell, ...]
    merge: Merge = "concatenated"

    def __post_init__(self) -> None:
        if len(self.cells) not in (1, 2):
            raise ValueError(f"a layer has one cell or two, got {len(self.cells)}")
        if self.merge not in ("concatenated", "summed"):
            raise ValueError(f"merge must be one of concatenated, summed, got {self.merge!r}")
        if len({cell.input for cell in self.cells}) > 1:
            raise ShapeError(f"both directions must read the same inputs, got sizes {[c.input for c in self.cells]}")
        if self.merge == "summed" and len({cell.hidden for cell in self.cells}) > 1:
            raise ShapeError(f"states that are added must be equal in size, got {[c.hidden for c in self.cells]}")

    @property
    def input(self) -> int:
        """The size of an input."""
        return self.cells[0].input

    @property
    def output(self) -> int:
        """The size of an output."""
        sizes = [cell.hidden for cell in self.cells]
        return sum(sizes) if self.merge == "concatenated" else sizes[0]


def turned(array: Array, direction: int) -> Array:
    """The steps in the order in which a direction walks: 0 as they are, 1 from the last to the first."""
    return array[::-1] if direction else array


def merged(layer: Layer, states: Sequence[Array]) -> Array:
    """The output of a layer from the states of its directions."""
    return np.concatenate(states, axis=-1) if layer.merge == "concatenated" else np.sum(states, axis=0)


def parted(layer: Layer, outputs: Array) -> list[Array]:
    """What each direction gets of the derivatives by the output of its layer."""
    if layer.merge == "summed":
        return [outputs for _ in layer.cells]
    first = layer.cells[0].hidden
    return [outputs] if len(layer.cells) == 1 else [outputs[..., :first], outputs[..., first:]]


@dataclass(frozen=True, slots=True, eq=False)
class StackTape:
    """A tape for each layer and direction, in the order in which that direction walks, and the outputs at the top."""

    layers: tuple[tuple[Tape, ...], ...]
    outputs: Array  # (T, batch, output of the last layer)


@dataclass(frozen=True, slots=True, eq=False)
class StackGradients:
    """The derivatives for each layer and direction, in the order in which that direction walks, and by the inputs."""

    layers: tuple[tuple[CellGradients, ...], ...]
    inputs: Array  # (T, batch, input)

    def states(self, layer: int, direction: int) -> Array:
        """dL/dh_t for t = 1, ..., T of a layer and direction, both numbered from 0: (T, batch, hidden)."""
        return turned(self.layers[layer][direction].states[0], direction)


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers, from the inputs upwards."""

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        for number, (below, above) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=2):
            if above.input != below.output:
                raise ShapeError(f"layer {number} must read inputs of size {below.output}, got {above.input}")

    def forward(self, inputs: ArrayLike, initial: Initial) -> StackTape:
        """Walk through each layer over the outputs of the layer below, ``inputs`` (T, batch, input) at the bottom."""
        tapes = []
        x = np.asarray(inputs)
        for layer, begins in zip(self.layers, initial, strict=True):
            walks = [
                cell.forward(turned(x, direction), begin)
                for direction, (cell, begin) in enumerate(zip(layer.cells, begins, strict=True))
            ]
            x = merged(layer, [turned(walk.outputs, direction) for direction, walk in enumerate(walks)])
            tapes.append(tuple(walks))
        return StackTape(tuple(tapes), x)

    def backward(
        self, tape: StackTape, outputs: Array, last: Sequence[Sequence[State | None]] | None = None
    ) -> StackGradients:
        """The derivatives of a loss, from those by the outputs at the top, and by last states where they are read."""
        found = []
        for number in reversed(range(len(self.layers))):
            layer, walks = self.layers[number], tape.layers[number]
            beyond = last[number] if last is not None else [None] * len(walks)
            ways_back = [
                cell.backward(walk, turned(part, direction), end)
                for direction, (cell, walk, part, end) in enumerate(
                    zip(layer.cells, walks, parted(layer, outputs), beyond, strict=True)
                )
            ]
            outputs = np.sum([turned(way.inputs, direction) for direction, way in enumerate(ways_back)], axis=0)
            found.append(tuple(ways_back))
        return StackGradients(tuple(reversed(found)), outputs)
