"""A derivation to a checked one: what is printed is read back and judged, and nothing unproved gets out.

The text of a form is made, read as a document like any other, and every step in it must be ``proved``: not
conditional on a reading, not merely verified in numbers. Only a ``CheckedDerivation`` can be printed or built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from bpttsym.derivation import FORMS, Derivation, derivation
from bpttsym.displayed import Entry
from bpttsym.document import Document, load_preset, read_document
from bpttsym.errors import BpttsymError, UsageError
from bpttsym.expr import Add, Derivative, Relation, Symbol, children
from bpttsym.ground import Ground
from bpttsym.manuscript import (
    Block,
    Display,
    definitions,
    display_latex,
    display_of,
    horizon,
    manuscript,
    markdown,
    settings,
    tex,
    unicode_text,
)
from bpttsym.model import Model
from bpttsym.names import loss_names, typed, unknown
from bpttsym.path_sum import Evidence, NoPathSum, PathSum
from bpttsym.plain import PlainWorld
from bpttsym.records import dataclass, field
from bpttsym.source import Kind, source_from_text
from bpttsym.structure import Step
from bpttsym.undefined import Completed, completed
from bpttsym.world import CannotSay

Claim = tuple[Relation | None, tuple[Relation, ...]]
"""A relation with the conditions behind it."""

ONE_SAMPLE = "𝔼 is left out: what is derived is the gradient for one sample of the data"

FEW = 30
"""The most terms of an expansion that are put into numbers without NumPy, and read back from their print."""


if TYPE_CHECKING:
    from bpttsym.common import Shelf
    from bpttsym.quick import Quick
    from bpttsym.symbolic import Gradient
    from bpttsym.symbolic_lambdify import Gradients


class NotProved(BpttsymError):
    """A step of a derivation that is not proved: an error in a rule of derivation, or a model beyond the rules."""


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step with the verdict on it."""

    form: str
    step: Step
    verdict: Evidence


@dataclass(frozen=True)
class Known:
    """What is known of the equations of one model: derivatives by several parameters have most of them in common."""

    evidence: dict[Claim, Evidence] = field(default_factory=dict)

    @cached_property
    def quick(self) -> Quick:
        """What judges a few small equations; it keeps its worlds for the forms to come."""
        from bpttsym.quick import Quick

        return Quick()


@dataclass(frozen=True)
class CheckedDerivation:
    """A derivation whose forms are judged before they are given out; :func:`derive` makes one.

    What is ``known`` is shared by derivatives of one quantity in one model of as many steps.
    """

    derivation: Derivation
    known: Known = field(default_factory=Known, repr=False, compare=False)
    _checked: dict[str, tuple[CheckedStep, ...]] = field(default_factory=dict, repr=False, compare=False)

    def form(self, name: str) -> tuple[CheckedStep, ...]:
        """The steps of a form with their verdicts; raises NotProved, or UsageError for an unknown form."""
        if name not in FORMS:
            raise UsageError(unknown("form", name, FORMS))
        self.prove([name])
        return self._checked[name]

    def prove(self, names: Sequence[str]) -> None:
        """Judge some forms, which are read back as one text; raises NotProved if one of them is not proved."""
        new = [name for name in names if name not in self._checked]
        if new:
            self._checked.update(_check(self.derivation, new, self.known))

    def keep(self, name: str, document: Document, found: Mapping[Claim, Evidence]) -> None:
        """Take the evidence on a form from the verdicts on a document that it stands in; raises NotProved."""
        kept = []
        for step in self.derivation.steps(name):
            evidence = found.get((step.relation, (step.where,) if step.where else ()))
            if evidence is None:
                raise NotProved(f"the form `{name}` reads back as other equations than those that were printed")
            if evidence.status != ("definition" if step.relation.operator == ":=" else "proved"):
                raise NotProved(f"the step `{step.name}` is a {evidence.status}, not proved")
            kept.append(CheckedStep(name, step, evidence))
        if document.models[-1].definitions != self.derivation.model.definitions:
            raise NotProved("the definitions of the model do not read back as they are")
        self._checked[name] = tuple(kept)

    @property
    def steps(self) -> tuple[CheckedStep, ...]:
        """The steps of all forms."""
        self.prove(list(FORMS))
        return tuple(step for name in FORMS for step in self.form(name))

    def latex(self, form: str = "expanded") -> str:
        """A form for mathematics mode, without the steps that lead to it."""
        names = FORMS[form].results if form in FORMS else ()
        steps = [checked.step for checked in self.form(form) if not names or checked.step.name in names]
        return display_latex(*map(display_of, steps))

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
        from bpttsym.stream import document, prove

        try:
            prove(self.derivation)
        except NoPathSum as failure:
            raise NotProved(f"the expanded form is not proved: {failure}") from None
        yield from document(self.derivation, kind)

    def sympy(self) -> Gradient:
        """The gradient as SymPy matrix expressions, with the graph that they are about."""
        from bpttsym.symbolic import gradient

        made = self.derivation
        return gradient(made.model, typed(made.of), typed(made.by), made.length)

    def lambdify(self) -> Gradients:
        """The gradient as a function of NumPy arrays by name."""
        from bpttsym.symbolic import gradients

        made = self.derivation
        return gradients(made.model, typed(made.of), [typed(made.by)], made.length)

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


