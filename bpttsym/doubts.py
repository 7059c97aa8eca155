r"""Why an equation that fails as written is not called false: what stands in or behind it may mean something else."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping

from bpttsym.census import INDEX_LETTERS
from bpttsym.displayed import Entry
from bpttsym.expr import Add, Call, Component, Derivative, Expr, Negate, Relation, Symbol, integer, names, walk
from bpttsym.guesses import formulas_used
from bpttsym.latex import unicode_line
from bpttsym.model import Model, index_letters
from bpttsym.remarks import harmless, loose_letter
from bpttsym.shapes import ELEMENTWISE, SPECTRAL
from bpttsym.signature import is_word

NAMED = (
    "CE BCE XE NLL KL MSE SSE MAE RMSE SE Huber CrossEntropy CrossEntropyLoss CELoss crossentropy mse ce bce nll xent"
    " LSTM GRU LayerNorm BatchNorm LeakyReLU ELU GELU SiLU Swish erf sign hardtanh gelu elu swish"
)
FORMULATED = frozenset(rf"\mathrm{{{name}}}" for name in NAMED.split())
"""Functions that have a formula wherever they are used, so that a document need not write it."""


def doubts(
    entry: Entry, relation: Relation, model: Model, told_of: Mapping[str, str], own: Callable[[str], bool]
) -> str:
    """Why a relation that fails under a model is not refuted, in words; empty if nothing stands against it.

    ``told_of`` is what the document says of functions without giving them a formula, ``own`` which functions are its.
    """
    letter = loose_letter(relation)
    known = {*INDEX_LETTERS, *model.arities, *index_letters(relation), model.horizon}
    if letter:
        return f"it fails as written: the index `{letter}` stands in a sum and beside it; put parentheses"
    if not harmless(entry.words, known, bool(entry.where)):
        return f"it fails as written, but the words `{entry.words}` behind it may restrict it"
    function = without_formula(relation, model)
    if function:
        return f"it fails if `{function}` is any function, and the document does not write the formula of `{function}`"
    called = {
        part.function
        for root in (relation, *formulas_used(relation, model))
        for part in walk(root)
        if isinstance(part, Call)
    }
    function = min(called & told_of.keys(), default="")
    if function:
        shown = unicode_line(Symbol(function))
        return (
            f"it fails if `{shown}` is any function, and `{told_of[function]}` is not read as the formula of `{shown}`"
        )
    bodies = [known.body for known in (*model.definitions, *model.abbreviations)]
    used, here = (unknown_functions(roots, model, own) for roots in (bodies, [relation]))
    behind = here | unknown_functions(formulas_used(relation, model), model, own)
    lost = next((name for name in sorted(behind) if name.partition("_{")[0] in model.unread), "")
    if lost:
        return f"it fails if `{lost}` is any function, and what the document says of it was not understood"
    strange = sorted(here - used - ELEMENTWISE - SPECTRAL)
    return f"no definition in the document says what `{strange[0]}` is" if strange else ""


def unknown_functions(roots: Iterable[Expr], model: Model, own: Callable[[str], bool]) -> set[str]:
    """The functions of a document in some formulas that it gives no formula."""
    given = {name for name, _, _ in model.functions}
    called = (part.function for root in roots for part in walk(root) if isinstance(part, Call))
    return {function for function in called if own(function)} - given


def meant_square(relation: Relation, numbered: Container[str]) -> str:
    r"""Why a relation is not refuted in which ``1 - h_t^2`` has a layer where the slope of a tanh has a square."""
    for part in walk(relation):
        squares = part.terms[1:] if isinstance(part, Add) and part.terms[0] == integer(1) else ()
        for term in squares:
            name = term.body if isinstance(term, Negate) else term
            if isinstance(name, Symbol) and name.name in numbered and integer(2) in name.index:
                return f"it fails as written: the 2 above `{name.name}` is a layer here, and a square may be meant"
    return ""


def may_come_back(relation: Relation, model: Model) -> str:
    """Why a relation is not refuted that is about two steps of a model without recursion: an input may be a state.

    So it is where a text says in words that the inputs and the states before are one list.
    """
    defined = {known.name: names(known.body) for known in model.definitions}
    reached = {name: set(used) for name, used in defined.items()}
    for _ in defined:
        for used in reached.values():
            used |= {name for one in used & defined.keys() for name in reached[one]}
    if any(name in used for name, used in reached.items()):
        return ""
    steps = {of.index[0] for part in walk(relation) if (of := _computed(part, defined)) is not None}
    inputs = {part.name for part in walk(relation) if isinstance(part, Symbol) and part.index} - defined.keys()
    fed = sorted(name for name in inputs if any(name in used for used in reached.values()))
    if len(steps) < 2 or not fed:
        return ""
    return f"it fails if `{fed[0]}` depends on no step before, and nothing says what `{fed[0]}` is"


def _computed(part: Expr, defined: Container[str]) -> Symbol | None:
    """The quantity at a step that is differentiated, whole or by its entries; None for anything else."""
    of = part.of if isinstance(part, Derivative) else None
    of = of.of if isinstance(of, Component) else of
    return of if isinstance(of, Symbol) and of.name in defined and of.index else None


def not_understood(relation: Relation, model: Model, said: Mapping[str, frozenset[str]]) -> str:
    """A name that a relation depends on and whose formula was not read, though it may depend on the model; else empty.

    ``said`` holds the names in each formula that was not read.
    """
    defined = {known.name for known in (*model.definitions, *model.abbreviations)}
    used = names(relation).union(*(names(body) for body in formulas_used(relation, model)))
    known = {name.partition("_{")[0] for name in model.arities}
    lost = (name for name in sorted(used - defined) if said.get(name, frozenset()) & (known - {name}))
    return next(lost, "")


def without_formula(relation: Relation, model: Model) -> str:
    """The name of a function that is known by its name only, here or in what the relation is about; empty if none."""
    given = {name for name, _, _ in model.functions}
    for root in (relation, *formulas_used(relation, model)):
        for part in walk(root):
            if isinstance(part, Call) and _has_a_meaning(part) and part.function not in given:
                return part.function.removeprefix(r"\mathrm{").removesuffix("}")
    return ""


def _has_a_meaning(call: Call) -> bool:
    """Whether a function is a word for something, and not one of the many that may compute a state from others."""
    word = is_word(call.function) and len(call.arguments) == 1 and not call.parameters
    return word or call.function in FORMULATED
