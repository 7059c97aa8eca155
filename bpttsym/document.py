"""A file to scopes: each with the model it defines and the claims made in it (SEMANTICS section 1)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from copy import copy
from functools import cached_property

from bpttsym.averages import Averages, defined_for_one_sample, has_average, of_one_sample
from bpttsym.census import base_name
from bpttsym.component_definitions import of_entries, resolved_definitions, understood
from bpttsym.components import resolved, with_left_out_step
from bpttsym.declarations import Declared, Refusal
from bpttsym.displayed import Entry, lines_of
from bpttsym.displays import Displays
from bpttsym.distributions import distributions
from bpttsym.errors import UsageError
from bpttsym.expr import Call, Derivative, Expr, Power, Relation, Span, Symbol, names, walk
from bpttsym.implied import implied_steps
from bpttsym.in_force import InForce
from bpttsym.joined_letters import written_out
from bpttsym.joint import opened_relation
from bpttsym.kinds import last_steps, step_letters, targets
from bpttsym.latex import unicode_line
from bpttsym.model import Model, has_derivative
from bpttsym.named_derivatives import NamedDerivatives
from bpttsym.notation import Written
from bpttsym.numbered_entries import with_numbered_entries
from bpttsym.opened import has_three_letters, with_three_letters_opened
from bpttsym.prose import Property, Prose, functions_in_words, named_functions
from bpttsym.records import dataclass, field, replace
from bpttsym.regular import pattern
from bpttsym.runs import Readings, looked_at
from bpttsym.scope import DEFINING, Scope, names_of_definitions
from bpttsym.settings import check_settings, counted, counts
from bpttsym.shape_words import ELEMENTWISE
from bpttsym.sides import has_probability, holds_steps
from bpttsym.signature import Signature, signature
from bpttsym.sized import with_declared
from bpttsym.source import Source, read_source, source_from_text
from bpttsym.unit_kinds import unit_kinds

LOGISTIC = r"\sigma"
LOGISTIC_IN_WORDS = pattern(r"logistic|sigmoid|시그모이드|로지스틱", re.IGNORECASE)


@dataclass
class Document:
    """A document with its scopes, its relations in order, and its settings.

    ``refused`` says why a definition is not taken in, ``remarks`` what follows from one, ``choices`` what it may mean;
    ``supposed`` holds what its running text says of the size of numbers, ``remarked`` other equations there that define
    nothing; none of them is judged.
    """

    source: Source
    signature: Signature
    scopes: list[Scope]
    entries: list[Entry]
    settings: dict[str, str]
    reasons: dict[str, str] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    refused: dict[Span | None, Refusal] = field(default_factory=dict)
    remarks: dict[Span | None, str] = field(default_factory=dict)
    choices: dict[Span | None, Readings] = field(default_factory=dict)
    supposed: list[Entry] = field(default_factory=list)
    remarked: list[Entry] = field(default_factory=list)
    corners: tuple[Property, ...] = ()
    letters: NamedDerivatives = field(default_factory=NamedDerivatives)

    @cached_property
    def models(self) -> list[Model]:
        """The model of each scope."""
        for scope in self.scopes:
            scope.settle(self.differentiated)
            scope.forget()
        return [self._model(scope) for scope in self.scopes]

    def holding(self, entries: list[Entry]) -> Document:
        """The document with some of its relations only, about the same models."""
        models = self.models
        part = copy(self)
        part.entries, part.models = entries, models
        return part

    @cached_property
    def prose(self) -> Prose:
        """What the running text says in words."""
        return Prose(self.source, self.signature)

    @cached_property
    def differentiated(self) -> frozenset[str]:
        """The names in the derivatives of the document."""
        relations = (entry.relation for entry in self.entries if entry.relation is not None)
        ends = (
            end for r in relations for part in walk(r) if isinstance(part, Derivative) for end in (part.of, part.by)
        )
        return frozenset(end.name for end in ends if isinstance(end, Symbol))

    @cached_property
    def unread(self) -> frozenset[str]:
        """Names that a relation says something of which was not understood: nothing may be assumed of them."""
        found: set[str] = set()
        for entry in self.entries:
            relation = entry.relation
            if relation is None:
                found |= {entry.head} - {""}
            elif relation.operator in DEFINING and holds_steps(relation.left, relation.right):
                found |= _runs(relation)
            elif entry.kind == "claim" and relation.operator in DEFINING and not has_derivative(relation):
                found |= {relation.left.name} if isinstance(relation.left, Symbol) else set()
        return frozenset(found)

    @cached_property
    def said(self) -> dict[str, frozenset[str]]:
        """The names in what is said of each name that was not understood."""
        found: dict[str, frozenset[str]] = {}
        for entry in self.entries:
            if entry.relation is None and entry.head:
                found[entry.head] = found.get(entry.head, frozenset()) | entry.mentions
            elif entry.relation is not None and (left := _raised(entry)):
                found[left] = found.get(left, frozenset()) | names(entry.relation.right)
            elif entry.relation is not None and _has_no_value(entry.relation):
                mentions = frozenset(names(entry.relation))
                found |= {name: found.get(name, frozenset()) | mentions for name in _runs(entry.relation)}
        return found

    @cached_property
    def said_again(self) -> set[tuple[int, Span]]:
        """Scopes and places of definitions by components of what is defined there as a whole."""
        found: set[tuple[int, Span]] = set()
        for number, scope in enumerate(self.scopes):
            written = (*scope.definitions.values(), *scope.abbreviations.values())
            read = resolved_definitions(written, self.signature.horizon)
            pairs = zip(written, read, strict=True)
            found |= {(number, d.span) for d, kept in pairs if kept is None and d.span is not None}
        return found

    @cached_property
    def told_of(self) -> dict[str, str]:
        """By function, what the document says of one that it gives no formula: it need not be any function."""
        given = {name for scope in self.scopes for name in scope.functions}
        found: dict[str, str] = {}
        for entry in self.entries:
            relation = entry.relation
            left = relation.left if relation is not None and relation.operator in DEFINING else None
            if entry.kind == "claim" and relation is not None and isinstance(left, Call):
                formals = (*left.arguments, *left.parameters)
                plain = all(isinstance(one, Symbol) for one in formals) and not isinstance(relation.right, Symbol)
                known = left.function in given or left.function in ELEMENTWISE
                if plain and self.signature.applies(left.function) and not known:
                    found.setdefault(left.function, unicode_line(relation))
        return found

    def lineage(self, scope: int) -> list[int]:
        """The scopes that a claim may be about, its own last: what running text gives one display is for no other."""
        if self.scopes[scope].aside:
            return [scope]
        return [place for place in range(scope + 1) if not self.scopes[place].aside]

    def resolved(self, relation: Relation, scope: int, model: Model | None = None) -> Relation:
        """A relation of one sample in which every index is a step or an entry, by the nearest model that knows a name.

        Raises NotRead where an index is both.
        """
        relation = opened_relation(self._opened(relation, scope), model or self.models[scope])
        read = resolved(relation, *self._known(scope, model))
        read = with_numbered_entries(read, (model or self.models[scope]).definitions)
        sample = of_one_sample(read)
        assert isinstance(sample, Relation)
        return sample

    @property
    def averaged(self) -> bool:
        """Whether a definition holds an expectation over the data."""
        return any(has_average(one.body) for scope in self.scopes for one in scope.definitions.values())

    def averages(self, scope: int) -> Averages:
        """What the quantities of a scope are to the data."""
        known = self.scopes[scope]
        written = (*known.definitions.values(), *known.abbreviations.values())
        letters = self.signature.indices | {self.signature.horizon}
        return Averages(written, letters)

    def _opened(self, relation: Relation, scope: int) -> Relation:
        """A relation with what its letters stand for."""
        relation = with_three_letters_opened(relation, self.scopes[scope].abbreviations.values())
        return self.letters.opened(relation, scope)

    def with_left_out_step(
        self, relation: Relation, scope: int, model: Model | None = None, where: tuple[Relation, ...] = ()
    ) -> Iterator[Relation]:
        """A relation whose single indices count entries, the step left out; none where they cannot."""
        return with_left_out_step(self._opened(relation, scope), *self._known(scope, model), where)

    def _known(
        self, scope: int, model: Model | None
    ) -> tuple[dict[str, frozenset[int]], str, frozenset[str], frozenset[str]]:
        """The numbers of steps of names by the nearest model that knows them, the horizon, letters and ends of steps.

        Earlier models add what the nearest does not say.
        """
        models = [self.models[place] for place in reversed(self.lineage(scope))] if model is None else [model]
        first = models[0]
        key = Document, self.signature.horizon, *map(id, models)  # which are kept with what is found
        if key not in first.kept:
            ranks: dict[str, frozenset[int]] = {}
            steps, lasts = frozenset[str](), frozenset[str]()
            for known in models:
                ranks = {**known.arities, **ranks}
                steps |= step_letters(known.definitions)
                lasts |= last_steps(known.definitions)
            first.kept[key] = models, (ranks, self.signature.horizon, steps, lasts)
        found: tuple[dict[str, frozenset[int]], str, frozenset[str], frozenset[str]] = first.kept[key][1]
        return found

    def _model(self, scope: Scope) -> Model:
        length = self.settings.get("T")
        short = [one for one in scope.abbreviations.values() if not has_three_letters(one)]
        written = [*scope.definitions.values(), *short]
        written = [defined_for_one_sample(one) for one in written]
        read, lost = understood(written, self.signature.horizon, scope.own)
        self.reasons.update(lost)
        kept = len(scope.definitions)
        model = Model(
            definitions=tuple(definition for definition in read[:kept] if definition is not None),
            abbreviations=tuple(definition for definition in read[kept:] if definition is not None),
            one_hot=tuple(sorted({name for definition in written for name in targets(definition.body)})),
            functions=tuple((name, formals, body) for name, (formals, body) in scope.functions.items()),
            sets=tuple(scope.sets.items()),
            horizon=self.signature.horizon,
            length=int(length) if length else scope.length,
            first=int(self.settings.get("first", "1")),
            initial_zero=self.settings.get("h_0") == "zero",
            scalar=self.settings.get("state") == "scalar",
            distributions=distributions(scope),
            elementwise=tuple(sorted({*self.elementwise, *filter(self.signature.applies, of_entries(read))})),
            unread=self.unread | set(lost),
            counts=tuple({**scope.counts, **counts(self.settings)}.items()),
            written=tuple(self.written),
            label=self._label(scope),
        )
        declared, own = self._declared(scope), scope.declared_here
        stacks = looked_at(declared, scope.stacked, scope.listed, own, model)
        model, refused = with_declared(counted(model, self.settings), [*declared, *stacks.implied])
        self.refused.update({one.span: why for one, why in refused.items() if one.span in own})
        self.refused.update({span: why for span, why in stacks.refused.items() if span in own})
        self.remarks.update({span: words for span, words in stacks.words.items() if span in own})
        self.choices.update({span: readings for span, readings in stacks.readings.items() if span in own})
        return model

    @staticmethod
    def _declared(scope: Scope) -> list[Declared]:
        """The sizes that are declared in a scope; a name that is declared anew has its last ones."""
        latest = {(one.name, len(one.index)): one for one in scope.declared.values()}
        own = [one for span, one in scope.declared.items() if span in scope.declared_here]
        return list(dict.fromkeys([*own, *(one for one in latest.values() if one.name not in {o.name for o in own})]))

    @cached_property
    def elementwise(self) -> tuple[str, ...]:
        """Unknown functions of which the document writes a derivative ``f'``: they act on each entry."""
        found: set[str] = set()
        for entry in self.entries:
            for part in walk(entry.relation) if entry.relation is not None else ():
                if isinstance(part, Call) and part.primes and self.signature.applies(part.function):
                    found.add(part.function)
        return tuple(sorted(found))

    def taken(self, *roots: Expr) -> tuple[str, ...]:
        """What functions in some formulas are taken to be, where neither a formula nor the running text says it."""
        called = {part.function for root in roots for part in walk(root) if isinstance(part, Call)}
        if LOGISTIC not in called or not self.signature.applies(LOGISTIC):
            return ()
        given = any(LOGISTIC in scope.functions for scope in self.scopes)
        return () if given or LOGISTIC_IN_WORDS.search(self.source.text) else ("σ is read as the logistic function",)

    def model_named(self, name: str) -> Model:
        """The model of the scope under a heading, or a preset; raises UsageError for a name that is neither."""
        for scope, model in zip(self.scopes, self.models, strict=True):
            if scope.title.casefold() == name.casefold():
                return model
        return load_preset(name).models[-1]

    def _label(self, scope: InForce) -> str:
        """Where the definitions of a scope stand, for messages."""
        spans = scope.own
        if not spans:
            return scope.origin or ("" if scope.parent is None else self._label(scope.parent))
        first = min(self.source.locate(span.start).line for span in spans)
        last = max(self.source.locate(max(span.start, span.end - 1)).line for span in spans)
        lines = f"line {first}" if first == last else f"lines {first}-{last}"
        said = [d for d in scope.definitions.values() if d.span in scope.own] if scope.aside else []
        formulas = ", ".join(unicode_line(Relation(Symbol(d.name, d.index), "=", d.body)) for d in said)
        return f"{lines}, where the text says {formulas}" if formulas else lines


