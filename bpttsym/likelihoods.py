r"""The verdict on an equation between probabilities: true of every distribution, or of none that could be meant.

What holds of some distributions only may be an assumption of the document (that a step depends on the one before it
alone). So an equation is refuted only if it fails even where all quantities are independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from bpttsym.chances import FIRST, LAST, MOST_QUANTITIES, Absent, Formal, NoForm, Numbers, mentioned, value_of
from bpttsym.displayed import Entry
from bpttsym.errors import Contradiction, NotRead
from bpttsym.expr import Probability, Relation, walk
from bpttsym.ground import satisfies
from bpttsym.model import Model, free_letters
from bpttsym.ruling import Verdict
from bpttsym.variants import EQUALITIES

LENGTHS = (3, 4)
SEEDS = 3
CHOICES = (0b101101100101, 0b010011010110, 0b111000111000, 0b001110001011)
"""Values of the quantities at which two sides are compared, a bit for each."""

TOLERANCE = 1e-9
RULE = "p(a | b) = p(a, b)/p(b), of every distribution"
ASSUMED = "it does not follow from p(a | b) = p(a, b)/p(b); it may be an assumption, that quantities are independent"
METHOD = "joint probabilities"

Bindings = dict[str, int]


def judge_likelihood(entry: Entry, relation: Relation, model: Model) -> Verdict:
    """The verdict on a relation in which probabilities stand."""
    if relation.operator not in EQUALITIES:
        return _unchecked(entry, f"a relation `{relation.operator}` between probabilities is not judged")
    try:
        found = list(_instances(entry, relation, model))
        if not found:
            return _unchecked(entry, "its steps exist at no horizon that is tried")
        errors = [error for bindings in found for error in _errors(relation, bindings, False)]
        formal = all(_is_same_product(relation, bindings) for bindings in found)
        apart = max(errors)
        if apart <= TOLERANCE:
            return _true(entry, model, relation, found, formal, len(errors), apart)
        if formal:
            raise Contradiction("the joint probabilities prove an equation that the numbers refute")
        independent = max(error for bindings in found for error in _errors(relation, bindings, True))
    except NotRead as failure:
        return Verdict(entry, "unchecked", str(failure), blame=failure.span, code="not-judged")
    spoken_of = {name for bindings in found for name, _ in mentioned(relation, bindings)}
    computed = spoken_of & {definition.name for definition in model.definitions}
    names = {part.name for part in walk(relation) if isinstance(part, Probability)}
    if len(names) > 1:
        return _unchecked(entry, f"what {' and '.join(sorted(names))} have to do with one another is not said")
    if independent <= TOLERANCE or computed:
        return _unchecked(entry, ASSUMED)
    message = "it does not follow from p(a | b) = p(a, b)/p(b), and it fails also where all quantities are independent"
    return Verdict(entry, "refuted", message, samples=len(errors), max_error=apart, code="false-equation")


def _unchecked(entry: Entry, message: str) -> Verdict:
    return Verdict(entry, "unchecked", message, code="not-judged")


def _true(
    entry: Entry, model: Model, relation: Relation, found: list[Bindings], formal: bool, samples: int, error: float
) -> Verdict:
    lengths = sorted({bindings[LAST] for bindings in found})
    stepped = model.horizon in free_letters(relation) or len(found) > 1
    scope = f"T={', '.join(map(str, lengths))}" if stepped else "every distribution"
    told = (RULE,) if stepped else ()
    word, method = ("proved", METHOD) if formal else ("verified", "")
    return Verdict(entry, word, "", (), told, "", method, scope, samples, error)  # type: ignore[arg-type]


def _instances(entry: Entry, relation: Relation, model: Model) -> Iterator[Bindings]:
    """The values of the free indices and of the horizon at which all ranges exist."""
    letters = sorted(free_letters(relation) - {model.horizon})
    uses_end = bool(letters) or model.horizon in free_letters(relation) or _is_open(relation, model)
    lengths = (model.length,) if model.length else LENGTHS if uses_end else LENGTHS[:1]
    for length in lengths:
        ends = {FIRST: model.first, LAST: length, model.horizon: length}
        for values in product(range(model.first, length + 1), repeat=len(letters)):
            bindings = {**ends, **dict(zip(letters, values, strict=True))}
            try:
                atoms = mentioned(relation, bindings)
            except Absent:
                continue
            if len(atoms) > MOST_QUANTITIES:
                raise NotRead(f"it speaks of over {MOST_QUANTITIES} quantities at once", relation.span)
            if satisfies(entry.where, bindings):
                yield bindings


def _is_open(relation: Relation, model: Model) -> bool:
    """Whether a sum or a product in it runs over all steps without saying so."""
    one, other = ({FIRST: model.first, LAST: length, model.horizon: length} for length in LENGTHS)
    return mentioned(relation, one) != mentioned(relation, other)


def _errors(relation: Relation, bindings: Bindings, independent: bool) -> Iterator[float]:
    """By how much the sides differ, for random distributions and values."""
    atoms = sorted(mentioned(relation, bindings))
    for seed in range(SEEDS):
        for chosen in CHOICES:
            world = Numbers(atoms, seed, independent, chosen & ((1 << len(atoms)) - 1))
            left, right = (value_of(side, bindings, world) for side in (relation.left, relation.right))
            yield abs(left - right) / max(abs(left), abs(right), 1e-12)


def _is_same_product(relation: Relation, bindings: Bindings) -> bool:
    """Whether the sides are the same product of joint probabilities, or its logarithm."""
    try:
        return value_of(relation.left, bindings, Formal()) == value_of(relation.right, bindings, Formal())
    except NoForm:
        return False
