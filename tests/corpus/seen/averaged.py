"""Any entrywise slope, any loss of the state at each step, their mean over time; gradients are rows."""

import numpy as np
from corpus.oracle import Numbers, each, opaque, ordered, per_step, same

T = 4
STEPS = range(1, T + 1)
loss = opaque(np.random.default_rng(8), 1, 3, 4)


def phi(z):
    return np.tanh(z) + z / 5 + z**2 / 10


NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: phi(v("W") @ v("h", t - 1) + v("U") @ v("x", t))
    NODES["l", _t] = lambda v, t=_t: loss(v("h", t), v("y", t))
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS) / T
n = Numbers(T, {"W": (3, 3), "U": (3, 2), ("h", 0): (3, 1), **per_step(T, x=(2, 1), y=(4, 1))}, NODES)
PAIRS = [(t, k) for t in STEPS for k in range(1, t + 1)]


def error(t):
    return n.d(("l", t), ("h", t))


def through(t, last):
    terms = (error(t) @ n.d(("h", t), ("h", k)) @ n.own(("h", k), "W") for k in range(1, last + 1))
    return sum(terms, np.zeros((3, 1, 9)))


def row(t):
    return n.d("L", ("h", t))


def onward(t):
    return row(t + 1) @ n.d(("h", t + 1), ("h", t))


def falling(t, k):
    return ordered([n.d(("h", j), ("h", j - 1)) for j in range(t, k, -1)], 3)


def rising(t, k):
    return ordered([n.d(("h", j), ("h", j - 1)) for j in range(k + 1, t + 1)], 3)


CLAIMS = {
    "2.1": lambda: same(n.d("L", "W"), sum(n.d(("l", t), "W") for t in STEPS) / T),
    "3.1": lambda: same(n.d("L", "W"), sum(n.d(("l", t), "W") for t in STEPS)),
    "4.1": lambda: each(STEPS, lambda t: same(n.d(("l", t), "W"), through(t, t))),
    "5.1": lambda: same(n.d("L", "W"), sum(through(t, t) for t in STEPS) / T),
    "6.1": lambda: same(n.d("L", "W"), sum(through(t, t - 1) for t in STEPS) / T),
    "7.1": lambda: {
        order.__name__: each(PAIRS, lambda p, order=order: same(n.d(("h", p[0]), ("h", p[1])), order(*p)))
        for order in (falling, rising)
    },
    "8.1": lambda: same(row(T), error(T) / T),
    "9.1": lambda: each(range(1, T), lambda t: same(row(t), error(t) / T + onward(t))),
    "10.1": lambda: each(range(1, T), lambda t: same(row(t), error(t) + onward(t))),
    "11.1": lambda: each(
        STEPS, lambda t: same(row(t), sum(error(s) @ n.d(("h", s), ("h", t)) for s in range(t, T + 1)) / T)
    ),
    "12.1": lambda: each(
        range(1, T), lambda t: same(row(t), sum(error(s) @ n.d(("h", s), ("h", t)) for s in range(t + 1, T + 1)) / T)
    ),
}
