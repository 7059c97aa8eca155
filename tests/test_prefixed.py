r"""Marks before a quantity that stand for a gradient: ``\delta c_t`` and ``dW`` where a document says so.

The truth of the equations is found by a complex step on the definitions, in NumPy and apart from the package.
"""

from collections.abc import Callable

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

MODEL = r"""
$$
\begin{aligned}
f_t &= \sigma(W_f h_{t-1} + U_f x_t) \\
g_t &= \tanh(W_g h_{t-1} + U_g x_t) \\
c_t &= f_t \odot c_{t-1} + g_t \\
h_t &= \tanh(c_t) \\
L &= \tfrac12\|h_T - y\|^2
\end{aligned}
$$
"""

EXPLAINED = {
    "a display": (r"\delta ", r"$$\delta c_t = \frac{\partial L}{\partial c_t}$$"),
    "running text": (r"\delta ", r"Let $\delta c_t = \frac{\partial L}{\partial c_t}$, and so on."),
    "any letter": (r"\Delta ", r"$$\Delta X := \nabla_{X} L$$"),
    "a differential": ("d", r"$$dc_t = \frac{\partial L}{\partial c_t}$$"),
    "an upright differential": (r"\mathrm{d}", r"$$\mathrm{d}c_t = \frac{\mathrm{d}L}{\mathrm{d}c_t}$$"),
}
TRUE = (
    r"@c_t = @h_t \odot (1-h_t^2) + f_{t+1} \odot @c_{t+1}",
    r"@f_t = @c_t \odot c_{t-1}",
    r"@W_f = \sum_{t=1}^T (@c_t \odot c_{t-1} \odot f_t \odot (1-f_t))\, h_{t-1}^\top",
    r"@U_g = \sum_{t=1}^T (@g_t \odot (1-g_t^2))\, x_t^\top",
    r"@h_T = h_T - y",
)
FALSE = (
    r"@c_t = @h_t \odot (1-h_t^2) + f_t \odot @c_{t+1}",
    r"@f_t = @c_t \odot c_t",
    r"@W_f = \sum_{t=1}^T (@c_t \odot c_{t-1} \odot f_t)\, h_{t-1}^\top",
    r"@U_g = \sum_{t=1}^T (@c_t \odot (1-h_t^2))\, x_t^\top",
    r"@h_T = y - h_T",
)


STEPS, SIZE, INPUT, STEP = 4, 3, 2, 1e-30
Values = dict[str, np.ndarray]


def loss(values: Values, name: str, entry: tuple[int, ...]) -> complex:
    """The loss with one entry of a parameter or of a quantity moved by a complex step; ``f2`` is f at step 2."""
    moved = {key: value.astype(complex) for key, value in values.items()}

    def nudged(key: str, value: np.ndarray) -> np.ndarray:
        value = value.astype(complex)
        if key == name:
            value[entry] += 1j * STEP
        return value

    moved = {key: nudged(key, value) for key, value in moved.items()}
    h, c = moved["h0"], moved["c0"]
    for t in range(1, STEPS + 1):
        x = moved["x"][t]
        f = nudged(f"f{t}", 1 / (1 + np.exp(-(moved["W_f"] @ h + moved["U_f"] @ x))))
        g = nudged(f"g{t}", np.tanh(moved["W_g"] @ h + moved["U_g"] @ x))
        c = nudged(f"c{t}", f * c + g)
        h = nudged(f"h{t}", np.tanh(c))
        values[f"f{t}"], values[f"g{t}"], values[f"c{t}"], values[f"h{t}"] = f.real, g.real, c.real, h.real
    return complex(((h - moved["y"]) ** 2).sum() / 2)


