"""One weight for the state and the input one below the other, then two blocks; gradients are columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
UPPER, LOWER = np.eye(5)[:, :3], np.eye(5)[:, 3:]  # where the state and the input stand in the whole


def together(h, x):
    return UPPER @ h + LOWER @ x


ONE, TWO = {}, {}
for _t in STEPS:
    ONE["v", _t] = lambda v, t=_t: together(v("h", t - 1), v("x", t))
    ONE["h", _t] = lambda v, t=_t: np.tanh(v("Theta") @ v("v", t))
    TWO["h", _t] = lambda v, t=_t: np.tanh(v("W") @ v("h", t - 1) + v("U") @ v("x", t))
    for _nodes in (ONE, TWO):
        _nodes["o", _t] = lambda v, t=_t: v("V") @ v("h", t)
for _nodes in (ONE, TWO):
    _nodes["L"] = lambda v: sum(((v("o", t) - v("y", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"V": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1), y=(4, 1))}
n = Numbers(T, {"Theta": (3, 5), **LEAVES}, ONE)
m = Numbers(T, {"W": (3, 3), "U": (3, 2), **LEAVES}, TWO)


def slope(model, t):
    return diag(1 - model("h", t) ** 2)


def wave(model, t):
    return slope(model, t) @ model.grad("L", ("h", t))


def one(term):
    return same(n.grad("L", "Theta"), sum(term(t) for t in STEPS))


def reversed_whole(t):
    return np.concatenate([n("x", t), n("h", t - 1)], axis=-2)


def back(t):
    return tr(m("V")) @ (m("o", t) - m("y", t)) + tr(m("W")) @ wave(m, t + 1)


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("v", t)), slope(n, t) @ n("Theta"))),
    "4.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("v", t)), n("Theta") @ diag(1 - n("v", t) ** 2))),
    "5.1": lambda: one(lambda t: wave(n, t) @ tr(n("v", t))),
    "6.1": lambda: one(lambda t: wave(n, t) @ tr(np.concatenate([n("h", t - 1), n("x", t)], axis=-2))),
    "7.1": lambda: one(lambda t: wave(n, t) @ tr(reversed_whole(t))),
    "8.1": lambda: one(lambda t: n.grad("L", ("h", t)) @ tr(n("v", t))),
    "10.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("h", t - 1)), slope(m, t) @ m("W"))),
    "11.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("x", t)), slope(m, t) @ m("U"))),
    "12.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("x", t)), slope(m, t) @ m("W"))),
    "13.1": lambda: each(range(1, T), lambda t: same(m.grad("L", ("h", t)), back(t))),
    "14.1": lambda: same(m.grad("L", "U"), sum(wave(m, t) @ tr(m("x", t)) for t in STEPS)),
    "15.1": lambda: same(m.grad("L", "W"), sum(wave(m, t) @ tr(m("x", t)) for t in STEPS)),
}
