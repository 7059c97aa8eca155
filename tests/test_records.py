"""Data classes of our own against those of the standard library, which they have to be in every respect."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bpttsym import expr, records
from bpttsym.expr import Add, Expr, Negate, Span, Symbol, integer

LIBRARIES = [dataclasses, records]


def base(library: ModuleType, **options: bool) -> Any:
    """A class with a field that is given by name only and takes no part in comparisons."""

    @library.dataclass(**options)
    class Base:
        """The base."""

        span: int | None = library.field(default=None, compare=False, repr=False, kw_only=True)

    return Base


def derived(library: ModuleType, **options: bool) -> Any:
    """A class with a base, defaults of both kinds, a method and a property."""

    @library.dataclass(**options)
    class Derived(base(library, **options)):  # type: ignore[misc]
        """Derived."""

        name: str
        index: tuple[int, ...] = ()
        found: dict[str, int] = library.field(default_factory=dict)

        def longer(self) -> str:
            return self.name * 2

        @property
        def short(self) -> str:
            return self.name[0]

    return Derived


OPTIONS = [
    {"frozen": frozen, "slots": slots, "eq": eq}
    for frozen in (True, False)
    for slots in (True, False)
    for eq in (True, False)
]


def answer(ask: Any) -> Any:
    """What a call gives, or the kind of error that it ends with."""
    try:
        return ask()
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(k for k, v in o.items() if v) or "plain")
def test_they_behave_like_those_of_the_standard_library(options: dict[str, bool]) -> None:
    """Each question gets the same answer from both, values and kinds of error."""
    answers = []
    for library in LIBRARIES:
        kind = derived(library, **options)
        one, same, other = kind("ab", (1,), span=3), kind("ab", (1,)), kind(name="b")
        answers.append(
            [
                *(repr(one).split(".")[-1], one.longer(), one.short, one.span, same.span, other.found, other.index),
                *(one == same, one != same, one == other, one == "ab", one == one, other.found is kind("b").found),
                *(answer(lambda one=one, same=same: hash(one) == hash(same)), kind.__match_args__, kind.__doc__),
                *(answer(lambda kind=kind: kind()), answer(lambda kind=kind: kind("a", nothing=1))),
                *(answer(lambda kind=kind: kind("a", (), {}, 3)), kind.__qualname__.split(".")[-1]),
                *(answer(lambda one=one: setattr(one, "name", "c")), one.name),
                *(
                    isinstance(answer(lambda one=one: setattr(one, "strange", "c")), type),
                    answer(lambda one=one: delattr(one, "span")),
                ),
                *(
                    hasattr(other, "__dict__"),
                    [f.name for f in library.fields(kind)],
                    [f.type for f in library.fields(one)],
                ),
                *(repr(library.replace(other, index=(2,))).split(".")[-1], dataclasses.is_dataclass(kind)),
                *(
                    answer(lambda other=other, replace=library.replace: replace(other, strange=1)),
                    copy.copy(other).name,
                ),
                *(
                    [f.name for f in dataclasses.fields(kind)],
                    dataclasses.asdict(other),
                    dataclasses.replace(other, name="q").name,
                ),
            ]
        )
    assert answers[0] == answers[1]


def test_the_real_methods_take_the_place_of_their_stand_ins() -> None:
    """After the first call a class has methods with the signatures of the standard library."""
    kinds = [derived(library, frozen=True, slots=True) for library in LIBRARIES]
    for kind in kinds:
        hash((kind("a"), kind("a") == kind("b")) and kind("a").name)
    standard, ours = (inspect.signature(kind.__init__) for kind in kinds)
    assert list(standard.parameters) == list(ours.parameters)
    assert [p.kind for p in standard.parameters.values()] == [p.kind for p in ours.parameters.values()]


def test_what_is_done_after_the_start_is_done() -> None:
    """``__post_init__`` is called once all fields have their values."""

    @records.dataclass
    class Counted:
        items: list[int]
        total: int = 0

        def __post_init__(self) -> None:
            self.total = sum(self.items)

    assert Counted([1, 2]).total == 3


def test_methods_that_a_class_writes_itself_are_kept() -> None:
    """Only what is missing is made."""

    @records.dataclass(frozen=True)
    class Own:
        name: str

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    assert Own("a") == Own("b")
    assert repr(Own("a")) == "own"
    assert hash(Own("a")) == hash(Own("a")) != hash(Own("b"))


def test_a_default_that_can_be_changed_is_refused() -> None:
    """One list shared by all instances is a mistake."""
    with pytest.raises(ValueError, match="default_factory"):

        @records.dataclass
        class Shared:
            items: list[int] = []  # noqa: RUF012


def test_a_frozen_node_cannot_be_changed() -> None:
    """Not in a class of its own, and not by a field of its base."""
    for name in ("name", "span"):
        with pytest.raises(dataclasses.FrozenInstanceError, match=name):
            setattr(Symbol("h"), name, None)


def test_trees_travel_between_processes() -> None:
    """A tree that is pickled comes back equal, spans included, at every protocol."""
    tree = Add((Symbol("h", (integer(1),), span=Span(1, 2)), Negate(Symbol("c"))), span=Span(0, 9))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(tree, protocol))
        assert back == tree
        assert (back.span, back.terms[0].span) == (tree.span, Span(1, 2))
    assert copy.deepcopy(tree) == tree


def test_every_node_of_the_tree_is_such_a_class() -> None:
    """The standard library agrees that each is a data class, with the fields in our order."""
    kinds = [kind for kind in vars(expr).values() if isinstance(kind, type) and issubclass(kind, Expr)]
    assert len(kinds) > 10
    for kind in kinds:
        assert [one.name for one in dataclasses.fields(kind)] == [one.name for one in records.fields(kind)]


SHORT = """
import sys
from bpttsym.cli import main
sys.argv = ["bpttsym", "derive", "many_to_one", "--by", "psi", "-T", "4", "-o", sys.argv[1]]
status = main()
print(status, *sorted({"dataclasses", "inspect", "numpy", "sympy", "matplotlib", "lark", "shutil"} & set(sys.modules)))
"""


def test_a_short_command_does_not_load_what_it_does_not_need(tmp_path: Path) -> None:
    """All four forms are derived and proved without the heavy libraries, and without what compiles data classes."""
    run = subprocess.run(
        [sys.executable, "-c", SHORT, str(tmp_path / "x.tex")], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["0"]
    assert (tmp_path / "x.tex").stat().st_size > 1000
