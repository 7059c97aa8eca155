"""The table of claims: what each source says, and what becomes of it; every verdict is computed here, none is written.

The equations of one context are judged together, as one document, from their LaTeX as written, so that they share
models and layout as they do in their source. Statements are computed by the checks of `claims_checks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bpttsym.claims_cases import Finding, finding
from bpttsym.claims_checks import CHECKS
from bpttsym.claims_data import FILE, Claim, Claims, Context, read_claims
from bpttsym.claims_links import Links
from bpttsym.document import read_document
from bpttsym.errors import UsageError
from bpttsym.expr import Span, Symbol
from bpttsym.latex import unicode_line
from bpttsym.records import dataclass
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge
from bpttsym.wording import STATUSES, Judged, message

PAGE = "claims.md"
LONGEST = 320
"""Characters of an equation that is shown as it is; a longer one is shown as it was read, with its middle left out."""

WORST_FIRST = ("refuted", "unchecked", "conditional", "verified", "proved", "definition")


@dataclass(frozen=True)
class Row:
    """A claim with what was found: of its equation, of what that was meant to be, and of its statement."""

    claim: Claim
    equation: Finding | None = None
    intended: Finding | None = None
    statement: Finding | None = None
    read: str = ""

    @property
    def status(self) -> str:
        """The word of the row: of the equation as written, or of the statement where there is none."""
        found = self.equation or self.statement
        return found.status if found is not None else "unchecked"


class Sheet:
    """A document that is put together from a context and equations, and knows where each of them stands."""

    def __init__(self, name: str, context: Context) -> None:
        self.name = name
        self.text = context.text + "\n"
        self.places: dict[str, Span] = {}

    def add(self, claim: Claim, latex: str) -> None:
        """Put an equation at the end, as a display of its own or as more of the last display."""
        if claim.joined:
            self.text = self.text.removesuffix("$$\n") + "\\\\\n"
        else:
            self.text += (f"\n## {claim.section}\n" if claim.section else "") + "\n$$\n"
        start = len(self.text)
        self.text += latex
        self.places[claim.id] = Span(start, len(self.text))
        self.text += "\n$$\n"

    def judged(self) -> Judged:
        """The document with the verdicts of its relations."""
        document = read_document(source_from_text(self.text, self.name))
        return Judged(document, tuple(judge(document, mend=False)))


def page_of(folder: Path) -> dict[str, str]:
    """The page of the claims of a folder, by the name of its file; nothing where the folder holds no claims."""
    path = folder / FILE
    if not path.is_file():
        return {}
    claims = read_claims(path)
    return {PAGE: page(claims, rows(claims), folder)}


def rows(claims: Claims) -> list[Row]:
    """What was found of every claim, in the order of the file."""
    equations: dict[str, tuple[Finding, str]] = {}
    for name in claims.contexts:
        as_written = [claim for claim in claims.claims if claim.latex and not claim.within and claim.context == name]
        equations |= _judged(name, claims, [(claim, claim.latex) for claim in as_written])
    meant: dict[str, tuple[Finding, str]] = {}
    for name in claims.contexts:
        intended = [c for c in claims.claims if c.intended and (c.intended_context or c.context) == name]
        meant |= _judged(name, claims, [(claim, claim.intended) for claim in intended])
    checks: dict[str, Finding] = {}
    found = []
    for claim in claims.claims:
        equation, read = equations.get(claim.within or claim.id, (None, ""))
        intended_finding = meant[claim.id][0] if claim.id in meant else None
        if claim.check and claim.check not in checks:
            checks[claim.check] = _checked(claim)
        statement = checks.get(claim.check) or (Finding("unchecked", claim.reason) if claim.reason else None)
        found.append(Row(claim, equation, intended_finding, statement, read))
    return found


def _checked(claim: Claim) -> Finding:
    if claim.check not in CHECKS:
        raise UsageError(f"claim {claim.id} is checked by `{claim.check}`, which is no check")
    return finding(list(CHECKS[claim.check]()))


def _judged(name: str, claims: Claims, equations: Sequence[tuple[Claim, str]]) -> dict[str, tuple[Finding, str]]:
    """The finding and the reading of each of some equations that are judged in one context."""
    if not equations:
        return {}
    sheet = Sheet(name, claims.contexts[name])
    for claim, latex in equations:
        sheet.add(claim, latex)
    judged = sheet.judged()
    found = {}
    for claim, _ in equations:
        place = sheet.places[claim.id]
        verdicts = [
            verdict
            for verdict in judged.verdicts
            if verdict.entry.span.start < place.end and place.start < verdict.entry.span.end
        ]
        found[claim.id] = (_summed(judged, verdicts), "; ".join(_brief(verdict) for verdict in verdicts))
    return found


def _summed(judged: Judged, verdicts: Sequence[Verdict]) -> Finding:
    """One finding for the relations of an equation: the worst word, and why; each part where they differ."""
    if not verdicts:
        return Finding("unchecked", "no relation was found in it")
    words = {verdict.status for verdict in verdicts}
    status = next(word for word in WORST_FIRST if word in words)
    reasons = [_why(judged, verdict) for verdict in verdicts]
    if len(words) == 1:
        return Finding(status, "; ".join(dict.fromkeys(reasons)))
    parts = (f"{v.status}: {why}" for v, why in zip(verdicts, reasons, strict=True))
    return Finding(status, "; ".join(f"part {number} {part}" for number, part in enumerate(parts, 1)))


def _why(judged: Judged, verdict: Verdict) -> str:
    return " and ".join(verdict.conditions) or message(judged.document, verdict)


def _brief(verdict: Verdict) -> str:
    relation = verdict.entry.relation
    if relation is None:
        return verdict.latex
    sides = [unicode_line(side) for side in (relation.left, relation.right)]
    shown = [
        side if len(side) <= LONGEST // 2 else f"{side[: LONGEST // 4]} … {side[-LONGEST // 4 :]}" for side in sides
    ]
    return f"{shown[0]} {unicode_line(Symbol(relation.operator))} {shown[1]}"


# ------------------------------------------------------------------------------------------------------------ the page


def page(claims: Claims, found: Sequence[Row], folder: Path) -> str:
    """The page as Markdown; documents are linked in ``folder``, beside the folder of the page."""
    links = Links(folder)
    counts = Counter(row.status for row in found)
    words = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    parts = [
        "# Claims",
        "What the sources claim, and what becomes of it. An equation is judged from its LaTeX as its source writes it, "
        "in the scope that is named; a statement is tried in the cases that are named. No verdict on this page is "
        f"written by hand: `bpttsym build` computes all of them from `{folder.name}/{FILE}`.",
        f"{len(found)} claims: {words}.",
    ]
    for key, origin in claims.origins.items():
        mine = [row for row in found if row.claim.origin == key]
        if mine:
            counts = Counter(row.status for row in mine)
            words = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
            parts.append(f"## {key}: {origin.about}")
            parts.append(f"`{origin.file}`, {len(mine)} claims: {words}.")
            head = ["| claim | place | what is claimed | verdict | condition, or why | document |"]
            parts.append(
                "\n".join([*head, "| --- | --- | --- | --- | --- | --- |", *(_line(row, links) for row in mine)])
            )
    used = {row.claim.context for row in found} | {row.claim.intended_context for row in found}
    parts.append("## Scopes")
    parts.append("The scopes that the sources leave to the reader, and the definitions that stand for them.")
    for name, context in claims.contexts.items():
        if name in used and context.text:
            parts.append(f"**{name}**: {context.about}.\n\n{_without_settings(context.text)}")
    return "\n\n".join(parts) + "\n"


def _without_settings(text: str) -> str:
    """A context without its front matter, which is said in words."""
    settings, mark, rest = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not mark:
        return text.strip()
    return f"Settings: `{settings.strip()}`.\n\n{rest.strip()}".strip()


def _line(row: Row, links: Links) -> str:
    claim = row.claim
    cells = [claim.id, _cell(claim.place), _claimed(row), f"**{row.status}**", _reasons(row), _link(claim, links)]
    return f"| {' | '.join(cells)} |"


def _claimed(row: Row) -> str:
    """The equation as written, or as it was read where it is too long for a table, and the statement."""
    claim = row.claim
    shown = []
    if claim.statement:
        shown.append(_cell(claim.statement))
    if claim.within:
        shown.append(f"a piece of {claim.within}: {_code(claim.latex)}")
    elif len(claim.latex) > LONGEST and row.read:
        shown.append(_code(row.read))
    elif claim.latex:
        shown.append(_maths(claim.latex))
    return "<br>".join(shown)


def _reasons(row: Row) -> str:
    """Why: of the equation, of what it was meant to be, of the statement; and the note."""
    claim = row.claim
    shown = []
    if row.equation is not None:
        scope = f" (scope: {claim.context})" if claim.context else ""
        shown.append(_cell(row.equation.why) + scope)
    if row.intended is not None:
        shown.append(f"meant: {_maths(claim.intended)}: **{row.intended.status}**: {_cell(row.intended.why)}")
    if row.statement is not None:
        told = f"in numbers: **{row.statement.status}**: " if row.equation is not None else ""
        shown.append(told + _cell(row.statement.why))
    if claim.note:
        shown.append(_cell(claim.note))
    return "<br>".join(shown)


def _link(claim: Claim, links: Links) -> str:
    return links.link(claim.document, claim.id) if claim.document else ""


def _cell(text: str) -> str:
    """A text that stands in a table."""
    return " ".join(text.replace("|", r"\|").split())


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _maths(latex: str) -> str:
    """LaTeX in a table: bars are spelled out, and rows and alignment marks stand in an environment."""
    flat = " ".join(latex.replace("||", r"\Vert ").replace("|", r"\vert ").split())
    if ("&" in flat or r"\\" in flat) and not flat.startswith(r"\begin"):
        flat = rf"\begin{{aligned}} {flat} \end{{aligned}}"
    return f"${flat}$"
