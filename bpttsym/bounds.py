r"""Inequalities: a bound is attacked by search, not only sampled (SEMANTICS section 6).

A bound on a matrix that is no norm is tried as a bound on its spectral norm and on its entries; it is refuted
only by a witness that breaks both. A bound that survives the attack is verified, never proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Expr,
    Multiply,
    Norm,
    Number,
    Relation,
    Symbol,
    multiply,
    names,
    walk,
)
from bpttsym.ground import Ground, instances, lengths, make_ground
from bpttsym.latex import unicode_line
from bpttsym.leaves import LeafRule, constant, nilpotent, scaled_identity, scaled_random
from bpttsym.model import Definition, Model
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.variants import Variant
from bpttsym.witness import Counterexample, leaves_above, nodes_above, numbers
from bpttsym.world import MissingNode

BOUNDS = {r"\le": 1, "<": 1, r"\ge": -1, ">": -1}
SLACK = 1e-9
SCALES = (1.0, 2.0, 0.1, 0.5, 5.0, -1.0, -3.0)
SEEDS = 4
GAMMA: dict[str, Fraction] = {
    r"\tanh": Fraction(1),
    r"\sigma": Fraction(1, 4),
    r"\mathrm{relu}": Fraction(1),
    r"\mathrm{id}": Fraction(1),
}
"""The supremum of |f'| of each activation (Pascanu, Mikolov and Bengio 2013, section 2.1)."""


@dataclass(frozen=True)
class BoundResult:
    """What came of the attack on a bound."""

    status: str
    message: str
    label: str = ""
    samples: int = 0
    scope: str = ""
    counterexample: Counterexample | None = None
    suggestions: tuple[tuple[Relation, str, str], ...] = ()


def concrete(model: Model) -> Model:
    """The model with a tanh cell ``tanh(W h + U x + b)`` in the place of an unknown recurrent function."""
    taken = set(model.arities)
    definitions = []
    for definition in model.definitions:
        body = definition.body
        if isinstance(body, Call) and definition.index and not body.primes and body.function not in GAMMA:
            definition = replace(definition, body=_cell(body, taken, definition.name))
        definitions.append(definition)
    return replace(model, definitions=tuple(definitions))


def _cell(body: Call, taken: set[str], state: str) -> Expr:
    vectors = [argument for argument in body.arguments if isinstance(argument, Symbol) and argument.index]
    if not vectors:
        return body
    terms: list[Expr] = []
    for vector in sorted(vectors, key=lambda v: v.name != state):
        letter = next(letter for letter in ("W", "U", "V", "P", "Q", "R", "S") if letter not in taken)
        taken.add(letter)
        terms.append(multiply(Symbol(letter), vector))
    if "b" not in taken:
        taken.add("b")
        terms.append(Symbol("b"))
    return Call(r"\tanh", (Add(tuple(terms)) if len(terms) > 1 else terms[0],))


def judge_bound(relation: Relation, variant: Variant, where: tuple[Relation, ...] = ()) -> BoundResult:
    """Attack a bound; ``refuted`` with a witness, ``verified`` if it survives, ``unchecked`` if it has no value."""
    base = concrete(variant.base)
    steps = (base.length,) if base.length is not None else lengths(relation, base)
    tried = 0
    try:
        for length in steps:
            found, count = _attack(relation, base, length, where)
            tried += count
            if found is not None:
                return _refuted(relation, base, found, tried)
    except NotRead as error:
        return BoundResult("unchecked", str(error))
    if tried == 0:
        return BoundResult("unchecked", "the two sides have no value that could be compared")
    scope = "T=" + ", ".join(map(str, steps))
    return BoundResult("verified", "no violation was found", samples=tried, scope=scope)


@dataclass(frozen=True)
class Violation:
    """Two numbers that break a bound, with the values for which they do."""

    left: float
    right: float
    witness: Counterexample
    matrix: bool


def _refuted(relation: Relation, base: Model, found: Violation, tried: int) -> BoundResult:
    message = f"the left side is {found.left:.4g} and the right side {found.right:.4g}"
    label = "a matrix: its spectral norm and its largest entry both break the bound" if found.matrix else ""
    length = found.witness.length
    suggestions = tuple(_suggest(relation, base, max(length, 3)))
    return BoundResult("refuted", message, label, tried, f"T={length}", found.witness, suggestions)


def _attacks(recurrent: frozenset[str]) -> Iterator[tuple[LeafRule, int]]:
    """Leaf rules from the simplest on, each with the size of every vector."""
    for scale in (2.0, 3.0, 1.0, 0.5, -2.0):
        yield scaled_identity(scale, recurrent), 2
    yield constant, 1
    yield scaled_identity(1.0, recurrent), 6
    for seed in range(SEEDS):
        yield nilpotent(recurrent, seed), 2
        yield nilpotent(recurrent, seed), 3
        yield scaled_random(1000.0, seed), 3
    for scale in SCALES:
        for seed in range(SEEDS):
            yield scaled_random(scale, seed), 3


