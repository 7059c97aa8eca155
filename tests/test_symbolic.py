"""SymPy's part: equations, the table of differentials, the expanded chain rule, gradients, and programs to keep."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import (
    DiagMatrix,
    Eq,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    ShapeError,
    Trace,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from bpttsym import symbolic, symbolic_expansion, symbolic_jacobians
from bpttsym.document import read_document
from bpttsym.errors import Contradiction, LimitExceeded, UsageError
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Add, Negate, Number
from bpttsym.ground import make_ground
from bpttsym.model import Key, Model
from bpttsym.numeric import NumericWorld
from bpttsym.paths import PathWorld
from bpttsym.readings import Readings
from bpttsym.rewriting import transform
from bpttsym.source import source_from_text
from bpttsym.symbolic_functions import FUNCTIONS, SLOPES, WORDS, Elementwise, Softmax, U, Unknown, V, slope
from bpttsym.symbolic_jacobians import DIFFERENTIALS, Unknowns, differential, jacobian, pull
from bpttsym.symbolic_lambdify import Gradients, lambdified
from bpttsym.symbolic_names import SAFE, Names, identifier
from bpttsym.symbolic_program import Program
from bpttsym.world import CannotSay

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.filterwarnings("error")

DOCUMENTS = {
    "many to one": r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$
$$\hat y=V h_T+c$$
$$\mathcal{L}=\lVert \hat y-y\rVert$$
""",
    "many to many": r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$
$$\hat y_t=V h_t+c$$
$$\mathcal{L}=\sum_{t=1}^{T}\lVert \hat y_t-y_t\rVert$$
""",
    "abstract, many to one": r"""
$$h_t=f(x_t,h_{t-1};\psi)$$
$$\hat y=g(h_T;\phi)$$
$$\mathcal{L}=\lVert \hat y-y\rVert$$
""",
    "abstract, many to many": r"""
$$h_t=f(x_t,h_{t-1};\psi)$$
$$\hat y_t=g(h_t;\phi)$$
$$\mathcal{L}=\sum_{t=1}^{T}\lVert \hat y_t-y_t\rVert$$
""",
    "LSTM": r"""
$$i_t=\sigma(W_i h_{t-1}+U_i x_t+b_i)$$
$$f_t=\sigma(W_f h_{t-1}+U_f x_t+b_f)$$
$$o_t=\sigma(W_o h_{t-1}+U_o x_t+b_o)$$
$$\tilde c_t=\tanh(W_c h_{t-1}+U_c x_t+b_c)$$
$$c_t=f_t\odot c_{t-1}+i_t\odot\tilde c_t$$
$$h_t=o_t\odot\tanh(c_t)$$
$$L=\sum_{t=1}^{T}-y_t\log \mathrm{softmax}(V h_t)$$
""",
    "GRU": r"""
$$z_t=\sigma(W_z h_{t-1}+U_z x_t)$$
$$r_t=\sigma(W_r h_{t-1}+U_r x_t)$$
$$\tilde h_t=\tanh(W(r_t\odot h_{t-1})+U x_t)$$
$$h_t=(1-z_t)\odot h_{t-1}+z_t\odot\tilde h_t$$
$$L=\sum_{t=1}^{T}\frac12\lVert V h_t-y_t\rVert^2$$
""",
    "two layers": r"""
$$a_t=\tanh(W a_{t-1}+U x_t+b)$$
$$h_t=\tanh(W_b h_{t-1}+U_b a_t+b_b)$$
$$\hat y_t=V h_t$$
$$L=\sum_{t=1}^{T}\lVert \hat y_t-y_t\rVert$$
""",
    "a loss for each step": r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$
$$\hat y_t=V h_t$$
$$L_t=\frac12\lVert \hat y_t-y_t\rVert^2$$
$$L=\sum_{t=1}^{T}L_t$$
""",
    "weight decay": r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$
$$L=\lVert V h_T-y\rVert^2+\lambda\lVert W\rVert_F^2$$
""",
    "output fed back": r"""
$$x_t=V h_{t-1}$$
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$
$$L=\sum_{t=1}^{T}\lVert V h_t-y_t\rVert^2$$
""",
    "leaky, absolute error": r"""
$$h_t=(1-\alpha)h_{t-1}+\alpha\tanh(W h_{t-1}+U x_t)$$
$$L=\sum_{t=1}^{T}\lVert V h_t-y_t\rVert_1$$
""",
    "diagonal": r"""
$$h_t=\mathrm{relu}(\mathrm{diag}(w)h_{t-1}+U x_t)$$
$$L=\sum_{t=1}^{T}(v^\top h_t-y_t)^2$$
""",
    "transposed": r"""
$$h_t=\mathrm{softplus}(W^\top h_{t-1}+U^\top x_t)$$
$$L=\lVert h_T-y\rVert$$
""",
    "scalar": """---
state: scalar
---
"""
    + r"""
$$h_t=\tanh(w h_{t-1}+u x_t+b)$$
$$L=\sum_{t=1}^{T}\frac12(v h_t-y_t)^2$$
""",
    "from zero": """---
h_0: zero
---
"""
    + r"""
$$h_t=\tanh(\sinh(W h_{t-1}+U x_t+b))$$
$$L=\sum_{t=1}^{T}\frac12\lVert V h_t-y_t\rVert^2$$
""",
    "matrix of states": r"""
