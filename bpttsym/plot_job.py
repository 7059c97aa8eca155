"""What ``bpttsym plot`` does: words of a command line to the options of a figure, and the figure to a file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bpttsym.errors import UsageError
from bpttsym.figure_data import known
from bpttsym.figure_options import model_named, option
from bpttsym.figures import FIGURES, FigureKind, render, write_whole


def listing() -> list[str]:
    """Each figure with its sentence and its options, three lines each."""
    found: list[str] = []
    for kind in FIGURES.values():
        options = [f"{name}={_written(value)}" for name, value in kind.options.items() if name != "model"]
        file = ["[FILE|NAME]"] if "model" in kind.options else []
        found += [kind.name, f"    {kind.sentence}", f"    {' '.join([*file, *options])}"]
    return found


def _written(value: Any) -> str:
    """A default as it would be typed; nothing where the figure chooses."""
    match value:
        case None:
            return ""
        case tuple():
            return ",".join(map(_written, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def plot(name: str | None, rest: Sequence[str], output: str | None, lang: str) -> tuple[Path, list[str]]:
    """Draw a figure into a file; returns the file and any remarks. Where it raises BpttsymError, nothing is written."""
    if name is None:
        raise UsageError(f"say which figure: {', '.join(FIGURES)}")
    known("figure", name, FIGURES)
    kind = FIGURES[name]
    path = Path(output or f"{name}.png")
    ending = path.suffix.lower().removeprefix(".")
    if ending not in kind.formats:
        raise UsageError(f"`{path}` does not end in one of .{', .'.join(kind.formats)}")
    if path.is_dir() or not path.parent.is_dir():
        trouble = "it is a folder" if path.is_dir() else f"there is no folder `{path.parent}`"
        raise UsageError(f"cannot write `{path}`: {trouble}")
    options = _options(kind, rest)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        written, _ = render(name, [ending], lang=lang, **options)
    write_whole(path, written[ending])
    return path, [str(warning.message) for warning in told]


def _options(kind: FigureKind, rest: Sequence[str]) -> dict[str, Any]:
    """What stands after the name of the figure: options with their values, and a document."""

    found: dict[str, Any] = {}
    for word in rest:
        if "=" not in word:
            if "model" not in kind.options:
                raise UsageError(f"{kind.name} is no figure of a document: `{word}` is neither OPTION=VALUE nor of use")
            if "model" in found:
                raise UsageError(f"one figure is of one document, and `{word}` is a second")
            found["model"] = model_named(kind, word)
            continue
        name, value = option(kind, word)
        found[name] = value
    return found
