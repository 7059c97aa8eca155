r"""Networks of papers and lecture notes: each claim is held against numbers of the network written here in NumPy.

A table gives for each claim its two sides at all steps; whether they are equal decides what its verdict has to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import pytest
from complex_step import Array, Network, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

T = 4
S = range(1, T + 1)
TRUE = {"proved", "verified", "conditional"}
Sides = tuple[Any, Any]
Claims = dict[str, Callable[[Any], Iterable[Sides]]]
STEPWISE = {"x": 2, "y": 3}


class Plain(Network):
    """A state for each step by the rule of ``step``, the sum of squares of its distance from targets."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (3, 3), "U": (3, 2)}
    starts: tuple[int, ...] = (0,)
    order: tuple[int, ...] = tuple(S)

    def __init__(self) -> None:
        random = np.random.default_rng(11)
        leaves: dict[Any, Array] = {name: random.normal(size=shape) for name, shape in self.shapes.items()}
        leaves |= {name: np.asarray(np.abs(leaves[name]) + 0.5) for name in {"sigma"} & leaves.keys()}
        leaves |= {("h", t): random.normal(size=3) for t in self.starts}
        leaves |= {(name, t): random.normal(size=size) for name, size in STEPWISE.items() for t in S}
        super().__init__(leaves)

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        raise NotImplementedError

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        v: dict[Any, Array] = {**self.leaves, **moved}

        def node(key: Any, value: Array) -> Array:
            v[key] = moved.get(key, value)
            return v[key]

        for t in self.order:
            node(("h", t), self.step(v, t, node))
        v["L"] = self.loss(v)
        return v

    def loss(self, v: dict[Any, Array]) -> Array:
        return sum(((v["h", t] - v["y", t]) ** 2).sum() for t in S) / 2

    def __getitem__(self, key: Any) -> Array:
        return self.values[key]

    def grad(self, by: Any) -> Array:
        return self.d("L", by)


def ordered(factors: Iterable[Array]) -> Array:
    """The product from left to right."""
    product = np.eye(3)
    for factor in factors:
        product = product @ factor
    return product


def slope(n: Plain, t: int) -> Array:
    return np.diag(1 - n["h", t] ** 2)


class Backwards(Plain):
    """A state that is computed from the next one."""

    starts = (T + 1,)
    order = tuple(reversed(S))

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        return np.tanh(v["W"] @ v["h", t + 1] + v["U"] @ v["x", t])


def _behind(first: int, last: int, back: bool = False) -> Callable[[Plain], Iterable[Sides]]:
    """The product of the Jacobians from k + first to t + last against the derivative of step k by a later step t."""

    def sides(n: Plain) -> Iterable[Sides]:
        for k in range(1, T - 1):
            for t in range(k + 1, T + 1):
                steps = range(k + first, t + last + 1)
                factors = [slope(n, i) @ n["W"] for i in steps if 1 <= i <= T]
                yield n.d(("h", k), ("h", t)), ordered(reversed(factors) if back else factors)

    return sides


