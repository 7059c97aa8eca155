r"""A derivation as a text that can be read back: its settings, the model it is about, and its steps with reasons.

One list of blocks, and a writer for each kind of text; what they print is what ``check`` reads and judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bpttsym.axes import LAYERS
from bpttsym.derivation import FORMS, Derivation, steps_words
from bpttsym.expr import Add, Call, Derivative, Expr, Relation, Symbol, add, integer, walk
from bpttsym.heads import written
from bpttsym.latex import latex, latex_pieces, unicode_line
from bpttsym.model import Model
from bpttsym.records import dataclass
from bpttsym.settings import NUMBERS
from bpttsym.source import Kind
from bpttsym.structure import Step, Words

ROW = 20
"""How wide a row of a long sum may become, counted in fractions."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; 1 is the highest level."""

    level: int
    words: Words


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text with formulas in it."""

    words: Words


@dataclass(frozen=True, slots=True)
class Display:
    """Relations that stand alone, one below the other; ``rows`` break the right side of a long sum.

    ``where`` is a condition behind the last one.
    """

    relations: tuple[Relation, ...]
    rows: tuple[int, ...] = ()
    where: Relation | None = None


Block = Heading | Paragraph | Display


def settings(model: Model) -> dict[str, str]:
    """What a text about a model has to declare, so that nothing in it is left to be read in two ways."""
    found = {"layout": "numerator"}
    if model.first != 1:
        found["first"] = str(model.first)
    if model.initial_zero:
        found["h_0"] = "zero"
    if model.scalar:
        found["state"] = "scalar"
    found |= {name: str(number) for name, number in model.counts if name in NUMBERS}
    layers = [str(end.number) for end in model.axes.ends.values() if not end.steps]
    if layers and not model.counts:
        found[LAYERS] = layers[0]  # what is derived names them one by one
    return found


def definitions(model: Model) -> Display:
    """The model as it was defined."""
    found: list[Relation] = []
    for name, formals, body in model.functions:
        found.append(Relation(Call(name, tuple(map(Symbol, formals))), "=", body))
    found += [written(definition) for definition in model.definitions]
    return Display(tuple(found))


def manuscript(wanted: Sequence[tuple[Derivation, str]]) -> list[Block]:
    """Forms of derivatives in one model: what holds for any number of steps first, then the rest."""
    model, length = wanted[0][0].model, wanted[0][0].length
    blocks: list[Block] = [Heading(1, ("The model",)), definitions(model)]
    said: set[Relation] = set()
    if general := _forms([(one, form) for one, form in wanted if not one.fixed(form)], said):
        blocks += [Heading(2, ("For any number of steps",)), *general]
    if fixed := _forms([(one, form) for one, form in wanted if one.fixed(form)], said):
        blocks += [Heading(2, (steps_title(wanted[0][0]),)), horizon(model, length), *fixed]
    return blocks


def steps_title(derivation: Derivation) -> str:
    """The heading over what is about one number of steps."""
    return f"For {steps_words(derivation)}"


def _forms(wanted: Sequence[tuple[Derivation, str]], said: set[Relation]) -> list[Block]:
    """The steps of each form under a heading, but for those that the text has said already."""
    blocks: list[Block] = []
    for derivation, form in wanted:
        new = [step for step in derivation.steps(form) if step.relation not in said]
        said.update(step.relation for step in new)
        if new:
            title = ("The derivative of ", derivation.of, " by ", derivation.by, f", {FORMS[form].title}")
            blocks.append(Heading(3, title))
        for step in new:
            blocks += [Paragraph(step.reason), display_of(step)]
    return blocks


def horizon(model: Model, length: int) -> Display:
    """The number of steps."""
    return Display((Relation(Symbol(model.horizon), "=", integer(length)),))


def display_of(step: Step) -> Display:
    """The display of one step."""
    return Display((step.relation,), step.rows, step.where)


def rows(display: Display) -> Iterator[str]:
    """The rows of a display, aligned at the relation; long sums are broken between outputs and at full rows."""
    for relation in display.relations:
        pieces = list(latex_pieces(relation.right))
        for first, last in _breaks(relation, display.rows):
            shown = "".join(pieces[first:last])
            end = rf", \quad {latex(display.where)}" if display.where and last == len(pieces) else ""
            yield (rf"&\quad{shown}" if first else f"{latex(relation.left)} &{relation.operator} {shown}") + end


def _lines(display: Display) -> Iterator[str]:
    """The rows of a display for a terminal."""
    for relation in display.relations:
        head = f"{unicode_line(relation.left)} {unicode_line(Symbol(relation.operator))} "
        terms = _terms(relation)
        for first, last in _breaks(relation, display.rows):
            shown = unicode_line(add(*terms[first:last]))
            sign = "" if shown.startswith("-") else "+ "
            end = f"    for {unicode_line(display.where)}" if display.where and last == len(terms) else ""
            yield (f"{' ' * (len(head) - 2)}{sign}{shown}" if first else f"{head}{shown}") + end


def _terms(relation: Relation) -> tuple[Expr, ...]:
    return relation.right.terms if isinstance(relation.right, Add) else (relation.right,)


def _breaks(relation: Relation, counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the rows of a right side begin and end, counted in terms."""
    terms = _terms(relation)
    start = 0
    for count in counts if sum(counts) == len(terms) else (len(terms),):
        yield from _full(terms, start, start + count)
        start += count


