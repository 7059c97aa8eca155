"""Logistic units, a linear readout and half the squared error; gradients as columns."""

from corpus.oracle import Numbers, diag, each, ordered, per_step, same, sigmoid, tr

T = 4
STEPS, LATE, BEFORE_LAST = range(1, T + 1), range(2, T + 1), range(1, T)
NODES = {}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: sigmoid(v("A") @ v("h", t - 1) + v("B") @ v("x", t))
    NODES["q", _t] = lambda v, t=_t: v("C") @ v("h", t)
NODES["L"] = lambda v: sum(((v("q", t) - v("r", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
LEAVES = {"A": (3, 3), "B": (3, 2), "C": (4, 3), ("h", 0): (3, 1), **per_step(T, x=(2, 1), r=(4, 1))}
n = Numbers(T, LEAVES, NODES)


def back(t, k):
    return n.d(("h", t), ("h", k))


def step(t):
    return back(t, t - 1)


def slope(t):
    return n("h", t) * (1 - n("h", t))


def error(t):
    return n("q", t) - n("r", t)


def gh(t):
    return n.grad("L", ("h", t))


def now_and(later):
    return each(BEFORE_LAST, lambda t: same(gh(t), tr(n("C")) @ error(t) + later(t) @ gh(t + 1)))


def two_steps(right):
    return each(LATE, lambda t: same(back(t, t - 2), right(t)))


CLAIMS = {
    "2.1": lambda: each(STEPS, lambda t: same(step(t), diag(slope(t)) @ n("A"))),
    "3.1": lambda: two_steps(lambda t: step(t) @ step(t - 1)),
    "4.1": lambda: two_steps(lambda t: step(t) @ step(t)),
    "5.1": lambda: two_steps(lambda t: n("A") @ diag(slope(t)) @ n("A") @ diag(slope(t - 1))),
    "6.1": lambda: same(back(T, 0), ordered([step(t) for t in range(T, 0, -1)], 3)),
    "7.1": lambda: same(back(T, 0), ordered([step(t) for t in range(T, 1, -1)], 3)),
    "8.1": lambda: now_and(lambda t: tr(step(t + 1))),
    "9.1": lambda: {
        "numerator": now_and(lambda t: step(t + 1)),
        "denominator": now_and(lambda t: tr(step(t + 1))),
    },
    "10.1": lambda: now_and(lambda t: tr(step(t))),
    "11.1": lambda: same(n.grad("L", "A"), sum((slope(t) * gh(t)) @ tr(n("h", t - 1)) for t in STEPS)),
    "12.1": lambda: same(n.grad("L", "A"), sum(((1 - n("h", t)) * gh(t)) @ tr(n("h", t - 1)) for t in STEPS)),
    # a column of three by a column of two: no product
    "13.1": lambda: same(n.grad("L", "B"), sum(slope(t) * gh(t) for t in STEPS)),
    "14.1": lambda: same(n.grad("L", "C"), sum(error(t) @ tr(n("h", t)) for t in STEPS)),
}
