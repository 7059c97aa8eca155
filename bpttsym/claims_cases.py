"""What a check of a statement finds, and the verdict that follows from it by one rule.

A check tries a statement in several cases and returns what came of each. It holds in all cases: verified; in none:
refuted; in some: conditional, and the cases are the condition. A control is a wrong neighbour of the statement, which
must fail: if one holds, then the check cannot tell right from wrong, and nothing follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Case(NamedTuple):
    """One case: in which circumstances, whether the statement holds there, and what was measured."""

    words: str
    holds: bool
    measured: str = ""
    control: bool = False


class Finding(NamedTuple):
    """The verdict of a statement or of an equation, and why."""

    status: str
    why: str


Check = Callable[[], Iterator[Case]]


def finding(cases: Sequence[Case]) -> Finding:
    """The verdict that follows from the cases of a check."""
    tried = [case for case in cases if not case.control]
    for case in cases:
        if case.control and case.holds:
            return Finding("unchecked", f"the check cannot tell it from this, which is wrong: {_told(case)}")
    if not tried:
        return Finding("unchecked", "the check has no case")
    holding = [case for case in tried if case.holds]
    failing = [case for case in tried if not case.holds]
    controls = [case for case in cases if case.control]
    beside = f"; in contrast, {_list(controls)} fails" if controls else ""
    if not failing:
        return Finding("verified", f"{_list(holding)}{beside}")
    if not holding:
        return Finding("refuted", f"fails: {_list(failing)}{beside}")
    return Finding("conditional", f"holds: {_list(holding)}; fails: {_list(failing)}{beside}")


def _list(cases: Sequence[Case]) -> str:
    return ", ".join(_told(case) for case in cases)


def _told(case: Case) -> str:
    return f"{case.words} ({case.measured})" if case.measured else case.words


def error_words(error: float) -> str:
    """An error that is the same on every machine: within rounding, or with two figures."""
    return "within 1e-12" if error <= 1e-12 else f"off by {error:.2g}"
