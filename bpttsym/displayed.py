"""What stands in the displays of a document: their lines as they are written, and each relation of them."""

from __future__ import annotations

from bpttsym.errors import NotRead
from bpttsym.expr import Relation, Span
from bpttsym.parse import Line, is_mention, read_display
from bpttsym.records import dataclass
from bpttsym.source import Maths, Source


@dataclass
class Entry:
    """One relation of a display: a definition, a claim, or something that was not read.

    ``scope`` is the number of the scope in which it stands; ``relation`` is None where nothing was read;
    ``where`` holds conditions on its indices (``t < T``) and ``words`` what else stands behind it; ``head`` is the
    name to which a relation that was not read gives a meaning, ``mentions`` are the names in it; ``concluded`` says
    that it stands behind an arrow;
    ``former`` is the number of the scope in which another formula was given to what it defines;
    ``aside`` is the scope of the formula that running text nearby gives, which may be meant as well; over the letters
    in ``summed`` it is summed without a sign; ``case`` is the case of indices that the
    text before it puts; ``told`` is how a definition was read, where that does not go without saying;
    a claim is judged on what it ``supposes``.
    """

    equation: int
    part: int
    span: Span
    kind: str
    scope: int
    relation: Relation | None = None
    failure: NotRead | None = None
    open: bool = False
    expected: str | None = None
    model: str = ""
    where: tuple[Relation, ...] = ()
    words: str = ""
    head: str = ""
    mentions: frozenset[str] = frozenset()
    concluded: bool = False
    former: int | None = None
    aside: int | None = None
    summed: tuple[str, ...] = ()
    case: tuple[Relation, ...] = ()
    told: str = ""
    supposes: str = ""


def lines_of(source: Source) -> list[tuple[Maths, list[Line]]]:
    """The formulas of a source with their lines; what running text names again and again, ``$h_t$``, is read once."""
    found: list[tuple[Maths, list[Line]]] = []
    mentions: dict[str, list[Line]] = {}
    for item in source.items:
        if isinstance(item, Maths):
            text, macros = source.maths_text(item), source.macros(item.start)
            lines = mentions.get(text) if item.inline and not macros else None
            if lines is None:
                lines = read_display(text, item.start, macros, item.environment)
                if item.inline and not macros and all(map(is_mention, lines)):
                    mentions[text] = lines
            found.append((item, lines))
    return found
