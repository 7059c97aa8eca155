"""The values of entries, of sums and lists over entries, of comparisons of indices (a part of the evaluator).

Entries are counted from 1; a letter that counts them runs over the axes at which it stands, which have one size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from bpttsym.arithmetic import show, total_of
from bpttsym.axes import letters_of
from bpttsym.entry_shapes import part_name, part_numbers
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Concatenate,
    Derivative,
    Entries,
    Every,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Number,
    Power,
    Relation,
    SetOf,
    Sum,
    Symbol,
    children,
    integer,
    multiply,
    names,
)
from bpttsym.extents import axes, extent, is_line
from bpttsym.ground import satisfies
from bpttsym.memo import of_node
from bpttsym.model import index_value
from bpttsym.reckoner import Reckoner
from bpttsym.records import replace
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.world import MissingNode, V, World

DEEP = 3
"""So many sums over entries in one another are no longer taken as they are written."""

PLAIN = frozenset(("", r"\cdot"))


def entry(reckoner: Reckoner, node: Component, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """The value of one entry of a vector or a matrix."""
    if any(isinstance(part, Symbol) and part.index for part in node.index):
        return _of_class(reckoner, node, bindings, bound)
    world = reckoner.world
    value = reckoner.value(node.of, bindings, bound)
    shape = world.shape(value)
    if is_line(node):
        row, column = divmod(line(node, shape, bindings, bound)[0], shape[1])
        if isinstance(node.index[0], Every):
            return world.matrix_product(value, world.unit((shape[1], 1), column, 0))
        return world.matrix_product(world.unit((1, shape[0]), 0, row), value)
    row, column = place(node, shape, bindings, bound)
    return world.entry(value, row, column)


def line(node: Component, shape: Shape, bindings: Mapping[str, int], bound: frozenset[str]) -> Sequence[int]:
    """The places of a row or a column of a matrix among all entries, taken row by row; of an entry its one place."""
    first = replace(node, index=tuple(integer(1) if isinstance(part, Every) else part for part in node.index))
    row, column = place(first, shape, bindings, bound)
    start, (rows, columns) = row * shape[1] + column, shape
    if not is_line(node):
        return (start,)
    axes(node, shape)
    return range(start, rows * columns, columns) if isinstance(node.index[0], Every) else range(start, start + columns)


def place(node: Component, shape: Shape, bindings: Mapping[str, int], bound: frozenset[str]) -> tuple[int, int]:
    """Row and column of an entry, from 0; MissingNode where there is none."""
    numbers = [index_value(part, bindings) for part in node.index]
    for part, number, size in zip(node.index, numbers, axes(node, shape), strict=True):
        if not 1 <= number <= size:
            letter = min(letters_of(part) & bound, default="")
            raise MissingNode(("entry", tuple(numbers)), letter, bindings.get(letter, number), node.span)
    if len(numbers) == 2:
        return numbers[0] - 1, numbers[1] - 1
    return (0, numbers[0] - 1) if shape[0] == 1 else (numbers[0] - 1, 0)


def _of_class(reckoner: Reckoner, node: Component, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """The entry that a one-hot target names: the inner product with it."""
    world, name = reckoner.world, node.index[-1]
    if not isinstance(name, Symbol) or name.name not in reckoner.model.one_hot:
        raise NotRead("nothing in the definitions says that this index names one class", node.span)
    target, value = reckoner.value(name, bindings, bound), reckoner.value(node.of, bindings, bound)
    if len(node.index) != 1 or world.shape(target) != world.shape(value):
        raise ShapeClash("the class of this entry is no target of the same size", node.span)
    size = max(world.shape(value))
    row, column = world.reshape(target, (1, size)), world.reshape(value, (size, 1))
    return world.matrix_product(row, column)


@of_node
def factored(node: Sum) -> Expr:
    r"""Sums in sums over entries, with the factors that do not have a letter before the sum over it.

    ``\sum_i \sum_j \sum_k W_{ij} W_{jk} h_k`` is ``\sum_i \sum_j W_{ij} \sum_k W_{jk} h_k``: the number of terms no
    longer multiplies. Sums less deep are taken as they are written.
    """
    depth, inside = 1, node.body
    while isinstance(inside, Sum) and inside.components:
        depth, inside = depth + 1, inside.body
    parted = _factored(node) if depth >= DEEP else node
    return node if parted == node else parted


def _factored(node: Sum) -> Expr:
    body = _factored(node.body) if isinstance(node.body, Sum) and node.body.components else node.body
    if isinstance(body, Multiply) and set(body.operators) <= PLAIN:
        outside = [factor for factor in body.factors if node.index not in names(factor) and _is_number(factor)]
        rest = [factor for factor in body.factors if factor not in outside]
        if outside and rest:
            return multiply(*outside, replace(node, body=multiply(*rest)))
    return replace(node, body=body)


def _is_number(factor: Expr) -> bool:
    """Whether a factor is a number by its form: an entry, or numbers that are combined or summed over entries."""
    match factor:
        case Component():
            return not is_line(factor)
        case Number() | Indicator():
            return True
        case Sum(body, components=True):
            return _is_number(body)
        case Derivative(Component() as of, Component() as by):
            return not is_line(of) and not is_line(by)
        case Multiply() | Add() | Negate() | Power():
            return all(map(_is_number, children(factor)))
        case _:
            return False


def sum_over(reckoner: Reckoner, node: Sum, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """A sum over all entries; a named upper bound is the number of them, everywhere the same."""
    parted = factored(node)
    if parted is not node:
        return reckoner.value(parted, bindings, bound)
    if id(node) not in reckoner.sized:
        reckoner.sized[id(node)] = node, _size_of_range(reckoner, node)
    size = reckoner.sized[id(node)][1]
    _check_bounds(reckoner, node, size)
    inner = bound | {node.index}
    values = [reckoner.value(node.body, {**bindings, node.index: n + 1}, inner) for n in range(size)]
    return total_of(reckoner.world, values, node)


def _size_of_range(reckoner: Reckoner, node: Sum) -> int:
    """How far the letter of a sum counts; in an edited relation that does not say it, as in the one that was edited."""
    known = reckoner.extents
    try:
        size = extent(reckoner.world.shapes, node.body, node.index, node)
    except ShapeClash:
        raise
    except NotRead:
        if reckoner.observe or len(known.get(node.index, ())) != 1:
            raise
        return min(known[node.index])
    if reckoner.observe:
        known.setdefault(node.index, set()).add(size)
    return size


def _check_bounds(reckoner: Reckoner, node: Sum, size: int) -> None:
    if node.lower is None and node.upper is None:
        return
    if node.lower != integer(1):
        raise NotRead("a sum over components begins at 1", node.span)
    if not isinstance(node.upper, Symbol) or node.upper.index:
        raise NotRead("the number of these components is no name", node.span)
    if reckoner.counts.setdefault(node.upper.name, size) != size:
        raise NotRead(f"`{node.upper.name}` is the number of two different kinds of components", node.span)


def count_of(reckoner: Reckoner, symbol: Symbol, where: tuple[str, int]) -> int:
    """How many entries a name counts, everywhere the same: those of a quantity, at one of its axes."""
    shape = reckoner.world.shapes[where[0]]
    size = max(shape) if 1 in shape else shape[where[1]]
    if reckoner.counts.setdefault(symbol.name, size) != size:
        raise NotRead(f"`{symbol.name}` is the number of two different kinds of components", symbol.span)
    return size


def listed(reckoner: Reckoner, node: Entries, bindings: Mapping[str, int], shape: Shape) -> V:
    """The vector of all entries that a definition by components gives."""
    world = reckoner.world
    total = world.zeros(shape)
    for n in range(max(shape)):
        value = reckoner.value(node.body, {**bindings, node.index: n + 1}, frozenset((node.index,)))
        if world.shape(value) != (1, 1):
            raise NotRead(f"an entry is a number, not {show(world.shape(value))}", node.span)
        row, column = (0, n) if shape[0] == 1 else (n, 0)
        total = world.add(total, world.scale(value, world.unit(shape, row, column)))
    return total


def chosen(reckoner: Reckoner, node: Cases, bindings: Mapping[str, int]) -> Expr:
    """The value whose condition holds first."""
    for value, condition in zip(node.values, node.conditions, strict=False):
        held = condition.items if isinstance(condition, SetOf) else (condition,)
        if satisfies(tuple(one for one in held if isinstance(one, Relation)), bindings):
            return value
    if len(node.values) > len(node.conditions):
        return node.values[-1]
    raise NotRead("no case of this definition holds here", node.span)


def indicated(reckoner: Reckoner, node: Indicator, bindings: Mapping[str, int]) -> V:
    """1 where a comparison of indices holds, and 0 elsewhere."""
    if not isinstance(node.condition, Relation):
        raise NotRead("this indicator compares nothing", node.span)
    return reckoner.world.number(Fraction(satisfies((node.condition,), bindings)))


def concatenated(reckoner: Reckoner, node: Concatenate, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """Columns one below the other; matrices and rows too, or side by side behind a comma."""
    world = reckoner.world
    values = [reckoner.value(part, bindings, bound) for part in node.parts]
    shapes = [world.shape(value) for value in values]
    beside = node.comma and any(columns != 1 for _, columns in shapes)
    if beside:
        values = [world.transpose(value) for value in values]
    if len({world.shape(value)[1] for value in values}) > 1:
        what = "side by side" if beside else "one below the other"
        raise ShapeClash(f"{', '.join(map(show, shapes))} cannot stand {what}", node.span)
    total = below_one_another(world, values)
    return world.transpose(total) if beside else total


def part(reckoner: Reckoner, node: Call, value: V) -> V:
    """One of the parts of a vector, of the size that the definitions give it."""
    world, body = reckoner.world, node.arguments[0]
    number, count = part_numbers(node.index)
    shapes = [world.shapes.get(part_name(body, n + 1)) for n in range(count)]
    sizes = [max(shape) for shape in shapes if shape is not None]
    rows, columns = world.shape(value)
    if len(sizes) < count or 1 not in (rows, columns) or sum(sizes) != max(rows, columns):
        raise NotRead("nothing in the definitions says how large the parts of this vector are", node.span)
    flipped = columns != 1
    column = world.transpose(value) if flipped else value
    size, start = sizes[number - 1], sum(sizes[: number - 1])
    chosen_rows = None
    for n in range(size):
        unit = world.unit((size, sum(sizes)), n, start + n)
        chosen_rows = unit if chosen_rows is None else world.add(chosen_rows, unit)
    found = world.matrix_product(chosen_rows, column)
    return world.transpose(found) if flipped else found


def below_one_another(world: World, values: Sequence[V]) -> V:
    """Values with as many columns each, the first one on top."""
    sizes, columns = [world.shape(value)[0] for value in values], world.shape(values[0])[1]
    rows = sum(sizes)
    total, start = world.zeros((rows, columns)), 0
    for value, size in zip(values, sizes, strict=True):
        moved = None
        for n in range(size):
            unit = world.unit((rows, size), start + n, n)
            moved = unit if moved is None else world.add(moved, unit)
        total = world.add(total, world.matrix_product(moved, value))
        start += size
    return total
