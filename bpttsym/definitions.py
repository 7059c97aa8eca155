"""Definitions to a model: what a document says that each quantity is, with the letters of its indices.

The document is the model: each definition says how a quantity is computed at every step, and what no
definition computes is a leaf (inputs, targets, parameters, the state before the first step). No LaTeX is known here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from bpttsym.axes import Axes, Place, find_axes, letters_of
from bpttsym.declarations import Declared
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Call,
    Cases,
    Component,
    Derivative,
    Divide,
    Entries,
    Expr,
    Indicator,
    Multiply,
    Number,
    Ones,
    Paths,
    Product,
    Span,
    Sum,
    Symbol,
    Transpose,
    Whole,
    children,
    walk,
)
from bpttsym.losses import losses
from bpttsym.memo import of_node, of_nodes
from bpttsym.records import dataclass, field, replace
from bpttsym.regular import pattern
from bpttsym.rewriting import substitute, transform
from bpttsym.shape_words import DIFFERENTIAL
from bpttsym.slopes import derived
from bpttsym.weight_shapes import IDENTITIES
from bpttsym.whole_numbers import Bindings as Bindings
from bpttsym.whole_numbers import index_value as index_value

MAXIMUM_RANGE = 5_000
MAXIMUM_FUNCTION_DEPTH = 8

CAPITAL = pattern(r"(?:\\[a-z]+\s*\{)?[A-Z]")
"""A name that begins with the letter of a matrix, in any font."""

ELEMENTWISE_SIGNS = (r"\odot", r"\circ", r"\otimes")

Key = tuple[str, tuple[int, ...]]
"""A node of the unrolled graph: name and step indices; ``("h", (3,))`` is h_3, ``("\\\\psi", ())`` is psi."""


@dataclass(frozen=True, slots=True)
class Definition:
    """``name_{index} = body``; an index is a letter that runs over its axis, or a literal step.

    ``skip`` is the number of first steps for which it says nothing (``x_{t+1} = \\hat{y}_t``); ``shift`` is that number
    where the steps begin at 0: then ``h_{t+1} = f(h_t)`` says nothing of ``h_0``.
    """

    name: str
    index: tuple[Expr, ...]
    body: Expr
    span: Span | None = field(default=None, compare=False)
    skip: int = 0
    shift: int = 0

    @property
    def general(self) -> bool:
        """Whether it holds for every step (or has no index at all), not for a literal step only."""
        return all(isinstance(part, Symbol) for part in self.index)

    def single(self, ends: Container[str]) -> bool:
        """Whether it is about one step, by a number or by the name of the last one."""
        return not self.general or any(isinstance(part, Symbol) and part.name in ends for part in self.index)

    def match(self, index: tuple[int, ...], ends: Bindings) -> dict[str, int] | None:
        """The values of the index letters for which this definition defines the node; None if it does not.

        ``ends`` are the names of last indices with their values.
        """
        if len(index) != len(self.index):
            return None
        bindings: dict[str, int] = {}
        for part, value in zip(self.index, index, strict=True):
            match part:
                case Number(number) if number == value:
                    continue
                case Symbol(name, ()) if name in ends:
                    if value != ends[name]:
                        return None
                case Symbol(name, ()):
                    if bindings.setdefault(name, value) != value:
                        return None
                case _:
                    return None
        return bindings


@dataclass(frozen=True)
class Model:
    """What a scope of a document defines.

    ``definitions`` make the forward graph; ``abbreviations`` stand for expressions with derivatives and are
    never part of it; ``functions`` are functions given by a formula; ``sets`` name groups of parameters;
    ``length`` is the horizon if the document fixes it; ``distributions`` are targets whose entries sum to one,
    ``one_hot`` those that name one entry;
    ``variables`` are numbers over which a claim is universally quantified; ``elementwise`` are unknown
    functions that act on each entry, because the document writes a derivative ``f'`` of them; ``unread`` are
    names of which the document says something that was not understood, so that nothing may be assumed of them;
    ``counts`` are numbers given to names of last indices other than the horizon; ``written`` are the
    arguments that stand behind quantities (``L_t(o_t, y_t)``); ``declared`` are the sizes that it gives to names;
    ``moved`` are those whose leaves a differential moves.
    """

    definitions: tuple[Definition, ...] = ()
    abbreviations: tuple[Definition, ...] = ()
    functions: tuple[tuple[str, tuple[str, ...], Expr], ...] = ()
    sets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    horizon: str = "T"
    length: int | None = None
    first: int = 1
    initial_zero: bool = False
    scalar: bool = False
    distributions: tuple[str, ...] = ()
    one_hot: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    elementwise: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()
    counts: tuple[tuple[str, int], ...] = ()
    written: tuple[tuple[Symbol, tuple[Expr, ...]], ...] = ()
    declared: tuple[Declared, ...] = ()
    moved: tuple[str, ...] = ()
    label: str = ""

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What others have found out about the model, by what they call it; it is gone when the model is."""
        return {}

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters of the indices of what is defined."""
        return frozenset(part.name for one in self.definitions for part in one.index if isinstance(part, Symbol))

    @cached_property
    def _hash(self) -> int:
        heads = tuple((one.name, len(one.index)) for one in (*self.definitions, *self.abbreviations))
        return hash((heads, self.horizon, self.length, self.variables, self.distributions, self.moved, self.label))

    @cached_property
    def abbreviated(self) -> dict[str, tuple[Definition, ...]]:
        """The abbreviations by their names."""
        found: dict[str, tuple[Definition, ...]] = {}
        for one in self.abbreviations:
            found[one.name] = (*found.get(one.name, ()), one)
        return found

    @cached_property
    def axes(self) -> Axes:
        """What every index counts, and up to where."""
        return find_axes((*self.definitions, *self.abbreviations), self.horizon, self.counts)

    @cached_property
    def losses(self) -> frozenset[str]:
        """The names of losses: numbers even where a product or a square of vectors is written for them."""
        return losses(self.definitions)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Leaves of any shape, as those without an index: with one that counts no steps (``W^{(l)}``), or copies."""
        defined = {definition.name for definition in (*self.definitions, *self.abbreviations)}
        places: dict[str, bool] = {}
        for definition in self.definitions:
            for part in walk(definition.body):
                if isinstance(part, Symbol) and part.index and part.name not in defined:
                    runs = any(self.axes.runs(Place(part.name, len(part.index), i)) for i in range(len(part.index)))
                    places[part.name] = places.get(part.name, False) or runs
        copies = {name for definition in self.definitions for name in _copies(definition.body, defined)}
        own = (definition.name for definition in self.definitions if definition.body == Symbol(definition.name))
        return frozenset(name for name, runs in places.items() if not runs or name in copies).union(own)

    @cached_property
    def entry_counts(self) -> dict[str, tuple[str, int]]:
        r"""Names of numbers of entries (``\frac1n \sum_{i=1}^n a_{t,i}``): of which name, and at which of its axes."""
        bodies = [definition.body for definition in self.definitions]
        found = {name: where for body in bodies for name, where in _counted(body)}
        return {name: where for name, where in found.items() if all(_only_divides(name, body) for body in bodies)}

    @cached_property
    def arities(self) -> dict[str, frozenset[int]]:
        """The numbers of step indices with which every name of the model is used."""
        ends = frozenset((self.horizon, *self.axes.ends))
        found = {name: {*counts} for name, counts in _used((*self.definitions, *self.abbreviations), ends).items()}
        for name, members in self.sets:
            for one in (name, *members):
                found.setdefault(one, set()).add(0)
        for name in (*self.variables, *self.entry_counts):
            found.setdefault(name, set()).add(0)
        return {name: frozenset(counts) for name, counts in found.items()}

    @cached_property
    def stand_ins(self) -> frozenset[str]:
        """The names that may stand for something else than a node of the graph."""
        return frozenset((*self.abbreviated, *self.entry_counts))

    @cached_property
    def set_members(self) -> dict[str, tuple[str, ...]]:
        """The members of each named set of parameters."""
        return dict(self.sets)


