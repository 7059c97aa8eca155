r"""All equations that are one slip of the pen away from an equation.

    \sum_{t=1}^{T} a_t   ->   \sum_{t=0}^{T} a_t,   \sum_{t=1}^{T-1} a_t,   \sum_{t=1}^{T} a_{t-1},   ...

Three rooms ask for them: the guard against vacuous truth (some neighbour of each factor must be false), the repairs
of a false equation (a neighbour that is true), and the tests (mutants of true equations). A kind of edit is a row of
``EDITS``. What an edit does not touch is shared with the original, node for node, so a memo by ``id`` stays warm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from bpttsym import expr as tree
from bpttsym.expr import Add, Derivative, Expr, Multiply, Negate, Number, Power, Product, Relation, Sum, Symbol
from bpttsym.places import Place, Vocabulary, places
from bpttsym.places import factors as factors
from bpttsym.positions import Path, at, replace_at, walk_paths
from bpttsym.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Edit:
    """One neighbour: ``path`` leads to the place in the original where ``relation`` departs from it."""

    kind: str
    path: Path
    relation: Relation
    words: str


class Change(NamedTuple):
    """A neighbour that is not written out: at ``place`` stands ``new``; ``path`` leads to where it departs."""

    kind: str
    path: Path
    place: Path
    new: Expr
    words: str

    def applied(self, relation: Relation) -> Relation:
        """The neighbour."""
        changed = replace_at(relation, self.place, self.new)
        assert isinstance(changed, Relation)
        return changed


def neighbours(
    relation: Relation,
    kinds: Collection[str] | None = None,
    within: Path = (),
    vocabulary: Vocabulary | None = None,
) -> Iterator[Edit]:
    """The one-edit neighbours, each tree once, from left to right; ``within`` keeps edits at or below a path.

    ``vocabulary`` is what a symbol may be mistaken for: without it, the other symbols of the relation itself.
    """
    for change in changes(relation, kinds, within, vocabulary):
        yield Edit(change.kind, change.path, change.applied(relation), change.words)


def changes(
    relation: Relation,
    kinds: Collection[str] | None = None,
    within: Path = (),
    vocabulary: Vocabulary | None = None,
) -> Iterator[Change]:
    """The same neighbours, of which only the part is made that is not the original's."""
    rows = [row for row in EDITS if kinds is None or row.kind in kinds]
    if kinds is not None and (unknown := set(kinds) - {row.kind for row in rows}):
        raise ValueError(f"no such edit: {', '.join(sorted(unknown))}; there are {', '.join(r.kind for r in EDITS)}")
    top = within[:-1]  # no edit changes anything that is not below it
    whole = at(relation, top)
    seen = _Seen(whole)
    for place in places(relation, within, vocabulary):
        below_top = place.path[len(top) :]
        for row in rows:
            for below, new, gaps in row.changes(place):
                path = place.path + below
                if path[: len(within)] != within:
                    continue
                inside = len(place.path) >= len(top)
                part = replace_at(whole, below_top, new) if inside else at(replace_at(relation, place.path, new), top)
                if seen.is_new(part):
                    yield Change(row.kind, path, place.path, new, row.words.format(*gaps))


FEW = 4
"""So many trees are compared one by one: hashing them would take longer, and often the first edit is the last."""


class _Seen:
    """The trees that were given out, the original among them."""

    def __init__(self, original: Expr) -> None:
        self.few = [original]
        self.many: set[Expr] = set()

    def is_new(self, part: Expr) -> bool:
        """Whether a tree was not given out before."""
        if len(self.few) < FEW:
            known = part in self.few
            self.few.append(part)
            return not known
        self.many.update(self.few if not self.many else ())
        known = part in self.many
        self.many.add(part)
        return not known


_Change = tuple[Path, Expr, tuple[object, ...]]
"""Where below the node the edit is made, the node after it, and what fills the gaps in the words."""


class EditRow(NamedTuple):
    """A kind of edit: its name, its words for a message (with gaps), and all its changes of one node."""

    kind: str
    words: str
    changes: Callable[[Place], Iterator[_Change]]


def _put(place: Place, position: int, new: Expr, *gaps: object) -> _Change:
    return (position,), replace_at(place.node, (position,), new), gaps


