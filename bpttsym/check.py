"""A derivation to a checked one: what is printed is read back and judged, and nothing unproved gets out.

The text of a form is made, read as a document like any other, and every step in it must be ``proved``: not
conditional on a reading, not merely verified in numbers. Only a ``CheckedDerivation`` can be printed or built.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bpttsym.derivation import FORMS, Derivation, derivation
from bpttsym.document import Document, Entry, load_preset, read_document
from bpttsym.errors import BpttsymError, UsageError
from bpttsym.expr import Add, Derivative, Span, Symbol, children
from bpttsym.manuscript import Block, Display, display_latex, manuscript, markdown, settings, tex, unicode_text
from bpttsym.model import Model
from bpttsym.names import loss_names, unknown
from bpttsym.path_sum import NoPathSum, PathSum
from bpttsym.source import Kind, source_from_text
from bpttsym.stream import document, prove
from bpttsym.structure import Step
from bpttsym.verdict import Verdict, judge

MOST_JUDGED = 30
"""The most terms of an expansion that are judged like any equation; beyond, judging each factor takes minutes."""


class NotProved(BpttsymError):
    """A step of a derivation that is not proved: an error in a rule of derivation, or a model beyond the rules."""


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step with the verdict on it, which is ``proved``."""

    form: str
    step: Step
    verdict: Verdict


@dataclass(frozen=True)
class CheckedDerivation:
    """A derivation whose forms are judged before they are given out; :func:`derive` makes one."""

    derivation: Derivation
    _checked: dict[str, tuple[CheckedStep, ...]] = field(default_factory=dict, repr=False, compare=False)

    def form(self, name: str) -> tuple[CheckedStep, ...]:
        """The steps of a form with their verdicts; raises NotProved, or UsageError for an unknown form."""
        if name not in FORMS:
            raise UsageError(unknown("form", name, FORMS))
        if name not in self._checked:
            self._checked[name] = _check(self.derivation, name)
        return self._checked[name]

    @property
    def steps(self) -> tuple[CheckedStep, ...]:
        """The steps of all forms."""
        return tuple(step for name in FORMS for step in self.form(name))

    def latex(self, form: str = "expanded") -> str:
        """A form for mathematics mode, without the steps that lead to it."""
        names = FORMS[form].results if form in FORMS else ()
        steps = [checked.step for checked in self.form(form) if not names or checked.step.name in names]
        return display_latex(*(Display((step.relation,), step.rows) for step in steps))

    def tex(self, *forms: str) -> str:
        """Some forms as a TeX document that stands alone; all where none is named."""
        return tex(self._blocks(forms), settings(self.derivation.model))

    def markdown(self, *forms: str) -> str:
        """Some forms as Markdown with fences of mathematics; all where none is named."""
        return markdown(self._blocks(forms), settings(self.derivation.model))

    def unicode(self, *forms: str) -> str:
        """Some forms as plain text for a terminal; all where none is named."""
        return unicode_text(self._blocks(forms))

    def stream(self, kind: str) -> Iterator[str]:
        """The expanded form as a document in pieces, however long; every term is proved before the first piece."""
        try:
            prove(self.derivation)
        except NoPathSum as failure:
            raise NotProved(f"the expanded form is not proved: {failure}") from None
        yield from document(self.derivation, kind)

    def _blocks(self, forms: tuple[str, ...]) -> list[Block]:
        return manuscript_of([(self, form) for form in forms or FORMS])

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _repr_markdown_(self) -> str:
        return self.markdown()


def derive(
    model: Model | Document | str, of: str | Symbol = "L", by: str | Symbol = "psi", T: int | None = None
) -> CheckedDerivation:
    """The derivative of ``of`` by ``by``, to be given out in any form once that form is proved.

    ``model`` may be a document, or the name of a preset or of a file. Without ``T``, the model's own or 4.
    """
    if isinstance(model, str):
        model = load_preset(model)
    return CheckedDerivation(derivation(main_model(model) if isinstance(model, Document) else model, of, by, T))


def main_model(document: Document) -> Model:
    """The last model of a document that defines a loss, or the last of all."""
    with_loss = [model for model in document.models if loss_names(model)]
    return (with_loss or document.models)[-1]


def manuscript_of(wanted: Sequence[tuple[CheckedDerivation, str]]) -> list[Block]:
    """Forms of derivatives in one model as blocks of a text; each is proved before."""
    for checked, form in wanted:
        checked.form(form)
    return manuscript([(checked.derivation, form) for checked, form in wanted])


def proved_text(text: str, kind: Kind) -> str:
    """A text of several derivations, given back if all of it reads back as proved; raises NotProved."""
    for verdict in judge(read_document(source_from_text(text, "<derivation>", kind))):
        if verdict.status not in ("proved", "definition"):
            raise NotProved(f"{verdict.read or verdict.latex} is {verdict.status}, not proved: {verdict.message}")
    return text


def _check(derivation: Derivation, form: str) -> tuple[CheckedStep, ...]:
    """Print a form, read it back, and judge it; a long expansion is proved term by term."""
    model = derivation.model
    steps = derivation.steps(form)
    if form == "expanded" and sum(len(children(step.relation.right)) for step in steps) > MOST_JUDGED:
        return tuple(CheckedStep(form, step, _summed(derivation, step)) for step in steps)
    text = markdown(manuscript([(derivation, form)]), settings(model))
    found = read_document(source_from_text(text, "<derivation>"))
    verdicts = judge(found)
    given = [verdict for verdict in verdicts if verdict.entry.equation <= 1 + derivation.fixed(form)]
    claims = verdicts[len(given) :]
    if len(claims) != len(steps):
        raise NotProved(f"{len(steps)} steps are printed and {len(claims)} are read back")
    for step, verdict in zip(steps, claims, strict=True):
        if verdict.entry.relation != step.relation:
            raise NotProved(f"the step `{step.name}` reads back as another equation: {verdict.read or verdict.message}")
        if verdict.status != ("definition" if step.relation.operator == ":=" else "proved"):
            why = verdict.message or "; ".join(verdict.conditions)
            raise NotProved(f"the step `{step.name}` is {verdict.status}, not proved: {verdict.read} ({why})")
    if found.models[-1].definitions != model.definitions:
        raise NotProved("the definitions of the model do not read back as they are")
    return tuple(CheckedStep(form, step, verdict) for step, verdict in zip(steps, claims, strict=True))


def _summed(derivation: Derivation, step: Step) -> Verdict:
    """The verdict on a long sum of products of Jacobians, from one pass over its terms."""
    left, right = step.relation.left, step.relation.right
    assert isinstance(left, Derivative)
    try:
        proof = PathSum(derivation.structure.ground, left)
        for term in right.terms if isinstance(right, Add) else (right,):
            proof.take(term)
        error = proof.finish()
    except NoPathSum as failure:
        raise NotProved(f"the step `{step.name}` is not proved: {failure}") from None
    entry = Entry(1, 1, Span(0, 0), "claim", 0, step.relation)
    scope = f"T={derivation.length}"
    return Verdict(entry, "proved", method="fingerprint", scope=scope, samples=proof.samples, max_error=error)
