"""The guard against vacuous truth: its short way gives the answer that comes of comparing every neighbour."""

from __future__ import annotations

import pytest

from bpttsym.bench import Bench
from bpttsym.document import read_document
from bpttsym.edits import changes, factors, neighbours
from bpttsym.expr import Relation
from bpttsym.ground import instances, lengths
from bpttsym.guard import NEIGHBOUR_KINDS, Guard
from bpttsym.latex import unicode_line
from bpttsym.readings import Readings
from bpttsym.shapes import ShapeClash
from bpttsym.source import source_from_text
from bpttsym.trial import Trial
from bpttsym.variants import variants
from bpttsym.world import RELATIVE, MissingNode

MODEL = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b), \quad \hat{y}_t = V h_t, \quad \mathcal{L} = \sum_{t=1}^{T} \ell(\hat{y}_t)$$
"""

NEEDED = (
    r"\frac{\partial \mathcal{L}}{\partial h_T} = \frac{\partial \mathcal{L}}{\partial \hat{y}_T} V",
    r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W",
    r"\hat{y}_t + V h_{t-1} = V h_t + \hat{y}_{t-1}",
    r"\frac{\partial h_3}{\partial h_1} = \frac{\partial h_3}{\partial h_2} \frac{\partial h_2}{\partial h_1}",
)
NEEDLESS = (
    (r"V h_t = \hat{y}_t + (b - b)^\top b \lVert h_t \rVert^2 V h_t", "‖h_t‖²"),
    (r"V h_t = V h_t - V h_t \lVert b \rVert^2 (1 - 1)", "‖b‖²"),
)


def first_trial(claim: str) -> tuple[Relation, Trial]:
    """A relation about the model above, and the worlds of its first horizon."""
    document = read_document(source_from_text(f"{MODEL}\n\n$${claim}$$\n", "markdown"))
    entry = document.entries[-1]
    assert entry.relation is not None
    relation = document.resolved(entry.relation, entry.scope)
    variant = variants(relation, entry.scope, document.models)[0]
    return relation, Bench(6, {}).trial(variant, lengths(relation, variant.base)[0])


def guard(relation: Relation, trial: Trial) -> Guard:
    """The guard of a relation that holds in numbers."""
    readings = Readings({"shorthand": "none"})
    outcome, evaluator = trial.numeric(relation, readings)
    return Guard(trial, relation, evaluator, readings, outcome)


def fails(relation: Relation, trial: Trial, like: Guard) -> bool:
    """Whether a relation differs anywhere, each side evaluated as a whole."""
    evaluator = like.evaluator.fresh()
    for bindings in instances(relation, trial.ground, Readings({"shorthand": "none"})):
        if trial.ground.model.first - 1 in bindings.values():
            continue
        try:
            if trial.compare(relation, evaluator, bindings)[0] > RELATIVE:  # type: ignore[arg-type]
                return True
        except (ShapeClash, MissingNode):
            return True
    return False


@pytest.mark.parametrize("claim", NEEDED)
def test_each_factor_of_a_true_equation_is_needed(claim: str) -> None:
    """None of them can be changed without harm."""
    relation, trial = first_trial(claim)
    assert guard(relation, trial).needless() is None


@pytest.mark.parametrize(("claim", "words"), NEEDLESS)
def test_a_factor_beside_what_is_zero_is_not(claim: str, words: str) -> None:
    """Where it stands beside a zero it can be changed in every way."""
    relation, trial = first_trial(claim)
    part = guard(relation, trial).needless()
    assert part is not None
    assert unicode_line(part) == words


@pytest.mark.parametrize("claim", NEEDED)
def test_what_plainly_fails_is_false(claim: str) -> None:
    """A neighbour that is called false by its edited term alone is false as a whole."""
    relation, trial = first_trial(claim)
    asked = guard(relation, trial)
    assert asked.step is not None
    found = 0
    for path in factors(relation):
        for edit, other in zip(
            changes(relation, NEIGHBOUR_KINDS, path), neighbours(relation, NEIGHBOUR_KINDS, path), strict=True
        ):
            assert edit.applied(relation) == other.relation
            if asked._fails_plainly(edit, asked.step):
                found += 1
                assert fails(other.relation, trial, asked), other.words
    assert found
