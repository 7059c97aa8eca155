"""The sizes that a document declares, in its models: those that agree with the definitions (a part of document)."""

from __future__ import annotations

from collections.abc import Collection

from bpttsym.axes import letters_of
from bpttsym.declarations import Declared, Known, Refusal, accepted
from bpttsym.errors import NotRead
from bpttsym.expr import Symbol, walk
from bpttsym.model import Model, inlined
from bpttsym.records import replace
from bpttsym.shapes import SizedDefinition, Sizes, infer_sizes


def with_declared(model: Model, declared: Collection[Declared]) -> tuple[Model, dict[Declared, Refusal]]:
    """A model with the sizes that a document gives to its names, and why some of them are not used."""
    running = {name for known in model.definitions for part in known.index for name in letters_of(part)}
    used = [one for one in declared if _is_of_step(one, model, running)]
    if not used or not model.definitions or model.scalar:
        return model, {}
    try:
        bodies = [inlined(definition.body, model) for definition in model.definitions]
    except NotRead:
        return model, {}
    listed = [
        SizedDefinition(d.name, bool(d.index), body, d.name in model.losses)
        for d, body in zip(model.definitions, bodies, strict=True)
    ]

    def infer(given: Collection[Declared]) -> Sizes:
        labels = [(one.name, one.labels) for one in given]
        kinds = (model.elementwise, model.losses, model.parameters)
        return infer_sizes(listed, model.horizon, False, *kinds, labels)

    heads = {definition.name for definition in model.definitions}
    stepped = [body for d, body in zip(model.definitions, bodies, strict=True) if d.index]
    leaves = {part.name for body in stepped for part in walk(body) if isinstance(part, Symbol) and not part.index}
    known = Known(
        infer,
        {definition.name for definition in model.definitions if definition.index},
        {name for name in leaves - heads - model.axes.names if 0 in model.arities.get(name, ())},
        model.parameters,
        heads | {name for name, _ in model.counts},
    )
    kept, refused = accepted(used, known)
    return replace(model, declared=kept), refused


def _is_of_step(one: Declared, model: Model, running: Collection[str]) -> bool:
    """Whether sizes are those of a whole quantity of the model, at a step: ``h_{t,i}`` and ``x_i`` may be entries."""
    letters = {name for part in one.index for name in letters_of(part)}
    return len(one.index) in model.arities.get(one.name, ()) and letters <= {*running, *model.axes.names}
