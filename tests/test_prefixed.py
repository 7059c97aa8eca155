r"""Marks before a quantity that stand for a gradient: ``\delta c_t`` and ``dW`` where a document says so.

The truth of the equations is that of the backward pass of ``bpttsym.rnn_gated``, written out by hand.
"""

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
