"""A verdict is about what an equation says, not about how it is written down.

It does not change under other names, swapped sides, other bound indices, reordered terms, other spellings, or another
order of the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import permutations
from random import Random

import pytest
from equations import CASES, Case
from hypothesis import given, settings
from hypothesis import strategies as st

from bpttsym.document import read_document
from bpttsym.edits import neighbours
from bpttsym.expr import (
    Add,
    Expr,
    Product,
    Relation,
    Sum,
    Symbol,
    children,
    walk,
)
from bpttsym.latex import latex
from bpttsym.rewriting import substitute, with_children
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

NAMED = {case.name: case for case in CASES}
Status = tuple[str, int]
"""The word of a verdict and the number of its conditions."""

TOKEN = re.compile(r"\\(?:mathrm|begin|end|operatorname|text)\{[^}]*\}|\\[a-zA-Z]+|\\.|.", re.DOTALL)
LONG = 900
"""Equations of more characters than this are left to the other tests, for the sake of time."""

modest = settings(max_examples=12, derandomize=True, deadline=None)
randoms = st.randoms(use_true_random=False)


def definitions_of(case: Case) -> list[str]:
    """The definitions of a case, each without its dollars, and its horizon."""
    return [f"T={case.length}", *(line[2:-2] for line in case.definitions.split("\n") if line.strip())]


def displays(*texts: str) -> str:
    """A document of displays."""
    return "\n\n".join(f"$${text}$$" for text in texts)


def verdicts(text: str) -> list[Verdict]:
    """The verdicts of all relations of a document."""
    return judge(read_document(source_from_text(text)), mend=False)


def statuses(definitions: list[str], claims: list[str]) -> list[Status]:
    """The verdicts of some claims, each one relation, after some definitions."""
    return list(_statuses(tuple(definitions), tuple(claims)))


@cache
def _statuses(definitions: tuple[str, ...], claims: tuple[str, ...]) -> tuple[Status, ...]:
    found = verdicts(displays(*definitions, *claims))
    assert len(found) == len(definitions) + len(claims)
    return tuple((verdict.status, len(verdict.conditions)) for verdict in found[len(definitions) :])


def relations(case: Case) -> tuple[Relation, ...]:
    """The true equations of a case, and for each three of its mutants that are read as claims."""
    return _relations(case.name)


@cache
def _relations(name: str) -> tuple[Relation, ...]:
    case = NAMED[name]
    true = [equation for equation, _ in case.equations if len(equation) < LONG]
    entries = read_document(source_from_text(displays(*definitions_of(case), *true))).entries
    found = [entry.relation for entry in entries if entry.kind == "claim" and entry.relation is not None]
    for relation in list(found):
        mutants = [edit.relation for edit in neighbours(relation) if not isinstance(edit.relation.left, Symbol)]
        found += mutants[:: max(1, len(mutants) // 3)][:3]
    return tuple(found)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Case, tuple[Relation, ...]]:
    """A case and two of its relations, true or mutated."""
    case = draw(st.sampled_from(CASES))
    pool = relations(case)
    first, second = draw(st.integers(0, len(pool) - 1)), draw(st.integers(0, len(pool) - 1))
    return case, (pool[first], pool[second])


def expected(case: Case, claims: tuple[Relation, ...]) -> list[Status]:
    """The verdicts of claims as they are."""
    return statuses(definitions_of(case), [latex(claim) for claim in claims])


def tokens(text: str) -> list[str]:
    """The commands, names and marks of some LaTeX; a name in a font of words is one."""
    return TOKEN.findall(text)


def joined(parts: Iterator[str] | list[str]) -> str:
    """The text of some tokens, with a blank where a command would swallow a letter."""
    text = ""
    for part in parts:
        text += f" {part}" if re.search(r"\\[a-zA-Z]+$", text) and part[:1].isalpha() else part
    return text


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with names replaced."""
    return joined([names.get(token, token) for token in tokens(text)])


def swapped(relation: Relation) -> Relation:
    """The relation with its sides exchanged."""
    return Relation(relation.right, relation.operator, relation.left)


def test_the_relations_are_true_and_false() -> None:
    """What is transformed is proved, conditional and refuted alike: an invariance of one word would say nothing."""
    found = {status for case in CASES for claim in relations(case)[::3] for status, _ in expected(case, (claim,))}
    assert {"proved", "conditional", "refuted"} <= found


# Names