@of_nodes
def _used(definitions: Sequence[Definition], ends: frozenset[str]) -> Mapping[str, set[int]]:
    """The numbers of indices with which definitions use every name that is no last index."""
    found: dict[str, set[int]] = {}
    for definition in definitions:
        found.setdefault(definition.name, set()).add(len(definition.index))
        letters = index_letters(definition.body) | ends | IDENTITIES
        for part in walk(definition.body):
            if isinstance(part, Symbol) and (part.index or part.name not in letters):
                found.setdefault(part.name, set()).add(len(part.index))
    return found


def inlined(expr: Expr, model: Model) -> Expr:
    """An expression with every function that has a formula replaced by it, arguments put in.

    Raises NotRead for a function whose formula applies the function itself.
    """
    table = {name: (formals, body) for name, formals, body in model.functions}
    if not table:
        return expr
    for _ in range(MAXIMUM_FUNCTION_DEPTH):
        expanded = transform(expr, lambda node: _applied(node, table))
        if expanded == expr:
            return expr
        expr = expanded
    raise NotRead("the formula of a function applies the function itself", expr.span)


def _applied(node: Expr, table: Mapping[str, tuple[tuple[str, ...], Expr]]) -> Expr:
    if not isinstance(node, Call) or node.function not in table:
        return node
    formals, body = table[node.function]
    if node.primes:
        named = isinstance(body, Call) and body.arguments == tuple(map(Symbol, formals)) and not body.parameters
        if named:
            return replace(body, arguments=node.arguments, primes=node.primes)  # type: ignore[call-arg]
        slope = derived(body, formals[0], node.primes) if len(formals) == len(node.arguments) == 1 else None
        return node if slope is None else substitute(slope, {formals[0]: node.arguments[0]})
    arguments = (*node.arguments, *node.parameters)
    if len(arguments) != len(formals):
        return node
    return substitute(body, dict(zip(formals, arguments, strict=True)))