MODEL_BACKWARDS = r"$$@_t=\tanh(W@_{t+1}+Ux_t),\qquad L=\frac12\sum_{t=1}^T\|@_t-y_t\|^2$$"
JACOBIAN = r"\mathrm{diag}(1-@_i^2)W"
BACKWARDS: Claims = {
    rf"\frac{{\partial @_k}}{{\partial @_t}}=\prod_{{i=k}}^{{t-1}}{JACOBIAN}": _behind(0, -1),
    rf"\frac{{\partial @_k}}{{\partial @_t}}=\prod_{{i=k+1}}^{{t}}{JACOBIAN}": _behind(1, 0),
    rf"\frac{{\partial @_k}}{{\partial @_t}}=\prod_{{i=t-1}}^{{k}}{JACOBIAN}": _behind(0, -1, back=True),
    r"\frac{\partial @_1}{\partial @_T}=\prod_{t=1}^{T-1}\mathrm{diag}(1-@_t^2)W": lambda n: [
        (n.d(("h", 1), ("h", T)), ordered(slope(n, t) @ n["W"] for t in range(1, T)))
    ],
    r"\frac{\partial @_1}{\partial @_T}=\prod_{t=2}^{T}\mathrm{diag}(1-@_t^2)W": lambda n: [
        (n.d(("h", 1), ("h", T)), ordered(slope(n, t) @ n["W"] for t in range(2, T + 1)))
    ],
    r"\nabla_{@_t}L=(@_t-y_t)+W^\top\mathrm{diag}(1-@_{t-1}^2)\nabla_{@_{t-1}}L": lambda n: [
        (n.grad(("h", t)), n["h", t] - n["y", t] + n["W"].T @ slope(n, t - 1) @ n.grad(("h", t - 1)))
        for t in range(2, T + 1)
    ],
    r"\nabla_{@_t}L=(@_t-y_t)+W^\top\mathrm{diag}(1-@_{t+1}^2)\nabla_{@_{t+1}}L": lambda n: [
        (n.grad(("h", t)), n["h", t] - n["y", t] + n["W"].T @ slope(n, t + 1) @ n.grad(("h", t + 1)))
        for t in range(1, T)
    ],
}


class Rates(Plain):
    """Potentials that leak, and rates: Euler's steps of a network in continuous time."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (3, 3), "U": (3, 2), "delta": (), "tau": ()}

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        before = v["h", t - 1]
        return before + v["delta"] / v["tau"] * (-before + v["W"] @ np.tanh(before) + v["U"] @ v["x", t])


def _rate(n: Plain) -> float:
    return float(n["delta"] / n["tau"])


def _falling(n: Plain, t: int) -> Array:
    return np.diag(1 - np.tanh(n["h", t]) ** 2)


MODEL_RATES = r"""$$v_t=v_{t-1}+\frac{\Delta}{\tau_m}\left(-v_{t-1}+Wr_{t-1}+Ux_t\right),\qquad r_t=\tanh(v_t)$$

$$L=\frac12\sum_{t=1}^T\|v_t-y_t\|^2$$"""
LEAK = r"\left(1-\frac{\Delta}{\tau_m}\right)I+\frac{\Delta}{\tau_m}"
RATES: Claims = {
    rf"\frac{{\mathrm d v_t}}{{\mathrm d v_{{t-1}}}}={LEAK}W\,\mathrm{{diag}}(1-r_{{t-1}}^2)": lambda n: [
        (
            n.d(("h", t), ("h", t - 1)),
            (1 - _rate(n)) * np.eye(3) + _rate(n) * n["W"] @ _falling(n, t - 1),
        )
        for t in range(2, T + 1)
    ],
    rf"\frac{{\mathrm d v_t}}{{\mathrm d v_{{t-1}}}}={LEAK}\mathrm{{diag}}(1-r_{{t-1}}^2)W": lambda n: [
        (
            n.d(("h", t), ("h", t - 1)),
            (1 - _rate(n)) * np.eye(3) + _rate(n) * _falling(n, t - 1) @ n["W"],
        )
        for t in range(2, T + 1)
    ],
    r"\frac{\partial L}{\partial\tau_m}=-\frac1{\tau_m}\sum_{t=1}^T(\nabla_{v_t}L)^\top(v_t-v_{t-1})": lambda n: [
        (n.grad("tau"), -sum(n.grad(("h", t)) @ (n["h", t] - n["h", t - 1]) for t in S) / n["tau"])
    ],
    r"\frac{\partial L}{\partial\tau_m}=\frac1{\tau_m}\sum_{t=1}^T(\nabla_{v_t}L)^\top(v_t-v_{t-1})": lambda n: [
        (n.grad("tau"), sum(n.grad(("h", t)) @ (n["h", t] - n["h", t - 1]) for t in S) / n["tau"])
    ],
    r"\frac{\partial L}{\partial\Delta}=\frac1\Delta\sum_{t=1}^T(\nabla_{v_t}L)^\top(v_t-v_{t-1})": lambda n: [
        (n.grad("delta"), sum(n.grad(("h", t)) @ (n["h", t] - n["h", t - 1]) for t in S) / n["delta"])
    ],
}


class TwoBack(Plain):
    """A state that is computed from the last two."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (3, 3), "V": (3, 3), "U": (3, 2)}
    starts = (-1, 0)

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        return np.tanh(v["W"] @ v["h", t - 1] + v["V"] @ v["h", t - 2] + v["U"] @ v["x", t])


