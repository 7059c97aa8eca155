"""Softmax and the likelihood of the targets; gradients as columns."""

import numpy as np
from corpus.oracle import Numbers, each, per_step, same, softmax, targets, tr

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("Wxh") @ v("x", t) + v("Whh") @ v("h", t - 1) + v("bh"))
    NODES["y", _t] = lambda v, t=_t: v("Why") @ v("h", t) + v("by")
    NODES["p", _t] = lambda v, t=_t: softmax(v("y", t))
NODES["L"] = lambda v: -sum((v("c", t) * np.log(v("p", t))).sum(-2, keepdims=True) for t in STEPS)
LEAVES = {"Wxh": (3, 2), "Whh": (3, 3), "bh": (3, 1), "Why": (4, 3), "by": (4, 1), ("h", 0): (3, 1)}
n = Numbers(T, {**LEAVES, **per_step(T, x=(2, 1))}, NODES, targets("c", T, 4))
OUT, BACK = tr(n("Why")), tr(n("Whh"))


def miss(t):
    return n("p", t) - n("c", t)


def gh(t):
    return n.grad("L", ("h", t))


def raw(t):
    return (1 - n("h", t) ** 2) * gh(t)


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("y", t)), miss(t))),
    "4.1": lambda: same(n.grad("L", "Why"), sum(miss(t) @ tr(n("h", t)) for t in STEPS)),
    "4.2": lambda: same(n.grad("L", "by"), sum(miss(t) for t in STEPS)),
    "5.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), OUT @ miss(t) + BACK @ raw(t + 1))),
    "6.1": lambda: same(n.grad("L", "Whh"), sum(raw(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "7.1": lambda: same(n.grad("L", "Wxh"), sum(raw(t) @ tr(n("x", t)) for t in STEPS)),
    "8.1": lambda: same(n.grad("L", "bh"), sum(raw(t) for t in STEPS)),
    "9.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("y", t)), -miss(t))),
    "10.1": lambda: each(STEPS, lambda t: same(gh(t), OUT @ miss(t))),
    "11.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), OUT @ miss(t) + BACK @ gh(t + 1))),
    "12.1": lambda: same(n.grad("L", "Wxh"), sum(raw(t) @ tr(n("x", t + 1)) for t in BEFORE_LAST)),
}
