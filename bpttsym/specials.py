r"""Commands with arguments of their own: each takes what belongs to it and says where to go on."""

from __future__ import annotations

import re
from collections.abc import Callable

from bpttsym import commands as known
from bpttsym.regular import pattern
from bpttsym.scanner import Scanner

_ENVIRONMENT = pattern(r"\s*\{([a-zA-Z]+\*?)\}")
_WITH_COLUMNS = frozenset("array subarray alignat alignat* alignedat".split())
_EQUAL = pattern(r"\s*=")
_POSITION = pattern(r"\s*\[[tbclr]\]")
_COLUMNS = pattern(r"\s*\{[^{}]*\}")
_ONE_TOKEN = pattern(r"\\[a-zA-Z]+|[^\s{}]")
_LENGTH = pattern(r"\s*\{([^{}]*)\}")
_DIMENSION = pattern(r"\s*-?[\d.]+\s*(?:em|ex|pt|mu|cm|mm|in)|\s*\\[a-zA-Z]+")
_DEFINING = pattern(
    r"\s*(?:\\text|\\mathrm|\\tiny|[{}\s])*(?:def(?:inition)?|\\triangle|\\Delta|Δ|∆|\\vartriangle)[.}\s]*"
)


def gap(scan: Scanner, word: str, start: int, end: int) -> int:
    r"""A space of a length: a wide one parts like a ``\quad``."""
    found = (_LENGTH if word in known.WITH_LENGTH else _DIMENSION).match(scan.text, end)
    end = found.end() if found else end
    return end if word.startswith(r"\v") or "-" in scan.text[start:end] else scan.emit("GAP", word, start, end)


def environment(scan: Scanner, word: str, start: int, end: int) -> int:
    """The begin or the end of a block."""
    found = _ENVIRONMENT.match(scan.text, end)
    if not found:
        return scan.bad(f"`{word}` needs the name of an environment in braces", start, end)
    if word == r"\end":
        return scan.emit("END", found.group(1), start, found.end())
    position = _POSITION.match(scan.text, found.end())
    end = position.end() if position else found.end()
    columns = _COLUMNS.match(scan.text, end) if found.group(1) in _WITH_COLUMNS else None
    return scan.emit("BEGIN", found.group(1), start, columns.end() if columns else end)


def negated(scan: Scanner, word: str, start: int, end: int) -> int:
    r"""``\not=`` is ``\ne``; no other relation is denied."""
    equal = _EQUAL.match(scan.text, end)
    if equal is None:
        return scan.bad(f"`{word}` is read before `=` only", start, end, r"`\ne`")
    return scan.emit("REL", r"\ne", start, equal.end())


def substack(scan: Scanner, word: str, start: int, end: int) -> int:
    r"""``\substack{a \\ b}`` is a block whose braces begin and end it."""
    found = scan.argument(end)
    if found is None:
        return scan.bad(f"`{word}` needs its rows in braces", start, end)
    scan.at_end[found[1]] = ("END", "substack", 0)
    return scan.emit("BEGIN", "substack", start, found[0] + 1)


def transparent(scan: Scanner, word: str, start: int, end: int) -> int:
    """A command that shows its argument as it is; one that stands for a relation has no braces."""
    found = scan.argument(end)
    if found is not None and word in known.SPLICED:
        scan.at_end[found[1]] = ("", "", 0)
        return found[0] + 1
    return end


def coloured(scan: Scanner, word: str, start: int, end: int) -> int:
    """A colour, which says nothing; what is coloured follows in braces."""
    return scan.after_argument(end)


def braced(scan: Scanner, word: str, start: int, end: int) -> int:
    r"""``\underbrace{a}_{words}``: what stands under or over the brace is said of it, and is no index."""
    found = scan.argument(end)
    if found is None:
        return end
    mark = re.compile(rf"\s*\{known.BRACES[word]}\s*").match(scan.text, found[1] + 1)
    if mark:
        label = scan.after_argument(mark.end())
        if label == mark.end():
            token = _ONE_TOKEN.match(scan.text, label)
            label = token.end() if token else label
        scan.at_end[found[1]] = ("RBRACE", "}", label)
    return end


def stacked(scan: Scanner, word: str, start: int, end: int) -> int:
    r"""``\stackrel{\text{def}}{=}``: a relation with a word over it."""
    over = scan.argument(end)
    base = scan.argument(over[1] + 1) if over else None
    if over is None or base is None:
        return scan.bad(f"`{word}` needs two arguments in braces", start, end)
    inner = scan.text[base[0] + 1 : base[1]].strip()
    if inner not in known.RELATIONS:
        return scan.bad(f"`{word}` over anything but a relation is not read", start, base[1] + 1)
    defining = known.RELATIONS[inner] == "=" and _DEFINING.fullmatch(scan.text, over[0] + 1, over[1])
    return scan.emit("REL", ":=" if defining else known.RELATIONS[inner], start, base[1] + 1)


def text_row(scan: Scanner, word: str, start: int, end: int) -> int:
    """Words between two rows."""
    found = scan.argument(end)
    scan.emit("ROW", word, start, end)
    if found:
        end = scan.emit("TEXT", " ".join(scan.text[found[0] + 1 : found[1]].split()), start, found[1] + 1)
    return scan.emit("ROW", word, end, end)


def circled(scan: Scanner, word: str, start: int, end: int) -> int:
    """A circled number is a label, as words are."""
    after = scan.after_argument(end)
    return scan.emit("TEXT", scan.text[start:after], start, after)


SPECIAL: dict[str, Callable[[Scanner, str, int, int], int]] = {
    r"\begin": environment,
    r"\end": environment,
    r"\substack": substack,
    r"\not": negated,
    **dict.fromkeys(known.WITH_LENGTH | known.LENGTHS, gap),
    **dict.fromkeys(known.TRANSPARENT | known.SPLICED, transparent),
    **dict.fromkeys(known.COLOURED, coloured),
    **dict.fromkeys(known.BRACES, braced),
    **dict.fromkeys(known.STACKED, stacked),
    **dict.fromkeys((r"\intertext", r"\shortintertext"), text_row),
    r"\textcircled": circled,
}
