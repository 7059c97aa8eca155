"""How far two arrays of samples differ (a part of the world of numbers)."""

from __future__ import annotations

from math import isfinite

import numpy as np

from bpttsym.expr import Derivative, Expr, walk
from bpttsym.leaves import Array
from bpttsym.world import RELATIVE, CannotSay

ROUGH = 1e-9
"""The absolute floor where a relation holds the derivative of a derivative."""

ABSOLUTE = 1e-13


LARGEST = np.maximum.reduce


class Samples:
    """Compares values that are arrays (samples, rows, columns)."""

    _compared: tuple[Array | None, Array | None, Expr | None, list[float]] = (None, None, None, [])

    def is_zero(self, value: Array) -> bool:
        if value.size and abs(value.item(0)) > ABSOLUTE:  # as almost always
            return False
        return not np.count_nonzero(np.abs(value) > ABSOLUTE)

    def difference(self, first: Array, second: Array, relation: Expr | None = None) -> tuple[float, int]:
        """The largest relative difference over the samples, and the sample where it is.

        Differences below the absolute floor count as zero; a sample without a value (a logarithm of a
        negative number) says nothing. Raises CannotSay where no sample has a value.
        """
        relative = self._differences(first, second, relation)
        worst = max(relative)
        return worst, relative.index(worst)

    def agree_elsewhere(self, first: Array, second: Array, relation: Expr) -> bool:
        """Whether most samples agree: then one that does not may only be beyond what floats tell (a saturated unit)."""
        relative = sorted(self._differences(first, second, relation))
        half = len(relative) // 2
        return (relative[half] + relative[-1 - half]) / 2 <= RELATIVE

    def _differences(self, first: Array, second: Array, relation: Expr | None) -> list[float]:
        """The relative difference of each sample, -1 for one without a value; kept for the sides asked about last."""
        a, b, about, found = self._compared
        if first is not a or second is not b or relation is not about:
            found = _relative(first, second, relation)
            self._compared = first, second, relation, found
        return found


def _relative(first: Array, second: Array, relation: Expr | None) -> list[float]:
    floor = ABSOLUTE
    with np.errstate(all="ignore"):
        gaps = np.abs(first - second)
        if LARGEST(gaps, axis=None) <= floor:  # false where one of them has no value
            return [0.0]
        gap = LARGEST(gaps, axis=(-2, -1))
        size = np.maximum(LARGEST(np.abs(first), axis=(-2, -1)), LARGEST(np.abs(second), axis=(-2, -1)))
        between = relation is not None and ((gap > ABSOLUTE) & (gap <= ROUGH)).any()
        if between and relation is not None and has_nested(relation):
            floor = ROUGH
        relative = np.where(gap <= floor, 0.0, gap / np.maximum(size, ABSOLUTE)).ravel().tolist()
    if not any(map(isfinite, relative)):
        raise CannotSay("no sample has a value", relation.span if relation is not None else None)
    return [one if isfinite(one) else -1.0 for one in relative]


def has_nested(relation: Expr) -> bool:
    """Whether a derivative of a derivative stands inside."""
    outer = (part for part in walk(relation) if isinstance(part, Derivative))
    return any(isinstance(part, Derivative) for one in outer for part in walk(one.of))
