r"""Writes what bpttsym says of each mistake into derivations/mistakes.md, in the `text` block below its display.

python -m docs.make_mistakes             says whether the page is out of date
python -m docs.make_mistakes --update    writes it
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bpttsym.document import read_document
from bpttsym.report import Style, block
from bpttsym.source import source_from_text
from bpttsym.verdict import judge
from bpttsym.wording import Judged

PAGE = Path(__file__).resolve().parents[1] / "derivations" / "mistakes.md"
BLOCK = re.compile(r"(?ms)^\$\$\n\n```text\n(?P<body>.*?)^```$")
ROUNDS = 5


def written(text: str) -> str:
    """The text of the page with all blocks as they should be; line numbers move until they are right."""
    for _ in range(ROUNDS):
        former, text = text, once(text)
        if text == former:
            return text
    raise ValueError("the blocks of the page do not settle")


def once(text: str) -> str:
    """The text of the page with its blocks as they should be where its lines now stand."""
    document = read_document(source_from_text(text, PAGE.name))
    judged = Judged(document, tuple(judge(document)))
    said = [(one.span, block(document.source, one, Style(plain=True)).rstrip("\n")) for one in judged.diagnostics]
    done, parts = 0, []
    for place in BLOCK.finditer(text):
        start = text.rindex("$$", 0, place.start())
        mine = [words for span, words in said if start <= span.start < place.start()]
        lines = [line.rstrip() for words in mine for line in words.split("\n")]
        parts += [text[done : place.start("body")], "".join(f"{line}\n" for line in lines)]
        done = place.end("body")
    return "".join([*parts, text[done:]])


def main() -> int:
    """Compare, or update; returns the exit status."""
    text = PAGE.read_text(encoding="utf-8")
    fresh = written(text)
    if "--update" in sys.argv:
        PAGE.write_text(fresh, encoding="utf-8")
    elif fresh != text:
        print(f"{PAGE.name} is out of date; run `python -m docs.make_mistakes --update`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
