"""What the front matter of a document may declare."""

from __future__ import annotations

from collections.abc import Container, Mapping

from bpttsym.errors import UsageError
from bpttsym.model import Model
from bpttsym.records import replace

SETTINGS: dict[str, tuple[str, ...]] = {
    "T": (),
    "L": (),
    "layers": (),
    "state": ("vector", "scalar"),
    "h_0": ("free", "zero"),
    "first": ("0", "1"),
    "product": ("increasing", "decreasing"),
    "partial": ("total", "immediate"),
    "layout": ("numerator", "mixed", "denominator"),
    "model": (),
}
"""Keys of the front matter and the values each may have (any value where none are listed)."""

NUMBERS = frozenset(("T", "L", "layers"))
"""Keys whose value is a number of steps or layers."""


ALIKE = 0.8
"""How much a key resembles one of ours where it is meant to be it."""


def check_settings(settings: Mapping[str, str], shared: Container[str] = ()) -> None:
    """Raises UsageError for a key or a value that is not known.

    Among those that other programs ``shared`` with us, a key that resembles none of ours is theirs.
    """
    for key, value in settings.items():
        if key not in SETTINGS:
            import difflib

            folded = {name.casefold(): name for name in SETTINGS}
            near = [folded[one] for one in difflib.get_close_matches(key.casefold(), folded, 1, ALIKE)]
            if not near and key in shared:
                continue
            nearest = f"; the nearest is `{near[0]}`" if near else ""
            raise UsageError(f"the setting `{key}` is not known{nearest}; known are {', '.join(SETTINGS)}")
        if SETTINGS[key] and value not in SETTINGS[key]:
            raise UsageError(f"the setting `{key}: {value}` is not one of {', '.join(SETTINGS[key])}")
        if key in NUMBERS and not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) >= 1):
            raise UsageError(f"the setting `{key}: {value}` is no whole number of at least 1")


def counts(settings: Mapping[str, str]) -> dict[str, int]:
    """How far the axes other than that of the steps are counted, as far as it is declared."""
    return {key: int(settings[key]) for key in NUMBERS - {"T"} if key in settings}


def counted(model: Model, settings: Mapping[str, str]) -> Model:
    """The model with its first and last step as its definitions say, where nothing is declared."""
    said = [number for name, number in model.counts if name in model.axes.aliases]
    if said and model.length is None:
        model = replace(model, length=said[0])
    if "first" not in settings and model.axes.from_zero:
        model = replace(model, first=0)
    if model.first == 0 and any(known.shift for known in model.definitions):
        model = replace(model, definitions=tuple(replace(d, skip=max(d.skip, d.shift)) for d in model.definitions))
    return model
