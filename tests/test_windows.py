"""Windows, chunks, cases and degrees that only a network longer than a few steps tells from the whole gradient."""

from __future__ import annotations

import numpy as np
import pytest

from bpttsym import load
from bpttsym.verdict import judge

MODEL = r"""---
layout: numerator
---
$$ h_t = \tanh(W h_{t-1} + U x_t), \quad L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert^2 $$
"""

SENSITIVITY = r"\frac{d h_t}{d W} = \sum_{%s}^{%s} \frac{\partial h_t}{\partial h_k}\frac{\partial^+ h_k}{\partial W}"
GRADIENT = r"\nabla_W L = \sum_{t=%s}^{%s} \mathrm{diag}(1-h_t^2) (\nabla_{h_t} L) h_{t-1}^\top"
CASES = (
    r"\nabla_{h_t} L = 2 (h_t-y_t) + \begin{cases} W^\top \mathrm{diag}(1-h_{t+1}^2) \nabla_{h_{t+1}} L & t < %s"
    r" \\ 0 & t \ge %s \end{cases}"
)

FALSE = {
    "a window of ten": SENSITIVITY % (r"k=\max(1,t-10)", "t"),
    "the first seven": SENSITIVITY % ("k=1", r"\min(t,7)"),
    "chunks of eight": SENSITIVITY % (r"k=8\lfloor (t-1)/8 \rfloor+1", "t"),
    "the first ten": GRADIENT % ("1", r"\min(T,10)"),
    "from the sixth": GRADIENT % ("6", "T"),
    "a case": CASES % ("6", "6"),
    "a condition": r"\frac{\partial h_t}{\partial h_k} = 0, \quad t - k > 7",
    "a polynomial of three zeros": r"\nabla_{h_T} L = (T^3 - 12 T^2 + 47 T - 58)(h_T - y_T)",
}

TRUE = {
    "a window of all steps": SENSITIVITY % (r"k=\max(1,t-T)", "t"),
    "the first of all steps": SENSITIVITY % ("k=1", r"\min(t,T+5)"),
    "the whole gradient": GRADIENT % (r"\max(1,T-T)", r"\min(T,T+2)"),
    "a square of the number of steps": r"T^2 \nabla_{h_T} L = 2 T^2 (h_T - y_T)",
}


def shown(equation: str, before: str = MODEL) -> str:
    """A document with one claim."""
    return f"{before}\n$${equation}$$\n"


def window(start: str) -> str:
    """The derivative of a state as a sum that begins at some step."""
    return SENSITIVITY % (start, "t")


def statuses(text: str) -> list[str]:
    return [verdict.status for verdict in judge(load(text), mend=False) if verdict.status != "definition"]


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_of_long_sequences_only_is_refuted(name: str) -> None:
    assert statuses(shown(FALSE[name])) == ["refuted"]


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_of_all_is_proved(name: str) -> None:
    assert statuses(shown(TRUE[name])) == ["proved"]


def test_a_window_with_a_name() -> None:
    named = MODEL + "\n$$ K = 6 $$\n"
    assert statuses(shown(window(r"k=\max(1,t-K)"), named)) == ["refuted"]


def test_a_long_model_is_tried_beyond_the_window_and_says_so() -> None:
    long = MODEL.replace("---", "---\nT: 50", 1)
    assert statuses(shown(window(r"k=\max(1,t-9)"), long)) == ["refuted"]
    whole = judge(load(shown(window("k=1"), long)), mend=False)[-1]
    assert whole.status == "proved"
    assert any("T = 50 is long" in words for words in whole.assumed)


def test_a_window_longer_than_any_network_tried_is_unchecked() -> None:
    assert statuses(shown(window(r"k=\max(1,t-60)"), MODEL)) == ["unchecked"]


def test_a_fixed_horizon_within_the_window_is_no_error() -> None:
    short = MODEL.replace("---", "---\nT: 4", 1)
    assert statuses(shown(window(r"k=\max(1,t-10)"), short)) == ["proved"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_windows_do_differ_in_numbers_of_their_own(seed: int) -> None:
    """Forward by hand, the derivative by a complex step, the terms of the sum by hand."""
    random = np.random.default_rng(seed)
    steps, size, inputs = 13, 3, 2
    W, U = random.standard_normal((size, size)), random.standard_normal((size, inputs))
    x, first = random.standard_normal((steps + 1, inputs)), random.standard_normal(size)

    def states(W: np.ndarray) -> list[np.ndarray]:
        h = [first.astype(W.dtype)]
        for t in range(1, steps + 1):
            h.append(np.tanh(W @ h[-1] + U @ x[t]))
        return h

    truth = np.zeros((size, size * size))
    for place in range(size * size):
        moved = W.astype(complex)
        moved.flat[place] += 1e-30j
        truth[:, place] = states(moved)[steps].imag / 1e-30
    h = states(W)

    def term(k: int) -> np.ndarray:
        jacobian = np.eye(size)
        for step in range(k + 1, steps + 1):
            jacobian = np.diag(1 - h[step] ** 2) @ W @ jacobian
        return jacobian @ np.diag(1 - h[k] ** 2) @ np.kron(np.eye(size), h[k - 1])

    terms = {k: term(k) for k in range(1, steps + 1)}
    scale = np.abs(truth).max()
    assert np.abs(sum(terms.values()) - truth).max() < 1e-12 * scale
    for kept in (range(max(1, steps - 10), steps + 1), range(1, 8), range(8 * ((steps - 1) // 8) + 1, steps + 1)):
        assert np.abs(sum(terms[k] for k in kept) - truth).max() > 1e-9 * scale
