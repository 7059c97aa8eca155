"""Softmax and cross entropy at each step; gradients as columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, softmax, targets, tr

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)
LEAVES = {"W": (3, 3), "U": (3, 2), "V": (4, 3), "c": (4, 1), ("h", 0): (3, 1), **per_step(T, x=(2, 1))}
NODES = {}
for _t in STEPS:
    NODES["a", _t] = lambda v, t=_t: v("b0") + v("W") @ v("h", t - 1) + v("U") @ v("x", t)
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("a", t))
    NODES["o", _t] = lambda v, t=_t: v("c") + v("V") @ v("h", t)
    NODES["p", _t] = lambda v, t=_t: softmax(v("o", t))
    NODES["l", _t] = lambda v, t=_t: -(v("y", t) * np.log(v("p", t))).sum(-2, keepdims=True)
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS)
n = Numbers(T, {**LEAVES, "b0": (3, 1)}, NODES, targets("y", T, 4))


def gh(t):
    return n.grad("L", ("h", t))


def go(t):
    return n.grad("L", ("o", t))


def slope(t):
    return diag(1 - n("h", t) ** 2)


def own_bias(t):
    """What h_t owes to the bias of step t alone: a_t held apart, it enters as a_t does."""
    return n.own(("h", t), ("a", t))


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.d("L", ("l", t)), np.ones((3, 1, 1)))),
    "4.1": lambda: each(STEPS, lambda t: same(go(t), n("p", t) - n("y", t))),
    "5.1": lambda: same(gh(T), tr(n("V")) @ go(T)),
    "6.1": lambda: each(
        BEFORE_LAST,
        lambda t: same(gh(t), tr(n.d(("h", t + 1), ("h", t))) @ gh(t + 1) + tr(n.d(("o", t), ("h", t))) @ go(t)),
    ),
    "7.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), tr(n("W")) @ slope(t + 1) @ gh(t + 1) + tr(n("V")) @ go(t))),
    # a column before a matrix: no product; nor does the column's row fit beside the other term
    "8.1": lambda: each(
        BEFORE_LAST,
        lambda t: same(gh(t), tr(tr(tr(n("W")) @ gh(t + 1)) @ slope(t + 1)) + tr(n("V")) @ go(t)),
    ),
    "9.1": lambda: same(n.grad("L", "c"), sum(tr(n.own(("o", t), "c")) @ go(t) for t in STEPS)),
    "9.2": lambda: same(n.grad("L", "c"), sum(go(t) for t in STEPS)),
    "10.1": lambda: same(n.grad("L", "b0"), sum(tr(own_bias(t)) @ gh(t) for t in STEPS)),
    "10.2": lambda: same(n.grad("L", "b0"), sum(slope(t) @ gh(t) for t in STEPS)),
    "11.1": lambda: same(n.grad("L", "V"), sum(go(t) @ tr(n("h", t)) for t in STEPS)),
    "12.1": lambda: same(n.grad("L", "W"), sum(slope(t) @ gh(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "13.1": lambda: same(n.grad("L", "U"), sum(slope(t) @ gh(t) @ tr(n("x", t)) for t in STEPS)),
    "14.1": lambda: same(n.grad("L", "W"), sum(slope(t) @ gh(t) @ tr(n("h", t)) for t in STEPS)),
    "15.1": lambda: same(n.grad("L", "b0"), sum(diag(1 - n("a", t) ** 2) @ gh(t) for t in STEPS)),
    "16.1": lambda: same(n.grad("L", "V"), go(T) @ tr(n("h", T))),
    "17.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), tr(n("W")) @ gh(t + 1) + tr(n("V")) @ go(t))),
}
