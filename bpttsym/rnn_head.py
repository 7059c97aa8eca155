r"""What reads the states: z_t = V h_t + c, \hat y_t = g(z_t), and the loss; forward, and backward by hand.

The loss is the sum over the batch of l(\hat y_T, y) (many-to-one) or of \sum_t l(\hat y_t, y_t) (many-to-many), and

    dL/dV = \sum_t (dL/dz_t) h_t^T,    dL/dc = \sum_t dL/dz_t,    dL/dh_t = V^T (dL/dz_t), with later steps left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_cells import set_arrays
from bpttsym.rnn_functions import LOSSES, READOUTS, TOGETHER, Array, checked_array, rows

Readout = Literal["linear", "tanh", "softmax"]
Loss = Literal["norm", "squared_error", "cross_entropy"]
Form = Literal["many_to_many", "many_to_one"]

CHOICES: dict[str, Collection[str]] = {
    "readout": READOUTS,
    "loss": LOSSES,
    "form": ("many_to_many", "many_to_one"),
}


@dataclass(frozen=True, slots=True, eq=False)
class HeadTape:
    """What the head met. Many-to-one reads the last state only: then there is no step axis."""

    read: Array  # (T, batch, hidden), many-to-one (batch, hidden): the states that are read
    steps: int  # T
    targets: Array  # (T, batch, output), many-to-one (batch, output)
    logits: Array  # like targets: z = V h + c
    outputs: Array  # like targets: g(z)
    loss: float  # summed over the batch, and over the steps if many-to-many


@dataclass(frozen=True, slots=True, eq=False)
class HeadGradients:
    """The derivatives of the loss by the parameters V and c, and by the states by way of their own step alone."""

    parameters: dict[str, Array]
    states: Array  # (T, batch, hidden)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Readout and loss."""

    V: Array  # (output, hidden)
    c: Array  # (output,)
    readout: Readout = "linear"
    loss: Loss = "squared_error"
    form: Form = "many_to_many"

    def __post_init__(self) -> None:
        for field, table in CHOICES.items():
            if (got := getattr(self, field)) not in table:
                raise ValueError(f"{field} must be one of {', '.join(table)}, got {got!r}")
        V = checked_array("V", self.V, output=None, hidden=None)
        set_arrays(self, V=V, c=checked_array("c", self.c, output=V.shape[0]))

    def forward(self, states: Array, targets: ArrayLike) -> HeadTape:
        """Outputs and loss from the states h_1, ..., h_T: (T, batch, hidden)."""
        output, hidden = self.V.shape
        T, batch = states.shape[:2]
        checked_array("states", states, T=T, batch=batch, hidden=hidden)
        many = self.form == "many_to_many"
        y = checked_array("targets", targets, **({"T": T} if many else {}), batch=batch, output=output)
        read = states if many else states[-1]
        z = (rows(read) @ self.V.T + self.c).reshape(y.shape)
        outputs = READOUTS[self.readout].value(z)
        if together := TOGETHER.get((self.readout, self.loss)):
            loss = together.value(z, y)
        else:
            loss = LOSSES[self.loss].value(outputs, y)
        return HeadTape(read, T, y, z, outputs, loss)

    def backward(self, tape: HeadTape, elsewhere: Array | None = None) -> HeadGradients:
        r"""The derivatives; ``elsewhere`` is what \hat y gets from where else it is used, beside this loss."""
        readout = READOUTS[self.readout].derivative
        if together := TOGETHER.get((self.readout, self.loss)):
            dz = together.derivative(tape.outputs, tape.targets)
        else:
            dz = readout(tape.outputs, LOSSES[self.loss].derivative(tape.outputs, tape.targets))
        if elsewhere is not None:
            dz = dz + readout(tape.outputs, elsewhere)
        read = (rows(dz) @ self.V).reshape(tape.read.shape)
        if self.form == "many_to_many":
            states = read
        else:
            states = np.zeros((tape.steps, *read.shape))
            states[-1] = read
        return HeadGradients({"V": rows(dz).T @ rows(tape.read), "c": rows(dz).sum(axis=0)}, states)
