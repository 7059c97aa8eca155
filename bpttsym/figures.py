r"""Draws the figures: plain data in, PNG, SVG, PDF and, for graphs, TikZ out, the same bytes each time.

A figure is a row of :data:`FIGURES`: what computes its data, and what paints them. matplotlib is loaded only when
something is drawn; its settings and fonts are ours, not the user's, and no window is ever opened.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bpttsym import figure_data, figure_paint
from bpttsym.errors import UsageError
from bpttsym.figure_data import data_hash, known
from bpttsym.figure_words import Say, speaker
from bpttsym.softmax_paint import paint_softmax
from bpttsym.tikz import tikz
from bpttsym.truncation_paint import paint_truncation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE: dict[str, Any] = {
    "figure.figsize": (12.8, 7.2),  # inches: 16:9, the shape of a slide
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "font.family": ["DejaVu Sans"],
    "font.size": 14,
    "mathtext.fontset": "cm",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8C8C8C",
    "axes.titlelocation": "left",
    "axes.titlesize": 14,
    "axes.unicode_minus": False,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "text.color": "#222222",
    "axes.labelcolor": "#222222",
    "legend.frameon": False,
    "lines.linewidth": 2.4,
    "svg.hashsalt": "bpttsym",
}
METADATA: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""What would change from one day to the next is left out of the files."""

KOREAN_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", "UnDotum")
NO_KOREAN_FONT = "no installed font has Korean letters (U+AC00), so the labels are English; fonts-nanum has them"


class FigureKind(NamedTuple):
    """A figure: its name, a sentence about it, what computes its data, and what paints them."""

    name: str
    sentence: str
    data: Callable[..., Any]
    paint: Callable[[Any, Any, Say], None]

    @property
    def formats(self) -> tuple[str, ...]:
        """The endings of the files it can be written to."""
        return ("png", "svg", "pdf", "tex") if self.paint is figure_paint.paint_graph else ("png", "svg", "pdf")

    @property
    def options(self) -> dict[str, Any]:
        """Names and defaults of its options."""
        return {n: p.default for n, p in signature(self.data).parameters.items() if n != "language"}


_ROWS = (
    FigureKind(
        "vanishing",
        "How the norm of a product of Jacobians falls or grows with the number of steps, against its bound.",
        figure_data.vanishing_data,
        figure_paint.paint_vanishing,
    ),
    FigureKind(
        "step-norms",
        "The norm of the Jacobian of each single step, against 1 and against gamma sigma_max.",
        figure_data.step_data,
        figure_paint.paint_steps,
    ),
    FigureKind(
        "terms",
        "The norm of each term of a many-to-one gradient, next to the norm of their sum.",
        figure_data.term_data,
        figure_paint.paint_terms,
    ),
    FigureKind(
        "truncation",
        "Which terms of a gradient a window and chunks keep, and how far off they are.",
        figure_data.truncation_data,
        paint_truncation,
    ),
    FigureKind(
        "activations",
        "The slope of each activation and its supremum gamma: one factor only.",
        figure_data.activation_data,
        figure_paint.paint_activations,
    ),
    FigureKind(
        "growth",
        "Where gradients vanish and where they explode, over sigma_max and the bias or the scale of the inputs.",
        figure_data.growth_data,
        figure_paint.paint_growth,
    ),
    FigureKind(
        "graph-many-to-one",
        "The unrolled graph of a model with one output, with the paths of one term of the gradient.",
        partial(figure_data.graph_data, "graph-many-to-one"),
        figure_paint.paint_graph,
    ),
    FigureKind(
        "graph-many-to-many",
        "The unrolled graph of a model with an output at every step, with the paths of one term of the gradient.",
        partial(figure_data.graph_data, "graph-many-to-many"),
        figure_paint.paint_graph,
    ),
    FigureKind(
        "paths",
        "The states of a model over time, with all paths from one of them back to another, and their number.",
        figure_data.paths_data,
        figure_paint.paint_graph,
    ),
    FigureKind(
        "cell",
        "One step of a model, with its gates and all ways from a state back to one of the step before.",
        figure_data.cell_data,
        figure_paint.paint_graph,
    ),
    FigureKind(
        "softmax",
        "The outputs of a softmax, its Jacobian, and the gradient of the cross entropy by the scores.",
        figure_data.softmax_data,
        paint_softmax,
    ),
)
FIGURES: dict[str, FigureKind] = {row.name: row for row in _ROWS}


