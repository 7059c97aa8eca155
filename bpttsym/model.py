"""A model unrolled over its steps to a graph: each node with the definition that computes it and its parents.

Parameters are leaves shared by all steps. What a model is stands in definitions.py, whose names are also names of
this module.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from fractions import Fraction
from functools import cached_property

from bpttsym.axes import Place
from bpttsym.definitions import MAXIMUM_RANGE as MAXIMUM_RANGE
from bpttsym.definitions import Bindings as Bindings
from bpttsym.definitions import Definition as Definition
from bpttsym.definitions import Key as Key
from bpttsym.definitions import Model as Model
from bpttsym.definitions import differential_of as differential_of
from bpttsym.definitions import free_letters as free_letters
from bpttsym.definitions import has_derivative as has_derivative
from bpttsym.definitions import index_letters as index_letters
from bpttsym.definitions import index_value as index_value
from bpttsym.definitions import inlined as inlined
from bpttsym.definitions import moved_by as moved_by
from bpttsym.definitions import sum_range as sum_range
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Call,
    Cases,
    Component,
    Derivative,
    Expr,
    Indicator,
    Number,
    Product,
    Sum,
    Symbol,
    Whole,
    children,
    integer,
    walk,
)
from bpttsym.records import dataclass
from bpttsym.rewriting import substitute, transform
from bpttsym.weight_shapes import IDENTITIES

MAXIMUM_NODES = 20_000
MAXIMUM_TERMS = 300_000


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
        self._ambiguous: dict[tuple[Key, Key], bool] = {}
        self._mentioned: dict[Key, tuple[Key, ...]] = {}
        self._looked = 0
        self.ends = model.axes.bindings(length)
        if length - model.first >= MAXIMUM_RANGE:
            raise LimitExceeded(f"{model.horizon} = {length} is over the limit of {MAXIMUM_RANGE} steps")
        for definition in model.definitions:
            for index in self._instances(definition):
                self._add((definition.name, index))
        for name in model.variables:
            self._add((name, ()))
        self.moved = self._moved() if model.moved else ()
        for name, index in self.moved:
            key = (differential_of(name), index)
            self.nodes[key] = Node(key, None, {}, ())

    def _moved(self) -> tuple[Key, ...]:
        """The leaves of which a differential is written, or a weight is made; if there are none, the parameters."""
        leaves = [key for key, node in self.nodes.items() if node.body is None]
        own = {key for key in leaves if key[0] in self.model.moved}
        for name in self.model.moved:
            made = self.ancestors((name, ())) if (name, ()) in self.nodes and name not in self.model.losses else ()
            own.update(() if any(index for _, index in made) else (key for key in made if key in leaves))
        return tuple(key for key in leaves if (key in own if own else not key[1]))

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
            if best is None or definition.single(self.ends):
                best = (definition.body, {**bindings, **self.ends})
        return best

    def _before_first(self, key: Key) -> bool:
        """Whether a node is a state just outside of its steps: before the first, or after the last if it runs back."""
        states = {definition.name for definition in self.model.definitions if definition.general and definition.index}
        return key[0] in states and not self._inside(key)

    def starts_at(self, key: Key) -> bool:
        """Whether a node is a state just before the first step that nothing computes."""
        node = self.nodes.get(key)
        before = any(
            self.model.axes.counts_steps(Place(key[0], len(key[1]), position)) and value == self.model.first - 1
            for position, value in enumerate(key[1])
        )
        return node is not None and node.body is None and before and self._before_first(key)

    def later(self, key: Key) -> Key:
        """A node just before the first step, one step later."""
        before = self.model.first - 1
        places = (Place(key[0], len(key[1]), position) for position in range(len(key[1])))
        steps = (self.model.axes.counts_steps(place) for place in places)
        return key[0], tuple(v + 1 if s and v == before else v for s, v in zip(steps, key[1], strict=True))

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
                if not index and name in IDENTITIES and (name, ()) not in self._literal_names:
                    return
                if not index and name in self.model.entry_counts:
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
            case Indicator() | Whole():
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

        They can only where the definition of ``of`` mentions ``by`` (a parameter perhaps through ``helpers``), and
        ``of`` depends on it through another node as well.
        """
        known = self._ambiguous.get((of, by))
        if known is None:
            known = self._ambiguous[of, by] = self._differ(of, by)
        return known

    def _differ(self, of: Key, by: Key) -> bool:
        if of not in self.nodes or by not in self.nodes or of == by:
            return False
        own = self.copy(of, by)
        direct = self.nodes[of].parents if own in self.nodes[of].parents or by[1] else self.mentioned(of)
        return own in direct and any(by in self.ancestors(parent) for parent in direct if parent != own)

    def ambiguous_together(self, of: Key, by: tuple[Key, ...]) -> bool:
        """Whether they can differ by several nodes that are moved each on its own, whatever the others do."""
        if of not in self.nodes or of in by:
            return False
        parents, moved = self.nodes[of].parents, set(by)
        others = [parent for parent in parents if parent not in moved]
        return len(others) < len(parents) and any(moved & self.ancestors(parent) for parent in others)

    def helpers(self, of: Key) -> tuple[Key, ...]:
        """The parents of a node that only help to compute it: of its own step, and used at no other one."""
        same = (p for p in self.nodes[of].parents if p[1] == of[1] and p[1] and self.nodes[p].body is not None)
        return tuple(p for p in same if p[0] not in self._carried and self.nodes[p].body != Symbol(p[0]))

    @cached_property
    def _carried(self) -> set[str]:
        """The names of quantities that another step uses: states."""
        pairs = ((key, parent) for key, node in self.nodes.items() for parent in node.parents)
        return {parent[0] for key, parent in pairs if len(key[1]) == len(parent[1]) and key[1] != parent[1]}

    def mentioned(self, of: Key) -> tuple[Key, ...]:
        """The parents of a node with its helpers written out."""
        known = self._mentioned.get(of)
        if known is None:
            found, coming = dict.fromkeys(self.nodes[of].parents), [of]
            while coming:
                for helper in self.helpers(coming.pop()):
                    if found.pop(helper, helper) is None:
                        found |= dict.fromkeys(self.nodes[helper].parents)
                        coming.append(helper)
            known = self._mentioned[of] = tuple(found)
        return known

    def written_out(self, of: Key, members: Container[Key] = (), kept: Container[Key] = ()) -> Expr:
        """The definition of a node at its step, its helpers written out, and some ``members``; ``kept`` are not."""
        node = self.nodes[of]
        assert node.body is not None, "a leaf has no definition"
        values = {name: integer(value) for name, value in node.bindings.items() if name not in self.ends}
        inside = [*self.helpers(of), *(p for p in node.parents if p in members and self.nodes[p].body is not None)]
        bodies = {helper: self.written_out(helper, members, kept) for helper in inside if helper not in kept}

        def change(part: Expr) -> Expr:
            if not isinstance(part, Symbol) or not part.index or index_letters(part) - set(self.ends):
                return part
            return bodies.get((part.name, tuple(index_value(one, self.ends) for one in part.index)), part)

        whole = transform(substitute(node.body, values), change)
        if sum(1 for _ in walk(whole)) > MAXIMUM_NODES:
            raise LimitExceeded(f"a definition written out is over the limit of {MAXIMUM_NODES} parts", node.body.span)
        return whole

    def copy(self, of: Key, by: Key) -> Key:
        """What a node uses of a parameter: its copy at the step of the node if there is one, else the parameter."""
        copies = () if by[1] else (one for one in self.mentioned(of) if one[0] == by[0] and one[1])
        return next((copy for copy in copies if self.nodes[copy].body == Symbol(by[0])), by)


def is_abstract(body: Expr, functions: Mapping[str, object]) -> bool:
    """Whether a body is the application of a function that no formula defines."""
    return isinstance(body, Call) and body.function not in functions