@of_node
def index_letters(expr: Expr) -> frozenset[str]:
    """The names that stand inside an index or are bound by a sum or a product."""
    own: frozenset[str] = frozenset()
    match expr:
        case Symbol(index=index) | Call(index=index) | Component(_, index) | Cases(_, index):
            own = own.union(*map(letters_of, index))
        case Indicator(condition):
            own = letters_of(condition)
        case Entries(_, letter):
            own = frozenset((letter,))
        case Sum(_, letter, lower, upper) | Product(_, letter, lower, upper):
            own = frozenset((letter,)).union(*(letters_of(bound) for bound in (lower, upper) if bound is not None))
        case Whole():
            own = letters_of(expr)
        case _:
            pass
    return own.union(*map(index_letters, children(expr)))


@of_node
def free_letters(expr: Expr) -> frozenset[str]:
    """The letters of steps in an expression that nothing inside it binds."""
    match expr:
        case Symbol(_, index):
            return frozenset().union(*map(letters_of, index))
        case Component(of, index):
            targets = (free_letters(part) for part in index if isinstance(part, Symbol) and part.index)
            return free_letters(of).union(*targets)
        case Indicator(condition, components=components):
            return frozenset() if components else frozenset(letters_of(condition))
        case Whole():
            return letters_of(expr)
        case Cases(values, conditions, components=components):
            compared = () if components else conditions
            return frozenset().union(*map(free_letters, values), *map(letters_of, compared))
        case Sum(body, _, components=True):
            return free_letters(body)
        case Sum(body, letter, lower, upper) | Product(body, letter, lower, upper):
            limits = (letters_of(limit) for limit in (lower, upper) if limit is not None)
            return (free_letters(body) - {letter}).union(*limits)
        case Call(index=index):
            return frozenset().union(*map(letters_of, index), *map(free_letters, children(expr)))
        case _:
            return frozenset().union(*map(free_letters, children(expr)))


def has_derivative(expr: Expr) -> bool:
    """Whether a derivative stands anywhere inside, or a sum over paths, which is one."""
    return any(isinstance(part, Derivative | Paths) or is_differential(part) for part in walk(expr))


def is_differential(part: Expr) -> bool:
    r"""``\mathrm{d} h_t`` outside of a fraction."""
    return isinstance(part, Call) and part.function == DIFFERENTIAL


def moved_by(relation: Expr) -> tuple[str, ...]:
    """The names of which a differential stands in a relation: of their leaves, each moves; all others are still."""
    parts = (part.arguments[0] for part in walk(relation) if isinstance(part, Call) and part.function == DIFFERENTIAL)
    return tuple(sorted({part.name for part in parts if isinstance(part, Symbol)}))


def differential_of(name: str) -> str:
    """The name of the differential of a leaf."""
    return f"{DIFFERENTIAL}{name}"


def sum_range(node: Sum | Product, bindings: Bindings, model: Model, length: int) -> range:
    """The values of the bound index, from the smallest up; a sum without bounds runs over its whole axis."""
    if node.lower is None or node.upper is None:
        steps, last = model.axes.letter_range(node.index, node.body, length)
        lower, upper = (model.first if steps else 1), last
    else:
        lower, upper = index_value(node.lower, bindings), index_value(node.upper, bindings)
    if upper - lower > MAXIMUM_RANGE:
        raise LimitExceeded(f"a range of {upper - lower + 1} steps is over the limit of {MAXIMUM_RANGE}", node.span)
    return range(lower, upper + 1)


def _copies(body: Expr, defined: set[str]) -> Iterator[str]:
    """Copies of a weight for each step (``W_t h_{t-1}``): capital letters that nothing defines, before a vector."""
    for part in walk(body):
        if not isinstance(part, Multiply):
            continue
        for left, right, operator in zip(part.factors, part.factors[1:], part.operators, strict=False):
            match left, right:
                case (Symbol(weight, (_, *_)), Symbol(vector, (_, *_))) if operator not in ELEMENTWISE_SIGNS:
                    fits = vector in defined or not CAPITAL.match(vector)
                    if fits and weight not in defined and CAPITAL.match(weight):
                        yield weight


def _counted(body: Expr) -> Iterator[tuple[str, tuple[str, int]]]:
    """The last values of letters that count the entries of a quantity, by the name of the quantity and its axis."""
    for part in walk(body):
        match part:
            case Sum(inner, letter, _, Symbol(name, ()), components=True):
                entries = (one for one in walk(inner) if isinstance(one, Component) and Symbol(letter) in one.index)
                for entry in entries:
                    if isinstance(entry.of, Symbol):
                        yield name, (entry.of.name, entry.index.index(Symbol(letter)))
            case Multiply((Divide(_, Symbol(name, ())), Transpose(Ones()), Symbol(vector, (_, *_)))):
                yield name, (vector, 0)
            case _:
                continue


def _only_divides(name: str, body: Expr) -> bool:
    """Whether a name stands nowhere in a formula but below a fraction, or as an end of a sum."""
    match body:
        case Symbol(own, ()):
            return own != name
        case Divide(numerator):
            return _only_divides(name, numerator)
        case Sum(inner, components=True):
            return _only_divides(name, inner)
        case _:
            return all(_only_divides(name, part) for part in children(body))
