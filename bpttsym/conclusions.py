r"""What stands before a ``\Rightarrow``: a condition on indices, or something that a conclusion rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bpttsym.errors import NotRead
from bpttsym.expr import Relation
from bpttsym.records import dataclass

IMPLICATIONS = frozenset((r"\Rightarrow", r"\Leftrightarrow"))


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A relation, the conditions on indices before its arrow, and whether there is an arrow before it."""

    relation: Relation | NotRead
    where: tuple[Relation, ...] = ()
    concluded: bool = False


def conclusions(
    relations: Iterable[Relation | NotRead], is_condition: Callable[[Relation], bool]
) -> Iterator[Conclusion]:
    """The relations of a line without its arrows; those on indices before an arrow are conditions of what follows."""
    where: tuple[Relation, ...] = ()
    concluded = False
    waiting: list[Relation | NotRead] = []
    for relation in relations:
        if not isinstance(relation, Relation) or relation.operator not in IMPLICATIONS:
            waiting.append(relation)
            continue
        conditions = tuple(one for one in waiting if isinstance(one, Relation) and is_condition(one))
        if len(conditions) == len(waiting):
            where = (*where, *conditions)
        else:
            yield from (Conclusion(one, where, concluded) for one in waiting)
        waiting, concluded = [], True
    yield from (Conclusion(one, where, concluded) for one in waiting)
