"""Steps n up to N in parentheses; the input also acts on the output at once."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["s", _t] = lambda v, t=_t: np.tanh(v("A") @ v("s", t - 1) + v("B") @ v("u", t))
    NODES["y", _t] = lambda v, t=_t: v("C") @ v("s", t) + v("D") @ v("u", t)
    NODES["e", _t] = lambda v, t=_t: v("d", t) - v("y", t)
NODES["E"] = lambda v: sum((v("e", t) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"A": (3, 3), "B": (3, 2), "C": (4, 3), "D": (4, 2), ("s", 0): (3, 1), **per_step(T, u=(2, 1), d=(4, 1))}
n = Numbers(T, LEAVES, NODES)
A, B, C, D = (n(name) for name in "ABCD")


def slope(t):
    return diag(1 - n("s", t) ** 2)


def both(side):
    """The derivative of the output by the input of its step: with the way through the state, and without it."""
    of, by = "y", "u"
    return {
        "total": each(STEPS, lambda t: same(n.d((of, t), (by, t)), side(t))),
        "immediate": each(STEPS, lambda t: same(n.own((of, t), (by, t)), side(t))),
    }


CLAIMS = {
    "4.1": lambda: each(STEPS, lambda t: same(n.d(("y", t), ("s", t)), C)),
    "5.1": lambda: each(STEPS, lambda t: same(n.d(("s", t), ("s", t - 1)), slope(t) @ A)),
    "6.1": lambda: each(STEPS, lambda t: same(n.d(("s", t), ("u", t)), slope(t) @ A)),
    "7.1": lambda: both(lambda t: C @ slope(t) @ B + D),
    "8.1": lambda: both(lambda t: D),
    "9.1": lambda: each(
        range(2, T + 1), lambda t: same(n.d(("y", t), ("u", t - 1)), C @ slope(t) @ A @ slope(t - 1) @ B)
    ),
    "10.1": lambda: same(n.grad("E", "C"), -sum(n("e", t) @ tr(n("s", t)) for t in STEPS)),
    "11.1": lambda: same(n.grad("E", "D"), -sum(n("e", t) @ tr(n("u", t)) for t in STEPS)),
    "12.1": lambda: same(n.grad("E", "D"), sum(n("e", t) @ tr(n("u", t)) for t in STEPS)),
    "13.1": lambda: same(n.grad("E", ("s", T)), -tr(C) @ n("e", T)),
    "14.1": lambda: each(
        range(1, T),
        lambda t: same(n.grad("E", ("s", t)), -tr(C) @ n("e", t) + tr(A) @ slope(t + 1) @ n.grad("E", ("s", t + 1))),
    ),
    "15.1": lambda: each(
        range(1, T),
        lambda t: same(n.grad("E", ("s", t)), -tr(C) @ n("e", t) + A @ slope(t + 1) @ n.grad("E", ("s", t + 1))),
    ),
}