def _raised(entry: Entry) -> str:
    """The name of which a relation says something that has a letter above it: ``y^i(t) = ...``; else empty."""
    relation = entry.relation
    if relation is None or entry.kind != "claim" or relation.operator not in DEFINING:
        return ""
    return (
        relation.left.base.name if isinstance(relation.left, Power) and isinstance(relation.left.base, Symbol) else ""
    )


def _has_no_value(relation: Relation) -> bool:
    """Whether a relation says something of its left side that is no formula: steps, or probabilities."""
    return holds_steps(relation.left, relation.right) or has_probability(relation)


def _runs(relation: Relation) -> set[str]:
    """The names that stand for several steps, which have no value in a formula."""
    return {side.name for side in (relation.left, relation.right) if isinstance(side, Symbol)}


PRESETS = os.path.join(os.path.dirname(__file__), "models")


def presets() -> list[str]:
    """The names of the presets: LaTeX documents that come with the package."""
    return sorted(name.removesuffix(".md") for name in os.listdir(PRESETS) if name.endswith(".md"))


def preset_text(name: str) -> str:
    """The text of a preset."""
    with open(os.path.join(PRESETS, f"{name}.md"), encoding="utf-8") as file:
        return file.read()


def load_preset(name: str) -> Document:
    """A preset by name, or a document by the path of its file; raises UsageError with the nearest name."""
    known = presets()
    if name in known:
        return read_document(source_from_text(preset_text(name), f"model {name}"))
    if os.path.splitext(name)[1] and os.path.exists(name):
        return read_document(read_source(name))
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    hint = f"; did you mean `{close[0]}`?" if close else f"; there are {', '.join(known)}"
    raise UsageError(f"there is no model `{name}`{hint}")


