"""Linear readout, half the squared error at each step; gradients as rows."""

import numpy as np
from corpus.oracle import Numbers, diag, each, ordered, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["s", _t] = lambda v, t=_t: np.tanh(v("W") @ v("s", t - 1) + v("U") @ v("x", t))
    NODES["o", _t] = lambda v, t=_t: v("V") @ v("s", t)
    NODES["E", _t] = lambda v, t=_t: ((v("o", t) - v("d", t)) ** 2).sum(-2, keepdims=True) / 2
NODES["E"] = lambda v: sum(v("E", t) for t in STEPS)
n = Numbers(T, {"W": (3, 3), "U": (3, 2), "V": (4, 3), ("s", 0): (3, 1), **per_step(T, x=(2, 1), d=(4, 1))}, NODES)
ERROR = {t: tr(n("o", t) - n("d", t)) for t in STEPS}
PAIRS = [(t, k) for t in STEPS for k in range(t + 1)]


def step(j):
    return n.d(("s", j), ("s", j - 1))


def slope(t):
    return diag(1 - n("s", t) ** 2)


def delta(t):
    return n.d("E", ("s", t))


def term(t, k):
    """The error of step t by the use of W in step k."""
    return n.d(("E", t), ("o", t)) @ n.d(("o", t), ("s", t)) @ n.d(("s", t), ("s", k)) @ n.own(("s", k), "W")


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.d(("E", t), ("o", t)), ERROR[t])),
    "4.1": lambda: same(delta(T), ERROR[T] @ n("V")),
    "5.1": lambda: each(STEPS, lambda t: same(delta(t), ERROR[t] @ n("V"))),
    "6.1": lambda: each(STEPS, lambda t: same(step(t), slope(t) @ n("W"))),
    "7.1": lambda: each(STEPS, lambda t: same(step(t), n("W") @ slope(t))),
    "8.1": lambda: each(
        PAIRS,
        lambda p: same(n.d(("s", p[0]), ("s", p[1])), ordered([step(j) for j in range(p[0], p[1], -1)], 3)),
    ),
    "9.1": lambda: each(
        [(t, k) for t, k in PAIRS if k],
        lambda p: same(n.d(("s", p[0]), ("s", p[1])), ordered([step(j) for j in range(p[0], p[1] - 1, -1)], 3)),
    ),
    "10.1": lambda: each(STEPS, lambda t: same(n.d(("E", t), "W"), sum(term(t, k) for k in range(1, t + 1)))),
    "11.1": lambda: same(n.d("E", "W"), sum(term(t, k) for t in STEPS for k in range(1, t + 1))),
    "12.1": lambda: same(n.d("E", "W"), sum(term(t, k) for t in STEPS for k in range(1, T))),
    "13.1": lambda: same(n.d("E", "V"), sum(n.d(("E", t), ("o", t)) @ n.d(("o", t), "V") for t in STEPS)),
    "15.1": lambda: each(range(1, T), lambda t: same(delta(t), n.d(("E", t), ("s", t)) + delta(t + 1) @ step(t + 1))),
    "16.1": lambda: each(
        range(1, T), lambda t: same(delta(t), ERROR[t] @ n("V") + delta(t + 1) @ slope(t + 1) @ n("W"))
    ),
    "17.1": lambda: each(range(1, T), lambda t: same(delta(t), ERROR[t] @ n("V") + delta(t + 1) @ slope(t) @ n("W"))),
    "18.1": lambda: same(n.d("E", "W"), sum(delta(t) @ n.own(("s", t), "W") for t in STEPS)),
    "19.1": lambda: same(n.d("E", "V"), n.d(("E", T), ("o", T)) @ n.d(("o", T), "V")),
}
