"""The main job: every document of a folder is verified, its gradients are derived, and all of it is written at once.

Nothing is written before everything is proved.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, log10
from pathlib import Path
from typing import Any

from bpttsym.check import CheckedDerivation, NotProved, derive, proved_text
from bpttsym.claims import page_of
from bpttsym.claims_data import FILE
from bpttsym.common import Shelf
from bpttsym.derivation import Derivation
from bpttsym.document import Document, read_document
from bpttsym.document_figures import Named, drawn, hashed
from bpttsym.document_figures import named as figures_of
from bpttsym.errors import BpttsymError, Contradiction, NotRead, UsageError
from bpttsym.expr import Entries, Symbol
from bpttsym.jobs import done
from bpttsym.manuscript import manuscript, settings, tex
from bpttsym.model import Model
from bpttsym.names import loss_names, of_number, parameters, relevant
from bpttsym.oracles import Oracles, compared
from bpttsym.records import dataclass, replace
from bpttsym.report import to_json
from bpttsym.report_page import Derived, page
from bpttsym.source import read_source
from bpttsym.structure import NotDerived
from bpttsym.swap import Refused, compare, write
from bpttsym.verdict import judge
from bpttsym.wording import Judged, diagnose

OK, FAILED, UNUSABLE, CONTRADICTED = 0, 1, 2, 3
SUFFIXES = frozenset((".md", ".markdown", ".txt", ".tex", ".ipynb"))
FORMS = ("sum", "recursive", "matrix", "expanded")
SMALLEST_BOUND = -12
FIGURES = 6

Files = dict[str, str]
Pictures = dict[str, bytes]


FEW_PARAMETERS = 7
"""A model of more parameters has gates, whose derivatives are alike."""

SHOWN_PARAMETERS = 3
"""How many derivatives of such a model stand in the output."""


@dataclass(frozen=True)
class Result:
    """One document with its verdicts and the derivatives of its losses."""

    judged: Judged
    derived: tuple[Derived, ...]
    texts: Files
    figures: tuple[Named, ...] = ()


def main(arguments: argparse.Namespace) -> int:
    """Run ``bpttsym build``; returns the exit status."""
    folder, output = Path(arguments.folder), Path(arguments.output)
    try:
        paths = documents(folder)
        jobs: list[Callable[[], Any]] = [partial(_result, path) for path in paths]
        found = done([*jobs, partial(page_of, folder)] if (folder / FILE).is_file() else jobs)
        results = found[: len(paths)]
        files = contents(results) | (found[-1] if len(found) > len(paths) else {})
        drawing = getattr(arguments, "figures", True)
        named = [figure for result in results for figure in result.figures]
        if arguments.check:
            compare(files | (hashes() | hashed(named) if drawing else {}), output)
            print(f"{arguments.output} is up to date: {_summary(results)}")
        else:
            texts = {name: text.encode() for name, text in files.items()}
            write(texts | (pictures() | drawn(named) if drawing else former_pictures(output)), output)
            print(f"{arguments.output}: {_summary(results)}")
    except Contradiction as error:
        return _complain(f"{error}; this is an error of bpttsym", CONTRADICTED)
    except (Refused, NotProved) as error:
        return _complain(str(error), FAILED)
    except BpttsymError as error:
        return _complain(str(error), UNUSABLE)
    except OSError as error:
        return _complain(f"cannot write {arguments.output}: {(error.strerror or str(error)).lower()}", UNUSABLE)
    return OK


def _complain(message: str, status: int) -> int:
    print(f"bpttsym: {message}", file=sys.stderr)
    return status


def _summary(results: list[Result]) -> str:
    relations = sum(len(result.judged.verdicts) for result in results)
    derivatives = sum(len(result.derived) for result in results)
    found = f"{len(results)} documents with {relations} relations, all as expected"
    return f"{found}; {derivatives} derivatives, all proved"


# ---------------------------------------------------------------------------------------------------------- what is in


def documents(folder: Path) -> list[Path]:
    """The documents of a folder in the order of their names; raises UsageError where there are none."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder `{folder}`")
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES)
    if not found:
        raise UsageError(f"there is no document in `{folder}`; documents end with {', '.join(sorted(SUFFIXES))}")
    return found


def _result(path: Path) -> Result:
    """Verify a document and derive the gradients of its models; raises Refused or NotProved."""
    source = replace(read_source(path), name=path.name)
    document = read_document(source)
    shelf = Shelf()
    judged = Judged(document, tuple(judge(document, shelf=shelf)))
    _refuse(judged, path)
    derived: list[Derived] = []
    texts: Files = {}
    for number, model in enumerate(_models(document), 1):
        name = f"latex/{path.stem}.tex" if number == 1 else f"latex/{path.stem}_{number}.tex"
        try:
            shown, alike = _chosen(parameters(model))
            derivatives = [derive(model, Symbol(loss_names(model)[0]), of_number(model, by)) for by in shown]
            misfit = _misfit(derivatives[0].derivation) if derivatives else ""
            found = [_derived(checked, misfit, name) for checked in derivatives]
            wanted = [(one.checked, form) for one in found for form in one.forms]
            if wanted:
                blocks = manuscript([(checked.derivation, form) for checked, form in wanted])
                texts[name] = proved_text(tex(blocks, settings(model)), "tex", wanted, shelf)
                found = _compared(found)
            found += [_left_out(model, by, name) for by in alike]
        except NotProved as error:
            raise NotProved(f"in {path}: {error}") from None
        derived += found
    return Result(judged, tuple(derived), texts, tuple(figures_of(document)))


