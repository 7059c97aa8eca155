r"""Open questions of a document, ``\frac{\partial L}{\partial\psi} = ?``, answered in their place.

The steps that lead to an answer stand before the display that asked, and the answer takes the place of the question.
The new document is judged as a whole before it is given out.
"""

from __future__ import annotations

from collections.abc import Sequence

from bpttsym.check import NotProved, derive
from bpttsym.derivation import FORMS
from bpttsym.displayed import Entry
from bpttsym.document import Document, read_document
from bpttsym.errors import UsageError
from bpttsym.expr import Derivative, Expr, Relation, Symbol
from bpttsym.latex import latex, unicode_line
from bpttsym.manuscript import Block, Paragraph, display_latex, display_of, paragraphs
from bpttsym.records import replace
from bpttsym.rewriting import transform
from bpttsym.source import Kind, Maths, Source, source_from_text
from bpttsym.structure import NotDerived, Step
from bpttsym.undefined import ADDED_UP, completed
from bpttsym.verdict import Verdict, judge

Edit = tuple[int, int, str]
"""From where to where a text is replaced, and by what."""

PLAIN = ("", "equation", "equation*", "displaymath", "math")
"""Environments of a display that hold one relation, which may be broken into rows."""


def answered(document: Document, form: str | None = None, length: int | None = None) -> str:
    """The text of a document with every question answered; raises NotProved if an answer does not hold in it."""
    source = document.source
    if source.kind == "notebook":
        raise UsageError("the questions of a notebook are not answered in it; put the question into a Markdown file")
    before = _refuted(judge(document, mend=False))
    wrong: list[Verdict] = []
    for columns, declared in ((False, False), (True, False), (False, True)):
        try:
            answers, edits = _answers(document, form, length, columns)
        except NotDerived:
            if columns:
                continue
            raise
        text = _with(source, edits, declared and "layout" not in document.settings)
        found = judge(read_document(source_from_text(text, source.name, source.kind)), mend=False)
        wrong = [verdict for verdict in found if verdict.entry.relation in answers and not _holds(verdict)]
        if not wrong and _refuted(found) <= before:
            return text if text.endswith("\n") else f"{text}\n"
    shown = wrong[0].read if wrong else "another equation of the document"
    raise NotProved(f"with the answers in its place, {shown} is not proved: the document has conventions of its own")


def _answers(
    document: Document, form: str | None, length: int | None, columns: bool
) -> tuple[list[Relation], list[Edit]]:
    """The relations that answer the questions of a document, and what is written; ``columns`` as in _steps."""
    edits: list[Edit] = []
    answers: list[Relation] = []
    for entry in document.entries:
        if entry.open and entry.relation is not None:
            steps = _steps(document, entry, entry.relation.left, form, length, columns)
            answers += [step.relation for step in steps]
            edits += _edits(document.source, entry, steps)
    return answers, edits


def _holds(verdict: Verdict) -> bool:
    return verdict.status in ("proved", "definition")


def _refuted(verdicts: Sequence[Verdict]) -> int:
    return sum(verdict.status == "refuted" for verdict in verdicts)


def _steps(
    document: Document, entry: Entry, left: object, form: str | None, length: int | None, columns: bool
) -> list[Step]:
    r"""The derivation of what a question asks for.

    With ``columns`` it is that of gradients, written with the quotients of the question: in a document whose
    ``\partial L/\partial h`` are columns.
    """
    if not isinstance(left, Derivative) or not isinstance(left.of, Symbol) or not isinstance(left.by, Symbol):
        place = document.source.locate(entry.span.start)
        raise UsageError(f"{place.file}:{place.line}: only a derivative of a quantity by a quantity can be asked for")
    if document.averages(entry.scope).is_mean(left.of):
        place, name = document.source.locate(entry.span.start), unicode_line(left.of)
        words = f"`{name}` is an expectation over the data; ask for what stands in it, of one sample"
        raise UsageError(f"{place.file}:{place.line}: {words}")
    model, assumed = completed(document.models[entry.scope], left.of)
    if any(ADDED_UP in words for words in assumed):
        place = document.source.locate(entry.span.start)
        message = f"`{left.of.name}` is not defined, so its derivative has no answer in the document"
        raise UsageError(rf"{place.file}:{place.line}: {message}; define it first: `L = \sum_{{t=1}}^{{T}} L_t`")
    if length is not None and model.length not in (None, length):
        raise UsageError(
            f"the document says {model.horizon} = {model.length}, so its questions are not about {length} steps"
        )
    chosen = form or _form(left, model.length)
    columns = columns and left.kind == "partial"
    if columns and form is None:
        chosen = "matrix"
    if FORMS[chosen].fixed and model.length is None:
        raise UsageError(f"the form `{chosen}` needs a number of steps; write `{model.horizon} = 4` into the document")
    steps = [one.step for one in derive(model, left.of, left.by, length).form(chosen)]
    if steps[-1].relation.left == steps[-1].relation.right:
        place, name = document.source.locate(entry.span.start), unicode_line(left)
        words = f"{name} is a single factor of the chain rule, and a derivation ends at those"
        raise UsageError(
            f"{place.file}:{place.line}: {words}; ask for the derivative of a loss, with ∇ for its matrices"
        )
    return [replace(step, relation=_quotients(step.relation)) for step in steps] if columns else steps


def _quotients(relation: Relation) -> Relation:
    """A relation whose gradients are written as quotients."""
    left, right = (transform(side, _quotient) for side in (relation.left, relation.right))
    return replace(relation, left=left, right=right)


def _quotient(node: Expr) -> Expr:
    return replace(node, kind="partial") if isinstance(node, Derivative) and node.kind == "gradient" else node


def _form(left: Derivative, length: int | None) -> str:
    """The form that suits a question: matrices for a nabla, all paths where the number of steps is known."""
    letters = isinstance(left.by, Symbol) and any(isinstance(part, Symbol) for part in left.by.index)
    if left.kind == "gradient":
        return "matrix"
    return "expanded" if length is not None and not letters else "sum"


def _edits(source: Source, entry: Entry, steps: list[Step]) -> list[Edit]:
    """The answer in the place of the question, and what leads to it before the display."""
    maths = next(m for m in source.items if isinstance(m, Maths) and m.start <= entry.span.start < m.end)
    *leading, last = steps
    asked = source.text[entry.span.start : entry.span.end]
    alone = asked.strip() == source.maths_text(maths).strip() and maths.environment in PLAIN
    if alone:
        answer = display_latex(display_of(last))
    else:
        mark = "&" if "&" in asked else ""
        answer = f"{latex(last.relation.left)} {mark}{last.relation.operator} {latex(last.relation.right)}"
    edits: list[Edit] = [(entry.span.start, entry.span.end, answer)]
    if leading:
        blocks: list[Block] = []
        for step in leading:
            blocks += [Paragraph(step.reason), display_of(step)]
        blocks.append(Paragraph(last.reason))
        at = source.line_start(max(maths.start - 1, 0))
        edits.append((at, at, paragraphs(blocks, source.kind) + "\n"))
    return edits


def _with(source: Source, edits: list[Edit], declared: bool) -> str:
    """The text of a source after some edits; the layout of derivatives may have to be declared as well."""
    text = source.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return _declared(text, source.kind) if declared else text


def _declared(text: str, kind: Kind) -> str:
    if kind == "tex":
        return f"% bpttsym: layout: numerator\n{text}"
    if text.startswith("---\n"):
        return f"---\nlayout: numerator\n{text[4:]}"
    return f"---\nlayout: numerator\n---\n\n{text}"