def _outer(n: Plain, t: int, back: int) -> Array:
    return np.outer(slope(n, t) @ n.grad(("h", t)), n["h", t - back])


MODEL_TWO_BACK = r"""$$h_t=\tanh(W_1h_{t-1}+W_2h_{t-2}+Ux_t)$$

$$L=\sum_{t=1}^T\frac12\|h_t-y_t\|^2$$"""
ONE = r"\nabla_{h_t}L=(h_t-y_t)+W_1^\top\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+1}}L"
TWO_BACK: Claims = {
    ONE + r"+W_2^\top\mathrm{diag}(1-h_{t+2}^2)\nabla_{h_{t+2}}L": lambda n: [
        (
            n.grad(("h", t)) - (n["h", t] - n["y", t]) - n["W"].T @ slope(n, t + 1) @ n.grad(("h", t + 1)),
            n["V"].T @ slope(n, t + 2) @ n.grad(("h", t + 2)),
        )
        for t in range(1, T - 1)
    ],
    ONE + r"+W_2^\top\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+2}}L": lambda n: [
        (
            n.grad(("h", t)) - (n["h", t] - n["y", t]) - n["W"].T @ slope(n, t + 1) @ n.grad(("h", t + 1)),
            n["V"].T @ slope(n, t + 1) @ n.grad(("h", t + 2)),
        )
        for t in range(1, T - 1)
    ],
    r"\nabla_{W_2}L=\sum_{t=1}^T\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-2}^\top": lambda n: [
        (n.grad("V"), sum(_outer(n, t, 2) for t in S))
    ],
    r"\nabla_{W_2}L=\sum_{t=2}^T\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-2}^\top": lambda n: [
        (n.grad("V"), sum(_outer(n, t, 2) for t in range(2, T + 1)))
    ],
    r"\nabla_{W_2}L^\top=\sum_{t=1}^Th_{t-2}(\nabla_{h_t}L)^\top\mathrm{diag}(1-h_t^2)": lambda n: [
        (n.grad("V").T, sum(_outer(n, t, 2).T for t in S))
    ],
    r"\nabla_{W_2}L=\sum_{t=1}^T(h_{t-2}\nabla_{h_t}L^\top\mathrm{diag}(1-h_t^2))^\top": lambda n: [
        (n.grad("V"), sum(_outer(n, t, 2) for t in S))
    ],
    r"\nabla_{W_2}L=\sum_{t=1}^Th_{t-2}\nabla_{h_t}L^\top\mathrm{diag}(1-h_t^2)": lambda n: [
        (n.grad("V"), sum(_outer(n, t, 2).T for t in S))
    ],
    r"\nabla_{h_T}^\top L=(h_T-y_T)^\top": lambda n: [(n.grad(("h", T)), n["h", T] - n["y", T])],
}


class Entries(Plain):
    """The plain network, whose derivatives by the entries of W are carried forward."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (3, 3)}

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        return np.tanh(v["W"] @ v["h", t - 1])


def _carried(own: str, state: int = -1) -> Callable[[Plain], Iterable[Sides]]:
    """The recursion of the sensitivities, with ``own`` for where the weight itself counts."""

    def sides(n: Plain) -> Iterable[Sides]:
        for t in S:
            before = n.d(("h", t - 1), "W")
            fresh = np.einsum(own, np.eye(3), n["h", t + state])
            total = np.einsum("kl,lij->kij", n["W"], before) + fresh
            yield n.d(("h", t), "W"), np.einsum("k,kij->kij", 1 - n["h", t] ** 2, total)

    return sides


MODEL_ENTRIES = r"""$$a_{t,k}=\sum_{l=1}^mW_{kl}h_{t-1,l},\qquad h_{t,k}=\tanh(a_{t,k})$$

