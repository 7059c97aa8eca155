r"""Immediate derivatives where a step is computed in two lines: ``a_t = W h_{t-1} + U x_t``, ``h_t = \tanh(a_t)``.

A node of the same step that no other step uses only helps to write the step, so that ``\partial^{+} h_t / \partial W``
holds ``h_{t-1}`` and lets ``a_t`` move. The truth of each row is computed here by hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bpttsym

T, SIZE = 4, 3
LAYOUT = "---\nlayout: numerator\n---\n"
MODEL = (
    LAYOUT
    + r"$$a_t = W h_{t-1} + U x_t,\quad h_t = \tanh(a_t),\quad L = \sum_{t=1}^{T}\lVert h_t - y_t\rVert^2$$"
    + "\n"
)
Array = Any


class Hand:
    """The network by hand, with the total and the immediate derivatives that the rows speak of."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        self.W, self.U = random.normal(size=(2, SIZE, SIZE))
        self.x, self.y = random.normal(size=(2, T + 1, SIZE))
        self.h = [random.normal(size=SIZE)]
        for t in range(1, T + 1):
            self.h.append(np.tanh(self.W @ self.h[-1] + self.U @ self.x[t]))
        self.slope = [np.diag(1 - h**2) for h in self.h]
        self.immediate = [np.zeros((SIZE, SIZE * SIZE))]
        self.total = [self.immediate[0]]
        for t in range(1, T + 1):
            self.immediate.append(self.slope[t] @ np.kron(np.eye(SIZE), self.h[t - 1]))
            self.total.append(self.immediate[t] + self.slope[t] @ self.W @ self.total[t - 1])
        self.own = [2 * (self.h[t] - self.y[t]) for t in range(T + 1)]
        self.gradient = sum(self.own[t] @ self.total[t] for t in range(1, T + 1))

    def between(self, t: int, k: int) -> Array:
        """The derivative of h_t by h_k."""
        found = np.eye(SIZE)
        for step in range(k + 1, t + 1):
            found = self.slope[step] @ self.W @ found
        return found

    def upstream(self, t: int) -> Array:
        """The derivative of the loss by h_t."""
        return sum(self.own[s] @ self.between(s, t) for s in range(t, T + 1))


def by_hand(of: str) -> bool:
    """Whether a sum over the steps is the gradient."""
    net = Hand()
    steps = range(1, T + 1)
    table = {
        "immediate": lambda: sum(net.upstream(t) @ net.immediate[t] for t in steps),
        "total": lambda: sum(net.upstream(t) @ net.total[t] for t in steps),
        "one too few": lambda: sum(net.upstream(t) @ net.immediate[t] for t in range(2, T + 1)),
        "double sum": lambda: sum(
            net.own[t] @ net.between(t, k) @ net.immediate[k] for t in steps for k in range(1, t + 1)
        ),
        "diagonal only": lambda: sum(net.own[t] @ net.immediate[t] for t in steps),
    }
    return bool(np.allclose(table[of](), net.gradient))


ROWS = (
    (r"\sum_{t=1}^{T}\frac{\mathrm dL}{\mathrm dh_t}\frac{\partial^{+}h_t}{\partial W}", "immediate", "proved"),
    (r"\sum_{t=1}^{T}\frac{\mathrm dL}{\mathrm dh_t}\frac{\mathrm dh_t}{\mathrm dW}", "total", "refuted"),
    (r"\sum_{t=2}^{T}\frac{\mathrm dL}{\mathrm dh_t}\frac{\partial^{+}h_t}{\partial W}", "one too few", "refuted"),
    (
        r"\sum_{t=1}^{T}\sum_{k=1}^{t}\frac{\partial^{+}L}{\partial h_t}\frac{\mathrm dh_t}{\mathrm dh_k}"
        r"\frac{\partial^{+}h_k}{\partial W}",
        "double sum",
        "proved",
    ),
    (r"\sum_{t=1}^{T}\frac{\partial^{+}L}{\partial h_t}\frac{\partial^{+}h_t}{\partial W}", "diagonal only", "refuted"),
)


@pytest.mark.parametrize(("claim", "truth", "wanted"), ROWS, ids=[row[1] for row in ROWS])
def test_a_step_in_two_lines(claim: str, truth: str, wanted: str) -> None:
    """What is marked is judged as the hand computes it."""
    assert by_hand(truth) is (wanted == "proved")
    verdict = bpttsym.verify(MODEL + rf"$$\frac{{\mathrm dL}}{{\mathrm dW}}={claim}$$")[-1]
    assert verdict.status == wanted


def test_an_unmarked_derivative_is_conditional() -> None:
    """The chain rule of the books is true where the last factor is immediate, and says so; one step less is false."""
    product = r"\frac{\partial h_t}{\partial h_k}\frac{\partial h_k}{\partial W}"
    claim = rf"$$\frac{{\partial h_t}}{{\partial W}}=\sum_{{k=1}}^{{t}}{product}$$"
    right, wrong = bpttsym.verify(MODEL + claim + "\n" + claim.replace("k=1", "k=2"))[-2:]
    assert (right.status, right.conditions) == ("conditional", ("\u2202h_t/\u2202W is the immediate derivative",))
    assert wrong.status == "refuted"


def test_a_state_is_no_helper() -> None:
    """The cell c_t is used at the next step: with c_t held, h_t does not depend on W at all."""
    model = LAYOUT + r"$$c_t = \tanh(W c_{t-1} + U x_t),\quad h_t = \tanh(c_t),\quad L=\lVert h_T-y\rVert^2$$" + "\n"
    claim = r"$$\frac{\mathrm dh_t}{\mathrm dW}=\frac{\partial^{+}h_t}{\partial c_t}\frac{\mathrm dc_t}{\mathrm dW}$$"
    wrong = (
        r"$$\frac{\mathrm dh_t}{\mathrm dW}=\frac{\partial^{+}h_t}{\partial c_t}\frac{\partial^{+}c_t}{\partial W}$$"
    )
    assert [v.status for v in bpttsym.verify(model + claim + "\n" + wrong)][-2:] == ["proved", "refuted"]
