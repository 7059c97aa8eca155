"""The options of a figure as they are typed, ``T=4``, and the model of a document that a figure is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from bpttsym.document import Document, load_preset, read_document
from bpttsym.errors import BpttsymError, UsageError
from bpttsym.figure_data import FORMS, known
from bpttsym.figures import FIGURES, FigureKind, figure
from bpttsym.graph_term import is_many_to_one
from bpttsym.model import Model
from bpttsym.source import read_source

PARSERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "int | None": int,
    "float": float,
    "str": str,
    "str | None": str,
    "tuple[float, ...]": lambda text: tuple(float(part) for part in text.split(",")),
    "tuple[str, ...]": lambda text: tuple(text.split(",")),
}
"""How the text of an option is read, by the annotation of the parameter that it is."""


def option(kind: FigureKind, word: str) -> tuple[str, Any]:
    """The name and the value of ``name=value``; raises UsageError for a name or a value that does not fit."""
    name, _, text = word.partition("=")
    known(f"option of {kind.name}", name, [option for option in kind.options if option != "model"])
    annotation = signature(kind.data).parameters[name].annotation
    try:
        return name, PARSERS[annotation](text)
    except ValueError:
        wanted = annotation.removesuffix(" | None").replace("tuple[float, ...]", "numbers with commas between them")
        raise UsageError(f"`{name}={text}` does not give {wanted.replace('int', 'a whole number')}") from None


def fitting(kind: FigureKind, models: Sequence[Model], name: str) -> Model:
    """The first of some models that has the form of the figure; raises UsageError, naming another figure, for none."""
    trouble: BpttsymError = UsageError(f"`{name}` defines no model")
    for model in models:
        try:
            form = is_many_to_one(model)
        except BpttsymError as error:
            trouble = error
            continue
        if form == FORMS.get(kind.name, form):
            return model
        other = next(figure for figure, one in FORMS.items() if one == form)
        trouble = UsageError(f"`{name}` has no model of this form: draw `{other}`")
    raise trouble


def model_named(kind: FigureKind, name: str) -> Model:
    """The first model of a document, or of a preset, that has the form of the figure."""
    is_file = name == "-" or Path(name).suffix or Path(name).exists()
    document = read_document(read_source(name)) if is_file else load_preset(name)
    return fitting(kind, document.models, name)


def figure_of(name: str, model: object, **options: Any) -> object:
    """A figure of a model, of a document, or of what the name of a preset or of a file stands for."""
    if name in FIGURES and "model" in FIGURES[name].options:
        kind = FIGURES[name]
        if isinstance(model, Document):
            model = fitting(kind, model.models, model.source.name)
        elif isinstance(model, str | Path):
            model = model_named(kind, str(model))
        if not isinstance(model, Model):
            raise UsageError(f"a figure is of a model, a document or the name of one, not of `{type(model).__name__}`")
    return figure(name, model=model, **options)
