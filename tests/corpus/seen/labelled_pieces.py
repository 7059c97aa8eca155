"""Derivatives in pieces with letters; gradients are rows, the target sums to one."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, softmax, targets, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("W") @ v("h", t - 1) + v("U") @ v("x", t))
    NODES["z", _t] = lambda v, t=_t: v("V") @ v("h", t)
    NODES["p", _t] = lambda v, t=_t: softmax(v("z", t))
    NODES["l", _t] = lambda v, t=_t: -(v("y", t) * np.log(v("p", t))).sum(-2, keepdims=True)
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS)
LEAVES = {"W": (3, 3), "U": (3, 2), "V": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1))}
n = Numbers(T, LEAVES, NODES, targets("y", T, 4))


def a(t):
    return n.d(("l", t), ("p", t))


def b(t):
    return n.d(("p", t), ("z", t))


def c(t):
    return n.d(("z", t), ("h", t))


def d(t):
    return n.d(("h", t), ("h", t - 1))


def row(t):
    return n.d("L", ("h", t))


def error(t):
    return n("p", t) - n("y", t)


def product(*factors):
    """A product whose shapes clash is no number."""
    try:
        found = factors[0]
        for factor in factors[1:]:
            found = found @ factor
    except ValueError:
        return np.full((1, 1, 1), np.nan)
    return found


CLAIMS = {
    "4.1": lambda: each(STEPS, lambda t: same(b(t), diag(n("p", t)) - n("p", t) @ tr(n("p", t)))),
    "5.1": lambda: each(STEPS, lambda t: same(c(t), n("V"))),
    "6.1": lambda: each(STEPS, lambda t: same(a(t) @ b(t), tr(error(t)))),
    "7.1": lambda: each(STEPS, lambda t: same(a(t) @ b(t) @ c(t), tr(error(t)) @ n("V"))),
    "8.1": lambda: each(STEPS, lambda t: same(n.d(("l", t), ("h", t)), a(t) @ b(t) @ c(t))),
    "9.1": lambda: each(STEPS, lambda t: same(n.d(("l", t), ("h", t)), product(a(t), c(t), b(t)))),
    "10.1": lambda: each(range(1, T), lambda t: same(row(t), n.d(("l", t), ("h", t)) + row(t + 1) @ d(t + 1))),
    "11.1": lambda: each(range(1, T), lambda t: same(row(t), row(t + 1) @ d(t + 1))),
    "12.1": lambda: each(STEPS, lambda t: same(d(t), diag(1 - n("h", t) ** 2) @ n("W"))),
    "13.1": lambda: each(STEPS, lambda t: same(d(t), diag(1 - n("h", t - 1) ** 2) @ n("W"))),
    "14.1": lambda: each(STEPS, lambda t: same(n.d(("l", t), ("h", t - 1)), a(t) @ b(t) @ c(t) @ d(t))),
    "15.1": lambda: each(STEPS, lambda t: same(n.d(("l", t), ("h", t - 1)), product(a(t), b(t), d(t), c(t)))),
    "16.1": lambda: same(n.grad("L", "V"), sum(error(t) @ tr(n("h", t)) for t in STEPS)),
    "17.1": lambda: same(n.grad("L", "V"), sum(n("h", t) @ tr(error(t)) for t in STEPS)),
    "18.1": lambda: each(STEPS, lambda t: same(a(t) @ b(t), tr(n("p", t) + n("y", t)))),
}
