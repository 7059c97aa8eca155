"""Named choices of meaning, met lazily: a reading exists only where the evaluator meets it.

The evaluator asks; what it asked becomes the space of readings that is walked. Nothing is enumerated that no
equation needs, so the number of readings stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from bpttsym.expr import Relation
from bpttsym.records import dataclass, field

OPTIONS: dict[str, tuple[str, ...]] = {
    "layout": ("numerator", "mixed", "denominator"),
    "partial": ("total", "immediate", "recurring"),
    "product": ("increasing", "decreasing"),
    "states": ("total", "immediate"),
    "last": ("any", "last"),
    "shorthand": ("none", "diagonal", "row", "inner", "rows"),
    "superscript": ("transpose", "power"),
    "grouping": ("written", "entries", "right"),
    "jacobian": ("whole", "entries"),
    "norm": ("spectral", "Frobenius"),
}
"""Each choice and its options, the meaning as written first."""

RESORTS = (
    *(("superscript", "power"), ("superscript", "transpose"), ("grouping", "entries"), ("grouping", "right")),
    *(("jacobian", "entries"), ("norm", "Frobenius")),
)
"""Meanings that are tried only where nothing else holds, one after the other; the evaluator asks for no others."""

Assignment = Mapping[str, str]
Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class Readings:
    """Answers for one evaluation; ``met`` is what was asked, with an example of what it was asked about.

    ``where`` holds the conditions on the free indices that stand behind the equation.
    """

    fixed: Assignment
    where: tuple[Relation, ...] = ()
    met: dict[str, str] = field(default_factory=dict)
    examples: dict[str, object] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def settled(self) -> Readings:
        """The same answers, all of them fixed, for another evaluation."""
        return Readings({**self.met, **self.fixed}, self.where)

    def ask(self, choice: str, example: object = None, options: tuple[str, ...] = ()) -> str:
        """The option taken for a choice; the first one where none is fixed.

        ``options`` narrows what there is to choose from in this equation.
        """
        self.options.setdefault(choice, options or OPTIONS[choice])
        option = self.fixed.get(choice) or OPTIONS[choice][0]
        self.met.setdefault(choice, option)
        if example is not None:
            self.examples.setdefault(choice, example)
        return option


def explore(
    evaluate: Callable[[Readings], Outcome], declared: Assignment, where: tuple[Relation, ...] = ()
) -> Iterator[tuple[dict[str, str], Readings, Outcome]]:
    """Every assignment of the choices that ``evaluate`` meets, with its outcome; a declared choice is fixed."""
    stack: list[dict[str, str]] = [{}]
    seen: set[tuple[tuple[str, str], ...]] = set()
    while stack:
        assignment = stack.pop()
        readings = Readings({**assignment, **declared}, where)
        outcome = evaluate(readings)
        full = {choice: option for choice, option in readings.met.items() if choice not in declared}
        key = tuple(sorted(full.items()))
        if key not in seen:
            seen.add(key)
            yield full, readings, outcome
        for choice in full:
            if choice not in assignment:
                prefix = {name: full[name] for name in full if name in assignment}
                before = list(full)[: list(full).index(choice)]
                prefix.update({name: full[name] for name in before})
                stack.extend({**prefix, choice: option} for option in readings.options[choice][1:])
