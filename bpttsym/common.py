"""What the graphs of one model have in common over several numbers of steps: nodes whose whole past is the same.

The first three states of a recurrence are what they are, whether it runs for three steps or for five, and whether it
is read in a document or in a text that was derived from it. A world of the same draws finds their values and
derivatives once. Nothing else is shared: a node is the same only if its formula says the same, at the same indices, of
the same parents, and if nothing in the formula knows where the steps end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bpttsym.axes import Axes
from bpttsym.expr import (
    Add,
    Call,
    Component,
    Concatenate,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Sum,
    Symbol,
    Transpose,
    walk,
)
from bpttsym.memo import of_node
from bpttsym.model import Definition, Graph, Key, Model
from bpttsym.records import fields
from bpttsym.shapes import Shape

Asked = tuple[Key, tuple[Key, ...], bool]
"""A derivative: of what, by what, and whether it is the immediate one."""


class Common:
    """The nodes of all graphs of one model, and what worlds of the same draws know of them."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._shared: dict[str, Any] = {}
        self._formulas: dict[int, tuple[Expr, int]] = {}  # each held, so that no other one gets its identity
        self._spelled: dict[Any, int] = {}
        self._kept: dict[tuple[str, tuple[tuple[str, Shape], ...]], tuple[dict[Any, Any], dict[Any, Any]]] = {}

    def shared(self, name: str, own: Any) -> Any:
        """What all worlds of a kind have together: the first that is brought."""
        return self._shared.setdefault(name, own)

    def kept(self, world: str, graph: Graph, shapes: Mapping[str, Shape]) -> Kept:
        """What is known in a kind of world with some shapes, by the nodes of a graph."""
        values, derivatives = self._kept.setdefault((world, tuple(sorted(shapes.items()))), ({}, {}))
        return Kept(self.numbered(graph), values, derivatives)

    def numbered(self, graph: Graph) -> dict[Key, int]:
        """A number for each node, the same in two graphs only if the node and all that it depends on are the same."""
        found: dict[Key, int] = {}
        ends = tuple(sorted(graph.ends.items()))
        for key, node in graph.nodes.items():
            body = node.body
            past = tuple(found[parent] for parent in node.parents)
            own: tuple[Any, ...] = (key, None)
            if isinstance(body, Number):
                own = (key, body.value)
            elif body is not None:
                free = _names_no_end(body, graph.ends)
                own = (key, self._formula(body), () if free else (graph.length, ends))
            found[key] = self._numbers.setdefault((*own, past), len(self._numbers))
        return found

    def _formula(self, body: Expr) -> int:
        """The number of a formula, the same for each that says the same, wherever it was read."""
        if id(body) not in self._formulas:
            self._formulas[id(body)] = body, self._spelled.setdefault(spelled(body), len(self._spelled))
        return self._formulas[id(body)][1]


def spelled(part: Any) -> Any:
    """Everything that a tree, or a tuple of some, says, but for where it was read."""
    if isinstance(part, Expr | Definition):
        said = (spelled(getattr(part, one.name)) for one in fields(type(part)) if one.name != "span")
        return (type(part).__name__, *said)
    return tuple(map(spelled, part)) if isinstance(part, tuple) else part


class Shelf:
    """What is known of the models of several documents: of one, and of the texts that are derived from it."""

    def __init__(self) -> None:
        self._models: dict[Any, list[tuple[Model, Common]]] = {}

    def common(self, model: Model) -> Common:
        """What is known of a model that was prepared for judging; two that compute the same share it."""
        said = tuple(spelled(getattr(model, one.name)) for one in fields(Model) if one.name not in SAID_BESIDES)
        same = self._models.setdefault(said, [])
        for other, common in same:
            if _counts_alike(model, other):
                return common
        same.append((model, Common()))
        return same[-1][1]


SAID_BESIDES = frozenset(("abbreviations", "length", "unread", "written", "declared", "label"))
"""What of a model has no part in how its nodes are computed; sizes that it declares show in the shapes."""


def _counts_alike(model: Model, other: Model) -> bool:
    """Whether the indices of two models with the same definitions count the same; none uses what it abbreviates."""
    defined = {part.name for d in model.definitions for part in walk(d.body) if isinstance(part, Symbol)}
    defined |= {d.name for d in model.definitions}
    if not defined.isdisjoint(model.abbreviated) or not defined.isdisjoint(other.abbreviated):
        return False
    return _counted(model.axes, defined) == _counted(other.axes, defined)


def _counted(axes: Axes, names: Collection[str]) -> tuple[Any, ...]:
    """What the axes say of some names."""
    places = {place: end for place, end in axes.places.items() if place.name in names}
    lettered = {place for place in axes.lettered if place.name in names}
    return axes.horizon, places, axes.ends, lettered, axes.from_zero, axes.numbers


class Kept:
    """The values and the derivatives of the nodes of one graph, kept for all graphs in which they are the same."""

    def __init__(self, numbers: Mapping[Key, int], values: dict[Any, Any], derivatives: dict[Any, Any]) -> None:
        self._numbers = numbers
        self._values = values
        self._derivatives = derivatives

    def value(self, key: Key) -> Any:
        """The value of a node; None where it is not known."""
        return self._values.get(self._numbers[key])

    def keep(self, key: Key, value: Any) -> None:
        """Keep the value of a node."""
        self._values[self._numbers[key]] = value

    def derivative(self, asked: Asked) -> Any:
        """A derivative; None where it is not known."""
        return self._derivatives.get(self._named(asked))

    def keep_derivative(self, asked: Asked, value: Any) -> None:
        """Keep a derivative."""
        self._derivatives[self._named(asked)] = value

    def moved(self, by: tuple[Key, ...], frozen: bool) -> Kept:
        """The values that nodes have where others are moved."""
        name = "moved", tuple(self._numbers[key] for key in by), frozen
        return Kept(self._numbers, self._derivatives.setdefault(name, {}), {})

    def _named(self, asked: Asked) -> tuple[int, tuple[int, ...], bool]:
        of, by, immediate = asked
        return self._numbers[of], tuple(self._numbers[key] for key in by), immediate


def _names_no_end(body: Expr, ends: Mapping[str, int]) -> bool:
    """Whether a formula is the same wherever the steps end."""
    plain, names = _plain(body)
    return plain and names.isdisjoint(ends)


@of_node
def _plain(body: Expr) -> tuple[bool, frozenset[str]]:
    """Whether a formula has no sums, products or cases over steps and no letter T that may be a power; its names."""
    parts = walk(body)
    return all(map(_is_plain, parts)), frozenset(part.name for part in parts if isinstance(part, Symbol))


def _is_plain(part: Expr) -> bool:
    match part:
        case Symbol() | Number() | Add() | Negate() | Multiply() | Divide() | Power() | Norm() | Concatenate():
            return True
        case Call() | Component():
            return True
        case Transpose():
            return not part.letter
        case Sum():
            return part.components
        case _:
            return False
