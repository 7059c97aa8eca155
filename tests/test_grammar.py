"""The table of states: that of the grammar as it stands; and the parser that follows it says what lark says."""

from __future__ import annotations

import random

import pytest
from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.lexer import Lexer

from bpttsym import grammar, latex_table
from docs.make_table import FILE, content

KINDS = (
    "REL SIGN OP BIG SUB SUP PRIME NAME NUMBER SPECIAL HOLE LBRACE RBRACE OPEN CLOSE NORM_OPEN NORM_CLOSE FRAC ROOT"
    " SEP TABLE DOTS TEXT COLON"
).split()


@pytest.fixture
def _forgotten():
    """The table is looked up anew, here and in the tests after this one."""
    grammar.table.cache_clear()
    yield
    grammar.table.cache_clear()


def test_the_table_is_that_of_the_grammar() -> None:
    """``latex_table`` is what lark makes of latex.lark; if not, run ``python -m docs.make_table``."""
    assert FILE.read_text(encoding="utf-8") == content()


@pytest.mark.usefixtures("_forgotten")
def test_a_grammar_that_has_changed_is_followed_and_not_the_old_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that was made from another text is not used: a name that may not stand any more is refused."""
    changed = grammar.grammar_text().replace("name: NAME", "name: NAME PRIME")
    monkeypatch.setattr(grammar, "grammar_text", lambda: changed)
    tokens = [("NAME", "a"), ("REL", "="), ("NAME", "b")]
    with pytest.raises(grammar.Unexpected) as refused:
        grammar.parse(iter(tokens), lambda name, parts: (name, *parts))
    assert (refused.value.kind, refused.value.accepted) == ("REL", frozenset({"PRIME"}))
    monkeypatch.setattr(latex_table, "GRAMMAR", changed)
    grammar.table.cache_clear()
    assert grammar.parse(iter(tokens), lambda name, parts: (name, *parts))[0] == "start"


class Given(Lexer):
    """For lark: the tokens as they are."""

    __future_interface__ = 2

    def __init__(self, configuration: object) -> None:
        del configuration

    def lex(self, lexer_state, parser_state):
        del parser_state
        for kind in lexer_state.text:
            yield Token(kind, kind.lower())

    def make_lexer_state(self, text):
        return type("State", (), {"text": text})()


@v_args(inline=True)
class Nodes(Transformer):
    """For lark: a node is its rule and what it takes."""

    def __default__(self, data, children, meta):
        del meta
        return (str(data), *children)


def by_lark(made: Lark, line: list[str]) -> tuple:
    """The nodes of a line, or which token fits nowhere and what would have fitted."""
    try:
        return Nodes().transform(made.parse(line))
    except UnexpectedToken as error:
        return str(error.token.type), frozenset(error.accepts)


def by_us(line: list[str]) -> tuple:
    """The same by the table."""
    try:
        return grammar.parse(((kind, kind.lower()) for kind in line), lambda name, parts: (name, *parts))
    except grammar.Unexpected as error:
        return error.kind, error.accepted


def lines(seed: int, count: int) -> list[list[str]]:
    """Lines of random tokens, and of random tokens among those that fit."""
    dice = random.Random(seed)
    found = [[dice.choice(KINDS) for _ in range(dice.randrange(9))] for _ in range(count)]
    for _ in range(count):
        line: list[str] = []
        while len(line) < 25:
            try:
                grammar.parse(((kind, kind.lower()) for kind in line), lambda name, parts: (name, *parts))
                fitting = ["REL", "SIGN", "NAME"]
            except grammar.Unexpected as error:
                fitting = sorted(error.accepted)
                if error.kind != grammar.END or not fitting:
                    break
            if dice.random() < 0.1:
                break
            line.append(dice.choice(fitting if dice.random() < 0.97 else KINDS))
        found.append(line)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_parser_says_what_lark_says(seed: int) -> None:
    """The same nodes for every line; where one fails, at the same token, with the same kinds that would have fitted."""
    made = Lark(grammar.grammar_text(), parser="lalr", lexer=Given)
    read = 0
    for line in lines(seed, 300):
        expected = by_lark(made, line)
        assert by_us(line) == expected
        read += expected[0] == "start"
    assert read > 40
