"""Linear readout and half the squared error; gradients as rows, spectral norms."""

import numpy as np
from corpus.oracle import Numbers, bound, diag, each, per_step, same, tr

T = 4
STEPS = range(1, T + 1)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: np.tanh(v("Whh") @ v("h", t - 1) + v("Wxh") @ v("x", t))
    NODES["y", _t] = lambda v, t=_t: v("Why") @ v("h", t)
    NODES["l", _t] = lambda v, t=_t: ((v("y", t) - v("d", t)) ** 2).sum(-2, keepdims=True) / 2
NODES["L"] = lambda v: sum(v("l", t) for t in STEPS)
LEAVES = {"Whh": (3, 3), "Wxh": (3, 2), "Why": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1), d=(4, 1))}
n = Numbers(T, LEAVES, NODES)
# zero states and a norm of three: every slope is one, and the bounds are reached
still = Numbers(
    T,
    LEAVES,
    NODES,
    {
        "Whh": np.broadcast_to(3 * np.eye(3), (3, 1, 3, 3)),
        ("h", 0): np.zeros((3, 1, 3, 1)),
        **{("x", t): np.zeros((3, 1, 2, 1)) for t in STEPS},
    },
)
PAIRS = [(t, k) for t in STEPS for k in range(t)]


def norm(a):
    return np.linalg.norm(a, 2, axis=(1, 2))


def jacobian(m, t, k):
    return norm(m.d(("h", t), ("h", k)))


def gh(t):
    return n.grad("L", ("h", t))


def wave(t):
    return (1 - n("h", t) ** 2) * gh(t)


def below(m, t, k, power):
    return bound(jacobian(m, t, k), norm(m("Whh")) ** power)


BOTH = [(m, *p) for m in (n, still) for p in PAIRS]
CLAIMS = {
    "2.1": lambda: same(n.d("L", "Whh"), sum(n.d(("l", t), "Whh") for t in STEPS)),
    "3.1": lambda: {
        reading: same(n.d(("l", T), "Whh"), n.d(("l", T), ("y", T)) @ n.d(("y", T), ("h", T)) @ last(("h", T), "Whh"))
        for reading, last in (("total", n.d), ("immediate", n.own))
    },
    "4.1": lambda: each(
        range(1, T),
        lambda t: same(
            n.d("L", ("h", t)), n.d(("l", t), ("h", t)) + n.d("L", ("h", t + 1)) @ n.d(("h", t + 1), ("h", t))
        ),
    ),
    "5.1": lambda: each(
        range(1, T),
        lambda t: same(
            n.d("L", ("h", t)),
            n.d(("l", t), ("h", t)) + n.d(("l", t + 1), ("h", t + 1)) @ n.d(("h", t + 1), ("h", t)),
        ),
    ),
    "6.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), diag(1 - n("h", t) ** 2) @ n("Whh"))),
    "6.2": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("x", t)), diag(1 - n("h", t) ** 2) @ n("Wxh"))),
    "6.3": lambda: each(STEPS, lambda t: same(n.d(("y", t), ("h", t)), n("Why"))),
    "7.1": lambda: each(BOTH, lambda c: c[2] + 1 != c[1] or below(*c, 1)),
    "8.1": lambda: each(BOTH, lambda c: below(*c, c[1] - c[2])),
    "9.1": lambda: each(BOTH, lambda c: below(*c, c[1] - c[2] - 1)),
    "10.1": lambda: each(PAIRS, lambda p: same(jacobian(n, *p), norm(n("Whh")) ** (p[0] - p[1]))),
    "11.1": lambda: same(n.grad("L", "Why"), sum((n("y", t) - n("d", t)) @ tr(n("h", t)) for t in STEPS)),
    "11.2": lambda: same(n.grad("L", "Wxh"), sum(wave(t) @ tr(n("x", t)) for t in STEPS)),
    "12.1": lambda: same(n.grad("L", "Whh"), sum(wave(t) @ tr(n("h", t - 1)) for t in STEPS)),
    "13.1": lambda: same(n.grad("L", "Whh"), sum(n("h", t - 1) @ tr(wave(t)) for t in STEPS)),
}
