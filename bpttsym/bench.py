"""Relations tried under every reading on every model that they may be about; worlds are made once (SEMANTICS 4-7)."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from contextlib import suppress

from bpttsym.common import Shelf
from bpttsym.conditions import Row, network_words
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Derivative, Multiply, Norm, Relation, Transpose, walk
from bpttsym.extents import free_entries
from bpttsym.ground import instances, lengths, make_ground, prepare
from bpttsym.guard import outcomes_of
from bpttsym.model import Model
from bpttsym.readings import OPTIONS, RESORTS, Readings, explore
from bpttsym.reckoner import lone_sides
from bpttsym.rephrased import is_number, missing_words, one_sided
from bpttsym.ruling import Case, Status
from bpttsym.scrutiny import bends, is_kinked, is_short
from bpttsym.shapes import Sizes
from bpttsym.trial import DENIED, FINGERPRINT, FREE_RING, Outcome, Trial
from bpttsym.variants import Variant

LONG = 20
"""Over more steps than this a gradient may shrink below what floats see."""

UNCONFIRMED = "the numbers agree within rounding, but exact arithmetic does not confirm it"


def may_matter(choice: str, relation: Relation) -> bool:
    """Whether anything in a relation can have the meaning of a last resort."""
    match choice:
        case "superscript":
            return any(isinstance(part, Transpose) and part.letter for part in walk(relation))
        case "grouping":
            return any(isinstance(part, Multiply) and len(part.factors) > 2 for part in walk(relation))
        case "jacobian":
            return any(isinstance(side, Derivative) for side in (relation.left, relation.right))
        case "norm":
            return any(isinstance(part, Norm) and not part.order for part in walk(relation))
        case _:
            raise ValueError(choice)


MANY_SAMPLES = 64
"""How many samples are drawn where few may lie on one side of a kink."""


class Bench:
    """The worlds of one document, one for each model and horizon, and what is tried in them."""

    def __init__(self, samples: int, declared: Mapping[str, str], shelf: Shelf | None = None) -> None:
        self.samples = samples
        self.shelf = shelf or Shelf()
        self.declared = declared
        self._trials: dict[tuple[Model, int], Trial] = {}
        self._many: dict[Trial, Trial] = {}
        self._prepared: dict[Model, tuple[Model, Sizes]] = {}

    def trial(self, variant: Variant, length: int) -> Trial:
        """The worlds for a model and a horizon, made once."""
        model = variant.build(length)
        if (model, length) not in self._trials:
            if model not in self._prepared:
                self._prepared[model] = prepare(model)
            ground = make_ground(model, length, ready=self._prepared[model])
            self._trials[model, length] = Trial(ground, self.samples, common=self.shelf.common(ground.model))
        return self._trials[model, length]

    def run(self, case: Case, relation: Relation, variant: Variant, named: bool) -> None:
        where = case.entry.where
        try:
            trials = [self.trial(variant, length) for length in lengths(relation, variant.base, where)]
        except NotRead as failure:
            case.failure = failure
            return

        def evaluate(readings: Readings) -> list[Outcome]:
            return outcomes_of(relation, trials, readings)

        for shorthand in OPTIONS["shorthand"]:
            found: list[Row] = []
            for choices, readings, outcomes in explore(evaluate, {**self.declared, "shorthand": shorthand}, where):
                asked = {"shorthand": shorthand} if "shorthand" in readings.met else {}
                model = {"model": variant.condition} if named and (variant.condition or not variant.network) else {}
                if variant.network:
                    model["network"] = network_words(variant)
                if asked or shorthand == "none":
                    found.append(Row({**choices, **asked, **model}, variant, readings, outcomes))
            for row in found:
                if row.holds:
                    self.confirm(relation, row, trials)
            case.rows.extend(found)
            if any(row.holds for row in case.rows) or not any("shorthand" in row.readings.met for row in found):
                break
        if not any(row.holds for row in case.rows):
            for choice, option in RESORTS:
                if may_matter(choice, relation) and self._resort(case, relation, variant, trials, choice, option):
                    break

    def run_in_turn(self, case: Case, relation: Relation, others: Sequence[Variant]) -> None:
        """Try other models where none did yet, until one does."""
        for variant in others:
            if not any(row.holds for row in case.rows):
                self.run(case, relation, variant, True)
        if any(row.outcome.kind == "differs" for row in case.rows):
            # a letter does not stand for something by which nothing would be said at all
            supposed = [variant for variant in others if variant.supposed]
            case.rows[:] = [r for r in case.rows if r.outcome.kind != "vacuous" or r.variant not in supposed]

    def _resort(
        self, case: Case, relation: Relation, variant: Variant, trials: Sequence[Trial], choice: str, option: str
    ) -> bool:
        """Try a meaning that is taken only where nothing else holds; whether it does."""

        def evaluate(readings: Readings) -> list[Outcome]:
            return outcomes_of(relation, trials, readings)

        declared = {**self.declared, "shorthand": "none", choice: option}
        holding = []
        for choices, readings, outcomes in explore(evaluate, declared, case.entry.where):
            row = Row({**choices, choice: option}, variant, readings, outcomes)
            if row.holds and choice in readings.met:
                row.method = self.prove(relation, row, trials)
                holding += [row] if row.method != DENIED else []
            elif row.outcome.kind == "vacuous" and choice in readings.met:
                holding.append(row)  # true, if of nothing: then it is not false
        for row in case.rows if holding else ():
            row.choices.setdefault(choice, next(other for other in OPTIONS[choice] if other != option))
        case.rows.extend(holding)
        return bool(holding)

    def confirm(self, relation: Relation, row: Row, trials: Sequence[Trial]) -> None:
        """Prove a row that holds in floats; what is not proved must agree in many digits as well.

        So must a fingerprint with long numbers, which may be multiples of its prime.
        """
        row.method = self.prove(relation, row, trials)
        if row.method in ("", DENIED) and bends(relation, trials[0].ground):
            outcome, _ = self._with_many_samples(trials[0]).numeric(relation, row.readings.settled(), observe=False)
            if outcome.kind == "differs":
                row.outcomes, row.method = [outcome], ""
                return
        if row.method == FREE_RING or (row.method == FINGERPRINT and is_short(relation, trials[0].ground)):
            return
        found = trials[0].closely(relation, row.readings.settled())
        if found is not None and found.kind == "differs":
            row.outcomes, row.method = [found], ""
        elif row.method == DENIED or (found is None and trials[0].ground.length > LONG):
            row.method = ""
            if found is None or is_kinked(relation, trials[0].ground):
                row.outcomes = [Outcome("unknown", row.outcome.length, message=UNCONFIRMED, part=relation)]

    def _with_many_samples(self, trial: Trial) -> Trial:
        """The same ground with samples enough to find a region in which two sides differ."""
        if trial not in self._many:
            self._many[trial] = Trial(trial.ground, MANY_SAMPLES, seed=1)
        return self._many[trial]

    def prove(self, relation: Relation, row: Row, trials: Sequence[Trial]) -> str:
        """The method of all horizons; what the free ring does not prove at one is left to it last at the others."""
        methods: list[str] = []
        for trial, outcome in zip(trials, row.outcomes, strict=False):
            if outcome.kind == "holds":
                first = FINGERPRINT if FINGERPRINT in methods else FREE_RING
                methods.append(trial.proof(relation, row.readings, outcome, first))
        if DENIED in methods:
            return DENIED
        return "" if "" in methods else min(methods)

    def is_empty(self, relation: Relation, row: Row) -> bool:
        """Whether a side is zero on every sample under a row: such an equation is true of nothing."""
        trial = self.trial(row.variant, lengths(relation, row.variant.base, row.readings.where)[0])
        evaluator = Evaluator(trial.numbers, row.readings.settled(), lone_sides(relation))
        for bindings in instances(relation, trial.ground, evaluator.readings):
            try:
                if not any(map(trial.numbers.is_zero, evaluator.sides(relation, bindings))):
                    return False
            except NotRead:
                continue
        return True

    def missing_letter(self, case: Case) -> str:
        """Why an equation with a letter on one side only is not refuted: no entry, row or column of the other fits."""
        losses = case.rows[0].variant.base.losses
        letters = [letter for letter in one_sided(case.relation) if not self._is_of_number(case, letter, losses)]
        if not letters or any(row.outcome.kind == "differs" for row in case.reread):
            return ""
        differing = [row for row in case.rows if row.outcome.kind == "differs"]
        if differing and all(self.is_of_numbers(case.relation, row) for row in differing):
            return ""
        return missing_words(case.relation, letters)

    @staticmethod
    def _is_of_number(case: Case, letter: str, losses: Container[str]) -> bool:
        """Whether the side without a letter is a number by its form: the same for each value of it."""
        left, right = case.relation.left, case.relation.right
        return is_number(right if letter in free_entries(left) else left, losses)

    def is_of_numbers(self, relation: Relation, row: Row) -> bool:
        """Whether both sides are numbers under a row; a letter on one side only then stands for each of its values."""
        trial = self.trial(row.variant, lengths(relation, row.variant.base, row.readings.where)[0])
        evaluator = Evaluator(trial.numbers, row.readings.settled(), lone_sides(relation))
        for bindings in instances(relation, trial.ground, evaluator.readings):
            with suppress(NotRead):
                return {trial.numbers.shape(side) for side in evaluator.sides(relation, bindings)} == {(1, 1)}
        return False

    def status_under(self, relation: Relation, row: Row) -> tuple[Status, Outcome]:
        """What a relation is under the model and the choices of a row that was tried for another one."""
        trials = [self.trial(row.variant, length) for length in lengths(relation, row.variant.base, row.readings.where)]
        readings = row.readings.settled()
        tried = Row({}, row.variant, readings, outcomes_of(relation, trials, readings))
        if all(outcome.kind == "holds" for outcome in tried.outcomes):
            self.confirm(relation, tried, trials)
        if tried.holds:
            return ("proved" if tried.method else "verified"), tried.outcome
        kind = tried.outcome.kind
        return ("unchecked" if kind in ("unknown", "vacuous") else "refuted"), tried.outcome
