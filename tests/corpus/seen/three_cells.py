"""A simple cell, a gated one and a memory cell under the same letters; gradients are columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, sigmoid, tr

T = 4
STEPS = range(1, T + 1)
INPUTS = per_step(T, x=(2, 1), y=(3, 1))


def affine(v, t, name=""):
    return v("W" + name) @ v("h", t - 1) + v("U" + name) @ v("x", t)


def weights(*names):
    return {f"W{name}": (3, 3) for name in names} | {f"U{name}": (3, 2) for name in names}


SIMPLE, GATED, MEMORY = {}, {}, {}
for _t in STEPS:
    SIMPLE["h", _t] = lambda v, t=_t: np.tanh(affine(v, t) + v("b"))
    GATED["z", _t] = lambda v, t=_t: sigmoid(affine(v, t, "z"))
    GATED["g", _t] = lambda v, t=_t: np.tanh(affine(v, t))
    GATED["h", _t] = lambda v, t=_t: v("z", t) * v("h", t - 1) + (1 - v("z", t)) * v("g", t)
    for _gate in "fio":
        MEMORY[_gate, _t] = lambda v, t=_t, gate=_gate: sigmoid(affine(v, t, gate))
    MEMORY["g", _t] = lambda v, t=_t: np.tanh(affine(v, t))
    MEMORY["c", _t] = lambda v, t=_t: v("f", t) * v("c", t - 1) + v("i", t) * v("g", t)
    MEMORY["h", _t] = lambda v, t=_t: v("o", t) * np.tanh(v("c", t))
SIMPLE["L"] = lambda v: sum(((v("h", t) - v("y", t)) ** 2).sum(-2, keepdims=True) for t in STEPS)
START = {("h", 0): (3, 1)}
s = Numbers(T, {**weights(""), "b": (3, 1), **START, **INPUTS}, SIMPLE)
g = Numbers(T, {**weights("", "z"), **START, **INPUTS}, GATED)
m = Numbers(T, {**weights("", "f", "i", "o"), **START, ("c", 0): (3, 1), **INPUTS}, MEMORY)


def slope(t):
    return diag(1 - s("h", t) ** 2)


def gh(t):
    return s.grad("L", ("h", t))


def gated(t, through_gate):
    z, candidate, before = g("z", t), g("g", t), g("h", t - 1)
    gate = diag((before - candidate) * z * (1 - z)) @ g("Wz")
    return diag(z) + through_gate * gate + diag((1 - z) * (1 - candidate**2)) @ g("W")


CLAIMS = {
    "2.1": lambda: each(STEPS, lambda t: same(s.d(("h", t), ("h", t - 1)), slope(t) @ s("W"))),
    "3.1": lambda: same(s.grad("L", "W"), sum(slope(t) @ gh(t) @ tr(s("h", t - 1)) for t in STEPS)),
    "4.1": lambda: each(
        range(1, T),
        lambda t: same(gh(t), 2 * (s("h", t) - s("y", t)) + tr(s("W")) @ slope(t + 1) @ gh(t + 1)),
    ),
    "8.1": lambda: each(STEPS, lambda t: same(g.d(("h", t), ("g", t)), diag(1 - g("z", t)))),
    "9.1": lambda: each(STEPS, lambda t: same(g.d(("h", t), ("z", t)), diag(g("g", t) - g("h", t - 1)))),
    "10.1": lambda: each(
        STEPS, lambda t: same(g.d(("z", t), ("h", t - 1)), diag(g("z", t) * (1 - g("z", t))) @ g("Wz"))
    ),
    "11.1": lambda: {
        "total": each(STEPS, lambda t: same(g.d(("h", t), ("h", t - 1)), gated(t, 1))),
        "immediate": each(STEPS, lambda t: same(g.own(("h", t), ("h", t - 1)), gated(t, 1))),
    },
    "12.1": lambda: (
        each(STEPS, lambda t: same(g.d(("h", t), ("h", t - 1)), gated(t, 0)))
        or each(STEPS, lambda t: same(g.own(("h", t), ("h", t - 1)), gated(t, 0)))
    ),
    "15.1": lambda: each(
        STEPS, lambda t: same(m.d(("h", t), ("c", t)), diag(m("o", t) * (1 - np.tanh(m("c", t)) ** 2)))
    ),
    "16.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("c", t)), diag(m("o", t) * (1 - m("c", t) ** 2)))),
    "17.1": lambda: each(STEPS, lambda t: same(m.d(("c", t), ("i", t)), diag(m("g", t)))),
    "18.1": lambda: each(STEPS, lambda t: same(m.d(("g", t), ("h", t - 1)), diag(1 - m("g", t) ** 2) @ m("W"))),
    "19.1": lambda: each(STEPS, lambda t: same(m.d(("c", t), ("f", t)), diag(m("c", t)))),
    "20.1": lambda: each(STEPS, lambda t: same(m.d(("h", t), ("o", t)), diag(m("c", t)))),
}
