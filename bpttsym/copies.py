r"""The copies of a parameter: ``W^{(t)}`` where the definitions have ``W`` is what step t uses of it (SEMANTICS 4).

A claim that names copies is about the same network with a node ``W_t = W`` at every step, from which that step is
computed: ``\partial h_t / \partial W_t`` leaves the steps before it alone, and ``\partial L / \partial W`` holds all.
"""

from __future__ import annotations

from bpttsym.axes import Place
from bpttsym.expr import (
    Derivative,
    Expr,
    Relation,
    Sum,
    Symbol,
    children,
    names,
    walk,
)
from bpttsym.model import Definition, Model
from bpttsym.records import replace
from bpttsym.rewriting import with_children

STEP = Symbol("t")


def with_copies(relation: Relation, model: Model) -> Model:
    """The model with a node for each copy that a relation names; the model itself where it names none for sure."""
    wanted = _copied(relation, model)
    if not wanted:
        return model
    definitions = []
    for known in model.definitions:
        body = _at_steps(known.body, wanted, _own_step(known, model), model)
        if body is None:
            return model
        definitions.append(replace(known, body=body))
    added = (Definition(name, (STEP,), Symbol(name)) for name in sorted(wanted))
    return replace(model, definitions=(*definitions, *added))


def is_copy(definition: Definition) -> bool:
    """Whether a definition says that a node is the copy of a parameter at a step."""
    return definition.index == (STEP,) and definition.body == Symbol(definition.name)


def _copied(relation: Relation, model: Model) -> set[str]:
    """Parameters by which a relation differentiates with one index, and that the model has without any.

    One that is only multiplied may be a power in parentheses: ``W^{(t)}``.
    """
    below = [part.by for part in walk(relation) if isinstance(part, Derivative)]
    found = {by.name for by in below if isinstance(by, Symbol) and len(by.index) == 1}
    heads = {known.name for known in (*model.definitions, *model.abbreviations)}
    used = {name for known in model.definitions for name in names(known.body)}
    return {name for name in (found & used) - heads if model.arities.get(name) == frozenset((0,))}


def _own_step(known: Definition, model: Model) -> Expr | None:
    """The index of a definition that is its step; None if it has none."""
    places = [Place(known.name, len(known.index), position) for position in range(len(known.index))]
    steps = [part for place, part in zip(places, known.index, strict=True) if model.axes.counts_steps(place)]
    return steps[0] if len(steps) == 1 else None


def _at_steps(body: Expr, wanted: set[str], step: Expr | None, model: Model) -> Expr | None:
    """A body with the copies of its own step, or of the step over which it is summed; None if both may be meant."""
    if not names(body) & wanted:
        return body
    if isinstance(body, Symbol):
        return replace(body, index=(step,)) if step is not None else body
    inner = step
    if isinstance(body, Sum) and not body.components:
        if step is not None:
            return None
        inner = Symbol(body.index)
    found = [
        _at_steps(child, wanted, inner if place == 0 else step, model) for place, child in enumerate(children(body))
    ]
    new = tuple(child for child in found if child is not None)
    return with_children(body, new) if len(new) == len(found) else None
