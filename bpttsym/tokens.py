r"""LaTeX text to tokens: names with their accents and fonts, operators, fences, rows; offsets stay exact.

Spacing commands, sizes of delimiters and comments vanish here; ``\hat{y}`` and ``\mathrm{softmax}`` are one
name each. Every bar of ``|x|`` and ``\|x\|`` is decided to open or to close.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import Span

MAXIMUM_LENGTH = 200_000
MAXIMUM_NESTING = 60
MAXIMUM_DIGITS = 40

GREEK = frozenset(
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu \xi"
    r" \pi \rho \varrho \sigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi"
    r" \Sigma \Upsilon \Phi \Psi \Omega \ell".split()
)
FUNCTIONS = frozenset(r"\tanh \sinh \cosh \exp \log \ln \max \min \sup \inf \det \arg".split())
RELATIONS = {
    "=": "=",
    ":=": ":=",
    r"\coloneqq": ":=",
    r"\triangleq": ":=",
    r"\equiv": "=",
    "<": "<",
    ">": ">",
    r"\lt": "<",
    r"\gt": ">",
    r"\le": r"\le",
    r"\leq": r"\le",
    r"\leqslant": r"\le",
    r"\ge": r"\ge",
    r"\geq": r"\ge",
    r"\geqslant": r"\ge",
    r"\ne": r"\ne",
    r"\neq": r"\ne",
    r"\approx": r"\approx",
    r"\simeq": r"\approx",
    r"\sim": r"\sim",
    r"\propto": r"\propto",
    r"\in": r"\in",
    r"\leftarrow": r"\leftarrow",
    r"\gets": r"\leftarrow",
    r"\to": r"\to",
    r"\rightarrow": r"\to",
    r"\Rightarrow": r"\Rightarrow",
    r"\implies": r"\Rightarrow",
    r"\Leftrightarrow": r"\Leftrightarrow",
    r"\ll": r"\ll",
    r"\gg": r"\gg",
}
OPERATORS = {
    r"\cdot": r"\cdot",
    r"\times": r"\times",
    "*": "*",
    r"\ast": "*",
    ".": r"\cdot",
    r"\odot": r"\odot",
    r"\circ": r"\circ",
    r"\otimes": r"\otimes",
    "/": "/",
}
ACCENTS = frozenset(
    r"\hat \widehat \bar \overline \tilde \widetilde \vec \dot \ddot \check \breve"
    r" \overrightarrow \overleftarrow".split()
)
FONTS = frozenset(
    r"\mathcal \mathscr \mathbf \boldsymbol \bm \bf \mathbb \mathsf \mathit \mathfrak \mathrm \operatorname \text"
    r" \textrm \textbf \textit \mathop \rm".split()
)
_WORDS = frozenset((r"\mathrm", r"\operatorname", r"\text", r"\textrm", r"\textit", r"\rm", r"\mathop"))
_PLAIN_FONTS = frozenset((r"\mathit", r"\mathop"))
_BOLD = frozenset((r"\mathbf", r"\boldsymbol", r"\bm", r"\bf", r"\textbf"))
FUNCTION_WORDS = frozenset(
    "softmax diag tanh sigmoid relu ReLU vec tr log exp Softmax Diag softplus id max min rank sign".split()
)
_SPACING = frozenset(
    r"\, \; \: \! \limits \nolimits \displaystyle \textstyle \scriptstyle \nonumber \notag \hline"
    r" \hfill \smallskip \medskip \bigskip \noindent \centering".split()
) | {"\\ ", "\\\n"}
_SIZES = re.compile(r"\\(?:left|right|middle|[bB]ig{1,2}[lrm]?)(?![a-zA-Z])\s*")
_OPENING = {"(": "(", "[": "[", r"\{": r"\{", r"\lbrace": r"\{"}
_CLOSING = {")": "(", "]": "[", r"\}": r"\{", r"\rbrace": r"\{"}
_BARS = {"|": "|", r"\vert": "|", r"\|": "||", r"\Vert": "||", "||": "||"}
_FORCED = {r"\lVert": ("||", True), r"\rVert": ("||", False), r"\lvert": ("|", True), r"\rvert": ("|", False)}
_DROPPED_WITH_ARGUMENT = frozenset((r"\label", r"\tag", r"\tag*", r"\hspace", r"\vspace", r"\color", r"\phantom"))
_TRANSPARENT_COMMANDS = frozenset((r"\underbrace", r"\overbrace", r"\boxed", r"\underline", r"\mathstrut"))
_HAND = "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u4e00-\u9fff\uac00-\ud7a3"  # letters of words, never of formulas
_TOKEN = re.compile(
    rf"[{_HAND}]+(?:[ \t]+[{_HAND}]+)*"
    r"|\s+|%[^\n]*|\\[a-zA-Z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|:=|\|\||.",
    re.DOTALL,
)
_ONES = frozenset((r"\mathbf", r"\mathbb", r"\boldsymbol", r"\bm"))
_ONE = re.compile(r"\s*1")
_WORD = re.compile(r"\s*\{\s*([^{}\\$]*?)\s*\}")
_TEXT = re.compile(r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_WITH_COLUMNS = frozenset("array subarray alignat alignat* alignedat".split())
_COLUMNS = re.compile(r"\s*(?:\[[tbc]\])?\s*\{[^{}]*\}")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_ENVIRONMENT = re.compile(r"\s*\{([a-zA-Z]+\*?)\}")


@dataclass(slots=True)
class Tok:
    """One token: its kind (a terminal of latex.lark, or AMP, ROW, GAP, TEXT, BEGIN, END, NULL, BAD), value, offsets."""

    kind: str
    value: str
    start: int
    end: int
    inner: list[Tok] = field(default_factory=list)  # of a table: what stands in it
    failure: NotRead | None = None  # of a BAD token: why it is not read

    @property
    def span(self) -> Span:
        """Where the token stands in the document."""
        return Span(self.start, self.end)


_ALIASES = {
    r"\operatorname": r"\mathrm",
    r"\text": r"\mathrm",
    r"\textrm": r"\mathrm",
    r"\rm": r"\mathrm",
    r"\widehat": r"\hat",
    r"\overline": r"\bar",
    r"\widetilde": r"\tilde",
    r"\mathscr": r"\mathcal",
}


def _canonical(font: str, inner: str) -> str:
    if font in _PLAIN_FONTS:
        return inner
    if font in _BOLD:
        return rf"\mathbf{{{inner}}}"
    font = _ALIASES.get(font, font)
    return rf"{font}{{{inner}}}"


def _name_argument(text: str, position: int) -> tuple[str, int] | None:
    """The one name that an accent or font stands over (``{y}``, ``y``, ``{\\mathbf y}``), and where it ends."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text):
        return None
    if text[position] == "{":
        inner = _name_argument(text, position + 1)
        if inner is None:
            return None
        name, end = inner
        while end < len(text) and text[end].isspace():
            end += 1
        return (name, end + 1) if end < len(text) and text[end] == "}" else None
    if text[position].isalpha():
        return text[position], position + 1
    command = re.compile(r"\\[a-zA-Z]+").match(text, position)
    if command is None:
        return None
    word = command.group()
    if word in GREEK:
        return word, command.end()
    if word in ACCENTS or word in FONTS:
        inner = _name_argument(text, command.end())
        return None if inner is None else (_canonical(word, inner[0]), inner[1])
    return None


