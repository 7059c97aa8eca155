r"""Names for several states taken as one, ``s_t := (h_t, c_t)``, opened where something is differentiated.

    \frac{\partial L}{\partial s_t}     is     \frac{\partial L}{\partial (h_t, c_t)}

Nothing is computed from such a name, so as a quantity of the graph it would have no effect, and every derivative by it
would be zero. A stack that other formulas read (``z_t = [h_{t-1}; x_t]``) is a quantity like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpttsym.expr import Concatenate, Derivative, Expr, Relation, Symbol, names
from bpttsym.memo import of_node
from bpttsym.model import Definition, Model
from bpttsym.records import replace
from bpttsym.rewriting import substitute, transform


@of_node
def joint_names(model: Model) -> Mapping[str, Definition]:
    """The names of a model that only stand for several of its quantities at one step."""
    found = {d.name: d for d in model.definitions if isinstance(d.body, Concatenate)}
    if not found:
        return {}
    used = {name for definition in model.definitions for name in names(definition.body)}
    counts = [definition.name for definition in model.definitions]
    return {
        name: one
        for name, one in found.items()
        if name not in used and counts.count(name) == 1 and _is_joint(one, counts)
    }


def _is_joint(definition: Definition, computed: list[str]) -> bool:
    """Whether a definition lists computed quantities of its own step, each once, one below the other."""
    body, index = definition.body, definition.index
    if not isinstance(body, Concatenate) or body.comma or not index or not all(isinstance(i, Symbol) for i in index):
        return False
    states = [part.name for part in body.parts if isinstance(part, Symbol) and part.index == index]
    return len(states) == len(set(states)) == len(body.parts) and set(states) <= set(computed)


def opened(expr: Expr, known: Mapping[str, Definition]) -> Expr:
    """A tree in which derivatives of and by joint names are those of and by what they stand for."""
    if not known or names(expr).isdisjoint(known):
        return expr

    def joined(part: Expr) -> Expr:
        if not isinstance(part, Symbol) or part.name not in known or len(part.index) != len(known[part.name].index):
            return part
        letters = [i.name for i in known[part.name].index if isinstance(i, Symbol)]
        body = substitute(known[part.name].body, dict(zip(letters, part.index, strict=True)))
        return replace(body, span=part.span)

    def change(part: Expr) -> Expr:
        if not isinstance(part, Derivative):
            return part
        of, by = joined(part.of), joined(part.by)
        moved = by.parts if isinstance(by, Concatenate) else (by,)
        if isinstance(of, Concatenate) and any(one in of.parts for one in moved):
            of = part.of  # by its own members it is the list of them that is differentiated
        return part if of is part.of and by is part.by else replace(part, of=of, by=by)

    return transform(expr, change)


def opened_relation(relation: Relation, model: Model) -> Relation:
    """The same for both sides of a relation."""
    known = joint_names(model)
    left, right = opened(relation.left, known), opened(relation.right, known)
    same = left is relation.left and right is relation.right
    return relation if same else replace(relation, left=left, right=right)


def with_opened(model: Model) -> Model:
    """A model whose abbreviations are opened."""
    known = joint_names(model)
    if not known or not model.abbreviations:
        return model
    return replace(
        model, abbreviations=tuple(replace(one, body=opened(one.body, known)) for one in model.abbreviations)
    )
