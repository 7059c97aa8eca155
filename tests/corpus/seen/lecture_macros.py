"""The state before the nonlinearity; f is some entrywise function, here tanh(z) + z/5 + z**2/10."""

import numpy as np
from corpus.oracle import Numbers, diag, each, ordered, per_step, same, tr

T = 4
STEPS = range(1, T + 1)


def f(z):
    return np.tanh(z) + z / 5 + z**2 / 10


def df(z):
    return diag(1 - np.tanh(z) ** 2 + 1 / 5 + z / 5)


NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: v("W") @ f(v("h", t - 1)) + v("U") @ v("x", t)
    NODES["p", _t] = lambda v, t=_t: v("S") @ f(v("h", t))
    NODES["E", _t] = lambda v, t=_t: ((v("p", t) - v("y", t)) ** 2).sum(-2, keepdims=True)
NODES["E"] = lambda v: sum(v("E", t) for t in STEPS)
n = Numbers(T, {"W": (3, 3), "U": (3, 2), "S": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1), y=(4, 1))}, NODES)
W = n("W")


def step(j):
    return n.d(("h", j), ("h", j - 1))


def summed(t, last):
    """The chain rule for the error of step t, with a choice of the last factor."""
    front = n.d(("E", t), ("p", t)) @ n.d(("p", t), ("h", t))
    return sum(front @ n.d(("h", t), ("h", k)) @ last(("h", k), "W") for k in range(1, t + 1))


def product(t, k, steps):
    return same(n.d(("h", t), ("h", k)), ordered([step(j) for j in steps], 3))


PAIRS = [(t, k) for t in STEPS for k in range(t + 1)]
CLAIMS = {
    "3.1": lambda: same(n.d("E", "W"), sum(n.d(("E", t), "W") for t in STEPS)),
    "4.1": lambda: {
        "immediate": each(STEPS, lambda t: same(n.d(("E", t), "W"), summed(t, n.own))),
        "total": each(STEPS, lambda t: same(n.d(("E", t), "W"), summed(t, n.d))),
    },
    "5.1": lambda: each(STEPS, lambda t: same(n.d(("E", t), "W"), summed(t, n.own))),
    "6.1": lambda: {
        "decreasing": each(PAIRS, lambda p: product(*p, range(p[0], p[1], -1))),
        "increasing": each(PAIRS, lambda p: product(*p, range(p[1] + 1, p[0] + 1))),
    },
    "7.1": lambda: each(STEPS, lambda j: same(step(j), W @ df(n("h", j - 1)))),
    "8.1": lambda: any(
        each(STEPS, lambda j, of=of: same(of(step(j)), tr(W) @ df(n("h", j - 1)))) for of in (lambda a: a, tr)
    ),
    "9.1": lambda: each(STEPS, lambda j: same(step(j), W @ df(n("h", j)))),
    "10.1": lambda: each(
        range(2, T + 1),
        lambda t: same(n.d(("h", t), ("h", t - 2)), W @ df(n("h", t - 1)) @ W @ df(n("h", t - 2))),
    ),
    "11.1": lambda: each(
        range(2, T + 1),
        lambda t: same(n.d(("h", t), ("h", t - 2)), W @ W @ df(n("h", t - 1)) @ df(n("h", t - 2))),
    ),
    "12.1": lambda: same(n.d("E", "S"), sum(n.d(("E", t), ("p", t)) @ n.d(("p", t), "S") for t in STEPS)),
    "12.2": lambda: same(n.grad("E", "S"), sum(2 * (n("p", t) - n("y", t)) @ tr(f(n("h", t))) for t in STEPS)),
    "13.1": lambda: same(n.grad("E", "S"), sum((n("p", t) - n("y", t)) @ tr(f(n("h", t))) for t in STEPS)),
}
