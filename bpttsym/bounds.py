r"""Inequalities: a bound is attacked by search, not only sampled (SEMANTICS section 6).

A bound that survives the attack is verified; ``norms`` proves some of those. An inequality of a matrix that is no norm
says nothing by itself: it is refuted only by a witness that breaks it both for its spectral norm and for its entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from bpttsym.attack import BOUNDS, Arena, Attack, Question, Violation
from bpttsym.components import has_components
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Call, Derivative, Expr, Multiply, Norm, Number, Relation, Symbol, multiply, names, walk
from bpttsym.ground import Ground, default_size, instances, lengths, make_ground, runs_back, used_symbols
from bpttsym.latex import unicode_line
from bpttsym.model import Definition, Model
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.records import dataclass, replace
from bpttsym.stand_ins import GAMMA, fillings
from bpttsym.starts import simple_starts, wide_starts
from bpttsym.witness import Counterexample, leaves_above, nodes_above, numbers
from bpttsym.world import MissingNode

MANY_STEPS = 3000
"""A bound whose evaluation takes more steps than this is tried on fewer candidates."""

GROWTH = 1.05
"""How much closer to the bound a larger size must come, each time, to say that a still larger one may break it."""

MATRIX = "an inequality of a vector or matrix says nothing unless a norm is written"
UNMET = "no sample was found that satisfies its hypotheses and for which both sides have a value"
CLOSER = "no violation was found, but the two sides come closer the {} are, so that it may fail beyond what was tried"


@dataclass(frozen=True)
class Hypotheses:
    """Inequalities that are assumed, and the numbers of which nothing else is known than these."""

    relations: tuple[Relation, ...] = ()
    numbers: tuple[str, ...] = ()

    def about(self, relation: Relation, model: Model) -> Hypotheses:
        """Those that a bound can be about: of quantities that it names, or that these are compared with."""
        wanted = {name for name, _ in used_symbols(relation, model.horizon)}
        kept = tuple(r for r in self.relations if names(r) & set(self.numbers) & wanted)
        return Hypotheses(kept, tuple(n for n in self.numbers if n in wanted.union(*map(names, kept))))

    def on(self, model: Model) -> Model:
        """A model with the numbers as further leaves."""
        new = tuple(name for name in self.numbers if name not in model.arities)
        return replace(model, variables=(*model.variables, *new))


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


class Stage:
    """Grounds and the candidates that every search begins with, made once for each model, horizon and sizes."""

    def __init__(self) -> None:
        self._grounds: dict[tuple[Model, int, int], Ground] = {}
        self._arenas: dict[tuple[Model, int, int, int], Arena] = {}

    def ground(self, model: Model, length: int, size: int) -> Ground:
        """A model unrolled; every dimension has the given size, or all differ if it is 0."""
        if (model, length, size) not in self._grounds:
            sizes = (lambda position: size) if size else default_size
            self._grounds[model, length, size] = make_ground(model, length, sizes)
        return self._grounds[model, length, size]

    def arena(self, model: Model, length: int, size: int, count: int) -> Arena:
        """The first candidates on a ground: with a count of 0 those that a person can redo."""
        key = (model, length, size, count)
        if key not in self._arenas:
            ground = self.ground(model, length, size)
            values = wide_starts(ground, count) if count else simple_starts(ground, recurrent_weights(model))
            self._arenas[key] = Arena(ground, values)
        return self._arenas[key]


def judge_bound(
    relation: Relation, model: Model, readings: Readings, stage: Stage, given: Hypotheses | None = None
) -> BoundResult:
    """Attack a bound; ``refuted`` with a witness, ``verified`` if it survives, ``unchecked`` if it has no value."""
    given = given or Hypotheses()
    tried, scope, reason = 0, "", ""
    words: list[str] = []
    try:
        for filled in fillings(given.on(model), relation, given.relations):
            fixed = filled.model.length
            steps = (fixed,) if fixed is not None else lengths(relation, filled.model)
            question = Question(filled.relation, readings, filled.hypotheses)
            matrix, zero = _inspect(question, filled.model, steps[0])
            if zero is not None:
                return BoundResult("unchecked", f"it says nothing: {unicode_line(zero)} is zero on every sample")
            found, count, doubt = _search(question, filled.model, steps, stage)
            tried += count
            if found is not None:
                return _refuted(question, filled.model, found, tried, stage)
            reason = reason or (MATRIX if matrix else doubt or (UNMET if count == 0 else ""))
            words += [filled.words] if filled.words else []
            scope = "T=" + ", ".join(map(str, steps))
    except NotRead as error:
        return BoundResult("unchecked", str(error))
    if reason:
        return BoundResult("unchecked", reason)
    told = f"with {', '.join(words)} in the place of each unknown function" if words else ""
    return BoundResult("verified", "no violation was found", told, samples=tried, scope=scope)


def _inspect(question: Question, model: Model, length: int) -> tuple[bool, Expr | None]:
    """Whether a side is a matrix, and a part that vanishes on every sample.

    Raises NotRead where the bound names nothing of the model.
    """
    ground = make_ground(model, length)
    world = NumericWorld(ground.graph, ground.shapes)
    evaluator = Evaluator(world, question.readings, observe=True)
    relation = question.relation
    if not nodes_named(relation, ground):
        raise NotRead("it says nothing of what the document defines", relation.span)
    matrix = False
    met = False
    for bindings in instances(relation, ground, question.readings):
        if ground.model.first - 1 in bindings.values() or runs_back(relation, ground, bindings):
            continue
        vanished = dict(evaluator.vanished)
        try:
            sides = evaluator.sides(relation, bindings)
        except MissingNode as missing:
            if missing.letter:
                raise
            evaluator.vanished = vanished
            continue
        met = True
        matrix = matrix or any(world.shape(side) != (1, 1) for side in sides)
    if not met:
        raise NotRead("no index value exists for which every step exists", relation.span)
    told = (part for part in walk(relation) if isinstance(part, Derivative))
    leaves_only = [part for part in told if any(key[0] == id(part) for key in evaluator.told)]
    zero = next((item.part for item in evaluator.vanished.values()), leaves_only[0] if leaves_only else None)
    return matrix, zero


def nodes_named(relation: Relation, ground: Ground) -> bool:
    """Whether a relation names any node of a graph."""
    known = {name for name, _ in ground.graph.nodes}
    return bool(known & names(relation))


def _plans(steps: tuple[int, ...]) -> Iterator[tuple[int, int, int, bool]]:
    """Steps, the size of every vector (0: all different), how many candidates (0: the simple ones), and if to climb."""
    first, *more = steps
    yield first, 2, 0, False
    yield first, 1, 0, False
    yield first, 3, 0, False
    yield first, 0, 270, True
    yield first, 6, 54, False
    yield first, 12, 54, False
    for step in more:
        yield step, 3, 0, False
        yield step, 0, 54, False
    yield first, 6, 0, False
    yield first, 12, 0, False


def _search(
    question: Question, model: Model, steps: tuple[int, ...], stage: Stage
) -> tuple[Violation | None, int, str]:
    """A violation, how many trials there were, and a reason to doubt that there is none."""
    tried, heavy = 0, False
    reached: dict[tuple[int, int], float] = {}
    by_entries = any(map(has_components, (question.relation, *(definition.body for definition in model.definitions))))
    for length, size, count, climb in _plans(steps):
        if (heavy and count == 54) or (size == 1 and by_entries):
            continue
        arena = stage.arena(model, length, size, 54 if heavy and count else count)
        attack = Attack(question, arena.ground)
        found = attack.search(arena, climb and not heavy)
        tried += attack.tried
        heavy = heavy or attack.steps > MANY_STEPS
        if found is not None:
            return found, tried, ""
        if count == 0:
            reached[length, size] = attack.best
    return None, tried, _doubt(reached, steps)


def _doubt(reached: dict[tuple[int, int], float], steps: tuple[int, ...]) -> str:
    """A bound to which larger sizes, or more steps, come closer each time may fail for one that was not tried."""
    longer = [_ratio(reached[steps[0], size]) for size in (3, 6, 12)]
    later = [_ratio(reached[step, 3]) for step in steps]
    for words, shares in (("longer the vectors", longer), ("more the steps", later)):
        if len(shares) == 3 and shares[0] > 0 and all(b > GROWTH * a for a, b in pairwise(shares)):
            return CLOSER.format(words)
    return ""


def _ratio(score: float) -> float:
    """The one side in parts of the other, from how far a bound is broken; 0 where this says nothing."""
    return (1 + score) / (1 - score) if -1 < score < 0 else 0.0


def _refuted(question: Question, model: Model, found: Violation, tried: int, stage: Stage) -> BoundResult:
    relation, world, ground = question.relation, found.world, found.ground
    evaluator = Evaluator(world, question.readings)
    sides = evaluator.sides(relation, found.bindings)
    free = tuple((k, v) for k, v in found.bindings.items() if k not in ground.graph.ends)
    leaves = leaves_above(nodes_above(relation, evaluator, found.bindings, ground), world, ground)
    witness = Counterexample(
        ground.length, free, leaves, _cells(ground, relation), numbers(sides[0]), numbers(sides[1])
    )
    message = f"the left side is {found.left:.4g} and the right side {found.right:.4g}"
    label = "a matrix: its spectral norm and its largest entry both break the bound" if found.matrix else ""
    suggestions = tuple(_suggest(question, model, max(ground.length, 3), stage))
    return BoundResult("refuted", message, label, tried, f"T={ground.length}", witness, suggestions)


def _cells(ground: Ground, relation: Relation) -> tuple[str, ...]:
    """The formulas of the quantities that a relation names."""
    wanted = names(relation)
    return tuple(
        f"{unicode_line(Symbol(d.name, d.index))} = {unicode_line(d.body)}"
        for d in ground.model.definitions
        if d.name in wanted and _is_activation(d.body)
    )


def _is_activation(body: Expr) -> bool:
    """Whether a formula is an activation, or a multiple of one."""
    match body:
        case Multiply((Number(), inner)):
            return _is_activation(inner)
        case Call(function):
            return function in GAMMA
        case _:
            return False


def _suggest(question: Question, model: Model, length: int, stage: Stage) -> Iterator[tuple[Relation, str, str]]:
    r"""``\lVert J \rVert_2 \le \gamma \sigma_{\max}(W)`` for a step Jacobian, attacked like any other bound."""
    left = question.relation.left
    jacobian = left.body if isinstance(left, Norm) else left
    if BOUNDS[question.relation.operator] < 0 or not isinstance(jacobian, Derivative):
        return
    for definition in model.definitions:
        body, of = definition.body, jacobian.of
        if not isinstance(of, Symbol) or definition.name != of.name or not isinstance(body, Call):
            continue
        weight, gamma = recurrent_weight(definition), GAMMA.get(body.function)
        if weight is None or gamma is None:
            continue
        name = Symbol(r"\gamma")
        right = multiply(name, Call(r"\sigma_{\max}", (weight,)))
        bound = Relation(Norm(jacobian, "2"), r"\le", right)
        added = () if r"\gamma" in model.arities else (Definition(r"\gamma", (), Number(gamma)),)
        known = replace(model, definitions=(*model.definitions, *added))
        found, tried, doubt = _search(replace(question, relation=bound), known, (length,), stage)
        if found is None and tried and not doubt:
            yield bound, "verified", f"γ = sup|f′|, which is {gamma} for {body.function.strip(chr(92))}"


def recurrent_weights(model: Model) -> frozenset[str]:
    """The parameters that multiply a state of the step before."""
    return frozenset(w.name for d in model.definitions if (w := recurrent_weight(d)) is not None)


def recurrent_weight(definition: Definition) -> Symbol | None:
    """The parameter that multiplies the state of the step before."""
    for part in walk(definition.body):
        if isinstance(part, Multiply) and len(part.factors) == 2:
            weight, state = part.factors
            if isinstance(weight, Symbol) and isinstance(state, Symbol) and state.name == definition.name:
                return weight
    return None