def differences(seed: int) -> list[np.ndarray]:
    """Left side minus right side of each claim of TRUE and FALSE, at steps or summed, in their order."""
    random = np.random.default_rng(seed)
    shapes = {"W_f": (SIZE, SIZE), "W_g": (SIZE, SIZE), "U_f": (SIZE, INPUT), "U_g": (SIZE, INPUT)}
    shapes |= {"x": (STEPS + 1, INPUT), "h0": (SIZE,), "c0": (SIZE,), "y": (SIZE,)}
    values: Values = {name: random.normal(size=shape) for name, shape in shapes.items()}
    loss(values, "", ())

    def by(name: str) -> np.ndarray:
        found = np.zeros_like(values[name])
        for entry in np.ndindex(found.shape):
            found[entry] = loss({k: v for k, v in values.items() if k in shapes}, name, entry).imag / STEP
        return found

    def at(name: str, t: int) -> np.ndarray:
        return values[f"{name}{t}"] if t else values[f"{name}0"]

    def summed(one: Callable[[int], np.ndarray], other: Callable[[int], np.ndarray]) -> np.ndarray:
        return sum((np.outer(one(t), other(t)) for t in range(1, STEPS + 1)), np.zeros(()))

    t, last = 2, STEPS
    ahead = by(f"h{t}") * (1 - at("h", t) ** 2)
    gate = {k: by(f"c{k}") * at("c", k - 1) for k in range(1, STEPS + 1)}
    slope = {k: at("f", k) * (1 - at("f", k)) for k in range(1, STEPS + 1)}
    return [
        by(f"c{t}") - ahead - at("f", t + 1) * by(f"c{t + 1}"),
        by(f"f{t}") - by(f"c{t}") * at("c", t - 1),
        by("W_f") - summed(lambda k: gate[k] * slope[k], lambda k: at("h", k - 1)),
        by("U_g") - summed(lambda k: by(f"g{k}") * (1 - at("g", k) ** 2), lambda k: values["x"][k]),
        by(f"h{last}") - at("h", last) + values["y"],
        by(f"c{t}") - ahead - at("f", t) * by(f"c{t + 1}"),
        by(f"f{t}") - by(f"c{t}") * at("c", t),
        by("W_f") - summed(lambda k: gate[k] * at("f", k), lambda k: at("h", k - 1)),
        by("U_g") - summed(lambda k: by(f"c{k}") * (1 - at("h", k) ** 2), lambda k: values["x"][k]),
        by(f"h{last}") - values["y"] + at("h", last),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_called_true_and_false_here_is_so(seed: int) -> None:
    """By numbers from the definitions alone, with sizes that all differ."""
    sizes = [float(np.abs(difference).max()) for difference in differences(seed)]
    assert max(sizes[: len(TRUE)]) < 1e-12
    assert min(sizes[len(TRUE) :]) > 1e-3


def verdicts(explained: str, *claims: str) -> list[Verdict]:
    shown = "\n\n".join(f"$${claim}$$" for claim in claims)
    return judge(read_document(source_from_text(f"{MODEL}\n{explained}\n\n{shown}\n")), mend=False)


@pytest.mark.parametrize("case", EXPLAINED)
def test_a_mark_is_the_gradient_of_what_stands_behind_it(case: str) -> None:
    """True equations hold with columns, wrong ones are refuted, and what explains the mark is a definition."""
    mark, explained = EXPLAINED[case]
    claims = [claim.replace("@", mark) for claim in (*TRUE, *FALSE)]
    found = verdicts(explained, *claims)
    judged = found[-len(claims) :]
    assert {verdict.status for verdict in found[: -len(claims)]} == {"definition"}
    assert {verdict.status for verdict in judged[: len(TRUE)]} <= {"proved", "conditional"}
    assert {verdict.status for verdict in judged[len(TRUE) :]} == {"refuted"}


@pytest.mark.parametrize("mark", [r"\delta ", "d"])
def test_a_mark_that_is_not_explained_is_not_guessed(mark: str) -> None:
    """Nothing says of what it is a gradient."""
    for verdict in verdicts("", *(claim.replace("@", mark) for claim in (*TRUE, *FALSE)))[5:]:
        assert verdict.status == "unchecked", verdict.read


def test_a_mark_that_is_explained_in_two_ways_is_not_guessed() -> None:
    """Of two losses it is the gradient of neither."""
    explained = r"$$E = \|h_T\|^2$$ $$\delta c_t = \frac{\partial L}{\partial c_t}$$ $$\delta h_t = \nabla_{h_t} E$$"
    assert verdicts(explained, r"\delta f_t = \delta c_t \odot c_{t-1}")[-1].status == "unchecked"


def test_a_transpose_above_the_quantity_is_one_of_the_gradient() -> None:
    """``\\delta W^\\top`` is the transposed gradient, and no gradient by a transposed matrix."""
    explained = r"$$\delta X = \frac{\partial L}{\partial X}$$"
    true = r"\delta W_f^\top = \sum_{t=1}^T h_{t-1} (\delta f_t \odot f_t \odot (1-f_t))^\top"
    false = r"\delta W_f = \sum_{t=1}^T h_{t-1} (\delta f_t \odot f_t \odot (1-f_t))^\top"
    first, second = verdicts(explained, true, false)[-2:]
    assert first.status in ("proved", "conditional")
    assert second.status in ("refuted", "conditional")
    assert (first.status, first.conditions) != (second.status, second.conditions)


def test_fractions_of_differentials_are_left_as_they_are() -> None:
    """Also on one line, and beside a mark of the same letter."""
    explained = r"$$dc_t = \frac{dL}{dc_t}$$"
    right, wrong = verdicts(explained, r"df_t = dL/dc_t \odot c_{t-1}", r"df_t = dL/dc_t \odot c_t")[-2:]
    assert right.status in ("proved", "conditional")
    assert wrong.status == "refuted"
