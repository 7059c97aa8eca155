r"""Bounds that follow from the norm of a product being at most the product of the norms: a proof for all T and sizes.

    \lVert \partial h_T/\partial h_t \rVert \le (\gamma \sigma_{\max}(W))^{T-t}

If ``proves`` answers True, the bound holds for all values of all leaves under the hypotheses, for spectral norms of
matrices and Euclidean ones of vectors. It knows: norms of sums and products, slopes of activations with their suprema,
one state that reaches back one step and is the only way between the steps, and hypotheses that compare products. It
does not see what needs an estimate of a state, a sum over paths, or another norm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from bpttsym.errors import NotRead
from bpttsym.estimates import Estimates
from bpttsym.expr import Derivative, Expr, Relation, walk
from bpttsym.model import Model
from bpttsym.monomials import (
    ZERO,
    Monomial,
    Unproved,
    at_most_one,
    atom,
    constant,
    is_constant,
    number,
    plus,
    product_of,
    value_of,
)
from bpttsym.records import dataclass
from bpttsym.stand_ins import GAMMA

METHOD = "submultiplicativity"
MAXIMUM_RULES = 8


@dataclass(frozen=True)
class Rule:
    """A hypothesis: what ``ratio`` is the product of is at most one, or less than one if it is ``strict``."""

    ratio: Monomial
    strict: bool = False


def proves(relation: Relation, model: Model, hypotheses: Sequence[Relation] = ()) -> bool:
    """Whether a bound follows; False where that is not seen."""
    try:
        return _Prover(model, hypotheses).proves(relation)
    except (Unproved, NotRead):
        return False


class _Prover:
    def __init__(self, model: Model, hypotheses: Sequence[Relation]) -> None:
        self.estimates = Estimates(model)
        self.rules: list[Rule] = []
        compared: list[tuple[Monomial, Monomial, bool]] = []
        for hypothesis in hypotheses:
            with suppress(Unproved):
                compared.append(self._compared(hypothesis))
        self.positive = positive_numbers([(small, large) for small, large, _ in compared])
        for small, large, strict in compared:
            if unknown_numbers(small, large) <= self.positive:
                self.estimates.bound_step(small, large)
                self.rules.append(Rule(self._at_every_step(_over(small, large)), strict))

    def proves(self, relation: Relation) -> bool:
        small, operator, large = _ordered(relation)
        wanted = self.estimates.terms(large)
        self.estimates.anchors = [
            part for part in walk(large) if isinstance(part, Derivative) and part.kind != "immediate"
        ]
        for terms in self.estimates.above(small):
            if len(terms) == len(wanted) and self._fit(terms, wanted, operator == "<"):
                return True
        return False

    def _fit(self, terms: Sequence[Monomial], wanted: Sequence[Monomial], strict: bool) -> bool:
        """Whether each term is at most one of its own among those that are wanted."""
        if not terms:
            return not wanted
        first, *rest = terms
        for position, other in enumerate(wanted):
            left = [*wanted[:position], *wanted[position + 1 :]]
            if self._less(first, other, strict) and self._fit(rest, left, strict):
                return True
        return False

    def _less(self, small: Monomial, large: Monomial, strict: bool) -> bool:
        if not unknown_numbers(small, large) <= self.positive:
            return False
        ratio = _over(small, large)
        limited = all(kind == "number" for (kind, _), _ in large.powers)
        return self._closed(ratio, False, MAXIMUM_RULES, strict and limited, strict)

    def _closed(self, ratio: Monomial, seen: bool, depth: int, may: bool, strict: bool) -> bool:
        """Whether rules reduce a ratio to numbers that are at most one."""
        open_ = [(a, e) for a, e in ratio.powers if a[0] != "number"]
        if not open_ and at_most_one(ratio, self.estimates.not_negative):
            return seen or not strict
        if not depth:
            return False
        rules = [*self.rules, *self._known_rules(ratio)]
        for rule in rules:
            for (kind, of), exponent in open_ or ratio.powers:
                own = rule.ratio.exponent((kind, of))
                if not is_constant(own) or not own:
                    continue
                times = plus(ZERO, exponent, 1 / value_of(own))
                if not times or not self.estimates.not_negative(times):
                    continue
                left = ratio.times(rule.ratio, plus(ZERO, times, -1))
                now = seen or (may and rule.strict and is_constant(times) and value_of(times) >= 1)
                if left is not None and self._closed(left, now, depth - 1, may, strict):
                    return True
        return False

    def _known_rules(self, ratio: Monomial) -> Iterator[Rule]:
        """Slopes are at most their suprema, and the spectral norm is at most that of Frobenius."""
        for (kind, of), _ in ratio.powers:
            if kind == "slope" and isinstance(of, tuple):
                yield Rule(_over(atom("slope", of), atom("slope anywhere", of[0])))
            if kind == "slope anywhere":
                yield Rule(_over(atom(kind, of), atom("largest slope", of)))
            if kind == "largest slope" and of in GAMMA:
                yield Rule(_over(atom(kind, of), number(GAMMA[str(of)])))
            if kind == "norm of Frobenius":
                yield Rule(_over(atom("norm", of), atom(kind, of)))

    def _compared(self, hypothesis: Relation) -> tuple[Monomial, Monomial, bool]:
        small, operator, large = _ordered(hypothesis)
        below, over = self.estimates.terms(small), self.estimates.terms(large)
        if len(below) != 1 or len(over) != 1:
            raise Unproved
        return below[0], over[0], operator == "<"

    def _at_every_step(self, ratio: Monomial) -> Monomial:
        """A hypothesis on the slopes of a node at a step that it does not name is one on those of all its steps."""
        found = []
        for (kind, of), exponent in ratio.powers:
            if kind == "slope" and isinstance(of, tuple) and _is_any_step(of[1], self.estimates.model.horizon):
                kind, of = ("slope anywhere", of[0]) if self.estimates.spread.is_used_once(of[0]) else (kind, of)
            found.append(Monomial((((kind, of), exponent),)))
        return product_of(found)


def unknown_numbers(*monomials: Monomial) -> set[object]:
    """The numbers of which only hypotheses say something."""
    return {of for monomial in monomials for (kind, of), _ in monomial.powers if kind == "unknown number"}


def positive_numbers(compared: Sequence[tuple[Monomial, Monomial]]) -> set[object]:
    """The unknown numbers that are not negative, because something is that they are no smaller than."""
    found: set[object] = set()
    while True:
        more = {
            name
            for small, large in compared
            for name in unknown_numbers(large) - found
            if unknown_numbers(small, large) - {name} <= found and name not in unknown_numbers(small)
            if large.exponent(("unknown number", name)) == constant(1)
        }
        if not more:
            return found
        found |= more


def _ordered(relation: Relation) -> tuple[Expr, str, Expr]:
    """The smaller side, ``<`` or ``\\le``, and the larger one."""
    match relation.operator:
        case "<" | r"\le":
            return relation.left, relation.operator, relation.right
        case ">" | r"\ge":
            return relation.right, "<" if relation.operator == ">" else r"\le", relation.left
        case _:
            raise Unproved


def _is_any_step(key: object, horizon: str) -> bool:
    """Whether a node is named with one letter for its step, and no number."""
    match key:
        case (str(), (((str(letter), step),),)):
            return bool(letter) and letter != horizon and step == 1
        case _:
            return False


def _over(above: Monomial, below: Monomial) -> Monomial:
    found = above.times(below, constant(-1))
    assert found is not None
    return found
