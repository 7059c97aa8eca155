r"""Entries of vectors and matrices: equations by components are judged as plain NumPy judges them.

The truth of each row comes from a network written here by hand, differentiated by complex steps in this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from complex_step import Array, Network

from bpttsym.document import read_document
from bpttsym.report import report
from bpttsym.source import source_from_text
from bpttsym.verdict import judge
from bpttsym.wording import Judged

T, HIDDEN, INPUT, CLASSES = 4, 3, 2, 4

DEFINITIONS = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$

$$o_t = V h_t + c$$

$$\hat y_t = \mathrm{softmax}(o_t)$$

$$L_t = -\sum_{k=1}^{K} y_{t,k}\log \hat y_{t,k}$$

$$L = \sum_{t=1}^{T} L_t$$
"""


class Tanh(Network):
    """The network of DEFINITIONS: values by name and step."""

    def __init__(self) -> None:
        random = np.random.default_rng(3)
        shapes = {"W": (HIDDEN, HIDDEN), "U": (HIDDEN, INPUT), "b": (HIDDEN,), "V": (CLASSES, HIDDEN), "c": (CLASSES,)}
        leaves: dict[Any, Array] = {name: random.normal(size=shape) for name, shape in shapes.items()}
        leaves["h", 0] = random.normal(size=HIDDEN)
        for t in range(1, T + 1):
            leaves["x", t] = random.normal(size=INPUT)
            weights = np.exp(random.normal(size=CLASSES))
            leaves["y", t] = weights / weights.sum()
        super().__init__(leaves)

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        """All values, where some quantities have the given ones whatever their formula says."""
        v: dict[Any, Array] = {**self.leaves, **moved}

        def put(key: Any, value: Array) -> None:
            v[key] = moved.get(key, value)

        for t in range(1, T + 1):
            put(("h", t), np.tanh(v["W"] @ v["h", t - 1] + v["U"] @ v["x", t] + v["b"]))
            put(("o", t), v["V"] @ v["h", t] + v["c"])
            e = np.exp(v["o", t])
            put(("p", t), e / e.sum())
            put(("L", t), -(v["y", t] * np.log(v["p", t])).sum())
        put("L", sum(v["L", t] for t in range(1, T + 1)))
        return v

    def __call__(self, name: str, t: int | None = None) -> Array:
        return self.values[name if t is None else (name, t)]


N = Tanh()
EYE = {n: np.eye(n) for n in (HIDDEN, CLASSES)}
P, Y, H, OUT = (lambda t, name=name: N(name, t) for name in "pyho")


def softmax_jacobian(t: int) -> Array:
    return N.d(("p", t), ("o", t))


def delta(t: int) -> Array:
    """The derivative of L by what stands under tanh, by hand from that by h."""
    return N.d("L", ("h", t)) * (1 - H(t) ** 2)


Row = tuple[str, Callable[[int], tuple[Array, Array]], range]
ALL, INNER = range(1, T + 1), range(1, T)

