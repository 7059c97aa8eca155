"""The inequalities of a document: which are hypotheses on numbers, and what came of the attack on the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from bpttsym.attack import BOUNDS
from bpttsym.bounds import BoundResult, Hypotheses, Stage, judge_bound
from bpttsym.conditions import Row, conditions_of, describe, result_words
from bpttsym.displayed import Entry
from bpttsym.document import Document
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Negate,
    Norm,
    Number,
    Relation,
    Symbol,
    Transpose,
    children,
    names,
    walk,
)
from bpttsym.ground import free_indices
from bpttsym.guesses import formulas_used
from bpttsym.hypotheses import (
    bounded_step,
    introduces,
    is_assumption,
    is_impossible,
    left_open,
    loose_numbers,
    of_every_number,
    on_slopes,
    restricted,
    untied,
)
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.norms import METHOD, proves
from bpttsym.readings import Readings, explore
from bpttsym.records import replace
from bpttsym.ruling import Suggestion, Verdict
from bpttsym.stand_ins import has_extremum
from bpttsym.trial import Kind, Outcome
from bpttsym.variants import Variant

TIED_TO_NOTHING = "nothing that the document says of {} compares it with anything of the network"
NO_NUMBER = "it can only be assumed of {}, and is no comparison of numbers here, so nothing is judged under it"
Where = tuple[Relation, ...]
SURVIVED = ("proved", "verified")
EVERYWHERE = "every T and every size"
KINDS: dict[str, Kind] = {"verified": "holds", "refuted": "differs", "unchecked": "unknown"}


class Inequalities:
    """The inequalities of one document; what the attacks begin with is made once."""

    def __init__(self, document: Document, declared: Mapping[str, str]) -> None:
        self.document = document
        self.entries = [*document.supposed, *document.entries]
        self.declared = declared
        self.stage = Stage()
        self.used: set[int] = set()

    @cached_property
    def hypotheses(self) -> dict[int, Hypotheses]:
        """By scope, the inequalities about a number that nothing else defines."""
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[dict[int, Hypotheses], set[int]]:
        """The hypotheses by scope, and the entries that are one by their positions.

        An inequality that introduces a number is one, and so is one that compares such numbers with leaves. Those
        that hold no computed quantity come first, wherever they stand: they say what the number is.
        """
        found: dict[int, Hypotheses] = {}
        positions: set[int] = set()
        for plain in (True, False):
            for position, entry in enumerate(self.entries):
                if entry.kind != "claim" or entry.relation is None or entry.relation.operator not in BOUNDS:
                    continue
                model = self.document.models[entry.scope]
                relation = on_slopes(entry.relation, model)
                if plain != self._plain(relation, model):
                    continue
                before = found.get(entry.scope, Hypotheses())
                if of_every_number(entry, entry.relation, self.document):
                    continue
                new = loose_numbers(relation, model)
                open_ = restricted(relation, model) if plain and not new else set()
                if not (open_ or introduces(relation, new)) or is_impossible(relation):
                    continue
                new |= open_
                slopes = {d.name for d in model.definitions if has_extremum(d.body)}
                said = position < len(self.document.supposed)
                if new - set(before.numbers) or (new and said) or (plain and (new or names(relation) & slopes)):
                    numbers = tuple(sorted({*before.numbers, *new}))
                    found[entry.scope] = Hypotheses((*before.relations, relation), numbers)
                    positions.add(position)
        for position, entry in enumerate(self.entries):
            if position in positions or entry.kind != "claim" or entry.relation is None or entry.where:
                continue
            name = bounded_step(entry.relation, self.document.models[entry.scope])
            before = found.get(entry.scope, Hypotheses())
            scopes = (place for place in self.document.lineage(entry.scope) if place in found)
            given = tuple(hypothesis for place in scopes for hypothesis in found[place].relations)
            numbers = tuple(sorted({*before.numbers, name} - {""}))
            if name in untied(entry.relation, Hypotheses(given, numbers), self._sloped(positions)):
                found[entry.scope] = Hypotheses((*before.relations, entry.relation), numbers)
                positions.add(position)
        return found, positions

    @property
    def _slopes(self) -> set[str]:
        """The names that hypotheses compare with the slope of a function."""
        return self._sloped(self._found[1])

    def _sloped(self, positions: Iterable[int]) -> set[str]:
        """The names that some entries compare with the slope of a function."""
        compared = (self.entries[position].relation for position in positions)
        sloped = (
            one for one in compared if one is not None and any(isinstance(p, Call) and p.primes for p in walk(one))
        )
        return {name for relation in sloped for name in names(relation)}

    @cached_property
    def _assumable(self) -> dict[int, Relation]:
        """By position, what says how large parameters or inputs are: false of all of them, and assumed where needed."""
        return {
            position: entry.relation
            for position, entry in enumerate(self.entries)
            if entry.kind == "claim"
            and entry.relation is not None
            and entry.relation.operator in BOUNDS
            and is_assumption(entry.relation, self.document.models[entry.scope])
        }

    def is_assumed(self, entry: Entry) -> bool:
        """Whether a bound that was judged needs what an entry says of the parameters or inputs."""
        return any(self.entries[position] is entry for position in self.used)

    @staticmethod
    def _plain(relation: Relation, model: Model) -> bool:
        """Whether a relation names no quantity that is computed, and no derivative."""
        computed = {d.name for d in model.definitions if not has_extremum(d.body)}
        derived = any(isinstance(part, Derivative) for part in walk(relation))
        return not derived and not names(relation) & computed

    @cached_property
    def models(self) -> list[Model]:
        """The models of the scopes, each with the numbers that its hypotheses are about."""
        nothing = Hypotheses()
        return [self.hypotheses.get(scope, nothing).on(model) for scope, model in enumerate(self.document.models)]

    def is_hypothesis(self, entry: Entry) -> bool:
        """Whether an entry says something about a number of which the document knows nothing else."""
        return any(self.entries[position] is entry for position in self._found[1])

    def judged(self, entry: Entry, relation: Relation, found: Sequence[Variant]) -> Verdict:
        """The verdict on a bound: over every model that it may be about and every reading of it."""
        given = self._given(entry.scope)
        indices = set(free_indices(relation, found[0].base)) | {found[0].base.horizon}
        where = tuple(condition for condition in entry.where if _on_indices(condition, indices))
        assumed = tuple(condition for condition in entry.where if condition not in where)
        about = given.about(relation, found[0].base)
        about = Hypotheses((*about.relations, *assumed), about.numbers)
        verdict = _supposing(self._tried(entry, relation, found, where, about), found)
        for other in (other for one in found for other in one.otherwise if other.supposed):
            if verdict.status == "refuted":
                verdict = _supposing(self._tried(entry, relation, [other], where, about), [other])
        known = self._slopes | set(self.document.models[entry.scope].arities)
        loose = untied(relation, given, known) if verdict.status == "refuted" else ()
        if loose:
            message = TIED_TO_NOTHING.format(", ".join(f"`{name}`" for name in loose))
            return Verdict(entry, "unchecked", message, model=verdict.model, blame=relation.span, code="not-understood")
        if verdict.status != "refuted":
            return verdict
        open_ = left_open(relation, found[0].base)
        if open_ and not is_impossible(relation):
            message = NO_NUMBER.format(" and ".join(f"`{name}`" for name in sorted(open_)))
            return Verdict(entry, "unchecked", message, model=verdict.model, blame=relation.span, code="not-judged")

        def under(more: Sequence[Relation]) -> Verdict:
            all_ = Hypotheses((*about.relations, *more), given.numbers)
            return self._tried(entry, relation, found, where, all_)

        return self._under_more(entry, given, about, under) or verdict

    def _given(self, scope: int) -> Hypotheses:
        """What is assumed in a scope: of numbers of which it says nothing itself, what the scopes before it say."""
        given = Hypotheses()
        for place in self.document.lineage(scope):
            own = self.hypotheses.get(place, Hypotheses())
            kept = tuple(r for r in given.relations if not names(r) & set(own.numbers))
            given = Hypotheses((*kept, *own.relations), tuple(sorted({*given.numbers, *own.numbers})))
        return given

    def _under_more(
        self, entry: Entry, given: Hypotheses, about: Hypotheses, under: Callable[[Sequence[Relation]], Verdict]
    ) -> Verdict | None:
        """The verdict on a bound that holds under more hypotheses than those about its numbers, the fewest that do."""
        entries = self.entries
        assumable = {
            position: relation
            for position, relation in self._assumable.items()
            if entries[position].scope == entry.scope and entries[position] is not entry
        }
        more = [hypothesis for hypothesis in given.relations if hypothesis not in about.relations]
        more += [relation for relation in assumable.values() if relation not in more]
        if not more or under(more).status not in SURVIVED:
            return None
        for hypothesis in list(more) if len(more) > 1 else ():
            others = [other for other in more if other is not hypothesis]
            if under(others).status in SURVIVED:
                more = others
        verdict = under(more)
        if verdict.status not in SURVIVED or not more:
            return None
        self.used |= {position for position, relation in assumable.items() if relation in more}
        conditions = tuple(unicode_line(hypothesis) for hypothesis in more)
        told = tuple(words for words in verdict.told if not words.endswith(conditions))
        return replace(verdict, status="conditional", conditions=conditions, told=told, code="depends-on-reading")

    def _tried(
        self, entry: Entry, relation: Relation, found: Sequence[Variant], where: Where, about: Hypotheses
    ) -> Verdict:
        """The verdict under some hypotheses."""
        rows: list[Row] = []
        results: list[BoundResult] = []
        fixed = {**({} if _layout_matters(relation) else {"layout": "numerator"}), **self.declared, "shorthand": "none"}
        for variant in found:
            self._attacked(relation, variant, fixed, where, about, rows, results, len(found) > 1 or variant.suggested)
        lettered = any(isinstance(part, Transpose) and part.letter for part in walk(relation))
        if lettered and all(result.status == "refuted" for result in results):
            for row in list(rows):
                power, results_ = {**fixed, "superscript": "power"}, list[BoundResult]()
                more = self._attacked(relation, row.variant, power, where, about, [], results_, False)
                for other, result in zip(more, results_, strict=True):
                    if other.holds and "superscript" in other.readings.met:
                        row.choices["superscript"], other.choices["superscript"] = "transpose", "power"
                        rows.append(other)
                        results.append(result)
        return self._weighed(entry, relation, rows, results, about)

    def _attacked(
        self,
        relation: Relation,
        variant: Variant,
        fixed: Mapping[str, str],
        where: Where,
        about: Hypotheses,
        rows: list[Row],
        results: list[BoundResult],
        named: bool,
    ) -> list[Row]:
        """Every reading of a bound on a model, attacked: the rows, and in the same order what came of them."""

        def attack(readings: Readings) -> BoundResult:
            return judge_bound(relation, variant.base, readings, self.stage, about)

        for choices, readings, result in explore(attack, fixed, where):
            model = {"model": variant.condition} if named else {}
            outcome = Outcome(KINDS[result.status], variant.base.length or 0, message=result.message, part=relation)
            rows.append(Row({**choices, **model}, variant, readings, [outcome]))
            results.append(result)
        return rows

    def _weighed(
        self, entry: Entry, relation: Relation, rows: list[Row], results: list[BoundResult], about: Hypotheses
    ) -> Verdict:
        statuses = {result.status for result in results}
        order = ("unchecked", "verified", "refuted")
        first = next(r for status in order for r in results if r.status == status)
        row = rows[results.index(first)]
        told = tuple(f"under the hypothesis {unicode_line(given)}" for given in about.relations)
        plain = statuses == {"verified"} and all(row.choices.keys() <= {"layout"} for row in rows)
        proved = plain and all(proves(relation, row.variant.base, about.relations) for row in rows)
        told += (first.label,) if first.label and first.status == "verified" and not proved else ()
        told += self.document.taken(relation, *formulas_used(relation, row.variant.base))
        conditional = statuses == {"verified", "refuted"}
        holding = [row for row in rows if row.holds]
        return Verdict(
            entry,
            "conditional" if conditional else "proved" if proved else first.status,  # type: ignore[arg-type]
            first.message,
            conditions_of(rows, holding, relation) if conditional else (),
            told,
            model=row.variant.label,
            samples=first.samples,
            readings=tuple((describe(row, rows), result_words(row)) for row in rows) if len(rows) > 1 else (),
            counterexample=first.counterexample,
            suggestions=tuple(Suggestion(r, s, note) for r, s, note in first.suggestions),  # type: ignore[arg-type]
            blame=relation.span,
            blame_label=first.label if first.status == "refuted" else "",
            code="false-bound"
            if first.status == "refuted" and not conditional
            else "depends-on-reading"
            if conditional
            else "",
            scope=EVERYWHERE if proved else first.scope,
            method=METHOD if proved else "",
        )


def _layout_matters(relation: Relation) -> bool:
    """Whether a derivative stands anywhere but alone as a side or in a norm, which no transpose changes."""
    nodes = list(walk(relation))
    alone = sum(isinstance(child, Derivative) for n in nodes if isinstance(n, Norm | Relation) for child in children(n))
    return sum(isinstance(node, Derivative) for node in nodes) > alone


def _supposing(verdict: Verdict, found: Sequence[Variant]) -> Verdict:
    """A bound that survives under what was supposed of its model holds under that condition."""
    supposed = tuple(one.condition for one in found if one.supposed)
    if not supposed or verdict.status not in ("proved", "verified"):
        return verdict
    return replace(verdict, status="conditional", conditions=supposed, code="depends-on-reading")


def _on_indices(condition: Relation, indices: set[str]) -> bool:
    """Whether a condition behind a relation is about its indices alone."""
    plain = (Number, Add, Negate, Relation)
    parts = list(walk(condition))
    return all(isinstance(p, plain) or (isinstance(p, Symbol) and p.name in indices) for p in parts)
