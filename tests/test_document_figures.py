"""Figures that documents name: drawn from the model that is in force there, refused where they cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bpttsym import build
from bpttsym.document import read_document
from bpttsym.document_figures import NAMED, drawn, hashed, named
from bpttsym.errors import UsageError
from bpttsym.figures import FIGURES, compute
from bpttsym.source import source_from_text
from tests.test_build import MODEL, TRUE, run

ROOT = Path(__file__).parents[1]
IMAGE = "![what it shows](../output/figures/notes-graph.svg)\n"
MANY = MODEL.replace("\\hat{y} = g(h_T", "\\hat{y}_t = g(h_t").replace(
    r"\lVert \hat{y} - y \rVert", r"\sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert"
)


def figures_of(text: str) -> list[tuple[str, str]]:
    """The kinds and the stems of the figures of a text."""
    return [(one.kind, one.stem) for one in named(read_document(source_from_text(text, "notes.md")))]


def test_a_figure_is_of_the_model_before_it() -> None:
    """Each of two models gets the picture of its own form, and the options are those of the comment."""
    one = f"<!-- figure: graph-many-to-one T=3 by=psi -->\n{IMAGE}"
    two = one.replace("many-to-one", "many-to-many").replace("notes-graph", "notes-second")
    text = f"{MODEL}\n{one}\n{MANY.replace('# Notes', '# More')}\n{two}"
    assert figures_of(text) == [("graph-many-to-one", "notes-graph"), ("graph-many-to-many", "notes-second")]
    first, second = named(read_document(source_from_text(text)))
    assert first.wishes["T"] == 3
    assert first.model != second.model
    assert hashed([first]) == {"figures/notes-graph.sha256": drawn([first])["figures/notes-graph.sha256"].decode()}
    assert compute(first.kind, **first.wishes) != compute(second.kind, **second.wishes)


@pytest.mark.parametrize(
    ("comment", "image", "told"),
    [
        ("graph-many-to-on", IMAGE, "did you mean `graph-many-to-one`?"),
        ("graph-many-to-one T=x", IMAGE, "`T=x` does not give a whole number"),
        ("graph-many-to-one S=3", IMAGE, "there is no option of graph-many-to-one `S`"),
        ("graph-many-to-many", IMAGE, "has no model of this form: draw `graph-many-to-one`"),
        ("graph-many-to-one", "", "an image `figures/NAME.svg` follows a figure"),
        ("graph-many-to-one", IMAGE.replace("svg", "gif"), "an image `figures/NAME.svg` follows a figure"),
        ("graph-many-to-one", IMAGE.replace("figures/", ""), "an image `figures/NAME.svg` follows a figure"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_its_place(comment: str, image: str, told: str, tmp_path: Path) -> None:
    """The message names the document and the line, and nothing is written."""
    folder = tmp_path / "notes"
    folder.mkdir()
    text = f"{MODEL}{TRUE}\n<!-- figure: {comment} -->\n{image}"
    (folder / "notes.md").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=rf"^notes\.md:{text[: text.index('<!--')].count(chr(10)) + 1}: ") as error:
        figures_of(text)
    assert told in str(error.value)
    assert run(folder, tmp_path / "out", figures=True) == build.UNUSABLE
    assert not (tmp_path / "out").exists()


def test_two_figures_of_one_name_are_refused() -> None:
    """A file is one figure, and none of the figures that every build draws."""
    figure = f"<!-- figure: activations -->\n{IMAGE}"
    twice = list(named(read_document(source_from_text(f"{MODEL}\n{figure}\n{figure}"))))
    with pytest.raises(UsageError, match="two figures are called `notes-graph`"):
        hashed(twice)
    with pytest.raises(UsageError, match="two figures are called `vanishing`"):
        hashed(list(named(read_document(source_from_text(figure.replace("notes-graph", "vanishing"))))))


def test_every_image_of_the_documents_is_drawn() -> None:
    """An image that our documents show is named by a comment, or is one of the figures of every build."""
    for path in sorted((ROOT / "derivations").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        shown = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", text)
        ours = {mark["file"] for mark in NAMED.finditer(text)}
        for file in shown:
            assert file in ours or Path(file).stem in FIGURES, (path.name, file)
