"""What a check of a statement finds, and the verdict that follows from it by one rule.

A check tries a statement in several cases and returns what came of each. It holds in all cases: verified; in none:
refuted; in some: conditional, and the cases are the condition. A check also tries neighbours of the statement that
must fail, and that must hold: if one does not, the check cannot tell right from wrong, and nothing follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

Role = Literal["case", "wrong", "right"]


class Case(NamedTuple):
    """One case: in which circumstances, whether the statement holds there, and what was measured.

    ``role`` is ``wrong`` or ``right`` for a neighbour of the statement that must fail or hold.
    """

    words: str
    holds: bool
    measured: str = ""
    role: Role = "case"


class Finding(NamedTuple):
    """The verdict of a statement or of an equation, and why."""

    status: str
    why: str


Check = Callable[[], Iterator[Case]]


def finding(cases: Sequence[Case]) -> Finding:
    """The verdict that follows from the cases of a check."""
    tried = [case for case in cases if case.role == "case"]
    for case in cases:
        if case.role == "wrong" and case.holds:
            return Finding("unchecked", f"the check does not see that this is wrong: {_told(case)}")
        if case.role == "right" and not case.holds:
            return Finding("unchecked", f"the check does not see that this is right: {_told(case)}")
    if not tried:
        return Finding("unchecked", "the check has no case")
    holding = [case for case in tried if case.holds]
    failing = [case for case in tried if not case.holds]
    words = {"wrong": "fails", "right": "holds"}
    beside = "".join(f"; in contrast, {_told(case)} {words[case.role]}" for case in cases if case.role != "case")
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
    if error == float("inf"):
        return "another shape"
    return "within 1e-12" if error <= 1e-12 else f"off by {error:.2g}"
