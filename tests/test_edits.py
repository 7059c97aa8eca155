"""One slip of the pen: what counts as one, that it is one, and that all else stays as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpttsym.edits import EDITS, Edit, factors, neighbours
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    DerivativeKind,
    Divide,
    Expr,
    Hole,
    Multiply,
    Negate,
    Norm,
    Power,
    Product,
    Relation,
    SetOf,
    Sum,
    Symbol,
    Transpose,
    children,
    integer,
    multiply,
    shifted,
    walk,
)
from bpttsym.positions import Path, at, walk_paths

t, k, i, T = map(Symbol, "tkiT")
W, U, L, psi, phi = map(Symbol, ["W", "U", r"\mathcal{L}", r"\psi", r"\phi"])
a, b, c, v = map(Symbol, "abcv")
ONE, TWO, THREE = map(integer, (1, 2, 3))


def h(step: Expr | int) -> Symbol:
    """The state at a step."""
    return Symbol("h", (integer(step) if isinstance(step, int) else step,))


def y(step: int) -> Symbol:
    """The output at a step."""
    return Symbol(r"\hat{y}", (integer(step),))


def d(of: Expr, by: Expr, kind: DerivativeKind = "partial") -> Derivative:
    """The derivative of something by something."""
    return Derivative(of, by, kind)


def equal(left: Expr, right: Expr) -> Relation:
    """The equation of two sides."""
    return Relation(left, "=", right)


def diag(argument: Expr) -> Call:
    """The diagonal matrix of a vector."""
    return Call(r"\mathrm{diag}", (argument,))


def asked(right: Expr) -> Relation:
    """A right side alone: the left one is a hole, which no edit touches."""
    return equal(Hole(), right)


SUM = Sum(h(t), "t", ONE, T)
ORDERED = Product(d(h(i), h(shifted(i, -1))), "i", shifted(t, 1), T, "decreasing")
DOUBLE = Sum(Sum(multiply(d(L, h(t)), d(h(t), h(k))), "k", ONE, t), "t", ONE, T)
JACOBIAN = multiply(diag(Add((ONE, Negate(Power(h(t), TWO))))), W)

EXAMPLES: dict[str, list[tuple[Expr, list[Expr]]]] = {
    "bound": [
        (
            SUM,
            [
                Sum(h(t), "t", integer(0), T),
                Sum(h(t), "t", TWO, T),
                Sum(h(t), "t", ONE, shifted(T, -1)),
                Sum(h(t), "t", ONE, shifted(T, 1)),
            ],
        ),
        (Sum(a, "t", None, None), []),
    ],
    "index": [
        (d(h(t), a), [d(h(shifted(t, -1)), a), d(h(shifted(t, 1)), a)]),
        (h(shifted(t, -1)), [h(shifted(t, -2)), h(t)]),
        (
            multiply(h(t), Power(W, t)),
            [
                multiply(h(shifted(t, -1)), Power(W, t)),
                multiply(h(shifted(t, 1)), Power(W, t)),
                multiply(h(t), Power(W, shifted(t, -1))),
                multiply(h(t), Power(W, shifted(t, 1))),
            ],
        ),
        (multiply(Symbol("i", (t,)), Sum(a, "i", ONE, T)), [
            multiply(Symbol("i", (shifted(t, -1),)), Sum(a, "i", ONE, T)),
            multiply(Symbol("i", (shifted(t, 1),)), Sum(a, "i", ONE, T)),
        ]),
    ],
    "bound-index": [
        (
            Sum(Sum(h(t), "k", ONE, t), "t", ONE, T),
            [
                Sum(Sum(h(t), "k", ONE, T), "t", ONE, T),
                Sum(Sum(h(k), "k", ONE, t), "t", ONE, T),
                Sum(Sum(h(T), "k", ONE, t), "t", ONE, T),
            ],
        ),
        (d(h(t), h(k)), []),
    ],
    "sign": [
        (Add((a, Negate(b))), [Add((Negate(a), Negate(b))), Add((a, b))]),
        (a, [Negate(a)]),
        (Call(r"\exp", (Negate(a),)), [Negate(Call(r"\exp", (Negate(a),))), Call(r"\exp", (a,))]),
        (integer(0), []),
    ],
    "order": [
        (multiply(a, b, c), [multiply(b, a, c), multiply(a, c, b)]),
        (multiply(TWO, a, a), []),
    ],
    "transpose": [
        (multiply(Transpose(W), d(L, h(t))), [multiply(W, d(L, h(t))), multiply(Transpose(W), Transpose(d(L, h(t))))]),
        (diag(v), [Transpose(diag(v))]),
        (Call(r"\tanh", (multiply(TWO, v),)), [Call(r"\tanh", (multiply(TWO, Transpose(v)),))]),
    ],
    "kind": [
        (d(L, W), [d(L, W, "immediate"), d(L, W, "total")]),
        (d(L, W, "immediate"), [d(L, W, "total"), d(L, W)]),
        (d(L, W, "total"), [d(L, W, "immediate")]),
        (d(L, W, "gradient"), []),
    ],
    "swapped-symbol": [
        (Add((h(t), Symbol("x", (t,)))), [Add((Symbol("x", (t,)),) * 2), Add((h(t), h(t)))]),
        (d(a, b), [d(b, b), d(a, a)]),
        (Sum(multiply(a, h(t)), "t", ONE, T), []),
    ],
    "missing-diag": [(multiply(diag(v), W), [multiply(v, W)])],
    "power": [
        (Add((ONE, Negate(Power(a, TWO)))), [Add((ONE, Negate(a))), Add((ONE, Negate(Power(a, THREE))))]),
        (Power(a, THREE), [Power(a, TWO), Power(a, integer(4))]),
        (Power(a, integer(-1)), []),
    ],
    "square": [
        (Add((ONE, Negate(a))), [Add((ONE, Negate(Power(a, TWO))))]),
        (Add((a, Negate(b))), []),
    ],
    "one": [(Add((ONE, a)), [Add((integer(0), a)), Add((TWO, a))]), (Sum(h(1), "t", ONE, TWO), [])],
    "direction": [
        (Product(a, "i", ONE, T, "decreasing"), [Product(a, "i", ONE, T, "increasing")]),
        (Product(a, "i", ONE, T, "increasing"), [Product(a, "i", ONE, T, "decreasing")]),
        (Product(a, "i", ONE, T, "written"), []),
    ],
    "elementwise": [
        (Multiply((a, b), (r"\odot",)), [multiply(a, b)]),
        (Multiply((TWO, a, b), ("", r"\cdot")), [Multiply((TWO, a, b), ("", r"\odot"))]),
        (Multiply((a, b), (r"\otimes",)), []),
    ],
    "dropped-term": [
        (Add((a, Negate(b), c)), [Add((Negate(b), c)), Add((a, c)), Add((a, Negate(b)))]),
        (Add((a, a)), [a]),
    ],
    "doubled-term": [(Add((a, Negate(b))), [Add((a, a, Negate(b))), Add((a, Negate(b), Negate(b)))])],
    "dropped-factor": [
        (
            Multiply((a, b, c), (r"\odot", "")),
            [multiply(b, c), multiply(a, c), Multiply((a, b), (r"\odot",))],
        ),
        (multiply(a, b), [b, a]),
    ],
    "doubled-factor": [
        (
            Multiply((a, b, c), (r"\odot", "")),
            [
                Multiply((a, a, b, c), (r"\odot", r"\odot", "")),
                Multiply((a, b, b, c), (r"\odot", r"\odot", "")),
                Multiply((a, b, c, c), (r"\odot", "", "")),
            ],
        ),
    ],
    "coefficient": [
        (Add((a, Negate(multiply(b, c)))), [Add((multiply(TWO, a), Negate(multiply(b, c)))),
                                             Add((a, Negate(multiply(TWO, b, c))))]),
        (SUM, [multiply(TWO, SUM)]),
    ],
}  # fmt: skip


def ten_terms() -> Relation:
    """The gradient of the many-to-many sheet at T = 4, in the sheet's order."""
    terms: list[Expr] = []
    for last in 4, 3, 2, 1:
        for first in range(last, 0, -1):
            chain = [d(h(step), h(step - 1)) for step in range(last, first, -1)]
            terms.append(multiply(d(L, y(last)), d(y(last), h(last)), *chain, d(h(first), psi)))
    return equal(d(L, psi), Add(tuple(terms)))


