"""Positions in a tree: the path of child positions that leads to a node, and what stands there (a part of edits)."""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.expr import Component, Divide, Expr, Negate, Norm, Number, Power, Transpose, children
from bpttsym.rewriting import with_children

Path = tuple[int, ...]


def walk_paths(node: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Like :func:`walk`, with the path of child positions that leads to each node."""
    yield path, node
    for position, child in enumerate(children(node)):
        yield from walk_paths(child, (*path, position))


def at(node: Expr, path: Path) -> Expr:
    """The node that a path leads to."""
    for position in path:
        node = children(node)[position]
    return node


def replace_at(node: Expr, path: Path, new: Expr) -> Expr:
    """The tree with the node at ``path`` replaced by ``new``."""
    if not path:
        return new
    below = list(children(node))
    below[path[0]] = replace_at(below[path[0]], path[1:], new)
    return with_children(node, tuple(below))


def is_one_factor(whole: Expr) -> bool:
    r"""Whether an expression of one part stands and falls with it, as ``\frac1\gamma`` does."""
    inverse = isinstance(whole, Divide) and isinstance(whole.numerator, Number)
    return inverse or isinstance(whole, Power | Norm | Negate | Transpose | Component)