$$L=\sum_{t=1}^TL_t,\qquad L_t=\frac12\sum_{k=1}^m(h_{t,k}-y_{t,k})^2$$

$$p_{t,k}^{ij}=\frac{\mathrm dh_{t,k}}{\mathrm dW_{ij}}$$"""
CARRIED = r"p_{t,k}^{ij}=(1-h_{t,k}^2)\left[\sum_{l=1}^mW_{kl}p_{t-1,l}^{ij}+@\right]"
ENTRIES: Claims = {
    CARRIED.replace("@", r"\delta_{ik}h_{t-1,j}"): _carried("ki,j->kij"),
    CARRIED.replace("@", r"\delta_{jk}h_{t-1,i}"): _carried("kj,i->kij"),
    CARRIED.replace("@", r"\delta_{ik}h_{t,j}"): _carried("ki,j->kij", 0),
    r"\frac{\mathrm dL}{\mathrm dW_{ij}}=\sum_{t=1}^T\sum_{k=1}^m(h_{t,k}-y_{t,k})p_{t,k}^{ij}": lambda n: [
        (n.grad("W"), sum(np.einsum("k,kij->ij", n["h", t] - n["y", t], n.d(("h", t), "W")) for t in S))
    ],
    r"\frac{\mathrm dL}{\mathrm dW_{ij}}=\sum_{k=1}^m(h_{T,k}-y_{T,k})p_{T,k}^{ij}": lambda n: [
        (n.grad("W"), np.einsum("k,kij->ij", n["h", T] - n["y", T], n.d(("h", T), "W")))
    ],
}


class Normed(Plain):
    """A state whose inputs have mean zero and variance one."""

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        a = node(("a", t), v["W"] @ v["h", t - 1] + v["U"] @ v["x", t])
        m = node(("m", t), a.mean())
        s = node(("s", t), np.sqrt(((a - m) ** 2).mean()))
        return np.tanh(node(("n", t), (a - m) / s))


def _projected(n: Plain, t: int, rest: float) -> Array:
    ones = np.ones((3, 3)) / 3
    return (np.eye(3) - ones - rest * np.outer(n["n", t], n["n", t]) / 3) / n["s", t]


MODEL_NORMED = r"""$$a_t=Wh_{t-1}+Ux_t$$

$$\mu_t=\frac1H\sum_{i=1}^Ha_{t,i},\qquad\sigma_t=\sqrt{\frac1H\sum_{i=1}^H(a_{t,i}-\mu_t)^2}$$

$$\hat a_t=\frac{a_t-\mu_t}{\sigma_t},\qquad h_t=\tanh(\hat a_t)$$