# Ten terms on the right with 40 factors, among them 60 symbols with one index and 20 without; one factor on the left.
TEN_TERMS = {
    "index": 2 * 60,
    "sign": 1 + 10,
    "order": 40 - 10,
    "transpose": 1 + 40,
    "kind": 2 * (1 + 40),
    "swapped-symbol": 60 + 20 + 2,
    "elementwise": 40 - 10,
    "dropped-term": 10,
    "doubled-term": 10,
    "dropped-factor": 40,
    "doubled-factor": 40,
    "coefficient": 1 + 10,
}

RELATIONS = [asked(right) for rows in EXAMPLES.values() for right, _ in rows] + [
    equal(d(L, W), DOUBLE),
    equal(d(h(T), h(t)), ORDERED),
    equal(d(h(t), h(shifted(t, -1))), JACOBIAN),
    Relation(Norm(ORDERED, "2"), r"\le", ONE),
    equal(Symbol(r"\theta"), SetOf((phi, psi))),
    equal(h(t), Call("f", (Symbol("x", (t,)), h(shifted(t, -1))), (psi,))),
    equal(L, multiply(Divide(ONE, T), SUM)),
    ten_terms(),
]


def off_the_path(relation: Relation, edit: Edit) -> Iterator[Expr]:
    """The nodes of the original that are neither on the way to the edit nor below it."""
    for path, node in walk_paths(relation):
        shared = min(len(path), len(edit.path))
        if path[:shared] != edit.path[:shared]:
            yield node


