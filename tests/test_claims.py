"""Every equation row of the source sheet and of the BPTT pages has the verdict that was found for it by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from bpttsym.document import read_document
from bpttsym.expr import Span
from bpttsym.latex import latex
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

DATA = Path(__file__).parent / "data"
FILES = {"000_6403054ed651c8d3.txt": "sheet.md", "001_c353f8bc2574366b.txt": "bptt_pages.md"}

IMMEDIATE = "is the immediate derivative"
DECREASING = "decreasing product"
FIXED = "T = 4"
EVERY_STEP = "depends on the outputs of every step"
LAST_STEP = "depends on the last output only"
FACTORS = "depends only on those by which the factors differentiate it"

EXCEPTIONS: dict[str, tuple[str, str]] = {
    "S0-06": ("proved", "its only reading is the layout, which the document's equations settle and which is told"),
    "S0-14": ("proved", "its only reading is the layout, which is told"),
    "S1-46": ("proved", "its only reading is the layout, which is told"),
    "S1-06": ("definition", "a chain of definitions defines every name in it (SEMANTICS section 2)"),
    "S1-07": ("definition", "a chain of definitions defines every name in it (SEMANTICS section 2)"),
}
"""Rows whose verdict has another word than the audit gave them, and why."""

CONDITIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "S0-07": ((IMMEDIATE,),),
    "S0-08": ((IMMEDIATE, DECREASING),),
    "S0-09": ((IMMEDIATE, DECREASING),),  # a fragment is judged with the relation that it belongs to
    "S0-15": ((IMMEDIATE,),),
    "S0-16": ((IMMEDIATE, DECREASING),),
    "S0-17": ((IMMEDIATE, DECREASING),),
    "S1-34": ((FACTORS,),),
    "S1-47": ((IMMEDIATE, FIXED), (IMMEDIATE, DECREASING, FIXED)),
    "S1-51": ((EVERY_STEP,),),
    "S1-52": ((EVERY_STEP, IMMEDIATE, FIXED), (EVERY_STEP, IMMEDIATE, DECREASING, FIXED)),
    "S1-54": ((LAST_STEP, IMMEDIATE, DECREASING, FIXED),),
}
"""What each part of a conditional row depends on: a part of each condition, in order."""


class Row(NamedTuple):
    """A row of the audit and where its text stands: the file, and which of its equal texts there."""

    name: str
    file: str
    text: str
    expected: str
    occurrence: int


@cache
def places(file: str, text: str) -> tuple[Span, ...]:
    """Where a text stands in a document, whatever its blanks and alignment marks."""
    pattern = r"[\s&]*".join(re.escape(character) for character in text if character not in "& \n")
    found = re.finditer(pattern, (DATA / file).read_text(encoding="utf-8"))
    return tuple(Span(*match.span()) for match in found)


def rows() -> Iterator[Row]:
    """The audited rows that stand in the two documents; a text that recurs is taken in the order of the rows."""
    seen: dict[tuple[str, str], int] = {}
    for line in (DATA / "claims.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        file = FILES.get(row["source"])
        text = row["latex"].removesuffix("\\\\").strip()
        if file and places(file, text):
            place = 0 if row["id"] == "S1-07" else seen.get((file, text), 0)
            seen[file, text] = place + 1
            yield Row(row["id"], file, text, row["expected"], place)


ROWS = list(rows())


@cache
def judged(file: str) -> tuple[Verdict, ...]:
    """The verdicts of the relations of a document."""
    return tuple(judge(read_document(source_from_text((DATA / file).read_text(encoding="utf-8")))))


def verdicts_of(row: Row) -> list[Verdict]:
    """The verdicts of all relations that share text with a row."""
    place = places(row.file, row.text)[row.occurrence]
    return [v for v in judged(row.file) if v.entry.span.start < place.end and place.start < v.entry.span.end]


def test_no_row_of_the_two_documents_is_left_out() -> None:
    """All 18 rows of the sheet and the 15 of the pages are found; every table of this file is about one of them."""
    names = [row.name for row in ROWS]
    assert [name for name in names if name.startswith("S0")] == [f"S0-{n:02}" for n in range(1, 19)]
    assert [name for name in names if name.startswith("S1")] == [
        f"S1-{n:02}" for n in (6, 7, 34, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55)
    ]
    assert set(EXCEPTIONS) | set(CONDITIONS) <= set(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_has_its_verdict(row: Row) -> None:
    """The verdict of a row is that of the audit, or an exception with its reason."""
    expected = EXCEPTIONS.get(row.name, (row.expected, ""))[0]
    found = verdicts_of(row)
    assert found
    assert {verdict.status for verdict in found} == {expected}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_names_its_conditions(row: Row) -> None:
    """A conditional row names exactly the readings that it depends on; every other row names none."""
    found = [verdict.conditions for verdict in verdicts_of(row)]
    wanted = CONDITIONS.get(row.name, ((),) * len(found))
    assert len(found) == len(wanted)
    for conditions, parts in zip(found, wanted, strict=True):
        assert len(conditions) == len(parts), conditions
        assert all(part in condition for condition, part in zip(conditions, parts, strict=True)), conditions


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in CONDITIONS], ids=lambda row: row.name)
def test_each_conditional_row_fails_under_another_reading(row: Row) -> None:
    """What is true on a condition only is false, or not sayable, without it, and proved with it."""
    for verdict in verdicts_of(row):
        assert verdict.method == "free ring"
        results = [result for _, result in verdict.readings]
        suggested = FACTORS in CONDITIONS[row.name][0]
        assert suggested or any(not result.startswith("holds") or "only" in result for result in results)


@pytest.mark.parametrize("row", [row for row in ROWS if EXCEPTIONS.get(row.name, ("",))[0] == "proved"])
def test_each_row_that_is_proved_outright_tells_its_layout(row: Row) -> None:
    """Where the layout is the only reading, it is told, not a condition."""
    (verdict,) = verdicts_of(row)
    assert any("numerator layout" in words for words in verdict.told)


@pytest.mark.parametrize("row", [row for row in ROWS if row.expected == "refuted"], ids=lambda row: row.name)
def test_the_false_bound_has_a_witness_and_the_true_bound(row: Row) -> None:
    """W = 2I and h = 0 give a Jacobian of norm 2 and not 1; the bound with the largest singular value survives."""
    (verdict,) = verdicts_of(row)
    witness = verdict.counterexample
    assert witness is not None
    values = dict(witness.values)
    assert values["W"] == ((2.0, 0.0), (0.0, 2.0))
    assert all(not any(entry for line in value for entry in line) for name, value in values.items() if name[0] == "h")
    assert witness.left == ((2.0, 0.0), (0.0, 2.0))
    assert witness.right == ((1.0,),)
    assert "2" in verdict.message
    (suggestion,) = verdict.suggestions
    assert suggestion.verdict == "verified"
    assert r"\sigma_{\max}(W)" in latex(suggestion.relation)
    assert r"\lVert" in latex(suggestion.relation)


@pytest.mark.parametrize("file", ["sheet.md", "bptt_pages.md", "definitions_001.md"])
def test_no_other_relation_is_called_false(file: str) -> None:
    """A relation that no row calls false may be unchecked, but it is not refuted."""
    rejected = {verdict.entry.span for row in ROWS if row.expected == "refuted" for verdict in verdicts_of(row)}
    for verdict in judged(file):
        assert verdict.status != "refuted" or verdict.entry.span in rejected
