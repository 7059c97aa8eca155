"""What becomes of verdicts in the light of others: conclusions, and what is assumed of a parameter (SEMANTICS 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from bpttsym.averages import Kind, has_average
from bpttsym.copies import is_copy
from bpttsym.displayed import Entry
from bpttsym.document import LOGISTIC, Document
from bpttsym.expr import (
    Call,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Relation,
    Symbol,
    Transpose,
    names,
    walk,
)
from bpttsym.ground import COMPARISONS, used_symbols
from bpttsym.guesses import formulas_used
from bpttsym.hypotheses import restricted
from bpttsym.inner_products import is_penalty
from bpttsym.latex import unicode_line
from bpttsym.model import Model, has_derivative
from bpttsym.records import dataclass, replace
from bpttsym.regular import pattern
from bpttsym.ruling import Verdict
from bpttsym.sides import has_probability
from bpttsym.structured import NAMED, Structure, between, structure_of
from bpttsym.variants import EQUALITIES, Variant
from bpttsym.weight_shapes import IDENTITIES

Rejudged = Callable[[Mapping[str, Structure], int], Sequence[Verdict]]
"""The verdicts on a relation by its place, with parameters of some structure, one for each kind of matrices."""

OVER_DATA = "𝔼 is over data whose distribution does not depend on the parameters"
ONE_SAMPLE = "it is about one sample of the data, for which 𝔼[a] is a"
DISTRIBUTED = pattern(
    r"\\mathcal\s*\{?\s*N|i\.i\.d|gauss|normal|white noise|correlated|zero[- ]mean|independen"
    r"|(?<!\$)\$\s*\\mathbb\s*\{?\s*E",
    re.IGNORECASE,
)
"""Words that say how the data is distributed."""


def assumptions(variant: Variant, relation: Relation, document: Document) -> tuple[str, ...]:
    """What is taken for granted of the model that a relation is about, though the relation does not say it."""
    model = variant.base
    formulas = tuple(formulas_used(relation, model))
    used = names(relation).union(*map(names, formulas))
    targets = [unicode_line(Symbol(name)) for name in model.distributions if name in used]
    found = [f"the entries of each {target} sum to 1" for target in targets]
    given = {name for name, _, _ in model.functions}
    found += () if LOGISTIC in given else document.taken(relation, *formulas)
    penalties = (part for body in formulas for part in walk(body) if is_penalty(part))
    found += [f"{unicode_line(part)} is the sum of the squares of its entries" for part in dict.fromkeys(penalties)]
    copies = [Symbol(known.name, known.index) for known in model.definitions if is_copy(known)]
    found += [f"{unicode_line(copy)} is the copy of {unicode_line(Symbol(copy.name))} at its step" for copy in copies]
    return (
        *((f"the model is that of an earlier section, {variant.label}",) if variant.earlier else ()),
        *variant.told,
        *found,
    )


def behind_arrow(verdict: Verdict, before: Sequence[Verdict]) -> Verdict:
    """A false conclusion refutes nothing where what it is drawn from is not known to be true."""
    known = all(other.status in ("definition", "proved", "verified", "conditional") for other in before)
    if verdict.status != "refuted" or known:
        return verdict
    message = "it fails as written, but what stands before its arrow is not known to be true"
    return Verdict(verdict.entry, "unchecked", message, model=verdict.model, readings=verdict.readings, code="words")


def on_average(verdict: Verdict, written: Relation | None, document: Document, others: Sequence[Relation]) -> Verdict:
    """The verdict on an equation of expectations, which was judged for one sample of the data.

    The ``others`` are all claims of the document as they are written.
    """
    if verdict.status in ("definition", "unchecked") or written is None:
        return verdict
    known = document.averages(verdict.entry.scope)
    if not known.concerns(written):
        return verdict
    kind = max(known.kind(written.left), known.kind(written.right))
    if written.operator not in EQUALITIES or kind is Kind.PRODUCT:
        what = "a product or a function" if written.operator in EQUALITIES else "an inequality"
        message = f"{what} of expectations says more than what holds for each sample, and is not judged"
        return Verdict(verdict.entry, "unchecked", message, model=verdict.model, code="not-judged")
    if verdict.status != "refuted":
        if kind is Kind.MEAN:
            return replace(verdict, told=(*verdict.told, OVER_DATA), assumed=(*verdict.assumed, OVER_DATA))
        conditions = (*verdict.conditions, ONE_SAMPLE)
        return replace(verdict, status="conditional", conditions=conditions, code="depends-on-reading")
    said = DISTRIBUTED.search(document.source.text) is not None
    said |= any(has_average(other) and not has_derivative(other) for other in others)
    if said or not has_derivative(written):
        message = "it fails for one sample of the data, and may hold for the distribution that the document has in mind"
        return replace(verdict, status="unchecked", message=message, counterexample=None, suggestions=(), code="words")
    return verdict


def assumed_of(relation: Relation, model: Model) -> str:
    r"""The parameter that an equation can only assume something of (``W^\top W = I``); empty for a claim.

    Nothing else stands in it, and one side is a number, an identity, or the parameter itself.
    """
    if relation.operator != "=" or any(isinstance(part, Derivative) for part in walk(relation)):
        return ""
    known = {definition.name for definition in (*model.definitions, *model.abbreviations)}
    about = {name for name, _ in used_symbols(relation, model.horizon)} - IDENTITIES
    plain = any(map(_is_plain, (relation.left, relation.right)))
    return min(about) if len(about) == 1 and plain and not about & known else ""


def _is_plain(side: Expr) -> bool:
    match side:
        case Number() | Symbol():
            return True
        case Negate(body) | Transpose(body) | Power(body, _):
            return _is_plain(body)
        case Multiply(factors):
            return all(isinstance(f, Number) or (isinstance(f, Symbol) and f.name in IDENTITIES) for f in factors)
        case Divide(Number(), Number()):
            return True
        case _:
            return False


ONE_HOT = pattern(r"one[- ]?hot|원-?핫", re.IGNORECASE)


@dataclass(frozen=True)
class Assumed:
    """What a document assumes of a parameter, in words, from which equation on; and its verdict, if it is one.

    ``shown`` is the assumption itself, and ``structure`` what it makes of the parameter, where that is known. It counts
    between two places of the text, ``begin`` and ``end``. A vector that is a ``corner`` has one entry that is not zero.
    """

    name: str
    words: str
    shown: str
    equation: int = 0
    verdict: Verdict | None = None
    structure: Structure | None = None
    begin: int = 0
    end: int | None = None
    corner: bool = False

    def concerns(self, entry: Entry) -> bool:
        """Whether an equation stands where the assumption counts."""
        behind = self.end is not None and entry.span.start >= self.end
        return self.equation <= entry.equation and self.begin <= entry.span.start and not behind


def under_assumptions(
    document: Document, verdicts: Sequence[Verdict], judged: Rejudged, met: Set[str]
) -> list[Verdict]:
    """The verdicts where what is assumed of a parameter is no claim, and refutes nothing that rests on it.

    What fails is ``judged`` anew with the parameter as it is assumed to be, where the structure is a known one; of some
    it is ``met`` already.
    """
    if all(verdict.status != "refuted" for verdict in verdicts):
        return list(verdicts)
    assumed = [one for one in _in_text(document) if one.name not in met]
    for place, verdict in enumerate(verdicts):
        found = _in_display(document, verdict)
        if found is None:
            continue
        before = [one for one in assumed if one.name == found.name]
        if not before or _under(document, place, verdict, before, judged).status != "conditional":
            assumed.append(found)  # what does not follow from what is assumed before it
    assumed += (one for one in _ranges(document) if one.name not in met)
    return [_loosely(document, _under(document, *one, assumed, judged)) for one in enumerate(verdicts)]


def _loosely(document: Document, verdict: Verdict) -> Verdict:
    """What the text before an equation says to hold in some sense only is not refuted, unless it is expected to be."""
    words = document.prose.loosely(verdict.entry.span.start) if verdict.status == "refuted" else ""
    if not words or verdict.entry.expected:
        return verdict
    message = f"it fails as written, and the text before it says `{words}`"
    return replace(verdict, status="unchecked", message=message, counterexample=None, suggestions=(), code="words")


def _in_display(document: Document, verdict: Verdict) -> Assumed | None:
    relation = verdict.entry.relation
    if verdict.status != "refuted" or relation is None or has_probability(relation):
        return None
    name = assumed_of(relation, document.models[verdict.entry.scope])
    return _of_relation(name, relation, verdict.entry.equation, verdict) if name else None


def _of_relation(name: str, relation: Relation, equation: int = 0, verdict: Verdict | None = None) -> Assumed:
    shown, structure = unicode_line(relation), structure_of(relation)
    words = f"the document assumes {shown}"
    return Assumed(name, words, shown, equation, verdict, structure[1] if structure else None)


def _in_text(document: Document) -> Iterator[Assumed]:
    """What running text assumes, in formulas and in words."""
    for entry in document.remarked:
        if entry.relation is not None:
            name = assumed_of(entry.relation, document.models[entry.scope])
            if name:
                yield _of_relation(name, entry.relation)
    for name, words, begin, end in (*document.prose.properties, *document.corners):
        shown = unicode_line(Symbol(name))
        said = f"the running text says of `{shown}` that it is {words}"
        corner = ONE_HOT.fullmatch(words) is not None
        yield Assumed(name, said, f"{shown} is {words}", 0, None, NAMED.get(words), begin, end, corner)


def _ranges(document: Document) -> Iterator[Assumed]:
    """What inequalities say of the numbers of a model, one assumption for each number."""
    found: dict[str, list[Relation]] = {}
    for entry in (*document.supposed, *document.entries):
        if entry.kind == "claim" and entry.relation is not None and entry.relation.operator in COMPARISONS:
            for name in restricted(entry.relation, document.models[entry.scope]):
                found.setdefault(name, []).append(entry.relation)
    for name, relations in found.items():
        shown = " and ".join(map(unicode_line, relations))
        yield Assumed(name, f"the document assumes {shown}", shown, structure=between(relations, name))


def _is_met(one: Assumed, roots: Sequence[Expr], model: Model) -> bool:
    """Whether what fails for shares that sum to 1 fails for a one-hot vector too: an equation in which it stands once.

    Such an equation is affine in the vector; if it held for every corner of the simplex, it would hold within.
    """
    if not one.corner or one.name not in model.distributions:
        return False

    def bends(part: Expr) -> bool:
        if isinstance(part, Multiply):
            return sum(map(moves, part.factors)) > 1
        return isinstance(part, Power | Norm | Call) and moves(part)

    def moves(part: Expr) -> bool:
        slopes = (inner.of for inner in walk(part) if isinstance(inner, Derivative))
        return one.name in names(part) or any(isinstance(of, Symbol) and of.name in model.losses for of in slopes)

    once = all(sum(isinstance(p, Symbol) and p.name == one.name for p in walk(root)) <= 1 for root in roots)
    return once and not any(map(bends, (part for root in roots for part in walk(root))))


def _under(document: Document, place: int, verdict: Verdict, assumed: Sequence[Assumed], judged: Rejudged) -> Verdict:
    entry, relation = verdict.entry, verdict.entry.relation
    if verdict.status != "refuted" or relation is None:
        return verdict
    own = next((one.name for one in assumed if one.verdict is verdict), "")
    if own:
        words = f"it is an assumption about `{own}`: false of most, and not true of the samples"
        return Verdict(entry, "definition", words, model=verdict.model, assumed=(words,))
    model = document.models[entry.scope]
    roots = (relation, *formulas_used(relation, model))
    used = {part.name for root in roots for part in walk(root) if isinstance(part, Symbol)}
    needed = [one for one in assumed if one.name in used and one.concerns(entry) and not _is_met(one, roots, model)]
    if not needed:
        return verdict
    wanted = {one.name: one.structure for one in needed if one.structure is not None}
    same = len({(one.name, one.structure) for one in needed}) == len(wanted)
    found = judged(wanted, place) if same else ()
    shown = tuple(dict.fromkeys(one.shown for one in needed))
    told = tuple(f"under the assumption {one}" for one in shown)
    if found and {one.status for one in found} <= {"proved", "verified", "conditional"}:
        conditions = tuple(dict.fromkeys((*shown, *(c for one in found for c in one.conditions))))
        code = "depends-on-reading"
        return replace(found[0], entry=entry, status="conditional", conditions=conditions, method="", code=code)
    for status in ("refuted", "unchecked"):
        for one in found:
            if one.status == status:
                return replace(one, entry=entry, told=(*one.told, *told), suggestions=())
    words = " and ".join(one.words for one in needed)
    message = f"it fails in general, but {words}, which the samples do not satisfy"
    return replace(verdict, status="unchecked", message=message, counterexample=None, suggestions=(), code="")
