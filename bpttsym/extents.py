"""How far the letters that count entries run: the sizes of the axes at which they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Derivative,
    Divide,
    Entries,
    Every,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
)
from bpttsym.memo import of_node
from bpttsym.model import Definition
from bpttsym.shapes import Shape, ShapeClash


def axes(node: Component, shape: Shape) -> tuple[int, ...]:
    """The sizes that the indices of an entry run over."""
    if is_line(node) and (min(shape) == 1 or node.index == (Every(), Every())):
        raise ShapeClash(f"a row or a column is one of a matrix, not of {shape[0]}×{shape[1]}", node.span)
    if len(node.index) == 2:
        return shape
    if shape == (1, 1):
        raise NotRead("a number has no entries", node.span)
    if len(node.index) == 1 and 1 in shape:
        return (max(shape),)
    raise ShapeClash(f"an entry of a matrix {shape[0]}×{shape[1]} has two indices, not {len(node.index)}", node.span)


def is_line(node: Component) -> bool:
    """Whether it is a row or a column of a matrix, not an entry: ``W_{i,:}``."""
    return any(isinstance(part, Every) for part in node.index)


def extent(shapes: Mapping[str, Shape], expr: Expr, letter: str, where: Expr) -> int:
    """The size that a letter counts; ShapeClash where it stands at axes of different sizes."""
    sizes: dict[int, None] = dict.fromkeys(_sizes(shapes, expr, letter))
    if not sizes:
        raise NotRead(f"nothing says how far the index `{letter}` counts", where.span)
    if len(sizes) > 1:
        raise ShapeClash(f"the index `{letter}` counts {' and '.join(map(str, sizes))} components at once", where.span)
    return next(iter(sizes))


def free_extents(shapes: Mapping[str, Shape], relation: Relation) -> dict[str, int]:
    """The letters of a relation that count entries and that nothing binds, each with its size."""
    return {letter: extent(shapes, relation, letter, relation) for letter in sorted(free_entries(relation))}


@of_node
def entry_letters(expr: Expr) -> frozenset[str]:
    """All letters of entries, bound or not."""
    own: frozenset[str] = frozenset()
    if isinstance(expr, Component | Indicator | Cases | Entries):
        own = free_entries(expr)
    elif isinstance(expr, Sum) and expr.components:
        own = frozenset((expr.index,))
    return _with_those_below(own, entry_letters, expr)


def _with_those_below(found: frozenset[str], letters: Callable[[Expr], frozenset[str]], expr: Expr) -> frozenset[str]:
    """Letters, and those of the children, of which most have none."""
    for child in children(expr):
        below = letters(child)
        if below:
            found |= below
    return found


@of_node
def free_entries(expr: Expr) -> frozenset[str]:
    """The letters of entries that nothing binds."""
    found: set[str] = set()
    match expr:
        case Component(_, index):
            found = {part.name for part in index if isinstance(part, Symbol) and not part.index}
        case Indicator(components=True) | Cases(components=True):
            conditions = (expr.condition,) if isinstance(expr, Indicator) else expr.conditions
            found = {part.name for c in conditions for part in children(c) if isinstance(part, Symbol)}
        case _:
            pass
    inside = _with_those_below(frozenset(found), free_entries, expr)
    return inside - {expr.index} if isinstance(expr, Sum | Entries) else inside


def _sizes(shapes: Mapping[str, Shape], expr: Expr, letter: str) -> Iterator[int]:
    if isinstance(expr, Sum | Entries) and expr.index == letter:
        return
    if isinstance(expr, Component):
        shape = None
        for position, part in enumerate(expr.index):
            if isinstance(part, Symbol) and part.name == letter and not part.index:
                shape = shape or shape_of(shapes, expr.of)
                yield axes(expr, shape)[position]
    for child in children(expr):
        yield from _sizes(shapes, child, letter)


def short_shapes(shapes: Mapping[str, Shape], abbreviations: Iterable[Definition]) -> dict[str, Shape]:
    r"""The shapes of abbreviations whose form says them: ``\delta_j = \partial E / \partial a_j``."""
    known = dict(shapes)
    for entry in abbreviations:
        shape = _short_shape(known, entry.body)
        if entry.name not in known and shape is not None:
            known[entry.name] = shape
    return known


def _short_shape(shapes: Mapping[str, Shape], body: Expr) -> Shape | None:
    match body:
        case Negate(inner):
            return _short_shape(shapes, inner)
        case Entries(inner, letter):
            with suppress(NotRead):
                return extent(shapes, inner, letter, body), 1
            return None
        case Derivative(Symbol(of), Symbol(by)) if shapes.get(of) == (1, 1) and by in shapes:
            return shapes[by]
        case Multiply(factors, operators) if set(operators) <= {r"\odot", r"\circ"}:
            found = (_short_shape(shapes, factor) or _column(shapes, factor) for factor in factors)
            return next(filter(None, found), None)
        case _:
            return None


def _column(shapes: Mapping[str, Shape], expr: Expr) -> Shape | None:
    """The shape of a column vector, as its form says it; None of anything else."""
    with suppress(NotRead):
        shape = shape_of(shapes, expr)
        return shape if shape[0] > 1 == shape[1] else None
    return None


def shape_of(shapes: Mapping[str, Shape], expr: Expr) -> Shape:
    """The shape of what an entry is taken of, as its form says; raises NotRead where it does not."""
    match expr:
        case Number():
            return 1, 1
        case Symbol(name) if name in shapes:
            return shapes[name]
        case Negate(body):
            return shape_of(shapes, body)
        case Transpose(body):
            rows, columns = shape_of(shapes, body)
            return columns, rows
        case Derivative(Symbol(of), Symbol(by)) if of in shapes and by in shapes:
            above, below = shapes[of], shapes[by]
            return above[0] * above[1], below[0] * below[1]
        case Call(r"\mathrm{diag}", (argument,)):
            size = max(shape_of(shapes, argument))
            return size, size
        case Call(_, (argument,), ()):
            return shape_of(shapes, argument)
        case Norm():
            return 1, 1
        case Component(of, (Every(), _)):
            return shape_of(shapes, of)[0], 1
        case Component(of, (_, Every())):
            return 1, shape_of(shapes, of)[1]
        case Component():
            return 1, 1
        case Sum(body) | Product(body):
            return shape_of(shapes, body)
        case _:
            wide = [shape for child in children(expr) if (shape := shape_of(shapes, child)) != (1, 1)]
            if hasattr(expr, "factors") and wide:
                return wide[0][0], wide[-1][1]
            if isinstance(expr, Add | Divide | Power):
                return wide[0] if wide else (1, 1)
            raise NotRead("the size of what this is an entry of is not known", expr.span)
