"""bpttsym derives, verifies and draws backpropagation through time.

    import bpttsym
    for verdict in bpttsym.verify("notes.md"):
        print(verdict.status, verdict.read)

Importing it loads nothing else: every name is fetched when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which is slow to load
if TYPE_CHECKING:
    from os import PathLike

    from bpttsym.check import CheckedDerivation
    from bpttsym.document import Document
    from bpttsym.errors import BpttsymError
    from bpttsym.model import Model
    from bpttsym.symbolic import UnrolledGraph
    from bpttsym.verdict import Verdict

__version__ = "0.1.0"
__all__ = ["BpttsymError", "Document", "Verdict", "__version__", "derive", "load", "plot", "unroll", "verify"]

_HOMES = {"BpttsymError": "errors", "Document": "document", "Verdict": "verdict"}


def load(path_or_text: str | PathLike[str]) -> Document:
    """The document in a file, or in a text: a string that holds a line break or a ``$`` is a text.

    Raises BpttsymError where it cannot be read.
    """
    from bpttsym.document import read_document
    from bpttsym.source import read_source, source_from_text

    if isinstance(path_or_text, str) and any(mark in path_or_text for mark in "\n$"):
        return read_document(source_from_text(path_or_text))
    return read_document(read_source(path_or_text if isinstance(path_or_text, str) else str(path_or_text)))


def verify(path_or_text: str | PathLike[str]) -> list[Verdict]:
    """The verdicts of all relations in a file or a text (see :func:`load`), in order."""
    from bpttsym.verdict import judge

    return judge(load(path_or_text))


def unroll(model: Model | str, T: int = 4, explicit: bool = False) -> UnrolledGraph:
    """The unrolled graph of a model or of a preset as SymPy equations; ``explicit`` writes out the components.

    Raises BpttsymError for a name that is no preset.
    """
    from bpttsym.document import load_preset
    from bpttsym.symbolic import unroll

    return unroll(load_preset(model).models[-1] if isinstance(model, str) else model, T, explicit)


def derive(model: Model | Document | str, of: str = "L", by: str = "psi", T: int | None = None) -> CheckedDerivation:
    """The derivative of ``of`` by ``by``, every step of it proved before it is given out.

    ``model`` is a model, a document, or the name of a preset or file. Raises BpttsymError for an unknown name.
    """
    from bpttsym.check import derive

    return derive(model, of, by, T)


def plot(kind: str, **options: object) -> object:
    """A figure by its name (``bpttsym plot --list``) as a Matplotlib figure; options as the command takes them.

    ``model`` may be a model, a document, or the name of a preset or of a file.
    Raises BpttsymError for a figure, an option or a model that does not exist.
    """
    if "model" in options:
        from bpttsym.figure_options import figure_of

        return figure_of(kind, **options)
    from bpttsym.figures import figure

    return figure(kind, **options)  # type: ignore[arg-type]


def __getattr__(name: str) -> object:
    """The public classes, each from the module where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
