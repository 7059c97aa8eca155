r"""True equations by model: what the mutation campaign, the worlds and the invariances are tried on.

Each case is a document's definitions, the brute-force model that says the same by hand, a horizon, and
equations with the reading under which each is true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import brute_force

IMMEDIATE = {"partial": "immediate", "product": "decreasing"}
TOTAL = {"partial": "total", "product": "decreasing"}


@dataclass(frozen=True)
class Case:
    """A model in words and by hand, and equations that are true of it under a reading."""

    name: str
    definitions: str
    brute: Callable[[int], brute_force.BruteModel]
    length: int
    equations: tuple[tuple[str, dict[str, str]], ...]


ABSTRACT_ONE = r"""
$$h_t = f(x_t, h_{t-1}; \psi)$$
$$\hat{y} = g(h_T; \phi)$$
$$\mathcal{L} = \lVert \hat{y} - y \rVert$$
"""

ABSTRACT_MANY = r"""
$$h_t = f(x_t, h_{t-1}; \psi)$$
$$\hat{y}_t = g(h_t; \phi)$$
$$\mathcal{L} = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert$$
"""

TANH_MANY = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$
$$\hat{y}_t = V h_t$$
$$\mathcal{L} = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2$$
"""

CROSS_MANY = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$
$$\hat{y}_t = \mathrm{softmax}(V h_t)$$
$$\mathcal{L} = -\sum_{t=1}^{T} y_t^\top \log \hat{y}_t$$
"""


def _partial(of: str, by: str) -> str:
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def one_terms(length: int, parameter: str) -> str:
    """The expanded gradient of many-to-one, written out term by term."""
    terms = []
    for k in range(length, 0, -1):
        chain = "".join(_partial(f"h_{i + 1}", f"h_{i}") for i in range(length - 1, k - 1, -1))
        first = _partial(r"\mathcal{L}", r"\hat{y}") + _partial(r"\hat{y}", f"h_{length}")
        terms.append(first + chain + _partial(f"h_{k}", parameter))
    return _partial(r"\mathcal{L}", parameter) + "=" + "+".join(terms)


def many_terms(length: int, parameter: str) -> str:
    """The expanded gradient of many-to-many, written out term by term."""
    terms = []
    for t in range(length, 0, -1):
        for k in range(t, 0, -1):
            chain = "".join(_partial(f"h_{i + 1}", f"h_{i}") for i in range(t - 1, k - 1, -1))
            first = _partial(r"\mathcal{L}", rf"\hat{{y}}_{t}") + _partial(rf"\hat{{y}}_{t}", f"h_{t}")
            terms.append(first + chain + _partial(f"h_{k}", parameter))
    return _partial(r"\mathcal{L}", parameter) + "=" + "+".join(terms)


TANH_ONE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$
$$\hat{y} = V h_T$$
$$\mathcal{L} = \lVert \hat{y} - y \rVert$$
"""

