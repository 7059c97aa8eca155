"""A stretch of a document with one set of definitions; what a relation means for it (SEMANTICS section 2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bpttsym.declarations import Declared, Labels, declared_sizes, sized
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Hole,
    Multiply,
    Negate,
    Norm,
    Number,
    Relation,
    SetOf,
    Steps,
    Symbol,
    names,
    walk,
)
from bpttsym.forward import helpers_among, nodes_among
from bpttsym.heads import (
    another_layer,
    at_no_step,
    horizon_value,
    is_later,
    merged_indices,
    names_itself,
    unshifted,
)
from bpttsym.in_force import DEFINING as DEFINING
from bpttsym.in_force import InForce
from bpttsym.latex import unicode_line
from bpttsym.model import Definition, has_derivative
from bpttsym.named_losses import spelled_out
from bpttsym.opened import is_opened
from bpttsym.records import dataclass, replace
from bpttsym.repeated import loose_letters
from bpttsym.rewriting import substitute, transform
from bpttsym.shape_words import EXTREMA
from bpttsym.sides import has_probability, holds_steps


@dataclass
class Scope(InForce):
    """Definitions in force from ``start`` on, and what another relation is for them: one more, or a claim."""

    def define(self, relation: Relation) -> bool:
        """Take a relation in as a definition; False if it is a claim."""
        left, right = relation.left, relation.right
        if has_probability(relation):
            return False
        sizes = declared_sizes(relation)
        if sizes is not None:
            return self._declare(sized(relation), sizes, relation)
        if relation.operator in DEFINING and holds_steps(left, right) and relation.span is not None:
            self.listed[relation.span] = relation
            return True
        if relation.operator == r"\in" or isinstance(right, Hole):
            return True
        if self.is_index_relation(relation):
            if relation.operator == "=" and isinstance(left, Symbol) and left.name in names(right) and left != right:
                words = f"`{unicode_line(relation)}` gives `{unicode_line(left)}` another value than its own"
                raise NotRead(words, relation.span, r"`\leftarrow` if it is a step of a program")
            self._count(left, right)
            return True
        if relation.operator == r"\leftarrow":
            new = isinstance(left, Symbol) and not (self._others(left) or self.knows(relation))
            if new and not has_derivative(right) and not names_itself(left, right):
                self.define(replace(relation, operator=":="))
            return isinstance(left, Symbol)
        if relation.operator not in DEFINING:
            return False
        if isinstance(right, Symbol) and _is_size(left) and not (right.index or self._is_defined(right)):
            left, right = right, left
            relation = replace(relation, left=left, right=right)
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

    def _declare(self, left: Expr, sizes: Labels, relation: Relation) -> bool:
        """Sizes of a name; of anything else they are a claim."""
        if isinstance(left, Symbol) and relation.span is not None:
            self.declared[relation.span] = Declared(left.name, left.index, sizes, relation.span)
        if isinstance(left, Steps) and relation.span is not None:
            self.stacked[relation.span] = (left, sizes)
        return isinstance(left, Symbol | Number | Steps)

    def _count(self, left: Expr, right: Expr) -> None:
        """``L = 3`` says how far an axis is counted."""
        if isinstance(left, Symbol) and isinstance(right, Number) and self.counts_last(Relation(left, "=", right)):
            self.counts[left.name] = int(right.value)

    def counts_last(self, relation: Relation) -> bool:
        """Whether it gives the name of a last index a number, ``L = 3``."""
        match relation:
            case Relation(Symbol(name, ()), "=", Number(value)):
                return self._is_last(name) and value.denominator == 1 and value >= 1
            case _:
                return False

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

    def _define_function(self, left: Call, right: Expr, relation: Relation) -> bool:
        """``f(x) = ...`` gives a formula to a function, or to the definition that applies it so."""
        if not self.signature.applies(left.function) or has_derivative(right) or left.primes:
            return False
        if isinstance(right, Symbol) and self._is_head(right) and right not in left.arguments:
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
        left, right = at_no_step(left, right)
        formals = [f for f in (*left.arguments, *left.parameters) if isinstance(f, Symbol) and not f.index]
        if left.function in self.functions or len(formals) != len(left.arguments) + len(left.parameters):
            return False
        self.functions[left.function] = (tuple(formal.name for formal in formals), right)
        self._own(relation)
        return True

    def _define_symbol(self, left: Symbol, right: Expr, relation: Relation) -> bool:
        skip = shift = 0
        if not self._is_head(left):
            found = unshifted(left, right, self.signature.horizon)
            if found is None or self._has(found[0]):
                return self._is_shift(left, right)
            left, right, skip, shift = found
        if names_itself(left, right) or self._says_again(relation):
            return False
        slot = self.slot(left)
        definition = Definition(left.name, left.index, right, relation.span, skip, shift)
        if not self._is_bound(left, right):
            loose = min(loose_letters(left, right), default="")
            if loose and not self._has(left) and not is_opened(left, self.abbreviations.values()):
                words = f"the index `{loose}` stands on the right side only"
                raise NotRead(words, relation.span, f"it beside the indices of `{left.name}`")
            return False
        if slot[2] and self._within(left) and (left.name, slot[1], "") in self.definitions:
            return False
        if not slot[2] and slot in self.definitions and self._closes(left, right):
            return False
        abbreviated = any(
            name == left.name and count == slot[1] and not another_layer(left, kept)
            for (name, count, _), kept in self.abbreviations.items()
        )
        if has_derivative(right) or is_later(left, right):
            if any(name == left.name and count == slot[1] for name, count, _ in self.definitions):
                return False
            if abbreviated and not (self._completes(left, right) or self._overrules(left, right)):
                return False
            self.abbreviations[slot] = definition
            return True
        if abbreviated:
            general = self.abbreviations.get((left.name, slot[1], ""))
            recursive = general is None or left.name in names(general.body)
            outside = isinstance(right, Number) and not self._within(left)
            if not slot[2] or slot in self.abbreviations or not (recursive or outside):
                return False
            if general is not None and is_later(Symbol(general.name, general.index), general.body) and _is_first(left):
                return False  # a recursion that runs back ends there, and this says what it ends with
            self.abbreviations[slot] = definition
            return True
        return self._define_node(left, right, relation, definition)

    def _completes(self, left: Symbol, right: Expr) -> bool:
        """Whether it is the end of a recursion (``\\delta_T = \\partial L/\\partial h_T``), or one behind its end."""
        slot = self.slot(left)
        general = self.abbreviations.get((left.name, slot[1], ""))
        if not slot[2]:
            return general is None and left.name in names(right)
        recursive = general is not None and left.name in names(general.body)
        return recursive and slot not in self.abbreviations and left.name not in names(right) and not _is_first(left)

    def _overrules(self, left: Symbol, right: Expr) -> bool:
        """Whether a closed definition follows a recursion for the same symbol, which then is a claim about it."""
        known = self.abbreviations.get(self.slot(left))
        if known is None or left.name not in names(known.body) or left.name in names(right):
            return False
        if known.span is not None:
            self.overruled.append(known.span)
        return True

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
        for slot, known in self.definitions.items():
            given = self.functions.keys() & {part.function for part in walk(known.body) if isinstance(part, Call)}
            if not given:
                self.definitions[slot] = replace(known, body=spelled_out(known.body, self.definitions.values()))
        unknown = {name for name in map(_function, self.abbreviations.values()) if name and self._unknown(name)}
        for slot in nodes_among(self.definitions, self.abbreviations, differentiated, unknown):
            self._put(self.abbreviations.pop(slot))
        for slot in helpers_among(self.definitions, self.abbreviations, differentiated):
            self.abbreviations[slot] = self._drop(slot)
        for slot, known in list(self.definitions.items()):
            if slot[2] and isinstance(known.body, Number) and (slot[0], slot[1], "") in self.abbreviations:
                self.abbreviations[slot] = self._drop(slot)


def _is_first(left: Symbol) -> bool:
    return any(isinstance(part, Number) and part.value == 1 for part in left.index)


def _function(definition: Definition) -> str:
    return definition.body.function if isinstance(definition.body, Call) else ""


def _is_size(side: Expr) -> bool:
    r"""Whether it is a norm or a largest value, of which a letter on the other side is the name (``\|W\| = \beta``)."""
    parts = [side, *(side.factors[:1] if isinstance(side, Multiply) else ())]
    known = (getattr(part, "function", getattr(part, "name", "")) for part in parts)
    return isinstance(side, Norm) or any(str(name).split("_")[0] in EXTREMA for name in known)


def names_of_definitions(scopes: Iterable[Scope]) -> set[str]:
    """All names that the definitions of a document give a meaning or use."""
    found: set[str] = set()
    for scope in scopes:
        for known in (*scope.definitions.values(), *scope.abbreviations.values()):
            found |= {known.name} | names(known.body)
    return found
