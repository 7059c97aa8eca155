"""The definitions in force in a stretch of a document, and how another formula goes with them (a part of scope)."""

from __future__ import annotations

from collections.abc import Container
from fractions import Fraction
from typing import Self

from bpttsym.component_definitions import resolved_definitions
from bpttsym.components import clashes, says_again, with_left_out_step
from bpttsym.declarations import Declared, Labels
from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Hole,
    Listing,
    Negate,
    Number,
    Relation,
    SetOf,
    Span,
    Steps,
    Sum,
    Symbol,
    names,
    walk,
)
from bpttsym.forward import Slot
from bpttsym.heads import closes, named_part, names_itself, upright
from bpttsym.kinds import step_letters
from bpttsym.model import Definition, free_letters, has_derivative, index_letters
from bpttsym.records import dataclass, field
from bpttsym.repeated import loose_letters, with_repeated_summed
from bpttsym.shape_words import is_capital
from bpttsym.shapes import ELEMENTWISE
from bpttsym.sides import has_probability
from bpttsym.signature import Signature

DEFINING = frozenset(("=", ":=", r"\leftarrow"))
_LISTS = Hole | SetOf | Steps | Listing


@dataclass
class InForce:
    """Definitions in force from ``start`` on; ``own`` holds the spans of those made here, not inherited.

    ``declared`` are sizes, ``stacked`` those of several steps together, ``listed`` says which steps something holds;
    ``overruled`` holds recursions that were taken for definitions until a closed one followed: they are claims.

    ``origin`` says where the inherited ones come from if that is no part of the document. An ``aside`` is a model that
    running text gives to the display behind it only.
    """

    start: int
    signature: Signature
    definitions: dict[Slot, Definition] = field(default_factory=dict)
    abbreviations: dict[Slot, Definition] = field(default_factory=dict)
    functions: dict[str, tuple[tuple[str, ...], Expr]] = field(default_factory=dict)
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    declared: dict[Span, Declared] = field(default_factory=dict)
    length: int | None = None
    stated: Span | None = None
    counts: dict[str, int] = field(default_factory=dict)
    slots: dict[str, dict[Slot, None]] = field(default_factory=dict)
    own: dict[Span, None] = field(default_factory=dict)
    overruled: list[Span] = field(default_factory=list)
    title: str = ""
    origin: str = ""
    parent: InForce | None = field(default=None, repr=False)
    aside: bool = False
    forgotten: set[Slot] = field(default_factory=set)
    stacked: dict[Span, tuple[Steps, Labels]] = field(default_factory=dict)
    listed: dict[Span, Relation] = field(default_factory=dict)

    def child(self, start: int, title: str) -> Self:
        """A scope that inherits everything."""
        return type(self)(
            start,
            self.signature,
            dict(self.definitions),
            dict(self.abbreviations),
            dict(self.functions),
            dict(self.sets),
            dict(self.declared),
            self.length,
            None,
            dict(self.counts),
            {name: dict(found) for name, found in self.slots.items()},
            stacked=dict(self.stacked),
            listed=dict(self.listed),
            title=title,
            parent=self,
            aside=self.aside,
        )

    @property
    def declared_here(self) -> set[Span]:
        """Where sizes are declared in this very scope, and lists of steps."""
        said = {*self.declared, *self.stacked, *self.listed}
        before = self.parent
        return said - {*before.declared, *before.stacked, *before.listed} if before is not None else said

    def adopt(self, other: InForce) -> None:
        """Take over what another scope defines and this one does not."""
        for slot, known in other.definitions.items():
            if slot not in self.definitions and slot not in self.abbreviations:
                self._put(known)
        self.abbreviations |= {k: v for k, v in other.abbreviations.items() if k not in self.definitions}
        self.functions = {**other.functions, **self.functions}
        self.sets = {**other.sets, **self.sets}
        self.declared = {**other.declared, **self.declared}
        self.stacked = {**other.stacked, **self.stacked}
        self.listed = {**other.listed, **self.listed}
        self.length = self.length if self.length is not None else other.length

    def forget(self) -> None:
        """Drop what an earlier section defines as one quantity, and this one at steps (``y``, then ``y_t``)."""
        own = [d for d in (*self.definitions.values(), *self.abbreviations.values()) if d.span in self.own]
        steps = step_letters(own)
        parts = (part for d in own for part in walk(d.body) if isinstance(part, Symbol) and len(part.index) == 1)
        stepped = {part.name for part in parts if free_letters(part) & steps}
        inherited = {slot: d for slot, d in self.definitions.items() if d.span not in self.own and slot[1] == 0}
        before = self.parent.forgotten if self.parent is not None else set()
        self.forgotten = {slot for slot in inherited if slot[0] in stepped or slot in before}
        self.definitions = {slot: d for slot, d in self.definitions.items() if slot not in self.forgotten}

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

    def upright(self, relation: Relation) -> Relation:
        r"""What a formula of ``h_t^\top`` says of ``h_t``, where this very scope does not define it otherwise."""
        turned = upright(relation) if relation.operator in DEFINING else None
        if turned is None or not isinstance(turned.left, Symbol) or self.slot(turned.left) in self.abbreviations:
            return relation
        known = self.definitions.get(self.slot(turned.left))
        return relation if known is not None and known.span in self.own else turned

    def conflict(self, relation: Relation) -> Span | None:
        """Where this very scope defines that to which a relation gives a different formula."""
        left, right = relation.left, relation.right
        if not isinstance(left, Symbol) or relation.operator not in DEFINING or not self._is_head(left):
            return None
        if has_probability(relation) or has_derivative(right) or isinstance(right, _LISTS) or names_itself(left, right):
            return None
        if not self._is_bound(left, right):
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

    def _is_bound(self, left: Symbol, right: Expr) -> bool:
        """Whether every index of a formula is one of what it would define; if not, it can only be a claim."""
        if loose_letters(left, right):
            return False
        strange = free_letters(right) - free_letters(left) - {self.signature.horizon}
        return all(self._is_last(name) for name in strange)

    def summed(self, relation: Relation) -> tuple[Relation, tuple[str, ...]]:
        """A definition by entries with a sum for each letter that is repeated in it, and these letters.

        Of what is defined as a whole it is a claim, and stays as it is written.
        """
        left = relation.left
        if relation.operator not in DEFINING or not isinstance(left, Symbol) or self._others(left):
            return relation, ()
        return with_repeated_summed(relation, self.signature.horizon)

    def differs(self, relation: Relation) -> bool:
        """Whether it gives another formula to what this very scope defines, and not only in general words."""
        right = relation.right
        general = isinstance(right, Call) and self._unknown(right.function)
        return not general and self.conflict(relation) is not None

    def anew(self, relation: Relation, heads: Container[str]) -> bool:
        """Whether it gives to what is inherited another formula, of quantities that are known or among ``heads``."""
        left, right = relation.left, relation.right
        if not isinstance(left, Symbol) or relation.operator not in DEFINING or not self._is_head(left):
            return False
        known = self.definitions.get(self.slot(left))
        if known is None or known.span in self.own or known.body == right or self._agrees(known.body, right):
            return False
        if has_probability(relation):
            return False
        if (
            has_probability(relation)
            or has_derivative(right)
            or isinstance(right, Number | _LISTS)
            or names_itself(left, right)
        ):
            return False
        said = self._said()
        fresh = {part.name for part in walk(right) if isinstance(part, Symbol) and part.index} - said
        known_later = all(name.partition("_{")[0] in heads for name in fresh)
        return not self._closes(left, right) and not self._says_again(relation) and known_later

    def part_named(self, relation: Relation, heads: Container[str]) -> Relation | None:
        """What a formula that is given again says of a symbol in it that nothing defines (``h_t = \\tanh(z_t)``).

        ``heads`` are the names that stand on a left side anywhere in the document.
        """
        left, right = relation.left, relation.right
        if not isinstance(left, Symbol) or relation.operator not in DEFINING or has_derivative(right):
            return None
        known = self.definitions.get(self.slot(left)) if left.index else None
        part = None if known is None or known.body == right else named_part(known, left, right)
        if part is None or not isinstance(part.left, Symbol):
            return None
        name = part.left.name
        return None if name in self._said() or name.partition("_{")[0] in heads else part

    def leaves_open(self, name: str) -> bool:
        """Whether definitions use a matrix that none gives a meaning."""
        defined = {known.name for known in (*self.definitions.values(), *self.abbreviations.values())}
        return is_capital(name) and name in self._said() - defined - {self.signature.horizon}

    def _said(self) -> set[str]:
        """All names that the definitions here give a meaning or use."""
        return {name for known in self.definitions.values() for name in (known.name, *names(known.body))}

    def _closes(self, left: Symbol, right: Expr) -> bool:
        """A closed form (``h_t = W^t h_0``) of what is defined step by step."""
        return closes(left, right) or self._adds_up(left, right)

    def _adds_up(self, left: Symbol, right: Expr) -> bool:
        """A sum over all steps up to its own (``y_t = \\sum_{k=1}^t C A^{t-k} B x_k``), of what is known already."""
        if not any(isinstance(part, Sum) and part.upper in left.index for part in walk(right)):
            return False
        known = {name for definition in self.definitions.values() for name in names(definition.body)}
        return names(right) <= known | set(self.slots) | index_letters(right)

    def _says_again(self, relation: Relation) -> bool:
        """Whether it gives by its entries what is defined as a whole: that is a claim."""
        left = relation.left
        if not isinstance(left, Symbol):
            return False
        if not self._is_first(left, relation.right) and self._with_step(relation) is not None:
            return True
        return bool(self._others(left)) and says_again(relation, self._ranks(), self.signature.horizon)

    def stepped(self, relation: Relation) -> Relation:
        """A formula with the step that it leaves out, where it is the first for what it defines."""
        left = relation.left
        first = isinstance(left, Symbol) and self._is_first(left, relation.right)
        return (self._with_step(relation) if first else None) or relation

    def _is_first(self, left: Symbol, right: Expr) -> bool:
        known = self.definitions.get(self.slot(left))
        return known is None or known.body == right or self._agrees(known.body, right)

    def _with_step(self, relation: Relation) -> Relation | None:
        r"""A formula that leaves its step out where entries are summed, ``\sum_{k=1}^{K} e^{z_k}``; None for others."""
        left, horizon = relation.left, self.signature.horizon
        if not isinstance(left, Symbol) or len(left.index) != 1 or relation.operator not in DEFINING:
            return None
        if not any(isinstance(part, Sum) for part in walk(relation.right)):
            return None
        ranks = self._ranks()
        if not clashes(relation, ranks, horizon):
            return None
        steps = frozenset(letter.name for letter in left.index if isinstance(letter, Symbol))
        return next(with_left_out_step(relation, ranks, horizon, steps), None) if steps else None

    def _ranks(self) -> dict[str, frozenset[int]]:
        """The numbers of steps of all that is defined; one by its entries (``h_{t,i} = ...``) has no step for them."""
        counts: dict[str, frozenset[int]] = {}
        for known in resolved_definitions(tuple(self.definitions.values()), self.signature.horizon):
            if known is not None:
                counts[known.name] = counts.get(known.name, frozenset()) | {len(known.index)}
        return counts

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

    def _own(self, relation: Relation) -> None:
        if relation.span is not None:
            self.own[relation.span] = None

    def _is_defined(self, symbol: Symbol) -> bool:
        return self.slot(symbol) in self.definitions

    def _has(self, symbol: Symbol) -> bool:
        slot = self.slot(symbol)
        return slot in self.definitions or slot in self.abbreviations

    def _within(self, left: Symbol) -> bool:
        """Whether a literal index is one of the steps, not the one before the first or after the last (``T-1`` is)."""
        last = Symbol(self.signature.horizon)

        def inside(part: Expr) -> bool:
            match part:
                case Number(value):
                    return value >= 1
                case Add((first, Negate(Number(value)))):
                    return first == last and value >= 0
                case _:
                    return part == last

        return all(map(inside, left.index))
