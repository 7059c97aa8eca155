"""Indices that are repeated without a sign of a sum, and inequalities of entries.

A model that is written so is the model of test_components, whose NumPy says what is true.
"""

from __future__ import annotations

import numpy as np
import pytest
from test_components import ALL, DEFINITIONS, ROWS, H, N, P, last

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

REPEATED = r"""
$$h_{t,i} = \tanh(W_{ij}h_{t-1,j} + U_{ik}x_{t,k} + b_i)$$

$$o_{t,i} = V_{ij}h_{t,j} + c_i$$

$$\hat y_{t,i} = \frac{e^{o_{t,i}}}{\sum_k e^{o_{t,k}}}$$

$$L_t = -y_{t,i}\log\hat y_{t,i}$$

$$L = \sum_{t=1}^{T} L_t$$
"""

NAMES = [
    "output minus target",
    "target minus output",
    "a matrix of the output",
    "the square matrix",
    "the square matrix with its letters exchanged",
    "the bias",
    "the bias without its sum",
    "a step",
    "a step with the transposed matrix",
    "the recursion",
    "the recursion with the matrix not transposed",
    "softmax",
    "softmax without delta",
]


@pytest.mark.campaign(quick=8)
@pytest.mark.parametrize("name", NAMES)
def test_a_model_without_signs_of_sums_is_the_same_model(name: str) -> None:
    """What is true of the model in sums is true of the model with repeated indices, and nothing else is."""
    claim, sides, steps = ROWS[name]
    true = max(np.abs(left - right).max() for left, right in (sides(t) for t in steps)) < 1e-9
    status, message = last(REPEATED, claim)
    assert status in ({"proved", "verified"} if true else {"refuted"}), message


def test_a_definition_that_is_summed_says_so() -> None:
    """The reader is told over what it was summed: nothing of it is written."""
    verdicts = judge(read_document(source_from_text(REPEATED)), mend=False)
    assert [verdict.status for verdict in verdicts] == ["definition"] * 5
    assert verdicts[0].assumed == ("summed over j and k, as repeated indices are",)
    assert verdicts[2].assumed == ()
    assert verdicts[3].assumed == ("summed over i, as repeated indices are",)


