"""What may be written instead: only equations that were judged too, and declarations of a reading that holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bpttsym.conditions import LAYOUTS, OR_ELSE, layout_words
from bpttsym.document import Document
from bpttsym.evidence import Line
from bpttsym.latex import latex
from bpttsym.verdict import Suggestion, Verdict

LAYOUT_SETTINGS = {words: f"layout: {key}" for key, words in LAYOUTS.items()}

UNDECIDED = ((("mixed", "numerator"), "numerator"), (("mixed", "denominator"), "mixed"))
"""Layouts between which an equation leaves the choice, and the one that most books have."""


def helps_for(document: Document, verdict: Verdict) -> Iterator[Line]:
    """Sentences, each with the lines that it proposes."""
    for suggestion in verdict.suggestions:
        yield _suggestion(verdict, suggestion)
    if verdict.supposed:
        joined = r", \quad ".join(map(latex, verdict.supposed))
        yield "what decides is a definition of its quantities in the document, as it may be:", joined
    declared = [line for condition in verdict.conditions for line in _settings(condition)]
    if declared:
        tex = document.source.kind == "tex"
        where = "in a comment" if tex else "in its front matter"
        yield (
            f"if this is what you mean, say it once for the whole document, {where}:",
            *(f"% bpttsym: {line}" if tex else line for line in declared),
        )


def _suggestion(verdict: Verdict, suggestion: Suggestion) -> Line:
    """An equation that holds, how that is known, and how far it is from the one that was written."""
    if verdict.code == "false-bound":
        note = f", with {suggestion.note}" if suggestion.note else ""
        return f"the same search finds no violation of this bound{note}:", latex(suggestion.relation)
    change, _, tried = suggestion.note.partition("; ")
    how = {"verified": "no proof, but the numbers agree"}.get(suggestion.verdict, suggestion.verdict)
    evidence = "; ".join(filter(None, (how, tried)))
    return f"{f'with {change} ' if change else ''}it holds ({evidence}):", latex(suggestion.relation)


def _settings(condition: str) -> list[str]:
    """The lines of front matter that declare a condition; of several alternatives, the first."""
    if OR_ELSE in condition:
        parts = condition.split(OR_ELSE)[0].removeprefix("(").removesuffix(")").split("; ")
        return [line for part in parts for line in _settings(part)]
    line = _setting(condition)
    return [line] if line else []


def _setting(condition: str) -> str:
    """The line of front matter that declares a condition; empty where there is none."""
    for words, line in LAYOUT_SETTINGS.items():
        if words in condition:
            return line
    for ending, line in (("is the immediate derivative", "immediate"), ("is the total derivative", "total")):
        if condition.endswith(ending):
            return f"partial: {line}"
    for direction in ("increasing", "decreasing"):
        if condition.startswith(f"{direction} product"):
            return f"product: {direction}"
    for layouts, first in UNDECIDED:
        if condition == layout_words(frozenset(layouts)):
            return f"layout: {first}"
    if condition == "the states are scalars":
        return "state: scalar"
    horizon = re.fullmatch(r"T = (\d+)", condition)
    return f"T: {horizon[1]}" if horizon else ""
