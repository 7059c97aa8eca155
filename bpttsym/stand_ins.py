r"""What stands for a function without a formula, and for the largest slope of one, when a bound is attacked.

An unknown function stands for every function, so a bound must survive with each of a few layers in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeGuard

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Multiply,
    Norm,
    Number,
    Relation,
    Symbol,
    integer,
    multiply,
    walk,
)
from bpttsym.guesses import LOSS_FUNCTION
from bpttsym.model import Definition, Model
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import transform
from bpttsym.shape_words import DIFFERENTIAL, ELEMENTWISE, EXTREMA, LARGEST, SPECTRAL, SQUARE

GAMMA: dict[str, Fraction] = {
    r"\tanh": Fraction(1),
    r"\sigma": Fraction(1, 4),
    r"\mathrm{relu}": Fraction(1),
    r"\mathrm{id}": Fraction(1),
}
"""The supremum of |f'| of each activation (Pascanu, Mikolov and Bengio 2013, section 2.1)."""


@dataclass(frozen=True)
class StandIn:
    """A multiple of an activation, in the place of a function that the document gives no formula."""

    function: str
    factor: int = 1

    @property
    def slope(self) -> Fraction:
        """The supremum of the size of its derivative."""
        return self.factor * GAMMA[self.function]

    @property
    def words(self) -> str:
        name = self.function.rpartition("{")[2].strip("\\}")
        return name if self.factor == 1 else f"{self.factor} {name}"

    def applied(self, call: Call, arguments: tuple[Expr, ...]) -> Expr:
        """It, or its derivative of the same order, of some arguments."""
        value = replace(call, function=self.function, arguments=arguments, parameters=())
        return value if self.factor == 1 else multiply(integer(self.factor), value)


STAND_INS = (StandIn(r"\tanh"), StandIn(r"\mathrm{id}"), StandIn(r"\sigma"), StandIn(r"\tanh", 3))
"""What is tried: a function of which nothing is known may also be steep."""

STEEPEST = r"\sup |%s'|"
"""The largest slope of a function, as a function of nothing."""

LETTERS = "WUVPQRSABCDEFGHKMN"


@dataclass(frozen=True)
class Filled:
    """A bound and its model with every unknown function replaced; ``words`` says by what, empty if there was none."""

    model: Model
    relation: Relation
    hypotheses: tuple[Relation, ...] = ()
    words: str = ""


def extremum(body: Expr) -> Expr | None:
    r"""What ``\max`` or ``\sup`` is taken of, where a body is that; the index under it says over what."""
    match body:
        case Multiply((Symbol(name), *rest), _) if name.split("_")[0] in LARGEST:
            return rest[0] if len(rest) == 1 else None
        case Call(function, (argument,)) if function.split("_")[0] in LARGEST:
            return argument
        case _:
            return None


def has_extremum(body: Expr) -> bool:
    """Whether a maximum or minimum stands in a body: it has no value in the samples."""
    named = (getattr(part, "name", getattr(part, "function", "")) for part in walk(body))
    return any(str(name).split("_")[0] in EXTREMA for name in named)


def slope_of(body: Expr) -> str | None:
    r"""The function whose largest slope a body is: ``f`` of ``\max |f'|`` or of ``\sup_x |f'(x)|``."""
    inner = extremum(body)
    if isinstance(inner, Call) and inner.function == "abs":
        inner = inner.arguments[0]
    elif isinstance(inner, Norm):
        inner = inner.body
    match inner:
        case Symbol(name, ()) if name.endswith("'") and not name.endswith("''"):
            return name[:-1]
        case Call(function, _, _, 1):
            return function
        case _:
            return None


def fillings(model: Model, relation: Relation, hypotheses: Sequence[Relation] = ()) -> Iterator[Filled]:
    """The model, the bound and what is assumed with each stand-in for unknown functions, and largest slopes as numbers.

    Raises NotRead where a definition holds a maximum that is not the largest slope of a function.
    """
    sloped = {part.function for root in (relation, *hypotheses) for part in walk(root) if _is_slope(part)}
    elementwise = frozenset(model.elementwise) | sloped
    for stand_in in STAND_INS:
        filling = _Filling(model, stand_in, elementwise)
        definitions = [replace(d, body=filling.body(d.body, d.name)) for d in model.definitions]
        read = filling.body(relation, "")
        assert isinstance(read, Relation)
        slopes = filling.slopes
        definitions = [_with_slope(definition, slopes) for definition in definitions]
        filled = replace(model, definitions=tuple(definitions), elementwise=())
        assumed = tuple(_with_steepest(hypothesis, stand_in, filling) for hypothesis in hypotheses)
        yield Filled(filled, read, assumed, stand_in.words if filling.used else "")
        if not filling.used:
            return


