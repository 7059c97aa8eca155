"""The mean of the losses, slopes by the state itself, and then leaky units; gradients are columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["z", _t] = lambda v, t=_t: v("W") @ v("h", t - 1) + v("U") @ v("x", t)
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("z", t))
    NODES["p", _t] = lambda v, t=_t: v("V") @ v("h", t)
    NODES["l", _t] = lambda v, t=_t: ((v("p", t) - v("y", t)) ** 2).sum(-2, keepdims=True) / 2
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS) / T
WEIGHTS = {"W": (3, 3), "U": (3, 2), "V": (4, 3), ("h", 0): (3, 1)}
n = Numbers(T, {**WEIGHTS, **per_step(T, x=(2, 1), y=(4, 1))}, NODES)
V, W = n("V"), n("W")

LEAK = 0.3
LEAKY = {}
for _t in STEPS:
    LEAKY["s", _t] = lambda v, t=_t: np.tanh(v("W") @ v("h", t - 1) + v("U") @ v("x", t))
    LEAKY["h", _t] = lambda v, t=_t: (1 - LEAK) * v("h", t - 1) + LEAK * v("s", t)
m = Numbers(T, {"W": (3, 3), "U": (3, 2), ("h", 0): (3, 1), **per_step(T, x=(2, 1))}, LEAKY)


def slope(t):
    return diag(1 - n("h", t) ** 2)


def error(t):
    return n("p", t) - n("y", t)


def delta(t):
    return n.grad("L", ("z", t))


def leaky(t, name):
    return (1 - LEAK) * np.eye(3) + LEAK * diag(1 - m(name, t) ** 2) @ m("W")


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), slope(t) @ W)),
    "3.2": lambda: (slope(2) @ W).shape == (3, 3, 3),
    "4.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("z", t)), slope(t))),
    "4.2": lambda: each(STEPS, lambda t: same(n.d(("z", t), ("h", t - 1)), W)),
    "5.1": lambda: same(delta(T), slope(T) @ tr(V) @ error(T) / T),
    "5.2": lambda: each(
        range(1, T), lambda t: same(delta(t), slope(t) @ (tr(V) @ error(t) / T + tr(W) @ delta(t + 1)))
    ),
    "5.3": lambda: same(n.grad("L", "W"), sum(delta(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "5.4": lambda: same(n.grad("L", "U"), sum(delta(t) @ tr(n("x", t)) for t in STEPS)),
    "5.5": lambda: (delta(1) @ tr(n("x", 1))).shape == (3, 3, 2),
    "5.6": lambda: same(n.grad("L", "V"), sum(error(t) @ tr(n("h", t)) for t in STEPS)),
    "7.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("h", t - 1)), leaky(t, "s"))),
    "8.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("h", t - 1)), leaky(t, "h"))),
    "9.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("x", t)), LEAK * diag(1 - m("s", t) ** 2) @ m("U"))),
}
