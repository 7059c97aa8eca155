"""Lays diagnostics out: text for a terminal, and JSON; no sentence is made here (see `wording`)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from bpttsym.evidence import Line
from bpttsym.expr import Span
from bpttsym.latex import latex
from bpttsym.records import dataclass
from bpttsym.source import Source
from bpttsym.verdict import Verdict
from bpttsym.witness import Counterexample, Numbers
from bpttsym.wording import Diagnostic, Judged, message, remarks, summary

VERSION = 1
WIDTH = 100
TAB = "    "
CONTEXT = 4  # columns before a span that are shown even where the span itself has to be cut
_COLOURS = {"margin": "34", "error": "31", "warning": "33", "note": "36"}


@dataclass(frozen=True)
class Style:
    """How a report looks: with colours in margin and underline, or plainly, with a frame of ASCII only."""

    colour: bool = False
    plain: bool = False
    width: int = WIDTH

    @property
    def cut(self) -> str:
        """What stands where a line was cut."""
        return "..." if self.plain else "…"

    def paint(self, part: str, text: str) -> str:
        """A text in the colour of its part of the frame."""
        return f"\033[{_COLOURS[part]}m{text}\033[0m" if self.colour and text.strip() else text


def report(judged: Judged, style: Style | None = None, seconds: float | None = None) -> str:
    """All that is to be said of a document, and the summary line."""
    style = style or Style()
    blocks = [block(judged.document.source, diagnostic, style) for diagnostic in judged.diagnostics]
    return "\n".join([*blocks, visible(summary(judged, seconds)) + "\n"])


def block(source: Source, diagnostic: Diagnostic, style: Style) -> str:
    """One diagnostic, with the first line of its place underlined."""
    place = source.locate(diagnostic.span.start)
    margin = " " * len(str(place.line))
    bar = style.paint("margin", "|")
    head = f"{diagnostic.severity}[{diagnostic.code}]: {visible(diagnostic.title)}"
    where = f"{visible(place.file)}:{place.line}:{place.column}"
    lines = [head, f"{margin}{style.paint('margin', '-->')} {where}", f"{margin} {bar}"]
    room = style.width - len(margin) - 3
    text, *marks = quotation(source, diagnostic.span, visible(diagnostic.label), room, style.cut)
    lines.append(f"{style.paint('margin', str(place.line))} {bar} {text}".rstrip())
    lines += [f"{margin} {bar} {style.paint(diagnostic.severity, mark)}" for mark in marks]
    if diagnostic.notes:
        lines.append(f"{margin} {bar}")
    for kind, rows in diagnostic.notes:
        mark, indent = f"{margin} {style.paint('margin', '=')} ", " " * (len(margin) + 3)
        if len(rows) == 1 and len(rows[0]) == 1:
            first, *rest = _wrapped(f"{kind}: {visible(rows[0][0])}", style.width - len(indent), "    ")
        else:
            first, rest = f"{kind}:", [f"    {line}" for line in table(rows, style.width - len(indent) - 4)]
        lines += [mark + first, *(indent + line for line in rest)]
    for sentence, *proposed in diagnostic.helps:
        lines += _wrapped(f"help: {visible(sentence)}", style.width, "      ")
        lines += [f"      {visible(line)}" for line in proposed]
    return "\n".join(lines) + "\n"


def visible(text: str) -> str:
    """A text without characters that would steer a terminal; a tab becomes blanks."""
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character == "\t":
        return TAB
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character


def width(text: str) -> int:
    """The columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    wide, combining = unicodedata.east_asian_width, unicodedata.combining
    return sum(2 if wide(character) in "WF" else 1 for character in text if not combining(character))


def quotation(source: Source, span: Span, label: str, room: int, cut: str) -> list[str]:
    """The line where a span starts, cut around it to fit, then the underline with its label."""
    line = source.line_text(span.start).rstrip()
    begin = source.line_start(span.start)
    start = min(span.start - begin, len(line))
    end = max(start + 1, min(span.end - begin, len(line)))
    cells = [_visible_character(character) for character in line] or [""]
    first, last = 0, len(cells)
    if width("".join(cells)) > room:
        first, last = _window(cells, start, end, room - 2 * len(cut))
    before = (cut if first else "") + "".join(cells[first:start])
    under = "".join(cells[start : min(end, last)])
    text = (cut if first else "") + "".join(cells[first:last]) + (cut if last < len(cells) else "")
    mark = " " * width(before) + "^" * max(1, width(under))
    if not label:
        return [text, mark]
    if width(mark) + 1 + width(label) <= room:
        return [text, f"{mark} {label}"]
    return [text, mark, " " * max(0, min(width(before), room - width(label))) + label]


