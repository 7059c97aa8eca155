"""What was found out about a node of a tree, kept: neighbours of an equation share all their parts but one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

MAXIMUM_KNOWN = 100_000

Node = TypeVar("Node")
Answer = TypeVar("Answer")
Besides = ParamSpec("Besides")


def of_node(find: Callable[[Node], Answer]) -> Callable[[Node], Answer]:
    """The same function, asked once for each node; nodes are told apart by identity, and each is held while known."""
    known: dict[int, tuple[Node, Answer]] = {}

    @wraps(find)
    def remembered(node: Node) -> Answer:
        found = known.get(id(node))
        if found is not None:
            return found[1]
        answer = find(node)
        if len(known) >= MAXIMUM_KNOWN:
            known.clear()
        known[id(node)] = node, answer
        return answer

    return remembered


MAXIMUM_SEVERAL = 5_000


def of_nodes(
    find: Callable[Concatenate[Sequence[Node], Besides], Answer],
) -> Callable[Concatenate[Sequence[Node], Besides], Answer]:
    """The same function of several nodes, and of something else that is told apart by value."""
    known: dict[tuple[object, ...], tuple[tuple[Node, ...], Answer]] = {}

    @wraps(find)
    def remembered(nodes: Sequence[Node], /, *besides: Besides.args, **named: Besides.kwargs) -> Answer:
        key = (*map(id, nodes), *besides, *named.items())
        found = known.get(key)
        if found is not None:
            return found[1]
        answer = find(nodes, *besides, **named)
        if len(known) >= MAXIMUM_SEVERAL:
            known.clear()
        known[key] = tuple(nodes), answer
        return answer

    return remembered