def _bound(place: Place) -> Iterator[_Change]:
    for i, which in ((1, "lower"), (2, "upper")) if isinstance(place.node, Sum | Product) else ():
        for step in (-1, 1) if len(place.parts) == 3 else ():
            yield _put(place, i, tree.shifted(place.parts[i], step), which)


def _index(place: Place) -> Iterator[_Change]:
    for i in () if isinstance(place.node, Sum | Product) else place.indices:
        owner = f" of `{place.node.name}`" if isinstance(place.node, Symbol) else ""
        for step in -1, 1:
            yield _put(place, i, tree.shifted(place.parts[i], step), owner)


def _bound_index(place: Place) -> Iterator[_Change]:
    for i in place.indices:
        scope = place.scope(i)
        for path, used in walk_paths(place.parts[i], (i,)):
            for name in dict.fromkeys((*scope, *place.free)):
                if isinstance(used, Symbol) and name != used.name and (name in scope or used.name in scope):
                    yield path, replace_at(place.node, path, replace(used, name=name)), (name, used.name)


def _terms(place: Place) -> dict[int, Expr]:
    """The terms of a sum; a side that is none is a term itself, unless it is zero or says nothing."""
    if isinstance(place.node, Add):
        return dict(enumerate(place.parts))
    sides = enumerate(place.parts if isinstance(place.node, Relation) else ())
    return {i: side for i, side in sides if not isinstance(side, Add | tree.Hole) and side != tree.integer(0)}


def _sign(place: Place) -> Iterator[_Change]:
    terms = _terms(place)
    for i in place.asked:
        part = place.parts[i]
        if i in terms or (isinstance(part, Negate) and i not in place.indices):
            yield _put(place, i, part.body if isinstance(part, Negate) else Negate(part, span=part.span))


def _coefficient(place: Place) -> Iterator[_Change]:
    yield from (_put(place, i, _twice(term)) for i, term in _terms(place).items())


def _twice(term: Expr) -> Expr:
    """The number goes behind a minus and before the factors, where a hand would write it."""
    body = term.body if isinstance(term, Negate) else term
    factors, operators = (body.factors, body.operators) if isinstance(body, Multiply) else ((body,), ())
    product = Multiply((tree.integer(2), *factors), ("", *operators), span=body.span)
    return replace(term, body=product) if isinstance(term, Negate) else product


def _repeated(kind: type[Add | Multiply], times: int, place: Place) -> Iterator[_Change]:
    """Each term or factor written some times; one that is left takes the place of the whole."""
    count = len(place.parts)
    for i in place.asked if isinstance(place.node, kind) else ():
        yield (i,), _arranged(place.node, [*range(i), *[i] * times, *range(i + 1, count)]), (i + 1,)


def _arranged(node: Expr, order: list[int]) -> Expr:
    """The terms or factors at some positions; a factor keeps the operator before it, and so does its double."""
    parts = tuple(tree.children(node)[i] for i in order)
    if len(parts) == 1 or not isinstance(node, Multiply):
        return tree.add(*parts)
    return Multiply(parts, tuple(node.operators[max(i - 1, 0)] for i in order[1:]), span=node.span)


def _meetings(place: Place) -> Iterator[tuple[int, Multiply]]:
    """Where two factors meet and neither is a number, with the product they are factors of."""
    if isinstance(node := place.node, Multiply):
        literal = [isinstance(factor, Number) for factor in node.factors]
        yield from ((i, node) for i, pair in enumerate(pairwise(literal)) if not any(pair))


def _order(place: Place) -> Iterator[_Change]:
    for i, node in _meetings(place):
        swapped = (*node.factors[:i], *node.factors[i : i + 2][::-1], *node.factors[i + 2 :])
        yield (), replace(node, factors=swapped), (i + 1, i + 2)


def _elementwise(place: Place) -> Iterator[_Change]:
    for i, node in _meetings(place):
        other: tree.ProductOperator = "" if node.operators[i] in (r"\odot", r"\circ") else r"\odot"
        operators = (*node.operators[:i], other, *node.operators[i + 1 :])
        if node.operators[i] != r"\otimes":
            yield (), replace(node, operators=operators), (i + 1, "elementwise" if other else "plain")