CASES = (
    Case(
        "abstract many-to-one",
        ABSTRACT_ONE,
        brute_force.many_to_one,
        4,
        (
            (
                r"\frac{\partial\mathcal{L}}{\partial\phi}=\frac{\partial\mathcal{L}}{\partial\hat{y}}"
                r"\frac{\partial\hat{y}}{\partial\phi}",
                TOTAL,
            ),
            (one_terms(4, r"\psi"), IMMEDIATE),
            (
                r"\frac{\partial\mathcal{L}}{\partial\psi}=\sum_{t=1}^{T}\frac{\partial\mathcal{L}}{\partial\hat{y}}"
                r"\frac{\partial\hat{y}}{\partial h_4}\Big(\prod_{i=t}^{T-1}\frac{\partial h_{i+1}}{\partial h_i}\Big)"
                r"\frac{\partial h_t}{\partial\psi}",
                IMMEDIATE,
            ),
            (
                r"\frac{\mathrm{d} h_t}{\mathrm{d}\psi}=\frac{\partial^{+} h_t}{\partial\psi}"
                r"+\frac{\partial h_t}{\partial h_{t-1}}\frac{\mathrm{d} h_{t-1}}{\mathrm{d}\psi}",
                TOTAL,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial h_0}=\frac{\partial\mathcal{L}}{\partial\hat{y}}"
                r"\frac{\partial\hat{y}}{\partial h_T}\Big(\prod_{i=0}^{T-1}\frac{\partial h_{i+1}}{\partial h_i}\Big)",
                TOTAL,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial x_t}=\frac{\partial\mathcal{L}}{\partial h_t}"
                r"\frac{\partial h_t}{\partial x_t}",
                TOTAL,
            ),
        ),
    ),
    Case(
        "abstract many-to-many",
        ABSTRACT_MANY,
        brute_force.many_to_many,
        4,
        (
            (many_terms(4, r"\psi"), IMMEDIATE),
            (
                r"\frac{\partial\mathcal{L}}{\partial\phi}=\sum_{t=1}^{T}\frac{\partial\mathcal{L}}{\partial\hat{y}_t}"
                r"\frac{\partial\hat{y}_t}{\partial\phi}",
                TOTAL,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial\psi}=\sum_{t=1}^{T}\sum_{k=1}^{t}\frac{\partial\mathcal{L}}{\partial\hat{y}_t}"
                r"\frac{\partial\hat{y}_t}{\partial h_t}"
                r"\Big(\prod_{i=k}^{t-1}\frac{\partial h_{i+1}}{\partial h_i}\Big)"
                r"\frac{\partial h_k}{\partial\psi}",
                IMMEDIATE,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial\psi}=\sum_{t=1}^{T}\frac{\partial\mathcal{L}}{\partial\hat{y}_t}"
                r"\frac{\partial\hat{y}_t}{\partial h_t}\frac{\partial h_t}{\partial\psi}",
                TOTAL,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial h_t}=\frac{\partial\mathcal{L}}{\partial\hat{y}_t}"
                r"\frac{\partial\hat{y}_t}{\partial h_t}+\frac{\partial\mathcal{L}}{\partial h_{t+1}}"
                r"\frac{\partial h_{t+1}}{\partial h_t}",
                TOTAL,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial\psi}=\sum_{t=1}^{T}\frac{\partial\mathcal{L}}{\partial h_t}"
                r"\frac{\partial^{+} h_t}{\partial\psi}",
                TOTAL,
            ),
        ),
    ),
    Case(
        "tanh many-to-many, squared error",
        TANH_MANY,
        brute_force.tanh_many_to_many,
        4,
        (
            (many_terms(4, "W"), IMMEDIATE),
            (r"\frac{\partial h_{t+1}}{\partial h_t}=\mathrm{diag}(1-h_{t+1}^2)W", TOTAL),
            (r"\frac{\partial^{+} h_t}{\partial b}=\mathrm{diag}(1-h_t^2)", TOTAL),
            (r"\frac{\partial\mathcal{L}}{\partial\hat{y}_t}=2(\hat{y}_t-y_t)^\top", TOTAL),
            (r"\nabla_{V}\mathcal{L}=2\sum_{t=1}^{T}(\hat{y}_t-y_t)h_t^\top", TOTAL),
            (r"\nabla_{W}\mathcal{L}=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}\mathcal{L})h_{t-1}^\top", TOTAL),
            (r"\nabla_{U}\mathcal{L}=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}\mathcal{L})x_t^\top", TOTAL),
            (r"\nabla_{b}\mathcal{L}=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)\nabla_{h_t}\mathcal{L}", TOTAL),
            (
                r"\nabla_{h_t}\mathcal{L}=W^\top\mathrm{diag}(1-h_{t+1}^2)(\nabla_{h_{t+1}}\mathcal{L})+2V^\top(\hat{y}_t-y_t)",
                TOTAL,
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial x_t}"
                r"=\frac{\partial\mathcal{L}}{\partial h_t}\mathrm{diag}(1-h_t^2)U",
                TOTAL,
            ),
        ),
    ),
    Case(
        "tanh many-to-one, norm",
        TANH_ONE,
        brute_force.tanh_many_to_one,
        5,
        (
            (one_terms(5, "W"), IMMEDIATE),
            (one_terms(5, "U"), IMMEDIATE),
            (one_terms(5, "b"), IMMEDIATE),
            (
                r"\nabla_{W}\mathcal{L}=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}\mathcal{L})h_{t-1}^\top",
                TOTAL,
            ),
            (
                r"\nabla_{h_t}\mathcal{L}=\Big(\prod_{i=t}^{T-1}W^\top\mathrm{diag}(1-h_{i+1}^2)\Big)"
                r"\nabla_{h_T}\mathcal{L}",
                {"partial": "total", "product": "increasing"},
            ),
            (
                r"\frac{\partial\mathcal{L}}{\partial\hat{y}}=\frac{(\hat{y}-y)^\top}{\lVert\hat{y}-y\rVert}",
                TOTAL,
            ),
        ),
    ),
    Case(
        "softmax and cross entropy",
        CROSS_MANY,
        lambda length: brute_force.tanh_many_to_many(length, loss="cross"),
        4,
        (
            (r"\nabla_{V}\mathcal{L}=\sum_{t=1}^{T}(\hat{y}_t-y_t)h_t^\top", TOTAL),
            (r"\nabla_{h_T}\mathcal{L}=V^\top(\hat{y}_T-y_T)", TOTAL),
            (
                r"\nabla_{h_t}\mathcal{L}=W^\top\mathrm{diag}(1-h_{t+1}^2)(\nabla_{h_{t+1}}\mathcal{L})+V^\top(\hat{y}_t-y_t)",
                TOTAL,
            ),
            (r"\frac{\partial\hat{y}_t}{\partial h_t}=(\mathrm{diag}(\hat{y}_t)-\hat{y}_t\hat{y}_t^\top)V", TOTAL),
        ),
    ),
)
