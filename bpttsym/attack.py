"""Leaves for which a bound fails, sought over sizes, scales and structures of weights, and by a climb from the best.

A violation in floats counts only if it is one in many digits too: rounding breaks true bounds that are reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Derivative, Relation, Symbol, walk
from bpttsym.ground import Ground, instances, runs_back
from bpttsym.leaves import Array
from bpttsym.model import Key
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.records import dataclass
from bpttsym.shapes import Shape
from bpttsym.starts import Values, chosen, mutated, rescaled
from bpttsym.world import CannotSay, MissingNode

if TYPE_CHECKING:
    from bpttsym.precise import PreciseWorld

BOUNDS = {r"\le": 1, "<": 1, r"\ge": -1, ">": -1}
SLACK = 1e-9
CLEAR, PLAIN_SIZE = 1e-3, 3
"""A violation that is so large for so few moderate values owes nothing to rounding."""

ROUNDS, PARENTS, CHILDREN = 10, 6, 8
DOUBTS = 5
"""How many violations in floats are looked at in many digits before the search gives up on a batch."""

MODERATE, STRICT_DIGITS = 2.0, 300
"""Leaves up to here do not saturate an activation beyond what so many digits tell apart."""


@dataclass(frozen=True)
class Question:
    """A bound under a reading, with the hypotheses that the leaves must satisfy."""

    relation: Relation
    readings: Readings
    hypotheses: tuple[Relation, ...] = ()

    @property
    def strict(self) -> bool:
        return self.relation.operator in "<>"


@dataclass(frozen=True)
class Violation:
    """Values for which a bound fails, as a world of one sample, with the two numbers and the indices."""

    world: NumericWorld
    ground: Ground
    bindings: Mapping[str, int]
    left: float
    right: float
    matrix: bool


class Arena(NumericWorld):
    """All candidates at once, as the samples of a world."""

    def __init__(self, ground: Ground, values: Values) -> None:
        count = len(next(iter(values.values()), np.zeros(1)))
        self.given = {key: self._proper(ground, key, array) for key, array in values.items()}
        self.ground = ground
        super().__init__(ground.graph, ground.shapes, count, 0, self._given)

    @staticmethod
    def _proper(ground: Ground, key: Key, array: Array) -> Array:
        """The leaves of a distribution made positive, with the sum one, those of a class one and zero."""
        if key[0] in ground.graph.model.one_hot:
            flat = array.reshape(len(array), -1)
            return np.asarray(np.eye(flat.shape[1])[flat.argmax(axis=1)].reshape(array.shape))
        if key[0] not in ground.graph.model.distributions:
            return array
        positive = np.abs(array) + 1e-9
        return np.asarray(positive / positive.sum(axis=(-2, -1), keepdims=True))

    def _given(self, name: str, index: tuple[int, ...], shape: Shape) -> Array:
        return self.given[name, index]

    def spectral(self, function: str, value: Array) -> Array:
        finite = np.isfinite(value).all(axis=(-2, -1), keepdims=True)
        found = super().spectral(function, np.where(finite, value, 0.0) if not np.iscomplexobj(value) else value)
        return np.where(finite, found, np.nan)


@dataclass(frozen=True)
class Scores:
    """How far each candidate breaks the bound, from -1 to 1, and at which of the ``bindings``; -inf: it does not count.

    ``gap`` is the difference of the sides beside the larger of them and one.
    """

    best: Array
    where: Array
    gap: Array
    touching: Array
    bindings: tuple[dict[str, int], ...]


class Attack:
    """A search on one ground: how many candidates were tried, and the best score of all."""

    def __init__(self, question: Question, ground: Ground) -> None:
        self.question = question
        self.ground = ground
        self.tried = 0
        self.best = -np.inf
        self.steps = 0

    @cached_property
    def farthest(self) -> int:
        """The power of ten by which leaves are scaled; with a weight of 1e30 a complex step of 1e-30 is not small."""
        return 6 if any(isinstance(part, Derivative) for part in walk(self.question.relation)) else 30

    @cached_property
    def bindings(self) -> tuple[dict[str, int], ...]:
        """The values of the free indices; the state before the first step is out of range."""
        before = self.ground.model.first - 1
        relation = self.question.relation
        found = instances(relation, self.ground, self.question.readings)
        return tuple(b for b in found if before not in b.values() and not runs_back(relation, self.ground, b))

    def search(self, arena: Arena, climb: bool = False) -> Violation | None:
        """The first candidate that breaks the bound, or one that is found by climbing from the best."""
        arena = self._tight(arena)
        scores = self.scores(arena)
        found = self._confirmed(arena, scores)
        if found is not None or not climb or not np.isfinite(scores.best).any():
            return found
        random = np.random.default_rng(len(scores.best))
        values, best, step = arena.given, scores.best, 0.7
        for turn in range(ROUNDS):
            order = np.argsort(-best)[:PARENTS]
            parents, kept = chosen(values, order), best[order]
            children = mutated(chosen(parents, np.repeat(np.arange(len(order)), CHILDREN)), random, step)
            for brood in (children, rescaled(parents, self.farthest)) if turn in (0, ROUNDS - 1) else (children,):
                arena = self._tight(Arena(self.ground, brood))
                scores = self.scores(arena)
                found = self._confirmed(arena, scores)
                if found is not None:
                    return found
                values = {key: np.concatenate([parents[key], arena.given[key]]) for key in parents}
                best = np.concatenate([kept, scores.best])
                parents, kept = values, best
            step *= 0.8 if best.max() <= kept[: len(order)].max() else 1.1
        return None

    def _tight(self, arena: Arena) -> Arena:
        """The candidates with each number that bounds the Jacobian of a step as small as it can be, or twice that."""
        values: dict[Key, Array] = {}
        for hypothesis in self.question.hypotheses:
            small, large = hypothesis.left, hypothesis.right
            if BOUNDS[hypothesis.operator] < 0:
                small, large = large, small
            key = (large.name, ()) if isinstance(large, Symbol) else None
            if key is None or key not in arena.given or not any(isinstance(part, Derivative) for part in walk(small)):
                continue
            evaluator, least = Evaluator(arena, Readings(self.question.readings.fixed)), np.zeros(arena.samples)
            for bindings in instances(hypothesis, self.ground, self.question.readings):
                try:
                    least = np.maximum(least, evaluator.value(small, bindings)[..., 0, 0].real)
                except MissingNode:
                    continue
            least = _rounded_up(np.where(np.isfinite(least), least, 0.0))
            values[key] = np.where(np.arange(arena.samples) % 4 < 3, least, 2 * least)[:, None, None]
        return Arena(self.ground, {**arena.given, **values}) if values else arena

    def scores(self, arena: Arena) -> Scores:
        """The score of every candidate over all values of the free indices."""
        count = arena.samples
        best, where = np.full(count, -np.inf), np.zeros(count, dtype=int)
        gaps, touching = np.full(count, -np.inf), np.zeros(count, dtype=bool)
        allowed = self._allowed(arena)
        evaluator = Evaluator(arena, self.question.readings)
        relation, sign = self.question.relation, BOUNDS[self.question.relation.operator]
        for position, bindings in enumerate(self.bindings):
            try:
                sides = evaluator.sides(relation, bindings)
            except MissingNode as missing:
                if missing.letter:
                    raise
                continue
            with np.errstate(all="ignore"):
                pairs = [(np.broadcast_to(a, count), np.broadcast_to(b, count)) for a, b in self._numbers(arena, sides)]
                gap = np.min([sign * (a - b) / np.maximum(np.maximum(abs(a), abs(b)), 1.0) for a, b in pairs], axis=0)
                score = np.min([_score(sign * (a - b), abs(a) + abs(b)) for a, b in pairs], axis=0)
            score = np.where(np.isfinite(score) & allowed, score, -np.inf)
            touching |= np.abs(score) < SLACK
            better = score > best
            best, gaps = np.where(better, score, best), np.where(better, gap, gaps)
            where = np.where(better, position, where)
            self.tried += int(np.isfinite(score).sum())
        self.best = max(self.best, float(best.max(initial=-np.inf)))
        self.steps = max(self.steps, evaluator.steps)
        return Scores(best, where, gaps, touching, self.bindings)

    def _numbers(self, arena: NumericWorld, sides: tuple[Array, Array]) -> Iterator[tuple[Array, Array]]:
        """The numbers that are compared; for a matrix its spectral norm, and its largest entry as well."""
        left, right = sides
        if arena.shape(left) == arena.shape(right) == (1, 1):
            yield left[..., 0, 0].real, right[..., 0, 0].real
            return
        yield arena.norm(left, "2")[..., 0, 0], arena.norm(right, "2")[..., 0, 0]
        yield left.max(axis=(-2, -1)), right.max(axis=(-2, -1))

    def _allowed(self, arena: Arena) -> Array:
        """The candidates that satisfy the hypotheses at every step where these have a value."""
        allowed = np.ones(arena.samples, dtype=bool)
        for hypothesis in self.question.hypotheses:
            readings = Readings(self.question.readings.fixed)
            evaluator = Evaluator(arena, readings)
            sign, strict = BOUNDS[hypothesis.operator], hypothesis.operator in "<>"
            for bindings in instances(hypothesis, self.ground, readings):
                try:
                    left, right = evaluator.sides(hypothesis, bindings)
                except MissingNode:
                    continue
                if arena.shape(left) != (1, 1) or arena.shape(right) != (1, 1):
                    raise NotRead("a hypothesis between matrices is not read", hypothesis.span)
                with np.errstate(all="ignore"):
                    over = sign * (left - right)[..., 0, 0]
                    allowed &= over < 0 if strict else over <= 0
        return allowed

    def _confirmed(self, arena: Arena, scores: Scores) -> Violation | None:
        """A candidate that breaks the bound in many digits, the first of the clear ones before the doubtful."""
        clear = np.flatnonzero((scores.gap > SLACK) & (scores.best > SLACK))
        doubtful = np.flatnonzero((scores.gap <= SLACK) & (scores.best > SLACK))
        doubtful = doubtful[np.argsort(-scores.gap[doubtful])]
        touching = np.flatnonzero(scores.touching & np.isfinite(scores.best) & self.question.strict)
        for candidate in (*clear[:DOUBTS], *doubtful[:DOUBTS], *touching[:DOUBTS]):
            found = self._violation(arena, int(candidate), scores)
            if found is not None:
                return found
        return None

    def _violation(self, arena: Arena, candidate: int, scores: Scores) -> Violation | None:
        values = {key: array[candidate : candidate + 1] for key, array in arena.given.items()}
        bindings = scores.bindings[int(scores.where[candidate])]
        moderate = all(np.abs(array).max(initial=0.0) <= MODERATE for array in values.values())
        plain = moderate and max(map(max, self.ground.shapes.values())) <= PLAIN_SIZE
        if not (plain and scores.gap[candidate] > CLEAR) and not breaks(
            self.question, self.ground, values, bindings, moderate
        ):
            return None
        world = Arena(self.ground, values)
        evaluator = Evaluator(world, self.question.readings)
        relation = self.question.relation
        sides = evaluator.sides(relation, bindings)
        (left, right), *more = self._numbers(world, sides)
        return Violation(world, self.ground, bindings, float(left.max()), float(right.max()), bool(more))


def _rounded_up(sizes: Array) -> Array:
    """Numbers of four digits that are no smaller."""
    unit = 10.0 ** (np.floor(np.log10(np.where(sizes > 0, sizes, 1.0))) - 3)
    return np.asarray(np.ceil(sizes / unit - 1e-9) * unit)


def _score(over: Array, size: Array) -> Array:
    return np.where(size > 0, over / np.where(size > 0, size, 1.0), 0.0)


def breaks(question: Question, ground: Ground, values: Values, bindings: Mapping[str, int], moderate: bool) -> bool:
    """Whether some values break a bound in many digits under every reading of a matrix; equal sides break a strict one.

    Sides that are equal in many digits say nothing of a strict bound where an activation may be saturated.
    """
    from bpttsym.precise import DIGITS, PreciseWorld

    digits = STRICT_DIGITS if question.strict and moderate else DIGITS
    world = PreciseWorld(ground.graph, ground.shapes, lambda key: values[key][0].tolist(), digits)
    evaluator = Evaluator(world, question.readings)
    sign = BOUNDS[question.relation.operator]
    try:
        left = evaluator.value(question.relation.left, bindings)
        right = evaluator.value(question.relation.right, bindings)
        pairs = _precise_numbers(world, left, right)
        held = all(_holds(world, hypothesis, ground, question.readings) for hypothesis in question.hypotheses)
    except (CannotSay, LimitExceeded):
        return False
    over = [_share(sign * (world.context.re(a) - world.context.re(b)), abs(a) + abs(b)) for a, b in pairs]
    least = world.context.mpf(10) ** (digits // -2)
    broken = all(share > least or (question.strict and moderate and abs(share) < least) for share in over)
    return broken and held and not world.lost


def _share(over: Any, size: Any) -> Any:
    return over / size if size else 0


def _precise_numbers(world: PreciseWorld, left: Any, right: Any) -> list[tuple[Any, Any]]:
    if world.shape(left) == world.shape(right) == (1, 1):
        return [(left[0][0], right[0][0])]
    norms = [world.norm(side, "2")[0][0] for side in (left, right)]
    largest = [max(world.context.re(entry) for row in side for entry in row) for side in (left, right)]
    return [(norms[0], norms[1]), (largest[0], largest[1])]


def _holds(world: PreciseWorld, hypothesis: Relation, ground: Ground, readings: Readings) -> bool:
    """Whether a hypothesis holds in many digits at every step where it has a value."""
    own = Readings(readings.fixed)
    evaluator = Evaluator(world, own)
    sign = BOUNDS[hypothesis.operator]
    for bindings in instances(hypothesis, ground, own):
        try:
            left, right = evaluator.value(hypothesis.left, bindings), evaluator.value(hypothesis.right, bindings)
        except MissingNode:
            continue
        over = sign * (world.context.re(left[0][0]) - world.context.re(right[0][0]))
        if over > 0 or (over == 0 and hypothesis.operator in "<>"):
            return False
    return True
