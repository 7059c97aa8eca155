"""Verdicts to words: every sentence that a person reads about a document; how it is laid out is `report`'s business."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, get_args

from bpttsym.advice import helps_for
from bpttsym.conditions import LAYOUTS, OR_ELSE, layout_words
from bpttsym.document import Document
from bpttsym.evidence import (
    Line,
    counted,
    evidence,
    figure,
    is_matrix,
    matrix,
    read_line,
    reading_rows,
    spectral_norm,
    witness_lines,
)
from bpttsym.expr import Span, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.positions import at
from bpttsym.records import dataclass
from bpttsym.source import Maths
from bpttsym.verdict import Status, Verdict

Severity = Literal["error", "warning", "note"]
Note = tuple[str, tuple[Line, ...]]

TRUE = frozenset(("definition", "proved", "verified"))
STATUSES: tuple[str, ...] = get_args(Status)
PLURALS = {"definition": "definitions"}
SPELLED = re.compile("`[^`]*`")
REPAIR_LABEL = "one change here makes it true"
TITLES = {
    "false-bound": "the bound does not hold",
    "depends-on-reading": "this holds under some readings only",
}


@dataclass(frozen=True)
class Diagnostic:
    """What is to be said of one place.

    A note is a word with its lines, a line the cells of a row; a help is a sentence with the lines that it proposes.
    """

    code: str
    severity: Severity
    title: str
    span: Span
    label: str = ""
    notes: tuple[Note, ...] = ()
    helps: tuple[Line, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Judged:
    """A document with the verdicts of all its relations."""

    document: Document
    verdicts: tuple[Verdict, ...]

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.document.source.name

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that is to be said of the document, in the order of the text."""
        found = [diagnose(self.document, verdict) for verdict in self.verdicts]
        said = [item for item in found if item is not None]
        return tuple(sorted([*said, *assumed(self), *remarks(self)], key=lambda item: item.span.start))

    def passes(self, strict: bool = False) -> bool:
        """Whether nothing is refuted, or exactly what is expected; strictly, whether all the rest is true too."""
        expected = all(verdict.as_expected for verdict in self.verdicts)
        doubtful = any(v.entry.expected is None and v.status not in TRUE | {"refuted"} for v in self.verdicts)
        errors = any(remark.severity == "error" for remark in remarks(self))
        return expected and not errors and not (strict and doubtful)


def assumed(judged: Judged) -> Iterator[Diagnostic]:
    """What was taken for granted of equations that are true, each said where it is first needed."""
    seen: set[str] = set()
    for verdict in judged.verdicts:
        new = [words for words in verdict.assumed if words not in seen]
        if verdict.status in TRUE and verdict.entry.expected in (None, verdict.status):
            seen.update(new)
            for words in new:
                span = _ended(judged.document, verdict.entry.span)
                yield Diagnostic("assumed", "note", f"{verdict.status}, but {words}", span, verdict=verdict)


def remarks(judged: Judged) -> Iterator[Diagnostic]:
    """What is to be said of a document beside its relations: displays left open, and expectations that do not fit."""
    source = judged.document.source
    for span in source.unclosed:
        opening = source.text[span.start : span.end]
        yield Diagnostic("not-closed", "warning", f"`{opening}` is opened here and never closed", span)
    for span in source.lost:
        yield Diagnostic("expected-nowhere", "error", "no display follows this expectation in its section", span)
    parts = Counter(verdict.entry.equation for verdict in judged.verdicts)
    for item in source.items:
        if isinstance(item, Maths) and len(item.expectation) > 1 and len(item.expectation) != parts[item.number]:
            title = f"{counted(len(item.expectation), 'expectation')} for {counted(parts[item.number], 'relation')}"
            helps = (("give one word for all relations of the display, or one for each",),)
            start = next((v.entry.span for v in judged.verdicts if v.entry.equation == item.number), None)
            span = start or Span(item.start, item.end)
            yield Diagnostic("unexpected", "error", title, _ended(judged.document, span), helps=helps)


