"""Softmax and cross entropy at each step; gradients of the whole loss, in the shape of their variable."""

import numpy as np
from corpus.oracle import Numbers, each, per_step, same, softmax, targets, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["u", _t] = lambda v, t=_t: v("Wax") @ v("x", t) + v("Waa") @ v("a", t - 1) + v("ba")
    NODES["a", _t] = lambda v, t=_t: np.tanh(v("u", t))
    NODES["z", _t] = lambda v, t=_t: v("Wya") @ v("a", t) + v("by")
    NODES["p", _t] = lambda v, t=_t: softmax(v("z", t))
    NODES["l", _t] = lambda v, t=_t: -(v("y", t) * np.log(v("p", t))).sum(-2, keepdims=True)
NODES["J"] = lambda v: sum(v("l", t) for t in STEPS)
LEAVES = {"Wax": (3, 2), "Waa": (3, 3), "ba": (3, 1), "Wya": (4, 3), "by": (4, 1), ("a", 0): (3, 1)}
n = Numbers(T, {**LEAVES, **per_step(T, x=(2, 1))}, NODES, targets("y", T, 4))


def miss(t):
    return n("p", t) - n("y", t)


def ga(t):
    return n.grad("J", ("a", t))


def slope(t):
    return 1 - n("a", t) ** 2


Z = np.random.default_rng(2).normal(size=(3, 5, 1))
CLAIMS = {
    "6.1": lambda: each(STEPS, lambda t: same(n.grad(("l", t), ("z", t)), miss(t))),
    "7.1": lambda: same(n.grad("J", "Wya"), sum(miss(t) @ tr(n("a", t)) for t in STEPS)),
    "8.1": lambda: same(n.grad("J", "by"), sum(miss(t) for t in STEPS)),
    "9.1": lambda: each(STEPS, lambda t: same(n.grad("J", "by"), miss(t))),
    "10.1": lambda: same(np.imag(np.tanh(Z + 1e-30j)) / 1e-30, 1 - np.tanh(Z) ** 2),
    "11.1": lambda: same(n.grad("J", "Wax"), sum((ga(t) * slope(t)) @ tr(n("x", t)) for t in STEPS)),
    "12.1": lambda: same(n.grad("J", "Waa"), sum((ga(t) * slope(t)) @ tr(n("a", t - 1)) for t in STEPS)),
    "13.1": lambda: same(n.grad("J", "ba"), sum(ga(t) * slope(t) for t in STEPS)),
    "14.1": lambda: each(STEPS, lambda t: same(n.grad("J", ("x", t)), tr(n("Wax")) @ (ga(t) * slope(t)))),
    "15.1": lambda: each(
        range(1, T),
        lambda t: same(ga(t), tr(n("Wya")) @ miss(t) + tr(n("Waa")) @ (ga(t + 1) * slope(t + 1))),
    ),
    "16.1": lambda: same(
        n.grad("J", "Waa"), sum((ga(t) * (1 - np.tanh(n("a", t)) ** 2)) @ tr(n("a", t - 1)) for t in STEPS)
    ),
    "17.1": lambda: each(range(1, T), lambda t: same(ga(t), tr(n("Waa")) @ (ga(t + 1) * slope(t + 1)))),
    "18.1": lambda: each(STEPS, lambda t: same(n.grad("J", ("x", t)), tr(n("Waa")) @ (ga(t) * slope(t)))),
}
