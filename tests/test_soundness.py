"""No one-edit mutant of a true equation is called true unless a brute-force evaluator agrees that it is."""

from __future__ import annotations

from collections import Counter

import brute_force
import pytest
from equations import ABSTRACT_ONE, CASES, Case

from bpttsym.document import Document, read_document
from bpttsym.edits import neighbours
from bpttsym.latex import latex
from bpttsym.source import source_from_text
from bpttsym.verdict import Judge, Row, Verdict, judge

FLOOR = 2000
"""Mutants that must be judged with every side of a value and of one shape."""


def document_of(case: Case, *equations: str) -> Document:
    """The definitions of a case, its horizon, and some equations as displays."""
    claims = "\n".join(f"$${equation}$$\n" for equation in equations)
    return read_document(source_from_text(f"$$T={case.length}$$\n{case.definitions}\n{claims}"))


def rows_of(judged: Judge, position: int) -> list[Row]:
    """All rows that were tried for the n-th claim of a document."""
    entry = [entry for entry in judged.document.entries if entry.kind == "claim"][position]
    assert entry.relation is not None
    return judged.attempts.on(entry, entry.relation).rows


def row_for(rows: list[Row], reading: dict[str, str]) -> Row:
    """The row of a given reading in numerator layout."""
    wanted = {**reading, "layout": "numerator"}
    for row in rows:
        if all(wanted.get(choice, option) == option for choice, option in row.choices.items()):
            return row
    raise AssertionError(f"no row for {wanted} among {[row.choices for row in rows]}")


ALL = [(case, equation, reading) for case in CASES for equation, reading in case.equations]


@pytest.mark.parametrize(("case", "equation", "reading"), ALL, ids=lambda value: getattr(value, "name", None))
def test_each_equation_of_the_corpus_is_proved_under_its_reading(
    case: Case, equation: str, reading: dict[str, str]
) -> None:
    """A true equation is proved by algebra, and the brute-force evaluator agrees that it is true."""
    judged = Judge(document_of(case, equation))
    row = row_for(rows_of(judged, 0), reading)
    assert row.holds, row.outcome
    assert row.method in ("free ring", "fingerprint")
    assert brute_force.holds(equation, case.brute(case.length), reading) is True


def campaign(case: Case) -> tuple[Counter[str], list[str]]:
    """Every mutant of every equation of a case, judged twice; what came of it, and the unsound ones."""
    counts: Counter[str] = Counter()
    unsound: list[str] = []
    judged = Judge(document_of(case, *(equation for equation, _ in case.equations)))
    model = case.brute(case.length)
    claims = [entry for entry in judged.document.entries if entry.kind == "claim"]
    for position, (_, reading) in enumerate(case.equations):
        row = row_for(rows_of(judged, position), reading)
        relation = claims[position].relation
        assert relation is not None
        for edit in neighbours(relation):
            status, outcome = judged.bench.status_under(edit.relation, row)
            counts["ill-shaped" if outcome.kind == "impossible" else status] += 1
            if status in ("proved", "verified"):
                answer = brute_force.holds(latex(edit.relation), model, reading)
                counts["true twice"] += answer is True
                if answer is not True:
                    unsound.append(f"{edit.kind}: {latex(edit.relation)} ({status}, brute force: {answer})")
    return counts, unsound


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_mutant_is_called_true_unless_brute_force_agrees(case: Case) -> None:
    """All one-edit mutants of a case are refuted, ill-shaped, unchecked, or true by an evaluator of its own."""
    counts, unsound = campaign(case)
    assert not unsound, "\n".join(unsound)
    assert counts["refuted"] > counts["true twice"], counts


@pytest.mark.slow
def test_the_campaign_is_large_enough() -> None:
    """At least 2000 mutants of the corpus are judged besides the trivially ill-shaped ones."""
    total: Counter[str] = Counter()
    for case in CASES:
        total += campaign(case)[0]
    judged = total["refuted"] + total["proved"] + total["verified"] + total["unchecked"]
    assert judged >= FLOOR, total


def test_a_planted_error_in_the_evaluator_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With sums that forget their last term the campaign finds unsound verdicts: it can fail."""
    from bpttsym import model, ranges

    def short(node: object, bindings: object, first: int, length: int) -> range:
        full = model.sum_range(node, bindings, first, length)  # type: ignore[arg-type]
        return full[:-1] if len(full) > 1 else full

    monkeypatch.setattr(ranges, "sum_range", short)
    summed = next(item for item in ALL if r"\sum" in item[1])
    with pytest.raises(AssertionError):
        test_each_equation_of_the_corpus_is_proved_under_its_reading(*summed)


VACUOUS = (
    r"\frac{\partial\mathcal{L}}{\partial\psi}=\sum_{t=1}^{T}\frac{\partial\mathcal{L}}{\partial\hat{y}}"
    r"\frac{\partial\hat{y}}{\partial h_T}\Big(\prod_{i=t}^{T-1}\frac{\partial h_{i-1}}{\partial h_i}\Big)"
    r"\frac{\partial h_t}{\partial\psi}"
)


def verdict_of(text: str) -> Verdict:
    """The verdict of the last relation of a document."""
    return judge(read_document(source_from_text(text)), mend=False)[-1]


def test_the_vacuous_product_is_not_called_true() -> None:
    """With anti-causal factors, all zero, only the last term remains, which is the whole gradient: no truth."""
    assert brute_force.holds(VACUOUS, brute_force.many_to_one(4), {"partial": "total"}) is True
    verdict = verdict_of(f"{ABSTRACT_ONE}\n$$T=4$$\n\n$${VACUOUS}$$\n")
    assert verdict.status == "unchecked"
    assert verdict.code == "vacuous"
    assert "∂h_{i-1}/∂h_i" in verdict.message


def test_the_vacuous_product_passes_without_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule that no part may vanish the same equation would be called true: the rule is what stops it."""
    from bpttsym.numeric import NumericWorld

    monkeypatch.setattr(NumericWorld, "is_zero", lambda self, value: False)
    verdict = verdict_of(f"{ABSTRACT_ONE}\n$$T=4$$\n\n$${VACUOUS}$$\n")
    assert verdict.status != "unchecked"


COUPLED = r"""
$$s_t = f(U x_t + W s_{t-1})$$
$$o_t = g(V s_t)$$
$$\frac{\partial s_t}{\partial s_k}=\prod_{j=k+1}^t \frac{\partial s_j}{\partial s_{j-1}}$$
"""


def test_readings_that_only_hold_together_are_a_condition() -> None:
    """An order that is right in one layout and the other order in another: no choice alone decides, so it is named."""
    verdict = verdict_of(COUPLED)
    assert verdict.status == "conditional"
    assert len(verdict.conditions) == 1
    assert verdict.conditions[0].count("or else") == 1


SCALAR_ONLY = r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$
$$\frac{\partial h_{t}}{\partial h_{t-1}} = W (1-h_t^2)$$
"""


def test_a_truth_of_scalars_is_never_a_truth_of_vectors() -> None:
    """An equation that fits no vector layout and holds for numbers is true on that condition only."""
    verdict = verdict_of(SCALAR_ONLY)
    assert verdict.status == "conditional"
    assert verdict.conditions == ("the states are scalars",)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_true_without_condition_means_that_every_reading_holds(case: Case) -> None:
    """Where a verdict names no condition, no row in the layout of the document fails."""
    judged = Judge(document_of(case, *(equation for equation, _ in case.equations)))
    for verdict in judged.run():
        if verdict.status in ("proved", "verified"):
            assert all(result == "holds" for _, result in verdict.readings), verdict.read
