"""The sizes that a document declares, in its models: those that agree with the definitions (a part of document)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bpttsym.axes import letters_of
from bpttsym.declarations import Declared, Known, Refusal, accepted, shown
from bpttsym.errors import NotRead
from bpttsym.expr import Symbol, walk
from bpttsym.model import Model, inlined
from bpttsym.records import replace
from bpttsym.shapes import SizedDefinition, Sizes, infer_sizes

SAMPLES = "samples()"
"""The name under which the size of the axis that counts samples is kept."""

Accepted = tuple[tuple[Declared, ...], dict[Declared, Refusal]]


def with_declared(model: Model, declared: Collection[Declared]) -> tuple[Model, dict[Declared, Refusal]]:
    """A model with the sizes that a document gives to its names, and why some of them are not used."""
    running = {name for known in model.definitions for part in known.index for name in letters_of(part)}
    used = [one for one in declared if len(one.labels) < 3 and _is_of_step(one, model, running)]
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
        samples = [(SAMPLES, (one.samples,)) for one in given if one.samples]
        labels = [*samples, *((one.name, one.labels) for one in given)]
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
    kept, refused = _with_samples(used, known)
    return replace(model, declared=kept), refused


def _is_of_step(one: Declared, model: Model, running: Collection[str]) -> bool:
    """Whether sizes are those of a whole quantity of the model, at a step: ``h_{t,i}`` and ``x_i`` may be entries."""
    letters = {name for part in one.index for name in letters_of(part)}
    return len(one.index) in model.arities.get(one.name, ()) and letters <= {*running, *model.axes.names}


def _with_samples(declared: Sequence[Declared], known: Known) -> Accepted:
    """The declarations that agree, where one axis of quantities with steps may count samples, the same in all of them.

    The equations are judged for one sample, so that no axis of samples is in the model.
    """
    plain = known.infer(())
    wide = [one for one in declared if _is_wide(one, plain, known)]
    if not wide:
        return accepted(declared, known)
    found = [
        (accepted([one if one not in wide else _single(one, axis) for one in declared], known), axis)
        for axis in _axes_of_samples(wide)
    ]
    if not found:
        first, *others = wide
        words = f"which axis counts samples is not said: `{first.name}` is {shown(first.labels)}, and {{}} is said here"
        kept, refused = accepted([one for one in declared if one not in wide], known)
        return kept, {**refused, **{one: Refusal(words.format(shown(one.labels)), False) for one in others}}
    (kept, refused), _ = min(found, key=lambda pair: (len(pair[0][1]), pair[1] != (0 if plain.is_row_wise else 1)))
    return tuple(one for one in kept if not one.samples), refused


def _is_wide(one: Declared, plain: Sizes, known: Known) -> bool:
    """Whether a vector at a step is said to have two axes."""
    shape = plain.shape_of(one.name)
    if not one.indexed or len(one.labels) != 2 or "1" in one.labels or one.name in known.parameters or shape is None:
        return False
    return (plain.find(shape[0]) == 0) != (plain.find(shape[1]) == 0)


def _axes_of_samples(wide: Sequence[Declared]) -> Iterator[int]:
    """The axes that are of one size in all of them."""
    yield from (axis for axis in (0, 1) if len({one.labels[axis] for one in wide}) == 1)


def _single(one: Declared, axis: int) -> Declared:
    """What is declared of one sample."""
    return replace(one, labels=(one.labels[1 - axis],), samples=one.labels[axis])
