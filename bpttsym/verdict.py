"""Claims, readings and worlds to verdicts: the words of the contract, each with its evidence (SEMANTICS 4-8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bpttsym.aftermath import assumptions, behind_arrow, on_average, under_assumptions
from bpttsym.attack import BOUNDS
from bpttsym.attempts import Attempts
from bpttsym.bench import UNCONFIRMED, Bench
from bpttsym.candidates import Candidates
from bpttsym.common import Shelf
from bpttsym.conditions import (
    LAYOUTS,
    Row,
    compatible,
    condition_span,
    conditions_of,
    describe,
    layout_words,
    length_words,
    merge,
    network_lines,
    network_told,
    range_words,
    result_words,
    scope_words,
    vacuous_words,
)
from bpttsym.declarations import declared_sizes, sized
from bpttsym.displayed import Entry
from bpttsym.document import Document
from bpttsym.doubts import doubts, may_come_back, meant_square, not_understood
from bpttsym.errors import NotRead
from bpttsym.expr import Relation
from bpttsym.givens import given
from bpttsym.guesses import formulas_used
from bpttsym.inequalities import Inequalities
from bpttsym.latex import unicode_line
from bpttsym.likelihoods import judge_likelihood
from bpttsym.model import Model
from bpttsym.readings import OPTIONS
from bpttsym.records import replace
from bpttsym.remarks import harmless, near_names, shown_names
from bpttsym.repairs import suggestions
from bpttsym.rephrased import one_sided
from bpttsym.ruling import Case as Case
from bpttsym.ruling import Status as Status
from bpttsym.ruling import Suggestion as Suggestion
from bpttsym.ruling import Verdict as Verdict
from bpttsym.ruling import of_network
from bpttsym.shape_claims import judge_shape
from bpttsym.sides import has_probability
from bpttsym.structured import Structure, structured
from bpttsym.variants import EQUALITIES, unknown_symbols
from bpttsym.witness import smallest_counterexample

HYPOTHESIS = "a hypothesis: the bounds that it is about are judged under it"


class Judge:
    """Judges the relations of one document; worlds are made once for each model and horizon.

    What is refuted gets suggestions only when asked to ``mend``: looking for them takes ten times as long as judging.
    A ``shelf`` holds what is known of the models of documents that were judged before.
    """

    def __init__(self, document: Document, samples: int = 6, mend: bool = True, shelf: Shelf | None = None) -> None:
        self.document = document
        self.samples = samples
        self.mend = mend
        self.declared = {
            key: value for key, value in document.settings.items() if key in OPTIONS and value in OPTIONS[key]
        }
        self.bench = Bench(samples, self.declared, shelf)
        self.candidates = Candidates(document)
        self.attempts = Attempts(document, self.candidates, self.bench)
        self.inequalities = Inequalities(document, self.declared)
        self.met, self._again = frozenset[str](), dict[frozenset[str], list[list[Verdict]]]()

    def run(self) -> list[Verdict]:
        """The verdicts of all relations, in order."""
        _ = self.document.models
        written = [entry.relation for entry in self.document.entries]
        cases: dict[int, Case] = {}
        for position, entry in enumerate(self.document.entries):
            relation = entry.relation
            if entry.kind != "claim" or relation is None or relation.operator not in EQUALITIES:
                continue
            if declared_sizes(relation) is None and not has_probability(relation):
                cases[position] = self.attempts.on(entry, relation)
        layouts = self._document_layouts(list(cases.values()))
        verdicts: list[Verdict] = []
        allowed: list[dict[str, str]] = [{}]
        equation = 0
        for position, entry in enumerate(self.document.entries):
            if entry.equation != equation:
                equation, allowed = entry.equation, [{}]
            if position in cases:
                verdict, allowed = self._decide(cases[position], layouts, allowed)
            elif entry.kind == "definition" and entry.former is not None:
                verdict = self._anew(entry, entry.former, layouts)
            else:
                verdict = self._other(entry, layouts)
            before = [other for other in verdicts if other.entry.equation == equation]
            verdicts.append(behind_arrow(verdict, before) if entry.concluded else verdict)
        verdicts = under_assumptions(self.document, verdicts, self._structured, self.met)
        claims = [r for r, entry in zip(written, self.document.entries, strict=True) if r and entry.kind == "claim"]
        verdicts = [on_average(*pair, self.document, claims) for pair in zip(verdicts, written, strict=True)]
        return [
            Verdict(verdict.entry, "definition", HYPOTHESIS) if self.inequalities.is_assumed(verdict.entry) else verdict
            for verdict in verdicts
        ]

    def _structured(self, wanted: Mapping[str, Structure], place: int) -> Sequence[Verdict]:
        """The verdicts on the relation at a place, with parameters that have the structure that the text assumes."""
        key = frozenset(wanted)
        if key not in self._again:
            models = [list(structured(model, wanted)) for model in self.document.models]
            self._again[key] = [self._with([*kind], key) for kind in zip(*models, strict=False)]
        return [verdicts[place] for verdicts in self._again[key]]

    def _with(self, models: list[Model], met: frozenset[str]) -> list[Verdict]:
        """The verdicts on all relations about models, one for each scope, that meet what is assumed of parameters."""
        other = self.document.holding([replace(entry) for entry in self.document.entries])
        other.models = models
        again = Judge(other, self.samples, mend=False)
        again.met = met  # these have the structure that the document assumes
        return again.run()

    def _other(self, entry: Entry, layouts: frozenset[str]) -> Verdict:
        if entry.kind == "definition" or entry.failure is not None or entry.relation is None:
            return given(entry, self.document)
        if has_probability(entry.relation):
            return judge_likelihood(entry, entry.relation, self.document.models[entry.scope])
        if entry.relation.operator in BOUNDS:
            return self._inequality(entry, entry.relation)
        if declared_sizes(entry.relation) is not None:
            return self._shape(entry, entry.relation, layouts)
        message = f"a relation `{entry.relation.operator}` is not judged"
        return Verdict(entry, "unchecked", message, code="not-judged")

    def _shape(self, entry: Entry, relation: Relation, layouts: frozenset[str]) -> Verdict:
        try:
            left = self.candidates.resolved(entry, Relation(sized(relation), "=", sized(relation))).left
        except NotRead as failure:
            return Verdict(entry, "unchecked", str(failure), blame=failure.span, code="not-understood")
        found = self.candidates.of(entry, Relation(left, "=", left))
        if not found:
            return self._undefined(entry, Relation(left, "=", left))
        return judge_shape(entry, left, declared_sizes(relation) or (), found, self.bench, layouts)

    def _anew(self, entry: Entry, former: int, layouts: frozenset[str]) -> Verdict:
        """Another formula for what is defined already: it is true as a claim, or else what is defined changes."""
        claim = replace(entry, kind="claim", scope=former)
        relation = claim.relation
        assert relation is not None
        name = unicode_line(relation.left)
        verdict, _ = self._decide(self.attempts.on(claim, relation), layouts, [{}])
        if verdict.status in ("proved", "verified", "conditional"):
            return verdict
        label = self.document.models[former].label
        false = "; as a claim about the former it is false" if verdict.status == "refuted" else ""
        words = f"`{name}` is defined anew: its formula of {label} is no longer used{false}"
        return Verdict(entry, "definition", words, assumed=(words,))

    def _inequality(self, entry: Entry, relation: Relation) -> Verdict:
        if self.inequalities.is_hypothesis(entry):
            return Verdict(entry, "definition", HYPOTHESIS)
        try:
            relation = entry.relation = self.candidates.resolved(entry, relation)
        except NotRead as failure:
            return Verdict(entry, "unchecked", str(failure), blame=failure.span, code="not-understood")
        found = [one for one in self.candidates.of(entry, relation, self.inequalities.models) if not one.form]
        return self.inequalities.judged(entry, relation, found) if found else self._undefined(entry, relation)

    def _undefined(self, entry: Entry, relation: Relation) -> Verdict:
        missing = sorted(unknown_symbols(relation, self.document.models[entry.scope]))
        names = ", ".join(shown_names(relation, missing, self.document.models[entry.scope])) or "its symbols"
        reason = next((why for name, _ in missing if (why := self.document.reasons.get(name))), "")
        if reason:
            return Verdict(entry, "unchecked", f"{reason}, in a definition that this uses", code="undefined")
        if missing and all(name in self.document.unread for name, _ in missing):
            message = f"what the document says that {names} is was not understood"
            return Verdict(entry, "unchecked", message, code="undefined")
        near = near_names([name for name, _ in missing], self.document.models[entry.scope])
        message = f"no definition in the document says what {names} is"
        return Verdict(entry, "unchecked", "; close to it: ".join(filter(None, (message, near))), code="undefined")

    def _document_layouts(self, cases: Sequence[Case]) -> frozenset[str]:
        """The layouts that the equations of the document leave open; empty where they do not decide.

        A layout is out if at least two equations fail in it that hold in another, and some layout must suit all.
        """
        if "layout" in self.declared:
            return frozenset((self.declared["layout"],))
        fitting: list[set[str]] = []
        for case in cases:
            holding = {row.choices.get("layout", "") for row in case.rows if row.holds}
            if holding and "" not in holding:
                fitting.append(holding)
        if not fitting or not set.intersection(*fitting):
            return frozenset()
        against = Counter(layout for holding in fitting for layout in set(LAYOUTS) - holding)
        left = frozenset(layout for layout in LAYOUTS if against[layout] < 2)
        return left if len(left) < len(LAYOUTS) else frozenset()

    def _decide(
        self, case: Case, layouts: frozenset[str], allowed: list[dict[str, str]]
    ) -> tuple[Verdict, list[dict[str, str]]]:
        rows = case.rows
        if not rows:
            if case.failure is not None:
                return (
                    Verdict(case.entry, "unchecked", str(case.failure), blame=case.failure.span, code="not-understood"),
                    allowed,
                )
            return self._undefined(case.entry, case.relation), allowed
        told_words: list[str] = []
        if layouts:
            kept = [row for row in rows if row.choices.get("layout") in (None, *layouts)]
            if any("layout" in row.choices for row in rows):
                told_words.append(layout_words(layouts))
            rows = kept or rows
        together = [row for row in rows if any(compatible(row.choices, choice) for choice in allowed)]
        holding = [row for row in together if row.holds]
        if not holding:
            holding, together = [row for row in rows if row.holds], rows
            if holding and allowed != [{}]:
                told_words.append("no single reading makes this part and the parts before it true together")
        else:
            allowed = merge(allowed, holding)
        verdict = self._verdict(case, rows, holding, tuple(told_words))
        return verdict, allowed

    def _verdict(self, case: Case, rows: list[Row], holding: list[Row], told: tuple[str, ...]) -> Verdict:
        listed = tuple((describe(row, rows), result_words(row)) for row in rows)
        if case.entry.where and not harmless(case.entry.words):
            message = f"the words `{case.entry.words}` beside its condition are not understood"
            return Verdict(case.entry, "unchecked", message, readings=listed, code="words", blame=case.entry.span)
        lost = not_understood(case.relation, rows[0].variant.base, self.document.said)
        if lost:
            message = f"what the document says that `{lost}` is was not understood, and this depends on it"
            return Verdict(case.entry, "unchecked", message, readings=listed, code="undefined", blame=case.entry.span)
        label = holding[0].variant.label if holding else rows[0].variant.label
        if not holding:
            return self._failed(case, rows, listed, told, label)
        first = holding[0]
        if all(row.variant.doubtful for row in holding):
            message = f"it fails as written, but holds if {first.variant.condition}"
            return Verdict(case.entry, "unchecked", message, model=label, readings=listed, code="words")
        conditions = conditions_of(rows, holding, case.relation)
        methods = {row.method for row in holding}
        status: Status = "conditional" if conditions else ("verified" if "" in methods else "proved")
        passed = [outcome for row in holding for outcome in row.outcomes if outcome.kind == "holds"]
        assumed = assumptions(first.variant, case.relation, self.document)
        assumed += length_words(passed, first.variant.base)
        told = (*told, *assumed)
        shallow = [row for row in holding if not row.variant.deeper] or holding
        ranged = [outcome for row in shallow for outcome in row.outcomes if outcome.kind == "holds"]
        limits = range_words(ranged, shallow[0].variant.base, case.relation)
        if limits:
            told = (*told, limits)
        return Verdict(
            case.entry,
            status,
            "",
            conditions,
            told,
            label,
            first.method,
            scope_words(passed),
            self.samples * len(passed),
            max(outcome.error for outcome in passed),
            listed,
            code="depends-on-reading" if conditions else "",
            blame=condition_span(rows, conditions, case.relation),
            assumed=assumed,
            supposed=network_lines(first.variant),
        )

    def _failed(
        self, case: Case, rows: list[Row], listed: tuple[tuple[str, str], ...], told: tuple[str, ...], label: str
    ) -> Verdict:
        for kind, code in (("vacuous", "vacuous"), ("unknown", "not-understood")):
            for row in rows:
                outcome = row.outcome
                if outcome.kind == kind and (kind == "vacuous" or all(r.outcome.kind == "unknown" for r in rows)):
                    part = outcome.part.span if outcome.part is not None else None
                    message = vacuous_words(outcome) if kind == "vacuous" else outcome.message
                    return Verdict(
                        case.entry, "unchecked", message, (), told, label, readings=listed, blame=part, code=code
                    )
        if any(row.variant.suggested or row.variant.loose for row in rows):
            unsaid, guessed = self._undefined(case.entry, case.relation), rows[0].variant
            said = "".join(f"; it fails where {words}" for words in network_told(guessed))
            return replace(unsaid, message=f"{unsaid.message}{said}", supposed=network_lines(guessed))
        if any(row.outcome.message == UNCONFIRMED for row in rows):
            return Verdict(
                case.entry, "unchecked", UNCONFIRMED, (), told, label, readings=listed, code="not-understood"
            )
        own, told_of = self.document.signature.applies, self.document.told_of
        doubt = doubts(case.entry, case.relation, rows[0].variant.base, told_of, own)
        doubt = doubt or self.bench.missing_letter(case) or may_come_back(case.relation, rows[0].variant.base)
        doubt = doubt or meant_square(case.relation, self.document.signature.numbered)
        if doubt:
            place = case.entry.span
            return Verdict(case.entry, "unchecked", doubt, (), told, label, readings=listed, code="words", blame=place)
        differing = [row for row in rows if row.outcome.kind == "differs"]
        if case.entry.supposes and any(not row.variant.base.scalar for row in differing):
            message = f"it fails where {case.entry.supposes}, and it does not say that this is meant"
            return Verdict(case.entry, "unchecked", message, (), told, label, readings=listed, code="words")
        unknown = [row for row in rows if row.outcome.kind == "unknown"]
        if unknown and not differing:
            return Verdict(
                case.entry,
                "unchecked",
                unknown[0].outcome.message,
                (),
                told,
                label,
                readings=listed,
                code="not-understood",
            )
        shown = (differing or rows)[0]
        told = (*told, *self.document.taken(case.relation, *formulas_used(case.relation, shown.variant.base)))
        told = (*told, *network_told(shown.variant))
        also = [row.variant.condition for row in case.reread if row.outcome.kind == "differs"]
        if also and one_sided(case.relation):
            told = (*told, f"also where {also[0]} the two sides differ")
        witness = None
        if differing:
            witness = smallest_counterexample(case.relation, shown.variant, shown.readings, shown.outcome.length)
            message = shown.outcome.message or "the two sides differ"
        else:
            message = shown.outcome.message
        part = shown.outcome.part.span if shown.outcome.part is not None else None
        tried = (suggestions(self.bench, case.relation, row) for row in (differing or rows)[: 4 if self.mend else 0])
        return Verdict(
            case.entry,
            "refuted",
            message,
            (),
            told,
            label,
            samples=self.samples,
            max_error=shown.outcome.error,
            readings=listed,
            counterexample=witness,
            suggestions=of_network(shown.variant, next(filter(None, tried), ())),
            blame=part,
            code="false-equation" if differing else "impossible",
            supposed=network_lines(shown.variant),
        )


def judge(document: Document, samples: int = 6, mend: bool = True, shelf: Shelf | None = None) -> list[Verdict]:
    """The verdicts of all relations of a document, in order; without ``mend``, none of them has suggestions."""
    return Judge(document, samples, mend, shelf).run()