$$h_t=\tanh(W h_{t-1}+U x_t)$$
$$M=h_1 h_2^\top$$
$$L=\lVert M h_T-y\rVert^2$$
""",
}
CONCRETE = [name for name in DOCUMENTS if not name.startswith("abstract")]


@cache
def model(name: str) -> Model:
    """The model of a document."""
    return read_document(source_from_text(DOCUMENTS[name])).models[-1]


@cache
def backwards(name: str) -> Model:
    """A model whose states run backwards in time: h_t is made from h_{t+1}."""

    def change(part: Any) -> Any:
        return Add((part.terms[0], Number(Fraction(1)))) if isinstance(part, Add) and before(part) else part

    def before(part: Any) -> bool:
        return part.terms[-1] == Negate(Number(Fraction(1)))

    found = model(name)
    turned = tuple(replace(one, body=transform(one.body, change)) for one in found.definitions)
    assert turned != found.definitions
    return replace(found, definitions=turned)


# Names.


@pytest.mark.parametrize(
    ("latex", "index", "name"),
    [
        (r"\hat{y}", (4,), "y_hat_4"),
        ("W_{hh}", (), "W_hh"),
        (r"\mathcal{L}", (), "L"),
        (r"\hat{\mathbf{y}}", (), "y_hat"),
        ("h", (-1,), "h_m1"),
        (r"\overleftarrow{h}", (2, 1), "h_overleftarrow_2_1"),
        ("x0", (), "x_0"),
        ("시점", (1,), "q_1"),
    ],
)
def test_a_name_is_readable(latex: str, index: tuple[int, ...], name: str) -> None:
    """A name is the letters of the LaTeX name, its accents and its indices; no digit follows a letter directly."""
    assert identifier(latex, index) == name


HOSTILE = [
    r"\mathrm{__import__}",
    "lambda",
    "exec",
    "numpy",
    "x); import os; (",
    'a" + "b',
    "\n",
    "None",
    "h'",
    "import",
    "W_{1}",
    "𝐱",
    "",
    "_" * 99,
    "a" * 999,
]


def test_names_are_safe_and_different() -> None:
    """Whatever a document writes, a name is a word of few signs that means nothing in Python, and is its own."""
    names = Names()
    found = [names.of((latex, index)) for latex in HOSTILE for index in ((), (1,))]
    assert len(set(found)) == len(found)
    assert all(SAFE.fullmatch(name) and len(name) < 50 for name in found)
    for name in found:
        compile(f"{name} = 1", "<name>", "exec")
        assert name not in dir(__builtins__)
        assert not re.fullmatch(r"x\d+", name), "cse calls its own symbols so"


def test_names_lead_back_to_the_document() -> None:
    """Printed with the names of the document, an equation is as it was written."""
    graph = symbolic.unroll(model("many to one"), 2)
    assert [graph.latex(equation) for equation in graph.equations] == [
        r"h_{1} = \tanh\left(W h_{0} + U x_{1} + b\right)",
        r"h_{2} = \tanh\left(W h_{1} + U x_{2} + b\right)",
        r"\hat{y} = V h_{2} + c",
        r"\mathcal{L} = \sqrt{\operatorname{tr}\left(\left(\hat{y} - y\right)^{T} \left(\hat{y} - y\right) \right)}",
    ]
    assert graph.latex(graph.jacobian("h_2", "h_1")).startswith(r"\operatorname{DiagMatrix}")


def test_no_text_of_a_document_becomes_a_name() -> None:
    """A parameter called like a function of Python goes through every stage under a name of ours."""
    text = r"$$h_t=\tanh(W_{\mathrm{exec}} h_{t-1}+ U_{lambda} x_t)$$ $$L=\lVert V_{numpy} h_T-y\rVert^2$$"
    strange = read_document(source_from_text(text)).models[-1]
    graph = symbolic.unroll(strange, 2)
    assert all(SAFE.fullmatch(str(symbol)) for equation in graph.equations for symbol in equation.free_symbols)
    numbers = symbolic.gradients(strange, T=2)
    assert distance_from_complex_step(strange, numbers, 2) < 1e-12


# The unrolled graph.


def test_the_equations_of_many_to_one() -> None:
    """T = 4 gives h_1 ... h_4, the output and the loss, in matrices of symbolic sizes."""
    graph = symbolic.unroll(model("many to one"), T=4)
    n_h, n_x, n_y = sympy.symbols("n_h n_x n_y_hat", integer=True, positive=True)
    W, U_, b = MatrixSymbol("W", n_h, n_h), MatrixSymbol("U", n_h, n_x), MatrixSymbol("b", n_h, 1)
    V_, c, y = MatrixSymbol("V", n_y, n_h), MatrixSymbol("c", n_y, 1), MatrixSymbol("y", n_y, 1)
    h = [MatrixSymbol(f"h_{t}", n_h, 1) for t in range(5)]
    x = [MatrixSymbol(f"x_{t}", n_x, 1) for t in range(5)]
    y_hat = MatrixSymbol("y_hat", n_y, 1)
    error = MatAdd(y_hat, MatMul(-1, y))
    assert list(graph.equations) == [
        *(
            Eq(h[t], Elementwise("tanh", MatAdd(MatMul(W, h[t - 1]), MatMul(U_, x[t]), b)), evaluate=False)
            for t in range(1, 5)
        ),
        Eq(y_hat, MatAdd(MatMul(V_, h[4]), c), evaluate=False),
        Eq(sympy.Symbol("L", real=True), sympy.sqrt(Trace(MatMul(sympy.Transpose(error), error))), evaluate=False),
    ]
    assert str(graph.equations[0]) == "Eq(h_1, tanh.(U*x_1 + W*h_0 + b))"


def test_a_quantity_has_several_spellings() -> None:
    """By its name here, with the horizon for the last step, by its LaTeX, or by its key."""
    graph = symbolic.unroll(model("many to many"), 3)
    assert {graph.key(text) for text in ("h_3", "h_T", "h_{3}", ("h", (3,)))} == {("h", (3,))}
    assert graph.key("L") == graph.key(r"\mathcal{L}") == (r"\mathcal{L}", ())


def test_the_equations_of_many_to_many() -> None:
    """Every step has an output, and the loss is the sum over all of them."""
    graph = symbolic.unroll(model("many to many"), T=3)
    assert [str(equation.lhs) for equation in graph.equations] == "h_1 h_2 h_3 y_hat_1 y_hat_2 y_hat_3 L".split()
    assert {str(symbol) for symbol in graph.equations[-1].rhs.free_symbols} >= {"y_hat_1", "y_hat_2", "y_hat_3", "y_1"}


def test_abstract_cells_are_undefined_functions() -> None:
    """A function without a formula stays a function of its arguments, and its Jacobians are symbols of their own."""
    graph = symbolic.unroll(model("abstract, many to one"), T=2)
    assert str(graph.equations[0]) == "Eq(h_1, f(x_1, h_0, psi))"
    assert graph.equations[0].rhs.shape == graph.equations[0].lhs.shape
    assert str(graph.jacobian("h_2", "h_1")) == "dh_2_dh_1"
    assert graph.latex(graph.jacobian("h_2", "psi")) == r"\frac{\partial^{+} h_{2}}{\partial \psi}"
    paths = {"dy_hat_dh_2*dh_2_dpsi", "dy_hat_dh_2*dh_2_dh_1*dh_1_dpsi"}
    assert {str(term) for term in graph.derivative("y_hat", "psi").args} == paths


def test_explicit_components() -> None:
    """On request both sides are matrices of components, of given or of standing sizes."""
    graph = symbolic.unroll(model("many to one"), T=1, explicit=True, sizes={"h": 2, "x": 1, r"\hat{y}": 1})
    W, h, b, U_, x = (graph.symbols[name] for name in ("W", "h_0", "b", "U", "x_1"))
    rows = [sympy.tanh(W[i, 0] * h[0, 0] + W[i, 1] * h[1, 0] + U_[i, 0] * x + b[i, 0]) for i in range(2)]
    assert graph.equations[0].rhs == sympy.Matrix(rows)
    assert all(equation.lhs.shape == (3, 1) for equation in symbolic.unroll(model("GRU"), 1, True).equations[:1])


def test_softmax_and_norm_have_components() -> None:
    """The classes of ours are written out in components like SymPy's own."""
    text = r"$$h_t=\mathrm{softmax}(W h_{t-1})$$ $$L=\lVert h_T\rVert$$"
    one, two = symbolic.unroll(
        read_document(source_from_text(text)).models[-1], 1, explicit=True, sizes={"h": 2}
    ).equations
    powers = [sympy.exp(argument) for argument in one.rhs.atoms(sympy.exp) for argument in argument.args]
    assert sum(one.rhs) == 1 or sympy.simplify(sum(one.rhs)) == 1, powers
    assert str(two.rhs) == "sqrt(h_1[0, 0]**2 + h_1[1, 0]**2)"