QUANTITIES = r"s A B M P Q R S a c q p v w z o r u l X Y Z \psi \phi \theta \omega \xi \Phi \Psi \Theta \Gamma".split()
FUNCTIONS = r"F G f g N K q p A \Phi \varphi \rho".split()
NAMES = r"h W U V b x y \psi \phi f g".split()
EVERYTHING = {"h": "s", "W": "A", "U": "B", "V": "P", "b": "c", "x": "z", "y": "q"}
EVERYTHING |= {r"\psi": r"\omega", r"\phi": r"\xi", "f": "F", "g": "G"}


@st.composite
def renamings(draw: st.DrawFn) -> dict[str, str]:
    """Other names for some quantities, parameters and functions; no two become one."""
    names: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=len(NAMES), unique=True)):
        taken = {*names.values(), *NAMES, "t", "k", "i", "T"}
        pool = [other for other in (FUNCTIONS if name in ("f", "g") else QUANTITIES) if other not in taken]
        names[name] = draw(st.sampled_from(pool))
    return names


@given(documents(), st.one_of(st.just(EVERYTHING), renamings()))
@modest
def test_names_do_not_matter(document: tuple[Case, tuple[Relation, ...]], names: dict[str, str]) -> None:
    """Renaming quantities, parameters and functions everywhere changes no verdict."""
    case, claims = document
    new = [renamed(text, names) for text in definitions_of(case)], [renamed(latex(claim), names) for claim in claims]
    assert statuses(*new) == expected(case, claims)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_whole_corpus_under_other_names(case: Case) -> None:
    """With all names changed at once every claim of a case keeps its verdict."""
    claims = relations(case)[::2]
    definitions = [renamed(text, EVERYTHING) for text in definitions_of(case)]
    new = statuses(definitions, [renamed(latex(claim), EVERYTHING) for claim in claims])
    assert new == statuses(definitions_of(case), [latex(claim) for claim in claims])


@pytest.mark.parametrize(("old", "new"), [("h", "C"), ("x", "E"), ("y", "J"), ("h", r"\ell")])
def test_a_state_may_have_the_letter_of_a_loss(old: str, new: str) -> None:
    """A cell state `C_t` or an embedding `E_t` is a vector like any other: the verdicts stay."""
    case = CASES[2]
    claims = relations(case)
    renaming = {old: new}
    found = statuses(
        [renamed(text, renaming) for text in definitions_of(case)],
        [renamed(latex(claim), renaming) for claim in claims],
    )
    assert found == statuses(definitions_of(case), [latex(claim) for claim in claims])


# Trees

LETTERS = r"j l m n p s r u \tau".split()


def shuffled(node: Expr, order: Callable[[list[Expr]], None]) -> Expr:
    """The tree with the terms of every sum in another order; indices stay."""
    if isinstance(node, Symbol):
        return node
    below = tuple(shuffled(child, order) for child in children(node))
    node = with_children(node, below) if below else node
    if isinstance(node, Add):
        terms = list(node.terms)
        order(terms)
        return Add(tuple(terms))
    return node


def rebound(node: Expr, letters: list[str]) -> Expr:
    """The tree with another letter for every bound index, taken from the end of a list."""
    if isinstance(node, Sum | Product):
        letter = letters.pop()
        body = rebound(substitute(node.body, {node.index: Symbol(letter)}), letters)
        return replace(with_children(node, (body, *children(node)[1:])), index=letter)
    below = tuple(rebound(child, letters) for child in children(node))
    return with_children(node, below) if below else node


@given(documents())
@modest
def test_sides_do_not_matter(document: tuple[Case, tuple[Relation, ...]]) -> None:
    """An equation read from right to left has the same verdict."""
    case, claims = document
    assert statuses(definitions_of(case), [latex(swapped(claim)) for claim in claims]) == expected(case, claims)


@given(documents(), randoms)
@modest
def test_the_order_of_terms_does_not_matter(document: tuple[Case, tuple[Relation, ...]], random: Random) -> None:
    """A sum is the same in any order of its terms."""
    case, claims = document
    new = [latex(shuffled(claim, random.shuffle)) for claim in claims]
    assert statuses(definitions_of(case), new) == expected(case, claims)


@given(documents(), st.permutations(LETTERS))
@modest
def test_bound_indices_do_not_matter(document: tuple[Case, tuple[Relation, ...]], letters: list[str]) -> None:
    """The letter of a sum or product is nobody's business."""
    case, claims = document
    new = [latex(rebound(claim, list(letters))) for claim in claims]
    assert statuses(definitions_of(case), new) == expected(case, claims)