$$L=\sum_{t=1}^T\frac12\|h_t-y_t\|^2$$"""
CENTRED = r"\frac1{\sigma_t}\left(I-\frac1H\mathbf1\mathbf1^\top"
NORMED: Claims = {
    r"\nabla_WL=\sum_{t=1}^T(\nabla_{a_t}L)h_{t-1}^\top": lambda n: [
        (n.grad("W"), sum(np.outer(n.grad(("a", t)), n["h", t - 1]) for t in S))
    ],
    r"\nabla_WL=\sum_{t=1}^T(\nabla_{\hat a_t}L)h_{t-1}^\top": lambda n: [
        (n.grad("W"), sum(np.outer(n.grad(("n", t)), n["h", t - 1]) for t in S))
    ],
    r"\frac{\mathrm d\sigma_t}{\mathrm da_t}=\frac1H\hat a_t^\top": lambda n: [
        (n.d(("s", t), ("a", t)), n["n", t] / 3) for t in S
    ],
    r"\frac{\mathrm d\sigma_t}{\mathrm da_t}=\hat a_t^\top": lambda n: [
        (n.d(("s", t), ("a", t)), n["n", t]) for t in S
    ],
    rf"\frac{{\mathrm d\hat a_t}}{{\mathrm da_t}}={CENTRED}-\frac1H\hat a_t\hat a_t^\top\right)": lambda n: [
        (n.d(("n", t), ("a", t)), _projected(n, t, 1)) for t in S
    ],
    rf"\frac{{\mathrm d\hat a_t}}{{\mathrm da_t}}={CENTRED}\right)": lambda n: [
        (n.d(("n", t), ("a", t)), _projected(n, t, 0)) for t in S
    ],
    r"\nabla_{a_t}L=\frac1{\sigma_t}\left(\nabla_{\hat a_t}L-\frac1H\mathbf1\mathbf1^\top\nabla_{\hat a_t}L"
    r"-\frac1H\hat a_t\hat a_t^\top\nabla_{\hat a_t}L\right)": lambda n: [
        (n.grad(("a", t)), _projected(n, t, 1) @ n.grad(("n", t))) for t in S
    ],
    r"\nabla_{a_t}L=\frac1{\sigma_t}\left(\nabla_{\hat a_t}L-\frac1H\mathbf1\mathbf1^\top\nabla_{\hat a_t}L"
    r"+\frac1H\hat a_t\hat a_t^\top\nabla_{\hat a_t}L\right)": lambda n: [
        (n.grad(("a", t)), _projected(n, t, -1) @ n.grad(("n", t))) for t in S
    ],
    r"\mathbf1^\top\nabla_{a_t}L=0": lambda n: [(n.grad(("a", t)).sum(), 0) for t in S],
    r"\mathbf1^\top\nabla_{\hat a_t}L=0": lambda n: [(n.grad(("n", t)).sum(), 0) for t in S],
}


class Fast(Plain):
    """A matrix that remembers states, and acts on them."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (3, 3), "U": (3, 2), "lam": (), "eta": (), "A0": (3, 3)}

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        before, h = v["A0"] if t == 1 else v["A", t - 1], v["h", t - 1]
        memory = node(("A", t), v["lam"] * before + v["eta"] * np.outer(h, h))
        return np.tanh(node(("z", t), v["W"] @ h + v["U"] @ v["x", t] + memory @ h))


def _remembered(n: Plain, shift: int) -> Array:
    return sum(n["h", t - shift] @ n.grad(("A", t)) @ n["h", t - shift] for t in S)


def _back(n: Plain, t: int, own: Array) -> Array:
    through = (n["W"] + n["A", t + 1]).T @ n.grad(("z", t + 1))
    return n["h", t] - n["y", t] + through + n["eta"] * own @ n["h", t]


MODEL_FAST = r"""$$A_t=\lambda A_{t-1}+\eta h_{t-1}h_{t-1}^\top$$

$$z_t=Wh_{t-1}+Ux_t+A_th_{t-1},\qquad h_t=\tanh(z_t)$$

$$L=\sum_{t=1}^T\tfrac12\|h_t-y_t\|^2$$"""
OWN = r"\nabla_{h_t}L=(h_t-y_t)+(W+A_{t+1})^\top\nabla_{z_{t+1}}L"
FAST: Claims = {
    r"\nabla_{A_t}L=\nabla_{z_t}L\,h_{t-1}^\top+\lambda\nabla_{A_{t+1}}L": lambda n: [
        (n.grad(("A", t)), np.outer(n.grad(("z", t)), n["h", t - 1]) + n["lam"] * n.grad(("A", t + 1)))
        for t in range(1, T)
    ],
    r"\nabla_{A_t}L=\nabla_{z_t}L\,h_{t-1}^\top": lambda n: [
        (n.grad(("A", t)), np.outer(n.grad(("z", t)), n["h", t - 1])) for t in S
    ],
    r"\frac{\partial L}{\partial\eta}=\sum_{t=1}^Th_{t-1}^\top(\nabla_{A_t}L)h_{t-1}": lambda n: [
        (n.grad("eta"), _remembered(n, 1))
    ],
    r"\frac{\partial L}{\partial\eta}=\sum_{t=1}^Th_t^\top(\nabla_{A_t}L)h_t": lambda n: [
        (n.grad("eta"), _remembered(n, 0))
    ],
    OWN + r"+\eta\left(\nabla_{A_{t+1}}L+(\nabla_{A_{t+1}}L)^\top\right)h_t": lambda n: [
        (n.grad(("h", t)), _back(n, t, n.grad(("A", t + 1)) + n.grad(("A", t + 1)).T)) for t in range(1, T)
    ],
    OWN + r"+2\eta\nabla_{A_{t+1}}L\,h_t": lambda n: [
        (n.grad(("h", t)), _back(n, t, 2 * n.grad(("A", t + 1)))) for t in range(1, T)
    ],
    OWN: lambda n: [(n.grad(("h", t)), _back(n, t, np.zeros((3, 3)))) for t in range(1, T)],
}