def check_one_place(relation: Relation, edit: Edit) -> None:
    """An edit adds few nodes, keeps all others as the same objects, and rebuilds only the way to its place."""
    before, after = ({id(node) for node in walk(side)} for side in (relation, edit.relation))
    assert all(id(node) in after for node in off_the_path(relation, edit))
    assert len(after - before) <= len(edit.path) + 3
    for depth in range(len(edit.path) - 1):
        old, new = (children(at(side, edit.path[:depth])) for side in (relation, edit.relation))
        others = [place for place in range(len(old)) if place != edit.path[depth]]
        assert len(old) == len(new)
        assert all(old[place] is new[place] for place in others)


def check_well_formed(expr: Expr) -> None:
    """A tree keeps the laws of its classes: terms and factors are two or more, operators stand between factors."""
    for node in walk(expr):
        match node:
            case Add(terms):
                assert len(terms) >= 2
            case Multiply(parts, operators):
                assert len(parts) == len(operators) + 1 >= 2
            case _:
                assert all(isinstance(child, Expr) for child in children(node))


def test_every_row_of_the_table_has_its_examples() -> None:
    """A kind of edit is tested the moment it has a row: names are unique and each has an example that is edited."""
    assert sorted(row.kind for row in EDITS) == sorted(EXAMPLES)
    assert all(any(expected for _, expected in rows) for rows in EXAMPLES.values())


@pytest.mark.parametrize(
    ("kind", "right", "expected"), [(kind, *row) for kind, rows in EXAMPLES.items() for row in rows]
)
def test_edits_of_a_right_side(kind: str, right: Expr, expected: list[Expr]) -> None:
    """Each kind makes exactly the trees that are expected of it, in their order."""
    found = list(neighbours(asked(right), {kind}))
    assert [edit.relation for edit in found] == [asked(tree) for tree in expected]
    assert {edit.kind for edit in found} <= {kind}


@pytest.mark.parametrize("relation", RELATIONS)
def test_an_edit_is_one_edit(relation: Relation) -> None:
    """No edit is the original or another edit again, and each changes one place only."""
    found = list(neighbours(relation))
    assert len({relation, *(edit.relation for edit in found)}) == len(found) + 1
    for edit in found:
        check_one_place(relation, edit)
        check_well_formed(edit.relation)
        assert edit.words
        assert "{}" not in edit.words


