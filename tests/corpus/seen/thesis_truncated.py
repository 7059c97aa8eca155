"""An opaque cell and an opaque loss of each state; gradients as rows, or all of them transposed."""

import numpy as np
from corpus.oracle import Numbers, each, opaque, per_step, same

T = 5
STEPS, LATE = range(1, T + 1), range(3, T + 1)
rng = np.random.default_rng(9)
F, E = opaque(rng, 3, 3, 2, 5), opaque(rng, 1, 3)
NODES = {}
for _t in STEPS:
    NODES["s", _t] = lambda v, t=_t: F(v("s", t - 1), v("x", t), v("th"))
    NODES["j", _t] = lambda v, t=_t: E(v("s", t))
NODES["J"] = lambda v: sum(v("j", t) for t in STEPS)
n = Numbers(T, {"th": (5, 1), ("s", 0): (3, 1), **per_step(T, x=(2, 1))}, NODES)


def total(t):
    return n.d(("s", t), "th")


def own(t):
    return n.own(("s", t), "th")


def back(t, k):
    return n.d(("s", t), ("s", k))


def window(t, first, last=None):
    return sum((back(t, k) @ own(k) for k in range(first, (last or t) + 1)), np.zeros((3, 3, 5)))


def step(t):
    return n.own(("s", t), ("s", t - 1))


CLAIMS = {
    "2.1": lambda: each(
        STEPS,
        lambda t: same(
            n.d(("j", t), "th"), sum(n.d(("j", t), ("s", t)) @ back(t, k) @ own(k) for k in range(1, t + 1))
        ),
    ),
    "3.1": lambda: each(range(2, T + 1), lambda t: same(total(t), own(t) + step(t) @ total(t - 1))),
    "4.1": lambda: each(LATE, lambda t: same(total(t), own(t) + step(t) @ (own(t - 1) + step(t - 1) @ total(t - 2)))),
    "5.1": lambda: each(LATE, lambda t: same(total(t), window(t, t - 1) + window(t, 1, t - 2))),
    "6.1": lambda: each(LATE, lambda t: same(total(t) - window(t, t - 1), back(t, t - 2) @ total(t - 2))),
    "7.1": lambda: each(LATE, lambda t: same(total(t), window(t, t - 1))),
    "8.1": lambda: each(STEPS, lambda t: same(total(t), sum(back(t, k) @ total(k) for k in range(1, t + 1)))),
    "9.1": lambda: same(n.d("J", "th"), sum(n.d(("j", t), ("s", t)) @ own(t) for t in STEPS)),
    "10.1": lambda: each(LATE, lambda t: same(total(t), window(t, t - 1) + back(t, t - 1) @ total(t - 1))),
    "11.1": lambda: same(n.d("J", "th"), sum(n.d("J", ("s", t)) @ own(t) for t in STEPS)),
    "11.2": lambda: same(
        sum(n.d("J", ("s", t)) @ own(t) for t in STEPS), sum(n.d(("j", t), ("s", t)) @ total(t) for t in STEPS)
    ),
}