def _is_slope(part: Expr) -> TypeGuard[Call]:
    """Whether it is the derivative of a function of one argument, which so is applied to each entry."""
    return isinstance(part, Call) and part.primes > 0


def _with_steepest(hypothesis: Relation, stand_in: StandIn, filling: _Filling) -> Relation:
    def change(node: Expr) -> Expr:
        steepest = isinstance(node, Call) and node.function.startswith(STEEPEST[:6])
        return Number(stand_in.slope, span=node.span) if steepest else node

    changed = filling.body(transform(hypothesis, change), "")
    assert isinstance(changed, Relation)
    return changed


def _with_slope(definition: Definition, slopes: set[Fraction]) -> Definition:
    if not has_extremum(definition.body):
        return definition
    function = slope_of(definition.body)
    slope = GAMMA.get(function) if function is not None else None
    if function is not None and slope is None:
        slope = next(iter(slopes)) if len(slopes) == 1 else None
    if slope is None:
        raise NotRead(f"the maximum in the definition of `{definition.name}` has no value here", definition.body.span)
    return replace(definition, body=Number(slope))


class _Filling:
    """One function in the place of all unknown ones of a model, as a layer where it is applied to vectors."""

    def __init__(self, model: Model, stand_in: StandIn, elementwise: frozenset[str]) -> None:
        self.elementwise = elementwise
        self.stand_in = stand_in
        self.used = False
        self.taken = set(model.arities)
        self.known = (
            ELEMENTWISE
            | SPECTRAL
            | SQUARE
            | {DIFFERENTIAL}
            | {r"\mathrm{diag}"}
            | {name for name, _, _ in model.functions}
        )
        self.slopes: set[Fraction] = set()

    def body(self, body: Expr, name: str) -> Expr:
        """A formula with its unknown functions replaced; ``name`` is what it defines."""
        if has_extremum(body):
            return body
        return transform(body, lambda node: self._changed(node, name))

    def _changed(self, node: Expr, name: str) -> Expr:
        if not isinstance(node, Call):
            return node
        if node.function in self.known:
            self.slopes |= {GAMMA[node.function]} if node.function in GAMMA else set()
            return node
        if node.function.startswith(LOSS_FUNCTION):
            raise NotRead("no formula says how the loss is computed, so nothing bounds it", node.span)
        self.used = True
        self.slopes.add(self.stand_in.slope)
        alone = len(node.arguments) == 1 and not node.parameters
        if alone and (node.function in self.elementwise or not isinstance(node.arguments[0], Symbol)):
            return self.stand_in.applied(node, node.arguments)
        if node.primes or not name:
            raise NotRead(f"`{node.function}` is not given, so no bound on it can be judged", node.span)
        return self._layer(node, name)

    def _layer(self, call: Call, state: str) -> Expr:
        """``f(W h + U x + b)``; the parameters that are named are those of the layer."""
        vectors = [argument for argument in call.arguments if isinstance(argument, Symbol) and argument.index]
        if not vectors:
            raise NotRead(f"`{call.function}` is not given, so no bound on it can be judged", call.span)
        terms: list[Expr] = []
        for vector in sorted(vectors, key=lambda v: v.name != state):
            letter = next((letter for letter in LETTERS if letter not in self.taken), None)
            if letter is None:
                raise NotRead("there are too many unknown functions to judge a bound", call.span)
            self.taken.add(letter)
            terms.append(multiply(Symbol(letter), vector))
        if "b" not in self.taken:
            self.taken.add("b")
            terms.append(Symbol("b"))
        return self.stand_in.applied(call, (Add(tuple(terms)) if len(terms) > 1 else terms[0],))
