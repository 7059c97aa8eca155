"""Figures that documents name, by a comment before an image: ``<!-- figure: KIND OPTION=VALUE ... -->``.

The image names the file, in the folder ``figures`` of the output; a model is that of the document at the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from bpttsym.document import Document
from bpttsym.errors import UsageError
from bpttsym.model import Model
from bpttsym.records import dataclass

NAMED = re.compile(r"<!--\s*figure:(?P<words>[^>]*?)-->\s*(?:!\[[^\]]*\]\((?P<file>[^)\s]*)\))?")
FORMATS = ("svg", "png", "pdf")


@dataclass(frozen=True)
class Named:
    """A figure of a document: what is drawn, and into which file."""

    stem: str
    ending: str
    kind: str
    options: tuple[tuple[str, Any], ...]
    model: Model | None = None

    @property
    def wishes(self) -> dict[str, Any]:
        """What the figure is asked for."""
        return dict(self.options) | ({} if self.model is None else {"model": self.model})


def named(document: Document) -> Iterator[Named]:
    """The figures of a document, in their order; raises UsageError for one that cannot be drawn."""
    found = NAMED.finditer(document.source.text)
    yield from (_named(document, mark) for mark in found)


def _named(document: Document, mark: re.Match[str]) -> Named:
    from bpttsym.figure_data import known
    from bpttsym.figure_options import fitting, option
    from bpttsym.figures import FIGURES

    place = f"{document.source.name}:{document.source.locate(mark.start()).line}"
    file = PurePosixPath(mark["file"] or "")
    ending = file.suffix.removeprefix(".")
    if file.parent.name != "figures" or ending not in FORMATS:
        raise UsageError(f"{place}: an image `figures/NAME.svg` follows a figure")
    name, *words = mark["words"].split() or [""]
    try:
        known("figure", name, FIGURES)
        kind = FIGURES[name]
        options = tuple(option(kind, word) for word in words)
        model = (
            fitting(kind, _models(document, mark.start()), document.source.name) if "model" in kind.options else None
        )
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None
    return Named(file.stem, ending, name, options, model)


def _models(document: Document, position: int) -> Sequence[Model]:
    """The models of a document from the one in force at a place back to the first."""
    begun = [number for number, scope in enumerate(document.scopes) if _begin(scope.own) < position]
    return [document.models[number] for number in reversed(begun)]


def _begin(own: Any) -> float:
    return min((span.start for span in own), default=float("inf"))


def drawn(figures: Sequence[Named]) -> dict[str, bytes]:
    """The files of some figures, and the hash of the data of each."""
    from bpttsym.figures import render

    found: dict[str, bytes] = {}
    for one in figures:
        _refuse_twice(one.stem, found)
        written, digest = render(one.kind, [one.ending], **one.wishes)
        found[f"figures/{one.stem}.{one.ending}"] = written[one.ending]
        found[f"figures/{one.stem}.sha256"] = f"{digest}\n".encode()
    return found


def hashed(figures: Sequence[Named]) -> dict[str, str]:
    """The hash of the data of each of some figures."""
    from bpttsym.figure_data import data_hash
    from bpttsym.figures import compute

    found: dict[str, str] = {}
    for one in figures:
        _refuse_twice(one.stem, found)
        found[f"figures/{one.stem}.sha256"] = f"{data_hash(compute(one.kind, **one.wishes))}\n"
    return found


def _refuse_twice(stem: str, found: dict[str, Any]) -> None:
    from bpttsym.figures import FIGURES

    if f"figures/{stem}.sha256" in found or stem in FIGURES:
        raise UsageError(f"two figures are called `{stem}`")
