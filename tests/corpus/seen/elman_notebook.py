"""Logistic units; text and code in turns; gradients are columns."""

from corpus.oracle import Numbers, diag, each, per_step, same, sigmoid, tr

T = 4
STEPS = range(1, T + 1)
NODES = {"slope": lambda v: sigmoid(v("z"))}
for _t in STEPS:
    NODES["h", _t] = lambda v, t=_t: sigmoid(v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b"))
    NODES["p", _t] = lambda v, t=_t: v("V") @ v("h", t)
NODES["J"] = lambda v: sum(((v("p", t) - v("y", t)) ** 2).sum(-2, keepdims=True) for t in STEPS) / 2
WEIGHTS = {"W": (3, 3), "U": (3, 2), "V": (4, 3), "b": (3, 1), "z": (1, 1)}
n = Numbers(T, {**WEIGHTS, ("h", 0): (3, 1), **per_step(T, x=(2, 1), y=(4, 1))}, NODES)


def slope(t):
    return n("h", t) * (1 - n("h", t))


def error(t):
    return n("p", t) - n("y", t)


def gh(t):
    return n.grad("J", ("h", t))


def total(name, term):
    return same(n.grad("J", name), sum(term(t) for t in STEPS))


CLAIMS = {
    "4.1": lambda: same(n.d("slope", "z"), n("slope") * (1 - n("slope"))),
    "5.1": lambda: same(n.d("slope", "z"), 1 - n("slope") ** 2),
    "6.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), diag(slope(t)) @ n("W"))),
    "7.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("h", t - 1)), n("W") @ diag(slope(t)))),
    "8.1": lambda: each(STEPS, lambda t: same(n.d(("h", t), ("x", t)), diag(slope(t)) @ n("U"))),
    "9.1": lambda: same(gh(T), tr(n("V")) @ error(T)),
    "10.1": lambda: each(
        range(1, T), lambda t: same(gh(t), tr(n("V")) @ error(t) + tr(n("W")) @ (slope(t + 1) * gh(t + 1)))
    ),
    "11.1": lambda: total("W", lambda t: (slope(t) * gh(t)) @ tr(n("h", t - 1))),
    "12.1": lambda: total("W", lambda t: (slope(t) * gh(t)) @ tr(n("h", t))),
    "13.1": lambda: total("V", lambda t: error(t) @ tr(n("h", t))),
    "14.1": lambda: total("V", lambda t: -error(t) @ tr(n("h", t))),
    "15.1": lambda: total("b", gh),
}
