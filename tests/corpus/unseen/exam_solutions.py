"""One hidden unit and three steps."""

import numpy as np
from corpus.oracle import Numbers, each, per_step, same

T = 3
NODES = {("h", t): lambda v, t=t: np.tanh(v("w") * v("h", t - 1) + v("u") * v("x", t)) for t in (1, 2, 3)}
NODES["p"] = lambda v: v("v") * v("h", 3)
NODES["L"] = lambda v: (v("p") - v("y")) ** 2 / 2
n = Numbers(T, {**dict.fromkeys(("w", "u", "v", "y"), (1, 1)), ("h", 0): (1, 1), **per_step(T, x=(1, 1))}, NODES)
w, front = n("w"), (n("p") - n("y")) * n("v")
s = {t: 1 - n("h", t) ** 2 for t in (1, 2, 3)}
h = {t: n("h", t) for t in range(4)}
x = {t: n("x", t) for t in (1, 2, 3)}


def by_w(t):
    return n.d(("h", t), "w") if t else 0 * w


CLAIMS = {
    "2.1": lambda: same(n.d("L", "v"), (n("p") - n("y")) * h[3]),
    "3.1": lambda: same(n.d("L", ("h", 3)), front),
    "3.2": lambda: same(n.d("L", ("h", 2)), front * s[3] * w),
    "4.1": lambda: each((1, 2, 3), lambda t: same(by_w(t), s[t] * (h[t - 1] + w * by_w(t - 1)))),
    "5.1": lambda: same(
        n.d("L", "w"), front * (s[3] * h[2] + s[3] * w * s[2] * h[1] + s[3] * w * s[2] * w * s[1] * h[0])
    ),
    "6.1": lambda: same(
        n.d("L", "u"), front * (s[3] * x[3] + s[3] * w * s[2] * x[2] + s[3] * w * s[2] * w * s[1] * x[1])
    ),
    "7.1": lambda: each((1, 2, 3), lambda t: same(by_w(t), s[t] * h[t - 1])),
    "8.1": lambda: each((1, 2, 3), lambda t: same(by_w(t), s[t] * (h[t - 1] + by_w(t - 1)))),
    "9.1": lambda: same(n.d("L", ("h", 2)), front * s[2] * w),
    "10.1": lambda: same(n.d("L", "w"), front * (s[3] * h[2] + s[3] * w * s[2] * h[1])),
    "11.1": lambda: same(n.d("L", "u"), front * (s[3] * x[3] + w * s[2] * x[2] + w**2 * s[1] * x[1])),
}
