r"""A model whose layers are quantities of their own: ``h_{t,2}`` with the second index in its name.

What is left as an index counts steps. A result about such a model is one about the given model when the names are
taken apart again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from bpttsym.axes import Place
from bpttsym.definitions import Definition, Model, index_value
from bpttsym.expr import (
    Call,
    Expr,
    Symbol,
    integer,
)
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import substitute, transform


@dataclass(frozen=True)
class Flattened:
    """A model with the names that stand for quantities of layers, and what they stand for: steps are None."""

    model: Model
    named: dict[str, tuple[str, tuple[Expr | None, ...]]]
    _given: Model
    _length: int

    def flat(self, expr: Expr) -> Expr:
        """An expression of the given model as one of this model."""
        names = _Names(self._given, self._length)
        return names.flat(expr, {})

    def given(self, expr: Expr) -> Expr:
        """An expression of this model as one of the given model."""

        def change(node: Expr) -> Expr:
            if not isinstance(node, Symbol) or node.name not in self.named:
                return node
            name, index = self.named[node.name]
            steps = iter(node.index)
            return Symbol(name, tuple(next(steps) if part is None else part for part in index))

        return transform(expr, change)


def flattened(model: Model, length: int) -> Flattened:
    """The model with each of its layers written out."""
    names = _Names(model, length)
    definitions = tuple(flat for definition in model.definitions for flat in names.definitions(definition))
    return Flattened(replace(model, definitions=definitions), names.named, model, length)


class _Names:
    def __init__(self, model: Model, length: int) -> None:
        self.model = model
        self.length = length
        self.ends = {name: value for name, value in model.axes.bindings(length).items() if self._is_layer(name)}
        self.named: dict[str, tuple[str, tuple[Expr | None, ...]]] = {}

    def _is_layer(self, name: str) -> bool:
        return name in self.model.axes.ends and not self.model.axes.ends[name].steps

    def _runs(self, name: str, count: int, position: int) -> bool:
        """Whether an index at this place stays one: it counts steps."""
        return self.model.axes.counts_steps(Place(name, count, position))

    def definitions(self, definition: Definition) -> Iterator[Definition]:
        """A definition for each layer that it is about."""
        name, index = definition.name, definition.index
        places = [n for n in range(len(index)) if not self._runs(name, len(index), n)]
        ranges = [self._values(index[n], Place(name, len(index), n)) for n in places]
        literal = {other.index for other in self.model.definitions if other.name == name and other is not definition}
        for values in product(*ranges):
            bindings: dict[str, Expr] = {
                part.name: integer(value)
                for n, value in zip(places, values, strict=True)
                if isinstance(part := index[n], Symbol) and part.name not in self.ends
            }
            own = tuple(
                substitute(part, {**self._numbers, **bindings}) if n in places else part for n, part in enumerate(index)
            )
            if own != index and own in literal:
                continue
            head = self.flat(Symbol(name, own), {})
            assert isinstance(head, Symbol)
            yield replace(definition, name=head.name, index=head.index, body=self.flat(definition.body, bindings))

    @property
    def _numbers(self) -> dict[str, Expr]:
        return {name: integer(value) for name, value in self.ends.items()}

    def _values(self, part: Expr, place: Place) -> list[int]:
        if isinstance(part, Symbol) and part.name not in self.ends:
            return list(range(1, self.model.axes.end(place, self.length) + 1))
        return [index_value(part, self.ends)]

    def flat(self, expr: Expr, bindings: dict[str, Expr]) -> Expr:
        """An expression with layers in the names of its quantities."""

        def change(node: Expr) -> Expr:
            match node:
                case Symbol(name, index) if index:
                    count = len(index)
                    layers = {n for n in range(count) if not self._runs(name, count, n)}
                    if not layers:
                        return node
                    parts = [self._number(part) if n in layers else part for n, part in enumerate(index)]
                    shown = ",".join(str(index_value(parts[n], {})) for n in sorted(layers))
                    title = f"{name}^{{({shown})}}"
                    self.named[title] = name, tuple(part if n in layers else None for n, part in enumerate(parts))
                    return Symbol(title, tuple(part for n, part in enumerate(parts) if n not in layers))
                case Call(index=which) if which:
                    return replace(node, index=tuple(map(self._number, which)))
                case _:
                    return node

        numbers = {name: value for name, value in self._numbers.items() if (name, ()) not in self._quantities}
        return transform(substitute(expr, {**numbers, **bindings}), change)

    @property
    def _quantities(self) -> set[tuple[str, tuple[Expr, ...]]]:
        return {(definition.name, definition.index) for definition in self.model.definitions}

    def _number(self, part: Expr) -> Expr:
        return integer(index_value(part, self.ends))
