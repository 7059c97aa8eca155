"""Links from the table of claims into the documents: the anchors of their headings, as a page of Markdown has them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from bpttsym.errors import UsageError

HEADING = re.compile(r"(?m)^#{1,6} +(?P<title>.+?) *$")


def anchor(title: str) -> str:
    """The anchor of a heading: its letters and figures in lower case, with hyphens for the spaces between them."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


class Links:
    """The headings of the documents of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._titles: dict[str, dict[str, str]] = {}

    def titles(self, name: str) -> dict[str, str]:
        """The titles of a document by their anchors; of a file that is not there, none."""
        if name not in self._titles:
            path = self.folder / name
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            found = (mark["title"] for mark in HEADING.finditer(text))
            self._titles[name] = {anchor(title): title for title in found}
        return self._titles[name]

    def link(self, target: str, claim: str) -> str:
        """A link to a place, ``FILE#ANCHOR``; raises UsageError for one that is not there, naming what is near."""
        name, mark, place = target.partition("#")
        titles = self.titles(name)
        if not titles:
            raise UsageError(f"claim {claim} is treated in `{name}`, which is no document")
        if mark and place not in titles:
            near = get_close_matches(place, titles, 1, 0.4)
            hint = f"; did you mean `#{near[0]}`?" if near else ""
            raise UsageError(f"claim {claim} is treated at `{target}`, which is no heading{hint}")
        shown = name.removesuffix(".md")
        if mark and place != next(iter(titles)):
            shown = f"{shown}, {re.sub(r' *[(][^)]*[)]$', '', titles[place])}"
        return f"[{shown}](../{self.folder.name}/{target})"
