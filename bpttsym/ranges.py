"""Powers, and sums and products over ranges of steps (a part of the evaluator)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bpttsym.arithmetic import product, show, total_of
from bpttsym.axes import letters_of
from bpttsym.errors import NotRead
from bpttsym.expr import Expr, Negate, Norm, Number, Power, Product, Sum
from bpttsym.inner_products import is_batch
from bpttsym.model import index_value, sum_range
from bpttsym.reckoner import Reckoner
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.square import check_square
from bpttsym.world import CannotSay, MissingNode, V

MAXIMUM_MATRIX_POWER = 64


def power_of(reckoner: Reckoner, node: Power, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """A base with an exponent: a power of a matrix, or of every entry."""
    base, exponent = node.base, node.exponent
    power = exponent.value if isinstance(exponent, Number) else Fraction(index_value(exponent, bindings))
    if power == 2 and isinstance(base, Norm) and base.order in ("", "2", "F"):
        inner = reckoner.value(base.body, bindings, bound)
        rows, columns = reckoner.world.shape(inner)
        if 1 in (rows, columns):
            flat = reckoner.world.reshape(inner, (rows * columns, 1))
            return reckoner.world.matrix_product(reckoner.world.transpose(flat), flat)
    found = reckoner.value(base, bindings, bound)
    rows, columns = reckoner.world.shape(found)
    letters = letters_of(exponent)
    alone = len(letters) == 1  # `a^{t-k}` is a power: no component is a difference of two letters
    if alone and 1 in (rows, columns) and rows != columns and not letters.isdisjoint(bound):
        raise NotRead("this superscript may count components, which are not judged", exponent.span)
    if rows > 1 and columns > 1 and (rows == columns or not is_batch(base)):
        return matrix_power(reckoner, found, power, base, exponent, bindings, bound)
    between = letters - set(reckoner.graph.ends) - bound if power < 0 else ()
    if len(between) > 1:  # the number of steps between two of them, the later one first
        raise MissingNode((str(power), ()), "", int(power), exponent.span)
    return reckoner.world.power(found, power)


def matrix_power(
    reckoner: Reckoner,
    value: V,
    power: Fraction,
    base: Expr,
    exponent: Expr,
    bindings: Mapping[str, int],
    bound: frozenset[str],
) -> V:
    """A power of a square matrix, as many factors as the exponent says."""
    rows, columns = reckoner.world.shape(value)
    if rows != columns:
        raise ShapeClash(f"a matrix {show((rows, columns))} cannot be raised to a power", base.span)
    if power < 0 and isinstance(exponent, Negate) and isinstance(exponent.body, Number):
        check_square(reckoner, value, "inverse", base)
        value, power = reckoner.world.inverse(value), -power
    if power < 0 and not letters_of(exponent) & bound:
        raise MissingNode((str(power), ()), "", int(power), exponent.span)
    if power.denominator != 1 or not 0 <= power <= MAXIMUM_MATRIX_POWER:
        raise CannotSay("this power of a matrix is not read", exponent.span)
    total = reckoner.world.identity(rows)
    for _ in range(int(power)):
        total = reckoner.world.matrix_product(total, value)
    return total


def big_sum(reckoner: Reckoner, node: Sum, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """A sum over steps; an empty one is zero, of the shape that its body has elsewhere."""
    body, index, inside = node.body, node.index, bound | {node.index}
    values = [
        reckoner.value(body, {**bindings, index: value}, inside)
        for value in sum_range(node, bindings, reckoner.model, reckoner.graph.length)
    ]
    if values:
        return total_of(reckoner.world, values, node)
    reckoner.empty.add((id(node), tuple(bindings.items())))
    return reckoner.world.zeros(_shape_elsewhere(reckoner, node, bindings, bound))


def big_product(reckoner: Reckoner, node: Product, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """A product over steps in its order; an empty one is the identity, of vectors, entry by entry, ones."""
    body, index, inside = node.body, node.index, bound | {node.index}
    steps = list(sum_range(node, bindings, reckoner.model, reckoner.graph.length))
    _check_order(reckoner, node, bindings, bound)
    values = [reckoner.value(body, {**bindings, index: value}, inside) for value in steps]
    if not values:
        rows, columns = _shape_elsewhere(reckoner, node, bindings, bound)
        if columns == 1:
            return reckoner.world.broadcast(reckoner.world.number(Fraction(1)), (rows, columns))
        if rows != columns:
            raise ShapeClash(f"an empty product of factors {show((rows, columns))}", node.span)
        return reckoner.world.identity(rows)
    direction = node.direction
    if direction == "written":
        if len(values) == 1 or reckoner.world.shape(values[0]) == (1, 1):
            direction = "increasing"
        else:
            direction = "decreasing" if reckoner.readings.ask("product", node) == "decreasing" else "increasing"
    if direction == "decreasing":
        values.reverse()
    total = values[0]
    for value in values[1:]:
        total = product(reckoner.world, reckoner.readings, total, value, "", None, body)
    return total


def _check_order(reckoner: Reckoner, node: Product, bindings: Mapping[str, int], bound: frozenset[str]) -> None:
    """A product whose free bounds stand the wrong way round (``k > t``) says nothing at these indices."""
    lower, upper = index_value(node.lower, bindings), index_value(node.upper, bindings)
    if upper < lower - 1 and bound.isdisjoint(letters_of(node.lower) | letters_of(node.upper)):
        raise MissingNode((node.index, (upper,)), "", upper, node.span)


def _shape_elsewhere(
    reckoner: Reckoner, node: Sum | Product, bindings: Mapping[str, int], bound: frozenset[str]
) -> Shape:
    """The shape that the body has at an index where it exists, for an empty sum or product."""
    other = reckoner.fresh()
    for value in range(reckoner.model.first - 1, reckoner.graph.length + 1):
        try:
            return reckoner.world.shape(other.value(node.body, {**bindings, node.index: value}, bound | {node.index}))
        except (MissingNode, CannotSay):
            continue
    raise CannotSay("the body of this empty range exists nowhere", node.span)