def test_the_left_side_is_edited_too() -> None:
    """A lone derivative on the left may have the wrong index, symbol or kind."""
    relation = equal(d(L, h(t)), d(phi, psi))
    found = [edit.relation.left for edit in neighbours(relation, {"index", "swapped-symbol", "kind"}, within=(0,))]
    others = [d(phi, h(t)), d(psi, h(t)), d(L, h(shifted(t, -1))), d(L, h(shifted(t, 1)))]
    assert found == [d(L, h(t), "immediate"), d(L, h(t), "total"), *others]


@pytest.mark.parametrize(
    ("kind", "right", "path", "words"),
    [
        ("bound", SUM, (1, 1), "the lower bound moved by one"),
        ("index", SUM, (1, 0, 0), "an index of `h` moved by one"),
        (
            "bound-index",
            multiply(a, Sum(h(shifted(k, 1)), "k", t, T)),
            (1, 1, 0, 0, 0),
            "the index `T` in place of `k`",
        ),
        ("sign", Add((a, b)), (1, 0), "the sign of a term flipped"),
        ("order", multiply(a, b), (1,), "the factors 1 and 2 swapped"),
        ("dropped-factor", multiply(a, b), (1, 0), "the factor 1 left out"),
        ("swapped-symbol", multiply(phi, psi), (1, 0), r"`\psi` in place of `\phi`"),
        ("kind", d(L, W), (1,), "the immediate derivative in place of the partial one"),
        ("transpose", multiply(a, Transpose(W)), (1, 0), "a transpose added"),
        ("elementwise", multiply(a, b), (1,), "the product after factor 1 made elementwise"),
    ],
)
def test_an_edit_tells_where_and_what(kind: str, right: Expr, path: Path, words: str) -> None:
    """The path leads to the smallest place in the original that is edited; the words need nothing else."""
    edit = next(neighbours(asked(right), [kind]))
    assert (edit.path, edit.words) == (path, words)


def test_a_slip_may_borrow_from_a_vocabulary() -> None:
    """Symbols are mistaken for those of a vocabulary with as many indices; an empty one leaves them alone."""
    relation = equal(L, multiply(W, h(t)))
    words = {0: {"V", "U"}, 1: {"h", "x"}}
    found = [edit.relation for edit in neighbours(relation, ["swapped-symbol"], within=(1,), vocabulary=words)]
    assert found == [equal(L, right) for right in (multiply(U, h(t)), multiply(Symbol("V"), h(t)),
                                                   multiply(W, Symbol("x", (t,))))]  # fmt: skip
    assert not list(neighbours(relation, ["swapped-symbol"], vocabulary={}))


def test_an_unknown_kind_is_refused() -> None:
    """A kind that has no row is an error that names those that have one, not an empty answer."""
    with pytest.raises(ValueError, match="no such edit: spelling; there are bound, index, "):
        list(neighbours(asked(a), ["sign", "spelling"]))


def test_the_ten_terms_have_a_few_hundred_neighbours() -> None:
    """The longest equation of the sheet has as many neighbours as can be counted by hand, always in one order."""
    found = list(neighbours(ten_terms()))
    assert Counter(edit.kind for edit in found) == TEN_TERMS
    assert [edit.relation for edit in found] == [edit.relation for edit in neighbours(ten_terms())]
    assert list(islice(neighbours(ten_terms()), 3)) == found[:3]