def compute(name: str, *, lang: str = "en", **options: Any) -> Any:
    """The data of a figure; raises UsageError, naming what is nearest, for a name or an option that does not exist."""
    known("figure", name, FIGURES)
    kind = FIGURES[name]
    for option in options:
        known(f"option of {name}", option, kind.options)
    language = {"language": lang} if "language" in signature(kind.data).parameters else {}
    return kind.data(**options, **language)


def figure(name: str, *, lang: str = "en", **options: Any) -> Figure:
    """A figure, drawn, as matplotlib's ``Figure``."""
    lang, fonts = _language(lang)
    data = compute(name, lang=lang, **options)
    with _style(fonts):
        return _painted(FIGURES[name], data, lang)


def render(name: str, formats: Sequence[str], *, lang: str = "en", **options: Any) -> tuple[dict[str, bytes], str]:
    """The bytes of a figure in each format, and the hash of its data."""
    known("figure", name, FIGURES)
    for wanted in formats:
        known(f"format of {name}", wanted, FIGURES[name].formats)
    lang, fonts = _language(lang)
    data = compute(name, lang=lang, **options)
    written: dict[str, bytes] = {}
    for wanted in formats:
        if wanted == "tex":
            english = data if lang == "en" else compute(name, **options)
            written[wanted] = tikz(english).encode()
            continue
        with _style(fonts):
            stream = io.BytesIO()
            _painted(FIGURES[name], data, lang).savefig(stream, format=wanted, metadata=METADATA[wanted])
            written[wanted] = stream.getvalue()
    return written, data_hash(data)


def draw(name: str, formats: Sequence[str], folder: str | Path, *, lang: str = "en", **options: Any) -> list[Path]:
    """Write a figure as ``folder/name.format`` for each format, and the hash of its data as ``folder/name.sha256``."""
    written, digest = render(name, formats, lang=lang, **options)
    files = {f"{name}.{ending}": content for ending, content in written.items()}
    files[f"{name}.sha256"] = f"{digest}\n".encode()
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder `{folder}`: {error.strerror}") from None
    for file, content in files.items():
        write_whole(Path(folder) / file, content)
    return [Path(folder) / file for file in files]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, all of it or nothing; raises UsageError where that cannot be."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write `{path}`: {error.strerror}") from None


def _painted(kind: FigureKind, data: Any, lang: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Figure()
    FigureCanvasAgg(page)
    kind.paint(page, data, speaker(lang))
    return page


@contextmanager
def _style(fonts: list[str]) -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = {**STYLE, "font.family": [*fonts, *STYLE["font.family"]]}
        matplotlib.rcParams.update(settings)
        yield


def _language(lang: str) -> tuple[str, list[str]]:
    """The language that the labels can be in, and the fonts it needs; warns where there is none."""
    known("language", lang, ("en", "ko"))
    if lang == "en":
        return "en", []
    font = korean_font()
    if font is None:
        warnings.warn(NO_KOREAN_FONT, stacklevel=4)
        return "en", []
    return "ko", [font]


def korean_font() -> str | None:
    """The family of an installed font that has Hangul (U+AC00), one made for reading first; None if there is none."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    listed = {entry.fname for entry in manager.ttflist}
    for path in sorted(font_manager.findSystemFonts()):
        if path not in listed:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    manager.addfont(path)
                except (OSError, RuntimeError, UnicodeError):
                    continue
    entries = [entry for entry in manager.ttflist if not entry.name.startswith("Last Resort")]  # which has only boxes
    order = {family: place for place, family in enumerate(KOREAN_FONTS)}
    for entry in sorted(entries, key=lambda entry: (order.get(entry.name, len(order)), entry.name, entry.fname)):
        try:
            if font_manager.get_font(entry.fname).get_char_index(0xAC00):
                return entry.name
        except (OSError, RuntimeError):
            continue
    return None
