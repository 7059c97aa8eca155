r"""What stands behind an operator or a function without parentheses: ``\nabla_{h} \frac12 \|h\|^2``, ``\tanh W h``.

The truth of each row comes from a network written here by hand, differentiated by complex steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from complex_step import Array, Network, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

T, HIDDEN, INPUT = 3, 3, 2
TRUE = ("proved", "verified", "conditional")


class Bare(Network):
    """``h_t = tanh(W h_{t-1} + U x_t)`` with half a squared distance at each step, and ``q_t = W h_{t-1}``."""

    def __init__(self) -> None:
        random = np.random.default_rng(20)
        shapes: dict[Any, tuple[int, ...]] = {"W": (HIDDEN, HIDDEN), "U": (HIDDEN, INPUT), ("h", 0): (HIDDEN,)}
        shapes |= {(name, t): (size,) for t in range(1, T + 1) for name, size in (("x", INPUT), ("y", HIDDEN))}
        super().__init__({name: random.normal(size=shape) for name, shape in shapes.items()})

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        """All values, where some quantities have the given ones whatever their formula says."""
        v: dict[Any, Array] = {**self.leaves, **moved}
        for t in range(1, T + 1):
            a = v["W"] @ v["h", t - 1] + v["U"] @ v["x", t]
            v["h", t] = moved.get(("h", t), np.tanh(a))
            v["L", t] = ((v["h", t] - v["y", t]) ** 2).sum() / 2
            v["square", t] = v["h", t] @ v["W"] @ v["h", t]
            v["product", t] = v["W"] @ v["h", t - 1]
        v["L"] = sum(v["L", t] for t in range(1, T + 1))
        return v


N = Bare()
W, H, Y = N.values["W"], N.values["h", 2], N.values["y", 2]
DEFINITIONS = r"$$h_t = \tanh(W h_{t-1} + U x_t), \quad L_t = \frac12\|h_t-y_t\|^2, \quad L = \sum_t L_t$$" + "\n\n"

ROWS: list[tuple[str, Array, Array]] = [
    (r"\nabla_{h_t} \frac12 \|h_t - y_t\|^2 = h_t - y_t", N.d(("L", 2), ("h", 2)), H - Y),
    (r"\nabla_{h_t} \frac12 \|h_t - y_t\|^2 = h_t + y_t", N.d(("L", 2), ("h", 2)), H + Y),
    (r"\nabla_{h_t} 1/2 \|h_t - y_t\|^2 = h_t - y_t", N.d(("L", 2), ("h", 2)), H - Y),
    (r"\frac{\partial}{\partial h_t} \frac12 \|h_t - y_t\|^2 = h_t - y_t", N.d(("L", 2), ("h", 2)), H - Y),
    (r"\frac{\partial}{\partial h_t} \frac12 \|h_t - y_t\|^2 = 2 (h_t - y_t)", N.d(("L", 2), ("h", 2)), 2 * (H - Y)),
    (
        r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \frac{\partial}{\partial W} \frac{1}{2} \|h_t - y_t\|^2",
        N.d("L", "W"),
        sum(N.d(("L", t), "W") for t in range(1, T + 1)),
    ),
    (
        r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \frac{\partial}{\partial W} \frac{1}{3} \|h_t - y_t\|^2",
        N.d("L", "W"),
        2 / 3 * sum(N.d(("L", t), "W") for t in range(1, T + 1)),
    ),
    (
        r"\frac{\partial}{\partial h_{t,i}} \frac12 \sum_j (h_{t,j} - y_{t,j})^2 = h_{t,i} - y_{t,i}",
        N.d(("L", 2), ("h", 2)),
        H - Y,
    ),
    (r"\frac{\partial}{\partial h_{t-1}} W h_{t-1} = W", N.d(("product", 2), ("h", 1)), W),
    (r"\frac{\partial}{\partial h_{t-1}} W h_{t-1} = W^\top W", N.d(("product", 2), ("h", 1)), W.T @ W),
    (  # by the weights, through the state too
        r"\frac{\partial}{\partial W} W h_{t-1} = \frac{\partial (W h_{t-1})}{\partial W}",
        N.d(("product", 2), "W"),
        N.d(("product", 2), "W"),
    ),
    (r"\nabla_{h_t} h_t^\top W h_t = (W + W^\top) h_t", N.d(("square", 2), ("h", 2)), (W + W.T) @ H),
    (r"\nabla_{h_t} h_t^\top W h_t = 2 W h_t", N.d(("square", 2), ("h", 2)), 2 * W @ H),
    (  # the gradient of a loss, times something
        r"\nabla_W L = \sum_t (1-h_t^2) \odot \nabla_{h_t} L\, h_{t-1}^\top",
        N.d("L", "W"),
        sum(np.outer((1 - N.values["h", t] ** 2) * N.d("L", ("h", t)), N.values["h", t - 1]) for t in range(1, T + 1)),
    ),
]


def judged(text: str) -> list[Verdict]:
    """The verdicts on the claims of a document, without repairs."""
    found = judge(read_document(source_from_text(text)), mend=False)
    return [verdict for verdict in found if verdict.entry.kind == "claim" or verdict.status == "unchecked"]


def test_an_operator_takes_the_numbers_before_what_it_differentiates() -> None:
    """Products behind an operator are judged as complex steps judge them."""
    verdicts = judged(DEFINITIONS + "\n\n".join(f"$${row[0]}$$" for row in ROWS))
    assert len(verdicts) == len(ROWS)
    for verdict, (text, left, right) in zip(verdicts, ROWS, strict=True):
        assert (verdict.status in TRUE) == equal(left, right), (text, verdict.status, verdict.message)
        assert verdict.status in (*TRUE, "refuted"), (text, verdict.message)


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial}{\partial h_t} h_t h_t = h_t",
        r"\frac{\partial}{\partial h_t} \|h_t\|^2 h_t^\top = h_t",
        r"\frac{\partial}{\partial W} h_t L_t = h_t",
        r"\frac{\partial}{\partial h_t} h_t y = y",
    ],
)
def test_an_operator_before_a_product_of_what_depends_is_not_guessed(claim: str) -> None:
    """Where the first factor and all of them may be meant, nothing is judged."""
    [verdict] = judged(f"{DEFINITIONS}$${claim}$$")
    assert verdict.status == "unchecked"
    assert "that of the first factor or of all" in verdict.message


def test_an_operator_takes_a_mean_whole() -> None:
    """The sign of an expectation is no factor before it."""
    text = DEFINITIONS + "\n\n".join(
        rf"$$\nabla_W \mathbb E[L_t] = {right} \mathbb E[\nabla_W L_t]$$" for right in ("", "2")
    )
    assert [verdict.status for verdict in judged(text)] == ["proved", "refuted"]


class Softmax(Network):
    """``h_t = tanh(W h_{t-1})`` and ``p_t = softmax(V h_t)``."""

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        """All values, where some quantities have the given ones whatever their formula says."""
        v: dict[Any, Array] = {**self.leaves, **moved}
        v["h", 1] = moved.get(("h", 1), np.tanh(v["W"] @ v["h", 0]))
        e = np.exp(v["V"] @ v["h", 1])
        v["p"] = e / e.sum()
        return v


def test_a_function_without_parentheses_takes_the_product_of_a_matrix() -> None:
    """No state is the hyperbolic tangent of a matrix times a vector."""
    random = np.random.default_rng(21)
    n = Softmax({"W": random.normal(size=(3, 3)), "V": random.normal(size=(2, 3)), ("h", 0): random.normal(size=3)})
    h, p, weights, out = n.values["h", 1], n.values["p"], n.values["W"], n.values["V"]
    slope, spread = np.diag(1 - h**2), np.diag(p) - np.outer(p, p)
    rows = [
        (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2) W", n.d(("h", 1), ("h", 0)), slope @ weights),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t) W", 0, np.diag(1 - h) @ weights),
        (
            r"\frac{\partial p_t}{\partial h_t} = (\mathrm{diag}(p_t) - p_t p_t^\top) V",
            n.d("p", ("h", 1)),
            spread @ out,
        ),
        (r"\frac{\partial p_t}{\partial h_t} = \mathrm{diag}(p_t) V", n.d("p", ("h", 1)), np.diag(p) @ out),
    ]
    verdicts = judged(
        r"$$h_t = \tanh W h_{t-1}, \quad p_t = \mathrm{softmax}\, V h_t$$"
        + "".join(f"\n\n$${row[0]}$$" for row in rows)
    )
    assert len(verdicts) == len(rows)
    for verdict, (text, left, right) in zip(verdicts, rows, strict=True):
        assert (verdict.status in TRUE) == equal(left, right), (text, verdict.status, verdict.message)


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (r"h_t = \tanh W h_{t-1} + U x_t", "how far the argument"),
        (r"h_t = \tanh W \cdot h_{t-1}", "how far the argument"),
        (r"h_t = \tanh a_t b_t", "how far the argument"),
        (r"h_t = \sigma W h_{t-1}", "whether it is a function of that or a factor"),
        (r"h_t = 1/2T W h_{t-1}", "whether `T` stands below this stroke"),
    ],
)
def test_an_argument_whose_end_is_not_said_is_not_guessed(definition: str, words: str) -> None:
    """A definition with two meanings is not read, and nothing that needs it is judged."""
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2)\, W"
    first, second = judged(f"$${definition}$$\n\n$${claim}$$")
    assert words in first.message
    assert second.status == "unchecked"
