r"""A display to surface nodes: rows are joined into lines, and each line is read by the grammar of latex.lark.

A line that cannot be read never stops the others: it carries the reason, with the smallest offending span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from bpttsym import grammar
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import Span
from bpttsym.index_ranges import with_colons, with_conditions
from bpttsym.macros import Macro, expand
from bpttsym.records import dataclass
from bpttsym.rows import split_lines
from bpttsym.scanner import Tok
from bpttsym.surface import (
    Big,
    Chain,
    Evaluated,
    Fence,
    Fraction,
    Root,
    Scripted,
    Sums,
    Surface,
    Table,
    Term,
    Word,
    nesting,
)
from bpttsym.tables import CLOSES, JOINING, OPENS, read_table
from bpttsym.tokens import MAXIMUM_NESTING, tokenize
from bpttsym.words import settle_words, with_primed_letters, with_whole_axes, without_empty_groups


@dataclass(slots=True)
class Line:
    """One line of a display: a chain that was read, or the reason why not.

    ``same_row`` says that it stands behind another line in its row; ``words`` are those behind it; ``related``
    says that a relation stands in it, whether it was read or not.
    """

    span: Span
    chain: Chain | None
    failure: NotRead | None
    same_row: bool = False
    words: str = ""
    related: bool = True


def is_mention(line: Line) -> bool:
    """Whether a line names something and says nothing of it."""
    return line.chain is not None and not line.chain.relations


TYPE_CHECKING = False  # as in `typing`, which is slow to load
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def _hull(first: Any, last: Any) -> Span:
    return Span(first.span.start, last.span.end)


class _Build:
    """Surface nodes, made while the parser reduces."""

    def start(self, chain: Chain) -> Chain:
        return chain

    def chain(self, first: Any, rest: list[tuple[Tok, Surface]] | None = None) -> Chain:
        sides: list[Surface | None] = [None]
        if isinstance(first, list):
            rest, begin = first, first[0][0].span.start
        else:
            sides, begin = [first], first.span.start
        pairs = rest or []
        end = pairs[-1][1].span.end if pairs else first.span.end
        sides.extend(side for _, side in pairs)
        relations, spans = [r.value for r, _ in pairs], [r.span for r, _ in pairs]
        for at in range(len(relations) - 1, 0, -1):  # dots between two relations leave out members
            member = sides[at]
            if isinstance(member, Word) and member.kind == "DOTS" and relations[at - 1] == relations[at]:
                del sides[at], relations[at - 1], spans[at - 1]
        return Chain(Span(begin, end), sides, relations, spans)

    def rels(self, *parts: Any) -> list[tuple[Tok, Surface]]:
        if len(parts) == 2:
            return [(parts[0], parts[1])]
        parts[0].append((parts[1], parts[2]))
        return parts[0]  # type: ignore[no-any-return]

    def sum_first(self, term: Surface) -> Surface:
        return term

    def sum_signed(self, sign: Tok, term: Surface) -> Surface:
        return Sums(Span(sign.span.start, term.span.end), [sign.value], [term])

    def sum_more(self, total: Surface, sign: Tok, term: Surface) -> Surface:
        if not isinstance(total, Sums):
            return Sums(_hull(total, term), ["+", sign.value], [total, term])
        total.signs.append(sign.value)
        total.terms.append(term)
        total.span = _hull(total, term)
        return total

    def term_items(self, items: Term) -> Surface:
        return items.factors[0] if len(items.factors) == 1 else items

    def term_big(self, items: Term, big: Big) -> Surface:
        return self.items_more(items, big)

    def term_op_big(self, items: Term, operator: Tok, big: Big) -> Surface:
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

    def items_op(self, items: Term, operator: Tok, factor: Surface) -> Term:
        self.items_more(items, factor)
        items.operators[-1] = operator.value
        return items

    def big(self, mark: Tok, scripts: list[Any], body: Surface) -> Big:
        return Big(Span(mark.span.start, body.span.end), mark.value, scripts, body)

    def big_signed(self, mark: Tok, scripts: list[Any], sign: Tok, body: Surface) -> Big:
        return self.big(mark, scripts, self.sum_signed(sign, body))

    def scripts_none(self) -> list[Any]:
        return []

    def scripts_more(self, scripts: list[Any], script: Any) -> list[Any]:
        scripts.append(script[:2])
        return scripts

    def sub(self, mark: Tok, argument: Surface) -> tuple[str, Surface | None, Span]:
        return "sub", argument, argument.span

    def sup(self, mark: Tok, argument: Surface) -> tuple[str, Surface | None, Span]:
        inner = argument.items[0] if isinstance(argument, Fence) and len(argument.items) == 1 else argument
        if isinstance(inner, Word) and inner.text == r"\prime":
            return "prime", None, argument.span
        return "sup", argument, argument.span

    def prime(self, mark: Tok) -> tuple[str, Surface | None, Span]:
        return "prime", None, mark.span

    def scripted_first(self, base: Surface, script: Any) -> Scripted:
        return Scripted(Span(base.span.start, script[2].end), base, [script[:2]])

    def scripted_more(self, scripted: Scripted, script: Any) -> Scripted:
        scripted.scripts.append(script[:2])
        scripted.span = Span(scripted.span.start, script[2].end)
        return scripted

    def _word(self, token: Tok) -> Word:
        return Word(token.span, token.kind, token.value)

    name = number = special = hole = sign = operator = dots = _word

    def group(self, left: Tok, items: Fence, right: Tok) -> Fence:
        return Fence(Span(left.span.start, right.span.end), "{", items.items, items.separators)

    def group_empty(self, left: Tok, right: Tok) -> Fence:
        return Fence(Span(left.span.start, right.span.end), "{", [], [])

    def group_sign(self, left: Tok, sign: Tok, right: Tok) -> Fence:
        return Fence(Span(left.span.start, right.span.end), "{", [self._word(sign)], [])

    def group_op(self, left: Tok, operator: Tok, body: Surface, right: Tok) -> Fence:
        return Fence(Span(left.span.start, right.span.end), "{", [Term(body.span, [body], [operator.value])], [])

    def fence(self, left: Tok, items: Fence, right: Tok) -> Fence:
        return Fence(Span(left.span.start, right.span.end), left.value, items.items, items.separators)

    def norm(self, left: Tok, body: Surface, right: Tok) -> Fence:
        return Fence(Span(left.span.start, right.span.end), left.value, [body], [])

    def fraction(self, mark: Tok, numerator: Surface, denominator: Surface) -> Surface:
        span = Span(mark.span.start, denominator.span.end)
        if mark.value.endswith("binom"):
            both = Fence(span, "(", [numerator, denominator], [","])
            return Term(span, [Word(mark.span, "NAME", r"\binom"), both], ["", ""])
        return Fraction(span, numerator, denominator)

    def root(self, mark: Tok, body: Surface) -> Root:
        return Root(Span(mark.span.start, body.span.end), body)

    def evaluated(self, body: Surface, mark: Tok, *scripts: Any) -> Evaluated:
        ends = [script for script in scripts if isinstance(script, Surface)]
        return Evaluated(Span(body.span.start, ends[-1].span.end), body, ends[0], ends[1] if len(ends) > 1 else None)

    def table(self, table: Table) -> Table:
        return table

    def list_first(self, chain: Chain) -> Fence:
        return Fence(chain.span, "", [_plain(chain)], [])

    def list_more(self, items: Fence, separator: Tok, chain: Chain) -> Fence:
        items.items.append(_plain(chain))
        items.separators.append(separator.value)
        return items


def _plain(chain: Chain) -> Surface:
    """A chain of one side is that side."""
    only = chain.sides[0]
    return only if only is not None and not chain.relations else chain


_BUILD = _Build()


def _build(rule: str, parts: Sequence[Any]) -> Any:
    return getattr(_BUILD, rule)(*parts)


_MEANINGS = {
    "NAME": "a symbol",
    "RBRACE": "`}`",
    "CLOSE": "a closing parenthesis",
    "NORM_CLOSE": "a closing bar",
    "REL": "a relation such as `=`",
    grammar.END: "the end of the equation",
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
        chain: Chain = grammar.parse(_terminals(tokens), _build)
    except grammar.Unexpected as error:
        raise _explain(error, tokens) from None
    if sum(tok.kind in {"BIG", "AT"} for tok in tokens) > MAXIMUM_NESTING and nesting(chain) > MAXIMUM_NESTING:
        raise LimitExceeded(f"more than {MAXIMUM_NESTING} big operators stand in one another", chain.span)
    return chain


def _terminals(tokens: list[Tok]) -> Iterator[tuple[str, Tok | Table]]:
    """The tokens for the grammar; a table is read when it is reached."""
    for tok in tokens:
        yield tok.kind, read_table(tok, _read_cell) if tok.kind == "TABLE" else tok


def _read_cell(tokens: list[Tok]) -> Surface:
    return _plain(read_line(tokens))


def _explain(error: grammar.Unexpected, tokens: list[Tok]) -> NotRead:
    wanted = [meaning for kind, meaning in _MEANINGS.items() if kind in error.accepted]
    expected = " or ".join(wanted)
    if error.token is None:
        return NotRead("the equation ends too early", tokens[-1].span, expected)
    span, word = error.token.span, error.token.environment if isinstance(error.token, Table) else error.token.value
    match error.kind:
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


def read_display(
    text: str, offset: int = 0, macros: Mapping[str, Macro] | None = None, environment: str = ""
) -> list[Line]:
    """The lines of a display, in order; one that cannot be read never stops the others.

    ``macros`` are the private commands of the document, ``environment`` is the one that the display stands in.
    """
    try:
        expanded = expand(text, macros or {}, offset)
        tokens = without_empty_groups(settle_words(tokenize(expanded.text, expanded.place)))
        tokens = with_conditions(with_primed_letters(with_colons(with_whole_axes(tokens))))
    except NotRead as error:
        return [Line(error.span or Span(offset, offset + len(text)), None, error)]
    if environment.rstrip("*") in JOINING:
        tokens.insert(0, Tok("BEGIN", environment, offset, offset))
    lines: list[Line] = []
    for piece in split_lines(tokens):
        span = Span(piece.tokens[0].start, piece.tokens[-1].end)
        try:
            lines.append(Line(span, read_line(piece.tokens), None, piece.same_row, piece.words, piece.related))
        except NotRead as error:
            rest = _readable_members(piece.tokens)
            if rest is not None:
                lines.append(Line(rest.span, rest, None, piece.same_row, piece.words))
            lines.append(Line(span, None, error, piece.same_row or rest is not None, piece.words, piece.related))
    return lines


def _readable_members(tokens: list[Tok]) -> Chain | None:
    """What is left of a chain of equations without the members that cannot be read; None if nothing is to compare."""
    members: list[list[Tok]] = [[]]
    depth = 0
    for tok in tokens:
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth < 0 or (tok.kind == "BAD" and not tok.value) or (tok.kind == "REL" and not depth and tok.value != "="):
            return None
        if tok.kind == "REL" and not depth:
            members.append([])
        else:
            members[-1].append(tok)
    if depth or not all(members) or not 3 <= len(members) <= MAXIMUM_NESTING:
        return None
    sides: list[Surface] = []
    for member in members:
        with suppress(NotRead):
            sides.append(_read_cell(member))
    if not 2 <= len(sides) < len(members):
        return None
    span = sides[0].span.join(sides[-1].span)
    places = [side.span for side in sides[1:]]
    return Chain(span, [*sides], ["="] * len(places), places)