class Decaying(Plain):
    """A state whose entries decay on their own, and a loss that is a likelihood."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"a": (3,), "U": (3, 2), "sigma": ()}

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        return v["a"] * v["h", t - 1] + v["U"] @ v["x", t]

    def loss(self, v: dict[Any, Array]) -> Array:
        squares = sum(((v["h", t] - v["y", t]) ** 2).sum() for t in S)
        return squares / (2 * v["sigma"] ** 2) + 3 * T * np.log(v["sigma"])


def _decayed(n: Plain, t: int, shift: int) -> Array:
    return n["a"] ** t * n["h", 0] + sum(n["a"] ** (t - k + shift) * (n["U"] @ n["x", k]) for k in range(1, t + 1))


def _squares(n: Plain) -> float:
    return float(sum(((n["h", t] - n["y", t]) ** 2).sum() for t in S))


MODEL_DECAYING = r"""$$h_t=a\odot h_{t-1}+Ux_t$$

$$\ell=\sum_{t=1}^T\left(\frac{\|y_t-h_t\|^2}{2\sigma^2}+3\log\sigma\right)$$"""
DECAYING: Claims = {
    r"h_t=a^t\odot h_0+\sum_{k=1}^ta^{t-k}\odot Ux_k": lambda n: [(n["h", t], _decayed(n, t, 0)) for t in S],
    r"h_t=a^t\odot h_0+\sum_{k=1}^ta^{t-k+1}\odot Ux_k": lambda n: [(n["h", t], _decayed(n, t, 1)) for t in S],
    r"\nabla_{h_t}\ell=\frac{h_t-y_t}{\sigma^2}+a\odot\nabla_{h_{t+1}}\ell": lambda n: [
        (n.grad(("h", t)), (n["h", t] - n["y", t]) / n["sigma"] ** 2 + n["a"] * n.grad(("h", t + 1)))
        for t in range(1, T)
    ],
    r"\nabla_{h_t}\ell=\frac{h_t-y_t}{\sigma}+a\odot\nabla_{h_{t+1}}\ell": lambda n: [
        (n.grad(("h", t)), (n["h", t] - n["y", t]) / n["sigma"] + n["a"] * n.grad(("h", t + 1))) for t in range(1, T)
    ],
    r"\frac{\partial\ell}{\partial\sigma}=\frac{3T}\sigma-\frac1{\sigma^3}\sum_{t=1}^T\|y_t-h_t\|^2": lambda n: [
        (n.grad("sigma"), 3 * T / n["sigma"] - _squares(n) / n["sigma"] ** 3)
    ],
    r"\frac{\partial\ell}{\partial\sigma}=\frac3\sigma-\frac1{\sigma^3}\sum_{t=1}^T\|y_t-h_t\|^2": lambda n: [
        (n.grad("sigma"), 3 / n["sigma"] - _squares(n) / n["sigma"] ** 3)
    ],
}


class Added(Plain):
    """A state to which each step adds something."""

    def step(self, v: dict[Any, Array], t: int, node: Callable[[Any, Array], Array]) -> Array:
        return v["h", t - 1] + np.tanh(node(("a", t), v["W"] @ v["h", t - 1] + v["U"] @ v["x", t]))


def _added(n: Plain, last: int) -> Array:
    return n["h", 0] + sum(np.tanh(n["a", t]) for t in range(1, last + 1))


MODEL_ADDED = r"""$$a_t=Wh_{t-1}+Ux_t,\qquad h_t=h_{t-1}+\tanh(a_t)$$

