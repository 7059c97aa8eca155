r"""Private commands of a document: ``\newcommand``, ``\def``, ``\let``, ``\DeclareMathOperator`` and their expansion.

An expanded text knows where each of its characters comes from: what was an argument points at the argument, and
what the definition has added points at the whole call.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from bpttsym.errors import LimitExceeded
from bpttsym.expr import Span
from bpttsym.records import dataclass, field
from bpttsym.regular import pattern

MAXIMUM_CALLS = 5_000
MAXIMUM_EXPANDED = 200_000
_MAXIMUM_DEFINITIONS = 2_000

_HEAD = pattern(
    r"\\(?:(?P<new>(?:re|provide)?newcommand|providecommand|DeclareRobustCommand)\*?"
    r"|(?P<operator>DeclareMathOperator)\*?|(?P<pair>DeclarePairedDelimiter)"
    r"|(?P<tex>[egx]?def)|(?P<same>let))(?![a-zA-Z])\s*"
)
_NAME = pattern(r"\s*(?:\{\s*(\\(?:[a-zA-Z]+|[^a-zA-Z\s]))\s*\}|(\\(?:[a-zA-Z]+|[^a-zA-Z\s])))\s*")
_NUMBER = pattern(r"\s*\[\s*([0-9])\s*\]")
_DEFAULT = pattern(r"\s*\[([^\[\]{}]*)\]")
_PARAMETERS = pattern(r"\s*((?:#[1-9]\s*)*)(?=\{)")
_TARGET = pattern(r"\s*=?\s*(\\(?:[a-zA-Z]+|[^a-zA-Z\s])|[^\s\\{}])")
_ATOM = pattern(r"\\[a-zA-Z]+|\\[\s\S]|#[1-9]|[\s\S]")
_CALL = pattern(r"\\[a-zA-Z]+|\\[^a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Macro:
    """A private command: how many arguments it takes, and what it stands for, with ``#1`` for the first of them.

    ``default`` is the value of a first argument in brackets that may be left out; a ``final`` body is not expanded
    again, as ``\\let`` promises; one of a package stands for something only where all its arguments are in braces.
    """

    parameters: int
    body: str
    default: str | None = None
    final: bool = False
    package: bool = False


PACKAGES = {
    r"\pdv": Macro(2, r"\frac{\partial #1}{\partial #2}", package=True),
    r"\dv": Macro(2, r"\frac{\mathrm{d} #1}{\mathrm{d} #2}", package=True),
    r"\norm": Macro(1, r"\lVert #1\rVert ", package=True),
    r"\abs": Macro(1, r"\lvert #1\rvert ", package=True),
}
"""Commands of well-known packages, which a document may define anew."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a private command is defined, and as what."""

    span: Span
    name: str
    macro: Macro


def definitions(text: str) -> Iterator[Definition]:
    """The private commands that a text defines, in order; one whose form is not known is left alone."""
    position = found = 0
    while found < _MAXIMUM_DEFINITIONS and (head := _HEAD.search(text, position)):
        position = head.end()
        name = _NAME.match(text, position)
        if name is None:
            continue
        macro = _macro(head, text, name.end())
        if macro is not None:
            found, position = found + 1, macro[1]
            yield Definition(Span(head.start(), position), name[1] or name[2], macro[0])


def without(text: str, private: Iterable[Definition], offset: int) -> str:
    """The text from ``offset`` on with blanks in place of the definitions in it."""
    for each in private:
        start, end = each.span.start - offset, each.span.end - offset
        if 0 <= start < len(text):
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def _macro(head: re.Match[str], text: str, position: int) -> tuple[Macro, int] | None:
    """What a command is defined as, and where its definition ends."""
    if head["same"]:
        target = _TARGET.match(text, position)
        return (Macro(0, target[1], final=True), target.end()) if target else None
    if head["pair"]:
        left = _group(text, position)
        right = _group(text, left[1]) if left else None
        return (Macro(1, f"{left[0]} #1{right[0]} "), right[1]) if left and right else None
    count, default = 0, None
    if head["new"]:
        number = _NUMBER.match(text, position)
        if number:
            count, position = int(number[1]), number.end()
            given = _DEFAULT.match(text, position)
            if given:
                default, position = given[1], given.end()
    elif head["tex"]:
        parameters = _PARAMETERS.match(text, position)
        if parameters is None:
            return None
        count, position = parameters[1].count("#"), parameters.end()
    body = _group(text, position)
    if body is None:
        return None
    return Macro(count, rf"\operatorname{{{body[0]}}}" if head["operator"] else body[0], default), body[1]


def _group(text: str, position: int) -> tuple[str, int] | None:
    """What stands between the braces that open here, without comments, and where they end."""
    begin = re.compile(r"(?:\s|%[^\n]*\n)*\{").match(text, position)
    if begin is None:
        return None
    depth, at = 1, begin.end()
    for mark in re.compile(r"\\[\s\S]|[{}]|%[^\n]*").finditer(text, at, at + MAXIMUM_EXPANDED):
        depth += (mark.group() == "{") - (mark.group() == "}")
        if depth == 0:
            return re.sub(r"(?:(?<!\\)%[^\n]*|\x01+)\n?\s*", "", text[at : mark.start()]), mark.end()
    return None


