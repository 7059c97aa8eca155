r"""What stands for a function without a formula, and for the largest slope of one, when a bound is attacked.

An unknown function stands for every function, so a bound must survive with each of a few layers in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from bpttsym.errors import NotRead
from bpttsym.expr import Add, Call, Expr, Multiply, Norm, Number, Relation, Symbol, multiply, transform, walk
from bpttsym.guesses import LOSS_FUNCTION
from bpttsym.model import Definition, Model
from bpttsym.shapes import ELEMENTWISE, SPECTRAL

GAMMA: dict[str, Fraction] = {
    r"\tanh": Fraction(1),
    r"\sigma": Fraction(1, 4),
    r"\mathrm{relu}": Fraction(1),
    r"\mathrm{id}": Fraction(1),
}
"""The supremum of |f'| of each activation (Pascanu, Mikolov and Bengio 2013, section 2.1)."""

STAND_INS = (r"\tanh", r"\mathrm{id}", r"\sigma")
"""What is tried in the place of a function that the document gives no formula."""

LETTERS = "WUVPQRSABCDEFGHKMN"
LARGEST = frozenset((r"\max", r"\sup", r"\operatorname{sup}", r"\mathrm{max}", r"\mathrm{sup}"))
EXTREMA = LARGEST | {r"\min", r"\inf", r"\mathrm{min}", r"\mathrm{inf}"}


@dataclass(frozen=True)
class Filled:
    """A bound and its model with every unknown function replaced; ``words`` says by what, empty if there was none."""

    model: Model
    relation: Relation
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


def _slope(body: Expr) -> str | None:
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


def fillings(model: Model, relation: Relation) -> Iterator[Filled]:
    """The model and the bound with each stand-in for unknown functions, and the largest slopes as numbers.

    Raises NotRead where a definition holds a maximum that is not the largest slope of a function.
    """
    for stand_in in STAND_INS:
        filling = _Filling(model, stand_in)
        definitions = [replace(d, body=filling.body(d.body, d.name)) for d in model.definitions]
        read = filling.body(relation, "")
        assert isinstance(read, Relation)
        slopes = filling.activations
        definitions = [_with_slope(definition, slopes) for definition in definitions]
        filled = replace(model, definitions=tuple(definitions), elementwise=())
        yield Filled(filled, read, stand_in.strip("\\") if filling.used else "")
        if not filling.used:
            return


def _with_slope(definition: Definition, activations: set[str]) -> Definition:
    if not has_extremum(definition.body):
        return definition
    function = _slope(definition.body)
    if function is not None and function not in GAMMA:
        function = next(iter(activations)) if len(activations) == 1 else None
    if function is None:
        raise NotRead(f"the maximum in the definition of `{definition.name}` has no value here", definition.body.span)
    return replace(definition, body=Number(GAMMA[function]))


class _Filling:
    """One function in the place of all unknown ones of a model, as a layer where it is applied to vectors."""

    def __init__(self, model: Model, stand_in: str) -> None:
        self.model = model
        self.stand_in = stand_in
        self.used = False
        self.taken = set(model.arities)
        self.known = ELEMENTWISE | SPECTRAL | {r"\mathrm{diag}"} | {name for name, _, _ in model.functions}
        self.activations: set[str] = set()

    def body(self, body: Expr, name: str) -> Expr:
        """A formula with its unknown functions replaced; ``name`` is what it defines."""
        if has_extremum(body):
            return body
        return transform(body, lambda node: self._changed(node, name))

    def _changed(self, node: Expr, name: str) -> Expr:
        if not isinstance(node, Call):
            return node
        if node.function in self.known:
            self.activations |= {node.function} & GAMMA.keys()
            return node
        if node.function.startswith(LOSS_FUNCTION):
            raise NotRead("no formula says how the loss is computed, so nothing bounds it", node.span)
        self.used = True
        self.activations.add(self.stand_in)
        plain = len(node.arguments) == 1 and not node.parameters and not isinstance(node.arguments[0], Symbol)
        if plain or node.function in self.model.elementwise:
            return replace(node, function=self.stand_in)
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
        return Call(self.stand_in, (Add(tuple(terms)) if len(terms) > 1 else terms[0],))
