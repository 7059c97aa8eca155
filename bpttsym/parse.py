r"""A display to surface nodes: rows are joined into lines, and each line is read by the grammar of latex.lark.

A line that cannot be read never stops the others: it carries the reason, with the smallest offending span.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.lexer import Lexer

from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import Span
from bpttsym.rows import split_lines
from bpttsym.surface import Big, Chain, Fence, Fraction, Root, Scripted, Sums, Surface, Table, Term, Word
from bpttsym.tables import read_table
from bpttsym.tokens import MAXIMUM_NESTING, Tok, tokenize


@dataclass(slots=True)
class Line:
    """One line of a display: a chain that was read, or the reason why not.

    ``same_row`` says that it stands behind another line in its row; ``words`` are those behind it.
    """

    span: Span
    chain: Chain | None
    failure: NotRead | None
    same_row: bool = False
    words: str = ""


def _hull(first: Any, last: Any) -> Span:
    return Span(first.span.start, last.span.end)


def _spot(token: Token) -> Span:
    assert token.start_pos is not None and token.end_pos is not None
    return Span(token.start_pos, token.end_pos)


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    """Surface nodes, made while the parser reduces."""

    def start(self, chain: Chain) -> Chain:
        return chain

    def chain(self, first: Any, rest: list[tuple[Token, Surface]] | None = None) -> Chain:
        sides: list[Surface | None] = [None]
        if isinstance(first, list):
            rest, begin = first, _spot(first[0][0]).start
        else:
            sides, begin = [first], first.span.start
        pairs = rest or []
        end = pairs[-1][1].span.end if pairs else first.span.end
        sides.extend(side for _, side in pairs)
        return Chain(Span(begin, end), sides, [str(r) for r, _ in pairs], [_spot(r) for r, _ in pairs])

    def rels(self, *parts: Any) -> list[tuple[Token, Surface]]:
        if len(parts) == 2:
            return [(parts[0], parts[1])]
        parts[0].append((parts[1], parts[2]))
        return parts[0]  # type: ignore[no-any-return]

    def sum_first(self, term: Surface) -> Surface:
        return term

    def sum_signed(self, sign: Token, term: Surface) -> Surface:
        return Sums(Span(_spot(sign).start, term.span.end), [str(sign)], [term])

    def sum_more(self, total: Surface, sign: Token, term: Surface) -> Surface:
        if not isinstance(total, Sums):
            return Sums(_hull(total, term), ["+", str(sign)], [total, term])
        total.signs.append(str(sign))
        total.terms.append(term)
        total.span = _hull(total, term)
        return total

    def term_items(self, items: Term) -> Surface:
        return items.factors[0] if len(items.factors) == 1 else items

    def term_big(self, items: Term, big: Big) -> Surface:
        return self.items_more(items, big)

    def term_op_big(self, items: Term, operator: Token, big: Big) -> Surface:
        return self.items_op(items, operator, big)

    def term_only_big(self, big: Big) -> Surface:
        return big

    def items_first(self, factor: Surface) -> Term:
        return Term(factor.span, [factor], [""])

    def items_more(self, items: Term, factor: Surface) -> Term:
        items.factors.append(factor)
        items.operators.append("")
        items.span = _hull(items, factor)
        return items

    def items_op(self, items: Term, operator: Token, factor: Surface) -> Term:
        self.items_more(items, factor)
        items.operators[-1] = str(operator)
        return items

    def big(self, mark: Token, scripts: list[Any], body: Surface) -> Big:
        return Big(Span(_spot(mark).start, body.span.end), str(mark), scripts, body)

    def big_signed(self, mark: Token, scripts: list[Any], sign: Token, body: Surface) -> Big:
        return self.big(mark, scripts, self.sum_signed(sign, body))

    def scripts_none(self) -> list[Any]:
        return []

    def scripts_more(self, scripts: list[Any], script: Any) -> list[Any]:
        scripts.append(script[:2])
        return scripts

    def sub(self, mark: Token, argument: Surface) -> tuple[str, Surface | None, Span]:
        return "sub", argument, argument.span

    def sup(self, mark: Token, argument: Surface) -> tuple[str, Surface | None, Span]:
        return "sup", argument, argument.span

    def prime(self, mark: Token) -> tuple[str, Surface | None, Span]:
        return "prime", None, _spot(mark)

    def scripted_first(self, base: Surface, script: Any) -> Scripted:
        return Scripted(Span(base.span.start, script[2].end), base, [script[:2]])

    def scripted_more(self, scripted: Scripted, script: Any) -> Scripted:
        scripted.scripts.append(script[:2])
        scripted.span = Span(scripted.span.start, script[2].end)
        return scripted

    def _word(self, token: Token) -> Word:
        return Word(_spot(token), token.type, str(token))

    name = number = special = hole = sign = operator = _word

    def group(self, left: Token, items: Fence, right: Token) -> Fence:
        return Fence(Span(_spot(left).start, _spot(right).end), "{", items.items, items.separators)

    def group_empty(self, left: Token, right: Token) -> Fence:
        return Fence(Span(_spot(left).start, _spot(right).end), "{", [], [])

    def group_sign(self, left: Token, sign: Token, right: Token) -> Fence:
        return Fence(Span(_spot(left).start, _spot(right).end), "{", [self._word(sign)], [])

    def fence(self, left: Token, items: Fence, right: Token) -> Fence:
        return Fence(Span(_spot(left).start, _spot(right).end), str(left), items.items, items.separators)

    def norm(self, left: Token, body: Surface, right: Token) -> Fence:
        return Fence(Span(_spot(left).start, _spot(right).end), str(left), [body], [])

    def fraction(self, mark: Token, numerator: Surface, denominator: Surface) -> Fraction:
        return Fraction(Span(_spot(mark).start, denominator.span.end), numerator, denominator)

    def root(self, mark: Token, body: Surface) -> Root:
        return Root(Span(_spot(mark).start, body.span.end), body)

    def table(self, token: Token) -> Table:
        assert isinstance(token.value, Table)
        return token.value

    def list_first(self, chain: Chain) -> Fence:
        return Fence(chain.span, "", [_plain(chain)], [])

    def list_more(self, items: Fence, separator: Token, chain: Chain) -> Fence:
        items.items.append(_plain(chain))
        items.separators.append(str(separator))
        return items


def _plain(chain: Chain) -> Surface:
    """A chain of one side is that side."""
    only = chain.sides[0]
    return only if only is not None and not chain.relations else chain


class _Stream(Lexer):
    """The lexer that lark asks for: it hands on the tokens that are given to ``parse``."""

    __future_interface__ = 2

    def __init__(self, configuration: object) -> None:
        del configuration

    def lex(self, lexer_state: Any, parser_state: object) -> Iterator[Token]:
        del parser_state
        for tok in lexer_state.text:
            token = Token(tok.kind, tok.value, tok.start, None, None, None, None, tok.end)
            if tok.kind == "TABLE":
                token.value = read_table(tok, _read_cell)
            yield token

    def make_lexer_state(self, text: object) -> Any:
        return _State(text)


@dataclass(slots=True)
class _State:
    text: Any


@cache
def _grammar() -> Lark:
    text = files("bpttsym").joinpath("latex.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer=_Stream, transformer=_Build())


_MEANINGS = {
    "NAME": "a symbol",
    "RBRACE": "`}`",
    "CLOSE": "a closing parenthesis",
    "NORM_CLOSE": "a closing bar",
    "REL": "a relation such as `=`",
    "$END": "the end of the equation",
}


def read_line(tokens: list[Tok]) -> Chain:
    """The chain that the tokens of one line spell.

    Raises NotRead at the first token that fits nowhere, with what would have fitted.
    """
    _check_fences(tokens)
    for tok in tokens:
        if tok.failure is not None:
            raise tok.failure
    try:
        return cast(Chain, _grammar().parse(tokens))
    except UnexpectedToken as error:
        raise _explain(error, tokens) from None


def _read_cell(tokens: list[Tok]) -> Surface:
    return _plain(read_line(tokens))


def _explain(error: UnexpectedToken, tokens: list[Tok]) -> NotRead:
    accepted = error.accepts or set()
    wanted = [meaning for kind, meaning in _MEANINGS.items() if kind in accepted]
    expected = " or ".join(wanted)
    if error.token.type == "$END":
        return NotRead("the equation ends too early", tokens[-1].span, expected)
    span = _spot(error.token)
    word = str(error.token)
    match error.token.type:
        case "DOTS":
            return NotRead(f"`{word}` leaves out terms, which are not guessed", span, "the sum or product in full")
        case "TEXT":
            return NotRead(f"the words `{word}` stand inside the equation", span, expected)
        case "COLON":
            return NotRead("`:` is not read here", span, expected)
        case _:
            return NotRead(f"`{word}` fits nowhere here", span, expected)


_PAIRS = {"RBRACE": "LBRACE", "CLOSE": "OPEN", "NORM_CLOSE": "NORM_OPEN"}
_SHOWN = {"LBRACE": "{", "OPEN": "(", "NORM_OPEN": "|"}


def _check_fences(tokens: list[Tok]) -> None:
    """Every brace, parenthesis and bar is closed, and nesting stays within the limit."""
    stack: list[Tok] = []
    for tok in tokens:
        if tok.kind in _SHOWN:
            stack.append(tok)
            if len(stack) > MAXIMUM_NESTING:
                raise LimitExceeded(f"nesting is deeper than the limit of {MAXIMUM_NESTING}", tok.span)
        elif tok.kind in _PAIRS:
            if not stack:
                raise NotRead(f"`{tok.value}` closes nothing", tok.span)
            if stack[-1].kind != _PAIRS[tok.kind]:
                raise NotRead(f"`{stack[-1].value}` is opened here and never closed", stack[-1].span)
            stack.pop()
    if stack:
        raise NotRead(f"`{stack[-1].value}` is opened here and never closed", stack[-1].span)


def read_display(text: str, offset: int = 0) -> list[Line]:
    """The lines of a display, in order; one that cannot be read never stops the others."""
    try:
        tokens = tokenize(text, offset)
    except NotRead as error:
        return [Line(Span(offset, offset + len(text)), None, error)]
    lines: list[Line] = []
    for piece in split_lines(tokens):
        span = Span(piece.tokens[0].start, piece.tokens[-1].end)
        try:
            lines.append(Line(span, read_line(piece.tokens), None, piece.same_row, piece.words))
        except NotRead as error:
            lines.append(Line(span, None, error, piece.same_row, piece.words))
    return lines
