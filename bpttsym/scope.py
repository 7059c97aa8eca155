"""A stretch of a document with one set of definitions; what a relation means for it (SEMANTICS section 2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from fractions import Fraction

from bpttsym.components import says_again
from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Hole,
    Negate,
    Number,
    Relation,
    SetOf,
    Span,
    Sum,
    Symbol,
    names,
    substitute,
    transform,
    walk,
)
from bpttsym.forward import Slot, helpers_among, nodes_among
from bpttsym.heads import horizon_value, is_later, merged_indices, names_itself, unshifted
from bpttsym.model import Definition, free_letters, has_derivative, index_letters
from bpttsym.shapes import ELEMENTWISE
from bpttsym.signature import Signature

DEFINING = frozenset(("=", ":=", r"\leftarrow"))


@dataclass
class Scope:
    """Definitions in force from ``start`` on; ``own`` holds the spans of those made here, not inherited.

    ``overruled`` holds recursions that were taken for definitions until a closed one followed: they are claims.

    ``origin`` says where the inherited ones come from if that is no part of the document.
    """

    start: int
    signature: Signature
    definitions: dict[Slot, Definition] = field(default_factory=dict)
    abbreviations: dict[Slot, Definition] = field(default_factory=dict)
    functions: dict[str, tuple[tuple[str, ...], Expr]] = field(default_factory=dict)
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    length: int | None = None
    stated: Span | None = None
    counts: dict[str, int] = field(default_factory=dict)
    slots: dict[str, dict[Slot, None]] = field(default_factory=dict)
    own: dict[Span, None] = field(default_factory=dict)
    overruled: list[Span] = field(default_factory=list)
    title: str = ""
    origin: str = ""
    parent: Scope | None = field(default=None, repr=False)

    def child(self, start: int, title: str) -> Scope:
        """A scope that inherits everything."""
        return Scope(
            start,
            self.signature,
            dict(self.definitions),
            dict(self.abbreviations),
            dict(self.functions),
            dict(self.sets),
            self.length,
            None,
            dict(self.counts),
            {name: dict(found) for name, found in self.slots.items()},
            title=title,
            parent=self,
        )

    def slot(self, symbol: Symbol) -> Slot:
        """The place of a symbol's definition."""
        if self._general(symbol):
            return symbol.name, len(symbol.index), ""
        runs = [isinstance(part, Symbol) and not self._is_last(part.name) for part in symbol.index]
        return symbol.name, len(symbol.index), repr(["*" if r else p for r, p in zip(runs, symbol.index, strict=True)])

    def _general(self, symbol: Symbol) -> bool:
        return all(isinstance(part, Symbol) and not self._is_last(part.name) for part in symbol.index)

    def _is_last(self, name: str) -> bool:
        """Whether a letter names the last index of an axis."""
        return name == self.signature.horizon or self.signature.is_last(name)

    def _lasts(self, expr: Expr) -> set[str]:
        return {name for name in index_letters(expr) if self._is_last(name)}

    def _is_head(self, left: Symbol) -> bool:
        """An index that a definition may have: letters, and steps that are fixed by the name of a last one."""
        fixed = (part for part in left.index if not isinstance(part, Symbol))
        return all(not (index_letters(Symbol("", (part,))) - self._lasts(left)) for part in fixed)

    def knows(self, relation: Relation) -> bool:
        """Whether the left side already has a definition here."""
        left = relation.left
        if left == Symbol(self.signature.horizon):
            return self.length is not None
        return isinstance(left, Symbol) and (self._is_defined(left) or left.name in self.sets)

    def conflict(self, relation: Relation) -> Span | None:
        """Where this very scope defines that to which a relation gives a different formula."""
        left, right = relation.left, relation.right
        if not isinstance(left, Symbol) or relation.operator not in DEFINING or not self._is_head(left):
            return None
        if has_derivative(right) or isinstance(right, Hole | SetOf) or names_itself(left, right):
            return None
        if left == Symbol(self.signature.horizon):
            return None if right == Number(Fraction(self.length or 0)) else self.stated
        if self._says_again(relation):
            return None
        for slot in self._others(left):
            other = self.definitions[slot]
            if other.span in self.own and left.name not in names(other.body) | names(right):
                return other.span
        if self._closes(left, right):
            return None
        known = self.definitions.get(self.slot(left))
        if known is None or known.span not in self.own or known.body == right or self._agrees(known.body, right):
            return None
        return known.span

    def _says_again(self, relation: Relation) -> bool:
        """Whether it gives by its entries what is defined as a whole: that is a claim."""
        if not isinstance(relation.left, Symbol) or not self._others(relation.left):
            return False
        ranks = {name: frozenset(slot[1] for slot in slots) for name, slots in self.slots.items()}
        return says_again(relation, ranks, self.signature.horizon)

    def _others(self, left: Symbol) -> list[Slot]:
        """The definitions of a name with another number of indices."""
        return [slot for slot in self.slots.get(left.name, ()) if slot[1] != len(left.index)]

    def _put(self, definition: Definition) -> None:
        slot = self.slot(Symbol(definition.name, definition.index))
        self.definitions[slot] = definition
        self.slots.setdefault(slot[0], {})[slot] = None

    def _drop(self, slot: Slot) -> Definition:
        del self.slots[slot[0]][slot]
        return self.definitions.pop(slot)

    def _agrees(self, known: Expr, new: Expr) -> bool:
        """A formula for what was so far an unknown function's value, or that application said again."""
        for one, other in ((known, new), (new, known)):
            if isinstance(one, Call) and self._unknown(one.function):
                grouped = names(one) & set(self.sets)
                members = {member for name in grouped for member in self.sets[name]}
                return names(one) - grouped <= names(other) and (not members or members <= names(other))
        return False

    def _unknown(self, function: str) -> bool:
        """Whether a function stands for any: the letter sigma without a formula is the logistic function."""
        return self.signature.applies(function) and function not in self.functions and function not in ELEMENTWISE

    def define(self, relation: Relation) -> bool:
        """Take a relation in as a definition; False if it is a claim."""
        left, right = relation.left, relation.right
        if relation.operator == r"\in" or isinstance(right, Hole):
            return True
        if self.is_index_relation(relation):
            self._count(left, right)
            return True
        if relation.operator == r"\leftarrow":
            return isinstance(left, Symbol)
        if relation.operator not in DEFINING:
            return False
        match left:
            case Call():
                return self._define_function(left, right, relation)
            case Symbol(name, ()) if name == self.signature.horizon and isinstance(right, Number | Negate):
                length = horizon_value(relation)
                if self.stated is not None and self.length != length:
                    return False
                self.length, self.stated = length, relation.span
                return True
            case Symbol(name) if isinstance(right, SetOf):
                self.sets[name] = tuple(item.name for item in right.items if isinstance(item, Symbol))
                self._own(relation)
                return True
            case Symbol():
                return self._define_symbol(left, right, relation)
            case _:
                return False

    def _own(self, relation: Relation) -> None:
        if relation.span is not None:
            self.own[relation.span] = None

    def _count(self, left: Expr, right: Expr) -> None:
        """``L = 3`` says how far an axis is counted."""
        if isinstance(left, Symbol) and isinstance(right, Number) and right.value.denominator == 1 and right.value >= 1:
            if self._is_last(left.name):
                self.counts[left.name] = int(right.value)

    def is_index_relation(self, relation: Relation) -> bool:
        """Whether it only says something of step numbers (``k < t``)."""
        letters = self.signature.indices | {self.signature.horizon}
        parts = [part for side in (relation.left, relation.right) for part in walk(side)]
        if relation.left == Symbol(self.signature.horizon) and relation.operator in DEFINING:
            return False
        symbols = [part for part in parts if isinstance(part, Symbol)]
        if any(isinstance(part, Symbol) and self._is_defined(part) for part in parts):
            return False
        simple = all(isinstance(part, Symbol | Number | Add | Negate) for part in parts)
        return simple and bool(symbols) and all(part.name in letters and not part.index for part in symbols)

    def _is_defined(self, symbol: Symbol) -> bool:
        return self.slot(symbol) in self.definitions

    def _define_function(self, left: Call, right: Expr, relation: Relation) -> bool:
        """``f(x) = ...`` gives a formula to a function, or to the definition that applies it so."""
        if not self.signature.applies(left.function) or has_derivative(right) or left.primes:
            return False
        if isinstance(right, Symbol) and self._is_head(right):
            known = self.definitions.get(self.slot(right))
            return self._define_symbol(right, left, relation) if known is None else known.body == left
        if names_itself(left, right):
            return False
        for known in list(self.definitions.values()):
            if known.body == right:
                return True
            if known.body == left:
                self._put(replace(known, body=right))
                self._own(relation)
                return True
        formals = [f for f in (*left.arguments, *left.parameters) if isinstance(f, Symbol) and not f.index]
        if left.function in self.functions or len(formals) != len(left.arguments) + len(left.parameters):
            return False
        self.functions[left.function] = (tuple(formal.name for formal in formals), right)
        self._own(relation)
        return True

    def _define_symbol(self, left: Symbol, right: Expr, relation: Relation) -> bool:
        skip = 0
        if not self._is_head(left):
            found = unshifted(left, right, self.signature.horizon)
            if found is None or self._has(found[0]):
                return self._is_shift(left, right)
            left, right, skip = found
        if names_itself(left, right) or self._says_again(relation):
            return False
        slot = self.slot(left)
        definition = Definition(left.name, left.index, right, relation.span, skip)
        strange = free_letters(right) - free_letters(left) - {self.signature.horizon}
        if not all(self._is_last(name) for name in strange):
            return False
        if slot[2] and self._within(left) and (left.name, slot[1], "") in self.definitions:
            return False
        if not slot[2] and slot in self.definitions and self._closes(left, right):
            return False
        abbreviated = any(
            name == left.name and count == slot[1] and not self._another_layer(left, kept)
            for (name, count, _), kept in self.abbreviations.items()
        )
        if has_derivative(right) or is_later(left, right):
            if any(name == left.name and count == slot[1] for name, count, _ in self.definitions):
                return False
            if abbreviated and not self._overrules(left, right):
                return False
            self.abbreviations[slot] = definition
            return True
        if abbreviated:
            general = self.abbreviations.get((left.name, slot[1], ""))
            recursive = general is None or left.name in names(general.body)
            outside = isinstance(right, Number) and not self._within(left)
            if not slot[2] or slot in self.abbreviations or not (recursive or outside):
                return False
            self.abbreviations[slot] = definition
            return True
        return self._define_node(left, right, relation, definition)

    def _has(self, symbol: Symbol) -> bool:
        slot = self.slot(symbol)
        return slot in self.definitions or slot in self.abbreviations

    def _another_layer(self, left: Symbol, kept: Definition) -> bool:
        """Whether two definitions run over the same steps, each at a number of its own (``\\delta_{t,1}``)."""
        pairs = list(zip(left.index, kept.index, strict=True))
        numbers = [(one, other) for one, other in pairs if isinstance(one, Number) and isinstance(other, Number)]
        running = [one for one, other in pairs if isinstance(one, Symbol) and isinstance(other, Symbol)]
        apart = any(one.value != other.value for one, other in numbers)
        return apart and bool(running) and len(numbers) + len(running) == len(pairs)

    def _overrules(self, left: Symbol, right: Expr) -> bool:
        """Whether a closed definition follows a recursion for the same symbol, which then is a claim about it."""
        known = self.abbreviations.get(self.slot(left))
        if known is None or left.name not in names(known.body) or left.name in names(right):
            return False
        if known.span is not None:
            self.overruled.append(known.span)
        return True

    def _within(self, left: Symbol) -> bool:
        """Whether a literal index is one of the steps, not the one before the first or after the last."""
        last = Symbol(self.signature.horizon)
        inside = (part == last or (isinstance(part, Number) and part.value >= 1) for part in left.index)
        return all(inside) and not any(isinstance(part, Symbol) and part != last for part in left.index)

    def _closes(self, left: Symbol, right: Expr) -> bool:
        """A closed form (``h_t = W^t h_0``) of what is defined step by step: it names a single step of itself."""
        named = [part for part in walk(right) if isinstance(part, Symbol) and part.name == left.name]
        own = [part for part in named if part.index and len(part.index) == len(left.index)]
        return (bool(own) and not any(free_letters(part) for part in own)) or self._adds_up(left, right)

    def _adds_up(self, left: Symbol, right: Expr) -> bool:
        """A sum over all steps up to its own (``y_t = \\sum_{k=1}^t C A^{t-k} B x_k``), of what is known already."""
        if not any(isinstance(part, Sum) and part.upper in left.index for part in walk(right)):
            return False
        known = {name for definition in self.definitions.values() for name in names(definition.body)}
        return names(right) <= known | set(self.slots) | index_letters(right)

    def _define_node(self, left: Symbol, right: Expr, relation: Relation, definition: Definition) -> bool:
        slot = self.slot(left)
        known = self.definitions.get(slot)
        if known is not None and known.span in self.own:
            if known.body != right and not self._agrees(known.body, right):
                return False
            if isinstance(known.body, Call) and self._unknown(known.body.function):
                self._put(replace(known, body=right))
            return True
        self._forget(left, right)
        self._put(definition)
        self._own(relation)
        return True

    def _forget(self, left: Symbol, right: Expr) -> None:
        """A name that is defined anew with other indices replaces what was inherited under it and not used for it."""
        for other in self._others(left):
            known = self.definitions[other]
            if known.span not in self.own and left.name not in names(known.body) | names(right):
                self._drop(other)

    def _is_shift(self, left: Symbol, right: Expr) -> bool:
        """``h_{t-1} = f(x_{t-1}, h_{t-2})`` says again what is defined, one step earlier."""
        for slot in self.slots.get(left.name, ()):
            known = self.definitions[slot]
            if known.general and len(known.index) == len(left.index) == 1:
                letter = known.index[0]
                if isinstance(letter, Symbol):
                    moved = substitute(known.body, {letter.name: left.index[0]})
                    if transform(moved, merged_indices) == transform(right, merged_indices):
                        return True
        return False

    def settle(self, differentiated: Collection[str]) -> None:
        """Sort what is a node of the network from what abbreviates.

        Numbers given to single steps (``h_0 = 0``, ``\\delta_{T+1} = 0``) go with their general definition.
        ``differentiated`` are the names in the derivatives of the document.
        """
        unknown = {name for name in map(_function, self.abbreviations.values()) if name and self._unknown(name)}
        for slot in nodes_among(self.definitions, self.abbreviations, differentiated, unknown):
            self._put(self.abbreviations.pop(slot))
        for slot in helpers_among(self.definitions, self.abbreviations, differentiated):
            self.abbreviations[slot] = self._drop(slot)
        for slot, known in list(self.definitions.items()):
            if slot[2] and isinstance(known.body, Number) and (slot[0], slot[1], "") in self.abbreviations:
                self.abbreviations[slot] = self._drop(slot)


def _function(definition: Definition) -> str:
    return definition.body.function if isinstance(definition.body, Call) else ""