def test_sizes_in_numbers() -> None:
    """With sizes the symbols have shapes in numbers; those that nothing gives are different from each other."""
    graph = symbolic.unroll(model("many to many"), T=1, sizes={"h": 7})
    assert graph.symbols["W"].shape == (7, 7)
    assert len({*graph.symbols["U"].shape, *graph.symbols["V"].shape}) == 3


BAD_ARGUMENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "T": (lambda: symbolic.unroll(model("GRU"), T=0), "a model is unrolled over at least 1 step, not 0"),
    "quantity": (
        lambda: symbolic.gradient(model("many to many"), "L", "y_het_2"),
        "the model has no `y_het_2`; near it are y_hat_2, y_hat_4, y_hat_3",
    ),
    "size of nothing": (
        lambda: symbolic.unroll(model("scalar"), T=1, sizes={"k": 2}),
        "the model has no `k` to give a size to; there are L, b, h, h_0, h_1, u, v, w, x, x_1, y, y_1",
    ),
    "size 0": (lambda: symbolic.unroll(model("GRU"), sizes={"h": 0}), "the size of `h` is at least 1, not 0"),
    "size of a number": (lambda: symbolic.unroll(model("GRU"), sizes={"L": 2}), "`L` is a number and has no size"),
    "two sizes": (
        lambda: symbolic.unroll(model("GRU"), sizes={"h": 2, "z": 3}),
        "the size of `z` is 2 by another of these, not 3",
    ),
    "gradient of a vector": (
        lambda: symbolic.gradient(model("GRU"), "h_4", "W").expression,
        "only a number has a gradient in the shape of the variable, and `h_{4}` is none",
    ),
    "no leaf": (
        lambda: symbolic.gradients(model("weight decay"), by=["x", "h_2"]),
        "`h_2` is no leaf of the model; there are W, h_0, U, x, b, V, y, lambda_",
    ),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_a_bad_argument_is_named(case: str) -> None:
    """One sentence says what there is instead."""
    call, message = BAD_ARGUMENTS[case]
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == message


# The slopes of activations.


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_slope_is_the_derivative(function: str) -> None:
    """f' by ``diff``, in terms of the value where that is simpler, is the central difference of f."""
    formula, found = FUNCTIONS[function].formula, slope(function)
    value = sympy.lambdify(U, formula)
    for point in (0.3, 1.7) if function == r"\log" else (-1.3, -0.2, 0.4, 2.1):
        derivative = float(found.formula.subs({V: value(point)} if found.by_value else {U: point}))
        assert derivative == pytest.approx((value(point + 1e-6) - value(point - 1e-6)) / 2e-6, abs=1e-8)


def test_slopes_are_written_with_the_value() -> None:
    """The textbook forms: 1 - h^2, h - h^2; and relu has the slope 0 at 0."""
    assert slope(r"\tanh").formula == 1 - V**2
    assert slope(r"\sigma").formula == V - V**2
    assert slope(r"\mathrm{relu}").formula.subs(V, 0) == 0
    assert slope(r"\mathrm{id}").formula == 1


# The table of differentials, each row against Matrix.jacobian.