def _window(cells: Sequence[str], start: int, end: int, room: int) -> tuple[int, int]:
    """The cells that are shown: as much of the span as fits, then as much as fits on either side of it."""
    first, last, used = start, start, 0
    while first > 0 and used + width(cells[first - 1]) <= CONTEXT:
        first -= 1
        used += width(cells[first])
    while last < end and used + width(cells[last]) <= room:
        used += width(cells[last])
        last += 1
    grown = True
    while grown:
        grown = False
        if first > 0 and used + width(cells[first - 1]) <= room:
            first, grown = first - 1, True
            used += width(cells[first])
        if last < len(cells) and last >= end and used + width(cells[last]) <= room:
            used += width(cells[last])
            last, grown = last + 1, True
    return first, last


def table(rows: Sequence[Line], room: int) -> Iterator[str]:
    """Rows with their cells in columns; a cell that is too wide is broken where its parts end."""
    bar = " | " if any(len(row) > 2 for row in rows) else "  "
    cells = [[[visible(cell)] for cell in row] for row in rows]
    columns = range(max(map(len, rows)))
    rest = 0 if len(columns) < 3 else max(width(row[-1]) for row in rows if len(row) > 2) + 10
    for row in cells:
        if len(row) > 2 and width(row[1][0]) + rest > room:
            parts = row[1][0].split("; ")
            row[1] = [f"{part};" for part in parts[:-1]] + parts[-1:]
    full = [row for row in cells if len(row) > 1]
    widths = [
        max((width(line) for row in full if column < len(row) for line in row[column]), default=0) for column in columns
    ]
    for row in cells:
        if len(row) == 1:
            yield from _wrapped(row[0][0], room, "    ")
            continue
        for number in range(max(map(len, row))):
            line = [cell[number] if number < len(cell) else "" for cell in row]
            padded = [text + " " * (size - width(text)) for text, size in zip(line, widths, strict=False)]
            yield bar.join(padded).rstrip(" |" if number else " ")


def _wrapped(text: str, room: int, indent: str) -> list[str]:
    """A text in lines, broken at blanks; the lines after the first are indented."""
    lines = [""]
    used = 0
    for word in text.split(" "):
        columns = width(word)
        if used and used + 1 + columns > room:
            lines.append(indent + word)
            used = len(indent) + columns
        else:
            lines[-1] += f" {word}" if lines[-1] else word
            used += columns + (1 if used else 0)
    return lines


def to_json(documents: Sequence[Judged]) -> dict[str, Any]:
    """The verdicts of documents as the object that ``verify --json`` prints; its keys are a contract."""
    return {"version": VERSION, "documents": [_document(judged) for judged in documents]}


def _document(judged: Judged) -> dict[str, Any]:
    source = judged.document.source
    return {
        "file": judged.name,
        "relations": [_relation(judged, verdict) for verdict in judged.verdicts],
        "remarks": [
            {"code": item.code, "severity": item.severity, **_range(source, item.span), "message": item.title}
            for item in remarks(judged)
        ],
    }


def _relation(judged: Judged, verdict: Verdict) -> dict[str, Any]:
    source, entry = judged.document.source, verdict.entry
    proof = {"method": verdict.method, "scope": verdict.scope} if verdict.method else None
    return {
        "equation": entry.equation,
        "part": entry.part,
        **_range(source, entry.span),
        "latex": verdict.latex or source.text[entry.span.start : entry.span.end],
        "verdict": verdict.status,
        "conditions": list(verdict.conditions),
        "message": message(judged.document, verdict),
        "model": verdict.model,
        "evidence": {"proof": proof, "samples": verdict.samples, "max_error": _finite(verdict.max_error)},
        "counterexample": _counterexample(judged, verdict.counterexample) if verdict.counterexample else None,
        "suggestions": [
            {"latex": latex(item.relation), "verdict": item.verdict, "note": item.note} for item in verdict.suggestions
        ],
        "expected": entry.expected,
        "as_expected": verdict.as_expected,
        "open": entry.open,
        "code": verdict.code,
        "read": verdict.read,
        "told": list(verdict.told),
        "readings": [{"reading": words, "result": result} for words, result in verdict.readings],
        "at_fault": _range(source, verdict.blame) if verdict.blame else None,
    }


def _range(source: Source, span: Span) -> dict[str, int]:
    """A place as people count; the end is the column after the last character."""
    start, end = source.locate(span.start), source.locate(span.end)
    return {"line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column}


def _counterexample(judged: Judged, witness: Counterexample) -> dict[str, Any]:
    return {
        "horizon": {judged.document.signature.horizon: witness.length},
        "index": dict(witness.instance),
        "values": {name: _rows(rows) for name, rows in witness.values},
        "functions": list(witness.functions),
        "left": _rows(witness.left),
        "right": _rows(witness.right),
        "central_differences": _rows(witness.independent) if witness.independent else None,
    }


def _rows(rows: Numbers) -> list[list[float | None]]:
    return [[_finite(value) for value in row] for row in rows]


def _finite(value: float) -> float | None:
    """A number as JSON has it: what is no number there is null."""
    return value if math.isfinite(value) else None
