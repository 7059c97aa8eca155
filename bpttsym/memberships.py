r"""What ``W, V \in \mathbb{R}^{n \times n}`` says holds of each name (a part of parse)."""

from __future__ import annotations

from collections.abc import Iterable

from bpttsym.scanner import Tok
from bpttsym.tables import CLOSES, OPENS


def each_member(pieces: Iterable[list[Tok]]) -> list[list[Tok]]:
    r"""Pieces between commas in which the names before one with ``\in`` have a relation of their own."""
    found: list[list[Tok]] = []
    for piece in pieces:
        sign = _sign(piece)
        if sign is not None and piece[sign].value == r"\in":
            for at in range(len(found) - 1, -1, -1):
                if not _is_name(found[at]):
                    break
                found[at] = [*found[at], *piece[sign:]]
        found.append(piece)
    return found


def _outside(tokens: list[Tok]) -> list[int]:
    """The places of the tokens outside of all fences."""
    depth = 0
    found = []
    for at, tok in enumerate(tokens):
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth == 0:
            found.append(at)
    return found


def _sign(tokens: list[Tok]) -> int | None:
    """Where the first relation stands."""
    return next((at for at in _outside(tokens) if tokens[at].kind == "REL"), None)


def _is_name(tokens: list[Tok]) -> bool:
    """Whether a piece is nothing but a name with scripts."""
    kinds = [tokens[at].kind for at in _outside(tokens)]
    return bool(tokens) and tokens[0].kind == "NAME" and kinds.count("NAME") == 1 and "REL" not in kinds