h, z, w, k = (MatrixSymbol(name, 2, 1) for name in "hzwk")
x = MatrixSymbol("x", 3, 1)
W, A, M = MatrixSymbol("W", 2, 2), MatrixSymbol("A", 3, 2), MatrixSymbol("M", 2, 2)
s = sympy.Symbol("s", real=True)


def square(column: Any) -> Any:
    """|column|^2."""
    return Trace(MatMul(column.T, column))


error = MatAdd(h, MatMul(-1, k))
ROWS: dict[str, tuple[type, Any, Any]] = {
    "linear: W h by h": (MatMul, MatMul(W, h), h),
    "linear: W h by W, row-major": (MatMul, MatMul(W, h), W),
    "linear: A h by A, not square": (MatMul, MatMul(A, h), A),
    "linear: M A^T x by M, a product behind": (MatMul, MatMul(M, A.T, x), M),
    "linear: M W h by W, a matrix before": (MatMul, MatMul(M, W, h), W),
    "linear: W diag(w) h by w": (MatMul, MatMul(W, DiagMatrix(w), h), w),
    "linear: 2 s W h by s": (MatMul, MatMul(2 * s, W, h), s),
    "linear: h h^T k by h": (MatMul, MatMul(h, h.T, k), h),
    "bias: W h + b by b": (MatAdd, MatAdd(MatMul(W, h), k), k),
    "sum: h + W h by h": (MatAdd, MatAdd(h, MatMul(W, h)), h),
    "transpose: A^T x by A": (sympy.Transpose, MatMul(A.T, x), A),
    "transpose: h^T by h": (sympy.Transpose, sympy.Transpose(h), h),
    "elementwise product of functions of h": (HadamardProduct, HadamardProduct(h, MatMul(W, h), z), h),
    "elementwise product by W": (HadamardProduct, HadamardProduct(z, MatMul(W, h)), W),
    "elementwise power": (HadamardPower, HadamardPower(MatMul(W, h), 3), h),
    "reciprocal": (HadamardPower, HadamardPower(h, -1), h),
    **{
        f"cell: {row.word}(W h + b) by {by}": (Elementwise, Elementwise(row.word, MatAdd(MatMul(W, h), k)), by)
        for row, by in itertools.product(FUNCTIONS.values(), (h, W, k))
        if row.formula != U
    },
    "softmax: by its argument": (Softmax, Softmax(h), h),
    "softmax: of W h + b by W": (Softmax, Softmax(MatAdd(MatMul(W, h), k)), W),
    "norm": (Trace, sympy.sqrt(square(error)), h),
    "norm by W": (Trace, sympy.sqrt(square(MatAdd(MatMul(W, h), MatMul(-1, k)))), W),
    "squared error": (Trace, square(error) / 2, h),
    "cross entropy": (Trace, -Trace(MatMul(k.T, Elementwise("log", h))), h),
    "cross entropy of softmax": (Trace, -Trace(MatMul(k.T, Elementwise("log", Softmax(h)))), h),
    "sum of absolute values": (Trace, Trace(MatMul(OneMatrix(1, 2), Elementwise("Abs", error))), h),
    "inner product by its first factor": (Trace, Trace(MatMul(h.T, M, z)), h),
    "inner product by the matrix": (Trace, Trace(MatMul(h.T, M, z)), M),
    "number times number": (Trace, s * square(h) + sympy.tanh(s), s),
}
NO_UNKNOWNS = Unknowns(lambda value, position: pytest.fail("there is no unknown function here"))


PLACES = {
    MatrixElement(symbol, i, j): sympy.Symbol(f"{symbol}_{i}{j}", real=True)
    for symbol in (h, z, w, k, x, W, A, M)
    for i, j in np.ndindex(*symbol.shape)
}
NUMBERS = {place: 0.3 + 0.618 * n % 0.6 for n, place in enumerate([*PLACES.values(), s])}


def entries(value: Any) -> list[Any]:
    """The components, row by row, in real symbols."""
    written = symbolic.components(value)
    return [one.xreplace(PLACES) for one in (written if getattr(written, "is_Matrix", False) else [written])]


def numbers_in(parts: Any) -> np.ndarray:
    """Numbers for some expressions in components."""
    return np.array([float(part.subs(NUMBERS)) for part in parts])


def brute_jacobian(expr: Any, by: Any) -> np.ndarray:
    """The Jacobian by SymPy's own Matrix.jacobian of components, in numbers."""
    found = sympy.Matrix(entries(expr)).jacobian(entries(by))
    return numbers_in(found).reshape(found.shape)


def table_jacobian(expr: Any, by: Any) -> np.ndarray:
    """The Jacobian by the table, in numbers."""
    found = jacobian(differential(expr, by, expr, NO_UNKNOWNS), expr, by)
    return numbers_in(entries(found)).reshape(len(entries(expr)), len(entries(by)))


@pytest.mark.campaign(quick=12)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_is_the_jacobian(row: str) -> None:
    """Each row of the table gives the numerator Jacobian, row-major, that Matrix.jacobian finds in components."""
    _, expr, by = ROWS[row]
    np.testing.assert_allclose(table_jacobian(expr, by), brute_jacobian(expr, by), rtol=1e-12, atol=1e-14)


@pytest.mark.campaign(quick=12)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_is_the_gradient(row: str) -> None:
    """Each row pulls a gradient back to the shape of the variable: g^T J, laid out row by row."""
    _, expr, by = ROWS[row]
    rows = len(entries(expr))
    upstream = sympy.S.One if rows == 1 else {2: z, 3: x}[rows]
    if isinstance(expr, sympy.Transpose):
        upstream = upstream.T
    parts = [pull(term, upstream) for term in differential(expr, by, expr, NO_UNKNOWNS)]
    assert all(part.shape == by.shape for part in parts if by != s)
    found = sum(numbers_in(entries(part)) for part in parts)
    given = numbers_in(entries(upstream))
    np.testing.assert_allclose(found, given @ brute_jacobian(expr, by), rtol=1e-12, atol=1e-14)


