r"""Blocks with rows and cells: found among the tokens of a display, and parted into values and conditions.

Blocks that only lay out (``aligned``) vanish into rows; a table (``cases``, ``bmatrix``) becomes one token, which
holds its own tokens, so that no relation or comma in it is taken for one of the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import Span
from bpttsym.scanner import Tok
from bpttsym.surface import Condition, Surface, Table, Word

LAYOUT = frozenset(
    "gathered gather aligned align alignedat alignat split equation multline multlined eqnarray flalign math"
    " displaymath".split()
)
JOINING = frozenset(("multline", "multlined"))
"""Layout in which all rows are one equation."""

TABLES = frozenset("cases array matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix substack".split())
_SAME = {"dcases": "cases", "rcases": "cases", "subarray": "substack"}
MAXIMUM_TABLES = 8
_LOOSE = frozenset(("SEP", "GAP", "AMP", "DOT"))
OPENS = frozenset(("LBRACE", "OPEN", "NORM_OPEN"))
CLOSES = frozenset(("RBRACE", "CLOSE", "NORM_CLOSE"))

IF = frozenset(("", "if", "when", "for", "where", "in case", "whenever", "만약", "일 때", "이면", "인 경우", "경우"))
OTHERWISE = frozenset(("otherwise", "else", "elsewhere", "o.w.", "ow", "그 외", "그외", "그렇지 않으면", "아니면"))
AND, OR = frozenset(("and", "그리고", "이고")), frozenset(("or", "또는"))


def blocks(tokens: Iterable[Tok]) -> list[Tok]:
    """The tokens with each table as one TABLE token; the ends of layout become ends of rows."""
    found: list[Tok] = []
    stack: list[Tok] = []
    for tok in tokens:
        inside = stack[-1].inner if stack else found
        if tok.kind == "BEGIN":
            if not stack and tok.value.rstrip("*") in JOINING:
                found.append(Tok("JOIN", "begin", tok.start, tok.end))
            elif stack or tok.value.rstrip("*") not in LAYOUT or _braced(found):
                stack.append(Tok("BEGIN", tok.value, tok.start, tok.end))
        elif tok.kind == "END" and stack:
            begin = stack.pop()
            (stack[-1].inner if stack else found).append(_closed(begin, tok, len(stack)))
        elif tok.kind == "END":
            found += [Tok("JOIN", "end", tok.start, tok.end), Tok("ROW", "", tok.start, tok.end)]
        else:
            inside.append(tok)
    if stack:
        failure = NotRead(rf"`\begin{{{stack[0].value}}}` is never closed", stack[0].span)
        found.append(Tok("BAD", stack[0].value, stack[0].start, stack[0].end, failure=failure))
    return _one_brace(found)


def _braced(tokens: list[Tok]) -> bool:
    r"""Whether a brace that only groups the rows of what follows was opened just before (``\left\{``)."""
    return bool(tokens) and (tokens[-1].kind, tokens[-1].value) in {("OPEN", r"\{"), ("NULL", r"\left.")}


def _closed(begin: Tok, end: Tok, outside: int) -> Tok:
    name = begin.value.rstrip("*")
    name = _SAME.get(name, "array" if name in LAYOUT else name)
    table = Tok("TABLE", name, begin.start, end.end, inner=_unaligned(_one_brace(begin.inner)))
    if begin.value != end.value:
        words = rf"`\begin{{{begin.value}}}` is closed by `\end{{{end.value}}}`"
        table.failure = NotRead(words, end.span, rf"`\end{{{begin.value}}}`")
    elif outside >= MAXIMUM_TABLES:
        table.failure = LimitExceeded(f"more than {MAXIMUM_TABLES} tables stand in one another", begin.span)
    elif name not in TABLES:
        from difflib import get_close_matches

        near = get_close_matches(name, sorted(TABLES | LAYOUT), 1)
        table.failure = NotRead(f"a `{begin.value}` block is not read", table.span, f"`{near[0]}`" if near else "")
    if table.failure is not None:
        return Tok("BAD", table.value, table.start, table.end, failure=table.failure)
    return table


def _unaligned(tokens: list[Tok]) -> list[Tok]:
    """Without the marks beside a relation, which only align: ``a &= b``."""
    sides = zip(tokens, [None, *tokens], [*tokens[1:], None], strict=False)
    return [
        tok
        for tok, before, after in sides
        if tok.kind != "AMP" or not any(side is not None and side.kind == "REL" for side in (before, after))
    ]


def _one_brace(tokens: list[Tok]) -> list[Tok]:
    r"""``\left\{ \begin{array}...\end{array} \right.`` is a list of cases; other empty delimiters vanish."""
    found: list[Tok] = []
    for tok in tokens:
        if tok.kind in {"NULL", "CLOSE"} and len(found) > 1 and found[-1].kind == "TABLE":
            opening = (found[-2].kind, found[-2].value, tok.kind, tok.value)
            if opening in {("OPEN", r"\{", "NULL", r"\right."), ("NULL", r"\left.", "CLOSE", r"\{")}:
                table = found.pop()
                table.start, table.end, table.value = found.pop().start, tok.end, "cases"
                found.append(table)
                continue
        found.append(tok)
    return [tok for tok in found if tok.kind != "NULL"]


def rows_of(tokens: list[Tok]) -> list[list[list[Tok]]]:
    """Rows and cells of what stands in a table; an empty row at the end is none."""
    rows: list[list[list[Tok]]] = [[[]]]
    depth = 0
    for tok in tokens:
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if tok.kind == "ROW" and depth <= 0:
            rows.append([[]])
            depth = 0
        elif tok.kind == "AMP" and depth <= 0:
            rows[-1].append([])
        else:
            rows[-1][-1].append(tok)
    return [row for row in rows if any(row)]


def read_table(tok: Tok, read: Callable[[list[Tok]], Surface]) -> Table:
    """The table that a token holds; ``read`` reads the tokens of a cell. Raises NotRead."""
    rows = rows_of(tok.inner)
    if not rows:
        raise NotRead(f"this `{tok.value}` block is empty", tok.span)
    if tok.value == "cases":
        return Table(tok.span, "cases", tuple(_case(row, read) for row in rows))
    cells = tuple(tuple(_cell(cell, tok.span, read) for cell in row) for row in rows)
    return Table(tok.span, tok.value, cells)


def _cell(cell: list[Tok], around: Span, read: Callable[[list[Tok]], Surface]) -> Surface:
    tokens = _trimmed([tok for tok in cell if tok.kind != "GAP"])
    match tokens:
        case []:
            return Word(around, "EMPTY", "")
        case [Tok("DOTS", text) as dots]:
            return Word(dots.span, "DOTS", text)
        case _:
            return read(tokens)


def _case(row: list[list[Tok]], read: Callable[[list[Tok]], Surface]) -> tuple[Surface, ...]:
    """The value of a row, and when it is taken."""
    value, condition = _trimmed(row[0]), [tok for cell in row[1:] for tok in cell]
    if not condition:
        cut = _where_the_condition_starts(value)
        value, condition = _trimmed(value[:cut]), value[cut:]
    value = [tok for tok in value if tok.kind != "GAP"]
    if not value:
        raise NotRead("this row of cases has no value", (row[0] or condition)[0].span)
    if not condition:
        return (read(value),)
    return read(value), _condition(condition, read)


def _where_the_condition_starts(tokens: list[Tok]) -> int:
    """The first comma, gap or word that is followed by words or a relation."""
    depth = 0
    for position, tok in enumerate(tokens):
        depth += (tok.kind in OPENS) - (tok.kind in CLOSES)
        if depth == 0 and (tok.kind in {"SEP", "GAP"} or _said(tok) is not None):
            rest = tokens[position:]
            if position and any(_said(tok) is not None or tok.kind == "REL" for tok in rest):
                return position
    return len(tokens)


def _condition(tokens: list[Tok], read: Callable[[list[Tok]], Surface]) -> Condition:
    """The relations of a condition, which words and commas part."""
    tokens = _trimmed(tokens)
    while len(tokens) > 1 and (tokens[0].kind, tokens[-1].kind) == ("OPEN", "CLOSE"):
        tokens = _trimmed(tokens[1:-1])
    if not tokens:
        raise NotRead("this condition is empty", None)
    span = Span(tokens[0].start, tokens[-1].end)
    relations: list[Surface] = []
    said: list[str] = []
    for parts, group in groupby(tokens, key=lambda tok: tok.kind in {"SEP", "GAP"} or _said(tok) is not None):
        found = list(group)
        if parts:
            said += [word for tok in found if (word := _said(tok))]
        elif not any(tok.kind == "REL" for tok in found):
            raise NotRead("this is no condition", Span(found[0].start, found[-1].end), "a relation, or `otherwise`")
        else:
            relations.append(read(found))
    strange = [word for word in said if word not in IF | OTHERWISE | AND | OR]
    if strange or (said and not relations and not OTHERWISE.intersection(said)):
        raise NotRead(f"the condition `{' '.join(said)}` is not read", span, "a relation, or `otherwise`")
    if relations and OTHERWISE.intersection(said):
        raise NotRead("this row says `otherwise` and gives a condition", span)
    either = bool(OR.intersection(said))
    if either and (AND.intersection(said) or len(relations) < 2):
        raise NotRead("a condition with `or` beside `and` is not read", span)
    return Condition(span, tuple(relations), "or" if either else "and")


def _said(tok: Tok) -> str | None:
    """What a token says in words, in small letters; None for mathematics."""
    if tok.kind == "TEXT":
        return " ".join(tok.value.casefold().strip(" ,;:.()").split())
    if tok.kind == "NAME" and tok.value.startswith(r"\mathrm{"):
        word = tok.value[8:-1].casefold()
        return word if word in IF | OTHERWISE | AND | OR else None
    return None


def _trimmed(tokens: list[Tok]) -> list[Tok]:
    """Without the punctuation and gaps at both ends; a full stop that is left is a product."""
    begin, end = 0, len(tokens)
    while begin < end and tokens[begin].kind in _LOOSE:
        begin += 1
    while end > begin and tokens[end - 1].kind in _LOOSE:
        end -= 1
    for tok in tokens[begin:end]:
        if tok.kind == "DOT":
            tok.kind, tok.value = "OP", r"\cdot"
    return tokens[begin:end]
