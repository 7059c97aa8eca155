r"""What a document says of the shape of an expression: ``\partial h_t / \partial x_t \in \mathbb{R}^{n \times d}``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from bpttsym.bench import Bench
from bpttsym.conditions import Row, conditions_of, describe, layout_words, result_words
from bpttsym.declarations import Labels, shown
from bpttsym.displayed import Entry
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Expr, Relation
from bpttsym.ground import Ground, instances, lengths
from bpttsym.latex import unicode_line
from bpttsym.readings import Readings, explore
from bpttsym.reckoner import lone_sides
from bpttsym.ruling import Verdict
from bpttsym.scrutiny import may_turn
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.trial import Outcome, Trial
from bpttsym.variants import Variant
from bpttsym.world import MissingNode


def judge_shape(
    entry: Entry, of: Expr, labels: Labels, found: Sequence[Variant], bench: Bench, layouts: Collection[str]
) -> Verdict:
    """The verdict on a declared shape of something that is no name: no proof, and no number is compared."""
    relation = Relation(of, "=", of)
    if len(labels) > 2:
        message = "more than two sizes are said of what is computed for one step of one sample"
        return Verdict(entry, "unchecked", message, code="not-judged")
    rows = [row for variant in found for row in _rows(relation, labels, variant, bench)]
    listed = tuple((describe(row, rows), result_words(row)) for row in rows)
    label = rows[0].variant.label if rows else ""
    kept = [row for row in rows if row.choices.get("layout") in (None, *layouts)] if layouts else rows
    holding = [row for row in kept or rows if row.holds]
    strange = next((row.outcome.message for row in rows if row.outcome.kind == "unknown"), "")
    if strange or not rows:
        return Verdict(entry, "unchecked", strange or "its symbols have no definition", model=label, code="not-judged")
    told = (layout_words(frozenset(layouts)),) if layouts and any("layout" in row.choices for row in rows) else ()
    if not holding:
        message = (kept or rows)[0].outcome.message
        return Verdict(entry, "refuted", message, (), told, label, readings=listed, code="impossible")
    conditions = conditions_of(kept or rows, holding, relation)
    return Verdict(
        entry,
        "conditional" if conditions else "verified",
        "",
        conditions,
        told,
        label,
        scope=f"T={holding[0].outcome.length}",
        samples=1,
        readings=listed,
        code="depends-on-reading" if conditions else "",
    )


def _rows(relation: Relation, labels: Labels, variant: Variant, bench: Bench) -> list[Row]:
    try:
        trial = bench.trial(variant, lengths(relation, variant.base)[0])
    except NotRead:
        return []

    def evaluate(readings: Readings) -> Outcome:
        return _outcome(relation, labels, trial, readings)

    explored = explore(evaluate, {**bench.declared, "shorthand": "none"})
    named = {"model": variant.condition} if variant.condition else {}
    return [Row({**choices, **named}, variant, readings, [outcome]) for choices, readings, outcome in explored]


def _outcome(relation: Relation, labels: Labels, trial: Trial, readings: Readings) -> Outcome:
    """Whether the left side has the shape that is said, wherever its indices exist."""
    ground, world = trial.ground, trial.numbers
    sizes = [_size(label, ground) for label in labels]
    unknown = [label for label, size in zip(labels, sizes, strict=True) if size is None]
    if unknown:
        return Outcome(
            "unknown", ground.length, message=f"nothing says how large {', '.join(dict.fromkeys(unknown))} is"
        )
    evaluator = Evaluator(world, readings, lone_sides(relation))
    wanted = tuple(size for size in sizes if size is not None)
    seen = False
    for bindings in instances(relation, ground, readings):
        try:
            found: Any = world.shape(evaluator.value(relation.left, bindings))
        except MissingNode:
            continue
        except ShapeClash as clash:
            return Outcome("impossible", ground.length, message=str(clash))
        except NotRead as failure:
            return Outcome("unknown", ground.length, message=str(failure))
        seen, shape = True, (int(found[0]), int(found[1]))
        allowed = _shapes(wanted)
        turned = (one for one in allowed if one[0] * one[1] == shape[0] * shape[1])
        if shape not in allowed and not any(may_turn(world, relation.left, one) for one in turned):
            message = f"`{unicode_line(relation.left)}` is {_named(shape, ground)}, and {shown(labels)} is said"
            return Outcome("impossible", ground.length, message=message, part=relation.left)
    return Outcome("holds" if seen else "unknown", ground.length, message="" if seen else "it exists at no step")


def _shapes(wanted: tuple[int, ...]) -> list[Shape]:
    """The shapes that are meant by two sizes, by one, or by none."""
    match wanted:
        case (rows, columns):
            return [(rows, columns)]
        case (size,):
            return [(size, 1), (1, size)]
        case _:
            return [(1, 1)]


def _numbers(ground: Ground) -> dict[int, int]:
    """The size in numbers of every dimension."""
    found = {0: 1}
    for name, shape in ground.shapes.items():
        for dimension, size in zip(ground.sizes.shape_of(name) or (), shape, strict=False):
            found[ground.sizes.find(dimension)] = size
    return found


def _size(label: str, ground: Ground) -> int | None:
    if label == "1":
        return 1
    numbers, sizes = _numbers(ground), ground.sizes
    same = {sizes.find(dimension) for dimension, number in sizes.numbered.items() if number == label}
    if label in sizes.labels:
        same = {sizes.find(sizes.labels[label])}
    return numbers.get(same.pop()) if len(same) == 1 else None


def _named(shape: Shape, ground: Ground) -> str:
    """A shape in the names that the document gives to its sizes."""
    names = {1: "1"}
    for root, size in _numbers(ground).items():
        labels, numbers = ground.sizes.called().get(root, (set(), set()))
        first = next((label for label in ground.sizes.labels if label in labels), min(numbers, default=str(size)))
        names.setdefault(size, first)
    return "×".join(names.get(size, str(size)) for size in shape)
