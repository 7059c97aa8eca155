r"""A column of zeros with a single one and dots between: ``y_k = [0; \vdots; 1; \vdots; 0]`` says that y is one-hot."""

from __future__ import annotations

from contextlib import suppress

from bpttsym.errors import NotRead
from bpttsym.expr import Symbol
from bpttsym.kinds import ENTRY_LETTERS
from bpttsym.latex import unicode_line
from bpttsym.notation import read_chain
from bpttsym.notation_parts import BLOCKS
from bpttsym.prose import Property
from bpttsym.records import replace
from bpttsym.signature import Signature
from bpttsym.surface import Chain, Surface, Table, Word

ONE_HOT = "one-hot"


WHOLE = "{} stands for the whole of {}"


def corner_of(chain: Chain | None, known: Signature, end: int) -> tuple[Property, str] | None:
    """What a chain says of a vector that has one entry 1 and zeros else; None of any other. It counts to the end.

    With it goes what is supposed of a letter that counts entries: ``y_k`` is a number, and the column is none.
    """
    if chain is None or chain.relations not in (["="], [":="]) or not _is_corner(chain.sides[1]):
        return None
    with suppress(NotRead):
        (side,), _ = read_chain(replace(chain, sides=chain.sides[:1], relations=[], relation_spans=[]), known)
        if isinstance(side, Symbol):
            entry = any(isinstance(part, Symbol) and part.name in ENTRY_LETTERS for part in side.index)
            whole = WHOLE.format(unicode_line(side), unicode_line(Symbol(side.name))) if entry else ""
            return Property(side.name, ONE_HOT, 0, end), whole
    return None


def _is_corner(side: Surface | None) -> bool:
    if not isinstance(side, Table) or side.environment not in BLOCKS:
        return False
    cells = [cell for row in side.rows for cell in row]
    if min(len(side.rows), _width(side)) != 1 or not all(isinstance(cell, Word) for cell in cells):
        return False
    texts = [cell.text if cell.kind == "NUMBER" else cell.kind for cell in cells if isinstance(cell, Word)]
    dotted = "DOTS" in texts and set(texts) <= {"0", "1", "DOTS"}
    return dotted and texts.count("1") == 1 and "0" in texts


def _width(table: Table) -> int:
    return max(map(len, table.rows))
