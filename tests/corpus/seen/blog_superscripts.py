"""Logistic units and one logistic output after the last step."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, sigmoid, tr

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)
NODES = {}
for _t in STEPS:
    NODES["z", _t] = lambda v, t=_t: v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b")
    NODES["h", _t] = lambda v, t=_t: sigmoid(v("z", t))
NODES["p"] = lambda v: sigmoid(v("v").swapaxes(-1, -2) @ v("h", T))
NODES["J"] = lambda v: -v("y") * np.log(v("p")) - (1 - v("y")) * np.log(1 - v("p"))
LEAVES = {"W": (3, 3), "U": (3, 2), "b": (3, 1), "v": (3, 1), ("h", 0): (3, 1), **per_step(T, x=(2, 1))}
n = Numbers(T, LEAVES, NODES, {"y": np.array([0.0, 1.0, 1.0]).reshape(3, 1, 1, 1)})
MISS = n("p") - n("y")
Z = np.random.default_rng(2).normal(size=(3, 5, 1))


def hat(t):
    return n("h", t) * (1 - n("h", t))


def delta(t):
    return n.grad("J", ("z", t))


def step(t):
    return n.d(("h", t), ("h", t - 1))


CLAIMS = {
    "4.1": lambda: same(np.imag(sigmoid(Z + 1e-30j)) / 1e-30, sigmoid(Z) * (1 - sigmoid(Z))),
    "5.1": lambda: same(np.imag(sigmoid(Z + 1e-30j)) / 1e-30, Z * (1 - Z)),
    "6.1": lambda: same(n.grad("J", "v"), MISS * n("h", T)),
    "7.1": lambda: same(n.grad("J", ("h", T)), MISS * n("v")),
    "8.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("z", t)), diag(hat(t)))),
    "9.1": lambda: each(STEPS, lambda t: same(step(t), diag(hat(t)) @ n("W"))),
    "10.1": lambda: each(STEPS, lambda t: same(step(t), diag(hat(t - 1)) @ n("W"))),
    "11.1": lambda: same(delta(T), MISS * n("v") * hat(T)),
    "12.1": lambda: each(BEFORE_LAST, lambda t: same(delta(t), (tr(n("W")) @ delta(t + 1)) * hat(t))),
    "13.1": lambda: each(BEFORE_LAST, lambda t: same(delta(t), (n("W") @ delta(t + 1)) * hat(t))),
    "14.1": lambda: each(BEFORE_LAST, lambda t: same(delta(t), tr(n("W")) @ (delta(t + 1) * hat(t + 1)))),
    "15.1": lambda: same(n.grad("J", "W"), sum(delta(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "16.1": lambda: same(n.grad("J", "U"), sum(delta(t) @ tr(n("x", t)) for t in STEPS)),
    "17.1": lambda: same(n.grad("J", "b"), sum(delta(t) for t in STEPS)),
    "18.1": lambda: same(n.grad("J", "W"), sum(delta(t) @ tr(n("h", t - 1)) for t in range(2, T + 1))),
    "19.1": lambda: same(n.grad("J", "b"), delta(T)),
}
