"""Sums, products and quotients of values by their shapes (SEMANTICS section 5)."""

from __future__ import annotations

from bpttsym.expr import Add, Every, Expr, Number, Transpose, walk
from bpttsym.inner_products import is_batch
from bpttsym.memo import of_node
from bpttsym.readings import Readings
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.world import CannotSay, V, World


def total_of(world: World, values: list[V], expr: Expr) -> V:
    """The sum of values of one shape; a number is added to each entry of a vector, or of a batch of vectors."""
    total, first = values[0], world.shape(values[0])
    for value in values[1:]:
        second = world.shape(value)
        if first != second:
            spread = isinstance(expr, Add) and all(isinstance(term, Number) or is_batch(term) for term in expr.terms)
            if second == (1, 1) and (1 in first or spread):
                value = world.broadcast(value, first)
            elif first == (1, 1) and (1 in second or spread):
                total, first = world.broadcast(total, second), second
            else:
                raise ShapeClash(f"{show(first)} and {show(second)} cannot be added", expr.span)
        total = world.add(total, value)
    return total


def product(
    world: World,
    readings: Readings,
    first: V,
    second: V,
    operator: str,
    left: Expr | None = None,
    right: Expr | None = None,
) -> V:
    """Juxtaposition and its written forms: the matrix product, else what the shapes allow."""
    a, b = world.shape(first), world.shape(second)
    if a == (1, 1):
        return world.scale(first, second)
    if b == (1, 1):
        return world.scale(second, first)
    if not operator and a[1] == b[0] > 1:
        return world.matrix_product(first, second)
    span = right.span if right is not None else None
    if operator in (r"\odot", r"\circ"):
        if a == b:
            return world.elementwise(first, second)
        if a == (b[0], 1) and readings.ask("shorthand", left) == "rows":
            return world.matrix_product(world.diagonal(first), second)
        if b == (a[0], 1) and readings.ask("shorthand", right) == "rows":
            return world.matrix_product(world.diagonal(second), first)
        raise ShapeClash(f"{show(a)} and {show(b)} cannot be multiplied elementwise", span)
    if operator == r"\otimes":
        if a[1] == 1 and b[1] == 1:
            return world.matrix_product(first, world.transpose(second))
        if a == b:
            return world.elementwise(first, second)
        if 1 not in a or 1 not in b:
            raise CannotSay(f"the Kronecker product of {show(a)} and {show(b)} is not read", span)
        raise ShapeClash(f"{show(a)} and {show(b)} have no outer product", span)
    if a[1] == b[0]:
        if a[1] == 1 and right is not None and not (_has_transpose(right) or (left and _has_transpose(left))):
            raise ShapeClash(
                f"a column {show(a)} before a row {show(b)} needs a written transpose",
                span,
            )
        return world.matrix_product(first, second)
    if a == b and 1 in a:
        return world.elementwise(first, second)
    if a == (b[0], 1):
        option = readings.ask("shorthand", left)
        if option not in ("none", "rows"):
            moved = world.diagonal(first) if option == "diagonal" else world.transpose(first)
            return world.matrix_product(moved, second)
    raise ShapeClash(f"{show(a)} and {show(b)} cannot be multiplied", span)


def regrouped(
    world: World, readings: Readings, values: list[V], factors: list[Expr], operators: list[str], run: Expr
) -> V:
    """A run of factors in another grouping: products of equal vectors entry by entry first, or all from the right.

    ``operators[n]`` stands before factor n. Asked only where the grouping matters: beside a product of vectors entry
    by entry there is another one.
    """
    from_right = readings.fixed.get("grouping") == "right"
    position = len(values) - 2 if from_right else 0
    while len(values) > 1:
        if not from_right:
            position = next((n for n in range(len(values) - 1) if _entrywise(world, values, operators, n)), 0)
        if len(values) > 2 and _entrywise(world, values, operators, position):
            readings.ask("grouping", run)
        pair = factors[position], factors[position + 1]
        operator = operators[position + 1]
        values[position] = product(world, readings, values[position], values[position + 1], operator, *pair)
        del values[position + 1], factors[position], operators[position + 1]
        position -= from_right
    return values[0]


def _entrywise(world: World, values: list[V], operators: list[str], position: int) -> bool:
    """Whether two neighbours in a run are vectors of one shape, so that their product is taken entry by entry."""
    first, second = world.shape(values[position]), world.shape(values[position + 1])
    return first == second != (1, 1) and 1 in first and operators[position + 1] != r"\otimes"


def quotient(world: World, above: V, below: V, expr: Expr) -> V:
    """A quotient, where ``below`` is the reciprocal of the denominator."""
    a, b = world.shape(above), world.shape(below)
    if b == (1, 1):
        return world.scale(below, above)
    if a == (1, 1):
        return world.scale(above, below)
    if a == b:
        return world.elementwise(above, below)
    raise ShapeClash(f"{show(a)} cannot be divided by {show(b)}", expr.span)


@of_node
def _has_transpose(expr: Expr) -> bool:
    """Whether a transpose is written, or the colon of a row: both say that a row is meant."""
    return any(isinstance(part, Transpose | Every) for part in walk(expr))


def show(shape: Shape) -> str:
    """A shape in words."""
    return f"{shape[0]}×{shape[1]}"
