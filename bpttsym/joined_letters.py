r"""Two letters that are one name (a part of the notation): the step ``\Delta t``; a mark that nothing explains.

    z_{t+1} = z_t + \Delta t f(z_t)        \delta c_t = \delta h_t \odot o_t

Juxtaposition is a product everywhere else, so it is looked at before anything is read. What a mark such as ``\delta``
stands for is put in full in prefixed.py, where a document says it. Where none does, and the mark only stands before
names and begins relations with them, nothing is known of them: they are no product with a quantity ``\delta``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy

from bpttsym.census import base_name
from bpttsym.errors import NotRead
from bpttsym.expr import Span
from bpttsym.parse import Line
from bpttsym.pointwise import functions_of, with_arguments
from bpttsym.prefixed import explains, in_full, marks
from bpttsym.records import fields, replace
from bpttsym.source import Maths
from bpttsym.stacked import parted
from bpttsym.surface import Chain, Fraction, Scripted, Surface, Term, Word, everywhere
from bpttsym.weighted import STEP_SIZES

FRONT = (r"\delta", r"\Delta", "d")
"""Letters that may stand in front of a name as a part of it; an upright d is a differential."""
DEFINING = frozenset(("=", ":=", r"\equiv"))

Lines = list[tuple[Maths, list[Line]]]
"""The displays of a document with the lines of each."""
Rule = Callable[[Surface, Surface], Surface | None]
"""What stands instead of a letter and the factor behind it; None where they stay."""


def written_out(read: Lines) -> tuple[Lines, set[Span]]:
    """The lines with what they leave out, and the places of those that only say what a mark stands for."""
    parts = parted(lines for _, lines in read)
    chains = [line.chain for lines in parts for line in lines if line.chain is not None]
    known = marks(chains)
    explained = {chain.span for chain in chains if known and explains(chain)}
    functions = functions_of(in_full(chain, known) for chain in chains)
    found: Lines = []
    for (item, _), lines in zip(read, parts, strict=True):
        new: list[Line] = []
        for line in lines:
            whole = with_arguments(in_full(line.chain, known), functions) if line.chain is not None else None
            new.append(replace(line, chain=whole) if whole is not None else line)
        found.append((item, new))
    joined = iter(with_joined_letters([line for _, lines in found for line in lines]))
    return [(item, [next(joined) for _ in lines]) for item, lines in found], explained


def with_joined_letters(lines: Sequence[Line]) -> list[Line]:
    """The lines of a document with every time between two steps as one name, and without marks that say nothing."""
    read = list(lines)
    written = [_fronts(line.chain) if line.chain is not None else frozenset() for line in lines]
    for front in FRONT:
        if any(front in texts for texts in written):
            if any(size.startswith(f"{front} ") for size in STEP_SIZES):
                read = [
                    _with(line, front, _step_size) if front in texts else line
                    for line, texts in zip(read, written, strict=True)
                ]
            read = _unexplained(read, front)
    return read


def _unexplained(lines: list[Line], front: str) -> list[Line]:
    chains = [line.chain for line in lines if line.chain is not None]
    heads = any(_is_head(chain, front) for chain in chains)
    if not heads or not all(_always_in_front(chain, front) for chain in chains):
        return lines
    return [_refused(line, front) for line in lines]


def _refused(line: Line, front: str) -> Line:
    """A line in which a letter stands before a name that nothing says what it is, as not read."""
    left = next(_pairs(line.chain, front), None) if line.chain is not None else None
    if left is None:
        return line
    name = base_name(left[1])
    message, expected = f"nothing says what `{front} {name}` is", f"`{front} {name} = \\partial L/\\partial {name}`"
    return replace(line, chain=None, failure=NotRead(message, left[0].span.join(left[1].span), expected))


def _with(line: Line, front: str, rule: Rule) -> Line:
    if line.chain is None:
        return line
    chain = _rewritten(line.chain, front, rule)
    return replace(line, chain=chain) if isinstance(chain, Chain) else line


def _step_size(letter: Surface, name: Surface) -> Surface | None:
    """``\\Delta`` before the letter of the steps is the time between two of them."""
    known = isinstance(letter, Word) and isinstance(name, Word) and f"{letter.text} {name.text}" in STEP_SIZES
    return _joined(letter, name) if known else None


def _joined(letter: Surface, name: Surface) -> Surface:
    span = letter.span.join(name.span)
    assert isinstance(letter, Word)
    match name:
        case Scripted(_, Word() as base, scripts):
            return Scripted(span, Word(letter.span.join(base.span), "NAME", f"{letter.text} {base.text}"), scripts)
        case Word():
            return Word(span, "NAME", f"{letter.text} {name.text}")
        case _:
            raise TypeError(f"{type(name).__name__} is no name")


def _is_head(chain: Chain, front: str) -> bool:
    """Whether a relation says something of the letter with a name behind it."""
    match chain.sides[0]:
        case Term(_, [Word(_, _, text), name], [_, ""]) if text == front and base_name(name) and chain.relations:
            return chain.relations[0] in DEFINING
        case _:
            return False


def _ungrouped(node: Surface) -> Surface:
    items = getattr(node, "items", None)
    return items[0] if items is not None and len(items) == 1 else node


def _below(node: object) -> Iterator[Surface]:
    """The surfaces directly in a surface."""
    if isinstance(node, Surface):
        for field in fields(node):
            yield from _below_part(getattr(node, field.name))


def _below_part(part: object) -> Iterator[Surface]:
    if isinstance(part, Surface):
        yield part
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _below_part(one)


def _fronts(node: Surface) -> frozenset[str]:
    """The letters that may be a part of a name, as far as they stand anywhere."""
    return frozenset(part.text for part in everywhere(node) if isinstance(part, Word) and part.text in FRONT)


def _is_differential(node: Surface, front: str) -> bool:
    """A derivative that is written with this letter."""
    if not isinstance(node, Fraction):
        return False
    lower = _ungrouped(node.denominator)
    return isinstance(lower, Term) and isinstance(lower.factors[0], Word) and lower.factors[0].text == front


def _pairs(node: Surface, front: str) -> Iterator[tuple[Surface, Surface]]:
    """The letter and the name behind it, wherever they stand outside of differentials."""
    if isinstance(node, Term):
        for at, factor in enumerate(node.factors[:-1]):
            if isinstance(factor, Word) and factor.text == front and node.operators[at + 1] == "":
                if base_name(node.factors[at + 1]):
                    yield factor, node.factors[at + 1]
    if not _is_differential(node, front):
        for part in _below(node):
            yield from _pairs(part, front)


def _count(node: Surface, front: str) -> int:
    if _is_differential(node, front):
        return 0
    return int(isinstance(node, Word) and node.text == front) + sum(_count(part, front) for part in _below(node))


def _always_in_front(chain: Chain, front: str) -> bool:
    return _count(chain, front) == sum(1 for _ in _pairs(chain, front))


def _rewritten(node: Surface, front: str, rule: Rule) -> Surface:
    """A surface with what a rule makes of the letter and the name behind it."""
    if _is_differential(node, front):
        return node
    before = [getattr(node, field.name) for field in fields(node)]
    after = [_rewritten_part(part, front, rule) for part in before]
    if any(new is not old for new, old in zip(after, before, strict=True)):
        node = copy(node)
        for field, part in zip(fields(node), after, strict=True):
            setattr(node, field.name, part)
    own = isinstance(node, Term) and any(isinstance(one, Word) and one.text == front for one in node.factors)
    return _in_term(node, front, rule) if own and isinstance(node, Term) else node


def _rewritten_part(part: object, front: str, rule: Rule) -> object:
    if isinstance(part, Surface):
        return _rewritten(part, front, rule)
    if isinstance(part, list | tuple):
        new = [_rewritten_part(one, front, rule) for one in part]
        return type(part)(new) if any(a is not b for a, b in zip(new, part, strict=True)) else part
    return part


def _in_term(term: Term, front: str, rule: Rule) -> Surface:
    factors: list[Surface] = []
    operators: list[str] = []
    for factor, operator in zip(term.factors, term.operators, strict=True):
        letter = factors[-1] if factors and operator == "" else None
        if isinstance(letter, Word) and letter.text == front and base_name(factor):
            instead = rule(letter, factor)
            if instead is not None:
                factors[-1] = instead
                continue
        factors.append(factor)
        operators.append(operator)
    return factors[0] if len(factors) == 1 else replace(term, factors=factors, operators=operators)
