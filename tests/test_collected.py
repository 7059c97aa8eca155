r"""Sums that collect entries, ``\sum_j y_j``; braces around a formula; named functions, ``g = \mathrm{softmax}``."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

CLASSES = r"""
$$\hat{y}_i = \frac{e^{z_i}}{\sum_{k=1}^{K} e^{z_k}}$$

$$L = -\sum_{j=1}^{K} y_j \log \hat{y}_j$$
"""


def verdict(definitions: str, claim: str) -> Verdict:
    """What is said of the last claim of a document."""
    return judge(read_document(source_from_text(f"{definitions}\n$${claim}$$\n")), mend=False)[-1]


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        (r"z_k + \sum_{t} \mathbf{1}_{[t \ne k]} z_t = \sum_{j=1}^{K} z_j", "proved"),
        (r"z_k + \sum_{t \ne k} z_t = \sum_{j=1}^{K} z_j", "proved"),
        (r"z_k - \sum_{t \ne k} z_t = \sum_{j=1}^{K} z_j", "refuted"),
        (r"2 z_k + \sum_{t \ne k} z_t = \sum_{j=1}^{K} z_j", "refuted"),
        (r"\sum_{t \ne k} z_t = \sum_{j=1}^{K} z_j", "unchecked"),  # nothing says how far k counts
        (r"y_k \sum_{j} y_j = \sum_{j=1}^{K} y_j y_k", "proved"),
        (r"-y_k + \hat{y}_k \Bigl[ y_k + \sum_{t \ne k} y_t \Bigr] = -y_k + \hat{y}_k \sum_{j=1}^{K} y_j", "proved"),
        (r"\frac{\partial L}{\partial z_k} = -y_k + \hat{y}_k \sum_{j=1}^{K} y_j", "proved"),
        (r"\frac{\partial L}{\partial z_k} = y_k + \hat{y}_k \sum_{j=1}^{K} y_j", "refuted"),
        (r"\frac{\partial L}{\partial z_k} = \hat{y}_k - y_k", "proved"),
        (r"y_k \sum_{j} y_j = 2 y_k", "refuted"),
    ],
)
def test_sums_of_entries_are_judged_for_any_target(claim: str, word: str) -> None:
    """A display that collects the entries of a target is true without an assumption, or false."""
    assert verdict(CLASSES, claim).status == word


@pytest.mark.parametrize("claim", [r"y_k \sum_{j} y_j = y_k", r"-y_k + \hat{y}_k \sum_{j=1}^{K} y_j = \hat{y}_k - y_k"])
def test_that_they_sum_to_one_is_a_condition_then(claim: str) -> None:
    """Where the collected entries have to be one, that is said."""
    found = verdict(CLASSES, claim)
    assert found.status == "conditional"
    assert found.conditions == ("the entries of each y sum to 1",)


NETWORK = r"""
$$h_t = \tanh(W h_{t-1} + U x_t), \quad \hat{y}_t = g(V h_t)$$

$$g = \text{softmax}$$

$$L = -\sum_t y_t^\top \log \hat{y}_t$$
"""


def test_a_function_that_is_named_is_defined() -> None:
    """``g = softmax`` says which function g is, and g is that one everywhere."""
    document = read_document(source_from_text(NETWORK))
    assert [found.status for found in judge(document, mend=False)] == ["definition"] * 4
    assert verdict(NETWORK, r"\nabla_V L = \sum_{t} (\hat{y}_t - y_t) h_t^\top").status == "proved"
    other = NETWORK.replace("softmax", "sigmoid")
    assert verdict(other, r"\nabla_V L = \sum_{t} (\hat{y}_t - y_t) h_t^\top").status == "refuted"


@pytest.mark.parametrize(("sign", "word"), [("-", "proved"), ("+", "refuted")])
def test_braces_around_a_formula_are_parentheses(sign: str, word: str) -> None:
    """Around names they make a set."""
    claim = rf"\nabla_V L = \sum_{{t}} \left\{{ \hat{{y}}_t {sign} y_t \right\}} h_t^\top"
    assert verdict(NETWORK, claim).status == word
    sets = NETWORK + "\n$$\\theta = \\{ W \\}$$\n"
    assert verdict(sets, r"\frac{\partial L}{\partial \theta} = \frac{\partial L}{\partial W}").status == "proved"


SCORES = r"$$h_t = \tanh(W h_{t-1} + U x_t), \quad z_t = V h_t, \quad \hat{y}_t = g(z_t)$$"


@pytest.mark.parametrize(
    ("right", "word"),
    [
        (r"\frac{\partial g(V h_t)}{\partial z_t}", "proved"),
        (r"\frac{\partial g(z_t)}{\partial z_t}", "proved"),
        (r"2 \frac{\partial g(V h_t)}{\partial z_t}", "refuted"),
        (r"\frac{\partial g(V h_{t-1})}{\partial z_t}", "refuted"),
        (r"\frac{\partial g(V h_t)}{\partial h_t}", "refuted"),
        (r"\frac{\partial g(U h_t)}{\partial z_t}", "refuted"),
    ],
)
def test_a_formula_is_the_quantity_that_it_defines(right: str, word: str) -> None:
    """``g(V h_t)`` depends on ``z_t = V h_t``, at its own step; another formula does not."""
    assert verdict(SCORES, rf"\frac{{\partial \hat{{y}}_t}}{{\partial z_t}} = {right}").status == word
