"""Expectations over the data: linear, and passed by derivatives; all else is conditional or not judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bpttsym.check import loss_model
from bpttsym.cli import main
from bpttsym.document import read_document
from bpttsym.ruling import Verdict
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

SETTINGS = "---\nlayout: numerator\npartial: total\n---\n"
CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$" "\n" r"$$\hat y_t = V h_t + c$$" "\n"
STEP = r"$$L_t=\|\hat y_t-y_t\|^2$$" "\n"
LOSSES = [
    r"L=\mathbb E[\sum_{t=1}^T L_t]",
    r"L=\mathbb{E}_{(x,y)\sim\mathcal D}\left[\sum_{t=1}^T L_t\right]",
    r"L(\theta)=\mathbb{E}_{x,y}\left[\sum_{t=1}^T L_t\right]",
    r"L=\sum_{t=1}^T\mathbb{E}_{p_{\mathrm{data}}}(L_t)",
    r"L=\mathrm{E}_{\mathcal D}\left\{\sum_{t=1}^T L_t\right\}",
]
INSIDE = r"\frac{\partial L}{\partial W}=\mathbb E\left[\sum_{t=1}^T\frac{\partial L_t}{\partial W}\right]"
PATHS = r"\frac{\partial L}{\partial W}="
PATHS += r"\sum_{t=1}^T\mathbb E\left[\frac{\partial L_t}{\partial h_t}\frac{\partial h_t}{\partial W}\right]"
OUTSIDE = r"\frac{\partial L}{\partial W}=\sum_{t=1}^T\frac{\partial L_t}{\partial W}"
PRODUCT = r"\frac{\partial L}{\partial W}=\sum_{t=1}^T"
PRODUCT += (
    r"\mathbb E\left[\frac{\partial L_t}{\partial h_t}\right]\mathbb E\left[\frac{\partial h_t}{\partial W}\right]"
)
SWAP = r"\nabla_W\mathbb E[L_t]=\mathbb E[\nabla_W L_t]"
TWICE = r"\nabla_W\mathbb E[L_t]=2\,\mathbb E[\nabla_W L_t]"
JENSEN = r"\|\mathbb E[\nabla_W L_t]\|\le\mathbb E[\|\nabla_W L_t\|]"


def verdicts(loss: str, *claims: str, words: str = "") -> list[Verdict]:
    """What is said of claims behind a network and its loss."""
    shown = "\n\n".join(f"$${claim}$$" for claim in claims)
    text = f"{SETTINGS}{words}\n\n{CELL}{STEP}$${loss}$$\n\n{shown}\n"
    return judge(read_document(source_from_text(text)), mend=False)[4:]


def statuses(loss: str, *claims: str, words: str = "") -> list[str]:
    return [one.status for one in verdicts(loss, *claims, words=words)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_derivative_passes_the_expectation(loss: str) -> None:
    """Linear equations of expectations are those of every sample, and a step that is left out is missed."""
    claims = (INSIDE, PATHS, SWAP, INSIDE.replace("t=1", "t=2"), PATHS.replace("t=1", "t=2"), TWICE)
    assert statuses(loss, *claims) == ["proved"] * 3 + ["refuted"] * 3
    assert any("does not depend on the parameters" in words for words in verdicts(loss, INSIDE)[0].assumed)


def test_data_outside_of_the_expectation_is_a_condition() -> None:
    """The gradient of a mean is that of one sample only for one sample."""
    one, false = verdicts(LOSSES[0], OUTSIDE, OUTSIDE.replace("t=1", "t=2"))
    assert (one.status, false.status) == ("conditional", "refuted")
    assert "one sample" in one.conditions[-1]


@pytest.mark.parametrize("claim", [PRODUCT, JENSEN, r"\mathbb E[L_t]^2=\mathbb E[L_t^2]"])
def test_what_is_not_linear_is_not_judged(claim: str) -> None:
    """A product of expectations is no expectation of a product, though it is for one sample."""
    (found,) = verdicts(LOSSES[0], claim)
    assert found.status == "unchecked"
    assert "is not judged" in found.message


def test_a_product_of_means_is_no_mean_of_products() -> None:
    """The numbers behind the rule: two samples tell the two apart, one does not."""
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    assert a.mean() * b.mean() != (a * b).mean()
    assert a[:1].mean() * b[:1].mean() == (a[:1] * b[:1]).mean()


@pytest.mark.parametrize("claim", [r"\mathbb E[x_t]=0", r"\mathbb E[\|x_t\|^2]=1", r"\mathbb E[x_t x_s^\top]=0"])
def test_what_is_said_of_the_distribution_refutes_nothing(claim: str) -> None:
    """A moment of the data is for the document to say, and claims that fail without it stay open."""
    found = statuses(LOSSES[0], claim, INSIDE.replace("t=1", "t=2"), INSIDE)
    assert found[0] != "refuted"
    assert found[1] == "unchecked"
    assert found[2] in ("proved", "unchecked")


@pytest.mark.parametrize("words", ["The inputs are Gaussian.", r"We draw $x_t\sim\mathcal N(0, 1)$.", "Zero mean."])
def test_words_on_the_distribution_keep_a_failure_open(words: str) -> None:
    """What holds for the distribution of the document need not hold for every sample."""
    assert statuses(LOSSES[0], TWICE, SWAP, words=words) == ["unchecked", "proved"]


@pytest.mark.parametrize(
    "over", [r"x\sim p_\theta", r"\tau\sim\pi_\theta", r"\theta", r"\pi", r"x\sim\mathcal N(0,\Sigma)"]
)
def test_an_expectation_over_what_may_depend_on_parameters_is_refused(over: str) -> None:
    """Its derivative has a term of its own (the score function), so nothing is said."""
    text = rf"L=\mathbb{{E}}_{{{over}}}\left[\sum_{{t=1}}^T L_t\right]"
    assert "unchecked" in {one.status for one in verdicts(text, INSIDE)[:1]}
    assert "proved" not in statuses(text, INSIDE, OUTSIDE)


def test_a_derivation_says_that_it_is_of_one_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``derive`` leaves the expectation out and says so; a question about it is refused with what to ask."""
    text = f"{CELL}{STEP}$${LOSSES[0]}$$\n"
    _, words = loss_model(read_document(source_from_text(text)))
    assert any("one sample" in one for one in words)
    file = tmp_path / "notes.md"
    file.write_text(text + "\n$$\\frac{\\partial L}{\\partial W} = ?$$\n", encoding="utf-8")
    assert main(["derive", str(file)]) == 2
    assert "expectation over the data" in capsys.readouterr().err
