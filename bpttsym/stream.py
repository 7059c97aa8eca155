"""Expansions too long to be held: proved in a first pass over their terms, and printed in a second, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bpttsym.derivation import FORMS, Derivation, paths_reason
from bpttsym.expansion import expanded_groups, numbered
from bpttsym.expr import Derivative, Expr, Multiply, Negate, Relation, Symbol, multiply
from bpttsym.ground import Ground
from bpttsym.latex import latex, unicode_line
from bpttsym.manuscript import (
    ROW,
    Block,
    Display,
    Heading,
    Paragraph,
    definitions,
    horizon,
    markdown,
    settings,
    steps_title,
    tex,
    unicode_text,
)
from bpttsym.path_sum import PathSum
from bpttsym.records import replace
from bpttsym.structure import NotDerived

MARK = "EXPANSION"


def prover(ground: Ground, left: Derivative) -> PathSum:
    """A proof for a sum of many terms, whose numbers are NumPy's and kept small."""
    from bpttsym.numeric import NumericWorld

    numbers = NumericWorld(ground.graph, ground.shapes, samples=3)
    return PathSum(ground, left, numbers, numbers._perturbed.clear)  # each holds a value of every node


def prove(derivation: Derivation) -> PathSum:
    """Show that the terms are the paths of the graph; raises NoPathSum."""
    structure = derivation.structure
    of, by = numbered(structure, derivation.of), numbered(structure, derivation.by)
    proof = prover(structure.ground, structure.whole(of, by))
    for group in expanded_groups(structure, of, by):
        for term in group:
            proof.take(term)
    proof.finish()
    return proof


class Printer:
    """Prints products of factors that come again and again: a factor by what it adds to the one before it."""

    def __init__(self, write: Callable[[Expr], str]) -> None:
        self.write = write
        self._first: dict[int, str] = {}
        self._next: dict[tuple[int, int], str] = {}
        self._kept: list[Expr] = []  # what has an entry keeps its identity
        self._factors: tuple[Expr, ...] = ()  # of the term before, whose beginning often comes again
        self._texts: list[str] = []

    def text(self, term: Expr) -> str:
        """The text of a term, the same as of the printer that is asked."""
        if not isinstance(term, Multiply) or any(term.operators):
            return self.write(term)
        shared = len(self._factors) - 1
        if shared < 1 or term.factors[:shared] != self._factors[:shared]:
            shared = 1
            first = term.factors[0]
            self._texts = [self._first.get(id(first)) or self._begin(first)]
        del self._texts[shared:]
        before = term.factors[shared - 1]
        for factor in term.factors[shared:]:
            self._texts.append(self._next.get((id(before), id(factor))) or self._add(before, factor))
            before = factor
        self._factors = term.factors
        return "".join(self._texts)

    def _begin(self, factor: Expr) -> str:
        self._kept.append(factor)
        self._first[id(factor)] = self.write(factor)
        return self._first[id(factor)]

    def _add(self, before: Expr, factor: Expr) -> str:
        self._kept += (before, factor)
        self._next[id(before), id(factor)] = self.write(multiply(before, factor)).removeprefix(self.write(before))
        return self._next[id(before), id(factor)]


def rows(derivation: Derivation, write: Callable[[Expr], str], new_row: str) -> Iterator[str]:
    """The terms with their signs, a new row for each output and wherever a row is full."""
    printer = Printer(write)
    begun = False
    for group in expanded_groups(derivation.structure, derivation.of, derivation.by):
        width = 0
        for number, term in enumerate(group):
            body = term.body if isinstance(term, Negate) else term
            text = printer.text(body)
            if number == 0 and text != write(body):
                raise AssertionError("the printer of long products differs from the printer of trees")
            own = len(body.factors) if isinstance(body, Multiply) else 1
            full = begun and (number == 0 or width + own > ROW)
            width = own if full else width + own
            sign = "-" if body is not term else "+" if begun else ""
            yield f"{new_row if full else ''}{f' {sign} ' if begun else sign}{text}"
            begun = True


def document(derivation: Derivation, kind: str) -> Iterator[str]:
    """The expanded form as a document in pieces; ``kind`` is ``tex``, ``markdown`` or ``unicode``."""
    structure = derivation.structure
    of, by = numbered(structure, derivation.of), numbered(structure, derivation.by)
    derivation = replace(derivation, of=of, by=by)
    if any(isinstance(part, Symbol) for part in by.index):
        raise NotDerived(f"a long expansion is by one quantity; give `{by.name}` one step")
    title = ("The derivative of ", derivation.of, " by ", by, f", {FORMS['expanded'].title}")
    shown = Relation(derivation.left, "=", Symbol(MARK))
    blocks: list[Block] = [
        *(Heading(1, ("The model",)), definitions(derivation.model)),
        *(Heading(2, (steps_title(derivation),)), horizon(derivation.model, derivation.length)),
        *(Heading(3, title), Paragraph(paths_reason(derivation, by)), Display((shown,))),
    ]
    declared = settings(derivation.model)
    if kind == "unicode":
        head, tail = unicode_text(blocks).split(MARK)
        yield head
        yield from rows(derivation, unicode_line, "\n     ")
    else:
        head, tail = (tex if kind == "tex" else markdown)(blocks, declared).split(MARK)
        left = latex(derivation.left)
        before, after = ("", "") if kind == "tex" else ("\\begin{aligned}\n", "\n\\end{aligned}")
        yield f"{head[: head.rindex(left)]}{before}{left} &= "
        yield from rows(derivation, latex, " \\\\\n&\\quad")
        yield after
    yield tail