def test_every_row_of_the_table_has_an_example() -> None:
    """A new row needs an example here."""
    assert {kind for kind, _, _ in ROWS.values()} | {Unknown} == {*DIFFERENTIALS, Trace}


def test_the_norm_of_a_matrix_has_a_gradient_in_its_shape() -> None:
    """d |W|_F^2 = <2 W, dW>: a gradient, and no Jacobian."""
    terms = differential(Trace(MatMul(W.T, W)), W, sympy.S.One, NO_UNKNOWNS)
    assert [pull(term, sympy.S.One) for term in terms] == [MatMul(2, W)]
    with pytest.raises(CannotSay):
        jacobian(terms, sympy.Symbol("L"), W)


WRONG_RULES: dict[str, tuple[type, Callable[..., Any]]] = {
    "W^T for W": (
        MatMul,
        lambda rule: lambda *a: [replace(term, left=tuple(f.T for f in term.left)) for term in rule(*a)],
    ),
    "factors in the wrong order": (
        MatMul,
        lambda rule: lambda *a: [replace(term, left=term.left[::-1]) for term in rule(*a)],
    ),
    "a term forgotten": (MatAdd, lambda rule: lambda *a: rule(*a)[:-1]),
    "transpose forgotten": (
        sympy.Transpose,
        lambda rule: lambda *a: [replace(term, transposed=False) for term in rule(*a)],
    ),
    "wrong sign": (HadamardProduct, lambda rule: lambda *a: [term.times(-1) for term in rule(*a)]),
    "exponent forgotten": (
        HadamardPower,
        lambda rule: lambda *a: [term.times(sympy.Rational(1, 2)) for term in rule(*a)],
    ),
    "f' forgotten": (Elementwise, lambda rule: lambda *a: [replace(term, left=term.left[1:]) for term in rule(*a)]),
    "diagonal only": (
        Softmax,
        lambda rule: lambda *a: [replace(term, left=(term.left[0].args[0], *term.left[1:])) for term in rule(*a)],
    ),
}


@pytest.mark.parametrize("planted", WRONG_RULES)
def test_an_error_planted_in_a_row_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong sign, order, transpose or factor in a row of the table, and an example of that row fails."""
    kind, wrong = WRONG_RULES[planted]
    monkeypatch.setitem(DIFFERENTIALS, kind, wrong(DIFFERENTIALS[kind]))
    found = []
    for row in [row for row in ROWS if ROWS[row][0] is kind]:
        _, expr, by = ROWS[row]
        try:
            good = np.allclose(table_jacobian(expr, by), brute_jacobian(expr, by), rtol=1e-9)
        except (CannotSay, ShapeError, ValueError):  # what does not fit together is found too
            good = False
        found += [] if good else [row]
    assert found


def test_an_error_is_planted_in_every_row() -> None:
    """Every rule has an example of an error that is found; that of unknown functions holds no formula."""
    assert {kind for kind, _ in WRONG_RULES.values()} == {*DIFFERENTIALS} - {Unknown}


def test_local_jacobians_are_those_of_the_textbook() -> None:
    """dh_2/dh_1 = diag(1 - h_2^2) W, dh_2/dvec W = diag(1 - h_2^2)(I ⊗ h_1^T), dh_2/db = diag(1 - h_2^2)."""
    graph = symbolic.unroll(model("many to many"), 2)
    h_1, h_2, W_ = (graph.symbols[name] for name in ("h_1", "h_2", "W"))
    n_h = W_.shape[0]
    slopes = DiagMatrix(MatAdd(OneMatrix(n_h, 1), MatMul(-1, HadamardPower(h_2, 2))))
    assert graph.jacobian("h_2", "h_1") == MatMul(slopes, W_)
    assert graph.jacobian("h_2", "W") == MatMul(slopes, sympy.KroneckerProduct(sympy.Identity(n_h), h_1.T))
    assert graph.jacobian("h_2", "b") == slopes
    assert graph.jacobian("h_2", "x_1") == sympy.ZeroMatrix(n_h, graph.symbols["x_1"].shape[0])


# The expanded chain rule.


def test_many_to_one_is_a_sum_of_products() -> None:
    r"""sum_k dL/dy dy/dh_4 (prod_{4 >= s > k} dh_s/dh_{s-1}) d+h_k/dpsi, the largest index leftmost."""
    found = symbolic.expansion(model("abstract, many to one"), "L", "psi", T=4)
    assert isinstance(found.form, sympy.Sum)
    assert found.form.has(sympy.Product)
    assert str(found.form.limits) == "((k, 1, 4),)"
    assert {str(term) for term in found.expanded.args} == {
        "dL_dy_hat*dy_hat_dh(4)*dh_dpsi(4)",
        "dL_dy_hat*dy_hat_dh(4)*dh_dh(4)*dh_dpsi(3)",
        "dL_dy_hat*dy_hat_dh(4)*dh_dh(4)*dh_dh(3)*dh_dpsi(2)",
        "dL_dy_hat*dy_hat_dh(4)*dh_dh(4)*dh_dh(3)*dh_dh(2)*dh_dpsi(1)",
    }
    assert all(not symbol.is_commutative for symbol in found.letters)


def test_many_to_many_is_a_double_sum() -> None:
    """The sum over t and over k <= t: 10 terms at T = 4."""
    found = symbolic.expansion(model("abstract, many to many"), "L", "psi", T=4)
    assert str(found.form.limits) == "((k, 1, t), (t, 1, 4))"
    assert found.form.function.has(sympy.Product)
    assert len(found.words) == len(found.expanded.args) == 10


ENDS = ["psi", "phi", "W", "W_f", "W_c", "V", "U", "b", "w", "h_0", "h_1", "h_2", "x_1", "x_3", "c_0", "y", "a_1", "L"]


@pytest.mark.campaign(quick=10)
@pytest.mark.parametrize("T", [1, 2, 3, 4])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_expansion_is_the_sum_over_paths(name: str, T: int) -> None:
    """By every kind of quantity, SymPy's expansion has the words of the sum over paths, factors in order."""
    known = symbolic.unroll(model(name), T).symbols
    tried = [end for end in ENDS if end in known]
    assert len(tried) > 2
    for by in tried:
        found = symbolic.expansion(model(name), "L", by, T)
        assert found.words == words_by_hand(model(name), by, T)


