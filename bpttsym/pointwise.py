r"""What is said of a known function without its argument: ``\sigma' = \sigma(1-\sigma)``, ``|\sigma'| \le 1/4``.

The argument is put in before anything else is read: a ``\sigma`` that stands alone would be taken for a quantity.
"""

from __future__ import annotations

from collections.abc import Iterable

from bpttsym.census import BUILTIN_FUNCTIONS, FUNCTION_LETTERS
from bpttsym.naming import ARGUMENT
from bpttsym.records import replace
from bpttsym.signature import signature
from bpttsym.surface import Chain, Fence, Fraction, Root, Scripted, Sums, Surface, Term, Word

KNOWN = frozenset(BUILTIN_FUNCTIONS) | {r"\sigma"}
MATRICES = frozenset((r"\mathrm{diag}", r"\mathrm{Diag}", r"\mathrm{softmax}", r"\mathrm{Softmax}"))
BOUNDS = frozenset((r"\le", r"\ge", "<", ">"))
DIFFERENTIALS = frozenset(("d", r"\mathrm{d}", r"\partial"))


def functions_of(chains: Iterable[Chain]) -> frozenset[str]:
    """The functions of which something may be said without an argument: those that other formulas apply."""
    known = list(chains)
    rest = [chain for chain in known if _found(chain) is None]
    if len(rest) == len(known):
        return frozenset()  # nothing is said of one, so nobody asks which there are
    others = signature(rest)
    named = dict(others.aliases)
    return (KNOWN | others.functions | set(named)) - {name for name, function in named.items() if function in MATRICES}


def with_arguments(chain: Chain, functions: frozenset[str]) -> Chain:
    """A chain about a known function's derivative, with the argument of the function everywhere."""
    found = _found(chain)
    if found is None or found[0] not in functions:
        return chain
    function, variable, rest, place = found
    sides = [_applied(side, function, variable) if side is not None else None for side in chain.sides]
    sides[place] = rest
    return replace(chain, sides=sides)


def _found(chain: Chain) -> tuple[str, Word, Surface, int] | None:
    """The function of whose derivative a chain speaks, its argument, the side with it and its place.

    An equation speaks of what is on its left; a bound of any side, which may be in bars.
    """
    bound = chain.relations and set(chain.relations) <= BOUNDS
    for place, side in enumerate(chain.sides[: len(chain.sides) if bound else 1] if len(chain.sides) > 1 else ()):
        inner = side.items[0] if bound and isinstance(side, Fence) and _is_in_bars(side) else side
        found = _derivative(inner) if inner is not None else None
        if found is not None:
            rest = replace(side, items=[found[2]]) if isinstance(side, Fence) and inner is not side else found[2]
            return *found[:2], rest, place
    return None


def _is_in_bars(side: Fence) -> bool:
    return side.opening in ("|", "||") and len(side.items) == 1


def _derivative(left: Surface) -> tuple[str, Word, Surface] | None:
    """The function, the variable, and the derivative with it: of ``\\sigma'``, ``d\\sigma/dz``, ``d\\sigma/dz (z)``."""
    match left:
        case Scripted(span, Word(_, "NAME", name), [("prime", None), *_]) if _may_be_applied(name):
            variable = Word(span, "NAME", ARGUMENT)
            return name, variable, _call(left, variable)
        case Term(_, [Fraction() as fraction, Fence(_, "(", [Word(_, "NAME")])], [_, ""]):
            return _derivative(fraction)
        case Fraction(_, numerator, denominator):
            above, below = _pair(numerator), _pair(denominator)
            if above is None or below is None or not _may_be_applied(above[1].text):
                return None
            (sign, function), (_, variable) = above, below
            whole = Term(numerator.span, [sign, function, _fence(function, variable)], ["", "", ""])
            return function.text, variable, replace(left, numerator=whole)
        case _:
            return None


def _may_be_applied(name: str) -> bool:
    return name in (KNOWN | FUNCTION_LETTERS | {r"\psi"}) - MATRICES


def _pair(node: Surface) -> tuple[Word, Word] | None:
    """A differential and a name."""
    inner = node.items[0] if isinstance(node, Fence) and len(node.items) == 1 else node
    match inner:
        case Term(_, [Word(_, _, sign) as first, Word(_, "NAME") as name]) if sign in DIFFERENTIALS:
            return first, name
        case _:
            return None


def _fence(near: Surface, variable: Word) -> Fence:
    return Fence(near.span, "(", [replace(variable, span=near.span)], [])


def _call(node: Surface, variable: Word) -> Term:
    return Term(node.span, [node, _fence(node, variable)], ["", ""])


def _names(node: Surface, function: str) -> bool:
    """Whether it is the function, perhaps with a power or a prime."""
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Word) and base.text == function


def _holds(node: Surface, function: str) -> bool:
    match node:
        case Scripted(_, base):
            return _holds(base, function)
        case Fence(_, _, items) | Term(_, items) | Sums(_, _, items):
            return any(_holds(item, function) for item in items)
        case Fraction(_, above, below):
            return _holds(above, function) or _holds(below, function)
        case _:
            return _names(node, function)


def _applied(node: Surface, function: str, variable: Word) -> Surface:
    """A side with the argument behind every bare name of the function."""
    if _names(node, function):
        return _call(node, variable)
    match node:
        case Term(_, factors, operators):
            return _product(node, factors, operators, function, variable)
        case Scripted(_, base):
            return replace(node, base=_applied(base, function, variable))
        case Fence(_, _, items):
            return replace(node, items=[_applied(item, function, variable) for item in items])
        case Sums(_, _, terms):
            return replace(node, terms=[_applied(term, function, variable) for term in terms])
        case Fraction(_, above, below):
            return replace(
                node, numerator=_applied(above, function, variable), denominator=_applied(below, function, variable)
            )
        case Root(_, body):
            return replace(node, body=_applied(body, function, variable))
        case _:
            return node


def _product(node: Term, factors: list[Surface], operators: list[str], function: str, variable: Word) -> Term:
    new: list[Surface] = []
    signs: list[str] = []
    for position, (factor, operator) in enumerate(zip(factors, operators, strict=True)):
        after = factors[position + 1] if position + 1 < len(factors) and operators[position + 1] == "" else None
        called = isinstance(after, Fence) and after.opening == "(" and not _holds(after, function)
        if _names(factor, function):
            new += [factor] if called else [factor, _fence(factor, variable)]
            signs += [operator] if called else [operator, ""]
        else:
            new.append(_applied(factor, function, variable))
            signs.append(operator)
    return replace(node, factors=new, operators=signs)
