"""What ``bpttsym derive`` does: find the model, derive in the forms that were asked for, print, and write."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from bpttsym.check import CheckedDerivation, derive_each, loss_model, manuscript_of
from bpttsym.derivation import FORMS, TooLong, each_of
from bpttsym.document import Document, load_preset, presets, read_document
from bpttsym.errors import UsageError
from bpttsym.manuscript import markdown, settings, tex, unicode_text
from bpttsym.names import loss_names, parameters, plain, typed, unknown
from bpttsym.source import read_source
from bpttsym.structure import NotDerived

ENDINGS = {".tex": "tex", ".md": "markdown", ".markdown": "markdown", ".txt": "unicode", ".py": "python"}
CODE = ("sympy", "python")
ALIASES = {"latex": "tex"}
FORMATS = ("tex", "markdown", "unicode", *CODE)

Tell = Callable[[str], None]


class Wish(NamedTuple):
    """What was asked for, as it was typed; None where nothing was said."""

    model: str
    of: str | None = None
    by: str | None = None
    length: str | None = None
    form: str | None = None
    format: str | None = None
    output: str | None = None


def text(wish: Wish, tell: Tell) -> Iterator[str]:
    """The text in pieces; all checks are made before the first. ``tell`` is given remarks."""
    length = _length(wish.length)
    if wish.form is not None and wish.form not in FORMS:
        raise UsageError(unknown("form", wish.form, FORMS))
    kind = _format(wish)
    document = _document(wish.model)
    if wish.of is None and wish.by is None and wish.format is None and any(e.open for e in document.entries):
        from bpttsym.answer import answered  # only a document that asks is judged as a whole, which takes NumPy

        return iter([answered(document, wish.form, length)])
    model, assumed = loss_model(document)
    for remark in assumed:
        tell(remark)
    of = wish.of or "L"
    if wish.of is None and not loss_names(model):
        hint = r"define it, `L = \sum_{t=1}^{T} L_t`, or say of what with `--of`"
        raise UsageError(f"`{wish.model}` does not say what the loss `L` is; {hint}")
    names = each_of(model, wish.by) if wish.by else ["psi"] if r"\psi" in parameters(model) else parameters(model)
    if not names:
        raise UsageError(f"`{wish.model}` defines nothing that has parameters; say by what with `--by`")
    found = derive_each(model, of, names, length)
    if kind in CODE:
        return iter([_code(found, kind)])
    return _forms(found, wish.form, kind, tell)


def _length(typed: str | None) -> int | None:
    if typed is None:
        return None
    if not (typed.isascii() and typed.isdigit() and int(typed) >= 1):
        raise UsageError(f"`-T {typed}` is no whole number of at least 1")
    return int(typed)


def _format(wish: Wish) -> str:
    """The format that was asked for, or that of the ending of the file."""
    if wish.format is not None:
        kind = ALIASES.get(wish.format, wish.format)
        if kind not in FORMATS:
            raise UsageError(unknown("format", wish.format, FORMATS))
        return kind
    return ENDINGS.get(os.path.splitext(wish.output)[1].lower(), "unicode") if wish.output else "unicode"


def _document(name: str) -> Document:
    """The document of a preset or a file."""
    if name == "-" or os.path.splitext(name)[1] or os.sep in name or (os.path.isfile(name) and name not in presets()):
        return read_document(read_source(name))
    return load_preset(name)


def _forms(found: list[CheckedDerivation], form: str | None, kind: str, tell: Tell) -> Iterator[str]:
    """Some forms of some derivatives; a form that a model does not have is told, or refused if it was asked for."""
    wanted: list[tuple[CheckedDerivation, str]] = []
    for checked in found:
        for name in (form,) if form else FORMS:
            try:
                checked.derivation.steps(name)
                wanted.append((checked, name))
            except TooLong as error:
                if form:
                    tell(f"{error}: `--form sum`")
                    if len(found) == 1:
                        return checked.stream(kind)
                else:
                    tell(f"{error}, and is shown; for all terms say `--form expanded`")
            except NotDerived as error:
                if form and len(found) == 1:
                    raise
                tell(f"no form `{name}` by {plain(checked.derivation.by.name)}: {error}")
    if not wanted:
        raise NotDerived("there is nothing to show")
    blocks, declared = manuscript_of(wanted), settings(found[0].derivation.model)
    match kind:
        case "tex":
            return iter([tex(blocks, declared)])
        case "markdown":
            return iter([markdown(blocks, declared)])
        case _:
            return iter([unicode_text(blocks)])


def _code(found: list[CheckedDerivation], kind: str) -> str:
    """A program that computes the derivatives."""
    from bpttsym.symbolic import numpy_code, sympy_code

    first = found[0].derivation
    names = [typed(checked.derivation.by) for checked in found]
    return (sympy_code if kind == "sympy" else numpy_code)(first.model, plain(first.of.name), names, first.length)


def write(pieces: Iterator[str], output: str | None) -> None:
    """Print the pieces, or write them to a file that is there only when it is whole."""
    if output is None:
        sys.stdout.writelines(pieces)
        return
    folder, file = os.path.split(output)
    part = os.path.join(folder, f".{file}.part-{os.getpid()}")
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pieces)
        os.replace(part, output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from None
    finally:
        with suppress(FileNotFoundError):
            os.remove(part)
