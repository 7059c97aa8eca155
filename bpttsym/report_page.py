"""The page that a build writes for people: what each document says, what became of it, and what was derived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bpttsym.check import CheckedDerivation
from bpttsym.expr import Add, Relation, Symbol
from bpttsym.latex import latex, unicode_line
from bpttsym.oracles import Compared
from bpttsym.records import dataclass
from bpttsym.verdict import Verdict
from bpttsym.wording import STATUSES, Judged, message

LONGEST = 120
"""Characters of a side of a relation that are shown whole."""

NOTHING_COMPARED = Compared()

Data = dict[str, object]


@dataclass(frozen=True)
class Derived:
    """A derivative in some forms, and the file in which they stand."""

    checked: CheckedDerivation
    forms: tuple[str, ...]
    file: str
    failures: tuple[tuple[str, str], ...] = ()
    compared: Compared = NOTHING_COMPARED

    def data(self) -> Data:
        """What a program wants to know of it."""
        derivation = self.checked.derivation
        return {
            "of": latex(derivation.of),
            "by": latex(derivation.by),
            "file": self.file,
            "forms": [self._form(name) for name in self.forms],
            "not_derived": dict(self.failures),
            "compared": {"with": list(self.compared.programs), "max_error": self.compared.error},
        }

    def _form(self, name: str) -> Data:
        steps = self.checked.form(name)
        last = steps[-1]
        return {
            "form": name,
            "latex": latex(last.step.relation),
            "terms": _terms(last.step.relation),
            "steps": len(steps),
            "verdict": "proved",
            "proof": {"method": last.verdict.method, "scope": last.verdict.scope},
        }


def page(results: Sequence[tuple[Judged, Sequence[Derived]]], error: float) -> str:
    """The whole page as Markdown; ``error`` is a bound of all relative errors of the numbers."""
    parts = [
        "# Report",
        "Every relation of the documents with its verdict, and every derivative that was made from their definitions. "
        f"Written by `bpttsym build`. Largest relative error of the numbers: `<= {error:.0e}`.",
    ]
    for judged, derived in results:
        parts.append(f"## {judged.name}")
        counts = Counter[str](verdict.status for verdict in judged.verdicts)
        words = [f"{counts[status]} {status}" for status in STATUSES if counts.get(status)]
        parts.append(f"{len(judged.verdicts)} relations: {', '.join(words)}.")
        rows = [_row(judged, verdict) for verdict in judged.verdicts if verdict.status != "definition"]
        parts.append("\n".join(["| line | relation | verdict | why |", "| ---: | --- | --- | --- |", *rows]))
        if derived:
            files = ", ".join(f"`{file}`" for file in dict.fromkeys(one.file for one in derived))
            parts.append(f"Derived from these definitions, every step proved, in {files}:")
            lines = [_derived_row(one, form) for one in derived for form in one.forms]
            lines += [_failed_row(one, *failure) for one in derived for failure in one.failures]
            parts.append(
                "\n".join(
                    [
                        "| derivative | form | terms | proof | in numbers as |",
                        "| --- | --- | ---: | --- | --- |",
                        *lines,
                    ]
                )
            )
    return "\n\n".join(parts) + "\n"


def _row(judged: Judged, verdict: Verdict) -> str:
    line = judged.document.source.locate(verdict.entry.span.start).line
    expected = ", as expected" if verdict.entry.expected == verdict.status else ""
    why = [*verdict.conditions] or [message(judged.document, verdict)]
    return f"| {line} | {_cell(_brief(verdict))} | {verdict.status}{expected} | {_cell('; '.join(why))} |"


def _brief(verdict: Verdict) -> str:
    """The relation in one line, with the middle of a long side left out."""
    relation = verdict.entry.relation
    if relation is None:
        return verdict.latex
    sides = [unicode_line(relation.left), unicode_line(relation.right)]
    shown = [side if len(side) <= LONGEST else f"{side[: LONGEST // 2]} … {side[-LONGEST // 2 :]}" for side in sides]
    return f"{shown[0]} {unicode_line(Symbol(relation.operator))} {shown[1]}"


def _derived_row(derived: Derived, form: str) -> str:
    last = derived.checked.form(form)[-1]
    told = ", ".join(derived.compared.programs)
    left = latex(last.step.relation.left)
    return (
        f"| ${left}$ | {form} | {_terms(last.step.relation)} | {last.verdict.method}, {last.verdict.scope} | {told} |"
    )


def _failed_row(derived: Derived, form: str, why: str) -> str:
    left = latex(derived.checked.derivation.left)
    return f"| ${left}$ | {form} | | not derived: {_cell(why)} | |"


def _terms(relation: Relation) -> int:
    return len(relation.right.terms) if isinstance(relation.right, Add) else 1


def _cell(text: str) -> str:
    """A text that stands in a table."""
    return text.replace("|", "\\|").replace("\n", " ")