def words_by_hand(one: Model, by: str, T: int) -> dict[Any, Fraction]:
    """The words by walking down every path of the graph, one by one."""
    graph = symbolic.unroll(one, T)
    paths = PathWorld(graph.world.graph, graph.world.shapes)
    nodes = graph.world.graph.nodes
    found: dict[Any, Fraction] = {}
    end = graph.key(by)

    def walk(key: Key, word: tuple[Any, ...], number: Fraction) -> None:
        if key == end:
            found[word] = found.get(word, Fraction(0)) + number
            return
        for parent in nodes[key].parents:
            for letter, factor in paths.local(key, parent).words.items():
                walk(parent, word + paths.letters(letter), number * factor)

    walk(graph.key("L"), (), Fraction(1))
    return found


def test_a_state_that_runs_backwards_has_its_product_in_increasing_order() -> None:
    """For h_t made from h_{t+1} the smallest index stands leftmost, and k runs from t up."""
    one = backwards("abstract, many to many")
    found = symbolic.expansion(one, "L", "psi", T=3)
    assert found.words == words_by_hand(one, "psi", 3)
    assert str(found.form.limits) == "((k, t, 3), (t, 1, 3))"
    assert "dL_dy_hat(1)*dy_hat_dh(1)*dh_dh(1)*dh_dh(2)*dh_dpsi(3)" in {str(term) for term in found.expanded.args}


def test_other_graphs_are_sums_of_powers_of_one_matrix() -> None:
    """With several states that pass through each other the terms are entries of powers of all local Jacobians."""
    found = symbolic.expansion(model("LSTM"), "L", "W_f", T=3)
    assert "A**n" in str(found.form)
    assert len(found.words) == len(words_by_hand(model("LSTM"), "W_f", 3))


def test_an_expansion_that_is_wrong_is_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Factors in increasing order are not the sum over paths, and that is said loudly."""
    right = sympy.Product.doit
    monkeypatch.setattr(sympy.Product, "doit", lambda self, **hints: sympy.Mul(*right(self, **hints).args[::-1]))
    with pytest.raises(Contradiction):
        symbolic.expansion(model("abstract, many to one"), "L", "psi", T=4)


def test_too_many_terms_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit is named before anything is expanded."""
    with pytest.raises(LimitExceeded, match=r"^an expansion of \d+ terms is over the limit of 5000 in SymPy$"):
        symbolic.expansion(model("LSTM"), "L", "W_f", T=8)
    monkeypatch.setattr(symbolic_expansion, "MAXIMUM_TERMS", 9)
    with pytest.raises(LimitExceeded, match="10 terms"):
        symbolic.expansion(model("many to many"), "L", "W", T=4)


# Gradients as matrix expressions.


def in_numbers(one: Model, T: int, expression: Any, graph: symbolic.UnrolledGraph) -> np.ndarray:
    """A SymPy expression in the symbols of a graph, at the numbers of one sample."""
    ground = make_ground(one, T)
    world = NumericWorld(ground.graph, ground.shapes, samples=1, seed=5)
    keys = list(ground.graph.nodes)
    sizes = {}
    for key in keys:
        for symbol, size in zip(graph.world.sizes(graph.world.shapes[key[0]]), ground.shapes[key[0]], strict=True):
            sizes[symbol] = size
    dimensions = [symbol for symbol in sizes if symbol.is_Symbol]
    program = Program([*(graph.world.node(key) for key in keys), *dimensions], {}, [expression])
    values = [world.node(key)[0] for key in keys]
    return np.asarray(lambdified(program)(*values, *(sizes[symbol] for symbol in dimensions))[0])


@pytest.mark.parametrize("name", ["many to one", "many to many", "GRU", "diagonal", "two layers"])
def test_path_sum_and_recursion_are_one_gradient(name: str) -> None:
    """The sum over paths in numerator layout, and the recursion in the shape of the variable, have the same entries."""
    graph = symbolic.unroll(model(name), 3)
    for by in [by for by in ("W", "w", "U", "V", "b", "h_0", "h_2", "x_1") if by in graph.symbols]:
        found = graph.gradient("L", by)
        row = in_numbers(model(name), 3, found.row, graph)
        shaped = in_numbers(model(name), 3, found.expression, graph)
        assert row.shape == (1, shaped.size)
        np.testing.assert_allclose(row.ravel(), shaped.ravel(), rtol=1e-11, atol=1e-13)


def test_a_gradient_is_a_matrix_expression() -> None:
    """It is made of MatAdd and MatMul of the symbols of the graph, and one can go on working with it."""
    graph = symbolic.unroll(model("many to one"), 4)
    found = graph.gradient("L", "W")
    assert isinstance(found.expression, MatAdd)
    assert all(isinstance(term, MatMul) for term in found.expression.args)
    assert found.expression.shape == graph.symbols["W"].shape
    assert len(found.row.args) == 4
    assert found.row.free_symbols >= {graph.symbols[name] for name in ("W", "V", "h_0", "h_4", "y")}
    small = symbolic.unroll(model("many to one"), 1, sizes={"h": 2, "x": 2, "y_hat": 2})
    by_U = small.gradient("L", "U").expression
    assert (2 * by_U + small.symbols["U"]).T.shape == (2, 2)
    assert by_U.subs(small.symbols["x_1"], sympy.zeros(2, 1)).doit().as_explicit().is_zero_matrix


