"""Sums over the paths of the unrolled graph, and binomial coefficients (a part of the evaluator).

The value of a sum over paths is made of immediate derivatives alone, one for each edge, in the order of the chain
rule; no total derivative is asked for. Paths that share their first edges are added up before they go on, which is
the distributive law, so their number does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bpttsym.derivatives import laid_out
from bpttsym.errors import NotRead
from bpttsym.expr import Derivative, Paths, Symbol, Whole
from bpttsym.model import Graph, Key, index_letters
from bpttsym.reckoner import Reckoner
from bpttsym.whole_numbers import index_value
from bpttsym.world import MissingNode, V


def over_paths(reckoner: Reckoner, node: Paths, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """The sum over all paths from one node to another, or their number; no path gives zero."""
    if not isinstance(node.start, Symbol) or not isinstance(node.end, Symbol):
        raise NotRead("a path leads from one quantity to another", node.span)
    start, end = (reckoner.key(symbol, bindings, bound) for symbol in (node.start, node.end))
    world = reckoner.world
    if node.counted:
        found = world.number(Fraction(count(reckoner.graph, start, end)))
    else:
        sums = {start: world.identity(_entries(reckoner, start))}
        for key in _between(reckoner.graph, start, end):
            parts = [
                world.matrix_product(world.derivative(key, (parent,), True), sums[parent])
                for parent in reckoner.graph.nodes[key].parents
                if parent in sums
            ]
            total = parts[0]
            for part in parts[1:]:
                total = world.add(total, part)
            sums[key] = total
        jacobian = sums.get(end, world.zeros((_entries(reckoner, end), _entries(reckoner, start))))
        shown = Derivative(node.end, node.start, "total", span=node.span)
        found = laid_out(reckoner, shown, jacobian, (start,), world.shapes[end[0]] == (1, 1))
    if world.is_zero(found):
        reckoner.empty.add((id(node), tuple(bindings.items())))
    return found


def count(graph: Graph, start: Key, end: Key) -> int:
    """How many paths lead from one node to another; from a node to itself there is one, of no edges."""
    counts = {start: 1}
    for key in _between(graph, start, end):
        counts[key] = sum(counts.get(parent, 0) for parent in graph.nodes[key].parents)
    return counts.get(end, 0)


def _between(graph: Graph, start: Key, end: Key) -> list[Key]:
    """The nodes on the paths from one node to another, each after its parents; without the first."""
    dependents = graph.dependents((start,))
    return [key for key in graph.missing(end, {start}, dependents) if key in dependents] if end in dependents else []


def whole_number(reckoner: Reckoner, node: Whole, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """A number that is reckoned from indices; a binomial coefficient of fewer than no things does not exist."""
    if node.operation == "binomial":
        above, below = (index_value(part, bindings) for part in node.arguments)
        if above < 0:
            letters = index_letters(node) & bound
            raise MissingNode((r"\binom", (above, below)), min(letters, default=""), above, node.span)
    return reckoner.world.number(Fraction(index_value(node, bindings)))


def _entries(reckoner: Reckoner, key: Key) -> int:
    rows, columns = reckoner.world.shapes[key[0]]
    return rows * columns
