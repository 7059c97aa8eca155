"""Steps are n up to N, the target sums to one, the first state is zero; gradients are columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, softmax, targets, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b"))
    NODES["o", _t] = lambda v, t=_t: v("V") @ v("h", t) + v("c")
    NODES["p", _t] = lambda v, t=_t: softmax(v("o", t))
    NODES["l", _t] = lambda v, t=_t: -(v("y", t) * np.log(v("p", t))).sum(-2, keepdims=True)
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS)
LEAVES = {"W": (3, 3), "U": (3, 2), "V": (4, 3), "b": (3, 1), "c": (4, 1), ("h", 0): (3, 1), **per_step(T, x=(2, 1))}
n = Numbers(T, LEAVES, NODES, {("h", 0): np.zeros((3, 1, 3, 1)), **targets("y", T, 4)})
V, W = n("V"), n("W")


def gh(t):
    return n.grad("L", ("h", t))


def error(t):
    return n("p", t) - n("y", t)


def slope(t):
    return 1 - n("h", t) ** 2


def back(t, s):
    return tr(V) @ error(t) + tr(W) @ (slope(s) * gh(t + 1))


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.d(("p", t), ("o", t)), diag(n("p", t)) - n("p", t) @ tr(n("p", t)))),
    "4.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("o", t)), error(t))),
    "5.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("o", t)), -error(t))),
    "6.1": lambda: same(gh(T), tr(V) @ error(T)),
    "7.1": lambda: each(range(1, T), lambda t: same(gh(t), back(t, t + 1))),
    "8.1": lambda: each(range(1, T), lambda t: same(gh(t), back(t, t))),
    "9.1": lambda: same(n.grad("L", "V"), sum(error(t) @ tr(n("h", t)) for t in STEPS)),
    "9.2": lambda: same(n.grad("L", "c"), sum(error(t) for t in STEPS)),
    "10.1": lambda: same(n.grad("L", "W"), sum((slope(t) * gh(t)) @ tr(n("h", t - 1)) for t in STEPS)),
    # the input before the first one does not exist; that it were zero makes it no truer
    "11.1": lambda: same(n.grad("L", "U"), sum((slope(t) * gh(t)) @ tr(n("x", t - 1)) for t in range(2, T + 1))),
    "12.1": lambda: same(n.grad("L", "b"), sum(diag(slope(t)) @ gh(t) for t in STEPS)),
    "13.1": lambda: same(n.grad("L", "b"), sum(gh(t) for t in STEPS)),
}
