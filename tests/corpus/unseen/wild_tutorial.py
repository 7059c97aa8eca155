"""Softmax and cross entropy; gradients as rows, or by a matrix in its shape."""

import numpy as np
from corpus.oracle import Numbers, ordered, per_step, same, softmax, targets, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["s", _t] = lambda v, t=_t: np.tanh(v("U") @ v("x", t) + v("W") @ v("s", t - 1))
    NODES["z", _t] = lambda v, t=_t: v("V") @ v("s", t)
    NODES["p", _t] = lambda v, t=_t: softmax(v("z", t))
    NODES["E", _t] = lambda v, t=_t: -(v("y", t) * np.log(v("p", t))).sum(-2, keepdims=True)
NODES["E"] = lambda v: sum(v("E", t) for t in STEPS)
LEAVES = {"U": (3, 2), "W": (3, 3), "V": (4, 3), ("s", 0): (3, 1), **per_step(T, x=(2, 1))}
n = Numbers(T, LEAVES, NODES, targets("y", T, 4))
E3, FRONT = ("E", 3), n.d(("E", 3), ("p", 3)) @ n.d(("p", 3), ("s", 3))


def state(t, k):
    return n.d(("s", t), ("s", k))


def by_w(steps, back):
    return same(n.d(E3, "W"), sum(FRONT @ back(k) @ n.own(("s", k), "W") for k in steps))


CLAIMS = {
    "2.3": lambda: same(n("E"), sum(-(n("y", t) * np.log(n("p", t))).sum(1, keepdims=True) for t in STEPS)),
    "3.1": lambda: same(n.d("E", "W"), sum(n.d(("E", t), "W") for t in STEPS)),
    "4.1": lambda: same(n.d(E3, "V"), n.d(E3, ("p", 3)) @ n.d(("p", 3), "V")),
    "4.2": lambda: same(
        n.d(E3, ("p", 3)) @ n.d(("p", 3), "V"),
        n.d(E3, ("p", 3)) @ n.d(("p", 3), ("z", 3)) @ n.d(("z", 3), "V"),
    ),
    "4.3": lambda: same(n.grad(E3, "V"), (n("p", 3) - n("y", 3)) @ tr(n("s", 3))),
    "5.1": lambda: same(n.d(E3, "W"), FRONT @ n.d(("s", 3), "W")),
    "6.1": lambda: same(n.d(E3, "W"), FRONT @ n.own(("s", 3), "W")),
    "7.1": lambda: by_w(range(1, 4), lambda k: state(3, k)),
    "8.1": lambda: by_w(range(1, 3), lambda k: state(3, k)),
    "9.1": lambda: same(state(3, 1), state(3, 2) @ state(2, 1)),
    "10.1": lambda: {
        "numerator": same(state(3, 1), state(2, 1) @ state(3, 2)),
        "denominator": same(tr(state(3, 1)), tr(state(2, 1)) @ tr(state(3, 2))),
    },
    "11.1": lambda: by_w(range(1, 4), lambda k: ordered([state(j, j - 1) for j in range(3, k, -1)], 3)),
}