ROWS: dict[str, Row] = {
    "softmax": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \hat y_{t,i}(\delta_{ij} - \hat y_{t,j})",
        lambda t: (softmax_jacobian(t), P(t)[:, None] * (EYE[CLASSES] - P(t)[None, :])),
        ALL,
    ),
    "softmax without delta": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \hat y_{t,i}(1 - \hat y_{t,j})",
        lambda t: (softmax_jacobian(t), P(t)[:, None] * (1 - P(t)[None, :])),
        ALL,
    ),
    "softmax with one index twice": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \hat y_{t,i}(\delta_{ij} - \hat y_{t,i})",
        lambda t: (softmax_jacobian(t), P(t)[:, None] * (EYE[CLASSES] - P(t)[:, None])),
        ALL,
    ),
    "softmax by cases": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \begin{cases} \hat y_{t,i}(1-\hat y_{t,i})"
        r" & \text{if } i = j \\ -\hat y_{t,i}\hat y_{t,j} & \text{if } i \ne j \end{cases}",
        lambda t: (
            softmax_jacobian(t),
            np.where(EYE[CLASSES] > 0, (P(t) * (1 - P(t)))[:, None], -P(t)[:, None] * P(t)[None, :]),
        ),
        ALL,
    ),
    "softmax by cases with a sign lost": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \begin{cases} \hat y_{t,i}(1-\hat y_{t,i}) & i = j"
        r" \\ \hat y_{t,i}\hat y_{t,j} & \text{otherwise} \end{cases}",
        lambda t: (
            softmax_jacobian(t),
            np.where(EYE[CLASSES] > 0, (P(t) * (1 - P(t)))[:, None], P(t)[:, None] * P(t)[None, :]),
        ),
        ALL,
    ),
    "softmax by cases that are exchanged": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \begin{cases} \hat y_{t,i}(1-\hat y_{t,i}) & i \ne j"
        r" \\ -\hat y_{t,i}\hat y_{t,j} & i = j \end{cases}",
        lambda t: (
            softmax_jacobian(t),
            np.where(EYE[CLASSES] == 0, (P(t) * (1 - P(t)))[:, None], -P(t)[:, None] * P(t)[None, :]),
        ),
        ALL,
    ),
    "an indicator": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \hat y_{t,i}(\mathbf{1}_{[i=j]} - \hat y_{t,j})",
        lambda t: (softmax_jacobian(t), P(t)[:, None] * (EYE[CLASSES] - P(t)[None, :])),
        ALL,
    ),
    "an indicator of the contrary": (
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,j}} = \hat y_{t,i}(\mathbb{1}\{i\ne j\} - \hat y_{t,j})",
        lambda t: (softmax_jacobian(t), P(t)[:, None] * (1 - EYE[CLASSES] - P(t)[None, :])),
        ALL,
    ),
    "output minus target": (
        r"\frac{\partial L}{\partial o_{t,i}} = \hat y_{t,i} - y_{t,i}",
        lambda t: (N.d("L", ("o", t)), P(t) - Y(t)),
        ALL,
    ),
    "target minus output": (
        r"\frac{\partial L}{\partial o_{t,i}} = y_{t,i} - \hat y_{t,i}",
        lambda t: (N.d("L", ("o", t)), Y(t) - P(t)),
        ALL,
    ),
    "the chain rule by components": (
        r"\frac{\partial L}{\partial o_{t,i}} = \sum_{j=1}^{K} \frac{\partial L}{\partial \hat y_{t,j}}"
        r"\frac{\partial \hat y_{t,j}}{\partial o_{t,i}}",
        lambda t: (N.d("L", ("o", t)), N.d("L", ("p", t)) @ softmax_jacobian(t)),
        ALL,
    ),
    "the chain rule on the diagonal only": (
        r"\frac{\partial L}{\partial o_{t,i}} = \frac{\partial L}{\partial \hat y_{t,i}}"
        r"\frac{\partial \hat y_{t,i}}{\partial o_{t,i}}",
        lambda t: (N.d("L", ("o", t)), N.d("L", ("p", t)) * np.diag(softmax_jacobian(t))),
        ALL,
    ),
    "a matrix of the output": (
        r"\frac{\partial L}{\partial V_{ij}} = \sum_{t=1}^{T}(\hat y_{t,i} - y_{t,i}) h_{t,j}",
        lambda t: (N.d("L", "V"), sum(np.outer(P(s) - Y(s), H(s)) for s in ALL)),
        range(1, 2),
    ),
    "the square matrix": (
        r"\frac{\partial L}{\partial W_{ij}} = \sum_{t=1}^{T}\frac{\partial L}{\partial h_{t,i}}"
        r"(1 - h_{t,i}^2) h_{t-1,j}",
        lambda t: (N.d("L", "W"), sum(np.outer(delta(s), H(s - 1)) for s in ALL)),
        range(1, 2),
    ),
    "the square matrix with its letters exchanged": (
        r"\frac{\partial L}{\partial W_{ij}} = \sum_{t=1}^{T}\frac{\partial L}{\partial h_{t,j}}"
        r"(1 - h_{t,j}^2) h_{t-1,i}",
        lambda t: (N.d("L", "W"), sum(np.outer(H(s - 1), delta(s)) for s in ALL)),
        range(1, 2),
    ),
    "the square matrix with one letter wrong": (
        r"\frac{\partial L}{\partial W_{ij}} = \sum_{t=1}^{T}\frac{\partial L}{\partial h_{t,i}}"
        r"(1 - h_{t,j}^2) h_{t-1,j}",
        lambda t: (N.d("L", "W"), sum(np.outer(N.d("L", ("h", s)), (1 - H(s) ** 2) * H(s - 1)) for s in ALL)),
        range(1, 2),
    ),
    "the bias": (
        r"\frac{\partial L}{\partial b_i} = \sum_{t=1}^{T}\frac{\partial L}{\partial h_{t,i}}(1 - h_{t,i}^2)",
        lambda t: (N.d("L", "b"), sum(delta(s) for s in ALL)),
        range(1, 2),
    ),
    "the bias without its sum": (
        r"\frac{\partial L}{\partial b_i} = \frac{\partial L}{\partial h_{T,i}}(1 - h_{T,i}^2)",
        lambda t: (N.d("L", "b"), delta(T)),
        range(1, 2),
    ),
    "a step": (
        r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1 - h_{t,i}^2) W_{ij}",
        lambda t: (N.d(("h", t), ("h", t - 1)), (1 - H(t) ** 2)[:, None] * N("W")),
        ALL,
    ),
    "a step with the transposed matrix": (
        r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1 - h_{t,i}^2) W_{ji}",
        lambda t: (N.d(("h", t), ("h", t - 1)), (1 - H(t) ** 2)[:, None] * N("W").T),
        ALL,
    ),
    "a step with the slope of the other end": (
        r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1 - h_{t,j}^2) W_{ij}",
        lambda t: (N.d(("h", t), ("h", t - 1)), (1 - H(t) ** 2)[None, :] * N("W")),
        ALL,
    ),
    "two steps": (
        r"\frac{\partial h_{t+1,i}}{\partial h_{t-1,k}} = \sum_j \frac{\partial h_{t+1,i}}{\partial h_{t,j}}"
        r"\frac{\partial h_{t,j}}{\partial h_{t-1,k}}",
        lambda t: (
            N.d(("h", t + 1), ("h", t - 1)),
            N.d(("h", t + 1), ("h", t)) @ N.d(("h", t), ("h", t - 1)),
        ),
        INNER,
    ),
    "the recursion": (
        r"\frac{\partial L}{\partial h_{t,i}} = \sum_j V_{ji}(\hat y_{t,j} - y_{t,j})"
        r" + \sum_j W_{ji}(1 - h_{t+1,j}^2)\frac{\partial L}{\partial h_{t+1,j}}",
        lambda t: (N.d("L", ("h", t)), N("V").T @ (P(t) - Y(t)) + N("W").T @ delta(t + 1)),
        INNER,
    ),
    "the recursion with the matrix not transposed": (
        r"\frac{\partial L}{\partial h_{t,i}} = \sum_j V_{ji}(\hat y_{t,j} - y_{t,j})"
        r" + \sum_j W_{ij}(1 - h_{t+1,j}^2)\frac{\partial L}{\partial h_{t+1,j}}",
        lambda t: (N.d("L", ("h", t)), N("V").T @ (P(t) - Y(t)) + N("W") @ delta(t + 1)),
        INNER,
    ),
    "an entry of a Jacobian": (
        r"\left(\frac{\partial h_t}{\partial h_{t-1}}\right)_{ij} = (1 - h_{t,i}^2) W_{ij}",
        lambda t: (N.d(("h", t), ("h", t - 1)), (1 - H(t) ** 2)[:, None] * N("W")),
        ALL,
    ),
    "an entry of a product": (
        r"(W h_{t-1})_i = \sum_j W_{ij} h_{t-1,j}",
        lambda t: (N("W") @ H(t - 1), np.einsum("ij,j->i", N("W"), H(t - 1))),
        ALL,
    ),
    "an entry of a product with the letters exchanged": (
        r"(W h_{t-1})_i = \sum_j W_{ji} h_{t-1,j}",
        lambda t: (N("W") @ H(t - 1), np.einsum("ji,j->i", N("W"), H(t - 1))),
        ALL,
    ),
    "an entry of a transpose": (
        r"\frac{\partial L_t}{\partial h_{t,j}} = \sum_i (V^\top)_{ji} (\hat y_{t,i} - y_{t,i})",
        lambda t: (N.d(("L", t), ("h", t)), N("V").T @ (P(t) - Y(t))),
        ALL,
    ),
    "outputs sum to one": (
        r"\sum_i \hat y_{t,i} = 1",
        lambda t: (P(t).sum(), np.ones(())),
        ALL,
    ),
    "states sum to one": (
        r"\sum_i h_{t,i} = 1",
        lambda t: (H(t).sum(), np.ones(())),
        ALL,
    ),
    "ones before a vector": (
        r"\mathbf{1}^\top h_t = \sum_i h_{t,i}",
        lambda t: (H(t).sum(), np.einsum("i->", H(t))),
        ALL,
    ),
    "ones in a slope": (
        r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\mathbf{1} - h_t \odot h_t) W",
        lambda t: (N.d(("h", t), ("h", t - 1)), np.diag(1 - H(t) ** 2) @ N("W")),
        ALL,
    ),
    "softmax by its entries": (
        r"\hat y_{t,i} = \frac{e^{o_{t,i}}}{\sum_{k=1}^{K} e^{o_{t,k}}}",
        lambda t: (P(t), np.exp(OUT(t)) / np.exp(OUT(t)).sum()),
        ALL,
    ),
    "softmax by its entries, upside down": (
        r"\hat y_{t,i} = \frac{\sum_{k=1}^{K} e^{o_{t,k}}}{e^{o_{t,i}}}",
        lambda t: (P(t), np.exp(OUT(t)).sum() / np.exp(OUT(t))),
        ALL,
    ),
}


