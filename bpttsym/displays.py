"""The displays of a document to scopes and entries: definitions, claims, what was not read (a part of document)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from bpttsym.asides import PARAGRAPH, Asides, supposes
from bpttsym.components import entries_of_bold
from bpttsym.conclusions import IMPLICATIONS, conclusions
from bpttsym.corners import corner_of
from bpttsym.declarations import declared_sizes
from bpttsym.displayed import Entry
from bpttsym.errors import NotRead
from bpttsym.expr import Call, Expr, Hole, Norm, Number, Relation, Span, Symbol, names, walk
from bpttsym.implied import with_steps
from bpttsym.latex import unicode_line
from bpttsym.macros import expand
from bpttsym.notation import Written, read_chain
from bpttsym.parse import Line, is_mention
from bpttsym.prose import Property
from bpttsym.records import replace
from bpttsym.scope import DEFINING, Scope
from bpttsym.shapes import SCALAR_LETTERS
from bpttsym.signature import Signature, alias_of
from bpttsym.source import Heading, Maths, Source
from bpttsym.sums import with_falling_products
from bpttsym.surface import Chain, Surface
from bpttsym.tables import CLOSES, OPENS
from bpttsym.text_cases import TextCase
from bpttsym.tokens import tokenize
from bpttsym.unit_kinds import Kinds, each_kind
from bpttsym.unsaid import with_arguments

INEQUALITIES = frozenset(("<", ">", r"\le", r"\ge"))

CORNER = "{} is taken for a one-hot vector: one of its entries is 1, the others are 0"
STEPPED = "read as {}: the step is left out where entries are summed"


class Displays:
    """Walks the displays of a document in order; a scope begins at a heading or at a new formula."""

    def __init__(self, source: Source, known: Signature, first: Scope, heads: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.signature = known
        self.heads = heads
        self.scopes = [first]
        self.place = 0  # of the scope in which the walk is
        self.asides = Asides(self.scopes)
        self.case = TextCase(source.text)
        self.entries: list[Entry] = []
        self.supposed: list[Entry] = []
        self.remarked: list[Entry] = []
        self.last: Expr | None = None
        self.written: list[Written] = []
        self.mentioned: set[str] = set()
        self.corners: list[Property] = []
        self.kinds: Kinds = {}
        self.put: dict[Expr, str] = {}  # what was not written in the chain that is being read, in words

    def run(self, read: list[tuple[Maths, list[Line]]]) -> None:
        """Take in every display, each with its lines."""
        headings = [item for item in self.source.items if isinstance(item, Heading)]
        for maths, lines in read:
            while headings and headings[0].start < maths.start:
                heading = headings.pop(0)
                self.asides.close()
                self.case.close()
                if self.scope.own or any(entry.scope == self.place for entry in self.entries[-1:]):
                    self._begin(heading.start, heading.title)
                else:
                    self.scope.title = heading.title
            if maths.inline:
                self._inline(maths, lines)
            else:
                self._display(maths, lines)
        self.asides.complete()
        self._overrule()

    @property
    def scope(self) -> Scope:
        """The scope in which the walk is."""
        return self.scopes[self.place]

    def _begin(self, start: int, title: str) -> None:
        """A new scope, which inherits everything."""
        self.scopes.append(self.scope.child(start, title))
        self.place = len(self.scopes) - 1

    def _overrule(self) -> None:
        """Recursions for which a closed definition followed become claims."""
        overruled = {span for scope in self.scopes for span in scope.overruled}
        for entry in self.entries:
            if entry.kind == "definition" and entry.relation is not None and entry.relation.span in overruled:
                entry.kind = "claim"

    def _inline(self, maths: Maths, lines: list[Line]) -> None:
        """Running text defines what is not defined yet in its section; another formula is for what stands near it."""
        if all(map(is_mention, lines)):
            self._mention(maths, lines)
            return
        last = self.last
        for line in lines:
            for relation in self._relations(line):
                if not isinstance(relation, Relation):
                    continue
                if self.scope.is_index_relation(relation) and self.case.put(relation, maths.start):
                    self._case_behind(relation)
                relation, _ = self.scope.summed(relation)
                if self._is_supposition(relation):
                    if not supposes(self.source.text, maths.start, maths.end):
                        continue
                    span = relation.span or line.span
                    self.supposed.append(Entry(maths.number, 1, span, "claim", self.place, relation))
                    continue
                relation = self.scope.upright(relation)
                self.asides.restated(relation, self.scope)
                part = self.scope.part_named(relation, self.heads)
                if part is None and self.scope.differs(relation):
                    self.asides.add(relation, self.place)
                    self._said_behind(maths)
                elif part is not None or self.scope.anew(relation, self.heads) or not self.scope.knows(relation):
                    taken = False
                    with suppress(NotRead):
                        taken = self.scope.define(part or relation)
                    if not taken:
                        self.remarked.append(Entry(maths.number, 1, line.span, "claim", self.place, relation))
        self.last = last

    def _mention(self, maths: Maths, lines: list[Line]) -> None:
        """What running text names may say what stands in parentheses behind a quantity; once is enough."""
        text = self.source.text[maths.start : maths.end]
        if text not in self.mentioned:
            if not self.source.private:
                self.mentioned.add(text)
            for line in lines:
                with suppress(NotRead):
                    assert line.chain is not None
                    read_chain(line.chain, self.signature, self.written)

    def _is_supposition(self, relation: Relation) -> bool:
        """Whether running text says how large numbers are: norms, or letters that textbooks keep for numbers."""
        if relation.operator not in INEQUALITIES or self.scope.is_index_relation(relation):
            return False
        letters = names(relation)
        sized = any(isinstance(part, Norm | Call) for part in walk(relation))
        return sized or (bool(letters) and letters <= SCALAR_LETTERS)

    def _said_behind(self, maths: Maths) -> None:
        """A formula may also be meant for the display that stands right before it, in the same paragraph."""
        for entry in self.entries[::-1]:
            if entry.equation != self.entries[-1].equation:
                break
            between = self.source.text[entry.span.end : maths.start]
            if entry.kind == "claim" and not PARAGRAPH.search(between) and self.asides.place is not None:
                entry.aside = self.asides.place

    def _case_behind(self, relation: Relation) -> None:
        """Running text puts the case of the display that stands right before it."""
        for entry in self.entries:
            if entry.equation == self.entries[-1].equation and not entry.where:
                entry.case = (relation,)

    def _display(self, maths: Maths, lines: list[Line]) -> None:
        """Take in a display, in the scope of the formula that the text before it gives if there is one."""
        before, aside = self.place, self.asides.place
        only = aside is not None and self.asides.introduces(self.source.text, maths.start)
        begin = len(self.entries)
        if only and aside is not None:
            self.place = aside
        case = self.case.before(maths.start)
        self._lines(maths, lines)
        for entry in self.entries[begin:]:
            entry.case = () if entry.where else case
        self.case.behind(maths.end, next((e.where for e in self.entries[begin:] if e.concluded), ()))
        claims = [entry for entry in self.entries[begin:] if entry.kind == "claim"]
        if only:
            self.place = before
            self.asides.used = bool(claims)
        elif aside is not None and aside == self.asides.place:
            for entry in claims:
                entry.aside = aside

    def _lines(self, maths: Maths, lines: list[Line]) -> None:
        part = 0
        begin = len(self.entries)
        row: list[Entry] = []
        for line in lines:
            row = row if line.same_row else []
            if row and not line.related:
                for entry in row:
                    entry.words = f"{entry.words} {self.source.text[line.span.start : line.span.end]}".strip()
                continue
            alias = alias_of(line.chain) if line.chain is not None else None
            if alias in self.signature.aliases:
                part += 1
                self.entries.append(Entry(maths.number, part, line.span, "definition", len(self.scopes) - 1))
                continue
            before: Expr | None = None  # the member of the chain that stands before this relation
            for conclusion in conclusions(self._relations(line), self.scope.is_index_relation):
                relation = conclusion.relation
                inside = isinstance(relation, Relation) and relation.left is before
                before = relation.right if isinstance(relation, Relation) else None
                relation, letters = self.scope.summed(relation) if isinstance(relation, Relation) else (relation, ())
                if row and isinstance(relation, Relation) and self._restricts(relation, row):
                    for entry in row:
                        entry.where = (*entry.where, relation)
                        entry.words = f"{entry.words} {line.words}".strip()
                    continue
                if row and isinstance(relation, Relation) and self._is_condition(relation, row):
                    for entry in row:
                        entry.words = f"{entry.words} {self.source.text[line.span.start : line.span.end]}".strip()
                    continue
                part += 1
                span = relation.span or line.span
                entry = Entry(maths.number, part, span, "unchecked", self.place, model=maths.model)
                entry.words, entry.where = line.words, conclusion.where
                entry.concluded, entry.summed = conclusion.concluded, letters
                self.entries.append(entry)
                row.append(entry)
                if isinstance(relation, NotRead):
                    corner = corner_of(line.chain, self.signature, len(self.source.text))
                    if corner is not None:
                        said, entry.supposes = corner
                        entry.kind, entry.told = "definition", CORNER.format(unicode_line(Symbol(said.name)))
                        self.corners.append(said)
                        continue
                    entry.failure = relation
                    entry.head, entry.mentions = self._said(maths, line.span)
                    continue
                if line.chain is not None and alias_of(line.chain) is not None:
                    entry.kind, entry.relation = "definition", relation
                    continue
                relation = self.scope.upright(relation)
                if (read := self.scope.stepped(relation)) is not relation:
                    relation, entry.told = read, STEPPED.format(unicode_line(read))
                self.asides.restated(relation, self.scope)
                part_named = self.scope.part_named(relation, self.heads)
                conflict = self.scope.conflict(relation) if part_named is None else None
                if conflict is not None and conflict.start < maths.start and not inside:
                    entry.former = self.place
                    self._begin(maths.start, self.scope.title)
                entry.scope = self.place
                entry.relation = relation
                entry.supposes = " and ".join(w for part, w in self.put.items() if part in [*walk(relation)])
                try:
                    entry.kind = "definition" if self.scope.define(part_named or relation) else "claim"
                except NotRead as error:
                    entry.relation, entry.failure = None, error
                entry.open = isinstance(relation.right, Hole)
        if part == 0:
            self._nothing(maths, lines)
        for position, entry in enumerate(self.entries[begin:]):
            words = maths.expectation
            if words and (len(words) == 1 or position < len(words)):
                entry.expected = words[0] if len(words) == 1 else words[position]

    def _restricts(self, relation: Relation, row: list[Entry]) -> bool:
        """Whether a relation of indices is a condition of what stands before it, and no count of its own."""
        counts = self.scope.counts_last(relation) and all(entry.kind == "definition" for entry in row)
        return self.scope.is_index_relation(relation) and not counts

    def _is_condition(self, relation: Relation, row: list[Entry]) -> bool:
        """Whether a relation restricts what stands before it in a way that is not judged, and defines nothing."""
        match relation:
            case Relation(Symbol(name, ()), "=", Number()) if row[-1].kind == "claim":
                return self.scope.leaves_open(name)  # ``W = 0`` behind a claim takes no size from a parameter
            case _:
                return self._is_index_set(relation)

    def _is_index_set(self, relation: Relation) -> bool:
        """``k \\in \\{1, ..., t\\}``: a range of an index that is not read."""
        left = relation.left
        steps = relation.operator == r"\in" and isinstance(left, Symbol) and left.name in self.signature.indices
        return steps and declared_sizes(relation) is None

    def _said(self, maths: Maths, span: Span) -> tuple[str, frozenset[str]]:
        """The name that a line which was not read gives a meaning, if it is one name, and the names in the line."""
        try:
            expanded = expand(self.source.text[span.start : span.end], self.source.macros(maths.start), span.start)
        except NotRead:
            return "", frozenset()
        tokens = [tok for tok in tokenize(expanded.text, expanded.place) if tok.kind != "AMP"]
        end = next((at for at, tok in enumerate(tokens) if tok.kind == "REL"), 0)
        depth, own = 0, []
        for before, tok in zip([None, *tokens], tokens[:end], strict=False):
            depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
            if depth == 0 and tok.kind not in CLOSES | {"SUB", "SUP", "PRIME"}:
                own += [] if before is not None and before.kind in {"SUB", "SUP"} else [tok]
        given = end and tokens[end].value in DEFINING and len(own) == 1 and own[0].kind == "NAME"
        return own[0].value if given else "", frozenset(tok.value for tok in tokens[end:] if tok.kind == "NAME")

    def _nothing(self, maths: Maths, lines: list[Line]) -> None:
        """A display without a relation is still counted and told."""
        span = lines[0].span if lines else Span(maths.start, maths.end)
        failure = NotRead("there is no relation here to judge", span, "two sides and a sign such as `=`")
        self.entries.append(Entry(maths.number, 1, span, "unchecked", self.place, failure=failure))

    def _without_unread(self, chain: Chain) -> Chain | None:
        """A chain of equations without the members that are not read; None if nothing is left to compare."""
        if len(chain.sides) < 3 or set(chain.relations) != {"="}:
            return None
        kept: list[Surface | None] = []
        for side in chain.sides:
            with suppress(NotRead):
                if side is not None:
                    read_chain(Chain(side.span, [side], [], []), self.signature)
                kept.append(side)
        if not 1 < len(kept) < len(chain.sides):
            return None
        count = len(kept) - 1
        return Chain(chain.span, kept, chain.relations[:count], chain.relation_spans[:count])

    def _relations(self, line: Line) -> Iterator[Relation | NotRead]:
        """The relations of a line, or why they were not read."""
        if line.chain is None:
            self.last = None
            yield line.failure or NotRead("this line is not read", line.span)
            return
        alias = alias_of(line.chain)
        if alias is not None:
            yield Relation(Symbol(alias[0]), "=", Symbol(alias[1]), span=line.span)
            return
        try:
            sides, operators = read_chain(line.chain, self.signature, self.written)
            sides = with_steps(sides, dict(self.signature.implied), self.signature)
            sides = [side and entries_of_bold(side, self.signature.unbold) for side in sides]
            every = list(each_kind(sides, self.kinds))
        except NotRead as error:
            rest = self._without_unread(line.chain)
            if rest is not None:
                yield from self._relations(replace(line, chain=rest))
            if line.chain.relations:
                self.last = None
                yield error
            return
        for sides in every:
            yield from self._of_chain(line, line.chain, sides, operators)

    def _of_chain(
        self, line: Line, chain: Chain, sides: list[Expr | None], operators: list[str]
    ) -> Iterator[Relation | NotRead]:
        """The relations between the sides of a chain."""
        arrow = sides[0] is None and bool(operators) and operators[0] in IMPLICATIONS
        if arrow:
            sides, operators = sides[1:], operators[1:]
        try:
            sides, self.put = with_arguments(
                with_falling_products(sides, self.signature.backwards), self.scope.definitions.values()
            )
        except NotRead as error:
            self.last = None
            yield error
            return
        if sides[0] is None:
            if self.last is None:
                yield NotRead("what stands before this relation was not read", line.span, "a left side")
                return
            sides[0] = self.last
        if operators:
            self.last = sides[-1]
        for position, operator in enumerate(operators):
            left, right = sides[position], sides[position + 1]
            assert left is not None and right is not None
            span = right.span or line.span
            whole = operators[position - 1] in IMPLICATIONS if position else arrow or chain.sides[0] is not None
            if whole and left.span is not None:
                span = left.span.join(span)
            yield Relation(left, operator, right, span=span)
