"""A relation on every model that it may be about, and what else it may say where it fails: to the rows of its case."""

from __future__ import annotations

from bpttsym.bench import Bench
from bpttsym.candidates import Candidates
from bpttsym.displayed import Entry
from bpttsym.document import Document
from bpttsym.errors import NotRead
from bpttsym.expr import Relation
from bpttsym.ruling import Case
from bpttsym.text_cases import has_own_case, words_of
from bpttsym.variants import scalar_variant, supposing


class Attempts:
    """What is tried of the relations of one document."""

    def __init__(self, document: Document, candidates: Candidates, bench: Bench) -> None:
        self.document = document
        self.candidates = candidates
        self.bench = bench

    def on(self, entry: Entry, relation: Relation) -> Case:
        """Every reading of a relation on every model that it may be about."""
        case, written = Case(entry, relation), relation
        try:
            relation = case.relation = entry.relation = self.candidates.resolved(entry, relation)
        except NotRead as failure:
            case.failure = failure
            relation = written
        else:
            self._as_written(case, entry, relation)
        if not _holds(case):
            case.rows[:] = [row for row in case.rows if not row.variant.deeper]  # it fails with few layers as well
        if not _holds(case) and case.failure is None:
            self._in_case(case, entry, relation)
        if not _holds(case):
            self._otherwise(case, entry, written, relation)
        if not _holds(case):
            self._in_case(case, entry, relation, written)
        self.candidates.settle(entry, case.rows)
        return case

    def _as_written(self, case: Case, entry: Entry, relation: Relation) -> None:
        found, why = self.candidates.possible(entry, self.candidates.of(entry, relation))
        if why:
            case.failure = NotRead(why, relation.span)
        for variant in found:
            self.bench.run(case, relation, variant, len(found) > 1 or variant.suggested or variant.supposed)
        self.bench.run_in_turn(case, relation, [other for one in found for other in one.otherwise])
        if case.rows and all(row.outcome.kind == "impossible" for row in case.rows) and not found[0].base.scalar:
            for variant in found:
                scalar = scalar_variant(relation, variant)
                if scalar is not None:
                    self.bench.run(case, relation, scalar, True)

    def _in_case(self, case: Case, entry: Entry, relation: Relation, written: Relation | None = None) -> None:
        """Where nothing holds of all indices, the relation in the case that the text before it puts.

        With how it is ``written``, what else it may say in that case.
        """
        if not entry.case or has_own_case(relation):
            return
        before, rows, span = entry.where, list(case.rows), entry.case[0].span
        words = words_of(entry.case, self.document.source.locate(span.start).line if span else 0)
        entry.where = (*before, *entry.case)
        if written is not None:
            self._otherwise(case, entry, written, relation, words)
        else:
            for variant in self.candidates.possible(entry, self.candidates.of(entry, relation))[0]:
                self.bench.run(case, relation, supposing(variant, words), True)
            case.rows[:] = case.rows[len(rows) :] if any(row.holds for row in case.rows[len(rows) :]) else rows
        if not _holds(case):
            entry.where = before

    def _otherwise(self, case: Case, entry: Entry, written: Relation, relation: Relation, words: str = "") -> None:
        """Where nothing holds, what else the relation may say, the first of it that does; else nothing is kept."""
        before = list(case.rows)
        for read, found in self.candidates.otherwise(entry, written, relation):
            for variant in found:
                self.bench.run(case, read, supposing(variant, words), True)
            if _holds(case):
                case.relation = entry.relation = read
                return
            case.reread += case.rows[len(before) :]
            case.rows[:] = before


def _holds(case: Case) -> bool:
    return any(row.holds for row in case.rows)