def derive_each(model: Model, of: str | Symbol, names: Sequence[str], T: int | None = None) -> list[CheckedDerivation]:
    """The derivatives of one quantity by several; an equation that they have in common is judged once."""
    known = Known()
    return [CheckedDerivation(derivation(model, of, name, T), known) for name in names]


def main_model(document: Document) -> Model:
    """The last model of a document that defines a loss, or the last of all, each loss in it with a definition."""
    return loss_model(document).model


def loss_model(document: Document) -> Completed:
    """The same, with what is assumed of a loss that the document does not define."""
    with_loss = [model for model in document.models if loss_names(model)]
    found = completed((with_loss or document.models)[-1], None if with_loss else Symbol("L"))
    return found._replace(words=(*found.words, ONE_SAMPLE)) if document.averaged else found


def manuscript_of(wanted: Sequence[tuple[CheckedDerivation, str]]) -> list[Block]:
    """Forms of derivatives in one model as blocks of a text; each is proved before."""
    for checked in {id(checked): checked for checked, _ in wanted}.values():
        checked.prove([form for one, form in wanted if one is checked])
    return manuscript([(checked.derivation, form) for checked, form in wanted])


def proved_text(
    text: str, kind: Kind, wanted: Sequence[tuple[CheckedDerivation, str]] = (), shelf: Shelf | None = None
) -> str:
    """A text of several derivations, given back if all of it reads back as proved; raises NotProved.

    The verdicts are those on the ``wanted`` forms, which the text has to hold: they are not judged again.
    """
    from bpttsym.verdict import judge

    document = read_document(source_from_text(text, "<derivation>", kind))
    found: dict[Claim, Evidence] = {}
    for one in judge(document, mend=False, shelf=shelf):
        if one.status not in ("proved", "definition"):
            raise NotProved(f"{one.read or one.latex} is {one.status}, not proved: {one.message}")
        evidence = Evidence(one.status, one.method, one.scope, one.samples, one.max_error)
        found.setdefault((one.entry.relation, one.entry.where), evidence)
    for checked, form in wanted:
        checked.keep(form, document, found)
    return text


