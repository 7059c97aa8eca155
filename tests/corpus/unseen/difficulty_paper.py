"""The state before the logistic function; an opaque cost of each state; gradients as rows."""

import numpy as np
from corpus.oracle import Numbers, bound, diag, each, opaque, ordered, per_step, same, sigmoid, tr

T = 4
STEPS = range(1, T + 1)
cost = opaque(np.random.default_rng(8), 1, 3)
NODES = {}
for _t in STEPS:
    NODES["x", _t] = lambda v, t=_t: v("W") @ sigmoid(v("x", t - 1)) + v("V") @ v("u", t) + v("b")
    NODES["e", _t] = lambda v, t=_t: cost(v("x", t))
NODES["E"] = lambda v: sum(v("e", t) for t in STEPS)
LEAVES = {"W": (3, 3), "V": (3, 2), "b": (3, 1), ("x", 0): (3, 1), **per_step(T, u=(2, 1))}
n = Numbers(T, LEAVES, NODES)
W = n("W")
# a large diagonal matrix, and every state at zero, where the logistic function is steepest
STILL = {
    "W": np.broadcast_to(8 * np.eye(3), (3, 1, 3, 3)),
    "b": np.full((3, 1, 3, 1), -4.0),
    ("x", 0): np.zeros((3, 1, 3, 1)),
}
still = Numbers(T, LEAVES, NODES, STILL | {("u", t): np.zeros((3, 1, 2, 1)) for t in STEPS})
PAIRS = [(t, k) for t in STEPS for k in range(t + 1)]
BOTH = [(m, t) for m in (n, still) for t in range(T)]


def slope(t, m=n):
    return diag(sigmoid(m("x", t)) * (1 - sigmoid(m("x", t))))


def step(i):
    return n.d(("x", i), ("x", i - 1))


def back(t, k):
    return n.d(("x", t), ("x", k))


def by_w(t, steps):
    terms = (n.d(("e", t), ("x", t)) @ back(t, k) @ n.own(("x", k), "W") for k in steps)
    return same(n.d(("e", t), "W"), sum(terms, np.zeros((3, 1, 9))))


def product(p, factor, first, last):
    return same(back(*p), ordered([factor(i) for i in range(first, last - 1, -1)], 3))


def norm(a):
    return np.linalg.norm(a, 2, axis=(1, 2))


def jump(m, k):
    return norm(m.d(("x", k + 1), ("x", k)))


CLAIMS = {
    "2.1": lambda: same(n.d("E", "W"), sum(n.d(("e", t), "W") for t in STEPS)),
    "3.1": lambda: each(STEPS, lambda t: by_w(t, range(1, t + 1))),
    "4.1": lambda: each(PAIRS, lambda p: product(p, step, p[0], p[1] + 1)),
    "4.2": lambda: each(PAIRS, lambda p: product(p, lambda i: W @ slope(i - 1), p[0], p[1] + 1)),
    "5.1": lambda: any(
        each(
            PAIRS,
            lambda p, of=of: same(of(back(*p)), ordered([tr(W) @ slope(i - 1) for i in range(p[0], p[1], -1)], 3)),
        )
        for of in (lambda a: a, tr)
    ),
    "6.1": lambda: each([(t, k) for t, k in PAIRS if k], lambda p: product(p, step, p[0] - 1, p[1])),
    "7.1": lambda: each(PAIRS, lambda p: product(p, lambda i: step(i + 1), p[0] - 1, p[1])),
    "8.1": lambda: each(BOTH, lambda c: bound(jump(*c), norm(c[0]("W")) * norm(slope(c[1], c[0])))),
    "9.1": lambda: each(BOTH, lambda c: bound(jump(*c), norm(c[0]("W")) / 4)),
    "10.1": lambda: each(BOTH, lambda c: bound(jump(*c), 1 / 4)),
    "11.1": lambda: each(STEPS, lambda t: by_w(t, range(1, t))),
}
