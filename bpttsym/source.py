r"""Text to displays: where the mathematics of a Markdown, TeX or notebook file stands, and what is said to us there.

Code and comments are hidden behind as many marks before formulas are looked for, so every offset stays exact. Each
pattern stops where the next opening mark of its own kind stands, so that unclosed ones cost no quadratic time.
"""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Literal

from bpttsym.errors import UnreadableSource
from bpttsym.expr import Span
from bpttsym.hidden import end_of_never, without_indented_code
from bpttsym.macros import Definition, Macro, definitions, without
from bpttsym.records import dataclass, field, replace
from bpttsym.regular import pattern

TYPE_CHECKING = False  # as in `typing`; what only types need is slow to load
if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["markdown", "tex", "notebook"]

MAXIMUM_CHARACTERS = 2_000_000
_MAXIMUM_BYTES = 32 * MAXIMUM_CHARACTERS  # of a file: a notebook also holds the pictures that its code has drawn
_KINDS: dict[str, Kind] = {".tex": "tex", ".ipynb": "notebook"}
_LEVELS = {"chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "frametitle": 5, "paragraph": 6}
_DISPLAYS = "equation|align|gather|multline|eqnarray|flalign|alignat|displaymath|math"

# In the patterns, \0 is a wall that no formula goes through and \1 is a character of hidden code or of a comment.
_ATX = r" {0,3}+(?:> {0,3}+)*+#{1,6}+(?![^ \t\n])"
_PREFIX = r"[ \t]*+(?:(?:(?P<quote>>)|[-*+][ \t]|[0-9]{1,9}[.)][ \t])[ \t]*+)*"  # marks of quotes and list items
_BREAK = rf"[ \t>]*+(?:$|```|~~~|(?:[-*+]|[0-9]{{1,9}}[.)])[ \t])|{_ATX}"  # a line that is no part of this paragraph
_FENCE_END = r"[ \t>]*+(?P=run)(?P=tick)*+[ \t]*+$"
# By the rules of each kind of text; compiled when they are first used.
_BLANK = {"tex": r"(?m)^[ \t]*+\n", "markdown": rf"(?m)^(?:[ \t>]*+\n|{_ATX})"}
_HIDDEN = {
    "tex": (
        r"\\begin\{(?P<verbatim>(?:[vV]erbatim|lstlisting|minted|comment)\*?)\}[\s\S]*?(?:\\end\{(?P=verbatim)\}|\Z)"
        r"|(?P<rest>\\end\{document\}[\s\S]*+)|\\verb\*?(?P<bar>[!-/:-@\[-`{-~])[^\n]*?(?P=bar)"
        r"|(?P<url>\\(?:url|href|path)\{[^{}\n]*+\})|%++(?P<note>[^\n]*+)"
        r"|(?P<never>\\iffalse)(?![A-Za-z@])|\\[\s\S]"
    ),
    "markdown": (
        r"(?m)\A---[ \t]*+\n(?=[^\s-])(?P<front>[^\n]*:[^\0]*?)^(?:---|\.\.\.)[ \t]*+$"
        rf"|^{_PREFIX}(?P<run>(?P<tick>[`~])(?P=tick){{2,}}+)[ \t]*+(?P<math>math(?!\S))?[^\n`]*+$"
        rf"(?P<fence>(?:\n(?(quote)(?=[ \t]*+>))(?!{_FENCE_END}|(?(math)[ \t>]*+(?:```|~~~)|(?!)))[^\n\0]*+)*+)"
        rf"(?:\n{_FENCE_END})?|<!--(?P<comment>(?:[^<\0-]++|<(?!!--)|-(?!->))*+)-->"
        rf"|\$`(?P<dollar>(?:[^`\n\0]++|\n(?!{_BREAK}))++)`\$|\\[\s\S]"
        rf"|(?<!`)(?P<code>`{{1,16}}+)(?!`)(?:[^`\n\0]++|\n(?!{_BREAK})|(?!(?P=code)(?!`))`++)*+(?P=code)(?!`)"
    ),
}
_BODIES = (
    r"\$\$(?P<double>(?:[^$\\\0]++|\\[^\0]?+|\$(?!\$))*+)"
    r"|\\\[(?P<square>(?:[^\\\0]++|\\(?![\[\]])[^\0]?+)*+)"
    rf"|\\begin\{{(?P<name>(?:{_DISPLAYS})\*?)\}}(?:(?:(?<=alignat\}})|(?<=alignat\*\}}))\{{[^{{}}\n$\\\0]*+\}})?+"
    r"(?P<named>(?:[^\\\0]++|\\(?!(?:begin|end)\{(?P=name)\})[^\0]?+)*+)"
    r"|\\\((?P<round>(?:[^\\\n\0]++|\\(?![()])[^\n\0]?+|\n(?!BREAK))*+)\\\)"
)
_INLINE = r"(?P<dollar>(?:[^$\\\n\0]++|\\[^\n\0]?+|\n(?!BREAK))*+)"
_MATHS = {
    "tex": rf"(?m){_BODIES}|\${_INLINE}\$|\\[\s\S]".replace("BREAK", r"[ \t]*+$"),
    "markdown": rf"(?m){_BODIES}|\$(?!\s){_INLINE}(?<!\s)\$(?!\d)|\\[\s\S]".replace("BREAK", _BREAK),
}
# Two dollars that are more likely to open a display than to close one which blank lines have interrupted.
_OPENING = pattern(r"(?m)\$\$(?:[ \t.,;:]*+[^\s.,;:]|(?:[^$\n\0]++|\n(?![ \t>]*+$)|\$(?!\$))*\$\$)")
_HEADING = {
    "tex": (
        rf"(?<!\\)\\(?:(?P<name>{'|'.join(_LEVELS)})\*?|begin\{{frame\}})(?:<[^<>\n]*+>|\[[^\[\]\n]*+\]|[ \t\n])*+"
        r"\{(?P<title>(?:[^{}\\]++|\\[\s\S]|\{(?:[^{}\\]++|\\[\s\S]|\{(?:[^{}\\]++|\\[\s\S])*+\})*+\})*+)\}"
    ),
    "markdown": (
        rf"(?m)^(?P<mark>{_ATX})(?P<title>[^\n]*?)(?<![ \t])(?:[ \t]++#++)?+[ \t]*+$"
        r"|^ {0,3}+(?![ \t>#|\1]|[-*+][ \t]|[0-9]{1,9}[.)][ \t]|\$\$|[-=]++[ \t]*+$)(?P<text>\S[^\n]*+)"
        rf"(?=\n {{0,3}}+(?:={{2,}}+|-{{2,}}+)[ \t]*+$)|(?:^(?![ \t\0\1=-]*+$|{_ATX})[^\n]++\n?+)++"
    ),
}
_REMARK = pattern(r"(?:^|\s)#.*")  # behind a setting
_SETTING = pattern(r"(?m)^[^\s#-].*")  # a line of front matter
_NOTE = pattern(r"\s*+(?P<ours>bpttsym\s*+:\s*+)?(?P<key>[^:]*+):?+(?P<value>[\s\S]*+)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its title as written; 1 is the highest level."""

    level: int
    title: str
    start: int


@dataclass(frozen=True, slots=True)
class Maths:
    """One display (``number`` from 1) or inline formula (0) without delimiters, and what comments say of it."""

    start: int
    end: int
    inline: bool
    number: int = 0
    environment: str = ""
    expectation: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """A place as people count: line and column (in characters) from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text with its headings and formulas in text order; its lines end with line feeds."""

    name: str
    text: str
    kind: Kind
    settings: Mapping[str, str]
    setting_spans: Mapping[str, Span]
    items: tuple[Heading | Maths, ...]
    unclosed: tuple[Span, ...]  # the opening delimiters of displays that nothing closes
    lines: tuple[int, ...] = field(repr=False)  # where each line starts
    cells: Mapping[int, int]  # of a notebook: where each cell of text starts, and its number
    private: tuple[Definition, ...] = ()  # the private commands, in text order
    lost: tuple[Span, ...] = ()  # expectations that no display follows in their section
    front: frozenset[str] = frozenset()  # the settings of the front matter, which other programs read as well

    def locate(self, offset: int) -> Location:
        """File, line and column of an offset; in a notebook, lines count within the cell."""
        line = bisect_right(self.lines, offset)
        column = offset - self.lines[line - 1] + 1
        if not self.cells:
            return Location(self.name, line, column)
        start = max(start for start in self.cells if start <= offset)
        return Location(f"{self.name}[cell {self.cells[start]}]", line - bisect_left(self.lines, start), column)

    def line_start(self, offset: int) -> int:
        """Where the line that holds the offset starts."""
        return self.lines[bisect_right(self.lines, offset) - 1]

    def line_text(self, offset: int) -> str:
        """The whole line that holds the offset."""
        end = self.text.find("\n", offset)
        return self.text[self.line_start(offset) : end if end >= 0 else None]

    def maths_text(self, maths: Maths) -> str:
        """The content of a formula, as long as it was written; the marks of a quote around it are blanks."""
        before, text = self.text[self.line_start(maths.start) : maths.start], self.text[maths.start : maths.end]
        prefix = re.match(_PREFIX, before) if ">" in before and self.kind != "tex" else None
        if prefix and (depth := prefix.group().count(">")):
            marks = rf"(?<=\n)(?:[ \t]*+>){{1,{depth}}}"
            text = re.sub(marks, lambda found: " " * len(found.group()), text)
        return without(text, self.private, maths.start)

    def macros(self, offset: int) -> Mapping[str, Macro]:
        """The private commands at an offset: the last definition before it, or else the first one behind it."""
        known = {definition.name: definition.macro for definition in reversed(self.private)}
        if len(known) < len(self.private):
            known |= {each.name: each.macro for each in self.private if each.span.start <= offset}
        return known


def read_source(path: str | Path) -> Source:
    """The file at ``path``, or the standard input for ``-``; raises UnreadableSource."""
    name = "<stdin>" if str(path) == "-" else str(path)
    kind = _KINDS.get(os.path.splitext(path)[1].lower(), "markdown")
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(_MAXIMUM_BYTES + 1)
        else:
            with open(path, "rb") as stream:
                data = stream.read(_MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _refusal(name, (getattr(error, "strerror", None) or str(error)).lower()) from None
    if len(data) > _MAXIMUM_BYTES:
        raise _refusal(name, f"it is longer than the limit of {MAXIMUM_CHARACTERS} characters")
    try:
        return source_from_text(data.decode("utf-8"), name, kind)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refusal(name, f"it is not UTF-8 at byte {error.start}, in line {line}") from None


def source_from_text(text: str, name: str = "<text>", kind: Kind = "markdown") -> Source:
    """The displays of a text (for a notebook: of its JSON); raises UnreadableSource."""
    if not (text := text.removeprefix("\ufeff")).strip():
        raise _refusal(name, "it is empty")
    parts = _cells(text, name) if kind == "notebook" else {0: text}
    parts = {number: part.replace("\r\n", "\n").replace("\r", "\n") for number, part in parts.items()}
    text = "\n\n\n".join(parts.values())
    if len(text) > MAXIMUM_CHARACTERS:
        raise _refusal(name, f"it is longer than the limit of {MAXIMUM_CHARACTERS} characters")
    if strange := re.search("[\0\ud800-\udfff]", text):
        raise _refusal(name, f"it is binary, with U+{ord(strange.group()):04X} at character {strange.start()}")
    reader = _Reader("\n\0\n".join(parts.values()), "tex" if kind == "tex" else "markdown")
    items = tuple(sorted(reader.items(), key=lambda item: item.start))
    private = tuple(reader.private)
    unclosed = tuple(sorted(reader.unclosed, key=lambda span: span.start))
    lines = (0, *(line.end() for line in re.finditer("\n", text)))
    starts = accumulate((len(part) + 3 for part in parts.values()), initial=0)
    cells = dict(zip(starts, parts, strict=False)) if kind == "notebook" else {}
    return Source(
        name,
        text,
        kind,
        reader.settings,
        reader.setting_spans,
        items,
        unclosed,
        lines,
        cells,
        private,
        tuple(reader.lost),
        frozenset(reader.front),
    )


def _refusal(name: str, why: str) -> UnreadableSource:
    return UnreadableSource(f"cannot read {name}: {why}")


def _cells(text: str, name: str) -> dict[int, str]:
    """The cells of text of a notebook by their number, from 1."""
    import json

    try:
        cells = enumerate(json.loads(text)["cells"], 1)
        return {number: "".join(cell["source"]) for number, cell in cells if cell["cell_type"] in ("markdown", "raw")}
    except (ValueError, RecursionError, LookupError, TypeError):
        raise _refusal(name, "it is no notebook, which is JSON with a list of cells (format 4)") from None


class _Reader:
    """Reads one text: first what is to be hidden, then the formulas and headings in what remains."""

    def __init__(self, text: str, rules: str) -> None:
        self.text, self.rules = text, rules
        self.preamble = max(text.find(r"\begin{document}"), 0) if rules == "tex" else 0
        self.settings: dict[str, str] = {}
        self.front: set[str] = set()
        self.setting_spans: dict[str, Span] = {}
        self.said: list[tuple[int, str, str]] = []  # where something is said of the next display: key and value
        self.maths: list[Maths] = []
        self.unclosed: list[Span] = []
        self.private: list[Definition] = []
        self.lost: list[Span] = []

    def items(self) -> Iterator[Heading | Maths]:
        """Headings and formulas, with each display told what is said of it."""
        whole = self.mask()
        mask = "\1" * self.preamble + whole[self.preamble :]
        self.private = list(definitions(whole))
        self.read_maths(mask)
        self.maths = sorted((maths for maths in self.maths if self.says_more(maths)), key=lambda maths: maths.start)
        headings = list(self.headings(mask))
        yield from headings
        yield from (maths for maths in self.maths if maths.inline)
        sections = [heading.start for heading in headings]
        heard = 0
        for number, maths in enumerate((maths for maths in self.maths if not maths.inline), 1):
            before, heard = heard, bisect_left(self.said, (maths.end, "", ""))
            section = sections[at - 1] if (at := bisect_left(sections, maths.start)) else 0
            words = {key: value for where, key, value in self.said[before:heard] if where >= section}
            self.forget(before, heard, section)
            expectation = tuple(word.strip() for word in words.get("expect", "").split(",") if words.get("expect"))
            yield replace(maths, number=number, expectation=expectation, model=words.get("model", ""))

        self.forget(heard, len(self.said), len(self.text))

    def forget(self, first: int, last: int, section: int) -> None:
        """Takes down the expectations before a section, which are about no display."""
        for start, key, value in self.said[first:last]:
            if key == "expect" and start < section:
                end = self.text.find(value, start) + len(value)
                begin = self.text.find(key, start, end)
                self.lost.append(Span(begin, end))

    def mask(self) -> str:
        """The text with marks in place of what holds no mathematics to look for; takes down what that says."""
        done = position = 0
        pieces: list[str] = []
        hidden = re.compile(_HIDDEN[self.rules])
        while mark := hidden.search(self.text, position):
            (start, position), kind = mark.span(), mark.lastgroup
            if kind == "front":
                for line in _SETTING.finditer(self.text, *mark.span(kind)):
                    self.listen(*line.span(), front=True)
            elif kind in ("note", "comment"):
                self.listen(*mark.span(kind))
            elif kind == "dollar":
                self.maths.append(Maths(*mark.span(kind), True))
            elif kind == "never":
                position = end_of_never(self.text, position)
            elif kind == "fence" and mark["math"]:
                position = self.display(Span(*mark.span("run")), *mark.span(kind), position)
            if kind:
                cover = "\0" if kind in ("fence", "dollar") else "\1"
                pieces += [self.text[done:start], re.sub(r"[^\n]", cover, self.text[start:position])]
                done = position
        mask = "".join([*pieces, self.text[done:]])
        return mask if self.rules == "tex" else without_indented_code(mask)

    def says_more(self, maths: Maths) -> bool:
        """Whether a formula holds anything beside definitions of private commands."""
        inside = [each for each in self.private if maths.start <= each.span.start < maths.end]
        return not inside or bool(without(self.text[maths.start : maths.end], inside, maths.start).strip())

    def listen(self, start: int, end: int, front: bool = False) -> None:
        """Takes down what a comment, or a line of front matter, says to us."""
        note = _NOTE.match(self.text, start, end)
        assert note, "a pattern that matches everything"
        key, value = note["key"].strip(), note["value"].strip()
        model = key == "model" and start >= self.preamble and (note["ours"] or self.rules == "markdown")
        if not front and (key == "expect" or model):
            self.said.append((start, key, value))
        elif front or note["ours"]:
            begin = note.start("key")
            if front:
                self.front.add(key)
                value = _REMARK.sub("", value).strip().strip("\"'")
            self.settings[key] = value
            self.setting_spans[key] = Span(begin, begin + len(self.text[begin:end].rstrip()))

    def display(self, opening: Span, start: int, end: int, after: int, environment: str = "") -> int:
        """Takes down a display and returns where to go on; with no closing mark (``after`` is ``end``) it is cut."""
        if after == end:
            self.unclosed.append(opening)
            blank = re.compile(_BLANK[self.rules]).search(self.text, start, end)
            after = end = blank.start() if blank else end
        self.maths.append(Maths(start, end, False, 0, environment))
        return after

    def read_maths(self, mask: str) -> None:
        """Takes down the formulas of a text whose code and comments are hidden."""
        position = 0
        maths = re.compile(_MATHS[self.rules])
        while mark := maths.search(mask, position):
            kind, position = mark.lastgroup, mark.end()
            if kind in ("dollar", "round"):
                self.maths.append(Maths(*mark.span(kind), True))
            elif kind:
                start, end = mark.span(kind)
                closing = {"double": "$$", "square": r"\]"}.get(kind, rf"\end{{{mark['name']}}}")
                closed = mask.startswith(closing, end)
                if closed and kind == "double" and re.compile(_BLANK[self.rules]).search(self.text, start, end):
                    closed = not _OPENING.match(mask, end)
                after = end + len(closing) * closed
                position = self.display(Span(mark.start(), start), start, end, after, mark["name"] or "")

    def headings(self, mask: str) -> Iterator[Heading]:
        """The headings outside of formulas."""
        for mark in re.finditer(_HEADING[self.rules], mask):
            start, end = mark.span(mark.lastgroup or 0)
            title = " ".join(self.text[start:end].split())
            if self.rules == "tex":
                level = _LEVELS[mark["name"] or "frametitle"]
            else:
                level = (mark["mark"] or "").count("#") or (1 if "=" in mask[end : end + 5] else 2)
            index = bisect_right(self.maths, mark.start(), key=lambda maths: maths.start) - 1
            if mark.lastgroup and (index < 0 or self.maths[index].end <= mark.start()):
                yield Heading(level, title, mark.start())
