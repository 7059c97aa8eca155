"""What is told beside a verdict: near names, a letter without parentheses, words that restrict nothing."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from difflib import get_close_matches

from bpttsym.expr import Add, Relation, Sum, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Model, free_letters

CONNECTORS = frozenset("for where if when with all any each every and let".split())
"""Words beside a condition on indices that do not change what it says."""

QUANTIFIERS = frozenset("for all any each every and".split())
STEPS = frozenset("the time step steps timestep timesteps time-step time-steps index indices".split())
"""What is said of a letter behind a quantifier."""

REASONS = frozenset(
    "by the of from chain product sum rule rules definition linearity gradient gradients jacobian derivative"
    " derivatives backpropagation recursion recurrence".split()
)
"""Words of remarks that say why an equation holds or what it is called, and restrict nothing."""

NAME = re.compile(r"(\\?[A-Za-z]+)(?:[_^](?:\{[^{}]*\}|\w))*")
CLOSE_NAMES, ALIKE = 3, 0.6


def near_names(missing: list[str], model: Model) -> str:
    """The names of a model that are written almost like one that it does not have."""
    bare = {re.sub(r"\\[A-Za-z]+|[{}_]", "", name): name for name in sorted(set(model.arities) - set(missing))}
    letters = [re.sub(r"\\[A-Za-z]+|[{}_]", "", name) for name in missing]
    close = [near for name in letters if len(name) > 1 for near in get_close_matches(name, bare, CLOSE_NAMES, ALIKE)]
    return ", ".join(f"`{bare[name]}`" for name in dict.fromkeys(close))


def shown_names(relation: Relation, missing: Sequence[tuple[str, int]], model: Model) -> list[str]:
    """Names that a model does not have; of one that it has with other indices, how the relation writes it."""
    written = {(part.name, len(part.index)): part for part in walk(relation) if isinstance(part, Symbol)}
    known = model.arities
    shown = (unicode_line(written[one]) if one[0] in known and one in written else one[0] for one in missing)
    return list(dict.fromkeys(f"`{name}`" for name in shown))


def loose_letter(relation: Relation) -> str:
    """An index that a sum binds and that stands beside the sum in the same sum of terms too."""
    for part in walk(relation):
        if isinstance(part, Add):
            bound = {term.index for term in part.terms if isinstance(term, Sum)}
            free = {letter for term in part.terms if not isinstance(term, Sum) for letter in free_letters(term)}
            if bound & free:
                return min(bound & free)
    return ""


def harmless(words: str, named: Container[str] = frozenset(), conditioned: bool = True) -> bool:
    """Whether words behind an equation only connect its conditions, name what it holds for all of, or say why it holds.

    What is ``named`` may stand behind a quantifier; without a condition there is nothing else to connect.
    """
    said = [word.strip(".,:;()$").casefold() for word in words.split()]
    connectors = CONNECTORS if conditioned else QUANTIFIERS
    quantified = not QUANTIFIERS.isdisjoint(said)
    names = [found[1] if (found := NAME.fullmatch(word.strip(".,:;()$"))) else "" for word in words.split()]
    return all(
        not word or word in connectors | REASONS or (quantified and (word in STEPS or name in named))
        for word, name in zip(said, names, strict=True)
    )
