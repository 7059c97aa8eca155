"""A loss of all steps beside losses of single steps, of which a document defines one, or neither."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.ruling import Verdict
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$" "\n" r"$$\hat y_t = V h_t + c$$" "\n"
SUM = r"\frac{\partial L}{\partial W}=\sum_{t=1}^{T}\frac{\partial L_t}{\partial W}"
SHORT = r"\frac{\partial L}{\partial W}=\sum_{t=1}^{T-1}\frac{\partial L_t}{\partial W}"
MEAN = r"\frac{\partial L}{\partial W}=\frac1T\sum_{t=1}^{T}\frac{\partial L_t}{\partial W}"
LAST = r"\frac{\partial L}{\partial W}=\frac{\partial L_T}{\partial W}"
BACK = r"\frac{\partial L}{\partial h_t}=\frac{\partial L_t}{\partial h_t}+"
BACK += r"\frac{\partial L}{\partial h_{t+1}}\frac{\partial h_{t+1}}{\partial h_t}"

EACH = r"$$L_t=\|\hat y_t-y_t\|^2$$"
WHOLE = r"$$L=\sum_{t=1}^T\|\hat y_t-y_t\|^2$$"
HALF = r"$$L=\frac12\sum_{s=1}^T\|\hat y_s-y_s\|^2$$"
MINUS = r"$$L=-\sum_{t=1}^T\log(y_t^\top\hat y_t)$$"


def verdict(loss: str, claim: str) -> Verdict:
    """What is said of a claim behind a network, its loss and another claim that settles the layout."""
    layout = "---\nlayout: numerator\n---\n"
    return judge(read_document(source_from_text(f"{layout}{CELL}{loss}\n\n$${claim}$$\n")), mend=False)[-1]


@pytest.mark.parametrize("loss", [EACH, "", r"$$E_t=\|\hat y_t-y_t\|^2$$"], ids=["each", "neither", "another letter"])
@pytest.mark.parametrize(("claim", "words"), [(SUM, "the sum"), (MEAN, "the mean"), (LAST, "the last")])
def test_what_the_total_is_made_of_is_a_condition(loss: str, claim: str, words: str) -> None:
    """Nothing says that the losses are added up: what holds of their sum, mean or last holds on that condition."""
    letter = "E" if "E_t" in loss else "L"
    found = verdict(loss, claim.replace("L_", f"{letter}_"))
    assert found.status == "conditional"
    assert f"`L` is {words} of the `{letter}_t`" in found.conditions[0]


@pytest.mark.parametrize("loss", [EACH, "", WHOLE])
def test_a_sum_that_forgets_a_step_is_refuted(loss: str) -> None:
    """It holds of no total that is made of the losses of the steps."""
    assert verdict(loss, SHORT).status == "refuted"


def test_a_gradient_flows_back_where_losses_are_added() -> None:
    """The recursion needs the sum."""
    assert verdict(EACH, BACK).conditions == ("`L` is the sum of the `L_t`",)


@pytest.mark.parametrize("claim", [SUM, r"\frac{\partial L_t}{\partial\hat y_t}=2(\hat y_t-y_t)^\top", BACK])
def test_the_part_of_a_step_is_told(claim: str) -> None:
    """``L_t`` beside a sum without a factor is its summand, which is said but no condition."""
    found = verdict(WHOLE, claim)
    assert found.status == "proved"
    assert "`L_t` is the part of step t of `L`" in found.assumed


def test_a_sign_belongs_to_the_part() -> None:
    """``-\\sum_t`` is a sum of losses, each with the sign."""
    claim = r"\frac{\partial L_t}{\partial\hat y_t}=%s\frac{y_t^\top}{y_t^\top\hat y_t}"
    assert verdict(MINUS, claim % "-").status == "proved"
    assert verdict(MINUS, claim % "").status == "refuted"


def test_a_factor_before_the_sum_may_belong_to_the_part() -> None:
    """``\\frac12\\sum_s`` leaves open whether the part has the half."""
    claim = r"\frac{\partial L_s}{\partial\hat y_s}=%s(\hat y_s-y_s)^\top"
    found = {factor: verdict(HALF, claim % factor) for factor in ("2", "", "3")}
    assert [one.status for one in found.values()] == ["conditional", "conditional", "refuted"]
    assert "without the factor" in found["2"].conditions[0]
    assert "with the factor" in found[""].conditions[0]


@pytest.mark.parametrize(
    "loss", [r"\frac1T\sum_{t=1}^T\ell(o_t,y_t)", r"-\lambda\sum_t\ell(o_t)", r"\sum_t\ell(o_t,y_t)/2"]
)
def test_a_weighted_sum_of_an_unknown_function_is_a_number(loss: str) -> None:
    """The function that is added up has the size of the loss, not one of its own."""
    text = rf"$$h_t=Wh_{{t-1}}+Ux_t$$ $$o_t=Vh_t$$ $$L={loss}$$"
    true, false = r"\nabla_{h_T}L=V^\top\nabla_{o_T}L", r"\nabla_V L=\sum_{t=1}^T\nabla_{o_t}L\,h_{t-1}^\top"
    found = judge(
        read_document(source_from_text(f"{text} $${true}$$ $${false}$$".replace(" $$", "\n\n$$"))), mend=False
    )
    assert [one.status for one in found[-2:]] == ["proved", "refuted"]


def test_a_sum_of_named_parts_defines_no_part() -> None:
    """``L = \\sum_t L_t`` says nothing of ``L_t``, which depends on the output of its step then."""
    cell = r"""$$h_t = \tanh(W h_{t-1} + U x_t), \quad \hat{y}_t = g(V h_t), \quad L = \sum_{t=1}^{T} L_t$$"""
    by_parts = r"\frac{\partial L}{\partial V} = \sum_{t=1}^{T} \frac{\partial L_t}{\partial V}"
    assert verdict(cell, by_parts).status == "proved"
    assert verdict(cell, by_parts.replace("L_t}", "L_{t-1}}").replace("t=1", "t=2")).status == "refuted"