def _closings(text: str) -> dict[int, int]:
    """Where each opening brace is closed."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for brace in _BRACES.finditer(text):
        if brace.group() == "{":
            stack.append(brace.start())
        elif brace.group() == "}" and stack:
            found[stack.pop()] = brace.start()
    return found


def tokenize(text: str, offset: int = 0) -> list[Tok]:
    """The tokens of a display, with offsets moved by ``offset``.

    Raises LimitExceeded for a display longer than MAXIMUM_LENGTH and NotRead for a command or character
    that no rule knows.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise LimitExceeded(
            f"a display of {len(text)} characters is longer than the limit of {MAXIMUM_LENGTH}",
            Span(offset, offset + 1),
        )
    return _Tokenizer(text, offset).run()


class _Tokenizer:
    def __init__(self, text: str, offset: int) -> None:
        self.text = text
        self.offset = offset
        self.out: list[Tok] = []
        self.bars: list[str] = []
        self.closings = _closings(text) if r"\substack" in text else {}
        self.ends: dict[int, str] = {}  # where a brace ends a block, and which

    def run(self) -> list[Tok]:
        position = 0
        while position < len(self.text):
            sized = _SIZES.match(self.text, position)
            if sized:
                position = self.delimiter(sized.group().strip(), sized.start(), sized.end())
                continue
            found = _TOKEN.match(self.text, position)
            assert found is not None
            position = self.token(found.group(), found.start(), found.end())
        return self.out

    def emit(self, kind: str, value: str, start: int, end: int) -> int:
        self.out.append(Tok(kind, value, start + self.offset, end + self.offset))
        return end

    def fail(self, message: str, start: int, end: int, expected: str = "") -> NotRead:
        return NotRead(message, Span(start + self.offset, end + self.offset), expected)

    def delimiter(self, size: str, start: int, position: int) -> int:
        """A delimiter with a size: ``\\left.`` is none, bars take their side from left and right."""
        if position >= len(self.text):
            raise self.fail(f"`{size}` stands at the end without a delimiter", start, position)
        found = _TOKEN.match(self.text, position)
        assert found is not None
        word = found.group()
        if word == ".":
            return self.emit("NULL", size + ".", start, found.end())
        if word in _BARS:
            opens = {"l": True, "r": False}.get(size[-1] if size[1] in "bB" else size[1])
            return self.bar(_BARS[word], found.start(), found.end(), opens)
        return self.token(word, found.start(), found.end())

    def bar(self, bar: str, start: int, end: int, opens: bool | None) -> int:
        if opens is None:
            previous = self.out[-1].kind if self.out else "REL"
            after_operator = previous in {
                "REL",
                "SIGN",
                "OP",
                "LBRACE",
                "OPEN",
                "NORM_OPEN",
                "SEP",
                "AMP",
                "ROW",
                "BIG",
            }
            opens = after_operator or bar not in self.bars
        if opens:
            self.bars.append(bar)
            return self.emit("NORM_OPEN", bar, start, end)
        if bar in self.bars:
            while self.bars.pop() != bar:
                continue
        return self.emit("NORM_CLOSE", bar, start, end)

    def token(self, word: str, start: int, end: int) -> int:
        first = word[0]
        if word in (r"\quad", r"\qquad"):
            return self.emit("GAP", word, start, end)
        if first.isspace() or first in "%~" or word in _SPACING:
            return end
        if first in "0123456789":
            return self.number(word, start, end)
        if first == "\\" and len(word) > 1:
            return self.command(word, start, end)
        if first.isalpha() and first.isascii():
            return self.emit("NAME", word, start, end)
        if start in self.ends:
            return self.emit("END", self.ends[start], start, end)
        single = {"{": "LBRACE", "}": "RBRACE", "_": "SUB", "^": "SUP", "'": "PRIME", "&": "AMP", "?": "HOLE"}
        if word in single:
            return self.emit(single[word], word, start, end)
        if word in "+-":
            return self.emit("SIGN", word, start, end)
        if word in ",;":
            return self.emit("SEP", word, start, end)
        if word == ":":
            return self.emit("COLON", word, start, end)
        if word == "." and re.match(r"\s*(?:$|\\end|\\\\|\\qquad|\\quad)", self.text[end : end + 12]):
            return end
        return self.symbol(word, start, end)

    def symbol(self, word: str, start: int, end: int) -> int:
        if word in RELATIONS:
            return self.emit("REL", RELATIONS[word], start, end)
        if word in OPERATORS:
            return self.emit("OP", OPERATORS[word], start, end)
        if word in _OPENING:
            return self.emit("OPEN", _OPENING[word], start, end)
        if word in _CLOSING:
            return self.emit("CLOSE", _CLOSING[word], start, end)
        if word in _BARS:
            return self.bar(_BARS[word], start, end, None)
        if word in _FORCED:
            bar, opens = _FORCED[word]
            return self.bar(bar, start, end, opens)
        if word.isalpha():
            return self.emit("TEXT", word, start, end)
        raise self.fail(f"`{word}` is not read", start, end)

    def number(self, word: str, start: int, end: int) -> int:
        """A number; after ``_``, ``^`` and ``\\frac`` TeX takes a single digit."""
        if len(word) > MAXIMUM_DIGITS:
            raise self.fail(f"a number of {len(word)} digits is over the limit of {MAXIMUM_DIGITS}", start, end)
        before = self.out[-1].kind if self.out else ""
        earlier = self.out[-2].kind if len(self.out) > 1 else ""
        if before in {"SUB", "SUP", "FRAC"} or (before == "NUMBER" and earlier == "FRAC"):
            return self.emit("NUMBER", word[0], start, start + 1)
        return self.emit("NUMBER", word, start, end)

    def command(self, word: str, start: int, end: int) -> int:
        if word == "\\\\":
            skip = re.compile(r"\s*\[[^\]\n]{0,12}(?:pt|em|ex|mm|cm)\]").match(self.text, end)
            return self.emit("ROW", word, start, skip.end() if skip else end)
        if word in GREEK or word in (r"\top", r"\intercal", r"\infty", r"\prime"):
            return self.emit("NAME", word, start, end)
        if word in _ONES and (one := _ONE.match(self.text, end)):
            return self.emit("NAME", r"\mathbf{1}", start, one.end())
        if word in FUNCTIONS:
            return self.emit("NAME", word, start, end)
        if word in (r"\partial", r"\nabla"):
            return self.emit("SPECIAL", word, start, end)
        if word in (r"\sum", r"\prod"):
            return self.emit("BIG", word, start, end)
        if word in (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"):
            return self.emit("FRAC", word, start, end)
        if word == r"\sqrt":
            return self.emit("ROOT", word, start, end)
        if word in (r"\cdots", r"\dots", r"\ldots", r"\vdots", r"\ddots"):
            return self.emit("DOTS", word, start, end)
        if word in (r"\begin", r"\end"):
            return self.environment(word, start, end)
        if word in ACCENTS or word in FONTS:
            return self.decorated(word, start, end)
        if word == r"\substack":
            return self.substack(start, end)
        if word in _TRANSPARENT_COMMANDS:
            return end
        if word in _DROPPED_WITH_ARGUMENT or word == r"\textcircled":
            dropped = _TEXT.match(self.text, end)
            return dropped.end() if dropped else end
        return self.symbol(word, start, end)

    def words(self, text: str, start: int, inside: int, end: int) -> int:
        """Words, with the mathematics between dollars in them."""
        parts = text.split("$")
        if len(parts) % 2 == 0:
            return self.emit("TEXT", text.strip(), start, end)
        for position, part in enumerate(parts):
            if position % 2:
                self.out.extend(_Tokenizer(part, self.offset + inside).run())
            elif part.strip() or len(parts) == 1:
                self.emit("TEXT", part.strip(), inside if position else start, inside + len(part))
            inside += len(part) + 1
        return end

    def environment(self, word: str, start: int, end: int) -> int:
        found = _ENVIRONMENT.match(self.text, end)
        if not found:
            raise self.fail(f"`{word}` needs the name of an environment in braces", start, end)
        if word == r"\end":
            return self.emit("END", found.group(1), start, found.end())
        columns = _COLUMNS.match(self.text, found.end()) if found.group(1) in _WITH_COLUMNS else None
        return self.emit("BEGIN", found.group(1), start, columns.end() if columns else found.end())

    def substack(self, start: int, end: int) -> int:
        r"""``\substack{a \\ b}`` is a block whose braces begin and end it."""
        opening = re.compile(r"\s*\{").match(self.text, end)
        closing = self.closings.get(opening.end() - 1) if opening else None
        if opening is None or closing is None:
            raise self.fail(r"`\substack` needs its rows in braces", start, end)
        self.ends[closing] = "substack"
        return self.emit("BEGIN", "substack", start, opening.end())

    def decorated(self, word: str, start: int, end: int) -> int:
        """A name under an accent or in a font, a function written in words, or a remark in words."""
        words = _WORD.match(self.text, end)
        if words and word in _WORDS:
            inner = words.group(1)
            if inner == "d":
                return self.emit("SPECIAL", r"\mathrm{d}", start, words.end())
            if inner in FUNCTION_WORDS or (word != r"\text" and inner.isalnum()):
                return self.emit("NAME", rf"\mathrm{{{inner}}}", start, words.end())
        if words and words.group(1) == "1" and word in _ONES:
            return self.emit("NAME", r"\mathbf{1}", start, words.end())
        named = _name_argument(self.text, end)
        if named and not (word == r"\text" and named[0].isalpha()):
            return self.emit("NAME", _canonical(word, named[0]), start, named[1])
        remark = _TEXT.match(self.text, end)
        if word in _WORDS and remark:
            return self.words(remark.group(1), start, remark.start(1), remark.end())
        if words and word in FONTS:
            return self.emit("NAME", _canonical(word, words.group(1).replace(" ", "")), start, words.end())
        raise self.fail(f"`{word}` stands over more than one name", start, end, "one letter in braces")
