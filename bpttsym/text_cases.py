r"""The case of indices that the text before a display puts, ``Case $t \ne k$:``, under which the display may be meant.

It is a condition of the display right behind it, and of those that follow without a word between; ``for $t \ne k$``
right behind a display is one of that display. A display may put a case as well, by what stands before an arrow:
``t = k \Rightarrow e^{z_t} = e^{z_k}``.
"""

from __future__ import annotations

import re

from bpttsym.expr import Cases, Expr, Relation, Symbol, walk
from bpttsym.latex import unicode_line

COMPARING = frozenset(("=", r"\ne", "<", ">", r"\le", r"\ge"))
WORD = re.compile(r"[^\W\d_]")
COMMENT = re.compile(r"<!--.*?-->|(?m:^\s*%.*$)", re.DOTALL)
BEHIND = re.compile(r"[\s,]*(?:for|if|when|whenever|where|with|provided(?: that)?)(?: (?:all|any|each|every))?\W*")
DELIMITER = re.compile(r"\$\$|\\[\[\]]|\\(?:begin|end)\{[a-z]+\*?\}")


class TextCase:
    """The case that is open in the walk through a document; empty where there is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.said: tuple[Relation, ...] = ()
        self.anew = False  # whether it was put since the last display
        self.end = 0  # of the last display

    def close(self) -> None:
        """The next section begins."""
        self.said, self.anew = (), False

    def put(self, relation: Relation, start: int) -> bool:
        """Take in a comparison of indices that starts here; whether it is a condition of the display before it.

        One of the same letters takes the place of the one before.
        """
        if relation.operator not in COMPARING:
            return False
        if self.end and not self.anew and BEHIND.fullmatch(self._between(start)):
            return True
        kept = self.said if self.anew else ()
        same = _letters(relation)
        self.said = (*(one for one in kept if _letters(one) != same), relation)
        self.anew = True
        return False

    def _between(self, start: int) -> str:
        """What stands between the last display and a place, without marks."""
        return DELIMITER.sub("", COMMENT.sub("", self.text[self.end : start]))

    def before(self, start: int) -> tuple[Relation, ...]:
        """The case in which the display that starts here stands."""
        if not self.anew and WORD.search(self._between(start)):
            self.said = ()
        return self.said

    def behind(self, end: int, where: tuple[Relation, ...]) -> None:
        """A display has ended; ``where`` is the case that it puts itself, before an arrow."""
        self.end, self.anew = end, False
        if where:
            self.said = where


def words_of(case: tuple[Relation, ...], line: int) -> str:
    """The condition in words, with the line that puts it."""
    return f"{' and '.join(map(unicode_line, case))}, the case of line {line}"


def has_own_case(relation: Expr) -> bool:
    """Whether a relation tells cases apart itself."""
    return any(isinstance(part, Cases) for part in walk(relation))


def _letters(relation: Relation) -> set[str]:
    return {part.name for part in walk(relation) if isinstance(part, Symbol)}
