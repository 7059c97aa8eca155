"""A linear recurrence with any loss of each step's output; gradients as columns, or in their variable's shape."""

import numpy as np
from corpus.oracle import Numbers, each, opaque, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
loss = opaque(np.random.default_rng(6), 1, 4, 4)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: v("X") @ v("x", t) + v("H") @ v("h", t - 1)
    NODES["o", _t] = lambda v, t=_t: v("Q") @ v("h", t)
    NODES["l", _t] = lambda v, t=_t: loss(v("o", t), v("y", t))
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS) / T
LEAVES = {"X": (3, 2), "H": (3, 3), "Q": (4, 3), ("h", 0): (3, 1)}
n = Numbers(T, {**LEAVES, **per_step(T, x=(2, 1), y=(4, 1))}, NODES)
HT, QT = tr(n("H")), tr(n("Q"))


def gh(t):
    return n.grad("L", ("h", t))


def go(t):
    return n.grad("L", ("o", t))


def power(k):
    return np.linalg.matrix_power(HT, k)


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(go(t), n.grad(("l", t), ("o", t)) / T)),
    "4.1": lambda: each(STEPS, lambda t: same(go(t), n.grad(("l", t), ("o", t)))),
    "5.1": lambda: same(n.grad("L", "Q"), sum(go(t) @ tr(n("h", t)) for t in STEPS)),
    "6.1": lambda: same(gh(T), QT @ go(T)),
    "7.1": lambda: each(range(1, T), lambda t: same(gh(t), HT @ gh(t + 1) + QT @ go(t))),
    "8.1": lambda: each(STEPS, lambda t: same(gh(t), sum(power(T - i) @ QT @ go(T + t - i) for i in range(t, T + 1)))),
    "9.1": lambda: each(STEPS, lambda t: same(gh(t), sum(power(i - t) @ QT @ go(i) for i in range(t, T + 1)))),
    "10.1": lambda: each(STEPS, lambda t: same(gh(t), sum(power(T - i) @ QT @ go(i) for i in range(t, T + 1)))),
    "11.1": lambda: each(STEPS, lambda t: same(gh(t), power(T - t) @ QT @ go(T))),
    "12.1": lambda: same(n.grad("L", "X"), sum(gh(t) @ tr(n("x", t)) for t in STEPS)),
    "13.1": lambda: same(n.grad("L", "H"), sum(gh(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "14.1": lambda: same(n.grad("L", "H"), sum(tr(n("h", t - 1)) @ gh(t) for t in STEPS)),
}
