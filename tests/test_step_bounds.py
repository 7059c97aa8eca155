"""A number that bounds every step of the state, and what follows from it for many steps."""

from __future__ import annotations

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.ruling import Verdict
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

TANH = r"h_t=\tanh(W h_{t-1}+U x_t)"
ANY = r"h_t=\phi(W h_{t-1}+U x_t)"
OUTER = r"h_t=W\sigma(h_{t-1})+U x_t"
RESIDUAL = r"h_t=h_{t-1}+\tanh(W h_{t-1}+U x_t)"
TWO_BACK = r"h_t=\tanh(W h_{t-1}+A h_{t-2}+U x_t)"
TWO_STATES = r"c_t=\tanh(W h_{t-1}+A c_{t-1}+U x_t) \\ h_t=\tanh(B c_t+C h_{t-1})"
LOSS = r"\hat y=V h_T \\ L=\lVert\hat y-y\rVert^2"
STEP = r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|"
LONG = r"\left\|\frac{\partial h_t}{\partial h_k}\right\|"
ENDS = r"\left\|\frac{\partial h_T}{\partial h_1}\right\|"
LINKS = r"\left\|\prod_{t\ge i>k}\frac{\partial h_i}{\partial h_{i-1}}\right\|"
NORMS = r"\prod_{i=k+1}^{t}\left\|\frac{\partial h_i}{\partial h_{i-1}}\right\|"


def verdicts(definitions: str, *claims: str) -> list[Verdict]:
    """What is said of some claims, each a display of its own."""
    shown = "\n\n".join(f"$${claim}$$" for claim in claims)
    text = rf"$$\begin{{gathered}}{definitions}\end{{gathered}}$$" + f"\n\n{shown}\n"
    found = judge(read_document(source_from_text(text)), mend=False)
    return [one for one in found if one.status != "definition"]


def status(definitions: str, claim: str, *hypotheses: str) -> str:
    """The verdict on the last claim behind hypotheses, all of which are taken as such."""
    (found,) = verdicts(definitions, *(hypotheses or (rf"{STEP}\le\eta",)), claim)
    return found.status


@pytest.mark.campaign(quick=9)
@pytest.mark.parametrize("cell", [TANH, ANY, OUTER, RESIDUAL])
@pytest.mark.parametrize(
    "claim",
    [rf"{LONG}\le\eta^{{t-k}}", rf"{ENDS}\le\eta^{{T-1}}", rf"{LINKS}\le\eta^{{t-k}}", rf"{NORMS}\le\eta^{{t-k}}"],
)
def test_many_steps_are_at_most_as_many_powers(cell: str, claim: str) -> None:
    """Proved from the hypothesis alone, whatever the cell is."""
    assert status(cell, claim) == "proved"


@pytest.mark.parametrize("cell", [TANH, ANY, RESIDUAL])
@pytest.mark.parametrize(
    "claim",
    [rf"{LONG}\le\eta^{{t-k-1}}", rf"{ENDS}\le\eta^{{T-2}}", rf"{LONG}\le\eta", rf"{LONG}\le 1", rf"{ENDS}\le\eta"],
)
def test_fewer_powers_are_refuted(cell: str, claim: str) -> None:
    """The search puts the number right at the norm of the steps, where these fail."""
    assert status(cell, claim) == "refuted"


def test_what_runs_back_further_is_no_power() -> None:
    """Two steps back there is a path around the step, in numbers and for the verdict."""
    near, far = np.array([[0.1]]), np.array([[2.0]])
    one, two = near, near @ near + far  # the Jacobians of one and of two steps at states that are zero
    assert np.linalg.norm(two, 2) > np.linalg.norm(one, 2) ** 2
    assert status(TWO_BACK, rf"{LONG}\le\eta^{{t-k}}") in ("refuted", "unchecked")


def test_two_states_know_more_than_one_of_them() -> None:
    """``h`` alone is not all that a step hands on."""
    assert status(TWO_STATES, rf"{LONG}\le\eta^{{t-k}}") != "proved"


def test_a_gradient_shrinks_with_the_steps() -> None:
    """The loss behind the last step keeps its gradient, times the powers between."""
    ends = r"\left\|\frac{\partial L}{\partial h_k}\right\|\le\left\|\frac{\partial L}{\partial h_T}\right\|"
    assert status(rf"{TANH} \\ {LOSS}", rf"{ends}\eta^{{T-k}}") == "proved"
    assert status(rf"{TANH} \\ {LOSS}", rf"{ends}\eta^{{T-k+1}}") == "refuted"


def test_a_chain_says_two_things_of_the_number() -> None:
    """``... \\le \\eta < 1`` makes the number small as well."""
    hypothesis = rf"{STEP}\le\eta<1"
    assert status(TANH, rf"{LONG}\le\eta^{{t-k}}", hypothesis) == "proved"
    found = verdicts(TANH, hypothesis, rf"{LONG}\le 1")[-1]
    assert (found.status, set(found.conditions)) == ("conditional", {"η < 1", "‖∂h_t/∂h_{t-1}‖ ≤ η"})


@pytest.mark.parametrize("claim", [rf"{STEP}\le\eta", rf"{LONG}\le\eta^{{t-k}}"])
def test_a_number_that_is_tied_already_makes_it_a_claim(claim: str) -> None:
    """What is compared with the weights, or defined by them, is no longer free to bound the step."""
    assert status(TANH, claim, r"\|W\|\le\eta") == "proved"
    assert status(TANH, claim, r"\frac12\|W\|\le\eta") == "refuted"
    assert [one.status for one in verdicts(rf"{TANH} \\ \eta=\frac12\|W\|", claim)] == ["refuted"]


def test_a_bound_on_some_steps_is_no_hypothesis() -> None:
    """``t > 2`` behind it leaves the first steps free."""
    found = verdicts(TANH, rf"{STEP}\le\eta,\quad t>2", rf"{LONG}\le\eta^{{t-k}}")
    assert all(one.status == "unchecked" for one in found)