def diagnose(document: Document, verdict: Verdict) -> Diagnostic | None:
    """What is to be said of a verdict; None of one that is simply true."""
    expected = verdict.entry.expected
    if verdict.status in TRUE and expected in (None, verdict.status):
        return None
    title, label = _title(document, verdict)
    found = _place(verdict)
    if found is not None and verdict.suggestions and verdict.blame is None:
        label = label or REPAIR_LABEL
    severity: Severity = "error" if verdict.status == "refuted" else "warning"
    code = verdict.code or verdict.status
    helps = list(helps_for(document, verdict))
    if expected == verdict.status:
        severity, title = "note", f"{verdict.status}, as expected: {title}"
    elif expected is not None:
        severity, code = "error", "unexpected"
        if expected in STATUSES:
            is_ = "a definition" if verdict.status == "definition" else verdict.status
            title = f"expected {expected}, but it is {is_}" + (f": {title}" if verdict.status not in TRUE else "")
        else:
            title = f"`{expected}` is no verdict; this is {verdict.status}"
            near = difflib.get_close_matches(expected, STATUSES, 1)
            helps = [
                (f"{'the nearest is' if near else 'there are'} {', '.join(f'`{word}`' for word in near or STATUSES)}",)
            ]
    span = _ended(document, verdict.blame or found or verdict.entry.span)
    label = _with_end(document, span, label)
    return Diagnostic(code, severity, title, span, label, tuple(_notes(document, verdict)), tuple(helps), verdict)


def _place(verdict: Verdict) -> Span | None:
    """A smaller place than the whole relation: of the one change that mends it, or of the first unknown name."""
    relation = verdict.entry.relation
    if relation is None or verdict.code == "false-bound":
        return None
    if len(verdict.suggestions) == 1:
        return at(relation, verdict.suggestions[0].path).span
    if verdict.code == "undefined":
        symbols = [part for part in walk(relation) if isinstance(part, Symbol)]
        parts = (p for p in symbols if {f"`{p.name}`", f"`{unicode_line(p)}`"} & set(SPELLED.findall(verdict.message)))
        return next((part.span for part in parts if part.span is not None), None)
    return None


def message(document: Document, verdict: Verdict) -> str:
    """A verdict in one line."""
    if verdict.status == "definition":
        return verdict.message or "taken as given"
    if verdict.status in TRUE:
        return evidence(verdict)
    title, label = _title(document, verdict)
    return f"{title} ({label})" if label and verdict.code in ("not-read", "false-bound") else title


def summary(judged: Judged, seconds: float | None = None) -> str:
    """The last line about a document: how many relations it has, and what they are."""
    counts: Counter[str] = Counter(verdict.status for verdict in judged.verdicts)
    if not counts:
        return f"{judged.name}: no equation was found"
    words = [
        f"{counts[status]} {PLURALS.get(status, status) if counts[status] > 1 else status}"
        for status in STATUSES
        if counts[status]
    ]
    expectations = any(verdict.entry.expected is not None for verdict in judged.verdicts)
    failed = expectations and sum(not verdict.as_expected for verdict in judged.verdicts)
    told = f"; {failed} not as expected" if failed else "; as expected" if expectations else ""
    time = f" ({seconds:.1f} s)" if seconds is not None else ""
    return f"{judged.name}: {counted(len(judged.verdicts), 'relation')}: {', '.join(words)}{told}{time}"


def _ended(document: Document, span: Span) -> Span:
    """A span without the blanks at its ends."""
    text = document.source.text[span.start : span.end]
    start = span.start + len(text) - len(text.lstrip())
    return Span(start, max(start, span.end - (len(text) - len(text.rstrip()))))


def _with_end(document: Document, span: Span, label: str) -> str:
    """A label that also says where a place of several lines ends, for only the first can be underlined."""
    first, last = (document.source.locate(offset).line for offset in (span.start, max(span.start, span.end - 1)))
    return label if first == last else f"{label}{', ' if label else ''}down to line {last}"