SILENT = {
    "a letter that stands once": (r"a_{t,i} = W_{ij}h_{t-1}", "j"),
    "a letter that stands once in one of the terms": (r"a_{t,i} = W_{ij}h_{t-1,j} + b_j", "j"),
    "a letter of two factors and a square": (r"L_t = (h_{t,i} - y_{t,i})^2", ""),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_is_not_repeated_defines_nothing(name: str) -> None:
    """A letter that nothing binds and that no product repeats is no sum."""
    definition, letter = SILENT[name]
    text = f"$$h_{{t,i}} = \\tanh(a_{{t,i}})$$\n\n$${definition}$$\n"
    verdict = judge(read_document(source_from_text(text)), mend=False)[-1]
    assert verdict.status == "unchecked"
    assert not letter or f"the index `{letter}` stands on the right side only" in verdict.message


def test_a_vector_whose_own_letter_may_be_missing_is_not_summed() -> None:
    """An entry of g may be meant, or a sum: nothing says which. A loss is a number, and so a sum."""
    cell = r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$" "\n\n"
    texts = [r"$$g_t=(1-h_{t,i}^2)h_{t,i}$$", r"$$J_t=y_{t,i}h_{t,i}$$"]
    assert [judge(read_document(source_from_text(cell + text)), mend=False)[-1].status for text in texts] == [
        "unchecked",
        "definition",
    ]


def test_a_label_beside_the_letter_of_the_steps_is_a_name() -> None:
    """``W_{sk}`` in a recursion over k has no entries: k counts steps there."""
    text = (
        r"$$s_k=\tanh(W_{ss}s_{k-1}+W_{sk}x_k)$$ $$\frac{\partial s_k}{\partial s_{k-1}}=\mathrm{diag}(1-s_k^2)W_{ss}$$"
    )
    assert [v.status for v in judge(read_document(source_from_text(text)), mend=False)] == ["definition", "conditional"]


def test_another_section_may_define_it_anew() -> None:
    """The second formula is judged as one, in the scope that it begins."""
    text = (
        r"$$h_{t,i} = \tanh(W_{ij}h_{t-1,j})$$"
        "\n\n## Logistic\n\n"
        r"$$h_{t,i} = \sigma(W_{ij}h_{t-1,j})$$"
        "\n\n"
        r"$$\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = h_{t,i}(1-h_{t,i})W_{ij}$$"
        "\n\n"
        r"$$\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2)W_{ij}$$"
    )
    assert [v.status for v in judge(read_document(source_from_text(text)), mend=False)] == [
        *("definition", "definition"),
        *("proved", "refuted"),
    ]


def largest(value: np.ndarray) -> float:
    return float(np.abs(value).max())


STEPS = [N.d(("h", t), ("h", t - 1)) for t in ALL]

BOUNDS = {
    "an entry of the state": (r"|h_{t,i}| \le 1", all(largest(H(t)) <= 1 for t in ALL)),
    "an entry of the state, too small": (r"|h_{t,i}| \le \frac12", all(largest(H(t)) <= 0.5 for t in ALL)),
    "from both sides": (r"-1 \le h_{t,i}", all(H(t).min() >= -1 for t in ALL)),
    "from one side only": (r"0 \le h_{t,i}", all(H(t).min() >= 0 for t in ALL)),
    "the largest entry": (r"\max_i |h_{t,i}| \le 1", all(largest(H(t)) <= 1 for t in ALL)),
    "the largest entry, too small": (r"\max_i |h_{t,i}| \le \frac12", all(largest(H(t)) <= 0.5 for t in ALL)),
    "an output": (r"\hat y_{t,i} < 1", all(P(t).max() < 1 for t in ALL)),
    "an output, too small": (r"\hat y_{t,i} < \frac14", all(P(t).max() < 0.25 for t in ALL)),
    "an entry of a Jacobian": (
        r"\left|\frac{\partial h_{t,i}}{\partial h_{t-1,j}}\right| \le |W_{ij}|",
        all((np.abs(step) <= np.abs(N("W"))).all() for step in STEPS),
    ),
    "an entry of a Jacobian, transposed": (
        r"\left|\frac{\partial h_{t,i}}{\partial h_{t-1,j}}\right| \le |W_{ji}|",
        all((np.abs(step) <= np.abs(N("W").T)).all() for step in STEPS),
    ),
    "the largest entry of a row": (
        r"\max_j\left|\frac{\partial h_{t,i}}{\partial h_{t-1,j}}\right| \le \max_j|W_{ij}|",
        all((np.abs(step).max(1) <= np.abs(N("W")).max(1)).all() for step in STEPS),
    ),
    "the largest entry of a column for a row": (
        r"\max_j\left|\frac{\partial h_{t,i}}{\partial h_{t-1,j}}\right| \le \max_j|W_{ji}|",
        all((np.abs(step).max(1) <= np.abs(N("W")).max(0)).all() for step in STEPS),
    ),
}


@pytest.mark.campaign(quick=13)
@pytest.mark.parametrize("definitions", ["whole", "repeated"])
@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_of_entries(name: str, definitions: str) -> None:
    """A bound that NumPy breaks on one network is refuted; one that always holds survives."""
    claim, holds = BOUNDS[name]
    status, message = last({"whole": DEFINITIONS, "repeated": REPEATED}[definitions], claim)
    assert status in ({"verified", "proved"} if holds else {"refuted"}), message


MAXIMA = {
    r"\max_i |h_{t,i}| = \|h_t\|_\infty": "verified",
    r"\max_i |h_{t,i}| = \|h_t\|_1": "refuted",
    r"\max_t |h_{t,i}| \le 1": "unchecked",
}


@pytest.mark.parametrize("claim", MAXIMA)
def test_the_largest_entry_is_the_maximum_norm(claim: str) -> None:
    """Of the entries of one vector; the largest of several steps is not read."""
    status, _ = last(DEFINITIONS, claim)
    assert status == MAXIMA[claim]
