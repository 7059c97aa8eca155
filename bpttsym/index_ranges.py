r"""Ranges of an index written with dots: ``t = 1, \dots, T`` and ``k \in \{1, \dots, t-1\}`` are ``1 \le t \le T``."""

from __future__ import annotations

from bpttsym.scanner import Tok


def joined_range(pieces: list[list[Tok]]) -> list[list[Tok]]:
    """The pieces between commas, with each ``t = 1``, ``\\dots``, ``T`` as one condition."""
    found: list[list[Tok]] = []
    at = 0
    while at < len(pieces):
        end = _end_of_range(pieces, at)
        if end:
            lower, upper = pieces[at][2:], pieces[end]
            found.append(_between(pieces[at][0], lower, upper))
            at = end + 1
        else:
            found.append(_from_set(pieces[at]))
            at += 1
    return found


def _end_of_range(pieces: list[list[Tok]], at: int) -> int:
    """Where the upper end of a range stands that begins here; 0 if none does."""
    first = pieces[at]
    if len(first) < 3 or first[0].kind != "NAME" or (first[1].kind, first[1].value) != ("REL", "="):
        return 0
    dots = next((i for i in (at + 1, at + 2) if i < len(pieces) - 1 and [t.kind for t in pieces[i]] == ["DOTS"]), 0)
    if not dots or any(tok.kind == "REL" for piece in pieces[at + 1 : dots + 2] for tok in piece):
        return 0
    return dots + 1 if pieces[dots + 1] else 0


def _from_set(piece: list[Tok]) -> list[Tok]:
    r"""``k \in \{a, \dots, b\}`` and ``k \in [a, b]`` as ``a \le k \le b``."""
    if len(piece) < 6 or piece[0].kind != "NAME" or (piece[1].kind, piece[1].value) != ("REL", r"\in"):
        return piece
    fence, inside = piece[2], piece[3:-1]
    if fence.kind != "OPEN" or (piece[-1].kind, piece[-1].value) != ("CLOSE", fence.value):
        return piece
    items: list[list[Tok]] = [[]]
    for tok in inside:
        if tok.kind in {"OPEN", "CLOSE", "LBRACE", "RBRACE", "REL"}:
            return piece
        if tok.kind == "SEP":
            items.append([])
        else:
            items[-1].append(tok)
    dots = [[tok.kind for tok in item] for item in items[1:-1]]
    interval = fence.value == "[" and not dots and len(items) == 2
    listed = fence.value == r"\{" and dots and dots[-1] == ["DOTS"] and len(items) <= 4
    return _between(piece[0], items[0], items[-1]) if (interval or listed) and items[0] and items[-1] else piece


def _between(index: Tok, lower: list[Tok], upper: list[Tok]) -> list[Tok]:
    first, last = (Tok("REL", r"\le", at.start, at.start) for at in (index, upper[0]))
    return [*lower, first, index, last, *upper]
