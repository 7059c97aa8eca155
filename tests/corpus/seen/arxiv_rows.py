"""Any entrywise slope and any loss of each step's output; gradients are rows."""

import numpy as np
from corpus.oracle import Numbers, diag, each, opaque, ordered, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
rng = np.random.default_rng(4)
LOSS = {t: opaque(rng, 1, 4) for t in STEPS}


def phi(z):
    return np.tanh(z) + z / 5 + z**2 / 10


NODES = {}
for _t in STEPS:
    NODES["z", _t] = lambda v, t=_t: v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b") + v("b", t)
    NODES["h", _t] = lambda v, t=_t: phi(v("z", t))
    NODES["o", _t] = lambda v, t=_t: v("V") @ v("h", t)
    NODES["l", _t] = lambda v, t=_t: LOSS[t](v("o", t))
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS)
LEAVES = {"W": (3, 3), "U": (3, 2), "b": (3, 1), "V": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1), b=(3, 1))}
n = Numbers(T, LEAVES, NODES, {("b", t): np.zeros((3, 1, 3, 1)) for t in STEPS})  # b of step t apart from the shared b
V, W = n("V"), n("W")


def slope(t):
    z = n("z", t)
    return diag(1 - np.tanh(z) ** 2 + 1 / 5 + z / 5)


def delta(t):
    return n.d("L", ("h", t))


def error(t):
    return n.d(("l", t), ("o", t))


def unrolled(t, steps):
    return sum(error(s) @ V @ ordered([slope(r) @ W for r in steps(s, t)], 3) for s in range(t, T + 1))


def chained(t, first):
    return sum((error(s) @ V @ n.d(("h", s), ("h", t)) for s in range(first, T + 1)), np.zeros((3, 1, 3)))


CLAIMS = {
    "2.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), slope(t) @ W)),
    "2.2": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("x", t)), slope(t) @ n("U"))),
    "2.3": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("b", t)), slope(t))),
    "3.1": lambda: same(delta(T), error(T) @ V),
    "3.2": lambda: each(range(1, T), lambda t: same(delta(t), error(t) @ V + delta(t + 1) @ slope(t + 1) @ W)),
    "4.1": lambda: each(STEPS, lambda t: same(delta(t), chained(t, t))),
    "4.2": lambda: each(STEPS, lambda t: same(chained(t, t), unrolled(t, lambda s, t: range(s, t, -1)))),
    "5.1": lambda: same(n.grad("L", "W"), sum(slope(t) @ tr(delta(t)) @ tr(n("h", t - 1)) for t in STEPS)),
    "5.2": lambda: same(n.grad("L", "U"), sum(slope(t) @ tr(delta(t)) @ tr(n("x", t)) for t in STEPS)),
    "5.3": lambda: same(n.grad("L", "b"), sum(slope(t) @ tr(delta(t)) for t in STEPS)),
    "6.1": lambda: each(range(1, T), lambda t: same(delta(t), error(t) @ V + delta(t + 1) @ W @ slope(t + 1))),
    "7.1": lambda: each(range(1, T), lambda t: same(delta(t), chained(t, t + 1))),
    "8.1": lambda: each(STEPS, lambda t: same(delta(t), unrolled(t, lambda s, t: range(t + 1, s + 1)))),
    "9.1": lambda: same(n.grad("L", "W"), sum(tr(delta(t)) @ tr(n("h", t - 1)) for t in STEPS)),
}
