"""Components, summed by einsum; s is the seed."""

import numpy as np
from corpus.oracle import Numbers, each, per_step, same

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b"))
    NODES["o", _t] = lambda v, t=_t: v("V") @ v("h", t)
NODES["E"] = lambda v: sum(((v("o", t) - v("d", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"W": (3, 3), "U": (3, 2), "b": (3, 1), "V": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1), d=(4, 1))}
n = Numbers(T, LEAVES, NODES)
W, V, I3 = n("W"), n("V"), np.eye(3)


def h(t):
    return n("h", t)[:, :, 0]


def slope(t):
    return 1 - h(t) ** 2


def miss(t):
    return (n("o", t) - n("d", t))[:, :, 0]


def gh(t):
    return n.grad("E", ("h", t))[:, :, 0]


def own(t):
    return n.own(("h", t), "W").reshape(3, 3, 3, 3)


E_ = np.einsum
CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), E_("si,sij->sij", slope(t), W))),
    "4.1": lambda: each(
        range(2, T + 1),
        lambda t: same(n.d(("h", t), ("h", t - 2)), E_("si,sil,sl,slj->sij", slope(t), W, slope(t - 1), W)),
    ),
    "5.1": lambda: each(STEPS, lambda t: same(own(t), E_("im,si,sn->simn", I3, slope(t), h(t - 1)))),
    "6.1": lambda: each(STEPS, lambda t: same(n.grad("E", ("o", t))[:, :, 0], miss(t))),
    "7.1": lambda: same(n.grad("E", "V"), sum(E_("sk,si->ski", miss(t), h(t)) for t in STEPS)),
    "8.1": lambda: same(n.grad("E", "W"), sum(E_("si,si,sj->sij", gh(t), slope(t), h(t - 1)) for t in STEPS)),
    "9.1": lambda: each(
        BEFORE_LAST,
        lambda t: same(gh(t), E_("sk,skj->sj", miss(t), V) + E_("si,si,sij->sj", gh(t + 1), slope(t + 1), W)),
    ),
    "10.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), E_("si,sji->sij", slope(t), W))),
    "11.1": lambda: each(
        BEFORE_LAST,
        lambda t: same(gh(t), E_("sk,skj->sj", miss(t), V) + E_("si,sj,sij->sj", gh(t + 1), slope(t + 1), W)),
    ),
    "12.1": lambda: each(STEPS, lambda t: same(own(t), E_("in,si,sm->simn", I3, slope(t), h(t - 1)))),
    "13.1": lambda: same(n.grad("E", "W"), sum(E_("si,si,sj->sij", gh(t), slope(t), h(t)) for t in STEPS)),
}
