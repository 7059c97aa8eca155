"""Where an equation may be edited: the nodes that are no part of an index, and what stands around them (of edits)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from bpttsym import expr as tree
from bpttsym.expr import Add, Derivative, Expr, Multiply, Negate, Number, Power, Product, Relation, Sum, Symbol
from bpttsym.memo import of_node
from bpttsym.positions import Path

Vocabulary = Mapping[int, Collection[str]]
"""Names of symbols by how many indices they carry."""


def factors(relation: Relation) -> Iterator[Path]:
    """The paths of all derivatives, symbols and calls that are a factor, a term, a body or a side.

    One under a minus, a transpose, a norm, a power or a fraction bar stands where that stands. An argument of a call
    is a part of the call, and what a derivative is made of is a part of the derivative.
    """
    steps = _surroundings(relation).steps

    def visit(node: Expr, path: Path, above: tuple[Expr, ...]) -> Iterator[Path]:
        if isinstance(node, Derivative | Symbol | tree.Call | tree.Paths | tree.Whole) and is_factor(path, above):
            yield path
        below = () if isinstance(node, Derivative) else tree.children(node)
        for i, part in enumerate(below):
            if not is_index(node, i, part, steps):
                yield from visit(part, (*path, i), (*above, node))

    return visit(relation, (), ())


class Place(NamedTuple):
    """A node that is no part of an index, and what its edits need to know of its surroundings."""

    node: Expr
    path: Path
    above: tuple[Expr, ...]  # the nodes that the path leads through
    parts: tuple[Expr, ...]  # its children
    asked: range  # the positions of those whose edits are asked for
    indices: tuple[int, ...]  # of them, those that are an index or a bound, or reckon with indices only
    free: tuple[str, ...]  # the indices that nothing binds, the horizon among them
    vocabulary: Vocabulary

    @property
    def factor(self) -> bool:
        """Whether it stands where a factor, a term, a body or a side stands, and not in a derivative."""
        return is_factor(self.path, self.above)

    def scope(self, position: int) -> list[str]:
        """The indices bound around a child, outermost first; a sum binds its index in its body only."""
        around = self.above if position else (*self.above, self.node)
        return [node.index for node in around if isinstance(node, Sum | Product)]


def is_factor(path: Path, above: tuple[Expr, ...]) -> bool:
    """Whether what a path leads to, through some nodes, stands where a factor does, and not in a derivative."""
    for node, position in zip(reversed(above), reversed(path), strict=True):
        if isinstance(node, tree.Call | tree.SetOf | tree.Paths | Derivative) or (isinstance(node, Power) and position):
            return False
        if isinstance(node, Relation | Add | Multiply | Sum | Product):
            return not any(isinstance(outer, Derivative) for outer in above)
    return False


class _Surroundings(NamedTuple):
    """What all edits of one relation need to know of it."""

    relation: Relation
    steps: set[str]
    free: tuple[str, ...]
    symbols: dict[int, set[str]]


_latest: list[_Surroundings] = []


def _surroundings(relation: Relation) -> _Surroundings:
    """The surroundings of a relation; kept for the one asked last, whose factors are asked for one by one."""
    if not _latest or _latest[0].relation is not relation:
        nodes = list(tree.walk(relation))
        bound = {node.index for node in nodes if isinstance(node, Sum | Product)}
        limits = (part for node in nodes if isinstance(node, Sum | Product) for part in tree.children(node)[1:])
        indices = (part for node in nodes if isinstance(node, Symbol) for part in node.index)
        steps = bound.union(*map(tree.names, limits), *map(tree.names, indices))
        symbols = {(len(node.index), node.name) for node in nodes if isinstance(node, Symbol)}
        found = {
            count: {name for n, name in symbols if n == count} - (set() if count else steps) for count, _ in symbols
        }
        _latest[:] = [_Surroundings(relation, steps, tuple(sorted(steps - bound)), found)]
    return _latest[0]


def places(relation: Relation, within: Path = (), vocabulary: Vocabulary | None = None) -> Iterator[Place]:
    """The places whose edits may lie at or below a path, parents first."""
    _, steps, free, symbols = _surroundings(relation)
    near = (free, symbols if vocabulary is None else vocabulary)

    def visit(node: Expr, path: Path, above: tuple[Expr, ...]) -> Iterator[Place]:
        parts = tree.children(node)
        ahead = within[len(path) :]
        if len(ahead) > 1 and not is_index(node, ahead[0], parts[ahead[0]], steps):
            yield from visit(parts[ahead[0]], (*path, ahead[0]), (*above, node))
            return
        asked = range(ahead[0], ahead[0] + 1) if ahead else range(len(parts))
        indices = tuple(i for i in asked if is_index(node, i, parts[i], steps))
        if len(ahead) < 2 or ahead[0] in indices:
            yield Place(node, path, above, parts, asked, indices, *near)
        for i in asked:
            if i not in indices:
                yield from visit(parts[i], (*path, i), (*above, node))

    return visit(relation, (), ())


def is_index(node: Expr, position: int, part: Expr, steps: set[str]) -> bool:
    """Whether a child is an index, a bound, or reckons with indices only, as ``T - t`` does."""
    if isinstance(node, Symbol | tree.Indicator | tree.Whole) or (
        isinstance(node, Sum | Product | tree.Component) and position
    ):
        return True
    if isinstance(node, tree.Cases) and position >= len(node.values):
        return True
    return not isinstance(node, Derivative) and set() < _reckoned_with(part) <= steps


@of_node
def _reckoned_with(part: Expr) -> frozenset[str]:
    """The names in a formula that only adds names and numbers; none where it does more."""
    kinds = Number | Add | Negate | Symbol
    plain = (isinstance(inner, kinds) and not getattr(inner, "index", ()) for inner in tree.walk(part))
    return frozenset(tree.names(part)) if all(plain) else frozenset()
