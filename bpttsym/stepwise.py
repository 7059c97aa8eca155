r"""Names of losses that a document uses for two things: the loss of all steps, and a function of one step's output.

    \mathcal L(\theta) = \sum_t \mathcal L_t,    \mathcal L_t = \mathcal L(\hat y_t, y_t)

What is applied to something of a step is the function (a part of the notation).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import pairwise

from bpttsym.census import FUNCTION_LETTERS, STEPS, Census, base_name
from bpttsym.surface import Big, Chain, Fence, Scripted, Surface, Term, Word, within
from bpttsym.weighted import LOSS_LETTERS


def stepwise(node: Surface) -> set[str]:
    r"""The bare names within a node that are applied to something of a step, ``L(\hat y_t, y_t)``."""
    return {
        first.text
        for part in within(node)
        if isinstance(part, Term)
        for first, second in pairwise(part.factors)
        if isinstance(first, Word) and isinstance(second, Fence) and second.opening == "(" and names_step(second)
    }


def twofold(chains: Iterable[Chain], census: Census) -> frozenset[str]:
    """The letters of losses that stand for a number, and are given a meaning by what they are as a function."""
    numbers = census.bare | census.heads | census.differentiated
    possible = LOSS_LETTERS & numbers - FUNCTION_LETTERS
    found: set[str] = set()
    for chain in chains:
        first = chain.sides[0]
        name = base_name(first.factors[0] if isinstance(first, Term) else first) if first is not None else ""
        if name in possible:
            found |= {name} & stepwise(Chain(chain.span, [None, *chain.sides[1:]], [], []))
    return frozenset(found)


def named_step(chains: Iterable[Chain], census: Census) -> frozenset[str]:
    r"""The letters of losses that are functions, and whose values are differentiated by their step: ``\ell_t``."""
    possible = census.valued & LOSS_LETTERS & FUNCTION_LETTERS
    return frozenset(possible.intersection(set().union(*map(stepwise, chains)) if possible else ()))


def names_step(fence: Fence, letters: Container[str] = STEPS) -> bool:
    """Whether something in parentheses has the letter of a step below it."""
    scripted = (part for part in within(fence) if isinstance(part, Scripted))
    scripts = (script for part in scripted for kind, script in part.scripts if kind == "sub" and script is not None)
    return any(isinstance(word, Word) and word.text in letters for script in scripts for word in within(script))


def formulas_of_step(chain: Chain) -> frozenset[str]:
    r"""The name of which ``L(\hat y, y) = ...`` is the formula as a function: no sum over steps, and not of itself."""
    if not isinstance(chain.sides[0], Term):
        return frozenset()
    rest = list(within(Chain(chain.span, [None, *chain.sides[1:]], [], [])))
    scripts = [script for part in rest if isinstance(part, Big) for _, script in part.scripts if script is not None]
    summed = any(isinstance(word, Word) and word.text in STEPS for script in scripts for word in within(script))
    named = {part.text for part in rest if isinstance(part, Word)}
    match chain.sides[0]:
        case Term(_, [Word(_, _, name), Fence(_, "(")]) if not summed and name not in named:
            return frozenset((name,))
        case _:
            return frozenset()
