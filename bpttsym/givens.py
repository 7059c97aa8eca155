"""The verdict on what a document gives: a definition, one that contradicts another, or what was not read."""

from __future__ import annotations

from bpttsym.displayed import Entry
from bpttsym.document import Document
from bpttsym.errors import NotRead
from bpttsym.ruling import Status, Verdict


def given(entry: Entry, document: Document) -> Verdict:
    """What becomes of a relation that is no claim."""
    if entry.kind != "definition":
        failure = entry.failure or NotRead("this was not read")
        message = str(failure) + (f"; expected {failure.expected}" if failure.expected else "")
        return Verdict(entry, "unchecked", message, blame=failure.span, code="not-read")
    place = entry.relation.span if entry.relation is not None else None
    refusal = document.refused.get(place) if entry.relation is not None else None
    if refusal is not None:
        status: Status = "refuted" if refusal.false else "unchecked"
        return Verdict(entry, status, refusal.message, code="impossible" if refusal.false else "not-understood")
    if entry.summed:
        words = f"summed over {' and '.join(entry.summed)}, as repeated indices are"
        return Verdict(entry, "definition", words, assumed=(words,))
    if entry.told and entry.supposes:
        return Verdict(entry, "conditional", "", (entry.supposes,), code="depends-on-reading")
    if entry.told:
        return Verdict(entry, "definition", entry.told, assumed=(entry.told,))
    if place in document.choices:
        readings = document.choices[place]
        (condition, _), _ = readings
        return Verdict(entry, "conditional", "", (condition,), readings=readings, code="depends-on-reading")
    return Verdict(entry, "definition", "an open question" if entry.open else document.remarks.get(place, ""))
