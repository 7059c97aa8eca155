"""What is told beside a verdict: near names, a letter without parentheses, words that restrict nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from bpttsym.expr import Add, Relation, Sum, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Model, free_letters

CONNECTORS = frozenset("for where if when with all any each every and let".split())
"""Words beside a condition on indices that do not change what it says."""

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


def harmless(words: str) -> bool:
    """Whether words beside a condition only connect it."""
    return all(word.strip(".,:;()").casefold() in CONNECTORS for word in words.split())
