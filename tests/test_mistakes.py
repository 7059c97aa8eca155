"""The page of mistakes: each stands as its source writes it, with what the tool says of it, and as it should be."""

from __future__ import annotations

import re

import pytest

from bpttsym.claims_data import FILE, read_claims
from docs.make_mistakes import BLOCK, PAGE, once, written

CLAIMS = read_claims(PAGE.parent / FILE).claims
MISTAKES = [claim for claim in CLAIMS if claim.document == PAGE.name]


def squeezed(text: str) -> str:
    """A text without its blanks."""
    return re.sub(r"\s", "", text)


def test_the_diagnostics_on_the_page_are_those_of_the_tool() -> None:
    """Run `python -m docs.make_mistakes --update` and look at what changes."""
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text
    assert len(BLOCK.findall(text)) >= 11


def test_a_diagnostic_that_is_out_of_date_is_seen() -> None:
    """A word changed in a block, and a block that is empty, are written anew."""
    text = PAGE.read_text(encoding="utf-8")
    assert once(text.replace("its spectral norm is 2", "its spectral norm is 3")) == text


@pytest.mark.parametrize("claim", MISTAKES, ids=lambda claim: claim.id)
def test_each_mistake_of_the_claims_stands_on_the_page(claim) -> None:  # type: ignore[no-untyped-def]
    """By its number, and as its source writes it."""
    text = PAGE.read_text(encoding="utf-8")
    assert claim.id in text
    if claim.latex and claim.id != "S1-55":  # the same bound as S0-18
        assert squeezed(claim.latex) in squeezed(text)


def test_every_display_on_the_page_expects_something() -> None:
    """Each mistake and each correction has a word, and mistakes are never expected to be true."""
    text = PAGE.read_text(encoding="utf-8")
    words = re.findall(r"<!-- expect: (.*?) -->", text)
    assert {word for group in words for word in group.split(", ")} == {
        "conditional",  # a later part of a chain whose first is damaged
        "definition",
        "proved",
        "refuted",
        "unchecked",
    }
    for place in BLOCK.finditer(text):
        expected = re.findall(r"<!-- expect: (.*?) -->", text[: place.start()])[-1]
        words = expected.split(", ")
        assert set(words) & {"refuted", "unchecked"}
        if len(words) == 1:  # of a chain, the parts beside the mistake may be right
            assert set(words) <= {"refuted", "unchecked"}
