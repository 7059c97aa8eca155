"""The model stands in running text only; gradients are columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["s", _t] = lambda v, t=_t: np.tanh(v("A") @ v("s", t - 1) + v("B") @ v("u", t))
    NODES["v", _t] = lambda v, t=_t: v("C") @ v("s", t)
NODES["J"] = lambda v: sum(((v("v", t) - v("d", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
PLAIN = {key: rule for key, rule in NODES.items() if key[0] == "s"}
PLAIN["J"] = lambda v: sum(((v("s", t) - v("e", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
INPUTS = per_step(T, u=(2, 1), d=(4, 1), e=(3, 1))
LEAVES = {"A": (3, 3), "B": (3, 2), "C": (4, 3), ("s", 0): (3, 1), **INPUTS}
n, plain = Numbers(T, LEAVES, NODES), Numbers(T, LEAVES, PLAIN)
A, C = n("A"), n("C")


def adjoint(t):
    return n.grad("J", ("s", t))


def slope(t):
    return diag(1 - n("s", t) ** 2)


def error(t):
    return n("v", t) - n("d", t)


def back(t, matrix):
    return tr(C) @ error(t) + matrix @ slope(t + 1) @ adjoint(t + 1)


CLAIMS = {
    "1.1": lambda: each(range(1, T), lambda t: same(adjoint(t), back(t, tr(A)))),
    "2.1": lambda: same(adjoint(T), tr(C) @ error(T)),
    "3.1": lambda: same(n.grad("J", "A"), sum(slope(t) @ adjoint(t) @ tr(n("s", t - 1)) for t in STEPS)),
    "3.2": lambda: same(n.grad("J", "B"), sum(slope(t) @ adjoint(t) @ tr(n("u", t)) for t in STEPS)),
    "3.3": lambda: same(n.grad("J", "C"), sum(error(t) @ tr(n("s", t)) for t in STEPS)),
    "4.1": lambda: same(n.grad("J", "A"), sum(adjoint(t) @ tr(n("s", t - 1)) for t in STEPS)),
    "5.1": lambda: each(range(1, T), lambda t: same(adjoint(t), back(t, A))),
    "6.1": lambda: same(n.grad("J", "C"), sum(n("s", t) @ tr(error(t)) for t in STEPS)),
    "7.1": lambda: same(adjoint(T - 1), tr(C) @ error(T - 1) + tr(A) @ slope(T) @ tr(C) @ error(T)),
    "8.1": lambda: same(n.grad("J", ("s", 0)), tr(A) @ slope(1) @ adjoint(1)),
    "9.1": lambda: same(plain.grad("J", ("s", T)), plain("s", T) - plain("e", T)),
    "10.1": lambda: same(n.grad("J", ("s", 0)), tr(A) @ adjoint(1)),
}
