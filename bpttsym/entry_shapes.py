"""Sizes that entries and concatenations give: two axes that one letter counts have one size (a part of shapes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Cases,
    Component,
    Concatenate,
    Entries,
    Every,
    Expr,
    Indicator,
    Number,
    Ones,
    Relation,
    Sum,
    Symbol,
    Transpose,
    Unread,
)
from bpttsym.memo import of_node
from bpttsym.rewriting import transform
from bpttsym.shape_words import PART, is_capital

Dimensions = tuple[int, int]
MAXIMUM_PARTS = 64


class Inference(Protocol):
    """The sizes of names, unified: what :class:`bpttsym.shapes.Sizes` does."""

    letters: dict[str, int]
    sums: dict[int, tuple[int, ...]]
    multiplied: frozenset[str]
    parted: dict[Expr, tuple[int, ...]]

    batch: int
    single: frozenset[str]
    listed: frozenset[str]

    def is_one(self, shape: Dimensions) -> bool: ...
    def is_vector(self, shape: Dimensions) -> bool: ...
    def is_known(self, name: str) -> bool: ...
    def fresh(self) -> int: ...
    def find(self, dimension: int) -> int: ...
    def unify(self, first: int, second: int) -> None: ...
    def same(self, first: Dimensions, second: Dimensions) -> Dimensions: ...
    def vector(self) -> Dimensions: ...
    def expect(self, expr: Expr, shape: Dimensions) -> None: ...
    def give(self, name: str, shape: Dimensions) -> None: ...
    def inside(self, expr: Expr, hint: Dimensions | None) -> Dimensions | None: ...
    def infer(self, expr: Expr, hint: Dimensions | None) -> Dimensions | None: ...


def infer_entries(sizes: Inference, expr: Expr, hint: Dimensions | None) -> Dimensions | None:
    """The shape of an entry, of what is summed or listed over entries, and of a concatenation."""
    match expr:
        case Component(of, index):
            return _component(sizes, of, index)
        case Sum(body, letter, components=True):
            sizes.letters[letter] = sizes.fresh()
            return sizes.infer(body, hint)
        case Entries(body, letter):
            shape = sizes.vector()
            sizes.letters[letter] = max(shape)
            _number(sizes, body)
            return shape
        case Indicator(condition):
            _compared(sizes, condition)
            return (0, 0)
        case Cases(values, conditions):
            for condition in conditions:
                _compared(sizes, condition)
            return _cases(sizes, values, hint)
        case Concatenate(parts):
            return _concatenated(sizes, parts, expr.comma)
        case Ones():
            return sizes.fresh(), 0
        case Unread(reason):
            raise NotRead(reason, expr.span)
        case _:
            raise NotRead("this cannot stand in a definition", expr.span)


def _concatenated(sizes: Inference, parts: tuple[Expr, ...], comma: bool) -> Dimensions:
    """Columns one below the other; matrices and rows as well, or side by side behind a comma."""
    known = [sizes.infer(part, None) for part in parts]
    blocks = all(_is_matrix(sizes, part, shape) for part, shape in zip(parts, known, strict=True))
    rows = all(shape is not None and sizes.find(shape[0]) == 0 != sizes.find(shape[1]) for shape in known)
    if not blocks and not rows:
        columns = [settled(sizes, part) for part in parts]
        for column in columns:
            sizes.unify(column[1], 0)
        return _whole(sizes, [column[0] for column in columns]), 0
    shapes: list[Dimensions] = []
    for part, shape in zip(parts, known, strict=True):
        found = (sizes.fresh(), sizes.fresh()) if shape is None else shape
        sizes.expect(part, found)
        shapes.append(found)
    along = 1 if comma else 0
    for other in shapes[1:]:
        sizes.unify(shapes[0][1 - along], other[1 - along])
    whole = _whole(sizes, [shape[along] for shape in shapes])
    return (shapes[0][0], whole) if comma else (whole, shapes[0][1])


def _is_matrix(sizes: Inference, part: Expr, shape: Dimensions | None) -> bool:
    """Whether a part is a matrix by its sizes, or by its letter where nothing says its sizes yet."""
    if shape is not None:
        return sizes.find(shape[0]) != 0 != sizes.find(shape[1])
    inner = part.body if isinstance(part, Transpose) else part
    return isinstance(inner, Symbol) and is_capital(inner.name)


def _whole(sizes: Inference, parts: list[int]) -> int:
    whole = sizes.fresh()
    sizes.sums[whole] = tuple(parts)
    return whole


def infer_parts(sizes: Inference, body: Expr, index: tuple[Expr, ...]) -> list[Dimensions]:
    """The shapes of the parts of a vector, whose sizes are those of the quantities that are defined by them."""
    whole = settled(sizes, body)
    key = without_steps(body)
    count = part_numbers(index)[1]
    parts = sizes.parted.setdefault(key, ()) or tuple(sizes.fresh() for _ in range(count))
    if len(parts) != count:
        raise NotRead("this vector is parted in two ways", body.span)
    sizes.parted[key] = parts
    row = sizes.find(whole[0]) == 0
    along = whole[1] if row else whole[0]
    total = _whole(sizes, list(parts))
    join_sums(sizes, total, along)
    sizes.unify(total, along)
    return [(0, part) if row else (part, 0) for part in parts]


def part_numbers(index: tuple[Expr, ...]) -> tuple[int, int]:
    """Which part of how many; raises NotRead for anything else."""
    match index:
        case (Number(number), Number(count)) if 1 <= number <= count <= MAXIMUM_PARTS:
            return int(number), int(count)
        case _:
            raise NotRead("a part has two numbers: which one, and of how many", None, r"`\mathrm{part}_{1,4}(a_t)`")


@of_node
def without_steps(body: Expr) -> Expr:
    """A formula whatever the step is at which it is taken: the sizes of its parts are the same at each."""
    return transform(body, lambda node: Symbol(node.name) if isinstance(node, Symbol) else node)


def part_name(body: Expr, number: int) -> str:
    """The name under which the shape of a part is kept."""
    return f"{PART}_{number}({without_steps(body)!r})"


def join_sums(sizes: Inference, first: int, second: int) -> None:
    """Concatenations that are multiplied have parts of the same sizes: ``[W, U] [h; x]``."""
    ones, others = (
        [parts for whole, parts in sizes.sums.items() if sizes.find(whole) == sizes.find(dimension)]
        for dimension in (first, second)
    )
    for one in ones:
        for other in others:
            for a, b in zip(one, other, strict=False) if len(one) == len(other) else ():
                sizes.unify(a, b)


def settled(sizes: Inference, expr: Expr) -> Dimensions:
    """The shape of an expression, a bare parameter becoming a vector."""
    found = sizes.infer(expr, None)
    if found is None:
        found = sizes.vector()
        sizes.expect(expr, found)
    return found


def _number(sizes: Inference, body: Expr) -> None:
    found = sizes.infer(body, (0, 0))
    if found is None:
        sizes.expect(body, (0, 0))


def _component(sizes: Inference, of: Expr, index: tuple[Expr, ...]) -> Dimensions:
    """The sizes of an entry; of a row or a column, whose colon counts nothing."""
    shape = sizes.inside(of, None)
    if shape is None:
        shape = (sizes.fresh(), sizes.fresh()) if len(index) == 2 else sizes.vector()
        sizes.expect(of, shape)
    single = shape[1] if sizes.find(shape[0]) == 0 else shape[0]
    for part, axis in zip(index, (single,) if len(index) == 1 else shape, strict=False):
        match part:
            case Symbol(name, ()):
                sizes.unify(sizes.letters.setdefault(name, axis), axis)
            case Symbol():
                sizes.unify(settled(sizes, part)[0], axis)
            case _:
                continue
    whole = [axis if isinstance(part, Every) else 0 for part, axis in zip(index, shape, strict=False)]
    return (whole[0], whole[1]) if len(whole) == 2 else (0, 0)


def _compared(sizes: Inference, condition: Expr) -> None:
    """Entries that are compared are of one axis."""
    if isinstance(condition, Relation):
        left, right = condition.left, condition.right
        if isinstance(left, Symbol) and isinstance(right, Symbol) and not left.index and not right.index:
            if left.name in sizes.letters and right.name in sizes.letters:
                sizes.unify(sizes.letters[left.name], sizes.letters[right.name])


def _cases(sizes: Inference, values: tuple[Expr, ...], hint: Dimensions | None) -> Dimensions | None:
    shapes = [(value, sizes.infer(value, hint)) for value in values if not isinstance(value, Number)]
    known = [shape for _, shape in shapes if shape is not None]
    if not known:
        return (0, 0)
    for value, shape in shapes:
        if shape is None:
            sizes.expect(value, known[0])
        else:
            sizes.same(known[0], shape)
    return known[0]


def with_sums(
    order: list[int], sums: Mapping[int, tuple[int, ...]], find: Callable[[int], int], choose: Callable[[int], int]
) -> dict[int, int]:
    """A size for every free dimension, in order; a concatenation is as long as its parts, and like no other."""
    whole = {find(dimension): parts for dimension, parts in sums.items() if find(dimension) != 0}
    for start in range(8):
        free = [dimension for dimension in order if dimension not in whole]
        found = {dimension: choose(place + start) for place, dimension in enumerate(free)}
        found[0] = 1
        for _ in whole:
            for dimension, parts in whole.items():
                if all(find(part) in found for part in parts):
                    found[dimension] = sum(found[find(part)] for part in parts)
        if any(dimension not in found for dimension in whole):
            raise NotRead("a concatenation is a part of itself")
        sizes = list(found.values())
        if not whole or all(sizes.count(found.get(dimension, 0)) == 1 for dimension in whole):
            break
    return found
