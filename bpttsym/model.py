"""Definitions to a model, and a model unrolled over T steps to a graph.

The document is the model: each definition says how a quantity is computed at every step, and what no
definition computes is a leaf (inputs, targets, parameters, the state before the first step). Parameters are
leaves shared by all steps. No LaTeX is known here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from bpttsym.axes import Axes, Head, Place, find_axes, letters_of
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Derivative,
    Entries,
    Expr,
    Indicator,
    Negate,
    Number,
    Product,
    Span,
    Sum,
    Symbol,
    children,
    substitute,
    transform,
    walk,
)

MAXIMUM_NODES = 20_000
MAXIMUM_RANGE = 5_000
MAXIMUM_TERMS = 300_000
MAXIMUM_FUNCTION_DEPTH = 8

Key = tuple[str, tuple[int, ...]]
"""A node of the unrolled graph: name and step indices; ``("h", (3,))`` is h_3, ``("\\\\psi", ())`` is psi."""

Bindings = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Definition:
    """``name_{index} = body``; an index is a letter that runs over its axis, or a literal step.

    ``skip`` is the number of first steps for which it says nothing (``x_{t+1} = \\hat{y}_t``).
    """

    name: str
    index: tuple[Expr, ...]
    body: Expr
    span: Span | None = field(default=None, compare=False)
    skip: int = 0

    @property
    def general(self) -> bool:
        """Whether it holds for every step (or has no index at all), not for a literal step only."""
        return all(isinstance(part, Symbol) for part in self.index)

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
    ``counts`` are numbers given to names of last indices other than the horizon.
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
    label: str = ""

    @cached_property
    def axes(self) -> Axes:
        """What every index counts, and up to where."""
        heads = (Head(d.name, d.index, d.body) for d in (*self.definitions, *self.abbreviations))
        return find_axes(heads, self.horizon, dict(self.counts))

    @cached_property
    def arities(self) -> dict[str, frozenset[int]]:
        """The numbers of step indices with which every name of the model is used."""
        found: dict[str, set[int]] = {}
        for definition in (*self.definitions, *self.abbreviations):
            found.setdefault(definition.name, set()).add(len(definition.index))
            letters = index_letters(definition.body) | {self.horizon} | set(self.axes.ends)
            for part in walk(definition.body):
                if isinstance(part, Symbol) and (part.index or part.name not in letters):
                    found.setdefault(part.name, set()).add(len(part.index))
        for name, members in self.sets:
            for one in (name, *members):
                found.setdefault(one, set()).add(0)
        for name in self.variables:
            found.setdefault(name, set()).add(0)
        return {name: frozenset(counts) for name, counts in found.items()}

    @cached_property
    def set_members(self) -> dict[str, tuple[str, ...]]:
        """The members of each named set of parameters."""
        return dict(self.sets)


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
        return replace(body, arguments=node.arguments, primes=node.primes) if named else node  # type: ignore[call-arg]
    arguments = (*node.arguments, *node.parameters)
    if len(arguments) != len(formals):
        return node
    return substitute(body, dict(zip(formals, arguments, strict=True)))


def index_letters(expr: Expr) -> set[str]:
    """The names that stand inside an index or are bound by a sum or a product."""
    found: set[str] = set()
    for part in walk(expr):
        match part:
            case Symbol(index=index) | Call(index=index):
                for inner in index:
                    found |= letters_of(inner)
            case Component(_, index) | Cases(_, index):
                for inner in index:
                    found |= letters_of(inner)
            case Indicator(condition):
                found |= letters_of(condition)
            case Entries(_, letter):
                found.add(letter)
            case Sum(_, index) | Product(_, index):
                found.add(index)
                for bound in (part.lower, part.upper):
                    if bound is not None:
                        found |= letters_of(bound)
            case _:
                continue
    return found


def free_letters(expr: Expr, bound: frozenset[str] = frozenset()) -> set[str]:
    """The letters of steps in an expression that nothing inside it binds."""
    match expr:
        case Symbol(_, index):
            return set().union(*(letters_of(part) for part in index)) - bound
        case Component(of, index):
            targets = (free_letters(part, bound) for part in index if isinstance(part, Symbol) and part.index)
            return free_letters(of, bound).union(*targets)
        case Indicator(condition, components=components):
            return set() if components else letters_of(condition) - bound
        case Cases(values, conditions, components=components):
            compared = () if components else conditions
            return set().union(*(free_letters(v, bound) for v in values), *(letters_of(c) - bound for c in compared))
        case Sum(body, _, components=True):
            return free_letters(body, bound)
        case Sum(body, letter) | Product(body, letter):
            found = free_letters(body, bound | {letter})
            for limit in (expr.lower, expr.upper):
                if limit is not None:
                    found |= letters_of(limit) - bound
            return found
        case Call(index=index):
            own = {name for part in index for name in letters_of(part)} - bound
            return own.union(*(free_letters(child, bound) for child in children(expr)))
        case _:
            return set().union(*(free_letters(child, bound) for child in children(expr)))


def has_derivative(expr: Expr) -> bool:
    """Whether a derivative stands anywhere inside."""
    return any(isinstance(part, Derivative) for part in walk(expr))


def index_value(expr: Expr, bindings: Bindings) -> int:
    """The integer that an index expression is; raises NotRead for a letter that no binding gives a value."""
    match expr:
        case Number(value) if value.denominator == 1:
            return int(value)
        case Symbol(name, ()) if name in bindings:
            return bindings[name]
        case Symbol(name, ()):
            raise NotRead(f"the index `{name}` has no value", expr.span)
        case Negate(body):
            return -index_value(body, bindings)
        case Add(terms):
            return sum(index_value(term, bindings) for term in terms)
        case _:
            raise NotRead("this is no index", expr.span)


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


@dataclass(frozen=True)
class Node:
    """A node of the unrolled graph: its definition with the index letters bound, and its direct parents."""

    key: Key
    body: Expr | None
    bindings: Bindings
    parents: tuple[Key, ...]


class Graph:
    """A model unrolled over the steps ``first .. length``.

    Raises NotRead where the definitions run in a circle or reach a step that does not exist.
    """

    def __init__(self, model: Model, length: int) -> None:
        self.model = model
        self.length = length
        self.nodes: dict[Key, Node] = {}
        self._open: set[Key] = set()
        self._defined_counts: dict[str, set[int]] = {}
        for definition in model.definitions:
            self._defined_counts.setdefault(definition.name, set()).add(len(definition.index))
        self._ancestors: dict[Key, frozenset[Key]] = {}
        self._dependents: dict[tuple[Key, ...], frozenset[Key]] = {}
        self._looked = 0
        self.ends = model.axes.bindings(length)
        if length - model.first >= MAXIMUM_RANGE:
            raise LimitExceeded(f"{model.horizon} = {length} is over the limit of {MAXIMUM_RANGE} steps")
        for definition in model.definitions:
            for index in self._instances(definition):
                self._add((definition.name, index))
        for name in model.variables:
            self._add((name, ()))

    def _instances(self, definition: Definition) -> Iterator[tuple[int, ...]]:
        found: list[tuple[int, ...]] = [()]
        for position, part in enumerate(definition.index):
            if isinstance(part, Symbol) and part.name not in self.ends:
                low, high = self.axis(Place(definition.name, len(definition.index), position))
                values: list[int] = list(range(low + definition.skip, high + 1))
            else:
                values = [index_value(part, self.ends)]
            found = [(*index, value) for index in found for value in values]
        yield from found

    def axis(self, place: Place) -> tuple[int, int]:
        """The first and the last index at a place."""
        axes = self.model.axes
        return (self.model.first if axes.counts_steps(place) else 1), axes.end(place, self.length)

    def _definition(self, key: Key) -> tuple[Expr, dict[str, int]] | None:
        name, index = key
        best: tuple[Expr, dict[str, int]] | None = None
        for definition in self.model.definitions:
            if definition.name != name:
                continue
            bindings = definition.match(index, self.ends)
            if bindings is None or not self._in_range(definition, index):
                continue
            if best is None or not definition.general:
                best = (definition.body, {**bindings, **self.ends})
        return best

    def _before_first(self, key: Key) -> bool:
        """Whether a node is a state just outside of its steps: before the first, or after the last if it runs back."""
        states = {definition.name for definition in self.model.definitions if definition.general and definition.index}
        return key[0] in states and not self._inside(key)

    def _inside(self, key: Key) -> bool:
        ranges = (self.axis(Place(key[0], len(key[1]), position)) for position in range(len(key[1])))
        return all(low <= value <= high for (low, high), value in zip(ranges, key[1], strict=True))

    def _in_range(self, definition: Definition, index: tuple[int, ...]) -> bool:
        """Whether the letters of a definition run over an index."""
        for position, (part, value) in enumerate(zip(definition.index, index, strict=True)):
            if isinstance(part, Symbol) and part.name not in self.ends:
                low, high = self.axis(Place(definition.name, len(index), position))
                if not low + definition.skip <= value <= high:
                    return False
        return True

    def _add(self, key: Key) -> None:
        """Add a node after its parents, without recursion: the chain of parents is as long as the horizon."""
        entered = [(node, iter(node.parents)) for node in self._entered(key)]
        while entered:
            node, parents = entered[-1]
            following = next((parent for parent in parents if parent not in self.nodes), None)
            if following is not None:
                if len(self.nodes) + len(entered) > MAXIMUM_NODES:
                    raise LimitExceeded(f"the unrolled graph is over the limit of {MAXIMUM_NODES} nodes")
                entered.extend((new, iter(new.parents)) for new in self._entered(following))
                continue
            entered.pop()
            self._open.discard(node.key)
            self.nodes[node.key] = node

    def _entered(self, key: Key) -> list[Node]:
        """The node whose parents come first; none for a leaf, which is added at once."""
        if key in self.nodes:
            return []
        if key in self._open:
            raise NotRead(f"the definition of `{key[0]}` runs in a circle")
        found = self._definition(key)
        if found is None:
            zero = self.model.initial_zero and self._before_first(key)
            self.nodes[key] = Node(key, Number(Fraction(0)) if zero else None, {}, ())
            return []
        self._open.add(key)
        return [Node(key, *found, tuple(dict.fromkeys(self.references(*found))))]

    def references(self, expr: Expr, bindings: Bindings) -> Iterator[Key]:
        """The nodes that an expression names, with its sums written out."""
        match expr:
            case Symbol(name, index):
                if not index and name in bindings and not self.is_quantity(name):
                    return
                members = self.model.set_members.get(name)
                if members and not index and (name, ()) not in self._literal_names:
                    for member in members:
                        yield (member, ())
                    return
                self._check_indices(expr)
                yield (name, tuple(index_value(part, bindings) for part in index))
            case Component(of, index):
                yield from self.references(of, bindings)
                for part in index:
                    if isinstance(part, Symbol) and part.index:
                        yield from self.references(part, bindings)
            case Sum(body, _, components=True):
                yield from self.references(body, bindings)
            case Indicator():
                return
            case Cases(values):
                for case in values:
                    yield from self.references(case, bindings)
            case Sum(body, letter) | Product(body, letter):
                for value in sum_range(expr, bindings, self.model, self.length):
                    self._looked += 1
                    if self._looked > MAXIMUM_TERMS:
                        raise LimitExceeded(f"the sums of the definitions have over {MAXIMUM_TERMS} terms", expr.span)
                    yield from self.references(body, {**bindings, letter: value})
            case Derivative():
                return
            case Call(arguments=arguments, parameters=parameters):
                for child in (*arguments, *parameters):
                    yield from self.references(child, bindings)
            case _:
                for child in children(expr):
                    yield from self.references(child, bindings)

    def is_quantity(self, name: str) -> bool:
        """Whether the name of a last index (``h_t^{(L)}``) is also that of a quantity (``L = ...``)."""
        return name != self.model.horizon and name in self.ends and (name, ()) in self._literal_names

    def _check_indices(self, symbol: Symbol) -> None:
        """A quantity that is used with more indices than it is defined with has component indices."""
        counts = self._defined_counts.get(symbol.name)
        if counts and len(symbol.index) > max(counts):
            raise NotRead(f"`{symbol.name}` is used with a component index, which is not judged", symbol.span)

    @cached_property
    def _literal_names(self) -> set[Key]:
        return {(definition.name, ()) for definition in self.model.definitions if not definition.index}

    def ancestors(self, key: Key) -> frozenset[Key]:
        """All nodes that a node depends on."""
        if key not in self._ancestors:
            found: set[Key] = set()
            coming = list(self.nodes[key].parents)
            while coming:
                parent = coming.pop()
                if parent not in found:
                    found.add(parent)
                    known = self._ancestors.get(parent)
                    if known is None:
                        coming.extend(self.nodes[parent].parents)
                    else:
                        found |= known
            self._ancestors[key] = frozenset(found)
        return self._ancestors[key]

    def dependents(self, keys: tuple[Key, ...]) -> frozenset[Key]:
        """All nodes that depend on one of some nodes."""
        if keys not in self._dependents:
            found = set(keys)
            for node in self.nodes.values():
                if not found.isdisjoint(node.parents):
                    found.add(node.key)
            self._dependents[keys] = frozenset(found - set(keys))
        return self._dependents[keys]

    def missing(self, key: Key, known: Container[Key], within: Container[Key] | None = None) -> list[Key]:
        """A node and all before it that are not ``known``, each after its parents; ``within`` names those to enter."""
        order: list[Key] = []
        seen: set[Key] = set()
        coming = [(key, False)]
        while coming:
            node, entered = coming.pop()
            if entered:
                order.append(node)
            elif node not in seen and node not in known:
                seen.add(node)
                coming.append((node, True))
                if within is None or node in within:
                    coming.extend((parent, False) for parent in self.nodes[node].parents)
        return order

    def is_leaf(self, key: Key) -> bool:
        """Whether no definition computes the node."""
        return self.nodes[key].body is None

    def ambiguous(self, of: Key, by: Key) -> bool:
        """Whether the immediate and the total derivative of ``of`` by ``by`` can differ.

        They can only where the definition of ``of`` mentions ``by`` and ``of`` depends on it through another
        node as well.
        """
        if of not in self.nodes or by not in self.nodes or of == by:
            return False
        parents = self.nodes[of].parents
        return by in parents and any(by in self.ancestors(parent) for parent in parents if parent != by)


def is_abstract(body: Expr, functions: Mapping[str, object]) -> bool:
    """Whether a body is the application of a function that no formula defines."""
    return isinstance(body, Call) and body.function not in functions
