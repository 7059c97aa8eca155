"""The table of checks by name: each computes the cases of a statement, and its name stands in the data file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

from bpttsym import claims_classes, claims_gradients, claims_layers, claims_readings, claims_torch, claims_training
from bpttsym.claims_cases import Case, Check

ROOMS: tuple[ModuleType, ...] = (
    claims_layers,
    claims_torch,
    claims_gradients,
    claims_classes,
    claims_training,
    claims_readings,
)


def _checks_of(room: ModuleType) -> dict[str, Callable[[], Iterator[Case]]]:
    """The public functions of a module that take nothing and give cases."""
    found = {}
    for name, value in vars(room).items():
        annotations = getattr(value, "__annotations__", {})
        if (
            not name.startswith("_")
            and annotations == {"return": "Iterator[Case]"}
            and value.__module__ == room.__name__
        ):
            found[name] = value
    return found


CHECKS: dict[str, Check] = {name: check for room in ROOMS for name, check in _checks_of(room).items()}