def _check(derivation: Derivation, forms: Sequence[str], known: Known) -> dict[str, tuple[CheckedStep, ...]]:
    """Print some forms, read them back, and prove them: an expansion by its paths, all others like a document."""
    steps = {form: derivation.steps(form) for form in forms}
    long = "expanded" in steps and sum(len(children(step.relation.right)) for step in steps["expanded"]) > FEW
    printed = [form for form in forms if not (long and form == "expanded")]
    found, entries = _read_back(derivation, printed) if printed else (None, {})
    checked = {}
    for form in forms:
        if form == "expanded":
            start = _large if long else _small
            checked[form] = tuple(CheckedStep(form, step, _summed(derivation, step, start)) for step in steps[form])
            continue
        claims = {_claim(step): step for step in steps[form]}
        new = [claim for claim in claims if claim not in known.evidence]
        if new and found is not None:
            rest = found.holding([entries[claim] for claim in new])
            evidence = known.quick.last(rest, len(new)) or _judged(rest, [claims[claim] for claim in new])
            known.evidence.update(zip(new, evidence, strict=True))
        checked[form] = tuple(CheckedStep(form, step, known.evidence[_claim(step)]) for step in steps[form])
    return checked


def _claim(step: Step) -> Claim:
    return step.relation, (step.where,) if step.where else ()


def _read_back(derivation: Derivation, forms: Sequence[str]) -> tuple[Document, dict[Claim, Entry]]:
    """The text of some forms as a document, and the entry of each step; raises NotProved where it says other things."""
    blocks = manuscript([(derivation, form) for form in forms])
    given = definitions(derivation.model), horizon(derivation.model, derivation.length)
    displays = enumerate((block for block in blocks if isinstance(block, Display)), 1)
    printed = {number: display for number, display in displays if display not in given}
    found = read_document(source_from_text(markdown(blocks, settings(derivation.model))))
    entries = [entry for entry in found.entries if entry.equation in printed]
    claims = [(one, (d.where,) if d.where else ()) for d in printed.values() for one in d.relations]
    if [(entry.relation, entry.where) for entry in entries] != claims:
        named = "form" if len(forms) == 1 else "forms"
        shown = ", ".join(f"`{form}`" for form in forms)
        verb = "reads" if len(forms) == 1 else "read"
        raise NotProved(f"the {named} {shown} {verb} back as other equations than those that were printed")
    if any(found.models[entry.scope].definitions != derivation.model.definitions for entry in entries):
        raise NotProved("the definitions of the model do not read back as they are")
    return found, dict(zip(claims, entries, strict=True))


def _judged(found: Document, steps: Sequence[Step]) -> list[Evidence]:
    """The verdicts on the relations of a document; raises NotProved for one that is not proved."""
    from bpttsym.verdict import judge

    verdicts = judge(found, mend=False)
    for step, verdict in zip(steps, verdicts, strict=True):
        if verdict.status != ("definition" if step.relation.operator == ":=" else "proved"):
            why = verdict.message or "; ".join(verdict.conditions)
            raise NotProved(f"the step `{step.name}` is {verdict.status}, not proved: {verdict.read} ({why})")
    return [Evidence(v.status, v.method, v.scope, v.samples, v.max_error) for v in verdicts]


def _large(ground: Ground, left: Derivative) -> PathSum:
    """A proof for a sum of many terms."""
    from bpttsym.stream import prover

    return prover(ground, left)


def _small(ground: Ground, left: Derivative) -> PathSum:
    """A proof for a sum of few terms, whose numbers need no NumPy."""
    return PathSum(ground, left, PlainWorld(ground.graph, ground.shapes))


def _summed(derivation: Derivation, step: Step, start: Callable[[Ground, Derivative], PathSum]) -> Evidence:
    """The evidence for a sum of products of Jacobians, from one pass over its terms."""
    left, right = step.relation.left, step.relation.right
    assert isinstance(left, Derivative)
    try:
        proof = start(derivation.structure.ground, left)
        for term in right.terms if isinstance(right, Add) else (right,):
            proof.take(term)
        error = proof.finish()
    except CannotSay as failure:
        if start is _small:
            return _summed(derivation, step, _large)
        raise NotProved(f"the step `{step.name}` is not proved: {failure}") from None
    except NoPathSum as failure:
        raise NotProved(f"the step `{step.name}` is not proved: {failure}") from None
    return Evidence("proved", "fingerprint", f"T={derivation.length}", 1 if start is _small else 3, error)
