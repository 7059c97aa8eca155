r"""What ``\theta`` may stand for where a document only differentiates by it: sets of the parameters of its model.

    \frac{\partial L}{\partial\theta} = \sum_t \frac{\partial L}{\partial h_t}\frac{\partial^{+} h_t}{\partial\theta}

The largest set comes first; an equation of the chain rule that holds for it holds for every part of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.expr import Derivative, Expr, Relation, Symbol, children, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.names import parameters
from bpttsym.records import replace
from bpttsym.regular import pattern

ALL_PARAMETERS = pattern(r"(?:\\[A-Za-z]+\{)?\\(?:theta|Theta|vartheta)\}?")
"""The letters that stand for parameters as such, in any font."""


def only_differentiated_by(relation: Relation, missing: set[tuple[str, int]]) -> str:
    """The letter without a definition by which a relation differentiates, and that stands nowhere else; else ""."""
    for name, count in sorted(missing):
        if count == 0 and ALL_PARAMETERS.fullmatch(name):
            return name if all(_is_below(node, name) for node in (relation.left, relation.right)) else ""
    return ""


def _is_below(node: Expr, name: str) -> bool:
    """Whether a name stands in denominators of derivatives only."""
    if isinstance(node, Symbol):
        return node.name != name
    if isinstance(node, Derivative) and isinstance(node.by, Symbol) and not node.by.index:
        return _is_below(node.of, name)
    return all(_is_below(child, name) for child in children(node))


def with_sets(name: str, model: Model) -> Iterator[tuple[str, Model]]:
    """The model with each set that a letter may stand for, in words, the largest first."""
    known = [one for one in parameters(model) if one in model.arities]
    found: dict[tuple[str, ...], None] = {}
    for group in (known, *_together(model, known), *([one] for one in known)):
        if group:
            found[tuple(group)] = None
    for members in sorted(found, key=len, reverse=True):
        shown = ", ".join(unicode_line(Symbol(member)) for member in members)
        letter = unicode_line(Symbol(name))
        yield f"{letter} stands for {shown}", replace(model, sets=(*model.sets, (name, members)))


def _together(model: Model, known: list[str]) -> Iterator[list[str]]:
    """The parameters that one formula uses."""
    for definition in model.definitions:
        used = {part.name for part in walk(definition.body) if isinstance(part, Symbol)}
        yield [one for one in known if one in used]