def _attack(
    relation: Relation, model: Model, length: int, where: tuple[Relation, ...] = ()
) -> tuple[Violation | None, int]:
    tried = 0
    touched = False
    recurrent = frozenset(w.name for d in model.definitions if (w := _recurrent_weight(d)) is not None)
    for rule, size in _attacks(recurrent):
        ground = make_ground(model, length, lambda position, size=size: size)  # type: ignore[misc]
        world = NumericWorld(ground.graph, ground.shapes, 1, 0, rule)
        evaluator = Evaluator(world, Readings({}, where))
        for bindings in instances(relation, ground, evaluator.readings):
            if ground.model.first - 1 in bindings.values():
                continue
            try:
                left = evaluator.value(relation.left, bindings)
                right = evaluator.value(relation.right, bindings)
            except MissingNode as missing:
                if missing.letter:
                    raise
                continue
            tried += 1
            touched = touched or (relation.operator in "<>" and _touches(world, left, right))
            broken = _broken(world, relation, left, right)
            if broken is not None:
                free = tuple((k, v) for k, v in bindings.items() if k not in ground.graph.ends)
                leaves = leaves_above(nodes_above(relation, evaluator, bindings, ground), world, ground)
                witness = Counterexample(length, free, leaves, _cells(ground, relation), numbers(left), numbers(right))
                return Violation(*broken[:2], witness, broken[2]), tried
    if touched:
        raise NotRead("the two sides come within rounding of each other: a strict bound is not decided", relation.span)
    return None, tried


def _cells(ground: Ground, relation: Relation) -> tuple[str, ...]:
    """The formulas of the quantities that a relation names."""
    wanted = names(relation)
    return tuple(
        f"{unicode_line(Symbol(d.name, d.index))} = {unicode_line(d.body)}"
        for d in ground.model.definitions
        if d.name in wanted and isinstance(d.body, Call) and d.body.function in GAMMA
    )


def _broken(world: NumericWorld, relation: Relation, left: Any, right: Any) -> tuple[float, float, bool] | None:
    """The two numbers that break the bound, and whether a side is a matrix; None if some reading holds."""
    sign = BOUNDS[relation.operator]
    matrix = world.shape(left) != (1, 1) or world.shape(right) != (1, 1)
    first = [float(world.norm(left, "2").max()), float(left.max())] if matrix else [float(left.max())]
    second = [float(world.norm(right, "2").max()), float(right.max())] if matrix else [float(right.max())]
    for a, b in zip(first, second, strict=True):
        if not sign * (a - b) > SLACK * max(1.0, abs(a), abs(b)):
            return None
    return first[0], second[0], matrix


def _touches(world: NumericWorld, left: Any, right: Any) -> bool:
    """Whether two numbers come within rounding of each other, where a strict bound cannot be decided."""
    if world.shape(left) != (1, 1) or world.shape(right) != (1, 1):
        return False
    a, b = float(left.max()), float(right.max())
    return abs(a - b) <= SLACK * max(1.0, abs(a), abs(b))


def _suggest(relation: Relation, model: Model, length: int) -> Iterator[tuple[Relation, str, str]]:
    r"""``\lVert J \rVert_2 \le \gamma \sigma_{\max}(W)`` for a step Jacobian, attacked like any other bound."""
    jacobian = relation.left
    if not isinstance(jacobian, Derivative) or not isinstance(jacobian.of, Symbol):
        return
    for definition in model.definitions:
        if definition.name != jacobian.of.name or not isinstance(definition.body, Call):
            continue
        weight = _recurrent_weight(definition)
        gamma = GAMMA.get(definition.body.function)
        if weight is None or gamma is None:
            continue
        name = Symbol(r"\gamma")
        right = multiply(name, Call(r"\sigma_{\max}", (weight,)))
        bound = Relation(Norm(jacobian, "2"), r"\le", right)
        known = replace(model, definitions=(*model.definitions, Definition(r"\gamma", (), Number(gamma))))
        found, tried = _attack(bound, known, length)
        if found is None and tried:
            note = f"γ = sup|f′|, which is {gamma} for {definition.body.function.strip(chr(92))}"
            yield bound, "verified", note


def _recurrent_weight(definition: Definition) -> Symbol | None:
    """The parameter that multiplies the state of the step before."""
    for part in walk(definition.body):
        if isinstance(part, Multiply) and len(part.factors) == 2:
            weight, state = part.factors
            if isinstance(weight, Symbol) and isinstance(state, Symbol) and state.name == definition.name:
                return weight
    return None
