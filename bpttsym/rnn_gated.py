r"""Cells with gates, forward, and backward by hand: the LSTM, and the GRU in its two versions.

With \sigma the logistic function, and one row of W, U and b for each gate k:  a^k_t = W_k h_{t-1} + U_k x_t + b_k.

    LSTM    i_t = \sigma(a^i_t),  f_t = \sigma(a^f_t),  g_t = \tanh(a^g_t),  o_t = \sigma(a^o_t)
            c_t = f_t \odot c_{t-1} + i_t \odot g_t,    h_t = o_t \odot \tanh(c_t)
    GRU     r_t = \sigma(a^r_t),  z_t = \sigma(a^z_t),    h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}
            n_t = \tanh(U_n x_t + b_n + r_t \odot (W_n h_{t-1} + d))    reset after the product: `GRU`, as in PyTorch
            n_t = \tanh(U_n x_t + b_n + W_n (r_t \odot h_{t-1}))        reset before the product: `ResetBeforeGRU`

The LSTM with a forget gate is that of Gers, Schmidhuber and Cummins (2000); the GRU that of Cho et al. (2014), in which
the reset stands before the product. The order of gates is PyTorch's: i, f, g, o and r, z, n. So for `torch.nn.LSTM`
weight_hh is ``W.reshape(4 * hidden, hidden)``, and for `torch.nn.GRU` d is the last third of bias_hh.

Backward, with \alpha^k_t = dL/da^k_t, and \delta_t = dL/dh_t, \gamma_t = dL/dc_t (total derivatives, 0 beyond T):

    LSTM    \delta_t = (what h_t gets from outside) + \sum_k W_k^T \alpha^k_{t+1}
            \gamma_t = \delta_t \odot o_t \odot (1 - \tanh^2 c_t) + f_{t+1} \odot \gamma_{t+1}
            \alpha^i_t = \gamma_t \odot g_t \odot i_t (1 - i_t),    \alpha^g_t = \gamma_t \odot i_t \odot (1 - g_t^2)
            \alpha^f_t = \gamma_t \odot c_{t-1} \odot f_t (1 - f_t)
            \alpha^o_t = \delta_t \odot \tanh(c_t) \odot o_t (1 - o_t)
    GRU     \alpha^n_t = \delta_t \odot (1 - z_t) \odot (1 - n_t^2),
            \alpha^z_t = \delta_t \odot (h_{t-1} - n_t) \odot z_t (1 - z_t)
            after:   m_t = W_n h_{t-1} + d,  \beta_t = dL/dm_t = r_t \odot \alpha^n_t,
                     \alpha^r_t = \alpha^n_t \odot m_t \odot r_t (1 - r_t)
            before:  u_t = W_n^T \alpha^n_t = dL/d(r_t \odot h_{t-1}),
                     \alpha^r_t = u_t \odot h_{t-1} \odot r_t (1 - r_t)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_cells import Cell, CellGradients, State, Tape, set_arrays
from bpttsym.rnn_functions import Array, checked_array, rows, sigmoid


@dataclass(frozen=True, slots=True, eq=False)
class GatedCell(Cell):
    """What all cells with gates share: one matrix W and U, and one b, for each gate."""

    gates: ClassVar[str]

    W: Array  # (gates, hidden, hidden)
    U: Array  # (gates, hidden, input)
    b: Array  # (gates, hidden)

    def __post_init__(self) -> None:
        count = len(self.gates)
        U = checked_array("U", self.U, gates=count, hidden=None, input=None)
        W = checked_array("W", self.W, gates=count, hidden=U.shape[1], hidden_before=U.shape[1])
        set_arrays(self, W=W, U=U, b=checked_array("b", self.b, gates=count, hidden=U.shape[1]))

    @property
    def hidden(self) -> int:
        return int(self.U.shape[1])

    @property
    def input(self) -> int:
        return int(self.U.shape[2])

    def from_inputs(self, x: Array) -> Array:
        """U_k x_t + b_k for all steps and gates: (T, batch, gates, hidden)."""
        return (rows(x) @ rows(self.U).T + self.b.ravel()).reshape(*x.shape[:2], *self.b.shape)

    def uses(self, x: Array, h: Array, alpha: Array, beta: Array) -> tuple[dict[str, Array], Array]:
        r"""dL/dW = \sum_t \beta_t h_{t-1}^T, dL/dU = \sum_t \alpha_t x_t^T, dL/db = \sum_t \alpha_t, and dL/dx_t.

        ``alpha`` are the derivatives by all pre-activations, ``beta`` those by W_k h_{t-1}: (T, batch, gates, hidden).
        """
        alphas, betas = (array.reshape(-1, self.b.size) for array in (alpha, beta))
        parameters = {
            "W": (betas.T @ rows(h[:-1])).reshape(self.W.shape),
            "U": (alphas.T @ rows(x)).reshape(self.U.shape),
            "b": alphas.sum(axis=0).reshape(self.b.shape),
        }
        return parameters, (alphas @ rows(self.U)).reshape(x.shape)


@dataclass(frozen=True, slots=True, eq=False)
class LSTM(GatedCell):
    """Long short-term memory: its state is (h, c), and only h is an output."""

    gates: ClassVar[str] = "ifgo"
    passed: ClassVar[tuple[str, ...]] = ("h", "c")

    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        x, states = self.begin(inputs, initial)
        h, c = states
        gates = self.from_inputs(x)
        W_transposed = np.ascontiguousarray(rows(self.W).T)
        tanh_c = np.empty_like(c[1:])
        for t, gate in enumerate(gates):
            gate += (h[t] @ W_transposed).reshape(gate.shape)
            i, f, g, o = (gate[:, k] for k in range(4))
            sigmoid(gate[:, :2], gate[:, :2])
            np.tanh(g, g)
            sigmoid(o, o)
            c[t + 1] = f * c[t] + i * g
            np.tanh(c[t + 1], tanh_c[t])
            h[t + 1] = o * tanh_c[t]
        return Tape(x, states, (gates, tanh_c))

    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        (gates, tanh_c), (h, c) = tape.kept, tape.states
        i, f, g, o = (gates[:, :, k] for k in range(4))
        by_h, by_c = self.turn(tape, outputs, last)
        delta = np.empty_like(tanh_c)
        gamma = o * (1.0 - tanh_c * tanh_c)
        alpha = np.empty_like(gates)  # first what \gamma_t or \delta_t is multiplied with, then the product
        alpha[:, :, 0] = g * i * (1.0 - i)
        alpha[:, :, 1] = c[:-1] * f * (1.0 - f)
        alpha[:, :, 2] = i * (1.0 - g * g)
        alpha[:, :, 3] = tanh_c * o * (1.0 - o)
        W = rows(self.W)
        for t in reversed(range(len(delta))):
            np.add(outputs[t], by_h, delta[t])
            gamma[t] *= delta[t]
            gamma[t] += by_c
            alpha[t, :, :3] *= gamma[t][:, np.newaxis]
            alpha[t, :, 3] *= delta[t]
            by_h = alpha[t].reshape(len(by_h), -1) @ W
            by_c = f[t] * gamma[t]
        parameters, by_inputs = self.uses(tape.inputs, h, alpha, alpha)
        return CellGradients(parameters, by_inputs, (by_h, by_c), (delta, gamma))


@dataclass(frozen=True, slots=True, eq=False)
class GRU(GatedCell):
    """Gated recurrent unit, reset after the product: r_t multiplies W_n h_{t-1} + d, as in `torch.nn.GRU`."""

    gates: ClassVar[str] = "rzn"

    d: Array  # (hidden,)

    def __post_init__(self) -> None:
        GatedCell.__post_init__(self)
        set_arrays(self, d=checked_array("d", self.d, hidden=self.hidden))

    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        x, states = self.begin(inputs, initial)
        (h,) = states
        gates = self.from_inputs(x)
        W_transposed = np.ascontiguousarray(rows(self.W).T)
        m = np.empty_like(h[1:])
        for t, gate in enumerate(gates):
            recurrent = (h[t] @ W_transposed).reshape(gate.shape)
            r, z, n = (gate[:, k] for k in range(3))
            gate[:, :2] += recurrent[:, :2]
            sigmoid(gate[:, :2], gate[:, :2])
            np.add(recurrent[:, 2], self.d, m[t])
            np.tanh(n + r * m[t], n)
            h[t + 1] = n + z * (h[t] - n)
        return Tape(x, states, (gates, m))

    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        (gates, m), (h,) = tape.kept, tape.states
        r, z, n = (gates[:, :, k] for k in range(3))
        (by_h,) = self.turn(tape, outputs, last)
        delta = np.empty_like(h[1:])
        alpha, beta = np.empty_like(gates), np.empty_like(gates)
        slope_n = (1.0 - z) * (1.0 - n * n)
        alpha[:, :, 0] = slope_n * m * r * (1.0 - r)  # first what \delta_t is multiplied with, then the product
        alpha[:, :, 1] = (h[:-1] - n) * z * (1.0 - z)
        alpha[:, :, 2] = slope_n
        beta[:, :, :2] = alpha[:, :, :2]
        beta[:, :, 2] = slope_n * r
        W = rows(self.W)
        for t in reversed(range(len(delta))):
            np.add(outputs[t], by_h, delta[t])
            beta[t] *= delta[t][:, np.newaxis]
            by_h = delta[t] * z[t] + beta[t].reshape(len(by_h), -1) @ W
        alpha *= delta[:, :, np.newaxis]
        parameters, by_inputs = self.uses(tape.inputs, h, alpha, beta)
        return CellGradients(parameters | {"d": rows(beta[:, :, 2]).sum(axis=0)}, by_inputs, (by_h,), (delta,))


@dataclass(frozen=True, slots=True, eq=False)
class ResetBeforeGRU(GatedCell):
    """Gated recurrent unit, reset before the product: W_n multiplies r_t * h_{t-1}, as Cho et al. (2014) have it."""

    gates: ClassVar[str] = "rzn"

    def forward(self, inputs: ArrayLike, initial: Sequence[ArrayLike]) -> Tape:
        x, states = self.begin(inputs, initial)
        (h,) = states
        gates = self.from_inputs(x)
        W_rz, W_n = np.ascontiguousarray(rows(self.W[:2]).T), np.ascontiguousarray(self.W[2].T)
        for t, gate in enumerate(gates):
            r, z, n = (gate[:, k] for k in range(3))
            gate[:, :2] += (h[t] @ W_rz).reshape(gate[:, :2].shape)
            sigmoid(gate[:, :2], gate[:, :2])
            np.tanh(n + (r * h[t]) @ W_n, n)
            h[t + 1] = n + z * (h[t] - n)
        return Tape(x, states, (gates,))

    def backward(self, tape: Tape, outputs: Array, last: State | None = None) -> CellGradients:
        (gates,), (h,) = tape.kept, tape.states
        r, z, n = (gates[:, :, k] for k in range(3))
        (by_h,) = self.turn(tape, outputs, last)
        delta = np.empty_like(h[1:])
        alpha = np.empty_like(gates)
        alpha[:, :, 0] = h[:-1] * r * (1.0 - r)  # first what u_t or \delta_t is multiplied with, then the product
        alpha[:, :, 1] = (h[:-1] - n) * z * (1.0 - z)
        alpha[:, :, 2] = (1.0 - z) * (1.0 - n * n)
        W_rz, W_n = rows(self.W[:2]), self.W[2]
        for t in reversed(range(len(delta))):
            np.add(outputs[t], by_h, delta[t])
            alpha[t, :, 1:] *= delta[t][:, np.newaxis]
            u = alpha[t, :, 2] @ W_n
            alpha[t, :, 0] *= u
            by_h = delta[t] * z[t] + u * r[t] + alpha[t, :, :2].reshape(len(by_h), -1) @ W_rz
        parameters, by_inputs = self.uses(tape.inputs, h, alpha, alpha)
        parameters["W"][2] = rows(alpha[:, :, 2]).T @ rows(r * h[:-1])
        return CellGradients(parameters, by_inputs, (by_h,), (delta,))
