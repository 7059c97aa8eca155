"""Networks that a test writes out in NumPy, differentiated by complex steps: no rule of differentiation is used.

What is true of such a network is known without the package, and two sides that are not equal are far apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

STEP = 1e-30
Array = Any


class Network:
    """Leaves by their keys, and in ``run`` the values that a subclass computes from them."""

    def __init__(self, leaves: Mapping[Any, Array]) -> None:
        self.leaves = dict(leaves)
        self.values = self.run({})

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        """All values, where some quantities have the given ones whatever their formula says."""
        raise NotImplementedError

    def d(self, of: Any, by: Any) -> Array:
        """The derivative, its axes those of ``of`` and then those of ``by``."""
        base = self.values[by]
        columns = []
        for place in np.ndindex(base.shape):
            moved = base.astype(complex)
            moved[place] += 1j * STEP
            columns.append(np.imag(self.run({by: moved})[of]) / STEP)
        whole = np.reshape(columns, (*base.shape, *np.shape(self.values[of])))
        return np.moveaxis(whole, range(base.ndim), range(-base.ndim, 0))


def equal(left: Array, right: Array) -> bool:
    """Whether two sides have the same numbers; what is not equal to the last figures is off by more than 1e-3."""
    gap = np.abs(np.subtract(left, right)).max()
    assert gap < 1e-9 or gap > 1e-3, gap
    return bool(gap < 1e-9)
