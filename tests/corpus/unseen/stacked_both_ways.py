"""Two layers; and two directions, of which the second runs back from T+1."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, tr

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)
DEEP, BOTH = {}, {}
for _t in STEPS:
    DEEP["g", _t] = lambda v, t=_t: np.tanh(v("W1") @ v("g", t - 1) + v("U1") @ v("x", t))
    DEEP["h", _t] = lambda v, t=_t: np.tanh(v("W2") @ v("h", t - 1) + v("U2") @ v("g", t))
    DEEP["o", _t] = lambda v, t=_t: v("V") @ v("h", t)
DEEP["L"] = lambda v: sum(((v("o", t) - v("y", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"W1": (5, 5), "U1": (5, 2), "W2": (3, 3), "U2": (3, 5), "V": (4, 3), ("g", 0): (5, 1), ("h", 0): (3, 1)}
n = Numbers(T, {**LEAVES, **per_step(T, x=(2, 1), y=(4, 1))}, DEEP)
for _t in STEPS:
    BOTH["f", _t] = lambda v, t=_t: np.tanh(v("A") @ v("f", t - 1) + v("B") @ v("x", t))
for _t in reversed(STEPS):
    BOTH["b", _t] = lambda v, t=_t: np.tanh(v("C") @ v("b", t + 1) + v("D") @ v("x", t))
for _t in STEPS:
    BOTH["z", _t] = lambda v, t=_t: v("P") @ v("f", t) + v("Q") @ v("b", t)
BOTH["E"] = lambda v: sum(((v("z", t) - v("r", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"A": (3, 3), "B": (3, 2), "C": (5, 5), "D": (5, 2), "P": (4, 3), "Q": (4, 5), ("f", 0): (3, 1)}
m = Numbers(T, {**LEAVES, ("b", T + 1): (5, 1), **per_step(T, x=(2, 1), r=(4, 1))}, BOTH)


def wave(net, loss, name, t):
    """The error of a state, times the slope of the state."""
    return diag(1 - net(name, t) ** 2) @ net.grad(loss, (name, t))


def upper(t):
    return tr(n("V")) @ (n("o", t) - n("y", t)) + tr(n("W2")) @ wave(n, "L", "h", t + 1)


def lower(t, above):
    return tr(n("U2")) @ wave(n, "L", "h", above) + tr(n("W1")) @ wave(n, "L", "g", t + 1)


def way(name, out, back, t, s):
    return tr(m(out)) @ (m("z", t) - m("r", t)) + tr(m(back)) @ wave(m, "E", name, s)


CLAIMS = {
    "3.1": lambda: each(BEFORE_LAST, lambda t: same(n.grad("L", ("h", t)), upper(t))),
    "4.1": lambda: each(BEFORE_LAST, lambda t: same(n.grad("L", ("g", t)), lower(t, t))),
    "5.1": lambda: each(BEFORE_LAST, lambda t: same(n.grad("L", ("g", t)), lower(t, t + 1))),
    "6.1": lambda: same(n.grad("L", "U2"), sum(wave(n, "L", "h", t) @ tr(n("g", t)) for t in STEPS)),
    "7.1": lambda: same(n.grad("L", "W1"), sum(wave(n, "L", "g", t) @ tr(n("g", t - 1)) for t in STEPS)),
    "8.1": lambda: same(n.grad("L", "W1"), sum(wave(n, "L", "g", t) @ tr(n("h", t - 1)) for t in STEPS)),
    "10.1": lambda: each(STEPS, lambda t: same(m.d(("b", t), ("b", t + 1)), diag(1 - m("b", t) ** 2) @ m("C"))),
    "11.1": lambda: each(BEFORE_LAST, lambda t: same(m.grad("E", ("f", t)), way("f", "P", "A", t, t + 1))),
    "12.1": lambda: each(range(2, T + 1), lambda t: same(m.grad("E", ("b", t)), way("b", "Q", "C", t, t - 1))),
    "13.1": lambda: each(BEFORE_LAST, lambda t: same(m.grad("E", ("b", t)), way("b", "Q", "C", t, t + 1))),
    "14.1": lambda: same(m.grad("E", "C"), sum(wave(m, "E", "b", t) @ tr(m("b", t + 1)) for t in STEPS)),
}