@pytest.mark.parametrize("letter", ["n", "m"])
def test_a_bound_index_may_have_the_letter_of_a_count(letter: str) -> None:
    """A double sum over steps is one whatever letter its outer index has."""
    case = CASES[1]
    claim = next(claim for claim in relations(case) if sum(isinstance(part, Sum) for part in walk(claim)) == 2)
    new = latex(rebound(claim, ["i", "k", letter]))
    assert statuses(definitions_of(case), [new]) == expected(case, (claim,))


# Spellings

SPELLINGS: dict[str, tuple[str, ...]] = {
    r"\frac": (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"),
    r"\top": (r"\top", "T", r"\intercal", r"\mathrm{T}", r"\mathsf{T}"),
    r"\lVert": (r"\lVert", r"\|", "||", r"\Vert", r"\bigl\|"),
    r"\rVert": (r"\rVert", r"\|", "||", r"\Vert", r"\bigr\|"),
    "(": ("(", r"\left(", r"\big(", r"\Bigl("),
    ")": (")", r"\right)", r"\big)", r"\Bigr)"),
    r"\mathrm{diag}": (r"\mathrm{diag}", r"\operatorname{diag}", r"\text{diag}"),
    r"\mathrm{softmax}": (r"\mathrm{softmax}", r"\operatorname{softmax}", r"\text{softmax}"),
    r"\mathrm{d}": (r"\mathrm{d}", "d"),
    r"\sum": (r"\sum", r"\sum\limits", r"\displaystyle\sum"),
    r"\prod": (r"\prod", r"\prod\nolimits"),
}
SIZES = (r"\Big", r"\biggl", r"\biggr", r"\left", r"\right", r"\,")
BLANKS = ("", "", "", " ", r"\,", r"\;", "~", r"\!", "\n", "% words\n")
WRITTEN: dict[str, tuple[str, ...]] = {
    r"\hat{y}": (r"\hat{y}", r"\hat y", r"{\hat{y}}", r"\widehat{y}", r"\hat{{y}}"),
    r"\mathcal{L}": (r"\mathcal{L}", r"\mathcal L", r"{\mathcal{L}}", r"\mathscr{L}"),
    "h_t": ("h_t", "h_{t}", "{h_t}", "{h}_t", "h_{{t}}", "h _ t"),
    "x_t": ("x_t", "x_{t}", "{x_t}", "{x}_{t}"),
    "^2": ("^2", "^{2}", "^{{2}}", " ^ 2"),
}


def respelled(text: str, choose: Callable[[tuple[str, ...]], str]) -> str:
    """The text with each token in one of its spellings, and blanks where TeX takes no notice of them."""
    parts: list[str] = []
    found = [token for token in tokens(text) if token not in SIZES]
    held = 0
    for token, following in zip(found, [*found[1:], ""], strict=True):
        parts.append(choose(SPELLINGS.get(token, (token,))))
        held = 8 if token in (r"\hat", r"\mathcal", r"\frac") else max(0, held - 1)
        if not held and token not in "_^" and following not in ("_", "^", "{") and not token.isdigit():
            parts.append(choose(BLANKS))
    return joined(parts)


def rewritten(text: str, choose: Callable[[tuple[str, ...]], str]) -> str:
    """The text with needless braces, or without those that TeX does not need."""
    for old, ways in WRITTEN.items():
        text = re.sub(re.escape(old) + r"(?![a-z{])", lambda _, ways=ways: choose(ways), text)  # type: ignore[misc]
    return text


@pytest.mark.parametrize("change", [respelled, rewritten], ids=["spelling", "braces"])
@given(document=documents(), random=randoms)
@modest
def test_spelling_does_not_matter(
    change: Callable[[str, Callable[[tuple[str, ...]], str]], str],
    document: tuple[Case, tuple[Relation, ...]],
    random: Random,
) -> None:
    """Other commands for the same sign, blanks, sizes of parentheses and needless braces change nothing."""
    case, claims = document
    choose = random.choice
    definitions = [change(text, choose) for text in definitions_of(case)]
    assert statuses(definitions, [change(latex(claim), choose) for claim in claims]) == expected(case, claims)


@pytest.mark.parametrize("gap", [r"=\quad ", r"\quad=\quad ", r"=\qquad "])
def test_a_wide_gap_around_the_sign_does_not_matter(gap: str) -> None:
    r"""`a =\quad \sum_{t=1}^{T} b_t` is one equation."""
    case = CASES[1]
    claim = next(claim for claim in relations(case) if isinstance(claim.right, Sum))
    found = statuses(definitions_of(case), [latex(claim).replace("=", gap, 1)])
    assert found == expected(case, (claim,))


STEP = r"\lVert\frac{\partial h_{t+1}}{\partial h_t}\rVert"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STEP + r"\le 1", STEP + r"\leq 1"),
        (STEP + r"\le 1", STEP + r"\leqslant 1"),
        (STEP + r"\ge 0", STEP + r"\geq 0"),
        (STEP + r"\le 1", rf"1 \ge {STEP}"),
        (STEP + r"< 1", STEP + r"\lt 1"),
        (STEP + r"\le\lVert W\rVert", rf"\lVert W\rVert\ge {STEP}"),
    ],
)
def test_a_bound_may_be_spelled_and_turned(first: str, second: str) -> None:
    """An inequality is the same under its other spelling, and read from the other side."""
    definitions = definitions_of(CASES[2])
    assert statuses(definitions, [first]) == statuses(definitions, [second])


