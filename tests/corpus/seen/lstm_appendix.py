"""An LSTM, whose gates are nodes of their own; gradients as columns."""

import numpy as np
from corpus.oracle import Numbers, diag, each, per_step, same, sigmoid, tr

T = 4
STEPS, BEFORE_LAST = range(1, T + 1), range(1, T)
NODES = {}
for _t in STEPS:
    for _gate, _act in (("i", sigmoid), ("f", sigmoid), ("o", sigmoid), ("z", np.tanh)):
        NODES[_gate, _t] = lambda v, t=_t, g=_gate, act=_act: act(
            v("W", g) @ v("x", t) + v("R", g) @ v("h", t - 1) + v("b", g)
        )
    NODES["c", _t] = lambda v, t=_t: v("f", t) * v("c", t - 1) + v("i", t) * v("z", t)
    NODES["h", _t] = lambda v, t=_t: v("o", t) * np.tanh(v("c", t))
NODES["L"] = lambda v: ((v("h", T) - v("y")) ** 2).sum(-2, keepdims=True) / 2
LEAVES = {(name, gate): size for gate in "ifoz" for name, size in (("W", (3, 2)), ("R", (3, 3)), ("b", (3, 1)))}
n = Numbers(T, {**LEAVES, ("h", 0): (3, 1), ("c", 0): (3, 1), "y": (3, 1), **per_step(T, x=(2, 1))}, NODES)


def g(name, t):
    return n.grad("L", (name, t))


def bend(t):
    return 1 - np.tanh(n("c", t)) ** 2


def own(a, b, t, s):
    return n.own((a, t), (b, s))


def carried(t, gate, slope):
    return same(g("c", t), g("h", t) * n("o", t) * slope + n("f", gate) * g("c", t + 1))


def summed(wave, before=1):
    return sum(wave(t) @ tr(n("h", t - before)) for t in STEPS)


def wave_f(t):
    return g("f", t) * n("f", t) * (1 - n("f", t))


CLAIMS = {
    "3.1": lambda: each(STEPS, lambda t: same(own("c", "c", t, t - 1), diag(n("f", t)))),
    "4.1": lambda: each(STEPS, lambda t: same(own("h", "c", t, t), diag(n("o", t) * bend(t)))),
    "5.1": lambda: each(STEPS, lambda t: same(own("c", "f", t, t), diag(n("c", t - 1)))),
    "5.2": lambda: each(STEPS, lambda t: same(own("c", "i", t, t), diag(n("z", t)))),
    "5.3": lambda: each(STEPS, lambda t: same(own("h", "o", t, t), diag(np.tanh(n("c", t))))),
    "6.1": lambda: same(g("h", T), n("h", T) - n("y")),
    "6.2": lambda: same(g("c", T), (n("h", T) - n("y")) * n("o", T) * bend(T)),
    "7.1": lambda: each(BEFORE_LAST, lambda t: carried(t, t + 1, bend(t))),
    "8.1": lambda: each(STEPS, lambda t: same(g("o", t), g("h", t) * np.tanh(n("c", t)))),
    "9.1": lambda: each(STEPS, lambda t: same(g("f", t), g("c", t) * n("c", t - 1))),
    "10.1": lambda: same(n.grad("L", ("R", "f")), summed(wave_f)),
    "11.1": lambda: same(n.grad("L", ("R", "z")), summed(lambda t: g("c", t) * n("i", t) * (1 - n("z", t) ** 2))),
    "12.1": lambda: same(
        n.grad("L", ("b", "i")), sum(g("c", t) * n("z", t) * n("i", t) * (1 - n("i", t)) for t in STEPS)
    ),
    "13.1": lambda: each(BEFORE_LAST, lambda t: carried(t, t, bend(t))),
    "14.1": lambda: each(BEFORE_LAST, lambda t: carried(t, t + 1, 1 - n("c", t) ** 2)),
    "15.1": lambda: each(STEPS, lambda t: same(g("f", t), g("c", t) * n("c", t))),
    "16.1": lambda: same(
        n.grad("L", ("R", "z")), summed(lambda t: g("c", t) * n("i", t) * n("z", t) * (1 - n("z", t)))
    ),
    "17.1": lambda: same(n.grad("L", ("R", "f")), summed(wave_f, 0)),
    "18.1": lambda: each(STEPS, lambda t: same(g("o", t), g("h", t) * n("c", t))),
}
