"""Shapes first: hidden 3, input 2, logits 4; gradients have the shapes of their variables."""

import numpy as np
from corpus.oracle import Numbers, each, per_step, same, tr

T, H, D, C = 4, 3, 2, 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("Whh") @ v("h", t - 1) + v("Wxh") @ v("x", t) + v("b"))
    NODES["s", _t] = lambda v, t=_t: v("Whs") @ v("h", t)
NODES["L"] = lambda v: sum(((v("s", t) - v("y", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"Whh": (H, H), "Wxh": (H, D), "Whs": (C, H), "b": (H, 1), ("h", 0): (H, 1), **per_step(T, x=(D, 1), y=(C, 1))}
n = Numbers(T, LEAVES, NODES)


def g(t):
    return n.grad("L", ("h", t))


def error(t):
    return n("s", t) - n("y", t)


def wave(t, power=2):
    return (1 - n("h", t) ** power) * g(t)


def total(term):
    return sum(term(t) for t in STEPS)


CLAIMS = {
    "2.1": lambda: n.grad("L", "Wxh").shape[1:] == (H, D),
    "2.2": lambda: n.grad("L", "Whs").shape[1:] == (C, H),
    "2.3": lambda: n.grad("L", "b").shape[1:] == (H, 1),
    "3.1": lambda: n.grad("L", "Wxh").shape[1:] == (D, H),
    "4.1": lambda: same(n.grad("L", "Whs"), total(lambda t: error(t) @ tr(n("h", t)))),
    "5.1": lambda: same(n.grad("L", "Whs"), total(lambda t: n("h", t) @ tr(error(t)))),
    "6.1": lambda: each(range(1, T), lambda t: same(g(t), tr(n("Whs")) @ error(t) + tr(n("Whh")) @ wave(t + 1))),
    "6.2": lambda: same(g(T), tr(n("Whs")) @ error(T)),
    "7.1": lambda: same(n.grad("L", "Whh"), total(lambda t: wave(t) @ tr(n("h", t - 1)))),
    "8.1": lambda: same(n.grad("L", "Wxh"), total(lambda t: wave(t) @ tr(n("x", t)))),
    "9.1": lambda: same(n.grad("L", "Wxh"), total(lambda t: wave(t, 1) @ tr(n("x", t)))),
    "10.1": lambda: same(n.grad("L", "b"), total(wave)),
    "11.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("x", t)), tr(n("Wxh")) @ wave(t))),
    "12.1": lambda: each(STEPS, lambda t: same(n.grad("L", ("x", t)), tr(n("Whh")) @ wave(t))),
}
