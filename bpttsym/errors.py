"""What can go wrong, by whose fault it is: the only exceptions that bpttsym raises on purpose."""

from __future__ import annotations

from bpttsym.expr import Span


class BpttsymError(Exception):
    """Any failure that bpttsym foresees; its text is one sentence that a person can act on."""


class UnreadableSource(BpttsymError):
    """A file that cannot be read at all (missing, binary, empty, not UTF-8): exit status 2."""


class UsageError(BpttsymError):
    """An argument or a declaration that names nothing bpttsym knows: exit status 2."""


class NotRead(BpttsymError):
    """An equation that the reader does not understand; points at the smallest offending span.

    ``expected`` says what would have been read instead, in words; it may be empty.
    """

    def __init__(self, message: str, span: Span | None = None, expected: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.expected = expected


class LimitExceeded(NotRead):
    """A limit of the reader or of the evaluator was met; the message names the limit."""


class Contradiction(BpttsymError):
    """Algebra and numbers disagree: an error of bpttsym itself, never a verdict; exit status 3."""