def _full(terms: Sequence[Expr], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where rows begin and end, so that none is wider than ROW."""
    width, first = 0, start
    for position in range(start, end):
        own = max(1, sum(isinstance(part, Derivative) for part in walk(terms[position])))
        if width and width + own > ROW:
            yield first, position
            width, first = 0, position
        width += own
    yield first, end


def display_latex(*displays: Display) -> str:
    """Displays as LaTeX in one block: one row alone, more of them aligned."""
    lines = [line for display in displays for line in rows(display)]
    if len(lines) == 1:
        return lines[0].replace("&", "", 1)
    body = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _inline(words: Words) -> str:
    return "".join(part if isinstance(part, str) else f"${latex(part)}$" for part in words)


def spoken(words: Words) -> str:
    """Words for a terminal."""
    return "".join(part if isinstance(part, str) else unicode_line(part) for part in words)


def markdown(blocks: Sequence[Block], declared: dict[str, str]) -> str:
    """The blocks as Markdown, with mathematics in fences."""
    front = "".join(f"{key}: {value}\n" for key, value in declared.items())
    return f"---\n{front}---\n\n{paragraphs(blocks, 'markdown')}"


def paragraphs(blocks: Sequence[Block], kind: Kind) -> str:
    """The blocks as a part of a Markdown or TeX document."""
    parts = []
    for block in blocks:
        match block:
            case Heading(level, words):
                title = _inline(words)
                parts.append(
                    f"\\{'sub' * (level - 1)}section{{{title}}}" if kind == "tex" else f"{'#' * level} {title}"
                )
            case Paragraph(words):
                parts.append(_sentence(words, _inline))
            case Display() if kind == "tex":
                lines = " \\\\\n".join(rows(block))
                parts.append(f"\\begin{{align*}}\n{lines}\n\\end{{align*}}")
            case Display():
                parts.append(f"```math\n{display_latex(block)}\n```")
    return "".join(f"{part}\n\n" for part in parts).removesuffix("\n")


def _sentence(words: Words, write: Callable[[Words], str]) -> str:
    """A reason as a sentence that leads to the display below it."""
    first, *rest = words
    start = first[:1].upper() + first[1:] if isinstance(first, str) else first
    return write((start, *rest)) + ":"


TEX_HEAD = r"""\documentclass{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setcounter{secnumdepth}{0}

\begin{document}

"""


def tex(blocks: Sequence[Block], declared: dict[str, str]) -> str:
    """The blocks as a TeX document that stands alone."""
    front = "".join(f"% bpttsym: {key}: {value}\n" for key, value in declared.items())
    return f"{front}{TEX_HEAD}{paragraphs(blocks, 'tex')}\n\\end{{document}}\n"


def unicode_text(blocks: Sequence[Block]) -> str:
    """The blocks as plain text for a terminal, one line for each relation."""
    parts = []
    for block in blocks:
        match block:
            case Heading(level, words):
                title = spoken(words)
                parts.append(f"{title}\n{('=' if level == 1 else '-') * len(title)}\n")
            case Paragraph(words):
                parts.append(f"{_sentence(words, spoken)}\n")
            case Display():
                parts.append("".join(f"    {line}\n" for line in _lines(block)))
    return "\n".join(parts)
