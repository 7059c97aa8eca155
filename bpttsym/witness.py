"""The smallest counterexample to an equation: least T, least size, numbers that a person can redo by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bpttsym.derivatives import laid_out
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Derivative, Relation, Symbol, walk
from bpttsym.ground import Ground, beyond_the_edge, instances, literal_steps, make_ground
from bpttsym.leaves import constant, gentle, patterned
from bpttsym.model import Key
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.reckoner import lone_sides
from bpttsym.records import dataclass
from bpttsym.scrutiny import conform
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.variants import Variant
from bpttsym.world import CannotSay, MissingNode, World

VISIBLE = 1e-3
"""Sides that differ by less than this, relatively, are no example to show."""

Numbers = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Counterexample:
    """Values for which the two sides differ.

    ``values`` are the leaves by name (rows of numbers); ``functions`` says which formula stands for an unknown
    function; ``independent`` is the left side by central differences where it is one derivative.
    """

    length: int
    instance: tuple[tuple[str, int], ...]
    values: tuple[tuple[str, Numbers], ...]
    functions: tuple[str, ...]
    left: Numbers
    right: Numbers
    independent: Numbers | None = None
    note: str = ""


def numbers(array: Any) -> Numbers:
    """One sample of an array as rows of numbers."""
    return tuple(tuple(float(entry) for entry in row) for row in array[0])


def smallest_counterexample(
    relation: Relation, variant: Variant, readings: Readings, length: int
) -> Counterexample | None:
    """The first difference found with small numbers, sizes growing from 1, T from the least that fits."""
    fixed = variant.base.length is not None
    least = max([1, *literal_steps(relation, variant.base)])
    steps = (length,) if fixed else range(least, max(length, least) + 1)
    for size in (1, 2):
        for step in steps:
            for rule in (constant, patterned, gentle):
                try:
                    ground = make_ground(variant.build(step), step, lambda position, size=size: size)  # type: ignore[misc]
                    world = NumericWorld(ground.graph, ground.shapes, 1, 0, rule, simple=True)
                    found = _difference(relation, world, ground, readings)
                except NotRead:
                    continue
                if found is not None:
                    return found
    return None


def _difference(relation: Relation, world: NumericWorld, ground: Ground, readings: Readings) -> Counterexample | None:
    evaluator = Evaluator(world, readings.settled(), lone_sides(relation))
    before = ground.model.first - 1
    for bindings in instances(relation, ground, evaluator.readings):
        if before in bindings.values() or beyond_the_edge(relation, ground, bindings):
            continue
        try:
            raw = evaluator.sides(relation, bindings)
            left, right = conform(world, evaluator.readings, relation, *raw)
        except (MissingNode, ShapeClash, CannotSay):
            continue
        if world.difference(left, right, relation)[0] > VISIBLE:
            free = tuple((k, v) for k, v in bindings.items() if k not in ground.graph.ends)
            used = nodes_above(relation, evaluator, bindings, ground)
            return Counterexample(
                ground.length,
                free,
                leaves_above(used, world, ground),
                world.formulas({name for name, _ in used}),
                numbers(left),
                numbers(right),
                _independent(relation, world, evaluator, bindings, left),
            )
    return None


def _independent(
    relation: Relation, world: NumericWorld, evaluator: Evaluator, bindings: Mapping[str, int], left: Any
) -> Numbers | None:
    """The left side by central differences, if it is the derivative of one node by one node."""
    side = relation.left
    if not isinstance(side, Derivative) or not isinstance(side.of, Symbol) or not isinstance(side.by, Symbol):
        return None
    if side.kind == "immediate":
        return None
    try:
        of = evaluator.key(side.of, bindings, frozenset())
        by = evaluator.key(side.by, bindings, frozenset())
    except NotRead:
        return None
    scalar = world.shapes[of[0]] == (1, 1)
    jacobian = laid_out(evaluator, side, world.central_difference(of, by), (by,), scalar)
    shape: Shape = world.shape(left)
    if world.shape(jacobian) != shape and jacobian.size != left[0].size:
        return None
    return numbers(jacobian.reshape(1, *shape))


def nodes_above(relation: Relation, evaluator: Evaluator, bindings: Mapping[str, int], ground: Ground) -> set[Key]:
    """The nodes that the sides name, and all on which these depend."""
    used: set[Key] = set()
    for part in walk(relation):
        if isinstance(part, Symbol):
            for key in _keys(part, evaluator, bindings):
                used |= {key} | ground.graph.ancestors(key)
    return used or set(ground.graph.nodes)


def leaves_above(used: set[Key], world: World, ground: Ground) -> tuple[tuple[str, Numbers], ...]:
    """The leaves among some nodes with their values, in the order of the graph."""
    found = [key for key, node in ground.graph.nodes.items() if node.body is None and key in used]
    return tuple((shown(key), numbers(world.node(key))) for key in found)


def _keys(symbol: Symbol, evaluator: Evaluator, bindings: Mapping[str, int]) -> Iterator[Key]:
    """The nodes that a symbol of a relation may be at the given indices, bound ones running over all steps."""
    try:
        yield evaluator.key(symbol, bindings, frozenset())
    except NotRead:
        yield from (key for key in evaluator.graph.nodes if key[0] == symbol.name)


def shown(key: Key) -> str:
    """A node's name as LaTeX."""
    name, index = key
    return name if not index else f"{name}_{{{','.join(map(str, index))}}}"