@dataclass(slots=True)
class Expanded:
    """A text with private commands written out, and where its parts come from."""

    text: str
    offset: int
    begins: list[int] = field(default_factory=list)  # where each part begins in the text
    origins: list[tuple[int, int]] = field(default_factory=list)  # and where it comes from
    verbatim: list[bool] = field(default_factory=list)  # whether character by character

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a range of the expanded text stands in the document."""
        if not self.begins:
            return start + self.offset, end + self.offset
        first, last = self._at(start)[0], self._at(max(start, end - 1))[1 if end > start else 0]
        return first + self.offset, max(first, last) + self.offset

    def _at(self, position: int) -> tuple[int, int]:
        part = max(bisect_right(self.begins, position) - 1, 0)
        begin, end = self.origins[part]
        if not self.verbatim[part]:
            return begin, end
        shift = position - self.begins[part]
        return begin + shift, begin + shift + 1


@dataclass(slots=True)
class _Atom:
    """A command, a brace or a character, where it comes from, and whether a command may still be expanded."""

    text: str
    start: int
    end: int
    live: bool = True


def expand(text: str, macros: Mapping[str, Macro], offset: int = 0) -> Expanded:
    """The text with its private commands written out.

    Raises LimitExceeded where commands call each other without end or grow beyond MAXIMUM_EXPANDED characters.
    """
    known = {**PACKAGES, **macros}
    if not any(call.group() in known for call in _CALL.finditer(text)):
        return Expanded(text, offset)
    return _Expander(text, known, offset).run()


class _Expander:
    def __init__(self, text: str, macros: Mapping[str, Macro], offset: int) -> None:
        self.offset = offset
        self.macros = macros
        self.calls = 0
        self.waiting = [_Atom(m.group(), m.start(), m.end()) for m in _ATOM.finditer(text)][::-1]

    def run(self) -> Expanded:
        pieces: list[str] = []
        out = Expanded("", self.offset)
        length = 0
        while self.waiting:
            atom = self.waiting.pop()
            macro = self.macros.get(atom.text) if atom.live else None
            if macro is not None and (not macro.package or self.in_braces(macro.parameters)):
                self.call(atom, macro)
                continue
            piece = atom.text
            if (
                piece[0].isalpha()
                and pieces
                and re.match(r"\\[a-zA-Z]", pieces[-1])
                and out.origins[-1][1] != atom.start
            ):
                piece = " " + piece
            out.begins.append(length + len(piece) - len(atom.text))
            out.origins.append((atom.start, atom.end))
            out.verbatim.append(atom.end - atom.start == len(atom.text))
            pieces.append(piece)
            length += len(piece)
            if length > MAXIMUM_EXPANDED:
                raise self.limit(atom, f"grow beyond the limit of {MAXIMUM_EXPANDED} characters")
        out.text = "".join(pieces)
        return out

    def limit(self, atom: _Atom, words: str) -> LimitExceeded:
        return LimitExceeded(f"private commands {words}", Span(atom.start + self.offset, atom.end + self.offset))

    def call(self, name: _Atom, macro: Macro) -> None:
        """Puts what a command stands for in its place."""
        self.calls += 1
        if self.calls > MAXIMUM_CALLS:
            raise self.limit(name, f"call each other more than {MAXIMUM_CALLS} times")
        if self.waiting and self.waiting[-1].text == "*" and macro.parameters:
            self.waiting.pop()
        end = name.end
        arguments: list[list[_Atom]] = []
        if macro.default is not None:
            given = self.bracket()
            default = [_Atom(part, name.start, end) for part in _ATOM.findall(macro.default)]
            arguments.append(default if given is None else given)
        while len(arguments) < macro.parameters:
            given, closing = self.argument()
            arguments.append(given)
            end = max(end, closing)
        body: list[_Atom] = []
        for part in _ATOM.findall(macro.body):
            if part[0] == "#" and len(part) == 2:
                index = int(part[1]) - 1
                body.extend(arguments[index] if index < len(arguments) else [])
            else:
                body.append(_Atom(part, name.start, end, not macro.final))
        self.waiting.extend(reversed(body))
        if len(self.waiting) > 2 * MAXIMUM_EXPANDED:
            raise self.limit(name, f"grow beyond the limit of {MAXIMUM_EXPANDED} characters")

    def in_braces(self, count: int) -> bool:
        """Whether so many arguments in braces follow."""
        at, depth = len(self.waiting) - 1, 0
        while count and at >= 0:
            text = self.waiting[at].text
            depth += (text == "{") - (text == "}")
            if depth == 0 and text == "}":
                count -= 1
            elif depth <= 0 and not text.isspace():
                return False
            at -= 1
        return count == 0

    def argument(self) -> tuple[list[_Atom], int]:
        """The next argument, a group without its braces or one atom, and where it ends."""
        while self.waiting and self.waiting[-1].text.isspace():
            self.waiting.pop()
        if not self.waiting or self.waiting[-1].text == "}":
            return [], 0
        first = self.waiting.pop()
        if first.text != "{":
            return [first], first.end
        found: list[_Atom] = []
        depth = 1
        while self.waiting:
            atom = self.waiting.pop()
            depth += (atom.text == "{") - (atom.text == "}")
            if depth == 0:
                return found, atom.end
            found.append(atom)
        return found, found[-1].end if found else first.end

    def bracket(self) -> list[_Atom] | None:
        """An argument in brackets; None if there is none."""
        if not self.waiting or self.waiting[-1].text != "[":
            return None
        found: list[_Atom] = []
        self.waiting.pop()
        while self.waiting and (atom := self.waiting.pop()).text != "]":
            found.append(atom)
        return found
