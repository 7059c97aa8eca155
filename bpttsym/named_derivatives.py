r"""Letters that stand for the derivative beside them, whatever its steps (a part of document).

    A: \frac{\partial L_t}{\partial \hat{y}_t} = -\frac{y_t}{\hat{y}_t}      C = \frac{\partial Z_t}{\partial V} = h_t

Behind them ``A \times B`` is the product of the derivatives, at the step of the equation that it stands in. A letter
that the definitions of the document use is none of these.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from bpttsym.displayed import Entry
from bpttsym.expr import Expr, Relation, Symbol
from bpttsym.model import free_letters, has_derivative
from bpttsym.regular import pattern
from bpttsym.rewriting import substitute

LABEL = pattern(r"(?:^|[^\w\\}])([A-Z])\s*:\s*$")
"""A capital before a colon, at the end of what stands before an equation."""
REACH = 20
"""How many characters before an equation its label stands in."""


class NamedDerivatives:
    """Which letter stands for what, by the scope in which it was said."""

    def __init__(self) -> None:
        self.said: dict[str, dict[int, Expr]] = {}

    def find(self, text: str, entries: Iterable[Entry], used: Container[str]) -> None:
        """Take in the letters of a document; relations that only give a letter its meaning become definitions."""
        for entry in entries:
            relation = entry.relation
            if relation is None or entry.kind == "definition":
                continue
            label = LABEL.search(text[max(0, entry.span.start - REACH) : entry.span.start])
            if label and label[1] not in used and has_derivative(relation.left):
                self.said.setdefault(label[1], {})[entry.scope] = relation.left
            elif self._names(relation, entry.scope, used):
                entry.kind = "definition"

    def _names(self, relation: Relation, scope: int, used: Container[str]) -> bool:
        """Take in a relation that gives a letter to a derivative, with a colon or leaving its steps out."""
        left, right = relation.left, relation.right
        if not isinstance(left, Symbol) or left.index or left.name in used or not has_derivative(right):
            return False
        if relation.operator != ":" and not (relation.operator in ("=", ":=") and free_letters(right)):
            return False
        if scope in self.said.get(left.name, {}):
            return False
        self.said.setdefault(left.name, {})[scope] = right
        return True

    def opened(self, relation: Relation, scope: int) -> Relation:
        """A relation with its letters replaced by what they stand for, as it was said last."""
        values = {}
        for name, said in self.said.items():
            before = [place for place in said if place <= scope]
            if before:
                values[name] = said[max(before)]
        if not values:
            return relation
        left, right = substitute(relation.left, values), substitute(relation.right, values)
        same = left is relation.left and right is relation.right
        return relation if same else Relation(left, relation.operator, right, span=relation.span)
