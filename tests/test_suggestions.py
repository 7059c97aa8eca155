"""What is proposed for the false rows of the tables of claims, which judge without looking for repairs."""

from __future__ import annotations

import pytest
import test_components
import test_layer_numbers
import test_missing_index
import test_three_letters
import test_unit_kinds

from bpttsym.document import read_document
from bpttsym.latex import latex
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

TABLES: dict[str, tuple[str, list[str]]] = {
    "components": (test_components.DEFINITIONS, [row[0] for row in test_components.ROWS.values()]),
    "a missing index": (test_components.DEFINITIONS, [row[0] for row in test_missing_index.MISSING.values()]),
    "layers by their numbers": (test_layer_numbers.DEFINITIONS, [row[0] for row in test_layer_numbers.ROWS.values()]),
    "units of several kinds": (test_unit_kinds.DEFINITIONS, [row[0] for row in test_unit_kinds.ROWS.values()]),
    "three letters": (test_three_letters.DEFINITIONS, [row[0] for row in test_three_letters.ROWS.values()]),
}

READ_BACK = ("components", "layers by their numbers")
"""Whose indices are written as they are printed, so that what is proposed can be put into the document."""
PROPOSED = {"components": 5, "layers by their numbers": 4, "units of several kinds": 6, "three letters": 2}
"""How many proposals there are at least."""


def last(definitions: str, claim: str, mend: bool) -> Verdict:
    """The verdict on a claim, its layers numbered in brackets where it has any."""
    text = test_layer_numbers.styled(f"{definitions}\n\n$${claim}$$\n", "in brackets")
    return judge(read_document(source_from_text(text)), mend=mend)[-1]


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("table", TABLES)
def test_what_is_proposed_holds(table: str) -> None:
    """Looking for repairs changes no verdict, only what is refuted gets any, and what is proposed is judged true."""
    definitions, claims = TABLES[table]
    proposed = 0
    for claim in claims:
        plain, mended = last(definitions, claim, mend=False), last(definitions, claim, mend=True)
        assert (plain.status, plain.message) == (mended.status, mended.message), claim
        assert mended.status == "refuted" or not mended.suggestions, claim
        proposed += len(mended.suggestions)
        for one in mended.suggestions:
            again = last(definitions, latex(one.relation), mend=False).status if table in READ_BACK else one.verdict
            assert again in {"proved", "verified", "conditional"}, (claim, latex(one.relation))
    assert proposed >= PROPOSED.get(table, 0)