$$L=\sum_{t=1}^T\tfrac12\|h_t-y_t\|^2$$"""
ADDED: Claims = {
    r"h_T=h_0+\sum_{t=1}^T\tanh(a_t)": lambda n: [(n["h", T], _added(n, T))],
    r"h_{T-1}=h_0+\sum_{t=1}^T\tanh(a_t)": lambda n: [(n["h", T - 1], _added(n, T))],
    r"h_{T-1}=h_0+\sum_{t=1}^{T-1}\tanh(a_t)": lambda n: [(n["h", T - 1], _added(n, T - 1))],
    r"h_{T-1}=h_{T-2}+\tanh(a_T)": lambda n: [(n["h", T - 1], n["h", T - 2] + np.tanh(n["a", T]))],
}

TABLES: dict[str, tuple[str, type[Plain], Claims]] = {
    "backwards": (MODEL_BACKWARDS.replace("@", "h"), Backwards, BACKWARDS),
    "backwards, under an arrow": (MODEL_BACKWARDS.replace("@", r"\overleftarrow h"), Backwards, BACKWARDS),
    "rates": (MODEL_RATES, Rates, RATES),
    "two back": (MODEL_TWO_BACK, TwoBack, TWO_BACK),
    "entries": (MODEL_ENTRIES, Entries, ENTRIES),
    "normed": (MODEL_NORMED, Normed, NORMED),
    "fast": (MODEL_FAST, Fast, FAST),
    "decaying": (MODEL_DECAYING, Decaying, DECAYING),
    "added": (MODEL_ADDED, Added, ADDED),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_verdicts_are_what_the_numbers_say(name: str) -> None:
    """What holds at each step is called true, what fails at one is refuted; both stand in each table."""
    model, network, claims = TABLES[name]
    numbers = network()
    written = [claim.replace("@", r"\overleftarrow h" if "arrow" in name else "h") for claim in claims]
    text = "\n\n".join([model, *(f"$${claim}$$" for claim in written)])
    found = [v.status for v in judge(read_document(source_from_text(text)), mend=False)][-len(claims) :]
    truths = [all(equal(left, right) for left, right in sides(numbers)) for sides in claims.values()]
    assert {*truths} == {True, False}
    wrong = [
        (claim, status)
        for claim, status, truth in zip(written, found, truths, strict=True)
        if (status in TRUE) != truth or (status == "refuted") == truth
    ]
    assert wrong == []


@pytest.mark.parametrize("last", ["d", "m", "q", "N"])
def test_a_sum_may_run_up_to_any_letter(last: str) -> None:
    """Entries of a definition are summed up to any letter that is no step, and those of its gradient too."""
    model = rf"$$h_{{t,i}}=\tanh\Bigl(\sum_{{j=1}}^{{{last}}}W_{{ij}}h_{{t-1,j}}\Bigr)$$"
    claims = [
        r"\frac{\mathrm dh_{t,i}}{\mathrm dh_{t-1,j}}=(1-h_{t,i}^2)W_{ij}",
        r"\frac{\mathrm dh_{t,i}}{\mathrm dh_{t-1,j}}=(1-h_{t,j}^2)W_{ij}",
    ]
    text = "\n\n".join([model, *(f"$${claim}$$" for claim in claims)])
    found = [v.status for v in judge(read_document(source_from_text(text)), mend=False)]
    assert found[0] == "definition"
    assert found[1] in TRUE
    assert found[2] == "refuted"


def test_a_name_with_its_step_above_is_no_power_of_e() -> None:
    """Beside ``h^{(t)}`` an ``e^{(t)}`` that nothing defines is an input; alone it is a number."""
    model = r"$$h^{(t)}=\tanh(Wh^{(t-1)}+Ue^{(t)})$$"
    claims = [
        r"\frac{\mathrm dh^{(t)}}{\mathrm de^{(t)}}=\mathrm{diag}\bigl(1-(h^{(t)})^2\bigr)U",
        r"\frac{\mathrm dh^{(t)}}{\mathrm de^{(t)}}=\mathrm{diag}\bigl(1-(h^{(t)})^2\bigr)W",
    ]
    text = "\n\n".join([model, *(f"$${claim}$$" for claim in claims)])
    found = [v.status for v in judge(read_document(source_from_text(text)), mend=False)]
    assert found[1] in TRUE
    assert found[2] == "refuted"


@pytest.mark.parametrize("last", ["n", "d"])
def test_a_loss_of_entries_is_of_no_step(last: str) -> None:
    """A loss that sums the entries up to any letter has no index, whatever the letter is."""
    model = rf"""$$h_j^{{(t)}}=\tanh\bigl(\sum_{{k=1}}^{{{last}}}w_{{kj}}h_k^{{(t-1)}}\bigr)$$

