r"""Ranges of an index written with dots: ``t = 1, \dots, T`` and ``k \in \{1, \dots, t-1\}`` are ``1 \le t \le T``.

A colon in a subscript parts the first of some steps from the last: ``h_{1:n}``.
"""

from __future__ import annotations

from bpttsym.scanner import Tok


def joined_range(pieces: list[list[Tok]]) -> list[list[Tok]]:
    """The pieces between commas, with each ``t = 1``, ``\\dots``, ``T`` as one condition."""
    found: list[list[Tok]] = []
    at = 0
    while at < len(pieces):
        end = _end_of_range(pieces, at)
        if end:
            first, last = pieces[at][2:], pieces[end]
            falls = _falls(first, pieces[at + 1], last)
            if falls is None:
                found.extend(pieces[at : end + 1])
            else:
                found.append(_between(pieces[at][0], last, first) if falls else _between(pieces[at][0], first, last))
            at = end + 1
        else:
            found.append(_from_set(pieces[at]))
            at += 1
    return found


def with_colons(tokens: list[Tok]) -> list[Tok]:
    """The tokens in which a colon between steps below a name, ``h_{1:n}``, parts them as a comma would."""
    for at, tok in enumerate(tokens):
        if tok.kind == "SUB" and at and tokens[at - 1].kind in _NAMED and tokens[at + 1 :][:1]:
            if tokens[at + 1].kind == "LBRACE":
                _part(tokens, at + 2)
    return tokens


def _part(tokens: list[Tok], at: int) -> None:
    colons = []
    while at < len(tokens) and tokens[at].kind in _OF_INDICES:
        colons += [tokens[at]] if tokens[at].kind == "COLON" else []
        at += 1
    if at < len(tokens) and tokens[at].kind == "RBRACE":
        for colon in colons:
            colon.kind = "SEP"


def with_conditions(tokens: list[Tok]) -> list[Tok]:
    r"""The tokens in which the bar of ``p(a \mid b)`` or ``p(a | b)`` parts what is asked from what is given."""
    opened: list[tuple[bool, list[Tok]]] = []  # whether parentheses stand behind a name, and the bars in them
    for at, tok in enumerate(tokens):
        bar = tok.kind in {"NORM_OPEN", "NORM_CLOSE"} and tok.value == "|"
        if tok.kind in {"LBRACE", "OPEN"}:
            opened.append((tok.value == "(" and at > 0 and tokens[at - 1].kind in _NAMED, []))
        elif opened and tok.kind in {"RBRACE", "CLOSE"}:
            named, bars = opened.pop()
            if named and len(bars) == 1:
                bars[0].kind, bars[0].value, bars[0].failure = "SEP", GIVEN, None
        elif opened and (bar or (tok.kind == "BAD" and tok.value in _CONDITIONS)):
            opened[-1][1].append(tok)
    return tokens


GIVEN = r"\mid"
_CONDITIONS = frozenset((r"\mid", r"\middle|", r"\middle\vert", r"\middle\mid"))
_NAMED = frozenset(("NAME", "PRIME", "RBRACE"))
_OF_INDICES = frozenset(("NAME", "NUMBER", "SIGN", "SEP", "COLON"))


def _falls(first: list[Tok], second: list[Tok], last: list[Tok]) -> bool | None:
    """Whether values go down from the first to the last; None if that is not plain."""
    start, stop, second_figure = _figure(first), _figure(last), _figure(second)
    if start is not None:
        return start > next((figure for figure in (stop, second_figure) if figure is not None), start)
    if stop is not None:
        return True
    begin, following, end = _shifted(first), _shifted(second), _shifted(last)
    if begin and following and begin[0] == following[0]:
        return {-1: True, 1: False}.get(following[1] - begin[1])
    if begin and end and begin[0] != end[0] and "T" in (begin[0], end[0]):
        return begin[0] == "T"
    return None


def _shifted(tokens: list[Tok]) -> tuple[str, int] | None:
    """A letter and what is added to it: ``t-1`` is ``("t", -1)``."""
    match [(tok.kind, tok.value) for tok in tokens]:
        case [("NAME", name)]:
            return name, 0
        case [("NAME", name), ("SIGN", sign), ("NUMBER", number)] if number.isdigit():
            return name, -int(number) if sign == "-" else int(number)
        case _:
            return None


def _figure(tokens: list[Tok]) -> int | None:
    only = tokens[0] if len(tokens) == 1 else None
    return int(only.value) if only is not None and only.kind == "NUMBER" and only.value.isdigit() else None


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
    if not (interval or listed) or not items[0] or not items[-1]:
        return piece
    falls = _figure(items[-1]) is not None and _figure(items[0]) is None
    return piece if falls else _between(piece[0], items[0], items[-1])


def _between(index: Tok, lower: list[Tok], upper: list[Tok]) -> list[Tok]:
    first, last = (Tok("REL", r"\le", at.start, at.start) for at in (index, upper[0]))
    return [*lower, first, index, last, *upper]
