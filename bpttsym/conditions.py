"""Conditions in words: under which of the readings that were tried an equation holds, and over which range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bpttsym.expr import Call, Derivative, Expr, Product, Relation, Span, Symbol, Transpose
from bpttsym.extents import free_entries
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.readings import Readings
from bpttsym.records import dataclass
from bpttsym.trial import Outcome
from bpttsym.variants import Variant

OR_ELSE = " or else "
CHOICES = (
    *("network", "model", "layout", "partial", "states", "product", "last", "shorthand"),
    *("superscript", "grouping", "jacobian", "norm"),
)
SHORTHANDS = {
    "none": "as written",
    "diagonal": "stands for its diagonal matrix",
    "row": "stands for its row",
    "rows": "multiplies each row by its entry",
}
LAYOUTS = {
    "numerator": "numerator layout (a gradient is a row)",
    "mixed": "gradients are columns, Jacobians in numerator layout",
    "denominator": "denominator layout",
}


def layout_words(layouts: frozenset[str]) -> str:
    """One layout, or what two of them have in common."""
    match sorted(layouts):
        case [one]:
            return LAYOUTS[one]
        case ["mixed", "numerator"]:
            return "Jacobians in numerator layout"
        case ["denominator", "mixed"]:
            return "gradients are columns"
        case several:
            return " or ".join(f"{layout} layout" for layout in several)


@dataclass
class Row:
    """One assignment of the choices for one relation: its outcomes over the horizons, and its proof."""

    choices: dict[str, str]
    variant: Variant
    readings: Readings
    outcomes: list[Outcome]
    method: str = ""

    @property
    def outcome(self) -> Outcome:
        """The first outcome that is no success, or the first of all."""
        return next((o for o in self.outcomes if o.kind != "holds"), self.outcomes[0])

    @property
    def only_length(self) -> int | None:
        """The one horizon at which it holds, where it fails at the next."""
        if len(self.outcomes) == 2 and self.outcomes[0].kind == "holds" and self.outcomes[1].kind != "holds":
            return self.outcomes[0].length
        return None

    @property
    def holds(self) -> bool:
        return all(o.kind == "holds" for o in self.outcomes) or self.only_length is not None


def network_words(variant: Variant) -> str:
    """The network that is supposed, in one line."""
    return ", ".join(map(unicode_line, variant.network))


def network_told(variant: Variant) -> tuple[str, ...]:
    """What is said of a supposed network under which something fails."""
    functions = dict.fromkeys(unicode_line(line.right).partition("(")[0] for line in variant.network)
    every = f"stand{'s' * (len(functions) == 1)} for every differentiable function"
    return (f"{', '.join(functions)} {every} in {network_words(variant)}",) if variant.network else ()


def network_lines(variant: Variant) -> tuple[Relation, ...]:
    """The definitions of a supposed network, with what was found of the loss of all steps."""
    known = variant.base.definitions if variant.network else ()
    totals = [d for d in known if d.span is None and d.name in variant.base.losses and not isinstance(d.body, Call)]
    return (*variant.network, *(Relation(Symbol(d.name, d.index), "=", d.body) for d in totals))


def compatible(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    return all(second.get(key, value) == value for key, value in first.items())


def merge(allowed: list[dict[str, str]], holding: list[Row]) -> list[dict[str, str]]:
    merged = [{**choice, **row.choices} for choice in allowed for row in holding if compatible(row.choices, choice)]
    return [choice for position, choice in enumerate(merged) if choice not in merged[:position]]


def conditions_of(rows: list[Row], holding: list[Row], relation: Relation) -> tuple[str, ...]:
    """The named conditions under which a relation holds; empty only if it holds under every reading.

    A choice that a row never met does not restrict it, but a model that was assumed always restricts. Where no
    list of separate conditions tells the readings that hold from those that fail, each that holds is named whole.
    """
    named: dict[str, set[str]] = {}
    found: list[str] = []
    common: list[str] = []
    for choice in CHOICES:
        options = {row.choices[choice] for row in rows if choice in row.choices}
        good = {row.choices[choice] for row in holding if choice in row.choices}
        supposed = any(row.variant.suggested or row.variant.supposed for row in rows)
        assumed = choice == "network" or (
            choice == "model" and (supposed or any(choice not in row.choices for row in rows))
        )
        if choice == "model" and any(choice not in row.choices for row in holding):
            continue
        if good and (good != options or assumed):
            named[choice] = good
            shown = good - {"recurring"} if "total" in good else good
            example = next(row.readings.examples.get(choice) for row in holding if choice in row.choices)
            words = " or ".join(_words(choice, option, example) for option in sorted(shown))
            found.append(layout_words(frozenset(shown)) if choice == "layout" else words)
            common += found[-1:] if assumed and len(options) == 1 else []
    if any(not row.holds and _fulfils(row, named) for row in rows):
        found = [*common, OR_ELSE.join(_alternatives(rows, holding))]
    steps = {row.only_length for row in holding}
    if None not in steps:
        found.append(f"{relation_horizon(holding)} = {min(step for step in steps if step is not None)}")
    return tuple(found)


def _alternatives(rows: list[Row], holding: list[Row]) -> list[str]:
    """Each reading that holds, named whole; those that differ in nothing but the layout are one."""
    groups: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in holding:
        rest = tuple(item for item in row.choices.items() if item[0] != "layout")
        groups.setdefault(rest, []).append(row)
    found = []
    for group in groups.values():
        words = describe(group[0], rows)
        one, several = LAYOUTS.get(group[0].choices.get("layout", ""), ""), {row.choices.get("layout") for row in group}
        if one and len(several) > 1:
            words = words.replace(one, layout_words(frozenset(name for name in several if name)))
        found.append(f"({words})")
    return list(dict.fromkeys(found))


def _fulfils(row: Row, named: Mapping[str, set[str]]) -> bool:
    """Whether a row meets the named conditions; a choice that it never met cannot break one, but a model can."""
    return all(row.choices.get(c, "" if c == "model" else next(iter(good))) in good for c, good in named.items())


def relation_horizon(rows: list[Row]) -> str:
    """The name of the horizon in the model of some rows."""
    return rows[0].variant.base.horizon


def _words(choice: str, option: str, example: object) -> str:
    match choice:
        case "model" | "network":
            return option
        case "layout":
            return LAYOUTS[option]
        case "last" if isinstance(example, Expr):
            name = unicode_line(example)
            return f"{name} is the last step" if option == "last" else f"{name} is any step"
        case "partial" | "states" if isinstance(example, Derivative):
            name = unicode_line(example)
            if option == "total":
                return f"{name} is the total derivative"
            where = " where it recurs on the other side" if option == "recurring" else ""
            return f"{name} is the immediate derivative{where}"
        case "shorthand" if isinstance(example, Expr):
            if option == "inner":
                return f"vectors side by side in {unicode_line(example)} are joined by their inner product"
            return f"the vector {unicode_line(example)} {SHORTHANDS[option]}"
        case "jacobian" if isinstance(example, Expr):
            part = "its entries of each row by the same row of the matrix" if option == "entries" else "all its entries"
            return f"{unicode_line(example)} stands for {part}"
        case "norm" if isinstance(example, Expr):
            return f"{unicode_line(example)} is the {option} norm"
        case "superscript":
            what = unicode_line(example.body) if isinstance(example, Transpose) else "a matrix"
            return f"the T on {what} is " + ("the number of steps" if option == "power" else "a transpose")
        case "grouping" if isinstance(example, Expr):
            first = "from the right" if option == "right" else "with the entrywise product first"
            return f"{unicode_line(example)} is multiplied " + ("as written" if option == "written" else first)
        case "product" if isinstance(example, Product):
            side = "right" if option == "increasing" else "left"
            return f"{option} product: the largest {example.index} stands on the {side}"
        case _:
            return f"{choice}: {option}"


def describe(row: Row, rows: list[Row]) -> str:
    """The choices of a row in words; only those that differ between the rows."""
    parts = []
    for choice in CHOICES:
        if choice in row.choices and len({other.choices.get(choice) for other in rows}) > 1:
            words = _words(choice, row.choices[choice], row.readings.examples.get(choice))
            parts.append(words.replace("; ", ", ") if choice == "network" else words)
    return "; ".join(part for part in parts if part) or "as written"


def result_words(row: Row) -> str:
    outcome = row.outcome
    if row.only_length is not None:
        return f"holds at {row.variant.base.horizon} = {row.only_length} only"
    match outcome.kind:
        case "holds":
            return "holds"
        case "differs":
            return "fails"
        case "impossible":
            return f"fails: {outcome.message}"
        case "vacuous":
            return f"empty: {vacuous_words(outcome)}"
        case _:
            return outcome.message


def vacuous_words(outcome: Outcome) -> str:
    part = unicode_line(outcome.part) if outcome.part is not None else "a part"
    at = ", ".join(f"{letter} = {value}" for letter, value in outcome.instance)
    return f"it holds only because {part} {outcome.message}" + (f" at {at}" if at else "")


def scope_words(outcomes: Sequence[Outcome]) -> str:
    steps = sorted({outcome.length for outcome in outcomes})
    return "T=" + ", ".join(map(str, steps))


def length_words(outcomes: Sequence[Outcome], model: Model) -> tuple[str, ...]:
    """That a number of steps that the document gives was not tried itself."""
    steps = sorted({outcome.length for outcome in outcomes})
    if model.length is None or model.length in steps:
        return ()
    tried = ", ".join(map(str, steps))
    return (f"{model.horizon} = {model.length} is long; the equation names no step of it and was tried at {tried}",)


def range_words(outcomes: Sequence[Outcome], model: Model, relation: Relation) -> str:
    """The free indices' range where it is narrower than their whole axis; empty if nothing was left out."""
    first = model.first
    length = max(outcome.length for outcome in outcomes)
    chosen = [outcome for outcome in outcomes if outcome.length == length]
    passed = [dict(instance) for outcome in chosen for instance in outcome.passed]
    skipped = [dict(instance) for outcome in chosen for instance in outcome.skipped]
    skipped = [instance for instance in skipped if first - 1 not in instance.values()]
    words: list[str] = []
    for letter in sorted({letter for instance in skipped for letter in instance} - free_entries(relation)):
        values = {instance[letter] for instance in passed}
        if not values:
            continue
        if min(values) > first:
            words.append(f"{letter} ≥ {min(values)}")
        end = model.axes.letter_end(letter, relation)
        last = model.axes.bindings(length)[end]
        if max(values) < last:
            words.append(f"{letter} < {end}" if max(values) == last - 1 else f"{letter} ≤ {end}-{last - max(values)}")
    counted = {one for instance in passed for one in instance} - free_entries(relation)
    ends = {one: model.axes.letter_end(one, relation) for one in counted}
    letters = sorted(ends)
    for one in letters:
        for other in letters:
            if (
                one != other
                and ends[one] == ends[other]
                and skipped
                and all(instance[one] <= instance[other] for instance in passed)
            ):
                words.append(f"{one} ≤ {other}")
    return "for " + ", ".join(words) if words else ""


def condition_span(rows: list[Row], conditions: tuple[str, ...], relation: Relation) -> Span | None:
    """The first part on whose meaning the truth depends."""
    if not conditions:
        return None
    for choice in ("partial", "states", "product", "shorthand"):
        for row in rows:
            example = row.readings.examples.get(choice)
            if isinstance(example, Expr) and example.span is not None:
                return example.span
    return relation.span
