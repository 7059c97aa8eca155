r"""Products and sums with dots: what ``\cdots`` leaves out, where its neighbours determine it.

    \frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial h_{t-2}} \cdots \frac{\partial h_{k+1}}{\partial h_k}
    is  \prod_{t \ge i \ge k+1} \frac{\partial h_i}{\partial h_{i-1}}

The last terms before the dots and the first ones behind them must be one term at different values of one index that
goes up or down by one. If it is not plain in which direction, nothing is guessed.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Derivative,
    Direction,
    Expr,
    Multiply,
    Negate,
    Number,
    Power,
    Product,
    ProductOperator,
    Span,
    Steps,
    Sum,
    Symbol,
    Transpose,
    children,
    integer,
    names,
    shifted,
    walk,
)
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import with_children

MARK = r"\cdots"
"""The name of the symbol that stands in a tree where dots were written; no tree that is handed on holds it."""

LETTERS = ("i", "j", "l", "m", "n", "r", "s", "q", "p")
_ORDINARY = frozenset(("", r"\cdot", r"\times", "*"))
_LONGEST = 4  # factors that make one term of a product with dots
_UNCLEAR = "the terms that the dots leave out are not determined by their neighbours"


def is_dots(tree: Expr) -> bool:
    """Whether a tree stands for dots."""
    return isinstance(tree, Symbol) and tree.name == MARK


def refuse(tree: Expr) -> None:
    """Raises NotRead where dots stand in a place in which nothing can be left out."""
    for part in walk(tree):
        if is_dots(part):
            raise NotRead("dots leave out terms, which are not guessed here", part.span, "all of them")


def product(factors: Sequence[Expr], operators: Sequence[str], span: Span) -> tuple[list[Expr], list[str]]:
    """The factors and operators of a product with what its dots leave out. Raises NotRead."""
    place = _place(factors, span)
    for length in range(1, _LONGEST + 1):
        before = _groups(factors[:place], operators[: place - 1], length, last=True)
        behind = _groups(factors[place + 1 :], operators[place + 1 :], length, last=False)
        found = _sequence(before, behind) if before and behind else None
        if found is None:
            continue
        return _with_product(
            factors, operators, found, place - found.before * length, place + 1 + found.behind * length, span
        )
    found = _chain(factors[place - 1], factors[place + 1])
    if found is not None:
        return _with_product(factors, operators, found, place - found.before, place + 1 + found.behind, span)
    raise NotRead(_UNCLEAR, factors[place].span, "two factors before them, and the last one behind them")


def _with_product(
    factors: Sequence[Expr], operators: Sequence[str], found: _Sequence, first: int, end: int, span: Span
) -> tuple[list[Expr], list[str]]:
    """The factors and operators with a product in the place of those from one to another."""
    if any(operator not in _ORDINARY for operator in operators[max(first - 1, 0) : end]):
        raise NotRead("dots in a product that is no matrix product are not read", span)
    low, high = (found.first, found.last) if found.step > 0 else (found.last, found.first)
    direction: Direction = "increasing" if found.step > 0 else "decreasing"
    whole = Product(found.body, found.index, low, high, direction, listed=True, span=_hull(factors[first:end], span))
    return [*factors[:first], whole, *factors[end:]], [*operators[:first], *operators[end - 1 :]]


def total(terms: Sequence[Expr], span: Span) -> list[Expr]:
    """The terms of a sum with what its dots leave out. Raises NotRead."""
    plain = [term.body if isinstance(term, Negate) and is_dots(term.body) else term for term in terms]
    place = _place(plain, span)
    signs = [isinstance(term, Negate) for term in terms]
    found = _sequence([*terms[:place]], [*terms[place + 1 :]])
    if found is None:
        powers = _powers(terms)
        found = _sequence(powers[:place], powers[place + 1 :])
    if found is None or signs[place - 1] != signs[place] or signs[place] != signs[place + 1]:
        raise NotRead(_UNCLEAR, plain[place].span, "two terms before them, and the last one behind them")
    first, end = place - found.before, place + 1 + found.behind
    low, high = (found.first, found.last) if found.step > 0 else (found.last, found.first)
    where = _hull(terms[first:end], span)
    whole: Expr
    if isinstance(found.body, Negate):
        whole = Negate(Sum(found.body.body, found.index, low, high, span=where), span=where)
    else:
        whole = Sum(found.body, found.index, low, high, span=where)
    return [*terms[:first], whole, *terms[end:]]


def _powers(terms: Sequence[Expr]) -> list[Expr]:
    r"""The terms of ``1 + \gamma + \cdots + \gamma^T`` as powers of one letter, which may be written by the last."""
    bases = [term.base for term in terms if isinstance(term, Power)]
    bases += [term.body for term in terms if isinstance(term, Transpose) and term.letter]
    base = bases[0] if bases else None
    if not isinstance(base, Symbol) or base.index or any(other != base for other in bases):
        return [*terms]
    return [_as_power(term, base) for term in terms]


def _as_power(term: Expr, base: Symbol) -> Expr:
    match term:
        case Number(value) if value == 1 and not base.name[:1].isupper():  # beside a matrix it is no power of it
            return Power(base, integer(0), span=term.span)
        case Symbol() if term == base:
            return Power(base, integer(1), span=term.span)
        case Transpose(body) if term.letter and body == base:
            return Power(base, Symbol("T"), span=term.span)
        case _:
            return term


def steps(items: Sequence[Expr], span: Span) -> Steps:
    """The steps that a list with dots names, all in one run. Raises NotRead."""
    place = _place(items, span)
    found = _sequence([*items[:place]], [*items[place + 1 :]])
    whole = found is not None and (found.before, found.behind) == (place, len(items) - place - 1)
    if found is None or not whole or not isinstance(found.body, Symbol):
        raise NotRead(_UNCLEAR, items[place].span, "the first two steps before them, and the last one behind them")
    if found.step < 0 and not isinstance(found.last, Number):
        raise NotRead("steps that fall to a step without a number are not read", span)
    ends = (_at(found.body, found.index, end) for end in (found.first, found.last))
    return Steps(*ends, span=_hull(items, span))


def _place(parts: Sequence[Expr], span: Span) -> int:
    """Where the dots stand."""
    places = [at for at, part in enumerate(parts) if is_dots(part)]
    if len(places) > 1:
        raise NotRead(
            "dots stand twice in one product or sum", parts[places[1]].span, "one after another, in parentheses"
        )
    if places[0] == 0 or places[0] == len(parts) - 1:
        raise NotRead(_UNCLEAR, parts[places[0]].span or span, "a term on each side of the dots")
    return places[0]


def _hull(parts: Sequence[Expr], span: Span) -> Span:
    first, last = parts[0].span, parts[-1].span
    return first.join(last) if first and last else span


def _groups(factors: Sequence[Expr], operators: Sequence[str], length: int, last: bool) -> list[Expr]:
    """The factors in groups of a length, counted from the dots, each as one tree; what is left over is left out."""
    count = len(factors) // length
    start = len(factors) - count * length if last else 0
    found: list[Expr] = []
    for at in range(start, start + count * length, length):
        group = tuple(factors[at : at + length])
        between = tuple(cast(ProductOperator, one) for one in operators[at : at + length - 1])
        found.append(group[0] if length == 1 else Multiply(group, between))
    return found


@dataclass(frozen=True, slots=True)
class _Sequence:
    """A term at the values of an index: from ``first`` to ``last`` in steps of ``step``, as it is written.

    ``before`` and ``behind`` count the terms that are written out on the two sides of the dots.
    """

    body: Expr
    index: str
    first: Expr
    last: Expr
    step: int
    before: int
    behind: int


def _sequence(before: list[Expr], behind: list[Expr]) -> _Sequence | None:
    """The sequence that terms around dots belong to; None if they do not determine one."""
    left, right = before[-1], behind[0]
    pairs: list[tuple[Expr, Expr]] = []
    if not _unify(left, right, pairs) or not pairs:
        return None
    letter = next((name for name in LETTERS if name not in names(left) | names(right)), None)
    start, end = pairs[0]
    apart = [(distance(pair[0], start), distance(pair[1], end)) for pair in pairs]
    if letter is None or any(one is None or one != other for one, other in apart):
        return None
    template = _template(left, right, start, letter)
    steps = [step for step in (1, -1) if _runs(template, letter, before, behind, start, end, step) > (1, 1)]
    if not steps:
        guess = _direction(pairs)
        steps = [guess] if guess else []
    if len(steps) != 1:
        return None
    step = steps[0]
    backward = _count(template, letter, before[::-1], start, -step)
    forward = _count(template, letter, behind, end, step)
    if _goes_on(before[::-1], backward) or _goes_on(behind, forward):
        return None
    first, last = shifted(start, -step * (backward - 1)), shifted(end, step * (forward - 1))
    between = distance(end, start)
    if between is not None and between * step < 1:
        return None
    return _Sequence(template, letter, first, last, step, backward, forward)


def _chain(left: Expr, right: Expr) -> _Sequence | None:
    r"""A chain from one state to another, of which only the first link is written, or only the last.

    \frac{\partial h_T}{\partial h_{T-1}} \cdots \frac{\partial h_1}{\partial W}
    goes through  \prod_{T \ge i \ge 2} \frac{\partial h_i}{\partial h_{i-1}}
    """
    for link, other, step in ((left, right, -1), (right, left, 1)):
        match link, other:
            case (
                Derivative(Symbol(name, (high,)), Symbol(below, (low,))),
                Derivative(Symbol(same, (start,)), Symbol(end)),
            ) if name == below == same != end and distance(high, low) == 1:
                letter = next(letter for letter in LETTERS if letter not in names(link) | names(other))
                apart = distance(low, start)
                if apart is not None and apart < 1:
                    return None
                after, before = (Symbol(letter),), (shifted(Symbol(letter), -1),)
                body = replace(link, of=Symbol(name, after), by=Symbol(name, before))
                ends = (high, shifted(start, 1))
                first, last = ends if step < 0 else ends[::-1]
                return _Sequence(body, letter, first, last, step, *((1, 0) if step < 0 else (0, 1)))
            case _:
                continue
    return None


def _unify(left: Expr, right: Expr, pairs: list[tuple[Expr, Expr]]) -> bool:
    """Whether two trees differ in indices and exponents only, which are then the pairs."""
    if type(left) is not type(right) or len(children(left)) != len(children(right)):
        return False
    match left, right:
        case Symbol(name, index), Symbol(other, indices):
            if name != other:
                return False
            pairs.extend((a, b) for a, b in zip(index, indices, strict=True) if a != b)
            return True
        case Power(base, exponent), Power(other_base, other_exponent):
            if not _unify(base, other_base, pairs):
                return False
            if exponent != other_exponent:
                pairs.append((exponent, other_exponent))
            return True
        case (Sum(), _) | (Product(), _):
            return left == right
        case _:
            below, others = children(left), children(right)
            same = with_children(left, below) == with_children(right, below) if below else left == right
            return same and all(_unify(a, b, pairs) for a, b in zip(below, others, strict=True))


def _linear(index: Expr) -> tuple[str, int] | None:
    """A letter (or nothing) and a number that an index is the sum of."""
    match index:
        case Number(value) if value.denominator == 1:
            return "", int(value)
        case Symbol(name, ()):
            return name, 0
        case Add((Symbol(name, ()), Number(value))) if value.denominator == 1:
            return name, int(value)
        case Add((Symbol(name, ()), Negate(Number(value)))) if value.denominator == 1:
            return name, -int(value)
        case _:
            return None


def distance(index: Expr, other: Expr) -> int | None:
    """By how much an index is larger than another; None if that is not known."""
    first, second = _linear(index), _linear(other)
    return first[1] - second[1] if first and second and first[0] == second[0] else None


def _template(left: Expr, right: Expr, start: Expr, letter: str) -> Expr:
    """The left tree with the letter in place of the index where it differs from the right tree."""
    match left, right:
        case Symbol(name, index), Symbol(_, indices):
            moved = tuple(_moved(a, start, letter) if a != b else a for a, b in zip(index, indices, strict=True))
            return Symbol(name, moved, span=left.span)
        case Power(base, exponent), Power(other, other_exponent):
            power = _moved(exponent, start, letter) if exponent != other_exponent else exponent
            return Power(_template(base, other, start, letter), power, span=left.span)
        case (Sum(), _) | (Product(), _):
            return left
        case _:
            pairs = zip(children(left), children(right), strict=True)
            return with_children(left, tuple(_template(a, b, start, letter) for a, b in pairs))


def _moved(index: Expr, start: Expr, letter: str) -> Expr:
    offset = distance(index, start)
    assert offset is not None, "all indices that differ keep their distance"
    return shifted(Symbol(letter), offset)


def _at(template: Expr, letter: str, value: Expr) -> Expr:
    """The template at a value of its index."""
    match template:
        case Symbol(name, index):
            return Symbol(name, tuple(_at_index(part, letter, value) for part in index))
        case Power(base, exponent):
            return Power(_at(base, letter, value), _at_index(exponent, letter, value))
        case Sum() | Product():
            return template
        case _:
            return with_children(template, tuple(_at(part, letter, value) for part in children(template)))


def _at_index(index: Expr, letter: str, value: Expr) -> Expr:
    known = _linear(index)
    return shifted(value, known[1]) if known and known[0] == letter else index


def _count(template: Expr, letter: str, terms: list[Expr], value: Expr, step: int) -> int:
    """How many terms in a row are the template, from a value on in steps."""
    count = 0
    while count < len(terms) and _at(template, letter, shifted(value, step * count)) == terms[count]:
        count += 1
    return count


def _runs(
    template: Expr, letter: str, before: list[Expr], behind: list[Expr], start: Expr, end: Expr, step: int
) -> tuple[int, int]:
    runs = _count(template, letter, before[::-1], start, -step), _count(template, letter, behind, end, step)
    return max(runs), min(runs)


def _goes_on(terms: list[Expr], count: int) -> bool:
    """Whether the term next to those of a sequence is one of its kind and yet none of its values."""
    return count < len(terms) and _unify(terms[count], terms[count - 1], [])


def _direction(pairs: list[tuple[Expr, Expr]]) -> int:
    """The step that two lonely terms show: figures and letters, or ``t, t-1`` here and ``k+1, k`` there."""
    start, end = (_linear(index) for index in pairs[0])
    if start is None or end is None:
        return 0
    if start[0] == end[0]:
        return 1 if end[1] > start[1] else -1
    if not start[0] or not end[0]:
        small = start if not start[0] else end
        return 0 if small[1] > 2 else (1 if not start[0] else -1)
    offsets = [[linear[1] for side in pairs if (linear := _linear(side[at]))] for at in (0, 1)]
    falls = [max(found) == 0 and min(found) < 0 for found in offsets]
    rises = [min(found) == 0 and max(found) > 0 for found in offsets]
    if falls[0] and rises[1]:
        return -1
    return 1 if rises[0] and falls[1] else 0
