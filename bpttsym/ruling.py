"""What one relation of a document is, with the evidence for it: the data of a verdict (SEMANTICS 8)."""

from __future__ import annotations

from typing import Literal

from bpttsym.conditions import Row
from bpttsym.displayed import Entry
from bpttsym.errors import NotRead
from bpttsym.expr import Relation, Span
from bpttsym.latex import latex, unicode_line
from bpttsym.positions import Path
from bpttsym.records import dataclass, field, replace
from bpttsym.variants import Variant
from bpttsym.witness import Counterexample

Status = Literal["definition", "proved", "verified", "conditional", "refuted", "unchecked"]


@dataclass(frozen=True)
class Suggestion:
    """A changed equation that was judged too: ``verdict`` is its own."""

    relation: Relation
    verdict: Status
    note: str = ""
    path: Path = ()


@dataclass(frozen=True)
class Verdict:
    """What one relation of a document is, with the evidence.

    ``readings`` lists every meaning tried in words with what came of it; ``told`` says what was settled without being
    a condition, ``assumed`` what of it must be told of what is true as well; ``blame`` is the smallest span at fault.
    ``supposed`` holds the definitions of the plainest network that it may be about, where the document has none.
    """

    entry: Entry
    status: Status
    message: str = ""
    conditions: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    model: str = ""
    method: str = ""
    scope: str = ""
    samples: int = 0
    max_error: float = 0.0
    readings: tuple[tuple[str, str], ...] = ()
    counterexample: Counterexample | None = None
    suggestions: tuple[Suggestion, ...] = ()
    blame: Span | None = None
    blame_label: str = ""
    code: str = ""
    assumed: tuple[str, ...] = ()
    supposed: tuple[Relation, ...] = ()

    @property
    def latex(self) -> str:
        """The relation as LaTeX; empty where it was not read."""
        return latex(self.entry.relation) if self.entry.relation is not None else ""

    @property
    def read(self) -> str:
        """How it was read, in one line of Unicode."""
        return unicode_line(self.entry.relation) if self.entry.relation is not None else ""

    @property
    def as_expected(self) -> bool:
        """Whether the document expects exactly this; without an expectation, whether nothing is refuted."""
        if self.entry.expected is not None:
            return self.entry.expected == self.status
        return self.status != "refuted"


def of_network(variant: Variant, found: tuple[Suggestion, ...]) -> tuple[Suggestion, ...]:
    """Suggestions that hold only for a network that is supposed."""
    return tuple(replace(one, verdict="conditional") for one in found) if variant.network else found


@dataclass
class Case:
    """One relation with all the rows that were tried for it; ``reread`` are those of what else it may say, in vain."""

    entry: Entry
    relation: Relation
    rows: list[Row] = field(default_factory=list)
    reread: list[Row] = field(default_factory=list)
    failure: NotRead | None = None