def _title(document: Document, verdict: Verdict) -> tuple[str, str]:
    """The sentence that stands alone, and the few words at the place itself."""
    failure, relation, witness = verdict.entry.failure, verdict.entry.relation, verdict.counterexample
    if verdict.status == "conditional":
        return _conditional_title(verdict.conditions), _choice_label(document, verdict)
    if verdict.code == "false-bound" and relation is not None and witness is not None:
        left = unicode_line(relation.left)
        if is_matrix(witness.left):
            label = f"{left} is a matrix: its spectral norm is {figure(spectral_norm(witness.left))}"
        else:
            label = f"the left side is {matrix(witness.left)} and the right side {matrix(witness.right)}"
        return TITLES[verdict.code], label
    if verdict.code == "not-read" and failure is not None:
        return str(failure), f"expected {failure.expected}" if failure.expected else ""
    return verdict.message or TITLES.get(verdict.code, verdict.status), verdict.blame_label


def _conditional_title(conditions: Sequence[str]) -> str:
    if len(conditions) != 1:
        return f"this holds only under {counted(len(conditions), 'condition')}"
    [condition] = conditions
    if OR_ELSE in condition:
        return TITLES["depends-on-reading"]
    layouts = [words for words in LAYOUTS.values() if words in condition]
    if layouts:
        keys = [key for key, words in LAYOUTS.items() if words in layouts]
        return f"this holds only in {' or '.join(keys)} layout"
    if condition == layout_words(frozenset(("mixed", "numerator"))):
        return f"this holds only with {condition}"
    if condition.startswith("the model of "):
        return f"this holds only of {condition}"
    return f"this holds only if {condition}"


def _choice_label(document: Document, verdict: Verdict) -> str:
    """What is to be decided at the place where a condition arises."""
    if verdict.blame is None:
        return ""
    text = document.source.text[verdict.blame.start : verdict.blame.end].lstrip()
    if text.startswith(r"\prod"):
        return "in which order?"
    if text.startswith(r"\frac") and any("derivative" in condition for condition in verdict.conditions):
        return "total or immediate?"
    return ""


def _notes(document: Document, verdict: Verdict) -> Iterator[Note]:
    """The evidence, in the order in which one would ask for it."""
    if verdict.entry.relation is not None:
        yield "read as", ((read_line(verdict.entry.relation),),)
    if verdict.model:
        place, comma, said = verdict.model.partition(", where ")
        lines = verdict.model.startswith("line")
        yield "model", ((f"{place} of {document.source.name}{comma}{said}" if lines else verdict.model,),)
    for words in verdict.told:
        yield _told(document, words)
    whole = [part for words in verdict.conditions if OR_ELSE in words for part in words.split(OR_ELSE)]
    always = [words for words in verdict.conditions if OR_ELSE not in words] if whole else []
    if always:
        yield "holds only if", tuple((words,) for words in always)
    if whole:
        parts = (part.removeprefix("(").removesuffix(")") for part in whole)
        yield (
            "and if, or else if" if always else "holds if, or else if",
            tuple((str(number), part) for number, part in enumerate(parts, 1)),
        )
    elif len(verdict.conditions) > 1:
        yield "holds if", tuple((str(number), words) for number, words in enumerate(verdict.conditions, 1))
    if len(verdict.readings) > 1:
        yield "readings", reading_rows(verdict)
    if verdict.status in ("conditional", "proved", "verified") and (verdict.samples or verdict.method):
        yield "evidence", ((evidence(verdict),),)
    if verdict.counterexample is not None:
        kind = "counterexample" if verdict.code == "false-bound" else "smallest counterexample"
        yield kind, witness_lines(verdict.counterexample, document.signature.horizon)


LAYOUTS_SETTLED = frozenset(layout_words(frozenset(some)) for count in (1, 2) for some in combinations(LAYOUTS, count))
"""What a note about the document's layout says."""


def _told(document: Document, words: str) -> Note:
    """What was settled without being a condition, and why."""
    if words in LAYOUTS_SETTLED:
        declared = "layout" in document.settings
        why = "as declared" if declared else "as other equations need it"
        return "layout", ((f"{words}, {why}",),)
    return ("range" if words.startswith("for ") else "note"), ((words,),)
