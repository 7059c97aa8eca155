"""Networks of any number of layers: what is true of two only is a condition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bpttsym import load
from bpttsym.verdict import judge

MODEL = r"""---
layout: numerator
%s---
$$
h_t^{(l)} = \tanh(W^{(l)} h_{t-1}^{(l)} + U^{(l)} h_t^{(l-1)}), \quad h_t^{(0)} = x_t,
\quad \mathcal{L} = \sum_{t=1}^{T} \lVert h_t^{(L)} - y_t \rVert^2
$$
"""
TOP = r"\frac{\partial h_T^{(L)}}{\partial h_T^{(1)}} = \mathrm{diag}(1 - (h_T^{(L)})^2) U^{(L)}"
ROWS = [
    (TOP, "", "conditional"),
    (TOP, "L: 2\n", "proved"),
    (TOP, "L: 3\n", "refuted"),
    (
        r"\frac{\partial h_T^{(L)}}{\partial h_T^{(L-1)}} = \mathrm{diag}(1 - (h_T^{(L)})^2) U^{(L)}",
        "",
        "proved",
    ),
    (r"\frac{\partial h_T^{(L)}}{\partial h_T^{(L-1)}} = \mathrm{diag}(1 - h_T^{(L)}) U^{(L)}", "", "refuted"),
    (r"\nabla_{h_T^{(L)}} \mathcal{L} = 2 (h_T^{(L)} - y_T)", "", "proved"),
]


@pytest.mark.parametrize(("equation", "setting", "status"), ROWS)
def test_a_claim_about_layers(equation: str, setting: str, status: str) -> None:
    verdict = judge(load(f"{MODEL % setting}\n$${equation}$$\n"), mend=False)[-1]
    assert verdict.status == status
    if status == "conditional":
        assert verdict.conditions == ("L = 2",)
    if status == "refuted":
        assert not any("L > 2" in words for words, _ in verdict.readings)


@pytest.mark.parametrize(("layers", "same"), [(2, True), (3, False)])
def test_the_numbers(layers: int, same: bool) -> None:
    """The top state by the first one of its step, by a complex step on a forward pass written here."""
    random = np.random.default_rng(layers)
    sizes = (2, *(3 for _ in range(layers)))
    U = [random.standard_normal((above, below)) for below, above in pairwise(sizes)]
    past = [random.standard_normal(size) for size in sizes[1:]]

    def top(first: np.ndarray) -> np.ndarray:
        state = first
        for layer in range(1, layers):
            state = np.tanh(past[layer] + U[layer] @ state)
        return state

    first = np.tanh(past[0] + U[0] @ random.standard_normal(2))
    truth = np.stack([top(first + 1e-30j * row).imag / 1e-30 for row in np.eye(3)], axis=1)
    claimed = np.diag(1 - top(first) ** 2) @ U[-1]
    assert bool(np.abs(truth - claimed).max() < 1e-12) is same
