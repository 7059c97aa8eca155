"""Evidence in words: how a relation was read, what came of its readings, and numbers that a student can redo."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from bpttsym.expr import Add, Expr, Relation, Symbol
from bpttsym.latex import unicode_line
from bpttsym.records import replace
from bpttsym.verdict import Verdict
from bpttsym.witness import Counterexample, Numbers

Line = tuple[str, ...]

FIGURES = 4
MOST_READINGS = 8
LONG_SUM = 160
SHAPES = "fails: shapes that do not fit"
METHODS = {
    "free ring": "both sides expanded over all paths",
    "fingerprint": "both sides compared at random points of a prime field",
    "polynomial": "both sides multiplied out",
    "joint probabilities": "both sides are the same product of joint probabilities",
    "submultiplicativity": "the norm of a product is at most the product of the norms",
}


SQUARINGS = 60
"""So many halvings leave no digit of a float open."""


def counted(number: int, word: str) -> str:
    """``1 relation``, ``2 relations``."""
    return f"{number} {word}{'s' * (number != 1)}"


def read_line(relation: Relation) -> str:
    """How a relation was read, in one line; of a long sum only the ends are shown."""
    sides = [(side, _shortened(side)) for side in (relation.left, relation.right)]
    left_out = sum(len(old.terms) - 3 for old, new in sides if isinstance(old, Add) and old is not new)
    line = unicode_line(replace(relation, left=sides[0][1], right=sides[1][1]))
    return f"{line} (⋯ stands for {counted(left_out, 'more term')})" if left_out else line


def _shortened(side: Expr) -> Expr:
    if isinstance(side, Add) and len(side.terms) > 4 and len(unicode_line(side)) > LONG_SUM:
        return Add((*side.terms[:2], Symbol("⋯"), side.terms[-1]))
    return side


def reading_rows(verdict: Verdict) -> tuple[Line, ...]:
    """The readings as rows of a table; of too many, those that fail in the same way share a row."""
    said = f": {verdict.message}" if verdict.message else ""
    rows = [(words, result.removesuffix(said).replace("empty", "vacuous", 1)) for words, result in verdict.readings]
    if len(rows) > 1 and all(result == "fails" for _, result in rows):
        named = ": " + "; ".join(words for words, _ in rows) if len(rows) <= MOST_READINGS // 2 else ""
        return ((f"{'both' if len(rows) == 2 else f'all {len(rows)}'} fail{named}",),)
    if len(rows) > MOST_READINGS:
        holding = [row for row in rows if row[1].startswith("holds")]
        failing = [(row[0], SHAPES if "×" in row[1] else row[1]) for row in rows if row not in holding]
        results = Counter(result for _, result in failing)
        rows = holding[: MOST_READINGS // 2]
        if len(holding) > len(rows):
            rows.append((counted(len(holding) - len(rows), "more reading"), "holds"))
        for result, count in results.items():
            alone = next(row for row in failing if row[1] == result)
            rows.append(alone if count == 1 else (counted(count, "reading"), result))
    return tuple((str(number), words, result) for number, (words, result) in enumerate(rows, 1))


def evidence(verdict: Verdict) -> str:
    """Who says that it is true, and how far."""
    scope = verdict.scope.replace("=", " = ")
    reading = " under this reading" if verdict.status == "conditional" else ""
    agreement = f"the numbers agree on {counted(verdict.samples, 'sample')}{_bound(verdict.max_error)}"
    if verdict.method:
        method = f"{verdict.method}: {METHODS.get(verdict.method, 'an algebraic proof')}"
        if verdict.message:
            return f"proved{reading} for {scope} ({method}); {verdict.message} in {counted(verdict.samples, 'trial')}"
        return f"proved{reading} for {scope} ({method}); {agreement}"
    if verdict.message:
        return f"{verdict.message} in {counted(verdict.samples, 'trial')} for {scope}; no proof"
    return f"no proof; {agreement}" + (f", {scope}" if scope else "")


def _bound(error: float) -> str:
    """The power of ten that a relative error stays under; one of 0 is below what is told apart."""
    return f" with a relative error below 1e{math.floor(math.log10(error)) + 1}" if error > 0 else ""


def witness_lines(witness: Counterexample, horizon: str) -> tuple[Line, ...]:
    """The values and what the two sides are; a line is the cells of a row."""
    sizes = {size for _, rows in witness.values for size in (len(rows), len(rows[0]))} - {1}
    at = [f"{letter} = {value}" for letter, value in ((horizon, witness.length), *witness.instance)]
    at.append(f"sizes {', '.join(map(str, sorted(sizes)))}" if sizes else "all sizes 1")
    lines: list[Line] = [(", ".join(at),)]
    lines += [(line,) for line in same_values([(name, matrix(rows)) for name, rows in witness.values])]
    for words in witness.functions:
        spelled = re.sub(r"\\[A-Za-z]+", lambda command: unicode_line(Symbol(command[0])), words)
        lines.append((f"taking {spelled}",))
    figures = FIGURES if matrix(witness.left) != matrix(witness.right) else 2 * FIGURES
    lines += [("left", matrix(witness.left, figures)), ("right", matrix(witness.right, figures))]
    if witness.independent is not None:
        lines.append(("central differences", matrix(witness.independent, figures)))
    if witness.note:
        lines.append((witness.note,))
    return tuple(lines)


def same_values(values: Sequence[tuple[str, str]]) -> list[str]:
    """``W = U = 1``: names that share a value share a line, and three or more steps in a row are cut short."""
    groups: dict[str, list[str]] = {}
    for name, value in values:
        groups.setdefault(value, []).append(name)
    lines = []
    for value, names in groups.items():
        steps: dict[str, list[str]] = {}
        for name in names:
            found = re.fullmatch(r"(.*)_\{\d+\}", name)
            steps.setdefault(found[1] if found else name, []).append(unicode_line(Symbol(name)))
        shown_names = [" = ".join(run if len(run) < 4 else (run[0], "⋯", run[-1])) for run in steps.values()]
        lines.append(f"{' = '.join(shown_names)} = {value}")
    return lines


def figure(value: float, figures: int = FIGURES) -> str:
    """A number that a person can type."""
    text = f"{value:.{figures}g}"
    return "0" if float(text) == 0 else text


def matrix(rows: Numbers, figures: int = FIGURES) -> str:
    """A number as itself, ``0``, ``I`` and ``2·I`` by name, a column as the transpose of a row, else row by row."""
    height, width = len(rows), len(rows[0])
    texts = [[figure(value, figures) for value in row] for row in rows]
    if height == width == 1 or all(text == "0" for row in texts for text in row):
        return texts[0][0]
    diagonal = [[texts[0][0] if i == j else "0" for j in range(width)] for i in range(height)]
    if height == width and texts == diagonal:
        return "I" if texts[0][0] == "1" else f"{texts[0][0]}·I"
    if width == 1:
        return f"[{', '.join(row[0] for row in texts)}]ᵀ"
    lines = [f"[{', '.join(row)}]" for row in texts]
    return lines[0] if height == 1 else f"[{', '.join(lines)}]"


def is_matrix(rows: Numbers) -> bool:
    return len(rows) > 1 and len(rows[0]) > 1


def spectral_norm(rows: Numbers) -> float:
    """The largest singular value: the Gram matrix squared until nothing is left but its largest eigenvalue."""
    power = _gram([*zip(*rows, strict=True)])
    logarithm = 0.0
    for share in range(1, SQUARINGS):
        largest = max(abs(entry) for row in power for entry in row)
        if largest == 0:
            return 0.0
        logarithm += math.log(largest) / 2**share
        scaled = [[entry / largest for entry in row] for row in power]
        power = _gram(scaled)
    return math.exp(logarithm)


def _gram(vectors: Sequence[Sequence[float]]) -> list[list[float]]:
    """All inner products of some vectors; the square of a symmetric matrix."""
    return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in vectors] for a in vectors]
