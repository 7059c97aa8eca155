r"""Names with accents and fonts, in one canonical spelling: ``\widehat{\boldsymbol y}`` is ``\hat{\mathbf{y}}``."""

from __future__ import annotations

from bpttsym.commands import ACCENTS, BOLD, FONTS, FUNCTION_WORDS, GREEK, PLAIN_FONTS, SAME_FONTS, WORD_FONTS
from bpttsym.letters import LETTERS, spelling
from bpttsym.regular import pattern

_MAXIMUM_WRAPPERS = 8
_BRACES = pattern(r"\\[\s\S]|[{}]")
_SPELLED = pattern(r"\s*\{\s*([^\W_]{2,})\s*\}")
_COMMAND = pattern(r"\\[a-zA-Z]+")
_IDENTIFIER = pattern(r"[^\W_]+(?:(?:\\_|-)[^\W_]+)*")
_REMARKS = frozenset(r"\text \textrm \textnormal \mbox \textit \textsf \texttt \textup".split())

ARGUMENT = r"\xi"
"""The variable of a function where none is written."""

UNSAID = r"\square"
"""Stands for the argument of a function with a derivative mark where none is written."""


def braces(text: str) -> dict[int, int]:
    """Where each opening brace is closed."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for brace in _BRACES.finditer(text):
        if brace.group() == "{":
            stack.append(brace.start())
        elif brace.group() == "}" and stack:
            found[stack.pop()] = brace.start()
    return found


def in_font(command: str, inner: str) -> str:
    """A name under an accent or in a font."""
    if command in PLAIN_FONTS:
        return inner
    return rf"\mathbf{{{inner}}}" if command in BOLD else rf"{SAME_FONTS.get(command, command)}{{{inner}}}"


def word_name(command: str, inner: str) -> str:
    r"""The name that words in a font spell: ``\mathrm{softmax}``, ``\operatorname{loss}``; empty for a remark."""
    if inner in FUNCTION_WORDS or inner == "d":
        return rf"\mathrm{{{inner}}}"
    return rf"\mathrm{{{inner}}}" if command not in _REMARKS and _IDENTIFIER.fullmatch(inner) else ""


def is_remark(command: str) -> bool:
    r"""Whether a font is one of running text (``\text``)."""
    return command in _REMARKS


def is_identifier(text: str) -> bool:
    """Whether words are one word, which may be a name."""
    return _IDENTIFIER.fullmatch(text) is not None


def name_argument(text: str, position: int) -> tuple[str, int] | None:
    """The one name that an accent or font stands over (``{y}``, ``y``, ``{\\mathbf y}``), and where it ends."""
    wrappers: list[str] = []
    while len(wrappers) <= _MAXIMUM_WRAPPERS:
        position = _after_blanks(text, position)
        command = _COMMAND.match(text, position)
        word = command.group() if command else text[position : position + 1]
        position += len(word)
        spelled = _SPELLED.match(text, position) if word in WORD_FONTS else None
        if spelled:
            return _unwrapped(rf"\mathrm{{{spelled[1]}}}", wrappers, text, spelled.end())
        if word == "{" or word in ACCENTS or word in FONTS:
            wrappers.append(word)
            continue
        name = word if word in GREEK or (word and word in LETTERS) else _greek(word)
        return _unwrapped(name, wrappers, text, position) if name else None
    return None


def _greek(character: str) -> str:
    meant = spelling(character) if len(character) == 1 and not character.isascii() else None
    return meant if meant in GREEK else ""


def _unwrapped(name: str, wrappers: list[str], text: str, position: int) -> tuple[str, int] | None:
    for wrapper in reversed(wrappers):
        if wrapper != "{":
            name = in_font(wrapper, name)
            continue
        position = _after_blanks(text, position)
        if text[position : position + 1] != "}":
            return None
        position += 1
    return name, position


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
