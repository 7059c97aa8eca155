"""A few steps of a derivation judged without NumPy, which takes longer to load than they take to judge.

The rules are those of every claim (``trial``), with worlds in Python's own numbers in the place of those of NumPy. What
is proved here has one model and one reading only, holds in numbers at three horizons, and is proved at each of them.
Anything else is left to ``verdict``, which then judges the whole.
"""

from __future__ import annotations

from bpttsym.displayed import Entry
from bpttsym.document import Document
from bpttsym.errors import NotRead
from bpttsym.ground import lengths, make_ground
from bpttsym.guard import outcomes_of
from bpttsym.model import Key, Model
from bpttsym.path_sum import Evidence
from bpttsym.plain import PlainWorld
from bpttsym.plain_exact import PlainExact
from bpttsym.readings import OPTIONS, Readings, explore
from bpttsym.trial import DENIED, Outcome, Trial
from bpttsym.variants import variants

NAMES = ":="
"""The sign of a relation that only gives a name."""

MAXIMUM_NODES = 60
"""The most nodes of a graph that is not worth loading NumPy."""


class PlainTrial(Trial):
    """The worlds for one model and horizon; the numbers of each horizon are others."""

    def make_numbers(self, samples: int, seed: int) -> PlainWorld:
        del samples
        return PlainWorld(self.ground.graph, self.ground.shapes, seed)

    def sample(self, key: Key, number: int) -> list[list[float]]:
        return [[entry.real for entry in row] for row in self.numbers.node(key)]

    def make_exact(self) -> PlainExact:
        return PlainExact(self.ground.graph, self.ground.shapes)


def small_size(position: int) -> int:
    """The size of the n-th free dimension: all different, and as small as they can be."""
    return position + 2


class Quick:
    """Judges relations of texts about one model; worlds are made once for each horizon."""

    def __init__(self) -> None:
        self._trials: dict[tuple[Model, int], Trial] = {}

    def last(self, document: Document, count: int) -> list[Evidence] | None:
        """The evidence for the last relations of a document; None where one of them is not proved here."""
        found: list[Evidence] = []
        for entry in document.entries[len(document.entries) - count :]:
            evidence = self.evidence(document, entry)
            if evidence is None:
                return None
            found.append(evidence)
        return found

    def evidence(self, document: Document, entry: Entry) -> Evidence | None:
        """That a relation is proved, or only a name; None where it takes more to say."""
        if entry.relation is None or entry.failure is not None or entry.model or entry.words:
            return None
        if entry.relation.operator == NAMES:
            return Evidence("definition", "", "", 0, 0.0) if entry.kind == "definition" else None
        try:
            return self._proved(document, entry) if entry.kind == "claim" else None
        except NotRead:
            return None

    def _proved(self, document: Document, entry: Entry) -> Evidence | None:
        assert entry.relation is not None
        declared = {key: value for key, value in document.settings.items() if value in OPTIONS.get(key, ())}
        relation = document.resolved(entry.relation, entry.scope)
        found = variants(relation, entry.scope, document.models)
        if len(found) != 1 or found[0].condition or found[0].suggested or found[0].loose:
            return None
        base = found[0].base
        if base.unread or base.one_hot or base.scalar:
            return None
        trials = [self._trial(found[0].build(length), length) for length in lengths(relation, base, entry.where)]
        if any(len(trial.ground.graph.nodes) > MAXIMUM_NODES for trial in trials):
            return None

        def evaluate(readings: Readings) -> list[Outcome]:
            return outcomes_of(relation, trials, readings)

        tried = list(explore(evaluate, {**declared, "shorthand": "none"}, entry.where))
        if len(tried) != 1:
            return None
        _, readings, outcomes = tried[0]
        if any(outcome.kind != "holds" for outcome in outcomes):
            return None
        methods = {t.proof(relation, readings, o) for t, o in zip(trials, outcomes, strict=True)}
        if not methods.isdisjoint(("", DENIED)):
            return None
        scope = "T=" + ", ".join(str(outcome.length) for outcome in outcomes)
        return Evidence("proved", min(methods), scope, len(outcomes), max(outcome.error for outcome in outcomes))

    def _trial(self, model: Model, length: int) -> Trial:
        if (model, length) not in self._trials:
            self._trials[model, length] = PlainTrial(make_ground(model, length, small_size), seed=length)
        return self._trials[model, length]