def test_a_gradient_by_what_does_not_matter_is_zero() -> None:
    """L of many to one does not depend on other quantities: zero, in the right shape."""
    graph = symbolic.unroll(model("many to many"), 2)
    one = graph.gradient("y_hat_1", "x_2")
    assert one.row == sympy.ZeroMatrix(*(graph.symbols[name].shape[0] for name in ("y_hat_1", "x_2")))


def test_the_shared_evaluator_reads_equations_in_this_world() -> None:
    """A claim of a document evaluates to a SymPy expression: both sides of a chain rule are the same one."""
    text = (
        DOCUMENTS["many to one"]
        + r"""
$$\frac{\partial h_3}{\partial h_1}=\frac{\partial h_3}{\partial h_2}\frac{\partial h_2}{\partial h_1}$$
$$\frac{\partial h_2}{\partial b}
=\frac{\partial^{+} h_2}{\partial b}+\frac{\partial h_2}{\partial h_1}\frac{\partial h_1}{\partial b}$$
"""
    )
    document = read_document(source_from_text(text))
    world = symbolic.unroll(document.models[-1], 3).world
    claims = [entry.relation for entry in document.entries if entry.kind == "claim"]
    assert len(claims) == 2
    for claim in claims:
        left, right = (Evaluator(world, Readings({})).value(side, {"T": 3}) for side in (claim.left, claim.right))
        assert left.doit() == right.doit()
        assert left.has(DiagMatrix)


# Gradients as functions of arrays.


def drawn(one: Model, numbers: Gradients, T: int, samples: int = 0) -> tuple[NumericWorld, dict[str, np.ndarray]]:
    """The world of numbers on the definitions, and its leaves as arrays; those with steps for each of some samples."""
    ground = make_ground(one, T)
    world = NumericWorld(ground.graph, ground.shapes, samples=max(samples, 1), seed=3)
    values = {}
    for name, argument in numbers.arguments.items():
        own = argument.axes - int(argument.steps)
        parts = []
        for key in argument.keys:
            array = world.node(key) if samples and key[1] else world.node(key)[0]
            parts.append(array.reshape((*array.shape[:-2], *array.shape[-2:][:own])))
        values[name] = np.stack(parts) if argument.steps else parts[0]
    return world, values


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to 1 or to the largest entry; both must be numbers, of one shape."""
    assert found.shape == expected.shape
    assert np.isfinite(found).all()
    assert np.isfinite(expected).all()
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def distance_from_complex_step(one: Model, numbers: Gradients, T: int) -> float:
    """How far all gradients are from those by complex step."""
    world, values = drawn(one, numbers, T)
    loss = next(key for key in world.graph.nodes if key[0] in ("L", r"\mathcal{L}") and not key[1])
    far = []
    for name, gradient in numbers(values).items():
        slopes = [world.derivative(loss, (key,), False)[0] for key in numbers.arguments[name].keys]
        far.append(distance(gradient, np.stack(slopes).reshape(gradient.shape)))
    return max(far)


@pytest.mark.campaign(quick=24)
@pytest.mark.parametrize(
    ("name", "T"), [(name, T) for name in CONCRETE for T in (1, 2, 4) if (name, T) != ("matrix of states", 1)]
)
def test_the_lambdified_gradient_is_that_of_complex_step(name: str, T: int) -> None:
    """By every leaf of every model: cells with gates, several layers, weight decay, feedback, scalars."""
    assert distance_from_complex_step(model(name), symbolic.gradients(model(name), T=T), T) < 1e-12


@pytest.mark.parametrize("name", CONCRETE)
def test_samples_side_by_side_are_those_one_by_one(name: str) -> None:
    """Columns of a matrix, or a loop where the equations allow no columns: the same numbers."""
    numbers = symbolic.gradients(model(name), T=3)
    _, values = drawn(model(name), numbers, 3, samples=4)
    axis = {name: int(argument.steps) for name, argument in numbers.arguments.items()}
    differing = {name for name, argument in numbers.arguments.items() if argument.keys[0][1]}
    alone = [
        numbers({name: array.take(n, axis[name]) if name in differing else array for name, array in values.items()})
        for n in range(4)
    ]
    for name_, gradient in numbers(values).items():
        parts = [one[name_] for one in alone]
        expected = np.stack(parts, axis[name_]) if name_ in differing else np.sum(parts, axis=0)
        assert distance(gradient, expected) < 1e-12
    looped = [compiled is None for which, compiled in numbers._compiled.items() if which]
    assert looped == [name == "matrix of states"]


def test_a_model_that_runs_backwards_has_a_gradient() -> None:
    """Nothing depends on the direction of time."""
    one = backwards("many to many")
    assert distance_from_complex_step(one, symbolic.gradients(one, T=3), 3) < 1e-12


def test_long_graphs_compile() -> None:
    """Steps are lines of a program and not one deep expression: LSTM at T = 16 and a plain cell at T = 64."""
    for name, T in (("LSTM", 16), ("a loss for each step", 64)):
        numbers = symbolic.gradients(model(name), by=["V", "h_0"], T=T)
        assert distance_from_complex_step(model(name), numbers, T) < 1e-10


def arrays(numbers: Gradients, samples: int = 2) -> dict[str, np.ndarray]:
    """Arrays of ones for many to many: state 3, input 2, output 4."""
    sizes = {"W": (3, 3), "U": (3, 2), "b": (3,), "V": (4, 3), "c": (4,), "h_0": (samples, 3)}
    steps = len(numbers.arguments["x"].keys)
    return {name: np.ones(size) for name, size in sizes.items()} | {
        "x": np.ones((steps, samples, 2)),
        "y": np.zeros((steps, samples, 4)),
    }


def test_layouts() -> None:
    """In the shape of the array, and in numerator layout as rows."""
    numbers = symbolic.gradients(model("many to many"), T=3)
    values = arrays(numbers)
    assert {name: array.shape for name, array in numbers(values).items()} == {n: a.shape for n, a in values.items()}
    rows = numbers.numerator(values)
    assert {name: row.shape for name, row in rows.items()} == {
        "W": (1, 9),
        "U": (1, 6),
        "b": (1, 3),
        "V": (1, 12),
        "c": (1, 4),
        "h_0": (2, 1, 3),
        "x": (3, 2, 1, 2),
        "y": (3, 2, 1, 4),
    }
    np.testing.assert_array_equal(rows["U"].ravel(), numbers(values)["U"].ravel())


BAD_ARRAYS: dict[str, tuple[str, Any, str]] = {
    "missing": ("b", None, "the array `b` is missing; needed are W, h_0, U, x, b, V, c, y"),
    "axes": ("W", np.ones(3), "`W` has 2 axes, or one more for samples, not 1"),
    "steps": ("x", np.ones((2, 2, 2)), "`x` has 3 steps, not 2"),
    "size": ("V", np.ones((4, 2)), "`V` has 2 entries where the arrays before it say 3"),
    "samples": (
        "y",
        np.ones((3, 5, 4)),
        "the arrays have different numbers of samples: 2 in `h_0`, 2 in `x`, 5 in `y`",
    ),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_an_array_that_does_not_fit_is_named(case: str) -> None:
    """One sentence says which array, what it has and what is wanted."""
    name, wrong, message = BAD_ARRAYS[case]
    numbers = symbolic.gradients(model("many to many"), T=3)
    values = {key: array for key, array in (arrays(numbers) | {name: wrong}).items() if array is not None}
    with pytest.raises(UsageError) as caught:
        numbers(values)
    assert str(caught.value) == message


def test_an_unknown_function_has_no_numbers() -> None:
    """What has no formula is not computed, and the message says which function."""
    with pytest.raises(CannotSay, match=r"^`f` has no formula, so there are no numbers$"):
        symbolic.gradients(model("abstract, many to one"))


# Programs to keep.


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program by itself, in a folder that holds nothing else."""
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", str(path)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )


