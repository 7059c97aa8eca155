r"""The rows of a display joined into lines: one line for each chain of relations.

A row that begins with a relation or with ``+`` continues the row before; a row that ends with an operator is
continued by the next; a comma between two relations parts two lines; words and arrows part lines too. Equation
numbers, labels before a colon and punctuation at the end vanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from bpttsym.commands import ARROWS
from bpttsym.errors import NotRead
from bpttsym.expr import Span
from bpttsym.index_ranges import joined_range
from bpttsym.memberships import each_member
from bpttsym.records import dataclass
from bpttsym.regular import pattern
from bpttsym.scanner import Tok
from bpttsym.tables import CLOSES, OPENS, blocks, rows_of

_NUMBERING = pattern(r"[0-9]+(?:\.[0-9]+)*[a-z]?|\*+|\(?[0-9]+\)?")
_INDICATORS = frozenset("I P Pr".split()) | {
    rf"\{font}{{{name}}}" for font in ("mathbf", "mathbb", "mathrm") for name in ("1", "I", "P", "Pr")
}
_APART = 4  # characters of spacing commands that are a wide gap
_HANGING = frozenset(("REL", "SIGN", "OP"))
_REMARKS = frozenset(("SEP", "GAP", "TEXT", "DOT", "AMP"))


@dataclass(slots=True)
class Piece:
    """The tokens of one line, whether it continues a row after a comma or words, and the words behind it.

    ``related`` says whether a relation stands in it, outside of braces and parentheses; ``depth`` is how many of
    these are open at its end.
    """

    tokens: list[Tok]
    same_row: bool = False
    words: str = ""
    related: bool = False
    depth: int = 0

    def __post_init__(self) -> None:
        self._weigh(self.tokens)

    def add(self, tokens: list[Tok]) -> None:
        """Goes on with more tokens."""
        self.tokens.extend(tokens)
        self._weigh(tokens)

    def _weigh(self, tokens: list[Tok]) -> None:
        for tok in tokens:
            self.depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
            self.related = self.related or (tok.kind == "REL" and self.depth == 0)


@dataclass(slots=True)
class _Row:
    tokens: list[Tok]
    aligned: bool  # whether an alignment mark stands at its front
    joined: bool = False  # whether the environment joins all rows to one equation


def split_lines(tokens: list[Tok]) -> Iterator[Piece]:
    """The lines of a display; tokens of layout and empty rows vanish."""
    lines: list[Piece] = []
    for row in _rows(_unwrapped(blocks(tokens))):
        for position, piece in enumerate(_pieces(row.tokens)):
            if position == 0 and lines and _continues(lines[-1], piece, row):
                lines[-1].add(piece.tokens)
                lines[-1].words = f"{lines[-1].words} {piece.words}".strip()
            else:
                piece.same_row = position > 0
                lines.append(piece)
    for line in lines:
        _strip(line)
        if line.tokens:
            yield line


def _unwrapped(tokens: list[Tok]) -> list[Tok]:
    r"""The tokens without braces that hold the whole display, as those of ``\boxed`` do."""
    first, last = 0, len(tokens)
    while first < last and tokens[last - 1].kind in {"SEP", "DOT"}:
        last -= 1
    closings: dict[int, int] = {}
    opened: list[int] = []
    for at in range(first, last):
        if tokens[at].kind == "LBRACE":
            opened.append(at)
        elif tokens[at].kind == "RBRACE" and opened:
            closings[opened.pop()] = at
    while closings.get(first) == last - 1 and first < last:
        first, last = first + 1, last - 1
    return tokens[first:last] if first and related(tokens[first:last]) else tokens


def _step(tok: Tok) -> int:
    return (tok.kind == "LBRACE") - (tok.kind == "RBRACE")


def _rows(tokens: list[Tok]) -> Iterator[_Row]:
    """Rows at depth zero, and whether an alignment mark stands at the front of each."""
    row = _Row([], False)
    depth = 0
    joined = False
    for tok in [*tokens, Tok("ROW", "", 0, 0)]:
        if tok.kind == "AMP":
            row.aligned = row.aligned or not row.tokens
            if row.tokens and depth <= 0:
                row.tokens.append(tok)
        elif tok.kind == "JOIN":
            joined = tok.value == "begin"
        elif tok.kind == "ROW" and depth <= 0:
            if any(part.kind != "AMP" for part in row.tokens):
                yield from _system(row.tokens) if _is_system(row.tokens) else [row]
            row, depth = _Row([], False, joined), 0
        elif tok.kind != "ROW":
            depth += _step(tok)
            row.tokens.append(tok)
    if row.tokens:
        yield row


def _is_system(row: list[Tok]) -> bool:
    """Whether a row is nothing but a table of relations, which are lines then."""
    if row[0].kind != "TABLE" or row[0].value not in {"cases", "array"}:
        return False
    if any(tok.kind not in _REMARKS for tok in row[1:]):
        return False
    values = [cells[0] if row[0].value == "cases" else [*chain.from_iterable(cells)] for cells in rows_of(row[0].inner)]
    return all(related(value) for value in values)


def _system(row: list[Tok]) -> Iterator[_Row]:
    """The rows of a table of relations; in ``cases`` a comma stands before a condition."""
    for cells in rows_of(row[0].inner):
        line: list[Tok] = []
        for cell in cells:
            if line and cell:
                mark = ("SEP", ",") if row[0].value == "cases" else ("AMP", "&")
                line.append(Tok(*mark, cell[0].start, cell[0].start))
            line.extend(cell)
        yield _Row(line, False)


def _pieces(row: list[Tok]) -> list[Piece]:
    """The parts of a row between words, arrows, and commas that part relations."""
    depth = 0
    part: list[Tok] = []
    found: list[Piece] = []
    said = equated = False
    for position, tok in enumerate(row):
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if tok.kind == "COLON" and [before.kind for before in part[-4:]] == _OF_PATHS:
            part.append(Tok("REL", ":", tok.start, tok.end))
        elif depth != 0 or tok.kind not in {"COLON", "TEXT", "REL"}:
            part.append(tok)
        elif tok.kind == "COLON" and (not part or _equates(row, position + 1)):
            part, equated = [], False
        elif tok.kind == "COLON":
            part.append(Tok("REL", ":", tok.start, tok.end))
        elif tok.kind == "TEXT" or (
            tok.value == r"\to" and (_blank(part) or (equated and _equates(row, position + 1)))
        ):
            found.extend(_commas(part, said))
            part, said, equated = [], True, False
            if found and tok.kind == "TEXT":
                found[-1].words = f"{found[-1].words} {tok.value}".strip()
        else:
            equated = True
            part.append(tok)
    found.extend(_commas(part, said))
    return found


_OF_PATHS = ["BIG", "SUB", "LBRACE", "NAME"]
r"""What stands before the colon of a sum over paths, ``\sum_{\pi : a \to b}``."""


def _blank(part: list[Tok]) -> bool:
    return all(tok.kind in _REMARKS for tok in part[-4:])


def _equates(row: list[Tok], position: int) -> bool:
    """Whether an equation follows, before the next words, comma or arrow."""
    depth = 0
    for at in range(position, len(row)):
        tok = row[at]
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth == 0 and tok.kind in {"TEXT", "SEP", "COLON", "REL"}:
            return tok.kind == "REL" and tok.value not in ARROWS
    return False


def _commas(part: list[Tok], inside: bool) -> list[Piece]:
    """The pieces between commas and wide gaps.

    A gap parts a relation from what follows, unless one of its sides hangs in the air (``= \\quad``). An alignment
    mark parts only two relations.
    """
    depth = 0
    pieces: list[list[Tok]] = [[]]
    gaps: list[str] = []
    for tok in _without_marks(_without_number(part)):
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth == 0 and tok.kind in {"SEP", "GAP", "AMP"}:
            gaps.append(tok.kind)
            pieces.append([])
        elif tok.kind not in {"GAP", "AMP"}:
            pieces[-1].append(tok)
    joined = [Piece(pieces[0])]
    for piece, gap in zip(pieces[1:], gaps, strict=True):
        before = joined[-1]
        apart = _apart(before.tokens, piece)
        if gap == "GAP" and apart and before.related and _in_fences(piece):
            joined.extend(Piece(part.tokens) for part in _commas(piece[1:-1], True))
        elif gap == "SEP" or (apart and before.related and related(piece)):
            joined.append(Piece(piece))
        elif gap == "GAP" and apart and before.related and _is_remark(piece):
            before.words = f"{before.words} {_spelled(piece)}".strip()
        elif gap == "GAP" and apart:
            before.tokens = _refused(before.tokens, piece)
            before.add(piece)
        else:
            before.add(piece)
    whole = [part for piece in joined for part in _trailing(piece.tokens)]
    found = [Piece(piece) for piece in each_member(joined_range(whole)) if piece]
    for said in joined:
        if said.words:
            next(each for each in found if each.tokens[0] is said.tokens[0]).words = said.words
    return found if inside else _without_lists(found)


def _without_marks(part: list[Tok]) -> list[Tok]:
    """The tokens without the alignment marks inside of an equation, which stand beside a relation or an operator."""
    sides = zip(part, [None, *part], [*part[1:], None], strict=False)
    return [tok for tok, *near in sides if tok.kind != "AMP" or not any(t and t.kind in _HANGING for t in near)]


def _apart(before: list[Tok], piece: list[Tok]) -> bool:
    """Whether neither of two pieces hangs in the air where they meet."""
    return bool(before and piece) and before[-1].kind not in _HANGING and piece[0].kind not in _HANGING


def _in_fences(piece: list[Tok]) -> bool:
    """Whether a piece is a condition in parentheses."""
    return (piece[0].kind, piece[-1].kind) == ("OPEN", "CLOSE") and related(piece[1:-1])


def _is_remark(piece: list[Tok]) -> bool:
    """Whether a piece is nothing but words in parentheses, with or without mathematics beside them."""
    if (piece[0].kind, piece[-1].kind) != ("OPEN", "CLOSE"):
        return False
    one_word = len(piece) == 3 and piece[1].value.startswith(r"\mathrm{")
    return one_word or any(tok.kind in {"TEXT", "BAD"} for tok in piece)


def _spelled(piece: list[Tok]) -> str:
    return " ".join(re.sub(r"\\mathrm\{(.*)\}", r"\1", tok.value) for tok in piece[1:-1])


def _refused(before: list[Tok], piece: list[Tok]) -> list[Tok]:
    """What stands before a wide gap with no relation behind it: a number in front of it vanishes, the rest is told."""
    if len(before) < 6 and _NUMBERING.fullmatch("".join(tok.value for tok in before).strip("().")):
        return []
    if before[0].kind != "BAD":
        span = Span(piece[0].start, piece[-1].end)
        failure = NotRead("behind a wide gap this may be a factor or a remark", span, "no gap, or words")
        before.insert(0, Tok("BAD", "", span.start, span.end, failure=failure))
    return before


def _without_number(part: list[Tok]) -> list[Tok]:
    r"""The tokens without the number of an equation behind a wide gap: ``\quad (2)``."""
    for position in range(len(part) - 1, 0, -1):
        gap = part[position].kind in {"GAP", "AMP"}
        apart = part[position].kind == "OPEN" and part[position].start - part[position - 1].end >= _APART
        if gap or apart:
            inside = part[position + gap :]
            while inside and inside[-1].kind in _REMARKS:
                inside = inside[:-1]
            if len(inside) > 2 and (inside[0].kind, inside[-1].kind) == ("OPEN", "CLOSE"):
                number = _NUMBERING.fullmatch("".join(tok.value for tok in inside[1:-1]))
                return part[:position] if number and related(part[:position]) else part
            return part
    return part


def _without_lists(pieces: list[Piece]) -> list[Piece]:
    """A list on the left of a relation (``a, b = c``) is told: what is said of its first members is not read."""
    first = next((at for at, piece in enumerate(pieces) if piece.related), 0)
    if first and not any(tok.kind == "BAD" for piece in pieces[: first + 1] for tok in piece.tokens):
        begin, end = pieces[0].tokens[0].start, pieces[first - 1].tokens[-1].end
        failure = NotRead("a list on the left of a relation is not read", Span(begin, end), "one equation for each")
        pieces[first].tokens.insert(0, Tok("BAD", "", begin, end, failure=failure))
        return pieces[first:]
    return pieces


def _trailing(piece: list[Tok]) -> list[list[Tok]]:
    """A condition in parentheses at the end, ``(k < t)``, is a piece of its own; so is each of its parts."""
    if not piece or piece[-1].kind != "CLOSE":
        return [piece]
    depth = 0
    for position in range(len(piece) - 1, -1, -1):
        depth += (piece[position].kind in CLOSES) - (piece[position].kind in OPENS)
        if depth == 0:
            inside = piece[position + 1 : -1]
            condition = piece[position].value == "(" and related(inside) and related(piece[:position])
            if not condition or piece[position - 1].value in _INDICATORS:
                return [piece]
            return [piece[:position], *(part.tokens for part in _commas(inside, True))]
    return [piece]


def _shallow(tokens: list[Tok]) -> list[Tok]:
    """The tokens outside of all braces and parentheses."""
    depth = 0
    found = []
    for tok in tokens:
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth == 0:
            found.append(tok)
    return found


def related(tokens: list[Tok]) -> bool:
    """Whether a relation stands outside of all braces and parentheses."""
    return any(tok.kind == "REL" for tok in _shallow(tokens))


def _continues(before: Piece, piece: Piece, row: _Row) -> bool:
    """Whether a row goes on with the line before."""
    if not before.tokens or not piece.tokens:
        return False
    first = piece.tokens[0]
    if before.tokens[-1].kind in _HANGING or first.kind in {"REL", "OP"} or before.depth > 0 > piece.depth:
        return first.kind != "REL" or first.value != r"\to"
    if first.kind == "SIGN":
        return first.value == "+" or row.aligned or not piece.related
    return (row.aligned or row.joined) and before.related and not piece.related


def _strip(line: Piece) -> None:
    """Takes away punctuation at both ends; a full stop between factors is a product."""
    while line.tokens and line.tokens[-1].kind in {"SEP", "DOT"}:
        line.tokens.pop()
    while line.tokens and line.tokens[0].kind in {"SEP", "DOT"}:
        line.tokens.pop(0)
    for tok in line.tokens:
        if tok.kind == "DOT":
            tok.kind, tok.value = "OP", r"\cdot"
