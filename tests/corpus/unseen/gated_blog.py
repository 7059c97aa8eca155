"""A GRU, whose gates are nodes of their own; gradients as columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, sigmoid, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    for _gate in "zr":
        NODES[_gate, _t] = lambda v, t=_t, g=_gate: sigmoid(
            v("W", g) @ v("x", t) + v("U", g) @ v("h", t - 1) + v("b", g)
        )
    NODES["k", _t] = lambda v, t=_t: np.tanh(v("W") @ v("x", t) + v("U") @ (v("r", t) * v("h", t - 1)) + v("b"))
    NODES["h", _t] = lambda v, t=_t: (1 - v("z", t)) * v("h", t - 1) + v("z", t) * v("k", t)
NODES["p"] = lambda v: v("V") @ v("h", T)
NODES["l"] = lambda v: ((v("p") - v("y")) ** 2).sum(-2, keepdims=True)
LEAVES = {
    (*name, *gate): size for gate in ("", "z", "r") for name, size in (("W", (3, 2)), ("U", (3, 3)), ("b", (3, 1)))
}
n = Numbers(T, {**LEAVES, "V": (4, 3), "y": (4, 1), ("h", 0): (3, 1), **per_step(T, x=(2, 1))}, NODES)


def own(a, b, t, s):
    return n.own((a, t), (b, s))


def gh(t):
    return n.grad("l", ("h", t))


def bend(t):
    return diag(1 - n("k", t) ** 2)


def swing(t):
    return n("k", t) - n("h", t - 1)


def whole(t, reset):
    inner = own("k", "h", t, t - 1) + (own("k", "r", t, t) @ own("r", "h", t, t - 1) if reset else 0)
    return diag(1 - n("z", t)) + diag(swing(t)) @ own("z", "h", t, t - 1) + diag(n("z", t)) @ inner


def wave_k(t):
    return gh(t) * n("z", t) * (1 - n("k", t) ** 2)


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(own("h", "z", t, t), diag(swing(t)))),
    "4.1": lambda: each(STEPS, lambda t: same(own("h", "k", t, t), diag(n("z", t)))),
    "5.1": lambda: each(STEPS, lambda t: same(own("h", "h", t, t - 1), diag(1 - n("z", t)))),
    "6.1": lambda: each(STEPS, lambda t: same(own("k", "r", t, t), bend(t) @ n("U") @ diag(n("h", t - 1)))),
    "7.1": lambda: each(STEPS, lambda t: same(own("k", "h", t, t - 1), bend(t) @ n("U") @ diag(n("r", t)))),
    "8.1": lambda: each(STEPS, lambda t: same(own("k", "r", t, t), bend(t) @ diag(n("h", t - 1)) @ n("U"))),
    "9.1": lambda: each(STEPS, lambda t: same(own("k", "h", t, t - 1), bend(t) @ n("U"))),
    "10.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), whole(t, True))),
    "11.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), whole(t, False))),
    "12.1": lambda: same(
        n.grad("l", ("U", "z")),
        sum((gh(t) * swing(t) * n("z", t) * (1 - n("z", t))) @ tr(n("h", t - 1)) for t in STEPS),
    ),
    "13.1": lambda: same(n.grad("l", "U"), sum(wave_k(t) @ tr(n("r", t) * n("h", t - 1)) for t in STEPS)),
    "14.1": lambda: same(n.grad("l", "U"), sum(wave_k(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "15.1": lambda: same(n.grad("l", "V"), 2 * (n("p") - n("y")) @ tr(n("h", T))),
}