NORMS = (
    r"\lVert {} \rVert",
    "||{}||",
    r"\|{}\|",
    r"\left\lVert {} \right\rVert",
    r"\left\|{}\right\|",
    r"\Vert {} \Vert",
)


@pytest.mark.parametrize(
    "norm",
    [
        *NORMS,
        r"\left|\left|{}\right|\right|",
        r"\big|\big|{}\big|\big|",
        r"\vert\vert {}\vert\vert",
        "| |{}| |",
    ],
)
def test_a_norm_is_a_norm_in_every_spelling(norm: str) -> None:
    """The gradient of a norm is what it is however the bars are written, and its mutant is as false."""
    gradient = r"\frac{\partial\mathcal{L}}{\partial\hat{y}}="
    claims = [
        gradient + r"\frac{(\hat{y}-y)^\top}{\lVert\hat{y}-y\rVert}",
        gradient + r"\frac{(\hat{y}+y)^\top}{\lVert\hat{y}-y\rVert}",
    ]
    definitions = definitions_of(CASES[3])
    own = [*definitions[:-1], r"\mathcal{L}=" + norm.replace("{}", r"\hat{y}-y")]
    assert statuses(own, claims) == statuses(definitions, claims)


# The document

PROSE = (
    "순환 신경망의 은닉 상태는 다음과 같다.",
    "여기서 손실은",
    "- 연쇄 법칙에 의해",
    "> 가중치를 공유하므로 `코드`",
    "따라서,",
)


@given(documents(), randoms)
@modest
def test_the_order_of_displays_does_not_matter(document: tuple[Case, tuple[Relation, ...]], random: Random) -> None:
    """Claims before, between and after the definitions of their scope, with words around them, are the same claims."""
    case, claims = document
    texts = list(dict.fromkeys([*definitions_of(case), *(latex(claim) for claim in claims)]))
    inside = dict(zip(texts, verdicts(displays(*texts)), strict=True))
    random.shuffle(texts)
    words = [random.choice(PROSE) for _ in texts]
    moved = verdicts("\n\n".join(f"{word}\n\n$${text}$$" for word, text in zip(words, texts, strict=True)))
    for text, verdict in zip(texts, moved, strict=True):
        assert (verdict.status, verdict.conditions) == (inside[text].status, inside[text].conditions), text


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_definitions_may_stand_in_any_order(order: tuple[int, ...]) -> None:
    """All orders of the definitions of a model, with the claims first, give the same verdicts."""
    case = CASES[3]
    claims = [latex(claim) for claim in relations(case)[:4]]
    definitions = definitions_of(case)
    found = verdicts(displays(*claims, *(definitions[place] for place in order)))
    assert [(verdict.status, len(verdict.conditions)) for verdict in found[: len(claims)]] == statuses(
        definitions, claims
    )


def test_a_definition_said_again_from_right_to_left_changes_nothing() -> None:
    """`f(x_t, h_{t-1}) = h_t` after `h_t = f(x_t, h_{t-1})` is the same definition."""
    case = CASES[0]
    claims = [latex(claim) for claim in relations(case)[:1]]
    again = r"f(x_t, h_{t-1}; \psi) = h_t"
    found = statuses([*definitions_of(case), again], claims)
    assert found == statuses(definitions_of(case), claims)
