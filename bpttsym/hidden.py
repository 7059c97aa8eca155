r"""What a renderer leaves out beside comments and code between fences: ``\iffalse ... \fi``, and indented code."""

from __future__ import annotations

import re

CONDITIONAL = re.compile(r"\\(?P<word>if[A-Za-z@]*|else|fi)(?![A-Za-z@])|%[^\n]*|\\[\s\S]")
NO_CONDITIONALS = frozenset(
    "iff ifthenelse iftoggle ifstrequal ifstrempty ifblank ifdef ifundef ifbool ifdefempty ifnumcomp".split()
)
"""Commands whose names begin as those of conditionals do, which no ``\\fi`` closes."""

PARAGRAPH = re.compile(r" {0,3}(?:#{1,6}(?!\S)|[^\s\0\1])")
CONTAINER = re.compile(r" {0,3}(?:[-*+>:|<!?=]|\[\^|\d{1,9}[.)](?!\S))")
"""How what may hold indented lines begins: list items, quotes, definitions, notes, HTML."""

INDENTED = re.compile(r"(?: {4}| {0,3}\t)[ \t]*[^\s]")
COVER = re.compile(r"[^\n]")


def end_of_never(text: str, position: int) -> int:
    r"""Where what ``\iffalse`` leaves out ends: behind its ``\fi`` or ``\else``; at the end where none follows."""
    depth = 0
    for mark in CONDITIONAL.finditer(text, position):
        word = mark["word"]
        if not word or word in NO_CONDITIONALS:
            continue
        if depth == 0 and word in ("else", "fi"):
            return mark.end()
        depth += -1 if word == "fi" else 0 if word == "else" else 1
    return len(text)


def without_indented_code(mask: str) -> str:
    """The text with marks in the place of indented code: behind a blank line, below a paragraph that is no list."""
    if "\n    " not in mask and "\t" not in mask:
        return mask
    lines = mask.split("\n")
    code = blank = plain = False  # `plain`: the last paragraph that is not indented is one, and no list or note
    for place, line in enumerate(lines):
        if not line.strip():
            blank = True
            continue
        if INDENTED.match(line):
            code = plain and (code or blank)
            lines[place] = COVER.sub("\1", line) if code else line
        else:
            code = False
            if blank or place == 0 or line.lstrip().startswith("#"):
                plain = PARAGRAPH.match(line) is not None and CONTAINER.match(line) is None
            elif CONTAINER.match(line):
                plain = False
        blank = False
    return "\n".join(lines)
