r"""Which words in a display are names: ``\text{Loss} = ...`` has a left side, ``\text{where } t < T`` a remark."""

from __future__ import annotations

from bpttsym.commands import ARROWS, CONNECTIVES
from bpttsym.errors import NotRead
from bpttsym.naming import is_identifier
from bpttsym.scanner import Tok

_OPENS = frozenset(("LBRACE", "OPEN", "NORM_OPEN"))
_CLOSES = frozenset(("RBRACE", "CLOSE", "NORM_CLOSE"))
_STARTS = frozenset(("", "ROW", "AMP", "GAP", "SEP", "BEGIN", "END", "COLON"))
_BEFORE_OPERAND = frozenset(("SIGN", "OP", "SPECIAL", "FRAC", "SUB", "SUP"))
_BESIDE_NOTHING = frozenset(("REL", "AMP", "SIGN", "OP", "ROW"))
HELD = frozenset(
    ("fixed", "const", "const.", "constant", "held fixed", "held constant", "kept fixed", "is fixed", "고정")
)
"""What words say of a quantity that does not move."""

_WHOLE = frozenset((":", r"\cdot", "*"))
_BEHIND_NAME = frozenset(("SUB", "SUP", "PRIME"))


def settle_words(tokens: list[Tok]) -> list[Tok]:
    """The tokens with words that stand where a quantity must stand as names; several words there are told."""
    depth = 0
    outside: list[int] = []
    for position, tok in enumerate(tokens):
        depth += (tok.kind in _OPENS) - (tok.kind in _CLOSES)
        if tok.kind == "BEGIN":
            outside.append(depth)
            depth = 0
        elif tok.kind == "END" and outside:
            depth = outside.pop()
        elif tok.kind == "TEXT":
            before = tokens[position - 1] if position else Tok("", "", 0, 0)
            behind = tokens[position + 1] if position + 1 < len(tokens) else Tok("", "", 0, 0)
            kinds = [earlier.kind for earlier in tokens[max(position - 2, 0) : position]]
            if kinds in (["SUB", "LBRACE"], ["SUP", "LBRACE"]) and behind.kind == "RBRACE" and is_identifier(tok.value):
                tok.kind, tok.value = "NAME", rf"\mathrm{{{tok.value}}}"  # a label, be it `in` or `of`
                continue
            _settle(tok, before, behind, depth)
    return tokens


def without_empty_groups(tokens: list[Tok]) -> list[Tok]:
    """The tokens without empty braces beside a sign, which only keep its distance: ``={}& x``."""
    found: list[Tok] = []
    for tok in tokens:
        empty = tok.kind == "RBRACE" and len(found) > 1 and found[-1].kind == "LBRACE"
        if empty and found[-2].kind in _BESIDE_NOTHING:
            found.pop()
        else:
            found.append(tok)
    return found


def with_whole_axes(tokens: list[Tok]) -> list[Tok]:
    r"""The tokens with a colon, dot or star that is a whole index, ``W_{i,:}``, as the name ``:``."""
    for before, tok, behind in zip(tokens, tokens[1:], tokens[2:], strict=False):
        alone = before.kind in ("LBRACE", "SEP") and behind.kind in ("RBRACE", "SEP")
        if alone and "SEP" in (before.kind, behind.kind) and tok.value in _WHOLE and tok.kind in ("COLON", "OP"):
            tok.kind, tok.value = "NAME", ":"
    return tokens


def with_primed_letters(tokens: list[Tok]) -> list[Tok]:
    r"""The tokens with each letter that has a prime below or above something as one name: ``\sum_{j'} W_{ij'}``."""
    found: list[Tok] = []
    scripts: list[bool] = []
    for tok in tokens:
        if tok.kind == "LBRACE":
            scripts.append((bool(found) and found[-1].kind in ("SUB", "SUP")) or (bool(scripts) and scripts[-1]))
        elif tok.kind == "RBRACE" and scripts:
            scripts.pop()
        joined = tok.kind == "PRIME" and scripts and scripts[-1] and found[-1].kind == "NAME"
        if joined and len(found[-1].value.rstrip("'")) == 1:
            found[-1] = Tok("NAME", found[-1].value + "'", found[-1].start, tok.end)
        else:
            found.append(tok)
    return found


def _settle(tok: Tok, before: Tok, behind: Tok, depth: int) -> None:
    words = tok.value.strip(" ,;:.").casefold()
    joins = all(word.strip(",;:.()") in CONNECTIVES for word in words.split())
    wanted = _is_operand(before, behind, tok.end, depth)
    if joins or not wanted:
        return
    if depth > 0 and words in HELD:
        tok.kind, tok.value = "NAME", r"\mathrm{fixed}"
        return
    if is_identifier(tok.value):
        tok.kind, tok.value = "NAME", rf"\mathrm{{{tok.value}}}"
    elif depth == 0 and not tok.value.endswith((":", ",", ".", ";")):
        tok.kind = "BAD"
        words = f"the words `{tok.value}` stand where a symbol is expected"
        tok.failure = NotRead(words, tok.span, r"one word, such as `\mathrm{loss}`")


def _is_operand(before: Tok, behind: Tok, end: int, depth: int) -> bool:
    """Whether words stand where a quantity must stand."""
    if depth > 0 or behind.kind in _BEHIND_NAME or before.kind in _BEFORE_OPERAND:
        return True
    if behind.kind == "OPEN" and behind.start == end:
        return True
    if before.kind == "REL":
        return before.value not in ARROWS and before.value != r"\in"
    return before.kind in _STARTS and behind.kind == "REL" and behind.value not in ARROWS
