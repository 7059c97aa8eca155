"""What is found once and kept: regular expressions, answers about several nodes, steps of the parser, structures."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpttsym import tokens
from bpttsym.derivation import derivation
from bpttsym.document import load_preset
from bpttsym.expr import Expr, Span, Symbol
from bpttsym.memo import MAXIMUM_SEVERAL, of_nodes
from bpttsym.regular import pattern
from bpttsym.surface import Chain, Condition, Table, Word, everywhere, within


def test_a_pattern_says_what_the_compiled_one_says() -> None:
    """Every method of an expression that is compiled late is that of the compiled one, flags and groups included."""
    late, soon = pattern(r"(?P<name>[a-z]+)_(\d)", re.IGNORECASE), re.compile(r"(?P<name>[a-z]+)_(\d)", re.IGNORECASE)
    for text in ("W_1", "_1", "ab_2 c_3", ""):
        for ask in ("match", "search", "fullmatch"):
            mine, theirs = getattr(late, ask)(text), getattr(soon, ask)(text)
            assert (mine and mine.groupdict()) == (theirs and theirs.groupdict())
        assert late.findall(text) == soon.findall(text)
        assert late.sub("x", text) == soon.sub("x", text)
    assert late.groupindex == soon.groupindex


def test_a_pattern_is_compiled_when_it_is_used_and_not_before() -> None:
    """A wrong expression is no error where it stands, and the error of ``re`` where it is used."""
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.match("x")


@given(st.text(st.characters(max_codepoint=127), max_size=30))
def test_the_tokens_of_plain_text_need_no_other_letters(text: str) -> None:
    """In ASCII text the short expression and the one for all letters find the same tokens."""
    short = [found.span() for found in tokens._ASCII_TOKEN.finditer(text)]
    assert short == [found.span() for found in tokens._ANY_TOKEN.finditer(text)]


def test_an_answer_about_several_nodes_is_asked_once_and_by_identity() -> None:
    """Equal nodes at other places are others: their spans may show in the answer."""
    asked: list[tuple[Expr, ...]] = []

    @of_nodes
    def count(nodes: tuple[Symbol, ...], more: int) -> int:
        asked.append(nodes)
        return len(nodes) + more

    first, second = Symbol("a"), Symbol("a")
    assert [count((first, second), 1), count((first, second), 1), count((second, first), 1)] == [3, 3, 3]
    assert len(asked) == 2
    assert count((first, second), 2) == 4
    for number in range(MAXIMUM_SEVERAL + 1):
        assert count((Symbol(str(number)),), 0) == 1
    assert count((first, second), 1) == 3


def test_derivatives_of_one_loss_share_the_model_made_ready_and_no_other_does() -> None:
    """A derivative by another parameter has the same structure; other steps and an equal model have their own."""
    model = load_preset("tanh_many_to_many").models[-1]
    one, other = derivation(model, "L", "W", 3), derivation(model, "L", "U", 3)
    assert one.structure is other.structure
    assert derivation(model, "L", "W", 4).structure is not one.structure
    assert derivation(model, "h_3", "W", 3).model is not one.model


def test_what_stands_in_tables_is_found_everywhere_and_not_within() -> None:
    """``within`` is about formulas; ``everywhere`` also looks into cells and conditions."""
    span = Span(0, 1)
    inner, limit = Word(span, "NAME", "a"), Word(span, "NAME", "b")
    table = Table(span, "cases", ((inner, Condition(span, (limit,))),))
    chain = Chain(span, [None, table], ["="], [span])
    assert {part.text for part in everywhere(chain) if isinstance(part, Word)} == {"a", "b"}
    assert not [part for part in within(chain) if isinstance(part, Word)]
