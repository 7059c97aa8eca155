"""The inequalities of a document: which are hypotheses on numbers, and what came of the attack on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeGuard

from bpttsym.attack import BOUNDS
from bpttsym.bounds import BoundResult, Hypotheses, Stage, judge_bound
from bpttsym.conditions import Row, conditions_of, describe, result_words
from bpttsym.displays import Entry
from bpttsym.document import Document
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Relation,
    Symbol,
    children,
    names,
    transform,
    walk,
)
from bpttsym.ground import free_indices
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.readings import Readings, explore
from bpttsym.ruling import Suggestion, Verdict
from bpttsym.stand_ins import GAMMA, has_extremum
from bpttsym.trial import Kind, Outcome
from bpttsym.variants import Variant, arguments_of_known, unknown_symbols

DIAG = r"\mathrm{diag}"
Where = tuple[Relation, ...]
KINDS: dict[str, Kind] = {"verified": "holds", "refuted": "differs", "unchecked": "unknown"}


def loose_numbers(relation: Relation, model: Model) -> set[str]:
    """The undefined symbols of a relation, if each of them stands as a number among numbers; else none."""
    unknown = unknown_symbols(relation, model)
    if any(count for _, count in unknown):
        return set()
    names = {name for name, _ in unknown}
    return names if names <= _numbers_of(relation.left) | _numbers_of(relation.right) else set()


def of_every_number(entry: Entry, relation: Relation, document: Document) -> bool:
    """Whether a bound on known functions is about every value of variables of which nothing else is said."""
    about, inside = names(relation), arguments_of_known(relation)
    others = [other.relation for other in document.entries if other is not entry and other.relation is not None]
    return about <= inside and not any(about & names(other) for other in others)


def on_slopes(relation: Relation, model: Model) -> Relation:
    """A relation with the largest slope of a function in the place of ``|f'(x)|`` of a variable that is not defined."""
    unknown = {name for name, _ in unknown_symbols(relation, model)}
    below = relation.left if relation.operator in ("<", r"\le") else relation.right  # what is below for every value

    def change(node: Expr) -> Expr:
        inner = node.body if isinstance(node, Norm) else node.arguments[0] if _is_call(node, "abs") else None
        inner = node if node is below and isinstance(node, Call) and node.primes else inner
        inner = inner.arguments[0] if _is_call(inner, DIAG) else inner
        if not isinstance(inner, Call) or inner.primes != 1 or inner.function not in GAMMA:
            return node
        return Number(GAMMA[inner.function], span=node.span) if names(inner) & unknown else node

    changed = transform(relation, change)
    assert isinstance(changed, Relation)
    return changed


def _is_call(node: Expr | None, function: str) -> TypeGuard[Call]:
    return isinstance(node, Call) and node.function == function and len(node.arguments) == 1


def _numbers_of(side: Expr) -> set[str]:
    """The symbols of a side that stand in its sums, products and quotients, and in no norm, function or derivative."""
    match side:
        case Symbol(name, ()):
            return {name}
        case Add(parts) | Multiply(parts, _):
            return set().union(*map(_numbers_of, parts))
        case Negate(body) | Power(body, _):
            return _numbers_of(body)
        case Divide(numerator, denominator):
            return _numbers_of(numerator) | _numbers_of(denominator)
        case _:
            return set()


class Inequalities:
    """The inequalities of one document; what the attacks begin with is made once."""

    def __init__(self, document: Document, declared: Mapping[str, str]) -> None:
        self.document = document
        self.declared = declared
        self.stage = Stage()

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
            for position, entry in enumerate(self.document.entries):
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
                slopes = {d.name for d in model.definitions if has_extremum(d.body)}
                if new - set(before.numbers) or (plain and (new or names(relation) & slopes)):
                    numbers = tuple(sorted({*before.numbers, *new}))
                    found[entry.scope] = Hypotheses((*before.relations, relation), numbers)
                    positions.add(position)
        return found, positions

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
        return any(self.document.entries[position] is entry for position in self._found[1])

    def judged(self, entry: Entry, relation: Relation, found: Sequence[Variant]) -> Verdict:
        """The verdict on a bound: over every model that it may be about and every reading of it."""
        given = self.hypotheses.get(entry.scope, Hypotheses())
        indices = set(free_indices(relation, found[0].base)) | {found[0].base.horizon}
        where = tuple(condition for condition in entry.where if _on_indices(condition, indices))
        assumed = tuple(condition for condition in entry.where if condition not in where)
        about = given.about(relation, found[0].base)
        about = Hypotheses((*about.relations, *assumed), about.numbers)
        verdict = self._tried(entry, relation, found, where, about)
        more = tuple(hypothesis for hypothesis in given.relations if hypothesis not in about.relations)
        if verdict.status == "refuted" and more:
            all_ = Hypotheses((*about.relations, *more), given.numbers)
            under = self._tried(entry, relation, found, where, all_)
            if under.status == "verified":
                conditions = tuple(unicode_line(hypothesis) for hypothesis in more)
                told = tuple(words for words in under.told if not words.endswith(conditions))
                return replace(under, status="conditional", conditions=conditions, told=told, code="depends-on-reading")
        return verdict

    def _tried(
        self, entry: Entry, relation: Relation, found: Sequence[Variant], where: Where, about: Hypotheses
    ) -> Verdict:
        """The verdict under some hypotheses."""
        rows: list[Row] = []
        results: list[BoundResult] = []
        fixed = {**({} if _layout_matters(relation) else {"layout": "numerator"}), **self.declared, "shorthand": "none"}
        for variant in found:

            def attack(readings: Readings) -> BoundResult:
                return judge_bound(relation, variant.base, readings, self.stage, about)  # noqa: B023

            for choices, readings, result in explore(attack, fixed, where):
                named = {"model": variant.condition} if len(found) > 1 or variant.suggested else {}
                outcome = Outcome(KINDS[result.status], variant.base.length or 0, message=result.message, part=relation)
                rows.append(Row({**choices, **named}, variant, readings, [outcome]))
                results.append(result)
        return self._weighed(entry, relation, rows, results, about)

    def _weighed(
        self, entry: Entry, relation: Relation, rows: list[Row], results: list[BoundResult], about: Hypotheses
    ) -> Verdict:
        statuses = {result.status for result in results}
        order = ("unchecked", "verified", "refuted")
        first = next(r for status in order for r in results if r.status == status)
        row = rows[results.index(first)]
        told = tuple(f"under the hypothesis {unicode_line(given)}" for given in about.relations)
        told += (first.label,) if first.label and first.status == "verified" else ()
        conditional = statuses == {"verified", "refuted"}
        holding = [row for row in rows if row.holds]
        return Verdict(
            entry,
            "conditional" if conditional else first.status,  # type: ignore[arg-type]
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
            scope=first.scope,
        )


def _layout_matters(relation: Relation) -> bool:
    """Whether a derivative stands anywhere but alone as a side or in a norm, which no transpose changes."""
    nodes = list(walk(relation))
    alone = sum(isinstance(child, Derivative) for n in nodes if isinstance(n, Norm | Relation) for child in children(n))
    return sum(isinstance(node, Derivative) for node in nodes) > alone


def _on_indices(condition: Relation, indices: set[str]) -> bool:
    """Whether a condition behind a relation is about its indices alone."""
    plain = (Number, Add, Negate, Relation)
    parts = list(walk(condition))
    return all(isinstance(p, plain) or (isinstance(p, Symbol) and p.name in indices) for p in parts)
