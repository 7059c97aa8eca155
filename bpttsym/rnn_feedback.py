r"""Networks that read what they wrote, forward, and backward by hand.

A fed network has in each step the input [x_t; o_{t-1}], where o_{t-1} is

    \hat y_{t-1}    free running: the network lives on its own outputs
    y_{t-1}         teacher forcing: the right answer is given instead, and no derivative passes through it

and o_0 is given. The choice is made for each step, so a mixture is possible, and x_t may be empty. With a plain cell
of U = [U_x, R] that is a_t = W h_{t-1} + U_x x_t + R o_{t-1} + b; with a `Memoryless` cell it is a network whose
recurrence runs from the output only. Free running, a state reaches the next in two ways, dh_{t+1}/dh_t =
diag(f'(a_{t+1})) (W + R diag(g'(z_t)) V) for an elementwise g, and so the way back has an additional term:

    dL/d\hat y_t = (by its own loss) + R^T \alpha_{t+1}    if \hat y_t is the input of step t + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_cells import Cell, CellGradients, State, Tape, added
from bpttsym.rnn_functions import Array, ShapeError, checked_array
from bpttsym.rnn_head import Head, HeadTape


@dataclass(frozen=True, slots=True, eq=False)
class FedTape:
    """A tape of one step for the cell and for the head, for each step; and which steps read an output."""

    cells: tuple[Tape, ...]
    heads: tuple[HeadTape, ...]
    free: tuple[bool, ...]

    @property
    def loss(self) -> float:
        """Summed over the batch and over the steps."""
        return sum(head.loss for head in self.heads)

    @property
    def outputs(self) -> Array:
        r"""\hat y_1, ..., \hat y_T: (T, batch, output)."""
        return np.concatenate([head.outputs for head in self.heads])


@dataclass(frozen=True, slots=True, eq=False)
class FedGradients:
    """The derivatives of the loss."""

    cell: dict[str, Array]
    head: dict[str, Array]
    inputs: Array  # (T, batch, input of x_t alone)
    initial: State
    first_output: Array  # (batch, output): by o_0
    states: tuple[Array, ...]  # each (T, batch, hidden): the total derivatives by what passes from step to step


@dataclass(frozen=True, slots=True)
class FedNetwork:
    """A cell that reads [x_t; o_{t-1}], and a head with a loss in every step.

    ``free`` says whether o_{t-1} is the output or the target of the step before, for each step t >= 2, or for all;
    None says that the cell reads x_t alone.
    """

    cell: Cell
    head: Head
    free: bool | tuple[bool, ...] | None = True

    def __post_init__(self) -> None:
        if self.head.form != "many_to_many":
            raise ValueError("a fed network has a loss in every step; its head must be many_to_many")
        if self.cell.input < self.fed:
            raise ShapeError(f"the cell must read inputs of at least the {self.fed} outputs, got {self.cell.input}")

    @property
    def fed(self) -> int:
        """The size of o_{t-1}, the last part of the inputs of the cell."""
        return 0 if self.free is None else len(self.head.c)

    def forward(
        self,
        inputs: ArrayLike | None,
        initial: Sequence[ArrayLike],
        first_output: ArrayLike | None,
        targets: ArrayLike,
    ) -> FedTape:
        """Walk step by step; ``inputs`` are x_1, ..., x_T, or None if there are none, and ``first_output`` is o_0."""
        y = checked_array("targets", targets, T=None, batch=None, output=len(self.head.c))
        T, batch = y.shape[:2]
        width = self.cell.input - self.fed
        x = np.empty((T, batch, 0)) if inputs is None else np.asarray(inputs)
        if x.shape != (T, batch, width):
            raise ShapeError(f"inputs must have the shape (T = {T}, batch = {batch}, input = {width}), got {x.shape}")
        free = (False, *self.free) if isinstance(self.free, tuple) else (False, *(bool(self.free),) * (T - 1))
        if len(free) != T:
            raise ShapeError(f"free must say it for the steps 2 to {T}, got {len(free) - 1} words")
        fed = self._first(first_output, batch)
        state = initial
        cells: list[Tape] = []
        heads: list[HeadTape] = []
        for t in range(T):
            if t > 0 and self.fed:
                fed = heads[-1].outputs[0] if free[t] else y[t - 1]
            cells.append(self.cell.forward(np.concatenate([x[t], fed], axis=-1)[np.newaxis], state))
            heads.append(self.head.forward(cells[-1].outputs, y[t : t + 1]))
            state = cells[-1].last
        return FedTape(tuple(cells), tuple(heads), free)

    def _first(self, first_output: ArrayLike | None, batch: int) -> Array:
        """o_0, which is empty where nothing is fed back."""
        if not self.fed:
            if first_output is not None:
                raise ShapeError("first_output must be left out where nothing is fed back")
            return np.empty((batch, 0))
        if first_output is None:
            raise ShapeError(f"first_output must have the shape (batch = {batch}, output = {self.fed}), got none")
        return checked_array("first_output", first_output, batch=batch, output=self.fed)

    def backward(self, tape: FedTape) -> FedGradients:
        """The derivatives, step by step from the last to the first."""
        width = self.cell.input - self.fed
        by_cell: list[CellGradients] = []
        by_head = []
        later: State | None = None  # what step t + 1 passes back to the state of step t
        elsewhere: Array | None = None  # and to its output
        for cell, head, free in zip(tape.cells[::-1], tape.heads[::-1], tape.free[::-1], strict=True):
            by_head.append(self.head.backward(head, elsewhere))
            by_cell.append(self.cell.backward(cell, by_head[-1].states, later))
            later = by_cell[-1].initial
            elsewhere = by_cell[-1].inputs[..., width:] if free else None
        by_cell.reverse()
        by_inputs = np.concatenate([step.inputs for step in by_cell])
        return FedGradients(
            cell=added([step.parameters for step in by_cell]),
            head=added([step.parameters for step in by_head]),
            inputs=by_inputs[..., :width],
            initial=by_cell[0].initial,
            first_output=by_inputs[0, :, width:],
            states=tuple(np.concatenate(steps) for steps in zip(*(step.states for step in by_cell), strict=True)),
        )