def _chosen(names: list[str]) -> tuple[list[str], list[str]]:
    """The parameters whose derivatives stand in the output, and those that a model of many has besides."""
    return (names, []) if len(names) <= FEW_PARAMETERS else (names[:SHOWN_PARAMETERS], names[SHOWN_PARAMETERS:])


def _left_out(model: Model, by: str, file: str) -> Derived:
    """The derivative by a parameter of a model whose gates are all alike; ``derive`` gives it."""
    checked = derive(model, Symbol(loss_names(model)[0]), of_number(model, by))
    why = "left out, as it is like those above it; `bpttsym derive` gives it"
    return Derived(checked, (), file, (("every form", why),))


def _derived(checked: CheckedDerivation, misfit: str, file: str) -> Derived:
    """The derivative of the loss by a parameter, in the forms that the rules of derivation have for the model."""
    if misfit:
        return Derived(checked, (), file, tuple((form, misfit) for form in FORMS))
    forms, failures = [], []
    for form in FORMS:
        try:
            checked.derivation.steps(form)
            forms.append(form)
        except (NotDerived, NotRead) as error:
            failures.append((form, str(error)))
    return Derived(checked, tuple(forms), file, tuple(failures))


def _misfit(derivation: Derivation) -> str:
    """Why the definitions give no number for what is derived; empty where they do."""
    from bpttsym.numeric import NumericWorld

    ground = derivation.structure.ground
    if any(isinstance(definition.body, Entries) for definition in derivation.model.definitions):
        return "the definitions are by entries, and derivations are of whole vectors"
    try:
        NumericWorld(ground.graph, ground.shapes, samples=1).node((derivation.of.name, ()))
    except NotRead as failure:
        return f"the definitions do not fit together: {failure}"
    return ""


def _compared(found: list[Derived]) -> list[Derived]:
    """The derivatives of one number, compared with other programs; raises Contradiction where one differs."""
    first = found[0].checked.derivation
    by = tuple(one.checked.derivation.by.name for one in found)
    oracles = Oracles(first.structure.ground, first.of, by)
    return [replace(one, compared=compared(oracles, one.checked.derivation, one.forms)) for one in found]


def _refuse(judged: Judged, path: Path) -> None:
    """Raise Refused, naming the first place where a document is not what it expects to be."""
    if judged.passes():
        return
    for verdict in judged.verdicts:
        if not verdict.as_expected:
            found = diagnose(judged.document, verdict)
            place = judged.document.source.locate(found.span.start if found else verdict.entry.span.start)
            title = found.title if found else verdict.status
            raise Refused(f"{path}:{place.line}:{place.column}: {title}: {verdict.read}")
    raise Refused(f"{path}: an expectation does not fit its display")


def _models(document: Document) -> list[Model]:
    """The different models of a document that define a loss with parameters, without what the loss does not need."""
    found: list[Model] = []
    for model in document.models:
        for loss in loss_names(model)[:1]:
            plain = relevant(model, loss)
            if parameters(plain) and plain.definitions not in [other.definitions for other in found]:
                found.append(plain)
    return found


# --------------------------------------------------------------------------------------------------------- what is out


def contents(results: list[Result]) -> Files:
    """All files of the output by name; the same documents give the same bytes on every machine."""
    files: Files = {}
    for result in results:
        for name, text in result.texts.items():
            if name in files:
                raise UsageError(f"two documents are called `{Path(name).stem}`")
            files[name] = text
    derived = [derived for result in results for derived in result.derived]
    data = to_json([result.judged for result in results]) | {"derivations": [one.data() for one in derived]}
    files["report.json"] = json.dumps(portable(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    worst = max((v.max_error for result in results for v in result.judged.verdicts), default=0.0)
    files["report.md"] = page([(result.judged, result.derived) for result in results], error_bound(worst))
    return files


def portable(data: Any, key: str = "") -> Any:
    """The data with errors rounded up to a power of ten and other numbers to a few figures."""
    match data:
        case Mapping():
            return {name: portable(value, str(name)) for name, value in data.items()}
        case list() | tuple():
            return [portable(value, key) for value in data]
        case float() if key == "max_error":
            return error_bound(data)
        case float():
            return float(f"{data:.{FIGURES}g}")
        case _:
            return data


def error_bound(error: float) -> float:
    """The power of ten, of at least 1e-12, that an error does not exceed."""
    power = SMALLEST_BOUND if error <= 0 else max(SMALLEST_BOUND, ceil(log10(error)))
    return float(f"1e{power}")


def pictures() -> Pictures:
    """Every figure in every format, and the hash of its data, by the name of the file."""
    from bpttsym.figures import FIGURES as KINDS
    from bpttsym.figures import render

    found: Pictures = {}
    for name, kind in KINDS.items():
        written, digest = render(name, kind.formats)
        found |= {f"figures/{name}.{ending}": content for ending, content in written.items()}
        found[f"figures/{name}.sha256"] = f"{digest}\n".encode()
    return found


def hashes() -> Files:
    """The hash of the data of every figure: what ``--check`` compares, since pixels depend on the machine."""
    from bpttsym.figure_data import data_hash
    from bpttsym.figures import FIGURES as KINDS
    from bpttsym.figures import compute

    return {f"figures/{name}.sha256": f"{data_hash(compute(name))}\n" for name in KINDS}


def former_pictures(output: Path) -> Pictures:
    """The figures of the former output, which a build without figures leaves as they are."""
    return {f"figures/{path.name}": path.read_bytes() for path in sorted(output.glob("figures/*")) if path.is_file()}