$$L=\frac12\sum_{{t=1}}^T\sum_{{j=1}}^{{{last}}}\bigl(h_j^{{(t)}}-y_j^{{(t)}}\bigr)^2$$"""
    slope = r"\bigl(1-(h_j^{(t)})^2\bigr)\frac{\mathrm dL}{\mathrm dh_j^{(t)}}"
    claims = [
        r"\frac{\mathrm dL}{\mathrm dw_{kj}}=\sum_{t=1}^Th_k^{(t-1)}" + slope,
        r"\frac{\mathrm dL}{\mathrm dw_{kj}}=\sum_{t=1}^Th_k^{(t)}" + slope,
    ]
    text = "\n\n".join([model, *(f"$${claim}$$" for claim in claims)])
    found = [v.status for v in judge(read_document(source_from_text(text)), mend=False)][-2:]
    assert found[0] in TRUE
    assert found[1] == "refuted"


def test_plain_letters_are_entries_of_bold_ones() -> None:
    """In ``\\mathbf{h}^{(t)}`` and ``h_i^{(t)}`` one vector is meant, if the plain name has no formula."""
    model = r"$$\mathbf{h}^{(t)}=\tanh(\mathbf{W}\mathbf{h}^{(t-1)}),\quad L=\sum_{t=1}^T\|\mathbf{h}^{(t)}\|^2$$"
    claims = [
        r"\frac{\mathrm dL}{\mathrm dh_i^{(T)}}=2h_i^{(T)}",
        r"\frac{\mathrm dL}{\mathrm dh_i^{(T)}}=h_i^{(T)}",
        r"\frac{\mathrm dL}{\mathrm dh_i^{(t)}}=2h_i^{(t)}",
    ]
    text = "\n\n".join([model, *(f"$${claim}$$" for claim in claims)])
    found = [v.status for v in judge(read_document(source_from_text(text)), mend=False)][-3:]
    assert found[0] in TRUE
    assert found[1:] == ["refuted", "refuted"]
    own = model + "\n\n" + r"$$h_i^{(t)}=3t$$" + "\n\n" + f"$${claims[0]}$$"
    assert [v.status for v in judge(read_document(source_from_text(own)), mend=False)][-1] not in TRUE


def test_a_transpose_may_stand_above_the_step() -> None:
    """``h^{(t)^\\top}`` is the transpose of the state, and of the right one."""
    model = r"$$\mathbf{h}^{(t)}=\tanh(\mathbf{W}\mathbf{h}^{(t-1)}),\quad L=\|\mathbf{h}^{(T)}\|^2$$"
    slope = r"\nabla_{\mathbf{W}}L=\sum_t\mathrm{diag}\left(1-(\mathbf{h}^{(t)})^2\right)(\nabla_{\mathbf{h}^{(t)}}L)"
    claims = [slope + r"\mathbf{h}^{(t-1)^\top}", slope + r"\mathbf{h}^{(t)^\top}"]
    text = "\n\n".join([model, *(f"$${claim}$$" for claim in claims)])
    found = [v.status for v in judge(read_document(source_from_text(text)), mend=False)][-2:]
    assert found == ["proved", "refuted"]
