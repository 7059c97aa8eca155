"""Row vectors: nodes are rows, and gradients have the shape of their variable."""

import numpy as np
from corpus.oracle import Numbers, each, per_step, same, tr

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)


def t_(a):
    return a.swapaxes(-1, -2)


NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("x", t) @ t_(v("I")) + v("bi") + v("h", t - 1) @ t_(v("H")) + v("bh"))
    NODES["y", _t] = lambda v, t=_t: v("h", t) @ t_(v("A")) + v("c")
    NODES["l", _t] = lambda v, t=_t: (v("y", t) - v("d", t)) @ t_(v("y", t) - v("d", t))
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS)
LEAVES = {"I": (3, 2), "H": (3, 3), "bi": (1, 3), "bh": (1, 3), "A": (4, 3), "c": (1, 4), ("h", 0): (1, 3)}
n = Numbers(T, {**LEAVES, **per_step(T, x=(1, 2), d=(1, 4))}, NODES)
A, H = n("A"), n("H")


def miss(t):
    return 2 * (n("y", t) - n("d", t))


def gh(t):
    return n.grad("L", ("h", t))


def wave(t):
    return gh(t) * (1 - n("h", t) ** 2)


CLAIMS = {
    "4.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("y", t)), miss(t))),
    "5.1": lambda: same(n.grad("L", "A"), sum(tr(miss(t)) @ n("h", t) for t in STEPS)),
    "6.1": lambda: same(n.grad("L", "c"), sum(miss(t) for t in STEPS)),
    "7.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), miss(t) @ A + wave(t + 1) @ H)),
    "8.1": lambda: same(n.grad("L", "H"), sum(tr(wave(t)) @ n("h", t - 1) for t in STEPS)),
    "9.1": lambda: same(n.grad("L", "I"), sum(tr(wave(t)) @ n("x", t) for t in STEPS)),
    "10.1": lambda: same(n.grad("L", "bh"), sum(wave(t) for t in STEPS)),
    "11.1": lambda: same(n.grad("L", "bi"), n.grad("L", "bh")),
    "12.1": lambda: same(n.grad("L", "H"), sum(tr(n("h", t - 1)) @ wave(t) for t in STEPS)),
    "13.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), miss(t) @ A + wave(t + 1) @ tr(H))),
    "14.1": lambda: each(BEFORE_LAST, lambda t: same(gh(t), miss(t) @ A + (gh(t + 1) @ H) * (1 - n("h", t) ** 2))),
    "15.1": lambda: same(n.grad("L", "A"), tr(miss(T)) @ n("h", T)),
    "16.1": lambda: same(n.grad("L", "bh"), wave(T)),
}