@pytest.mark.parametrize(
    ("relation", "paths"),
    [
        (equal(d(L, W), DOUBLE), [(0,), (1, 0, 0, 0), (1, 0, 0, 1)]),
        (equal(d(h(t), a), JACOBIAN), [(0,), (1, 0), (1, 0, 0, 1, 0, 0), (1, 1)]),
        (Relation(Norm(ORDERED, "2"), r"\le", ONE), [(0, 0, 0)]),
        (equal(h(t), Call("f", (a, h(t)), (psi,))), [(0,), (1,)]),
        (equal(h(t), Call(r"\tanh", (Add((multiply(W, a), Transpose(b))),))),
         [(0,), (1,), (1, 0, 0, 0), (1, 0, 0, 1), (1, 0, 1, 0)]),
        (equal(L, multiply(Divide(ONE, T), SUM)), [(0,), (1, 1, 0)]),
        (equal(d(multiply(W, a), a), Negate(W)), [(0,), (1, 0)]),
        (equal(a, SetOf((phi, psi))), [(0,)]),
        (asked(Power(integer(2), a)), []),
    ],
)  # fmt: skip
def test_factors(relation: Relation, paths: list[Path]) -> None:
    """Factors are the derivatives, symbols and calls that are multiplied, added or stand alone; no numbers."""
    assert list(factors(relation)) == paths


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_factor_has_neighbours(relation: Relation) -> None:
    """The guard against vacuous truth always has something to try at a factor."""
    for path in factors(relation):
        found = list(neighbours(relation, within=path))
        assert found
        assert all(edit.path[: len(path)] == path for edit in found)


INDICES = st.builds(shifted, st.sampled_from([t, k, T, ONE, TWO]), st.integers(-2, 2))
SYMBOLS = st.builds(Symbol, st.sampled_from(["h", "W", "i", "t"]), st.lists(INDICES, max_size=2).map(tuple))
NUMBERS = st.integers(0, 3).map(integer)
NAMES = st.sampled_from("tki")


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Every class of node over smaller trees."""
    parts = st.lists(inner, min_size=2, max_size=3)
    operators = st.lists(st.sampled_from(["", r"\cdot", r"\odot", r"\otimes"]), min_size=2, max_size=2)
    bounds = st.tuples(INDICES, INDICES)
    return st.one_of(
        parts.map(lambda terms: Add(tuple(terms))),
        st.builds(lambda some, between: Multiply(tuple(some), tuple(between[: len(some) - 1])), parts, operators),
        st.builds(Negate, inner),
        st.builds(Transpose, inner),
        st.builds(Norm, inner),
        st.builds(Divide, inner, inner),
        st.builds(Power, inner, inner),
        st.builds(lambda body, name, limits: Sum(body, name, *limits), inner, NAMES, bounds | st.just((None, None))),
        st.builds(
            lambda body, name, limits, direction: Product(body, name, *limits, direction),
            inner,
            NAMES,
            bounds,
            st.sampled_from(["written", "increasing", "decreasing"]),
        ),
        st.builds(Derivative, inner, inner, st.sampled_from(["partial", "total", "immediate", "gradient"])),
        st.builds(
            lambda function, argument: Call(function, (argument,)),
            st.sampled_from([r"\tanh", r"\mathrm{diag}"]),
            inner,
        ),
        parts.map(lambda items: SetOf(tuple(items))),
    )


TREES = st.recursive(SYMBOLS | NUMBERS | st.just(Hole()), larger, max_leaves=8)


@given(st.builds(Relation, TREES, st.just("="), TREES))
def test_neighbours_of_any_relation(relation: Relation) -> None:
    """Whatever the relation, each neighbour is a well-formed relation, new, and changed in one place."""
    found = list(neighbours(relation))
    assert len({relation, *(edit.relation for edit in found)}) == len(found) + 1
    for edit in found:
        assert isinstance(edit.relation, Relation)
        check_well_formed(edit.relation)
        check_one_place(relation, edit)


@given(st.builds(Relation, TREES, st.just("="), TREES), st.data())
def test_edits_within_a_path(relation: Relation, data: st.DataObject) -> None:
    """The edits within a path are the neighbours that are made there, and no others."""
    within = data.draw(st.sampled_from([path for path, _ in walk_paths(relation)]))
    everywhere = list(neighbours(relation))
    found = list(neighbours(relation, within=within))
    assert all(edit.path[: len(within)] == within for edit in found)
    assert {edit.relation for edit in found} <= {edit.relation for edit in everywhere}
    there = {edit.relation for edit in everywhere if edit.path[: len(within)] == within}
    assert there <= {edit.relation for edit in found}
