"""What may have been meant: one-edit neighbours of a refuted relation that hold, each judged like itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from bpttsym.bench import Bench
from bpttsym.conditions import Row
from bpttsym.edits import neighbours
from bpttsym.expr import Relation
from bpttsym.ruling import Suggestion

REPAIRS = (
    "bound",
    "index",
    "order",
    "transpose",
    "sign",
    "power",
    "square",
    "coefficient",
    "missing-diag",
    "kind",
    "bound-index",
)
"""The edits that are tried as a repair; symbols are not swapped, which would change what is said."""

MAXIMUM_REPAIRS = 150


def suggestions(bench: Bench, relation: Relation, row: Row) -> tuple[Suggestion, ...]:
    """One-edit neighbours of a refuted relation that hold under the same reading, the first few."""
    found: list[Suggestion] = []
    tried = 0
    for edit in islice(neighbours(relation, REPAIRS), MAXIMUM_REPAIRS):
        tried += 1
        status, _ = bench.status_under(edit.relation, row)
        trivial = edit.relation.left == edit.relation.right
        if status in ("proved", "verified") and not trivial:
            found.append(Suggestion(edit.relation, status, edit.words, edit.path))
    return tuple(replace(s, note=f"{s.note}; {tried} one-edit changes were tried") for s in found[:3])