def _transpose(place: Place) -> Iterator[_Change]:
    match place.node:
        case tree.Transpose(body):
            yield (), body, ("left out",)
        case Symbol() | Derivative() | tree.Call(r"\mathrm{diag}") as node if place.factor:
            if not isinstance(place.above[-1], tree.Transpose):
                yield (), tree.Transpose(node, span=node.span), ("added",)


def _swapped_symbol(place: Place) -> Iterator[_Change]:
    if isinstance(node := place.node, Symbol):
        for name in sorted(set(place.vocabulary.get(len(node.index), ())) - {node.name}):
            yield (), replace(node, name=name), (name, node.name)


def _kind(place: Place) -> Iterator[_Change]:
    kinds: tuple[tree.DerivativeKind, ...] = ("immediate", "total", "partial")
    if isinstance(node := place.node, Derivative) and node.kind != "gradient":
        for kind in kinds[:1] if node.kind == "total" else kinds:
            yield (), replace(node, kind=kind), (kind, node.kind)


def _missing_diag(place: Place) -> Iterator[_Change]:
    match place.node:
        case tree.Call(r"\mathrm{diag}", (argument,)):
            yield (), argument, ()


def _power(place: Place) -> Iterator[_Change]:
    match place.node:
        case Power(base, Number(value)) as node if value >= 2 and value.denominator == 1:
            yield (), base if value == 2 else replace(node, exponent=Number(value - 1)), (value - 1, value)
            yield (), replace(node, exponent=Number(value + 1)), (value + 1, value)


def _square(place: Place) -> Iterator[_Change]:
    """``1 - h_t`` becomes ``1 - h_t^2``: the slip that loses a square, the other way round."""
    beside_one = isinstance(place.node, Add) and len(place.parts) == 2 and isinstance(place.parts[0], Number)
    for i, part in enumerate(place.parts if beside_one else ()):
        inner = part.body if isinstance(part, Negate) else part
        if i not in place.indices and isinstance(inner, Symbol | tree.Call):
            squared = Power(inner, tree.integer(2), span=inner.span)
            yield _put(place, i, Negate(squared, span=part.span) if isinstance(part, Negate) else squared)


def _direction(place: Place) -> Iterator[_Change]:
    if isinstance(node := place.node, Product) and node.direction != "written":
        turned: tree.Direction = "increasing" if node.direction == "decreasing" else "decreasing"
        yield (), replace(node, direction=turned), (turned,)


def _one(place: Place) -> Iterator[_Change]:
    for value in (0, 2) if place.node == tree.integer(1) else ():
        yield (), tree.integer(value, place.node.span), (value,)


EDITS: tuple[EditRow, ...] = (
    EditRow("bound", "the {} bound moved by one", _bound),
    EditRow("index", "an index{} moved by one", _index),
    EditRow("bound-index", "the index `{}` in place of `{}`", _bound_index),
    EditRow("sign", "the sign of a term flipped", _sign),
    EditRow("order", "the factors {} and {} swapped", _order),
    EditRow("transpose", "a transpose {}", _transpose),
    EditRow("kind", "the {} derivative in place of the {} one", _kind),
    EditRow("swapped-symbol", "`{}` in place of `{}`", _swapped_symbol),
    EditRow("missing-diag", "the diag left out", _missing_diag),
    EditRow("power", "the power {} in place of {}", _power),
    EditRow("square", "a term squared", _square),
    EditRow("one", "{} in place of 1", _one),
    EditRow("direction", "the factors of the product in {} order", _direction),
    EditRow("elementwise", "the product after factor {} made {}", _elementwise),
    EditRow("dropped-term", "the term {} left out", partial(_repeated, Add, 0)),
    EditRow("doubled-term", "the term {} written twice", partial(_repeated, Add, 2)),
    EditRow("dropped-factor", "the factor {} left out", partial(_repeated, Multiply, 0)),
    EditRow("doubled-factor", "the factor {} written twice", partial(_repeated, Multiply, 2)),
    EditRow("coefficient", "a factor 2 before a term", _coefficient),
)
"""Every kind of edit. At one place they come in this order."""
