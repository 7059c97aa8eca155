r"""LaTeX text to tokens: names with their accents and fonts, operators, fences, rows; offsets stay exact.

Spacing commands, sizes of delimiters and comments vanish here; ``\hat{y}`` and ``\mathrm{softmax}`` are one
name each. Every bar of ``|x|`` and ``\|x\|`` is decided to open or to close. What is not known becomes a token
that carries the reason, so that only its own line is not read.
"""

from __future__ import annotations

import re

from bpttsym import commands as known
from bpttsym import letters
from bpttsym.errors import LimitExceeded
from bpttsym.expr import Span
from bpttsym.naming import ARGUMENT, in_font, is_remark, name_argument, word_name
from bpttsym.regular import pattern
from bpttsym.scanner import Place, Scanner, Tok
from bpttsym.specials import SPECIAL

MAXIMUM_LENGTH = 200_000
MAXIMUM_NESTING = 60
MAXIMUM_DIGITS = 40
_MAXIMUM_INNER = 3  # mathematics in words in mathematics in words

_SIZES = pattern(r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*")
_HAND = "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u4e00-\u9fff\uac00-\ud7a3"  # letters of words, never of formulas
_ASCII = r"\s+|%[^\n]*|\\[a-zA-Z]+|\\[\s\S]|[0-9]+(?:\.[0-9]+)?|:=|<=|>=|\|\||[\s\S]"
_BEYOND = rf"[{_HAND}]+(?:[ \t]+[{_HAND}]+)*|[^\W\d_][{letters.MARKS}]+|[{letters.LOWERED}]+|[{letters.RAISED}]+"
_ASCII_TOKEN, _ANY_TOKEN = pattern(_ASCII), pattern(f"{_BEYOND}|{_ASCII}")  # the second takes long to compile
_SAME_BAR = pattern(
    r"(?:\s|\\[!,;:]|\{\})*(?P<size>\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*)?(?:\||\\vert(?![a-zA-Z]))"
)
_LOWER = pattern(r"\s*_")
_STEP = pattern(r"[^<>{}=]{1,40}>")
_ROW_SKIP = pattern(r"\*?\s*\[[^\]\n]{0,12}(?:pt|em|ex|mm|cm)\]|\*(?=\s)")
_ZEROS = frozenset((r"\mathbf", r"\boldsymbol", r"\bm", r"\vec"))  # zero is zero, of whatever size
_ZERO = pattern(r"\s*(?:\{\s*0\s*\}|0)")
_ONE = pattern(r"\s*(?:\{\s*1\s*\}|1)")


def tokenize(text: str, place: Place) -> list[Tok]:
    """The tokens of a display, each at its place in the document.

    Raises LimitExceeded for a display longer than MAXIMUM_LENGTH.
    """
    if len(text) > MAXIMUM_LENGTH:
        words = f"a display of {len(text)} characters is longer than the limit of {MAXIMUM_LENGTH}"
        raise LimitExceeded(words, Span(*place(0, 1)))
    return _Tokenizer(text, place, 0).run()


class _Tokenizer(Scanner):
    def __init__(self, text: str, place: Place, level: int) -> None:
        super().__init__(text, place)
        self.level = level
        self.match = (_ASCII_TOKEN if text.isascii() else _ANY_TOKEN).match
        self.bars: list[str] = []
        self.lefts: list[Tok] = []  # what was opened by \left and is not yet closed by \right

    def run(self) -> list[Tok]:
        text, position = self.text, 0
        while position < len(text):
            sized = _SIZES.match(text, position) if text[position] == "\\" else None
            if sized:
                position = self.delimiter(sized.group().strip(), position, sized.end())
                continue
            found = self.match(text, position)
            assert found is not None
            position = self.token(found.group(), position, found.end())
        return self.out

    def delimiter(self, size: str, start: int, position: int) -> int:
        r"""A delimiter with a size: ``\left.`` is none, bars take their side from left and right."""
        found = self.match(self.text, position)
        if found is None:
            return self.bad(f"`{size}` stands at the end without a delimiter", start, position)
        word = letters.spelling(found.group()) if found.group() in "‖∥∣⟨⟩" else found.group()
        left = self.lefts.pop() if size == r"\right" and self.lefts else None
        before = len(self.out)
        if word == ".":
            end = self.emit("NULL", size + ".", start, found.end())
        elif word in ("<", ">"):
            end = self.emit("OPEN" if word == "<" else "CLOSE", "<", start, found.end())
        elif word in known.BARS and size == r"\middle":
            end = self.bad(f"`{size}{word}` (a condition behind a bar) is not read", start, found.end())
        elif word in known.BARS:
            if left is not None and left.value == r"\left." and known.BARS[word] == "|":
                left.kind, left.value = "LBRACE", "{"
                self.emit("RBRACE", "}", start, found.end())
                return self.emit("AT", "|", start, found.end())
            opens = {"l": True, "r": False}.get(size[-1] if size[1] in "bB" else size[1])
            end = self.bar(known.BARS[word], start, found.end(), opens, size)
        else:
            end = self.token(word or "", start, found.end())
        if size == r"\left" and len(self.out) > before:
            self.lefts.append(self.out[-1])
        return end

    def bar(self, bar: str, start: int, end: int, opens: bool | None, size: str = "") -> int:
        """A bar that opens or closes; two single ones side by side on one side are a norm."""
        if bar == "|" and (second := _SAME_BAR.match(self.text, end)) and (second["size"] or "").strip() == size:
            bar, end = "||", second.end()
        before = [tok.kind for tok in self.out[-2:]]
        raised = before in (["SUP", "OP"], ["SUP", "SIGN"])  # y^*
        operand = raised or (before[-1:] != [] and before[-1] in _OPERANDS)
        if bar == "|" and operand and not opens and "|" not in self.bars and _LOWER.match(self.text, end):
            return self.emit("AT", bar, start, end)
        if opens is None:
            if bar == "||" and operand and self.bars[-1:] == ["|"] and self.text[start:end] not in (r"\|", r"\Vert"):
                self.close("|", start, start + 1)
                return self.bar("|", end - 1, end, True)
            opens = not operand or bar not in self.bars
        if opens:
            self.bars.append(bar)
            return self.emit("NORM_OPEN", bar, start, end)
        return self.close(bar, start, end)

    def _place_holder(self) -> None:
        r"""``f(\cdot)``: a dot that is all there is in parentheses holds the place of an argument."""
        kinds = [tok.kind for tok in self.out[-3:]]
        if kinds == ["OPEN", "OP", "CLOSE"] and self.out[-2].value == r"\cdot" and self.out[-1].value == "(":
            self.out[-2].kind, self.out[-2].value = "NAME", ARGUMENT

    def close(self, bar: str, start: int, end: int) -> int:
        if bar in self.bars:
            while self.bars.pop() != bar:
                continue
        return self.emit("NORM_CLOSE", bar, start, end)

    def token(self, word: str, start: int, end: int) -> int:
        first = word[0]
        if first.isspace() or first in "%~" or word in known.SPACING:
            return end
        if first in "0123456789":
            return self.number(word, start, end)
        if first == "\\" and len(word) > 1:
            return self.command(word, start, end)
        if not word.isascii():
            return self.beyond_ascii(word, start, end)
        if first.isalpha():
            if first not in _PLAIN_FIRST or self.text[start - 1 : start].isalpha():
                return self.emit("NAME", word, start, end)
            plain = _PLAIN_FUNCTION.match(self.text, start)
            if word_end := _PLAIN_NAME.match(self.text, start):
                return self.emit("NAME", r"\mathrm{net}", start, word_end.end())
            if plain:
                return self.emit("NAME", rf"\mathrm{{{plain[1]}}}", start, plain.end(1))
            return self.emit("NAME", word, start, end)
        if start in self.at_end:
            kind, value, after = self.at_end[start]
            return max(self.emit(kind, value, start, end) if kind else end, after)
        if word in _SINGLE:
            return self.emit(_SINGLE[word], word, start, end)
        return self.symbol(word, start, end)

    def symbol(self, word: str, start: int, end: int) -> int:
        if word == "<" and [tok.kind for tok in self.out[-2:]] == ["SUP", "LBRACE"] and _STEP.match(self.text, end):
            self.at_end[self.text.index(">", end)] = ("CLOSE", "<", 0)
            return self.emit("OPEN", "<", start, end)
        if word in known.RELATIONS:
            return self.emit("REL", known.RELATIONS[word], start, end)
        if word in known.OPERATORS:
            return self.emit("OP", known.OPERATORS[word], start, end)
        if word in known.OPENING:
            return self.emit("OPEN", known.OPENING[word], start, end)
        if word in known.CLOSING:
            self.emit("CLOSE", known.CLOSING[word], start, end)
            self._place_holder()
            return end
        if word in known.BARS:
            return self.bar(known.BARS[word], start, end, None)
        if word in known.FORCED_BARS:
            bar, opens = known.FORCED_BARS[word]
            return self.bar(bar, start, end, opens)
        if word in known.UNREAD:
            return self.bad(f"`{word}` ({known.UNREAD[word]}) is not read", start, end)
        if len(word) > 2 and word[0] == "\\":
            near = known.nearest(word)
            return self.bad(f"the command `{word}` is not known", start, end, f"`{near}`" if near else "")
        return self.bad(f"`{word}` is not read", start, end)

    def beyond_ascii(self, word: str, start: int, end: int) -> int:
        """Words, raised and lowered runs, letters with marks, signs; a look-alike is told."""
        if re.match(f"[{_HAND}]", word):
            return self.emit("TEXT", word, start, end)
        if word[0] in letters.LOWERED + letters.RAISED:
            return self.script(word, start, end)
        meant = letters.spelling(word) if len(word) == 1 else letters.accented(word)
        if meant is None:
            return self.bad(letters.refusal(word[0])[0], start, end, letters.refusal(word[0])[1])
        if meant.startswith("\\") and "{" in meant:
            named = name_argument(meant, 0)
            assert named is not None, "letters.py writes names"
            return self.emit("NAME", named[0], start, end)
        return self.token(meant, start, end) if meant else end

    def script(self, word: str, start: int, end: int) -> int:
        self.emit("SUB" if word[0] in letters.LOWERED else "SUP", word[0], start, start)
        self.emit("LBRACE", "{", start, start)
        for position, character in enumerate(letters.plain(word)):
            self.token(character, start + position, start + position + 1)
        return self.emit("RBRACE", "}", end, end)

    def number(self, word: str, start: int, end: int) -> int:
        r"""A number; after ``_``, ``^`` and ``\frac`` TeX takes a single digit."""
        if len(word) > MAXIMUM_DIGITS:
            return self.bad(f"a number of {len(word)} digits is over the limit of {MAXIMUM_DIGITS}", start, end)
        before = self.out[-1].kind if self.out else ""
        earlier = self.out[-2].kind if len(self.out) > 1 else ""
        if before in {"SUB", "SUP", "FRAC"} or (before == "NUMBER" and earlier == "FRAC"):
            return self.emit("NUMBER", word[0], start, start + 1)
        return self.emit("NUMBER", word, start, end)

    def command(self, word: str, start: int, end: int) -> int:
        if word + "*" in known.STARRED and self.text.startswith("*", end):
            end += 1
        if word in known.ROW_ENDS:
            skip = _ROW_SKIP.match(self.text, end)
            return self.emit("ROW", word, start, skip.end() if skip else end)
        if word in known.GAPS:
            return self.emit("GAP", word, start, end)
        if word in known.SAYING:
            return self.emit("TEXT", known.SAYING[word], start, end)
        if word in (r"\mathbf", r"\mathbb", r"\boldsymbol", r"\bm") and (one := _ONE.match(self.text, end)):
            return self.emit("NAME", r"\mathbf{1}", start, one.end())
        if word in _ZEROS and (zero := _ZERO.match(self.text, end)):
            return self.emit("NUMBER", "0", start, zero.end())
        if word in known.ACCENTS or word in known.FONTS:
            return self.decorated(word, start, end)
        if word in known.DROPPED_WITH_ARGUMENT:
            return self.after_argument(end)
        if word in known.KINDS:
            return self.emit(known.KINDS[word], word, start, end)
        special = SPECIAL.get(word)
        return special(self, word, start, end) if special else self.symbol(word, start, end)

    def words(self, text: str, start: int, inside: int, end: int) -> int:
        """Words, with the mathematics between dollars in them."""
        parts = text.split("$")
        if len(parts) % 2 == 0 or len(parts) == 1 or self.level >= _MAXIMUM_INNER:
            return self.emit("TEXT", " ".join(text.split()), start, end)
        for position, part in enumerate(parts):
            if position % 2:
                self.out.extend(_Tokenizer(part, _moved(self.place, inside), self.level + 1).run())
            elif part.strip():
                self.emit("TEXT", " ".join(part.split()), inside, inside + len(part))
            inside += len(part) + 1
        return end

    def decorated(self, word: str, start: int, end: int) -> int:
        """A name under an accent or in a font, a function written in words, or a remark in words."""
        found = self.argument(end)
        inner = self.text[found[0] + 1 : found[1]] if found else ""
        if word in known.WORD_FONTS and (name := word_name(word, inner.strip())) and found:
            return self.named(name, start, found[1] + 1)
        named = name_argument(self.text, end)
        if named and not (is_remark(word) and named[0].isalpha()):
            return self.named(in_font(word, named[0]), start, named[1])
        if found is None:
            return self.bad(f"`{word}` stands over nothing that can have it", start, end, "one letter in braces")
        if is_remark(word) or (word in known.WORD_FONTS and not re.search(r"[_^\\]", inner)):
            return self.words(inner, start, found[0] + 1, found[1] + 1)
        return self.over_scripts(word, inner, start, found)

    def named(self, name: str, start: int, end: int) -> int:
        return self.emit("SPECIAL" if name == r"\mathrm{d}" else "NAME", name, start, end)

    def over_scripts(self, word: str, inner: str, start: int, found: tuple[int, int]) -> int:
        r"""``\hat{y_t}`` is ``\hat{y}_t``; an accent over more than one letter with its scripts is not read."""
        named = name_argument(self.text, found[0] + 1)
        if named and _ONLY_SCRIPTS.fullmatch(self.text, named[1], found[1]):
            self.at_end[found[1]] = ("", "", 0)
            return self.emit("NAME", in_font(word, named[0]), start, named[1])
        if word in known.FONTS and re.fullmatch(r"[A-Za-z0-9 ]+", inner):
            return self.emit("NAME", in_font(word, inner.replace(" ", "")), start, found[1] + 1)
        if word == r"\underline":
            return found[0]
        strange = next((letter for letter in inner if not letter.isascii()), "")
        if strange and letters.spelling(strange) is None:
            message, expected = letters.refusal(strange)
            return self.bad(message, start, found[1] + 1, expected)
        return self.bad(f"`{word}` stands over more than one name", start, found[1] + 1, "one letter in braces")


def _moved(place: Place, by: int) -> Place:
    return lambda start, end: place(start + by, end + by)


_SINGLE = {
    "{": "LBRACE",
    "}": "RBRACE",
    "_": "SUB",
    "^": "SUP",
    "'": "PRIME",
    "&": "AMP",
    "?": "HOLE",
    "+": "SIGN",
    "-": "SIGN",
    ",": "SEP",
    ";": "SEP",
    ":": "COLON",
    ".": "DOT",
}
_OPERANDS = frozenset("NAME NUMBER RBRACE CLOSE NORM_CLOSE PRIME HOLE TABLE END DOTS BAD TEXT".split())
_PLAIN_FUNCTION = pattern(r"(softmax|tanh|sigmoid|relu|ReLU|diag|softplus)(?=\s*(?:\\left\s*)?[(\[])")
"""Names of functions in the letters of formulas: ``softmax(V s_t)``."""
_PLAIN_FIRST = frozenset("strRdn")
_PLAIN_NAME = pattern(r"net(?=\s*(?:\\left\s*)?[_(^])")
"""What a unit takes in, in the letters of formulas: ``net_j(t)``."""

_ONLY_SCRIPTS = pattern(r"(?:\s*[_^]\s*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\[a-zA-Z]+|[^\\{}\s]))+\s*|'+")
