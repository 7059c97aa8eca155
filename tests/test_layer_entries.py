"""Entries of layers, ``h_{t,i}^{(2)}`` and ``U_{ij}^{(2)}``, and losses of a step, ``E^t``, as NumPy judges them.

The network is that of test_layer_numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from complex_step import equal
from test_layer_numbers import DEFINITIONS, N, S, by, h, slope, styled, t, verdicts, w

Array = Any
Row = tuple[str, Callable[[], tuple[Array, Array]]]

ROWS: dict[str, Row] = {
    "up a layer": (
        r"\frac{\partial h_{t,i}^{(2)}}{\partial h_{t,j}^{(1)}}=(1-(h_{t,i}^{(2)})^2)U_{ij}^{(2)}",
        lambda: (N.d(("h", t, 2), ("h", t, 1)), slope(2, t) @ w("U", 2)),
    ),
    "up a layer, by the weight of the lower one": (
        r"\frac{\partial h_{t,i}^{(2)}}{\partial h_{t,j}^{(1)}}=(1-(h_{t,i}^{(2)})^2)W_{ij}^{(2)}",
        lambda: (N.d(("h", t, 2), ("h", t, 1)), (slope(2, t) @ w("W", 2))[:, :3]),
    ),
    "a step": (
        r"\frac{\partial^+h_{t,i}^{(2)}}{\partial h_{t-1,j}^{(2)}}=(1-(h_{t,i}^{(2)})^2)W_{ij}^{(2)}",
        lambda: (N.d(("h", t, 2), ("h", t - 1, 2)), slope(2, t) @ w("W", 2)),
    ),
    "a step, letters exchanged": (
        r"\frac{\partial^+h_{t,i}^{(2)}}{\partial h_{t-1,j}^{(2)}}=(1-(h_{t,i}^{(2)})^2)W_{ji}^{(2)}",
        lambda: (N.d(("h", t, 2), ("h", t - 1, 2)), slope(2, t) @ w("W", 2).T),
    ),
    "a weight": (
        r"\frac{\partial L}{\partial W_{ij}^{(1)}}=\sum_t\frac{\partial L}{\partial h_{t,i}^{(1)}}"
        r"(1-(h_{t,i}^{(1)})^2)h_{t-1,j}^{(1)}",
        lambda: (N.d(("L",), ("W", 1)), sum(np.outer(slope(1, s) @ by(1, s), h(1, s - 1)) for s in S)),
    ),
    "a weight, of the other layer": (
        r"\frac{\partial L}{\partial W_{ij}^{(1)}}=\sum_t\frac{\partial L}{\partial h_{t,i}^{(1)}}"
        r"(1-(h_{t,i}^{(1)})^2)h_{t,j}^{(1)}",
        lambda: (N.d(("L",), ("W", 1)), sum(np.outer(slope(1, s) @ by(1, s), h(1, s)) for s in S)),
    ),
    "a weight, letters exchanged": (
        r"\frac{\partial L}{\partial W_{ij}^{(1)}}=\sum_t\frac{\partial L}{\partial h_{t,j}^{(1)}}"
        r"(1-(h_{t,j}^{(1)})^2)h_{t-1,i}^{(1)}",
        lambda: (N.d(("L",), ("W", 1)), sum(np.outer(h(1, s - 1), slope(1, s) @ by(1, s)) for s in S)),
    ),
}

WHOLE = styled(DEFINITIONS, "in brackets")
BY_ENTRIES = r"""
$$h_{t,i}^{(1)}=\tanh(\sum_jW_{ij}^{(1)}h_{t-1,j}^{(1)}+\sum_kU_{ik}^{(1)}x_{t,k})$$

$$h_{t,i}^{(2)}=\tanh(\sum_jW_{ij}^{(2)}h_{t-1,j}^{(2)}+\sum_kU_{ik}^{(2)}h_{t,k}^{(1)})$$

$$L=\sum_t\sum_k\left(\sum_iV_{ki}h_{t,i}^{(2)}-y_{t,k}\right)^2$$
"""
IN_GENERAL = r"""
$$h_{t,i}^{(l)}=\tanh(\sum_jW_{ij}^{(l)}h_{t-1,j}^{(l)}+\sum_kU_{ik}^{(l)}h_{t,k}^{(l-1)})$$

$$L=\sum_t\sum_k\left(\sum_iV_{ki}h_{t,i}^{(N)}-y_{t,k}\right)^2$$
"""


@pytest.mark.campaign(quick=13)
@pytest.mark.parametrize("definitions", [WHOLE, BY_ENTRIES, IN_GENERAL], ids=["whole", "by entries", "in general"])
@pytest.mark.parametrize("name", ROWS)
def test_entries_of_layers(name: str, definitions: str) -> None:
    """The layer stands behind the step and before the entry, wherever it is written."""
    claim, sides = ROWS[name]
    status, message = verdicts(f"{definitions}\n\n$${claim}$$\n")[-1]
    assert status in ({"proved", "verified", "conditional"} if equal(*sides()) else {"refuted"}), message


def test_the_same_cell_said_by_its_entries() -> None:
    """A claim about what is defined as a whole; with its weight transposed it is false."""
    again = r"$$h_{t,i}^{(1)}=\tanh(\sum_jW_{ij}^{(1)}h_{t-1,j}^{(1)}+\sum_kU^{(1)}_{ik}x_{t,k})$$"
    assert verdicts(f"{WHOLE}\n\n{again}")[-1][0] == "proved"
    assert verdicts(f"{WHOLE}\n\n{again.replace('W_{ij}', 'W_{ji}')}")[-1][0] == "refuted"


RAISED = r"""
$$a_i^t=\sum_jW_{ij}h_j^{t-1}+\sum_kU_{ik}x_k^t$$

$$h_i^t=\tanh(a_i^t)$$

$$E=\sum_tE^t$$

$$E^t=\frac12\sum_i(h_i^t-y_i^t)^2$$

$$\delta_i^t=\frac{\partial E}{\partial a_i^t}$$
"""

OF_STEPS = {
    "the recursion": (r"\delta_i^t=(1-(h_i^t)^2)\left(h_i^t-y_i^t+\sum_jW_{ji}\delta_j^{t+1}\right)", "proved"),
    "the recursion, letters exchanged": (
        r"\delta_i^t=(1-(h_i^t)^2)\left(h_i^t-y_i^t+\sum_jW_{ij}\delta_j^{t+1}\right)",
        "refuted",
    ),
    "the recursion without its error": (r"\delta_i^t=(1-(h_i^t)^2)\sum_jW_{ji}\delta_j^{t+1}", "refuted"),
    "a loss of a step": (r"\frac{\partial E^t}{\partial h_i^t}=h_i^t-y_i^t", "proved"),
    "a loss of a step, the sign lost": (r"\frac{\partial E^t}{\partial h_i^t}=y_i^t-h_i^t", "refuted"),
    "a weight": (r"\frac{\partial E}{\partial U_{ik}}=\sum_t\delta_i^tx_k^t", "proved"),
    "a weight, letters exchanged": (r"\frac{\partial E}{\partial W_{ij}}=\sum_t\delta_j^th_i^{t-1}", "refuted"),
}


@pytest.mark.parametrize("name", OF_STEPS)
def test_losses_with_their_step_above(name: str) -> None:
    """``E^t`` is the loss of a step where the document gives it a formula, and no power."""
    claim, expected = OF_STEPS[name]
    status, message = verdicts(f"{RAISED}\n\n$${claim}$$\n")[-1]
    assert status == expected, message
