r"""The rows of a display joined into lines: one line for each chain of relations.

A row that begins with a relation or with ``+`` continues the row before; a row that ends with an operator is
continued by the next; a comma between two relations parts two lines; words part lines too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from bpttsym.expr import Span
from bpttsym.tables import CLOSES, OPENS, blocks, rows_of
from bpttsym.tokens import Tok


@dataclass(slots=True)
class Piece:
    """The tokens of one line, whether it continues a row after a comma or words, and the words behind it."""

    tokens: list[Tok]
    same_row: bool = False
    words: str = ""


def split_lines(tokens: list[Tok]) -> Iterator[Piece]:
    """The lines of a display; tokens of layout and empty rows vanish."""
    lines: list[Piece] = []
    for row, aligned in _rows(blocks(tokens)):
        for position, piece in enumerate(_pieces(row)):
            if position == 0 and lines and _continues(lines[-1].tokens, piece.tokens, aligned):
                lines[-1].tokens.extend(piece.tokens)
            else:
                piece.same_row = position > 0
                lines.append(piece)
    for line in lines:
        _strip(line)
        if line.tokens:
            yield line


def _rows(tokens: list[Tok]) -> Iterator[tuple[list[Tok], bool]]:
    """Rows at depth zero, and whether an alignment mark stands at the front of each."""
    row: list[Tok] = []
    aligned = False
    depth = 0
    for tok in [*tokens, Tok("ROW", "", 0, 0)]:
        if tok.kind == "AMP":
            aligned = aligned or not row
        elif tok.kind == "ROW" and depth <= 0:
            if row:
                yield from ((system, False) for system in _system(row)) if _is_system(row) else [(row, aligned)]
            row, aligned, depth = [], False, 0
        elif tok.kind != "ROW":
            depth += (tok.kind == "LBRACE") - (tok.kind == "RBRACE")
            row.append(tok)
    if row:
        yield row, aligned


def _is_system(row: list[Tok]) -> bool:
    """Whether a row is nothing but a table of relations, which are lines then."""
    if row[0].kind != "TABLE" or row[0].value not in {"cases", "array"}:
        return False
    if any(tok.kind not in {"SEP", "GAP", "TEXT"} for tok in row[1:]):
        return False
    values = [cells[0] if row[0].value == "cases" else [*chain.from_iterable(cells)] for cells in rows_of(row[0].inner)]
    return all(_related(_shallow(value)) for value in values)


def _system(row: list[Tok]) -> Iterator[list[Tok]]:
    """The rows of a table of relations; in ``cases`` a comma stands before a condition."""
    for cells in rows_of(row[0].inner):
        line: list[Tok] = []
        for cell in cells:
            if line and cell and row[0].value == "cases":
                line.append(Tok("SEP", ",", cell[0].start, cell[0].start))
            line.extend(cell)
        yield line


def _pieces(row: list[Tok]) -> list[Piece]:
    """The parts of a row between words, and between commas that part relations."""
    depth = 0
    part: list[Tok] = []
    found: list[Piece] = []
    for tok in row:
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        label = tok.kind == "COLON" and depth == 0
        if depth == 0 and (tok.kind == "TEXT" or label):
            found.extend([] if label else _commas(part))
            part = []
            if found and not label:
                found[-1].words = f"{found[-1].words} {tok.value}".strip()
        else:
            part.append(tok)
    found.extend(_commas(part))
    return found


def _commas(part: list[Tok]) -> list[Piece]:
    """The pieces between commas; a wide gap parts two only where there is a relation on both of its sides."""
    depth = 0
    pieces: list[list[Tok]] = [[]]
    gaps: list[bool] = []
    for tok in part:
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth == 0 and tok.kind in {"SEP", "GAP"}:
            gaps.append(tok.kind == "GAP")
            pieces.append([])
        elif tok.kind != "GAP":
            pieces[-1].append(tok)
    joined = [pieces[0]]
    for piece, gap in zip(pieces[1:], gaps, strict=True):
        if gap and not (_related(joined[-1]) and _related(piece) and piece[0].kind != "REL"):
            joined[-1] = joined[-1] + piece
        else:
            joined.append(piece)
    return [Piece(piece) for whole in joined for piece in _trailing(whole) if piece]


def _trailing(piece: list[Tok]) -> list[list[Tok]]:
    """A condition in parentheses at the end, ``(k < t)``, is a piece of its own; so is each of its parts."""
    if not piece or piece[-1].kind != "CLOSE":
        return [piece]
    depth = 0
    for position in range(len(piece) - 1, -1, -1):
        depth += (piece[position].kind in CLOSES) - (piece[position].kind in OPENS)
        if depth == 0:
            inside = piece[position + 1 : -1]
            if position == 0 or not _related(piece[:position]) or not _related(_shallow(inside)):
                return [piece]
            return [piece[:position], *(part.tokens for part in _commas(inside))]
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


def _related(piece: list[Tok]) -> bool:
    return any(tok.kind == "REL" for tok in piece)


def _continues(before: list[Tok], row: list[Tok], aligned: bool) -> bool:
    if not before or not row:
        return False
    if before[-1].kind in {"REL", "SIGN", "OP"} or row[0].kind == "REL":
        return True
    if row[0].kind == "OP" and aligned:
        return True
    has_relation = any(tok.kind == "REL" for tok in row)
    return row[0].kind == "SIGN" and (row[0].value == "+" or aligned or not has_relation)


def _strip(line: Piece) -> None:
    while line.tokens and line.tokens[-1].kind in {"SEP", "AMP"}:
        line.tokens.pop()
    while line.tokens and line.tokens[0].kind == "SEP":
        line.tokens.pop(0)


def hull(tokens: list[Tok]) -> Span:
    """The span from the first token to the last."""
    return Span(tokens[0].start, tokens[-1].end)