def last(definitions: str, claim: str) -> tuple[str, str]:
    """The status and message of a claim under definitions."""
    verdict = judge(read_document(source_from_text(f"{definitions}\n\n$${claim}$$\n")), mend=False)[-1]
    return verdict.status, verdict.message


@pytest.mark.campaign(quick=12)
@pytest.mark.parametrize("name", ROWS)
def test_an_equation_by_components_is_what_numpy_says(name: str) -> None:
    """True in NumPy at every step: proved, verified or, where a layout is chosen, conditional. False: refuted."""
    claim, sides, steps = ROWS[name]
    gaps = [np.abs(left - right).max() for left, right in (sides(t) for t in steps)]
    assert max(gaps) < 1e-9 or max(gaps) > 1e-3
    expected = {"proved", "verified", "conditional"} if max(gaps) < 1e-9 else {"refuted"}
    status, message = last(DEFINITIONS, claim)
    assert status in expected, message


BY_COMPONENTS = r"""
$$h_{t,i} = \tanh\Bigl(\sum_j W_{ij} h_{t-1,j} + \sum_k U_{ik} x_{t,k} + b_i\Bigr)$$

$$o_{t,i} = \sum_j V_{ij} h_{t,j} + c_i$$

$$\hat y_{t,i} = \frac{e^{o_{t,i}}}{\sum_k e^{o_{t,k}}}$$

$$L_t = -\sum_i y_{t,i}\log\hat y_{t,i}$$

$$L = \sum_{t=1}^{T} L_t$$
"""


