"""What may have been meant: one-edit neighbours of a refuted relation that hold, each judged like itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bpttsym.bench import Bench
from bpttsym.conditions import Row
from bpttsym.edits import Edit, neighbours
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Derivative, Negate, Number, Relation, integer, walk
from bpttsym.extents import free_entries
from bpttsym.ground import Ground, beyond_the_edge, free_indices, instances, lengths
from bpttsym.insertions import insertions
from bpttsym.model import Model
from bpttsym.positions import at
from bpttsym.reckoner import lone_sides
from bpttsym.records import replace
from bpttsym.ruling import Suggestion
from bpttsym.shapes import ShapeClash
from bpttsym.world import RELATIVE

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

WORK = 200_000
"""How many nodes of trees are read and evaluated before a search for repairs ends; a line of a book has under 100."""


def suggestions(bench: Bench, relation: Relation, row: Row) -> tuple[Suggestion, ...]:
    """One-edit neighbours of a refuted relation that hold under the same reading, the simplest first.

    Only where none of the slips of the pen mends it, something is put in, or one name for another. An equation that
    is very long to read or to evaluate gets fewer tries.
    """
    tried = 0
    screen = Screen(bench, relation, row)
    size = sum(1 for _ in walk(relation))
    for edits in (_slips(relation), _omissions(relation, row.variant.base)):
        found: list[tuple[tuple[int, int], Suggestion]] = []
        for edit in edits:
            if tried * size + screen.evaluator.steps > WORK:
                break
            tried += 1
            if screen.surely_fails(edit.relation):
                continue
            status, _ = bench.status_under(edit.relation, row)
            trivial = edit.relation.left == edit.relation.right
            if status in ("proved", "verified") and not trivial and not bench.is_empty(edit.relation, row):
                found.append((_cost(relation, edit), Suggestion(edit.relation, status, edit.words, edit.path)))
        if found:
            best = [suggestion for _, suggestion in sorted(found, key=lambda pair: pair[0])]
            return tuple(replace(s, note=f"{s.note}; {tried} one-edit changes were tried") for s in best[:SHOWN])
    return ()


class Screen:
    """Turns away the neighbours of a relation that differ at one ordinary instance; it says nothing of the others.

    All share one evaluator, so that of a neighbour only what was edited and what holds it is evaluated.
    """

    def __init__(self, bench: Bench, relation: Relation, row: Row) -> None:
        self.model = row.variant.base
        self.where = row.readings.where
        self.lengths = lengths(relation, self.model, self.where)
        self.trial = bench.trial(row.variant, self.lengths[0])
        self.ground = self.trial.ground
        self.letters = _free(relation, self.ground)
        self.lone = lone_sides(relation)
        self.evaluator = Evaluator(self.trial.numbers, row.readings.settled(), self.lone)
        before = self.ground.model.first - 1
        try:
            everywhere = instances(relation, self.ground, self.evaluator.readings)
            inner = [bindings for bindings in everywhere if before not in bindings.values()]
        except NotRead:
            inner = []
        self.tried = inner[len(inner) // 2 :][:1]

    def surely_fails(self, relation: Relation) -> bool:
        """Whether a neighbour is refuted by this one instance already."""
        if (_free(relation, self.ground), lone_sides(relation)) != (self.letters, self.lone):
            return False
        if lengths(relation, self.model, self.where) != self.lengths:
            return False
        for bindings in self.tried:
            try:
                error, _ = self.trial.compare(relation, self.evaluator, bindings)
            except ShapeClash:
                return True
            except NotRead:
                return False
            return error > RELATIVE and not beyond_the_edge(relation, self.ground, bindings)
        return False


def _free(relation: Relation, ground: Ground) -> tuple[frozenset[str], frozenset[str]]:
    """The letters of a relation that nothing binds: those of steps, and those of entries."""
    return frozenset(free_indices(relation, ground.model)), frozenset(free_entries(relation))


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
