"""A stretch of a document with one set of definitions; what a relation means for it (SEMANTICS section 2)."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    Symbol,
    names,
    shifted,
    substitute,
    transform,
    walk,
)
from bpttsym.model import Definition, free_letters, has_derivative, index_letters, index_value
from bpttsym.signature import Signature

DEFINING = frozenset(("=", ":=", r"\leftarrow"))

Slot = tuple[str, int, str]
"""What a definition is kept under: name, number of indices, and the index itself where it is a literal."""


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
    own: list[Span] = field(default_factory=list)
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
            title=title,
            parent=self,
        )

    def slot(self, symbol: Symbol) -> Slot:
        """The place of a symbol's definition."""
        return symbol.name, len(symbol.index), "" if self._general(symbol) else repr(symbol.index)

    def _general(self, symbol: Symbol) -> bool:
        return all(isinstance(part, Symbol) and part.name != self.signature.horizon for part in symbol.index)

    def _is_head(self, left: Symbol) -> bool:
        """An index that a definition may have: letters, or steps that are fixed by the horizon."""
        return self._general(left) or not (index_letters(left) - {self.signature.horizon})

    def knows(self, relation: Relation) -> bool:
        """Whether the left side already has a definition here."""
        left = relation.left
        if left == Symbol(self.signature.horizon):
            return self.length is not None
        return isinstance(left, Symbol) and (self.slot(left) in self.definitions or left.name in self.sets)

    def conflict(self, relation: Relation) -> Definition | None:
        """The definition made in this very scope to which a relation gives a different formula."""
        left, right = relation.left, relation.right
        if not isinstance(left, Symbol) or relation.operator not in DEFINING or not self._is_head(left):
            return None
        if has_derivative(right) or isinstance(right, Hole | SetOf):
            return None
        for slot, other in self.definitions.items():
            if slot[0] == left.name and slot[1] != len(left.index) and other.span in self.own:
                if left.name not in names(other.body) | names(right):
                    return other
        if self._closes(left, right):
            return None
        known = self.definitions.get(self.slot(left))
        if known is None or known.span not in self.own or known.body == right or self._agrees(known.body, right):
            return None
        return known

    def _agrees(self, known: Expr, new: Expr) -> bool:
        """A formula for what was so far an unknown function's value, or that application said again."""
        for one, other in ((known, new), (new, known)):
            if isinstance(one, Call) and self._unknown(one.function):
                grouped = names(one) & set(self.sets)
                members = {member for name in grouped for member in self.sets[name]}
                return names(one) - grouped <= names(other) and (not members or members <= names(other))
        return False

    def _unknown(self, function: str) -> bool:
        return function in self.signature.functions and function not in self.functions

    def define(self, relation: Relation) -> bool:
        """Take a relation in as a definition; False if it is a claim."""
        left, right = relation.left, relation.right
        if relation.operator == r"\in" or isinstance(right, Hole) or self.is_index_relation(relation):
            return True
        if relation.operator == r"\leftarrow":
            return isinstance(left, Symbol)
        if relation.operator not in DEFINING:
            return False
        match left:
            case Call():
                return self._define_function(left, right, relation)
            case Symbol(name, ()) if name == self.signature.horizon and isinstance(right, Number):
                self.length = int(right.value)
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
            self.own.append(relation.span)

    def is_index_relation(self, relation: Relation) -> bool:
        """Whether it only says something of step numbers (``k < t``)."""
        letters = self.signature.indices | {self.signature.horizon}
        parts = [part for side in (relation.left, relation.right) for part in walk(side)]
        if relation.left == Symbol(self.signature.horizon) and relation.operator in DEFINING:
            return False
        symbols = [part for part in parts if isinstance(part, Symbol)]
        simple = all(isinstance(part, Symbol | Number | Add | Negate) for part in parts)
        return simple and bool(symbols) and all(part.name in letters and not part.index for part in symbols)

    def _define_function(self, left: Call, right: Expr, relation: Relation) -> bool:
        """``f(x) = ...`` gives a formula to a function, or to the definition that applies it so."""
        if left.function not in self.signature.functions or has_derivative(right) or left.primes:
            return False
        for slot, known in self.definitions.items():
            if known.body == right:
                return True
            if known.body == left:
                self.definitions[slot] = Definition(known.name, known.index, right, known.span)
                self._own(relation)
                return True
        formals = [f for f in (*left.arguments, *left.parameters) if isinstance(f, Symbol) and not f.index]
        if left.function in self.functions or len(formals) != len(left.arguments) + len(left.parameters):
            return False
        self.functions[left.function] = (tuple(formal.name for formal in formals), right)
        self._own(relation)
        return True

    def _define_symbol(self, left: Symbol, right: Expr, relation: Relation) -> bool:
        if not self._is_head(left):
            return self._is_shift(left, right)
        slot = self.slot(left)
        definition = Definition(left.name, left.index, right, relation.span)
        if free_letters(right) - free_letters(left) - {self.signature.horizon}:
            return False
        if slot[2] and self._within(left) and (left.name, slot[1], "") in self.definitions:
            return False
        if not slot[2] and slot in self.definitions and self._closes(left, right):
            return False
        abbreviated = any(name == left.name and count == slot[1] for name, count, _ in self.abbreviations)
        if has_derivative(right) or self._later(left, right):
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
        return all(part == last or (isinstance(part, Number) and part.value >= 1) for part in left.index)

    def _closes(self, left: Symbol, right: Expr) -> bool:
        """A closed form (``h_t = W^t h_0``) of what is defined step by step: it names a single step of itself."""
        own = [part for part in walk(right) if isinstance(part, Symbol) and part.name == left.name and part.index]
        return bool(own) and not any(free_letters(part) for part in own)

    def _define_node(self, left: Symbol, right: Expr, relation: Relation, definition: Definition) -> bool:
        slot = self.slot(left)
        known = self.definitions.get(slot)
        if known is not None and known.span in self.own:
            if known.body != right and not self._agrees(known.body, right):
                return False
            if isinstance(known.body, Call) and self._unknown(known.body.function):
                self.definitions[slot] = Definition(left.name, left.index, right, known.span)
            return True
        self._forget(left)
        self.definitions[slot] = definition
        self._own(relation)
        return True

    def _forget(self, left: Symbol) -> None:
        """A name that is defined anew with other indices replaces what was inherited under it."""
        for other, known in list(self.definitions.items()):
            inherited = known.span not in self.own and other[0] == left.name and other[1] != len(left.index)
            if inherited and left.name not in names(known.body):
                del self.definitions[other]

    def _later(self, left: Symbol, right: Expr) -> bool:
        """Whether the right side names a step after that of the left side."""
        for part in walk(right):
            if isinstance(part, Symbol):
                for own, other in zip(left.index, part.index, strict=False):
                    if isinstance(own, Symbol) and other == shifted(own, 1):
                        return True
        return False

    def _is_shift(self, left: Symbol, right: Expr) -> bool:
        """``h_{t-1} = f(x_{t-1}, h_{t-2})`` says again what is defined, one step earlier."""
        for known in self.definitions.values():
            if known.name == left.name and known.general and len(known.index) == len(left.index) == 1:
                letter = known.index[0]
                if isinstance(letter, Symbol):
                    moved = substitute(known.body, {letter.name: left.index[0]})
                    if transform(moved, _normal) == transform(right, _normal):
                        return True
        return False

    def settle(self) -> None:
        """Numbers given to single steps (``h_0 = 0``, ``\\delta_{T+1} = 0``) go with their general definition."""
        for slot, known in list(self.definitions.items()):
            if slot[2] and isinstance(known.body, Number) and (slot[0], slot[1], "") in self.abbreviations:
                self.abbreviations[slot] = self.definitions.pop(slot)


def _normal(node: Expr) -> Expr:
    """Index sums in one form: ``(t-1)-1`` is ``t-2``."""
    if isinstance(node, Symbol) and node.index:
        return Symbol(node.name, tuple(_merged(part) for part in node.index))
    return node


def _merged(index: Expr) -> Expr:
    match index:
        case Add((Add(inner), *rest)):
            return _merged(Add((*inner, *rest)))
        case Add((*terms, last)) if len(terms) > 1 and not index_letters(Symbol("", (last,))):
            return shifted(_merged(Add(tuple(terms))), index_value(last, {}))
        case _:
            return index