@pytest.mark.parametrize("name", [name for name in ROWS if name != "softmax by its entries, upside down"])
@pytest.mark.campaign(quick=8)
def test_definitions_by_components_give_the_same_verdicts(name: str) -> None:
    """A model written entry by entry is the model written with vectors."""
    claim, _, _ = ROWS[name]
    if name.startswith("softmax by its entries"):
        return
    assert last(BY_COMPONENTS, claim)[0] == last(DEFINITIONS, claim)[0]


def test_a_vector_equation_about_a_model_by_components() -> None:
    """Entries and vectors meet in one document."""
    good = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W"
    bad = r"\frac{\partial h_t}{\partial h_{t-1}} = W \mathrm{diag}(1 - h_t^2)"
    assert last(BY_COMPONENTS, good)[0] in ("proved", "conditional")
    assert last(BY_COMPONENTS, bad)[0] == "refuted"


UNINDEXED = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$o = V h_T$$

$$\hat y = \mathrm{softmax}(o)$$

$$L = -\sum_{k=1}^{K} y_k \log \hat y_k$$
"""
ONE_HOT = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$o_t = V h_t$$

$$\hat y_t = \mathrm{softmax}(o_t)$$

$$L_t = -\log \hat y_{t,y_t}$$

$$L = \sum_{t=1}^{T} L_t$$
"""
JOINED = r"""
$$h_t = \tanh(W [h_{t-1}; x_t] + b)$$

$$L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert^2$$
"""
RECTIFIED = r"""
$$h_t = \max(0, W h_{t-1} + U x_t)$$

$$L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert^2$$
"""
BOOK = r"""
$$a^{(t)} = b + W h^{(t-1)} + U x^{(t)}$$

$$h^{(t)} = \tanh(a^{(t)})$$

$$o^{(t)} = c + V h^{(t)}$$

$$\hat y^{(t)} = \mathrm{softmax}(o^{(t)})$$

$$L^{(t)} = -\log \hat y^{(t)}_{y^{(t)}}$$

$$L = \sum_{t=1}^{T} L^{(t)}$$
"""
GATED = r"""
$$z_t = \sigma(W_z x_t + U_z h_{t-1})$$

$$\tilde h_t = \tanh(W x_t + U h_{t-1})$$

$$h_t = (\mathbf{1} - z_t) \odot h_{t-1} + z_t \odot \tilde h_t$$
"""
LINEAR = "\n$$h_t = W h_{t-1}$$\n"
TRUE: dict[str, tuple[str, str]] = {
    "no step": (UNINDEXED, r"\frac{\partial L}{\partial o_i} = \hat y_i - y_i"),
    "no step, softmax": (UNINDEXED, r"\frac{\partial \hat y_i}{\partial o_j} = \hat y_i(\delta_{ij} - \hat y_j)"),
    "no step, state": (UNINDEXED, r"\frac{\partial L}{\partial h_{T,i}} = \sum_{j=1}^{K} V_{ji}(\hat y_j - y_j)"),
    "a class": (ONE_HOT, r"\frac{\partial L_t}{\partial o_t} = \hat y_t - y_t"),
    "a class, by entries": (
        ONE_HOT,
        r"\frac{\partial L_t}{\partial o_{t,i}} = \hat y_{t,i} - \mathbf{1}_{[i = y_t]}",
    ),
    "all classes but one": (
        UNINDEXED,
        r"\frac{\partial L}{\partial o_k} = -y_k + \hat y_k \Bigl[ y_k + \sum_{j \neq k} y_j \Bigr]",
    ),
    "all classes but one, before a product": (
        UNINDEXED,
        r"\frac{\partial L}{\partial o_k} = \sum_{j \ne k} y_j \hat y_k - y_k (1 - \hat y_k)",
    ),
    "a step above, an entry below": (
        BOOK,
        r"(\nabla_{o^{(t)}} L)_i = \hat y_i^{(t)} - \mathbf{1}_{i = y^{(t)}}",
    ),
    "a gradient of entries": (
        BOOK,
        r"\nabla_V L = \sum_t \sum_i \frac{\partial L}{\partial o_i^{(t)}} \nabla_V o_i^{(t)}",
    ),
    "a step above, a Jacobian": (
        BOOK,
        r"\frac{\partial h_i^{(t)}}{\partial h_j^{(t-1)}} = (1 - (h_i^{(t)})^2) W_{ij}",
    ),
    "a second derivative": (
        ONE_HOT,
        r"\frac{\partial^2 L_t}{\partial o_{t,i} \partial o_{t,j}} = \hat y_{t,i}(\delta_{ij} - \hat y_{t,j})",
    ),
    "a concatenation": (
        JOINED,
        r"\nabla_W L = \sum_{t=1}^{T} (\nabla_{h_t} L \odot (1 - h_t^2)) [h_{t-1}; x_t]^\top",
    ),
    "ones in a gate": (
        GATED,
        r"\sum_i \frac{\partial h_{t,i}}{\partial z_{t,i}} = \mathbf{1}^\top(\tilde h_t - h_{t-1})",
    ),
    "a gate": (GATED, r"\frac{\partial h_{t,i}}{\partial z_{t,j}} = \delta_{ij}(\tilde h_{t,i} - h_{t-1,i})"),
    "the step left out": (DEFINITIONS, r"\frac{\partial \hat y_i}{\partial o_j} = \hat y_i(\delta_{ij} - \hat y_j)"),
    "the step left out of one side": (DEFINITIONS, r"\frac{\partial L_t}{\partial o_i} = \hat y_i - y_i"),
    "a power that looks like a transpose": (LINEAR, r"h_T = W^T h_0"),
    "a power": (LINEAR, r"h_t = W^{t-k} h_k"),
    "a rectifier": (
        RECTIFIED,
        r"\nabla_W L = \sum_{t=1}^{T} (\nabla_{h_t} L \odot \mathrm{ReLU}'(W h_{t-1} + U x_t)) h_{t-1}^\top",
    ),
    "steps that look like a number of classes": (
        DEFINITIONS,
        r"\frac{\partial L}{\partial b} = \sum_{n=1}^{T} \frac{\partial L_n}{\partial b}",
    ),
    "a sum in a sum": (
        DEFINITIONS,
        r"\nabla_c L = \sum_{n=1}^{T} \sum_{k=1}^{K} \frac{\partial L}{\partial o_{n,k}} \nabla_c o_{n,k}",
    ),
}
FALSE: dict[str, tuple[str, str]] = {
    "all classes but one, and that one forgotten": (
        UNINDEXED,
        r"\frac{\partial L}{\partial o_k} = -y_k + \hat y_k \sum_{j \neq k} y_j",
    ),
    "all classes but one, with the other output": (
        UNINDEXED,
        r"\frac{\partial L}{\partial o_k} = \sum_{j \ne k} y_j \hat y_j - y_k (1 - \hat y_k)",
    ),
    "a step above, an entry below": (
        BOOK,
        r"(\nabla_{o^{(t)}} L)_i = \hat y_i^{(t)} + \mathbf{1}_{i = y^{(t)}}",
    ),
    "a step above, a Jacobian": (
        BOOK,
        r"\frac{\partial h_i^{(t)}}{\partial h_j^{(t-1)}} = (1 - (h_j^{(t)})^2) W_{ij}",
    ),
    "no step, softmax": (UNINDEXED, r"\frac{\partial \hat y_i}{\partial o_j} = \hat y_i(1 - \hat y_j)"),
    "no step, state": (UNINDEXED, r"\frac{\partial L}{\partial h_{T,i}} = \sum_{j=1}^{K} V_{ij}(\hat y_j - y_j)"),
    "a class": (ONE_HOT, r"\frac{\partial L_t}{\partial o_t} = \hat y_t + y_t"),
    "a class, by entries": (
        ONE_HOT,
        r"\frac{\partial L_t}{\partial o_{t,i}} = \hat y_{t,i} - \mathbf{1}_{[i \ne y_t]}",
    ),
    "a second derivative": (
        ONE_HOT,
        r"\frac{\partial^2 L_t}{\partial o_{t,i} \partial o_{t,j}} = -\hat y_{t,i} \hat y_{t,j}",
    ),
    "a concatenation": (
        JOINED,
        r"\nabla_W L = \sum_{t=1}^{T} (\nabla_{h_t} L \odot (1 - h_t^2)) [x_t; h_{t-1}]^\top",
    ),
    "a rectifier": (
        RECTIFIED,
        r"\nabla_W L = \sum_{t=1}^{T} (\nabla_{h_t} L \odot (W h_{t-1} + U x_t)) h_{t-1}^\top",
    ),
    "ones in a gate": (
        GATED,
        r"\sum_i \frac{\partial h_{t,i}}{\partial z_{t,i}} = \mathbf{1}^\top(\tilde h_t + h_{t-1})",
    ),
    "a gate": (GATED, r"\frac{\partial h_{t,i}}{\partial z_{t,j}} = \tilde h_{t,i} - h_{t-1,i}"),
    "the step left out": (DEFINITIONS, r"\frac{\partial \hat y_i}{\partial o_j} = \hat y_i(1 - \hat y_j)"),
    "the step left out of one side": (DEFINITIONS, r"\frac{\partial L_t}{\partial o_i} = \hat y_i + y_i"),
    "entries of a number": (DEFINITIONS, r"\sum_{k=1}^{K} L_{t,k} = L_t"),
    "a power that looks like a transpose": (LINEAR, r"h_T = W^T h_1"),
    "a power": (LINEAR, r"h_t = W^{t-k+1} h_k"),
    "axes of different size": (
        DEFINITIONS,
        r"\frac{\partial L}{\partial V_{ij}} = \sum_t (\hat y_{t,j} - y_{t,j}) h_{t,i}",
    ),
    "one letter for steps and entries": (DEFINITIONS, r"\sum_{t} \hat y_{t,t} = 1"),
    "a number of classes for two sizes": (
        DEFINITIONS,
        r"\sum_{i=1}^{K} \hat y_{t,i} + \sum_{j=1}^{K} h_{t,j} = 1 + \sum_{j=1}^{K} h_{t,j}",
    ),
    "an entry that is not there": (DEFINITIONS, r"\hat y_{t,9} = \hat y_{t,9} + 1"),
    "a target that nothing names": (DEFINITIONS, r"-\log \hat y_{t,y_t} = L_t"),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_of_entries_is_called_true(name: str) -> None:
    """One-hot targets, concatenations, rectifiers, second derivatives."""
    status, message = last(*TRUE[name])
    assert status in ("proved", "verified", "conditional"), message


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_of_entries_is_not_called_true(name: str) -> None:
    """The near misses, and letters that count two things at once."""
    status, message = last(*FALSE[name])
    assert status in ("refuted", "unchecked"), message
    assert message


BEHIND: dict[str, str] = {
    "a sum behind a comparison": r"o_k + \sum_{j} \mathbf{1}_{[j \ne k]} o_j = \sum_{i=1}^{K} o_i",
    "all classes but one": r"\hat y_k \Bigl[ y_k + \sum_{j \neq k} y_j \Bigr] = \hat y_k \sum_{i=1}^{K} y_i",
}


@pytest.mark.parametrize("name", BEHIND)
def test_a_sum_behind_a_comparison_counts_what_it_counts_alone(name: str) -> None:
    """True, so it must not be refuted: a comparison before a sum does not make steps of its entries."""
    status, message = last(UNINDEXED, BEHIND[name])
    assert status != "refuted", message


def test_numbers_that_overflow_are_told_and_not_printed(recwarn: pytest.WarningsRecorder) -> None:
    """A value that no float holds makes no noise, and no equation true."""
    definitions = r"""
$$h_t = \exp(\exp(\exp(9 W h_{t-1})))$$

$$L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert^2$$
"""
    status, message = last(definitions, r"\nabla_{h_t} L = 2 (h_t - y_t)")
    assert status in ("refuted", "unchecked"), message
    assert [str(warning.message) for warning in recwarn] == []


def test_a_step_that_is_left_out_is_a_condition() -> None:
    """What is true only if indices count entries says so."""
    claim = (
        r"\frac{\partial L_t}{\partial o_i} = \sum_{k=1}^{K} \frac{\partial L_t}{\partial \hat y_k}"
        r"\frac{\partial \hat y_k}{\partial o_i}"
    )
    verdict = judge(read_document(source_from_text(f"{DEFINITIONS}\n\n$${claim}$$\n")), mend=False)[-1]
    assert verdict.status == "conditional"
    assert verdict.conditions == ("indices count entries, the step is left out",)


@pytest.mark.slow
def test_a_report_is_written_about_entries() -> None:
    """Repairs, counterexamples and readings of equations by components are put into words, also a second time."""
    claims = "\n\n".join(f"$${claim}$$" for claim, _, _ in ROWS.values())
    document = read_document(source_from_text(f"{DEFINITIONS}\n\n{claims}\n"))
    statuses = [verdict.status for verdict in judge(document, mend=False)]
    assert [verdict.status for verdict in judge(document, mend=False)] == statuses
    text = report(Judged(document, tuple(judge(document))))
    assert "counterexample" in text
    assert "i = 1" in text
