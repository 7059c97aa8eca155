"""What running text says anew of a quantity: a model for its paragraph and the display behind it (SEMANTICS section 1).

Later displays of the section may be about it too; for them it is a reading beside the model of the section.
"""

from __future__ import annotations

import re

from bpttsym.expr import Relation, Symbol
from bpttsym.regular import pattern
from bpttsym.scope import Scope

PARAGRAPH = pattern(r"\n\s*\n")
"""What parts two paragraphs."""

SENTENCE = r"[.?!;]\s|\n\s*\n|\$\$|\n\s*(?:[-*#]|\d+\.)\s"
SUPPOSING = r"(?i)\b(?:let|assum\w*|suppos\w*|with|where|given|denote|here|since|provided|say)\b|가정|하자|두자|여기서"
CONDITIONAL = r"(?i)\b(?:if|then|when\w*|unless|whether|otherwise|implies)\b|이면|라면|만약|때"
"""What ends a sentence, what makes an assumption of one, and what makes it a theorem or a case."""


def sentence(text: str, start: int, end: int) -> str:
    """The sentence that a part of a text stands in."""
    begin = max((found.end() for found in re.finditer(SENTENCE, text[:start])), default=0)
    following = re.search(SENTENCE, text[end:])
    return text[begin : end + following.start() if following else len(text)]


def supposes(text: str, start: int, end: int) -> bool:
    """Whether the sentence around a formula assumes it (``let``, ``with``): behind ``if`` it holds in a case only."""
    around = sentence(text, start, end)
    return re.search(SUPPOSING, around) is not None and re.search(CONDITIONAL, around) is None


class Asides:
    """The formulas that running text gives, each in a scope of its own among those of the document."""

    def __init__(self, scopes: list[Scope]) -> None:
        self.scopes = scopes
        self.place: int | None = None  # of the scope that is open
        self.used = False  # whether the display behind it has come
        self.said: Relation | None = None

    def close(self) -> None:
        """The next section begins."""
        self.place, self.used, self.said = None, False, None

    def add(self, relation: Relation, base: int) -> None:
        """Take in a formula that differs from the one in force in the scope ``base``."""
        if self.place is None or self.used or self.scopes[self.place].conflict(relation) is not None:
            scope = self.scopes[base].child(relation.span.start if relation.span else 0, self.scopes[base].title)
            scope.aside = True
            self.scopes.append(scope)
            self.place, self.used = len(self.scopes) - 1, False
        self.scopes[self.place].define(relation)
        self.said = relation

    def restated(self, relation: Relation, base: Scope) -> None:
        """The formula in force, said again, ends what was said beside it."""
        left = relation.left
        if self.place is None or not isinstance(left, Symbol):
            return
        slot = base.slot(left)
        known, other = base.definitions.get(slot), self.scopes[self.place].definitions.get(slot)
        if known is not None and other is not None and known.body == relation.right != other.body:
            self.close()

    def introduces(self, text: str, start: int) -> bool:
        """Whether the open formula stands in the paragraph before a display, and no other claim came between."""
        if self.used or self.said is None or self.said.span is None:
            return False
        return len(PARAGRAPH.findall(text[self.said.span.end : start])) < 2

    def complete(self) -> None:
        """Give every such scope what its section defined later."""
        for scope in self.scopes:
            if scope.aside and scope.parent is not None:
                scope.adopt(scope.parent)