PROGRAMS = {"numpy": symbolic.numpy_code, "sympy": symbolic.sympy_code}
TO_KEEP = {
    "many to one": ["W", "h_2"],
    "many to many": ["V", "x_1"],
    "abstract, many to many": ["psi", "h_0"],
    "GRU": ["W_z"],
    "LSTM": ["W_c"],
    "leaky, absolute error": ["alpha"],
    "weight decay": ["W"],
    "diagonal": ["w"],
    "scalar": ["w", "h_1"],
}
SLOW = {("LSTM", "sympy"), ("GRU", "sympy"), ("leaky, absolute error", "sympy")}


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize(
    ("name", "library"), [(name, library) for name in TO_KEEP for library in PROGRAMS if (name, library) not in SLOW]
)
def test_a_program_checks_itself(library: str, name: str, tmp_path: Path) -> None:
    """The text runs alone, prints every gradient's distance from central differences, and ends well."""
    by = TO_KEEP[name]
    done = run(PROGRAMS[library](model(name), "L", by, T=3 if library == "numpy" else 2), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == by
    assert all(float(line.rsplit(" ", 1)[1]) < 1e-8 for line in lines)
    assert all(float(re.search(r"up to (\S+),", line)[1]) > 1e-6 for line in lines)


@pytest.mark.parametrize(
    ("library", "right", "wrong"),
    [
        ("numpy", "(1 - h_1**2)*dL_dh_1", "(1 - h_1)*dL_dh_1"),
        ("numpy", "dL_dy_hat_1 = 2*", "dL_dy_hat_1 = -2*"),
        ("sympy", "sympy.HadamardPower(h_2, 2)", "sympy.HadamardPower(h_2, 3)"),
        ("sympy", "V.T*dL_dy_hat_2", "2*V.T*dL_dy_hat_2"),
    ],
)
def test_a_program_finds_its_own_error(library: str, right: str, wrong: str, tmp_path: Path) -> None:
    """One wrong sign or exponent in a program, and it ends with status 1."""
    text = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$\hat y_t=V h_t$$ $$L=\sum_{t=1}^{T}\lVert \hat y_t-y_t\rVert^2$$"
    program = PROGRAMS[library](read_document(source_from_text(text)).models[-1], "L", "W", T=2)
    assert right in program
    done = run(program.replace(right, wrong), tmp_path)
    assert (done.returncode, done.stderr.strip()) == (1, "the gradients are wrong")


@pytest.mark.parametrize("library", PROGRAMS)
def test_a_program_is_plain(library: str) -> None:
    """Lines are short, the text is the same each time, and no text of the document is in it."""
    program = PROGRAMS[library](model("many to many"), "L", "W", T=4)
    assert program == PROGRAMS[library](model("many to many"), "L", "W", T=4)
    assert max(map(len, program.splitlines())) <= 160
    assert not re.search(r"\\(hat|tanh|mathcal)", program)
    assert program.endswith("\n")


def test_a_program_is_the_same_in_every_process(tmp_path: Path) -> None:
    """The order of a set of names, which differs from process to process, does not show."""
    code = (
        "import tests.test_symbolic as t\n"
        "for one in t.PROGRAMS.values(): print(one(t.model('GRU'), 'L', ['W_z', 'x_1'], T=3))"
    )
    texts = set()
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        texts.add(done.stdout)
    assert len(texts) == 1


def test_the_tables_of_functions_do_not_overlap() -> None:
    """Every function has its own word, and slopes that are needed only for others have none in a document."""
    assert len(WORDS) == len(FUNCTIONS) + len(SLOPES)
    assert symbolic_jacobians.DIFFERENTIALS is DIFFERENTIALS
