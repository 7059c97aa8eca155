"""What may have been meant: one-edit neighbours of a refuted relation that hold, each judged like itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from bpttsym.bench import Bench
from bpttsym.conditions import Row
from bpttsym.edits import Edit, neighbours
from bpttsym.expr import Derivative, Negate, Number, Relation, integer, walk
from bpttsym.insertions import insertions
from bpttsym.model import Model
from bpttsym.positions import at
from bpttsym.ruling import Suggestion

SLIPS = (
    "bound",
    "index",
    "order",
    "transpose",
    "sign",
    "power",
    "square",
    "dropped-factor",
    "missing-diag",
    "kind",
    "bound-index",
    "coefficient",
)
"""The edits that are tried first: they say the same of the same quantities."""

MAXIMUM_SLIPS, MAXIMUM_OMISSIONS = 200, 400
SHOWN = 3


def suggestions(bench: Bench, relation: Relation, row: Row) -> tuple[Suggestion, ...]:
    """One-edit neighbours of a refuted relation that hold under the same reading, the simplest first.

    Only where none of the slips of the pen mends it, something is put in, or one name for another.
    """
    tried = 0
    for edits in (_slips(relation), _omissions(relation, row.variant.base)):
        found: list[tuple[tuple[int, int], Suggestion]] = []
        for edit in edits:
            tried += 1
            status, _ = bench.status_under(edit.relation, row)
            trivial = edit.relation.left == edit.relation.right
            if status in ("proved", "verified") and not trivial and not bench.is_empty(edit.relation, row):
                found.append((_cost(relation, edit), Suggestion(edit.relation, status, edit.words, edit.path)))
        if found:
            best = [suggestion for _, suggestion in sorted(found, key=lambda pair: pair[0])]
            return tuple(replace(s, note=f"{s.note}; {tried} one-edit changes were tried") for s in best[:SHOWN])
    return ()


def _slips(relation: Relation) -> Iterator[Edit]:
    return islice(neighbours(relation, SLIPS), MAXIMUM_SLIPS)


def _omissions(relation: Relation, model: Model) -> Iterator[Edit]:
    """Something put in, and names of the model in the place of others that carry as many indices."""
    vocabulary: dict[int, set[str]] = {}
    for name, counts in model.arities.items():
        for count in counts:
            vocabulary.setdefault(count, set()).add(name)
    yield from islice(neighbours(relation, ("swapped-symbol",), vocabulary=vocabulary), MAXIMUM_SLIPS)
    yield from islice(insertions(relation, model), MAXIMUM_OMISSIONS)


def _cost(relation: Relation, edit: Edit) -> tuple[int, int]:
    """How far a repair goes: what is asked for on the left stays, a factor is not lost, and little is written anew."""
    asked = isinstance(relation.left, Derivative) and edit.path[:1] == (0,)
    return int(asked) + int(_is_lossy(relation, edit)), _size(edit.relation)


def _is_lossy(relation: Relation, edit: Edit) -> bool:
    """Whether a factor that is no number is left out, or a diagonal."""
    dropped = edit.kind == "dropped-factor" and not isinstance(at(relation, edit.path), Number)
    return dropped or edit.kind == "missing-diag"


def _size(relation: Relation) -> int:
    """How much there is to write; a sign weighs less than a factor."""
    zero = integer(0)
    return sum(1 if isinstance(node, Negate) else 2 for node in walk(relation) if node != zero)
