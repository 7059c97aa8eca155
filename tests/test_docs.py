"""The documents keep their word: their examples run and print what is shown, their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bpttsym.document import read_document
from bpttsym.report import to_json
from bpttsym.settings import SETTINGS
from bpttsym.source import source_from_text
from bpttsym.verdict import judge
from bpttsym.wording import STATUSES, Judged
from docs import examples, make_notation

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NAMES = [path.relative_to(ROOT).as_posix() for path in examples.PAGES]
UPDATE = "run `python -m docs.examples --update` and look at what changes"


def read(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def first_column(text: str) -> list[str]:
    """The cells of the first column of all tables in a text, without their heads."""
    return re.findall(r"(?m)^\| ([^|]*?) \|(?![ |]*-)", re.sub(r"(?m)^\|.*\n\| ?-+.*\n", "", text))


def anchors(text: str) -> set[str]:
    """The names by which the headings of a page are linked."""
    titles = re.findall(r"(?m)^#+ (.*)$", re.sub(examples.FENCE, "", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_page_give_what_it_shows(name: str) -> None:
    """Each command, program and equation of a page is run, and what the page shows below it is what comes out."""
    for example in examples.run_page(ROOT / name):
        assert examples.steady(example.block.body) == examples.steady(example.real), UPDATE


def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    """The comparison can fail: a page that shows a verdict, an output or a status that is not so."""
    page = tmp_path / "page.md"
    wrong = [
        "```latex\nh_t = W h_{t-1}\n\\frac{\\partial h_t}{\\partial h_{t+1}} = 0\n```\n```text\nrefuted\n```\n",
        "```console\n$ bpttsym --version\nbpttsym 0.0.0\n```\n",
        "```console\n$ bpttsym verify nothing.md > report.txt 2>&1; echo $?\n0\n```\n",
        "```python\nprint(1)\n```\n```text\n2\n```\n",
    ]
    for text in wrong:
        page.write_text(text, encoding="utf-8")
        [example] = examples.run_page(page)
        assert not example.holds
        assert examples.updated(page) != text


def test_a_program_that_breaks_down_is_noticed(tmp_path: Path) -> None:
    """A Python example that raises is a failure, even where no output is shown."""
    page = tmp_path / "page.md"
    page.write_text("```python\nimport bpttsym\n\nbpttsym.nothing\n```\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="AttributeError"):
        list(examples.run_page(page))


def test_every_page_has_examples() -> None:
    """No page is silently skipped: each but the generated one has something that is run."""
    assert {"README.md", "docs/verify.md", "docs/meaning.md", "docs/notation.md"} <= set(NAMES)
    for name in set(NAMES) - {"docs/notation.md"}:
        kinds = {block.info for block in examples.blocks(read(name))}
        assert kinds & {"console", "latex", "python"}, name


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    """Each relative link of a page names a file that there is, and a heading that the file has."""
    text = re.sub(examples.FENCE, "", read(name))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_readme_names_the_six_verdicts() -> None:
    """The README's table of verdicts has one row for each status that a verdict can have, in their order."""
    table = re.search(r"(?ms)^The six verdicts:\n\n(.*?)\n\n", read("README.md"))
    assert table is not None
    assert [cell.strip("`") for cell in first_column(table[1])] == list(STATUSES)


def test_the_readme_links_every_page() -> None:
    """Each page of docs/ can be reached from the README."""
    for path in DOCS.glob("*.md"):
        assert f"(docs/{path.name})" in read("README.md"), path.name


def test_every_setting_is_explained_with_an_example() -> None:
    """The page on verifying has a row for each key of the front matter with all its values, and declares each once."""
    text = read("docs/verify.md").partition("\n## Front matter\n")[2].partition("\n## ")[0]
    for key, values in SETTINGS.items():
        [row] = re.findall(rf"(?m)^\| `{re.escape(key)}` \|([^|]*)\|", text)
        assert set(re.findall(r"`(\w+)`", row)) == set(values), key
        assert f"% bpttsym: {key}: " in text, key


def test_every_field_of_the_json_output_is_explained() -> None:
    """The page on verifying names exactly the fields that a relation has in ``verify --json``."""
    document = read_document(source_from_text(r"$$h_t = \tanh(W h_{t-1})$$ $$\frac{\partial h_2}{\partial h_1} = 0$$"))
    [found] = to_json([Judged(document, tuple(judge(document)))])["documents"]
    text = read("docs/verify.md").partition("A relation has these fields:")[2].partition("\n\n## ")[0]
    names = [name for cell in first_column(text) for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(names) == sorted(found["relations"][-1])
    for key in found["relations"][-1]["counterexample"]:
        assert f"`{key}`" in text, key


def test_the_page_on_notation_is_fresh() -> None:
    """docs/notation.md is what the reader's tables give today."""
    assert read("docs/notation.md") == make_notation.page(), "run `python -m docs.make_notation`"
