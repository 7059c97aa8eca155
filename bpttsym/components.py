r"""Which index letters count steps and which count the entries of vectors and matrices, and trees that say so.

    \hat{y}_{t,j}   W_{ij}   \sum_{j=1}^{V} y_{t,j} \log \hat{y}_{t,j}   \delta_{ij}   \mathbf{1}_{[i=j]}

A letter has one kind wherever one sum, or the equation as a whole, binds it. It counts steps by the horizon, by a
step beside it (``t-1``), or by a place that is a step of the model; it counts entries by an index more than the model
gives a name, by a matrix with two letters, or by a sum up to a number of classes. Both at once is not read.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from bpttsym.axes import LAYER_LETTERS
from bpttsym.errors import NotRead
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
    Ones,
    Product,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    integer,
    names,
    walk,
)
from bpttsym.kinds import (
    ENTRY_LETTERS,
    KRONECKER,
    ONES,
    Kind,
    Kinds,
    Mark,
    Survey,
    is_line,
    is_target,
    labelled,
    letters_in,
    letters_of_entry,
)
from bpttsym.records import replace
from bpttsym.rewriting import transform, with_children


class Rewriting(Survey):
    """Rewrites what it meets, once the kinds are known."""

    def rewrite(self, node: Expr, scope: Mapping[str, Mark]) -> Expr:
        match node:
            case Symbol() if self.is_kronecker(node):
                return self._kronecker(node, scope)
            case Symbol(name, ()) if name == ONES and name not in self.ranks:
                return Ones(span=node.span)
            case Symbol():
                return self._symbol(node, scope)
            case Add(terms):
                new = tuple(self.rewrite(term, scope) for term in terms)
                return replace(node, terms=tuple(_plain_one(term) for term in new)) if new != terms else node
            case Transpose(body):
                inner_body = self.rewrite(body, scope)
                if isinstance(inner_body, Component) and len(inner_body.index) == 2 and not is_line(inner_body.index):
                    return replace(inner_body, of=replace(node, body=inner_body.of))
                return node if inner_body is body else replace(node, body=inner_body)
            case Indicator(Relation(left, "=", right)) if is_target(left) != is_target(right):
                target, letter = (left, right) if is_target(left) else (right, left)
                return Component(self.rewrite(target, scope), (letter,), span=node.span)
            case Indicator(Relation(left, r"\ne", right) as denied) if is_target(left) != is_target(right):
                same = self.rewrite(replace(node, condition=replace(denied, operator="=")), scope)
                return Add((integer(1, node.span), Negate(same, span=node.span)), span=node.span)
            case Indicator(condition):
                return replace(node, components=self._compares_entries((condition,), scope, node))
            case Cases(values, conditions):
                new = tuple(self.rewrite(value, scope) for value in values)
                return replace(node, values=new, components=self._compares_entries(conditions, scope, node))
            case Call(arguments=arguments, index=(Symbol(letter, ()),)) if self._of_one_unit(letter, arguments, scope):
                new = tuple(self.rewrite(argument, scope) for argument in arguments)
                return replace(node, arguments=new, index=())
            case Sum() | Product():
                inner = self.enter(node, scope)
                body = self.rewrite(node.body, inner)
                changed = replace(node, body=body)
                entry = self.kinds.of(inner[node.index], node.span, node.index) == "entry"
                return replace(changed, components=entry) if isinstance(changed, Sum) else changed
            case Component(of, index):
                inside = tuple(self.rewrite(part, scope) if is_target(part) else part for part in index)
                return replace(node, of=self.rewrite(of, scope), index=inside)
            case _:
                below = children(node)
                new = tuple(self.rewrite(child, scope) for child in below)
                return with_children(node, new) if any(a is not b for a, b in zip(below, new, strict=True)) else node

    def _compares_entries(self, conditions: tuple[Expr, ...], scope: Mapping[str, Mark], node: Expr) -> bool:
        names = {name for condition in conditions for name in letters_in(condition)}
        return {self._kind(name, scope, node) for name in names} == {"entry"}

    def _kind(self, name: str, scope: Mapping[str, Mark], node: Expr) -> Kind:
        if name == self.horizon:
            return "step"
        return self.kinds.of(self.letter(name, scope), node.span, name)

    def _of_one_unit(self, letter: str, arguments: tuple[Expr, ...], scope: Mapping[str, Mark]) -> bool:
        r"""Whether a function has the letter of the entry that it is applied to, ``f_k(s_k)``: one function of all.

        Raises NotRead where it has another one.
        """
        if self.kinds.of(self.letter(letter, scope)) != "entry":
            return False
        symbols = [part for argument in arguments for part in walk(argument) if isinstance(part, Symbol)]
        found = {name for part in symbols for index in part.index for name in letters_in(index)}
        found |= {name for part in symbols for name in letters_of_entry(part)}
        if {name for name in found if self.kinds.of(self.letter(name, scope)) == "entry"} != {letter}:
            words = f"a function of its own for each entry `{letter}`, applied to another one, is not read"
            raise NotRead(words, arguments[0].span)
        return True

    def _kronecker(self, node: Symbol, scope: Mapping[str, Mark]) -> Expr:
        found = labelled(node)
        left, right = (Symbol(found[1][0]), Symbol(found[1][1])) if found else node.index
        kinds = {self._kind(name, scope, node) for side in (left, right) for name in letters_in(side)}
        return Indicator(Relation(left, "=", right, span=node.span), components="entry" in kinds, span=node.span)

    def _symbol(self, node: Symbol, scope: Mapping[str, Mark]) -> Expr:
        if is_line(node.index):
            return Component(replace(node, index=node.index[:-2]), node.index[-2:], span=node.span)
        entry = self.entry_letters(node)
        if entry is not None:
            for letter in entry[1]:
                self._kind(letter, scope, node)
            return Component(replace(node, name=entry[0]), tuple(map(Symbol, entry[1])), span=node.span)
        counting = []
        for position, part in enumerate(node.index):
            place = self._place(node.name, len(node.index), position)
            shown = part.name if isinstance(part, Symbol) else ""
            if self.kinds.of(place, node.span, shown) == "entry":
                counting.append(position)
        if not counting:
            return node
        index = tuple(part for position, part in enumerate(node.index) if position not in counting)
        entries = tuple(self.rewrite(node.index[position], scope) for position in counting)
        return Component(Symbol(node.name, index, span=node.span), entries, span=node.span)


def _plain_one(term: Expr) -> Expr:
    r"""In a sum ``\mathbf{1}`` is a one for every entry, as a 1 beside a vector is."""
    match term:
        case Ones():
            return integer(1, term.span)
        case Negate(Ones()):
            return Negate(integer(1, term.span), span=term.span)
        case _:
            return term


def has_components(expr: Expr) -> bool:
    """Whether an entry of a vector or a matrix, or a sum over entries, stands anywhere inside."""
    return any(
        isinstance(part, Component | Entries | Indicator | Cases) or (isinstance(part, Sum) and part.components)
        for part in walk(expr)
    )


def entries_of_bold(expr: Expr, unbold: Mapping[str, str]) -> Expr:
    r"""An expression in which the entries of a bold vector have its name: ``h_i^{(t)}`` of ``\mathbf{h}``."""
    if not unbold:
        return expr

    def change(node: Expr) -> Expr:
        if not isinstance(node, Symbol) or node.name not in unbold or not node.index:
            return node
        counted = {name for part in node.index if isinstance(part, Symbol) for name in letters_in(part)}
        return replace(node, name=unbold[node.name]) if counted & (ENTRY_LETTERS - {STEP}) else node

    return transform(expr, change)


def in_order(expr: Expr, steps: frozenset[str], ranks: Mapping[str, frozenset[int]]) -> Expr:
    r"""Indices with the step first: in ``h_i^{(t)}`` the subscript was read before the superscript.

    ``steps`` are letters that name steps. A name is turned only if one of them stands last wherever it has two indices.
    """

    def turned(node: Symbol) -> bool:
        first, last = node.index
        counted = letters_in(first) if not is_target(first) else set()
        return bool(letters_in(last) & steps) and not counted & steps and (is_target(first) or bool(counted))

    expr = transform(expr, partial(_layer_before_entry, ranks))
    pairs = [part for part in walk(expr) if isinstance(part, Symbol) and len(part.index) == 2]
    kept = {part.name for part in pairs if 2 in ranks.get(part.name, ()) or not turned(part)}
    if all(part.name in kept for part in pairs):
        return expr

    def change(node: Expr) -> Expr:
        if isinstance(node, Symbol) and len(node.index) == 2 and node.name not in kept:
            return replace(node, index=node.index[::-1])
        return node

    return transform(expr, change)


def _layer_before_entry(ranks: Mapping[str, frozenset[int]], node: Expr) -> Expr:
    """``h_{t,i}^{(l)}`` with its layer behind its step: the letter of the entry stands last."""
    if not isinstance(node, Symbol) or len(node.index) != 3 or 2 not in ranks.get(node.name, ()):
        return node
    step, entry, layer = node.index
    counted = isinstance(entry, Symbol) and entry.name in ENTRY_LETTERS - LAYER_LETTERS
    above = isinstance(layer, Number) or bool(letters_in(layer) & LAYER_LETTERS)
    return replace(node, index=(step, layer, entry)) if counted and above else node


def resolved(
    relation: Relation,
    ranks: Mapping[str, frozenset[int]],
    horizon: str,
    steps: frozenset[str] = frozenset(),
    lasts: frozenset[str] = frozenset(),
) -> Relation:
    """A relation in which every index is a step or an entry; ``ranks`` are the numbers of steps of known names.

    ``lasts`` are names of last steps. Raises NotRead where a letter is both.
    """
    kinds = Kinds()
    read = in_order(relation, steps, ranks)
    assert isinstance(read, Relation)
    walker = Rewriting(0, ranks, horizon, kinds, steps=steps, lasts=lasts)
    relation = read
    walker.prepare(relation)
    walker.look(relation, {})
    walker.counter = 0
    left, right = (walker.rewrite(side, {}) for side in (relation.left, relation.right))
    if left is relation.left and right is relation.right:
        return relation
    return replace(relation, left=left, right=right)


def of_small_letters(relation: Relation, known: Container[str]) -> tuple[str, Relation] | None:
    """The relation whose ``z_k``, where only ``Z`` is known, is an entry of it, and in words what was; else None."""
    found: dict[Symbol, Symbol] = {}

    def change(node: Expr) -> Expr:
        if not isinstance(node, Symbol) or len(node.index) != 1 or node.name in known:
            return node
        capital = node.name.upper()
        if len(node.name) != 1 or capital == node.name or capital not in known:
            return node
        found[Symbol(node.name)] = Symbol(capital)
        return replace(node, name=capital)

    read = transform(relation, change)
    if not found or not isinstance(read, Relation):
        return None
    return " and ".join(f"the entries of {large.name} are written {small.name}" for small, large in found.items()), read


STEP = "t"
OTHER_STEPS = (r"\tau", "s", "n")
"""Letters for the step that is left out where the usual one counts entries."""


def compared_letters(roots: Iterable[Expr]) -> set[str]:
    r"""The letters that are compared with another in cases, indicators and conditions: ``t = k``, ``t \ne k``."""
    found: set[str] = set()
    for part in (part for root in roots for part in walk(root)):
        match part:
            case Relation(Symbol(one, ()), "=" | r"\ne", Symbol(other, ())):
                found |= {one, other}
            case Symbol() if part.name == KRONECKER or (labelled(part) or ("",))[0] == KRONECKER:
                letters = labelled(part)
                found |= set(letters[1]) if letters else {one for index in part.index for one in letters_in(index)}
    return found


def with_left_out_step(
    relation: Relation,
    ranks: Mapping[str, frozenset[int]],
    horizon: str,
    steps: frozenset[str],
    lasts: frozenset[str] = frozenset(),
    where: tuple[Relation, ...] = (),
) -> Iterator[Relation]:
    r"""A relation that leaves the step out, ``\partial\hat{y}_i/\partial o_j``, with its step and its entries.

    None where a letter is a step for sure, or where nothing can have been left out. Nor where a quantity would be
    differentiated by an entry of itself. Letters that the relation, or its conditions ``where``, compare may count
    entries though elsewhere they count steps (SEMANTICS 4); ``\partial\hat{y}_t/\partial z_t`` may be the whole then.
    """
    step = min(steps) if len(steps) == 1 else STEP
    counting = compared_letters((relation, *where)) - {horizon}
    if step in counting:
        taken = names(relation) | steps
        step = next(letter for letter in OTHER_STEPS if letter not in taken)
    steps -= counting

    def change(node: Expr) -> Expr:
        if isinstance(node, Symbol) and len(node.index) == 1 and ranks.get(node.name) == frozenset((1,)):
            letter = node.index[0]
            if isinstance(letter, Symbol) and not letter.index and letter.name not in {*steps, step, horizon}:
                return replace(node, index=(Symbol(step), letter))
        return node

    def whole(node: Expr) -> Expr:
        match node:
            case Derivative(Symbol(_, (Symbol(letter, ()),)) as of, Symbol(_, (Symbol(other, ()),)) as by):
                if letter == other and letter in counting:
                    return replace(node, of=replace(of, index=(Symbol(step),)), by=replace(by, index=(Symbol(step),)))
        return node

    for start in dict.fromkeys((relation, transform(relation, whole))):
        changed = transform(start, change)
        if changed == relation or not isinstance(changed, Relation):
            continue
        if any(isinstance(part, Derivative) and _by_itself(part) for part in walk(changed)):
            continue
        with suppress(NotRead):
            read = resolved(changed, ranks, horizon, steps, lasts)
            left = (part for part in walk(read) if isinstance(part, Symbol) and len(part.index) == 2)
            if all(2 in ranks.get(part.name, ()) for part in left):
                yield read


def _by_itself(derivative: Derivative) -> bool:
    """Whether a whole is differentiated by an entry of it, or an entry by its whole."""
    match derivative.of, derivative.by:
        case Symbol(name, index), Symbol(other, by):
            return name == other and len(index) != len(by) and index[:1] == by[:1]
        case _:
            return False


def clashes(relation: Relation, ranks: Mapping[str, frozenset[int]], horizon: str) -> bool:
    r"""Whether a formula has an index that is a step and an entry: ``\hat{y}_t = e^{z_t} / \sum_{k=1}^{K} e^{z_k}``."""
    try:
        resolved(relation, ranks, horizon)
    except NotRead:
        return True
    return False


def says_again(relation: Relation, ranks: Mapping[str, frozenset[int]], horizon: str) -> bool:
    """Whether a relation gives by its entries what the model has as a whole (``h_{t,i} = ...`` after ``h_t = ...``).

    So does one whose indices do not go together: of more indices than the model gives it can define nothing.
    """
    left = relation.left
    if not isinstance(left, Symbol) or not any(count < len(left.index) for count in ranks.get(left.name, ())):
        return False
    try:
        read = resolved(relation, ranks, horizon)
    except NotRead:
        return True
    used = [part for part in walk(read.right) if isinstance(part, Symbol) and part.name in ranks]
    if any(len(part.index) > max(ranks[part.name], default=0) for part in used):
        return True
    return isinstance(read.left, Component) and has_components(read.right)
