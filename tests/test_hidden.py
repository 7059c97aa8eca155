r"""What a renderer leaves out is not read: ``\iffalse ... \fi`` in TeX, indented code in Markdown."""

from __future__ import annotations

import pytest

from bpttsym.source import Kind, Maths, source_from_text

CASES: list[tuple[Kind, str, list[str]]] = [
    ("tex", "\\[a\\]\\iffalse \\[b\\] \\fi \\[c\\]", ["a", "c"]),
    ("tex", "\\iffalse \\ifx\\a\\b \\[b\\]\\else\\[c\\] \\fi \\[d\\] \\fi \\[e\\]", ["e"]),
    ("tex", "\\iffalse \\[b\\] \\else \\[c\\] \\fi \\[d\\]", ["c", "d"]),
    ("tex", "\\iffalse $a \\iff b$ \\[c\\] \\fi \\[d\\]", ["d"]),
    ("tex", "\\iffalse \\[b\\] % \\fi\n \\[c\\] \\fi \\[d\\]", ["d"]),
    ("tex", "% \\iffalse\n\\[b\\]", ["b"]),
    ("tex", "\\verb|\\iffalse| \\[b\\]", ["b"]),
    ("tex", "\\iffalsehood \\[b\\]", ["b"]),
    ("tex", "\\[a\\] \\iffalse \\[b\\]", ["a"]),
    ("markdown", "Text:\n\n    $$a$$\n\n    $$b$$\n\n$$c$$", ["c"]),
    ("markdown", "Text:\n\n\t$$a$$\n\n$$b$$", ["b"]),
    ("markdown", "Text:\n    $$a$$\n", ["a"]),
    ("markdown", "- item\n\n    $$a$$\n\nText\n\n    $$b$$\n", ["a"]),
    ("markdown", "1. item\n   goes on\n\n    $$a$$\n", ["a"]),
    ("markdown", "> quoted\n\n$$\n    a\n$$\n", ["a"]),
    ("markdown", "[^1]: note\n\n    $$a$$\n", ["a"]),
    ("markdown", "!!! note\n\n    $$a$$\n", ["a"]),
    ("markdown", "    $$a$$\n\n    $$b$$\n", ["a", "b"]),  # a text that is indented as a whole
    ("markdown", "# Heading\n\n    $$a$$\n\n```\nx\n```\n\n$$b$$", ["b"]),
    ("markdown", "\\iffalse $$a$$ \\fi", ["a"]),  # no such command there
]


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_what_is_left_out_is_not_read(kind: Kind, text: str, expected: list[str]) -> None:
    """The displays that are shown, by their content."""
    source = source_from_text(text, kind=kind)
    displays = [item for item in source.items if isinstance(item, Maths) and not item.inline]
    assert [text[each.start : each.end].strip() for each in displays] == expected