def read_document(source: Source, settings: dict[str, str] | None = None) -> Document:
    """Read every display of a source and sort its relations into definitions and claims.

    ``settings`` go before those of the front matter; the setting ``model`` names a preset or a file whose
    definitions come first. Raises UsageError for a setting that is not known.
    """
    merged = {**source.settings, **(settings or {})}
    check_settings(merged, source.front)
    read, explained = written_out(lines_of(source))
    base = load_preset(merged["model"]) if "model" in merged else None
    chains = [line.chain for _, lines in read for line in lines if line.chain is not None]
    known = signature([*chains, *named_functions(source)], functions_in_words(source))
    known = replace(known, implied=tuple(implied_steps(chains, known).items()))
    if base is not None:
        known = known.joined(base.signature)
    known = replace(known, first=int(merged.get("first", "1")))
    first = Scope(0, known)
    starts = [chain.sides[0] for chain in chains]
    if base is not None:
        first = replace(base.scopes[-1].child(0, ""), signature=known, origin=f"model {merged['model']}", parent=None)
    displays = Displays(source, known, first, frozenset(base_name(s) for s in starts if s is not None))
    displays.kinds = unit_kinds(chains)
    displays.run(read)
    document = Document(
        source, known, displays.scopes, displays.entries, merged, written=displays.written, supposed=displays.supposed
    )
    document.remarked, document.corners = displays.remarked, tuple(displays.corners)
    again = document.said_again
    for entry in document.entries:
        place = entry.relation.span if entry.relation is not None else None
        if entry.kind == "definition" and (entry.scope, place) in again:
            entry.kind = "claim"
        elif entry.relation is not None and entry.span in explained and entry.relation.left == entry.relation.right:
            entry.kind = "definition"
    used = names_of_definitions(document.scopes) | known.indices | {known.horizon}
    document.letters.find(source.text, document.entries, used)
    return document
