"""Losses as documents write them: one letter for the whole and for a function of a step, letters without a meaning."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.ruling import Verdict
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

SETTINGS = "---\nlayout: numerator\npartial: total\n---\n"
CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$" "\n" r"$$\hat y_t = V h_t + c$$" "\n"
GOOD = r"\frac{\partial L}{\partial W}=\sum_{t=1}^T\frac{\partial L_t}{\partial h_t}\frac{\partial h_t}{\partial W}"
SHORT = GOOD.replace("t=1", "t=2")
MEAN = GOOD.replace(r"=\sum", r"=\frac1T\sum")
LOCAL = r"\frac{\partial L_t}{\partial W}="
LOCAL += r"\frac{\partial L_t}{\partial\hat y_t}\frac{\partial\hat y_t}{\partial h_t}\frac{\partial h_t}{\partial W}"
SQUARE = r"\|\hat y_t-y_t\|^2"


def verdicts(loss: str, *claims: str) -> list[Verdict]:
    """What is said of claims behind a network and its loss."""
    shown = "\n\n".join(f"$${claim}$$" for claim in claims)
    return judge(read_document(source_from_text(f"{SETTINGS}{CELL}$${loss}$$\n\n{shown}\n")), mend=False)


def statuses(loss: str, *claims: str) -> list[str]:
    """The verdicts in one word each, the definitions left out."""
    found = verdicts(loss, *claims)
    assert all(one.status == "definition" for one in found[: len(found) - len(claims)])
    return [one.status for one in found[len(found) - len(claims) :]]


TWOFOLD = [
    r"L(\theta)=\sum_{t=1}^T L_t \\ L_t=L(\hat y_t,y_t)",
    r"L_t=L(\hat y_t,y_t) \\ L=\sum_{t=1}^T L_t",
    r"L(\theta)=\sum_{t=1}^T L(\hat y_t,y_t)",
    r"L(\hat y,y)=\sum_{t=1}^T L(\hat y_t,y_t)",
    rf"L(\hat y_t,y_t)={SQUARE} \\ L(\theta)=\sum_{{t=1}}^T L(\hat y_t,y_t)",
    r"L(\theta)=\sum_{t=1}^T L(\hat y_t,y_t) \\ L(\hat y,y)=\|\hat y-y\|^2",
    rf"L_t=L(\hat y_t,y_t)={SQUARE} \\ L=\sum_{{t=1}}^T L_t",
]


@pytest.mark.campaign(quick=16)
@pytest.mark.parametrize("letter", ["L", r"\mathcal{L}", "E", "J"])
@pytest.mark.parametrize("loss", TWOFOLD)
def test_one_letter_for_the_whole_and_for_a_function_of_a_step(loss: str, letter: str) -> None:
    """``L(\\hat y_t, y_t)`` is the function, ``L`` the whole and ``L_t`` its value at a step."""
    renamed = [text.replace("L", letter) for text in (rf"\begin{{gathered}}{loss}\end{{gathered}}", GOOD, SHORT, MEAN)]
    assert statuses(renamed[0], *renamed[1:]) == ["proved", "refuted", "refuted"]


def test_a_mean_of_a_function_is_no_sum() -> None:
    """The factor before the sum is part of the whole."""
    assert statuses(r"L=\frac1T\sum_{t=1}^T L(\hat y_t,y_t)", GOOD, MEAN) == ["refuted", "proved"]


def test_a_function_with_a_formula_keeps_it() -> None:
    """Claims on the value of the function are judged by its formula, wherever that stands."""
    loss = r"\begin{gathered}L(\theta)=\sum_{t=1}^T L(\hat y_t,y_t) \\ L(\hat y,y)=\|\hat y-y\|^2\end{gathered}"
    claim = r"\frac{\partial L}{\partial\hat y_t}=%s(\hat y_t-y_t)^\top"
    assert statuses(loss, claim % "2", claim % "", claim % "3") == ["proved", "refuted", "refuted"]


def test_the_derivative_of_the_applied_loss() -> None:
    """``\\partial L(\\hat y_t, y_t)`` is of one step, ``\\partial L(\\theta)`` of all."""
    total = r"\frac{\partial L(\theta)}{\partial W}=%s\sum_{t=1}^T\frac{\partial L(\hat y_t,y_t)}{\partial\hat y_t}"
    total += r"V\frac{\partial h_t}{\partial W}"
    assert statuses(TWOFOLD[2], total % "", total % "2") == ["proved", "refuted"]


@pytest.mark.parametrize(
    "loss",
    [
        r"L=\sum_{t=1}^T \ell(y_t,\hat y_t)",
        r"\begin{gathered}L_t=\ell(y_t,\hat y_t) \\ L=\sum_{t=1}^T L_t\end{gathered}",
    ],
)
@pytest.mark.parametrize("letter", ["L", r"\ell"])
def test_the_value_of_a_function_has_its_name(loss: str, letter: str) -> None:
    """``\\ell_t`` is ``\\ell(y_t, \\hat y_t)``, though only the function is written."""
    claims = [claim.replace("L_t", f"{letter}_t") for claim in (GOOD, SHORT, MEAN, LOCAL)]
    assert statuses(loss, *claims) == ["proved", "refuted", "refuted", "proved"]


@pytest.mark.parametrize("loss", [r"L=\sum_{t=1}^T E_t(h_t)", r"L=\sum_{t=1}^T E_t", rf"L=\sum_{{t=1}}^T {SQUARE}"])
def test_another_letter_for_the_part_of_a_step_is_a_condition(loss: str) -> None:
    """Nothing says that ``\\ell_t`` is the part of a step: it is named, and what no part makes true stays false."""
    claims = [claim.replace("L_t", r"\ell_t") for claim in (GOOD, SHORT, MEAN)]
    found = verdicts(loss, *claims)[-3:]
    assert [one.status for one in found] == ["conditional", "refuted", "refuted"]
    assert "`ℓ_t` is the part of step t of `L`" in found[0].conditions[0]


@pytest.mark.parametrize("name", [r"\ell", "f"])
def test_a_formula_of_steps_is_the_formula_of_the_function(name: str) -> None:
    """``\\ell(\\hat y_t, y_t) = ...`` before its use says what the function is of any arguments."""
    loss = rf"\begin{{gathered}}{name}(\hat y_t,y_t)={SQUARE} \\ L=\sum_{{t=1}}^T {name}(\hat y_t,y_t)\end{{gathered}}"
    claim = r"\frac{\partial L}{\partial\hat y_t}=%s(\hat y_t-y_t)^\top"
    assert statuses(loss, claim % "2", claim % "") == ["proved", "refuted"]


def test_a_cell_that_is_given_before_its_state() -> None:
    """``f(x_t, h_{t-1}; W) = ...`` and then ``h_t = f(x_t, h_{t-1}; W)``."""
    text = r"""$$f(x_t,h_{t-1};W)=\tanh(W h_{t-1}+U x_t)$$
$$h_t=f(x_t,h_{t-1};W)$$

$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$

$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t)W$$
"""
    found = judge(read_document(source_from_text(SETTINGS + text)), mend=False)
    assert [one.status for one in found] == ["definition", "definition", "proved", "refuted"]


def test_what_is_said_of_a_function_and_is_no_formula_of_it_refutes_nothing() -> None:
    """``\\ell(\\hat y_t, y_t) = \\|V h_t + c - y_t\\|^2`` names what is no argument: claims on the loss stay open."""
    loss = r"\begin{gathered}\ell(\hat y_t,y_t)=\|V h_t+c-y_t\|^2 \\ L=\sum_{t=1}^T\ell(\hat y_t,y_t)\end{gathered}"
    found = verdicts(loss, r"\frac{\partial L}{\partial\hat y_t}=2(\hat y_t-y_t)^\top", GOOD)
    assert [one.status for one in found[2:]] == ["unchecked", "definition", "unchecked", "proved"]
    assert "is not read as the formula of" in found[-2].message
