r"""The tokens of LaTeX and what takes them down: every token knows where it stands in the document."""

from __future__ import annotations

from collections.abc import Callable

from bpttsym.errors import NotRead
from bpttsym.expr import Span
from bpttsym.naming import braces
from bpttsym.records import dataclass, field


@dataclass(slots=True)
class Tok:
    """One token: its kind (a terminal of latex.lark, or one that rows.py takes away), its value and its offsets."""

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


Place = Callable[[int, int], tuple[int, int]]
"""Where a range of the text that is read stands in the document."""


class Scanner:
    """A text, the tokens that were found in it so far, and what its closing braces become."""

    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.place = place
        self.out: list[Tok] = []
        self.closings = braces(text)
        self.at_end: dict[int, tuple[str, str, int]] = {}  # what a closing mark becomes, and where to go on

    def emit(self, kind: str, value: str, start: int, end: int) -> int:
        """Takes down a token and returns where it ends."""
        self.out.append(Tok(kind, value, *self.place(start, end)))
        return end

    def bad(self, message: str, start: int, end: int, expected: str = "") -> int:
        """Takes down a token that is not read, with the reason."""
        self.emit("BAD", self.text[start:end], start, end)
        self.out[-1].failure = NotRead(message, self.out[-1].span, expected)
        return end

    def argument(self, end: int) -> tuple[int, int] | None:
        """Where the braces behind a command open and close."""
        while end < len(self.text) and self.text[end].isspace():
            end += 1
        return (end, self.closings[end]) if end in self.closings else None

    def after_argument(self, end: int) -> int:
        """Where to go on behind an argument in braces that is left out."""
        found = self.argument(end)
        return found[1] + 1 if found else end
