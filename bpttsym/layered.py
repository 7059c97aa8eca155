"""As many layers as a claim names: ``h_t^{(3)}`` in a document that does not say how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bpttsym.axes import DEFAULT_LAYERS, Place
from bpttsym.expr import Number, Relation, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.records import replace
from bpttsym.variants import Variant


def with_layers(relation: Relation, found: Sequence[Variant]) -> list[Variant]:
    """The models of a claim, each with the layers that it names; both as the last one and below others.

    Where the definitions do not say which layer is the last, none is. A claim that names none is tried with two layers
    and with three.
    """
    return [one for variant in found for one in _layered(relation, variant)]


def _layered(relation: Relation, variant: Variant) -> list[Variant]:
    model = variant.base
    named = _literal_layers(relation, model)
    if not named:
        return _of_any_number(variant)
    ((axis, last),) = list(named.items())[:1]
    bodies = (d.body for d in (*model.definitions, *model.abbreviations))
    indices = (index for body in bodies for part in walk(body) if isinstance(part, Symbol) for index in part.index)
    if Symbol(axis) not in indices and Symbol(axis) not in _indices(relation):
        return [_counting(variant, axis, last, "")]
    shown = unicode_line(Symbol(axis))
    return [
        _counting(variant, axis, last, f"{shown} = {last}"),
        _counting(variant, axis, last + 1, f"{shown} > {last}"),
    ]


def _of_any_number(variant: Variant) -> list[Variant]:
    """The models with two layers and with more, where nothing says how many there are."""
    model = variant.base
    axes = [name for name, end in model.axes.ends.items() if not end.steps and end.fixed]
    if model.counts or not axes or axes[0] not in model.axes.places.values():
        return [variant]
    shown = unicode_line(Symbol(axes[0]))
    return [
        _counting(variant, axes[0], DEFAULT_LAYERS, f"{shown} = {DEFAULT_LAYERS}"),
        replace(_counting(variant, axes[0], DEFAULT_LAYERS + 1, f"{shown} > {DEFAULT_LAYERS}"), deeper=True),
    ]


def _indices(relation: Relation) -> list[object]:
    return [index for part in walk(relation) if isinstance(part, Symbol) for index in part.index]


def _literal_layers(relation: Relation, model: Model) -> dict[str, int]:
    """By the name of the last one, the largest layer that is named by its number, if that is the last or beyond it."""
    given = {name for name, _ in model.counts}
    found: dict[str, int] = {}
    for part in walk(relation):
        for position, index in enumerate(part.index if isinstance(part, Symbol) else ()):
            axis = model.axes.places.get(Place(part.name, len(part.index), position), "")  # type: ignore[attr-defined]
            end = model.axes.ends.get(axis)
            if isinstance(index, Number) and end is not None and not end.steps and not given:
                found[axis] = max(found.get(axis, 0), int(index.value))
    return {axis: last for axis, last in found.items() if last >= model.axes.ends[axis].number}


def _counting(variant: Variant, axis: str, last: int, condition: str) -> Variant:
    """The same models with so many layers."""

    def counted(model: Model) -> Model:
        return replace(model, counts=(*model.counts, (axis, last)))

    build: Callable[[int], Model] = variant.build
    return replace(
        variant,
        condition=" and ".join(filter(None, (variant.condition, condition))),
        base=counted(variant.base),
        build=lambda length: counted(build(length)),
    )
