"""What is printed reads back as the tree that was printed, for every tree that the notation can say."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Concatenate,
    Derivative,
    Divide,
    Expr,
    Hole,
    Indicator,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Relation,
    SetOf,
    Sum,
    Symbol,
    Transpose,
    integer,
    shifted,
    walk,
)
from bpttsym.latex import aligned, latex
from bpttsym.notation import read_chain
from bpttsym.parse import read_display
from bpttsym.signature import Signature, signature

KNOWN = r"q_{t+1,k+1,i+1} = f(x, y; z) + g(x, y)"
"""What the rest of a document says of its names: which are functions, and which are indices."""

QUANTITIES = (
    (
        r"x y h W V L U b \psi \phi \theta \delta \hat{y} \mathcal{L} \mathbf{h} \tilde{c} \hat{\mathbf{y}}"
        r" W_{hh} W_{xh} \theta_{\mathrm{out}} h' \mathrm{loss} \overleftarrow{h} \bar{\boldsymbol{x}}"
    )
    .replace(r"\boldsymbol", r"\mathbf")
    .split()
)
BUILTINS = r"\tanh \log \exp \sigma_{\max} \mathrm{softmax} \mathrm{diag} \mathrm{relu} abs".split()
HORIZON = Symbol("T")

letters = st.sampled_from(["t", "k", "i"])
steps = st.one_of(
    st.integers(0, 12).map(integer),
    letters.map(Symbol),
    st.just(HORIZON),
    st.builds(lambda letter, offset: shifted(Symbol(letter), offset), letters, st.sampled_from([-2, -1, 1, 2])),
)
symbols = st.builds(
    lambda name, index: Symbol(name, tuple(index)), st.sampled_from(QUANTITIES), st.lists(steps, max_size=2)
)
numbers = st.sampled_from([integer(n) for n in (0, 1, 2, 7, 10, 25)] + [Number(Fraction(1, 2)), Number(Fraction(5, 4))])
operators = st.sampled_from(["", "", r"\cdot", r"\times", "*", r"\odot", r"\circ", r"\otimes"])


def product(factors: list[Expr], between: list[str]) -> Multiply:
    """The factors with the operators between them, over and over."""
    return Multiply(tuple(factors), tuple((between * len(factors))[: len(factors) - 1]))  # type: ignore[arg-type]


def wider(trees: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """All nodes over the given trees."""
    terms = st.one_of(trees, trees.map(Negate))
    return st.one_of(
        st.lists(terms, min_size=2, max_size=4).map(lambda found: Add(tuple(found))),
        trees.map(Negate),
        st.builds(product, st.lists(trees, min_size=2, max_size=4), st.lists(operators, min_size=1, max_size=3)),
        st.builds(Divide, trees, trees),
        st.builds(Power, trees, st.one_of(numbers, symbols, trees)),
        trees.map(Transpose),
        st.builds(Norm, trees, st.sampled_from(["", "1", "2", "F", r"\infty"])),
        st.builds(Sum, trees, letters, steps, steps),
        st.builds(lambda body, letter: Sum(body, letter, None, None), trees, letters),
        st.builds(Product, trees, letters, steps, steps, st.sampled_from(["written", "increasing", "decreasing"])),
        st.builds(
            Derivative,
            st.one_of(symbols, trees),
            symbols,
            st.sampled_from(["partial", "total", "immediate", "gradient"]),
        ),
        st.builds(
            lambda name, arguments, parameters, primes: Call(name, tuple(arguments), tuple(parameters), primes),
            st.sampled_from(["f", "g"]),
            st.lists(trees, min_size=1, max_size=3),
            st.lists(symbols, max_size=2),
            st.integers(0, 2),
        ),
        st.builds(lambda name, argument: Call(name, (argument,)), st.sampled_from(BUILTINS), trees),
    )


def sayable(tree: Expr) -> bool:
    r"""Whether the notation has words for a tree: ``\prod_{i=T}^{k}`` is read as going down from T, by SEMANTICS 5."""
    return not any(
        isinstance(part, Product) and part.direction == "written" and part.lower == HORIZON and part.upper != HORIZON
        for part in walk(tree)
    )


TREES = st.recursive(st.one_of(symbols, symbols, numbers), wider, max_leaves=8).filter(sayable)


def names() -> Signature:
    """The signature of a document that says ``KNOWN``."""
    chains = [line.chain for line in read_display(KNOWN)]
    return signature(chain for chain in chains if chain is not None)


NAMES = names()


def read(text: str) -> list[Relation]:
    """The relations that a display says."""
    (line,) = read_display(text)
    assert line.chain is not None, line.failure
    sides, between = read_chain(line.chain, NAMES)
    pairs = zip(sides, between, sides[1:], strict=False)
    return [
        Relation(left, operator, right) for left, operator, right in pairs if left is not None and right is not None
    ]


def test_the_known_names_are_known() -> None:
    """The signature that everything is read with has both functions and all indices."""
    assert {"f", "g"} <= NAMES.functions
    assert {"t", "k", "i"} <= NAMES.indices


@given(TREES)
@settings(max_examples=400, derandomize=True, deadline=None)
def test_a_tree_that_is_printed_reads_back(tree: Expr) -> None:
    """Reading the LaTeX of any tree gives the same tree."""
    relation = Relation(Symbol("q"), "=", tree)
    assert read(latex(relation)) == [relation]


@given(TREES, st.sampled_from(["=", ":=", r"\le", r"\ge", "<", ">", r"\approx", r"\propto"]))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_relation_that_is_printed_reads_back(tree: Expr, operator: str) -> None:
    """Either side of a relation of any kind reads back."""
    relation = Relation(tree, operator, Symbol("q"))
    assert read(latex(relation)) == [relation]


@given(st.lists(TREES, min_size=1, max_size=3), st.integers(1, 3))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_a_chain_that_is_printed_in_rows_reads_back(sides: list[Expr], terms: int) -> None:
    """An aligned chain, its sums broken into rows, is one line of as many relations."""
    text = aligned(Symbol("q"), [("=", side) for side in sides], terms)
    expected = [Relation(left, "=", right) for left, right in zip([Symbol("q"), *sides], sides, strict=False)]
    assert read(text) == expected


@given(TREES)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_what_was_read_is_printed_the_same(tree: Expr) -> None:
    """Printing what was read gives the text that was read: the printed form is settled."""
    text = latex(Relation(Symbol("q"), "=", tree))
    (relation,) = read(text)
    assert latex(relation) == text


conditions = st.builds(Relation, letters.map(Symbol), st.sampled_from(["=", "<", ">", r"\le", r"\ge", r"\ne"]), steps)
groups = st.one_of(
    st.builds(lambda *both: Add(both), symbols, symbols),
    st.builds(lambda *both: product([*both], [""]), symbols, symbols),
)
blocks = st.one_of(
    conditions.map(Indicator),
    st.lists(st.tuples(TREES, conditions), min_size=1, max_size=3).map(
        lambda rows: Cases(tuple(value for value, _ in rows), tuple(when for _, when in rows))
    ),
    st.builds(
        lambda rows, rest: Cases((*(value for value, _ in rows), rest), tuple(when for _, when in rows)),
        st.lists(st.tuples(TREES, conditions), min_size=1, max_size=3),
        TREES,
    ),
    st.lists(symbols, min_size=2, max_size=3).map(lambda found: Concatenate(tuple(found))),
    st.builds(
        lambda of, index: Component(of, tuple(index)), groups, st.lists(letters.map(Symbol), min_size=1, max_size=2)
    ),
)


@given(blocks, st.sampled_from([0, 1, 2, 3]), symbols)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_a_block_that_is_printed_reads_back(block: Expr, place: int, beside: Expr) -> None:
    """Cases, indicators, entries and columns read back: alone, in a sum, beside a factor and in a fraction."""
    tree = (block, Add((beside, block)), product([beside, block], [""]), Divide(block, beside))[place]
    relation = Relation(Symbol("q"), "=", tree)
    assert read(latex(relation)) == [relation]


@pytest.mark.parametrize(
    "right",
    [
        Hole(),
        SetOf((Symbol(r"\phi"), Symbol(r"\psi"))),
        SetOf((Symbol("W_{hh}"), Symbol("b"))),
        Call("f", (Symbol("x", (Symbol("t"),)), Symbol("h", (shifted(Symbol("t"), -1),))), (Symbol(r"\psi"),)),
    ],
)
def test_what_stands_alone_on_the_right_reads_back(right: Expr) -> None:
    """A question, a set of parameters and an application with parameters read back."""
    relation = Relation(Symbol("q"), "=", right)
    assert read(latex(relation)) == [relation]


@pytest.mark.parametrize(
    "exponent",
    [
        Call(r"\tanh", (Symbol("h"),)),
        Call("f", (Symbol("x"), Symbol("y"))),
        Multiply((integer(2), Add((Symbol("x"), Symbol("y")))), ("",)),
        Multiply((integer(5), Number(Fraction(1, 2))), ("",)),
    ],
)
def test_an_exponent_with_parentheses_reads_back(exponent: Expr) -> None:
    """An application or a product in an exponent is the exponent, not a step in parentheses."""
    relation = Relation(Symbol("q"), "=", Power(Add((integer(1), Negate(Symbol("x")))), exponent))
    assert read(latex(relation)) == [relation]
