"""How far the letters that count entries run: the sizes of the axes at which they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Derivative,
    Divide,
    Entries,
    Expr,
    Indicator,
    Negate,
    Norm,
    Number,
    Power,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    walk,
)
from bpttsym.shapes import Shape, ShapeClash


def axes(node: Component, shape: Shape) -> tuple[int, ...]:
    """The sizes that the indices of an entry run over."""
    if len(node.index) == 2:
        return shape
    if shape == (1, 1):
        raise NotRead("a number has no entries", node.span)
    if len(node.index) == 1 and 1 in shape:
        return (max(shape),)
    raise ShapeClash(f"an entry of a matrix {shape[0]}×{shape[1]} has two indices, not {len(node.index)}", node.span)


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


def entry_letters(expr: Expr) -> set[str]:
    """All letters of entries, bound or not."""
    if not _counts(expr):
        return set()
    parts = [part for part in walk(expr) if isinstance(part, Component | Indicator | Cases | Entries)]
    bound = {part.index for part in walk(expr) if isinstance(part, Sum) and part.components}
    return bound.union(*(free_entries(part) for part in parts))


_COUNTING = (Component, Indicator, Cases, Entries)
_known: dict[int, tuple[Expr, bool]] = {}
MAXIMUM_KNOWN = 100_000


def _counts(expr: Expr) -> bool:
    """Whether something in a tree counts entries; remembered, as the neighbours of an equation share their parts."""
    found = _known.get(id(expr))
    if found is not None:
        return found[1]
    own = isinstance(expr, _COUNTING) or (isinstance(expr, Sum) and expr.components)
    answer = own or any(_counts(child) for child in children(expr))
    if len(_known) >= MAXIMUM_KNOWN:
        _known.clear()
    _known[id(expr)] = expr, answer
    return answer


def free_entries(expr: Expr, bound: frozenset[str] = frozenset()) -> set[str]:
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
    if isinstance(expr, Sum | Entries):
        bound = bound | {expr.index}
    return (found - bound).union(*(free_entries(child, bound) for child in children(expr)))


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
        case _:
            wide = [shape for child in children(expr) if (shape := shape_of(shapes, child)) != (1, 1)]
            if hasattr(expr, "factors") and wide:
                return wide[0][0], wide[-1][1]
            if isinstance(expr, Add | Divide | Power):
                return wide[0] if wide else (1, 1)
            raise NotRead("the size of what this is an entry of is not known", expr.span)
