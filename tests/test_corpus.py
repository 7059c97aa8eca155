"""The corpus: documents as people write them, judged, and compared with what plain NumPy says is true.

``corpus/seen`` may be looked at while building; nobody tunes on ``corpus/unseen``. Run with ``-s`` to see the tables.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import groupby

import pytest
from corpus.oracle import Entry, claims, entries

from bpttsym import load
from bpttsym.verdict import judge

SEEN, UNSEEN = entries("seen"), entries("unseen")
KINDS = ("right", "weaker", "unchecked", "WRONG")
FLOOR = {"seen": 280, "unseen": 54}  # how many are right at least: raised as it gets better, never lowered
KNOWN: set[str] = set()  # wrong verdicts that are known; the set is to be empty


def classify(entry: Entry, verdict: str) -> str:
    """Whether a verdict is right, true but weaker than it could be, none at all, or wrong."""
    if verdict in entry.best:
        return "right"
    if verdict == "unchecked" or (verdict == "definition" and entry.truth != "false"):
        return "unchecked"
    if entry.truth == "holds" and verdict in ("verified", "conditional"):
        return "weaker"
    return "WRONG"


@cache
def judged(part: str) -> tuple[tuple[Entry, str], ...]:
    """Each equation of one part with what became of it; what has no verdict of its own was not read."""
    found = []
    for document, group in groupby(SEEN if part == "seen" else UNSEEN, lambda entry: entry.document):
        verdicts = {(v.entry.equation, v.entry.part): v.status for v in judge(load(document), mend=False)}
        found += [(e, classify(e, verdicts.get((e.display, e.part), "unchecked"))) for e in group]
    return tuple(found)


def table(part: str) -> str:
    """Right, weaker, unchecked and wrong by document."""
    lines = [f"{part:24}" + "".join(f"{kind:>11}" for kind in KINDS)]
    rows = {
        stem: Counter(kind for _, kind in group) for stem, group in groupby(judged(part), lambda p: p[0].document.stem)
    }
    for name, counts in [*rows.items(), ("all", sum(rows.values(), Counter()))]:
        lines.append(f"  {name:22}" + "".join(f"{counts[kind]:11}" for kind in KINDS))
    return "\n".join(lines)


@pytest.mark.parametrize("document", sorted({entry.document for entry in SEEN + UNSEEN}), ids=lambda path: path.stem)
def test_the_recorded_truth_is_what_the_numbers_say(document) -> None:
    """NumPy finds each equation true, false, or true in one reading of several, as it is recorded."""
    recorded = {f"{e.display}.{e.part}": e for e in SEEN + UNSEEN if e.document == document}
    found = claims(document)
    assert set(found) == set(recorded)
    for place, entry in recorded.items():
        answer = found[place]()
        if entry.truth == "conditional":
            assert set(answer.values()) == {True, False}, entry.name
        else:
            assert answer is (entry.truth == "holds"), entry.name


def test_the_corpus_is_as_large_as_it_must_be() -> None:
    """At least 150 equations in 12 styles, a third of them false; 55 of them at least are not seen."""
    everything = SEEN + UNSEEN
    assert len(everything) >= 150
    assert len({entry.document for entry in everything}) >= 12
    assert sum(entry.truth == "false" for entry in everything) >= len(everything) / 3
    assert len({entry.document for entry in UNSEEN}) >= 4
    assert len(UNSEEN) >= 55


@pytest.mark.parametrize("part", ["seen", "unseen"])
def test_no_verdict_is_wrong(part: str) -> None:
    """A true equation is not refuted, a false one is not called true, no condition is left out; what is right stays."""
    print("\n" + table(part))
    wrong = {entry.name for entry, kind in judged(part) if kind == "WRONG"}
    assert wrong == {name for name in KNOWN if name.startswith(part)}
    assert sum(kind == "right" for _, kind in judged(part)) >= FLOOR[part]


def test_a_wrong_verdict_would_be_seen() -> None:
    """The measure itself: what it calls wrong, weaker and right."""
    true, false = (next(entry for entry in SEEN if entry.truth == truth) for truth in ("holds", "false"))
    assert [classify(true, word) for word in ("proved", "verified", "conditional", "definition")] == [
        "right",
        "weaker",
        "weaker",
        "unchecked",
    ]
    assert classify(true, "refuted") == "WRONG"
    assert [classify(false, word) for word in ("refuted", "unchecked")] == ["right", "unchecked"]
    assert {classify(false, word) for word in ("proved", "verified", "conditional", "definition")} == {"WRONG"}
