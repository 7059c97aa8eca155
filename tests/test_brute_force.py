r"""The brute-force judge is itself judged, by equations whose truth is known by hand."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import brute_force
import numpy as np
import pytest
from brute_force import BruteModel, holds, many_to_many, many_to_one, tanh_many_to_many, tanh_many_to_one

DATA = Path(__file__).parent / "data"
CLAIMS = {claim["id"]: claim for claim in map(json.loads, (DATA / "claims.jsonl").read_text("utf-8").splitlines())}
TOTAL = {"partial": "total", "product": "decreasing"}
IMMEDIATE = {"partial": "immediate", "product": "decreasing"}
INCREASING = {"partial": "immediate", "product": "increasing"}
LONE = {"partial": "lone", "product": "decreasing"}

GRADIENT = r"\frac{\partial \mathcal{L}}{\partial \psi} = "
SLOPE = r"\frac{\partial \mathcal{L}}{\partial \hat{y}}"
READOUT = r"\frac{\partial \hat{y}}{\partial h_T}"
OUT = f"{SLOPE} {READOUT}"
OUT_T = r"\frac{\partial \mathcal{L}}{\partial \hat{y}_t} \frac{\partial \hat{y}_t}{\partial h_t}"
PRODUCT = r"\left(\prod_{i=t}^{T-1} \frac{\partial h_{i+1}}{\partial h_i}\right)"
ONE_SUM = GRADIENT + r"\sum_{t=1}^{T} " + OUT + " " + PRODUCT + r" \frac{\partial h_t}{\partial \psi}"
MANY_SUM = (
    rf"{GRADIENT}\sum_{{t=1}}^{{T}} \sum_{{k=1}}^{{t}} {OUT_T}"
    r" \biggl(\prod_{i=k}^{t-1} \frac{\partial h_{i+1}}{\partial h_i}\biggr) \frac{\partial h_k}{\partial \psi}"
)
ERROR = r"(\hat{y}_t - y_t)"
DELTA = r"\nabla_{a_t} \mathcal{L}"


def sheet(name: str, left: str = "") -> str:
    """A claim of the source sheet as one relation, without the marks of its display."""
    tex = re.sub(r"\$\$|\\(?:begin|end)\{aligned\}", "", CLAIMS[name]["latex"])
    return left + tex


def half_squares(T: int, cell: str = "tanh") -> BruteModel:
    r"""a_t=W h_{t-1}+U x_t+b, h_t=\tanh(a_t), \hat{y}_t=V h_t+c, half the sum of squares; or another cell."""
    steps = range(1, T + 1)
    act = {"tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a)), "late": np.tanh}[cell]
    late = cell == "late"  # a planted error: every third state also sees the state before the last
    nodes = {}
    for t in steps:
        nodes["a", t] = lambda v, t=t: (
            v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b") + (v("h", t - 2) if late and t == 3 else 0)
        )
        nodes["h", t] = lambda v, t=t: act(v("a", t))
        nodes[r"\hat{y}", t] = lambda v, t=t: v("V") @ v("h", t) + v("c")
    nodes[r"\mathcal{L}"] = lambda v: sum(
        ((v(r"\hat{y}", t) - v("y", t)) ** 2).sum(-2, keepdims=True) / 2 for t in steps
    )
    leaves = {"W": (3, 3), "U": (3, 2), "b": (3, 1), "V": (4, 3), "c": (4, 1), ("h", 0): (3, 1)}
    leaves |= {("x", t): (2, 1) for t in steps} | {("y", t): (4, 1) for t in steps}
    return BruteModel(T, leaves, nodes)


MODELS = [
    many_to_one(4), many_to_many(3), many_to_many(3, loss="cross"), tanh_many_to_one(4), tanh_many_to_many(3),
    tanh_many_to_many(3, loss="cross", bias=True), tanh_many_to_many(3, loss="half"), half_squares(3),
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_derivatives_are_those_of_the_definitions(model: BruteModel) -> None:
    """The complex step agrees with central differences, node by node, total and immediate."""
    step = 1e-6
    for by, value in model.base.items():
        size = value[0, 0].size
        shifts = step * np.eye(size).reshape(size, *value.shape[2:])
        ends = []
        for moved in (value + shifts, value - shifts):
            total, immediate = {**model.base, by: moved}, {}
            for node, rule in model.rules.items():
                immediate[node] = rule(lambda *key, by=by, moved=moved: moved if key == by else model.base[key])
                total[node] = total[node] if node == by else rule(lambda *key, total=total: total[key])
            ends.append((total, immediate))
        for of in model.base:
            for kind in (0, 1) if of in model.rules and of != by else (0,):
                slope = (ends[0][kind][of] - ends[1][kind][of]) / (2 * step) + np.zeros((1, size, 1, 1))
                expected = slope.reshape(len(slope), size, -1).swapaxes(1, 2)
                assert np.allclose(model.derivative(of, by, bool(kind)), expected, rtol=1e-5, atol=1e-7), (of, by)


@pytest.mark.parametrize("model", MODELS)
def test_models_hide_nothing(model: BruteModel) -> None:
    """Sizes differ, and no derivative of a node by what it depends on vanishes or is the same for all seeds."""
    for of in model.rules:
        for by in model.above[of]:
            slope = model.derivative(of, by, False)
            assert np.abs(slope).max((1, 2)).min() > 1e-4, (of, by)
    sizes = {key[0]: shape for key, shape in model.shape.items()}
    assert sizes["x"][0] == 2
    assert sizes["h"][0] == 3
    assert sizes[r"\hat{y}"][0] == 4


@pytest.mark.parametrize(
    ("name", "model", "left"),
    [
        ("S0-06", many_to_one, ""),
        ("S0-07", many_to_one, ""),
        ("S0-08", many_to_one, GRADIENT[:-2]),
        ("S0-14", many_to_many, ""),
        ("S0-15", many_to_many, ""),
        ("S0-16", many_to_many, GRADIENT[:-2]),
        ("S0-17", many_to_one, ""),
    ],
)
@pytest.mark.parametrize("loss", ["norm", "squared", "cross"])
def test_sheet_holds_under_its_reading(name: str, model: type[BruteModel], left: str, loss: str) -> None:
    """The source sheet's expansions and sums hold at T=4 with immediate derivatives and the largest index leftmost."""
    assert holds(sheet(name, left), model(4, loss=loss), IMMEDIATE) is True


@pytest.mark.parametrize("name", ["S0-07", "S0-08", "S0-15", "S0-16", "S0-17"])
def test_sheet_fails_under_total_reading(name: str) -> None:
    """With total derivatives the earlier steps are counted again."""
    model = many_to_one(4) if name in ("S0-07", "S0-08", "S0-17") else many_to_many(4)
    equation = sheet(name, GRADIENT[:-2] if name in ("S0-08", "S0-16") else "")
    assert holds(equation, model, TOTAL) is False
    assert holds(equation, model, LONE) is False


def test_sheet_fails_in_ascending_order() -> None:
    """Products of three or more full Jacobians do not commute; expansions written out do not depend on the reading."""
    for T in (4, 5, 6):
        assert holds(ONE_SUM, many_to_one(T), INCREASING) is False
        assert holds(MANY_SUM, many_to_many(T), INCREASING) is False
    assert holds(ONE_SUM, many_to_one(2), INCREASING) is True
    assert holds(sheet("S0-15"), many_to_many(4), INCREASING) is True


def test_literal_steps_belong_to_one_horizon() -> None:
    """A sum up to T with a literal h_4 holds for T=4, fails above, and has no value below."""
    assert holds(sheet("S0-17"), many_to_one(5), IMMEDIATE) is False
    assert holds(sheet("S0-17"), many_to_one(3), IMMEDIATE).startswith("range: ")


@pytest.mark.parametrize("T", [3, 4, 5, 6])
def test_sums_hold_for_every_horizon(T: int) -> None:
    """The sum forms are not about T=4."""
    assert holds(ONE_SUM, many_to_one(T), IMMEDIATE) is True
    assert holds(MANY_SUM, many_to_many(T), IMMEDIATE) is True


MANY_FACTS = [
    # the recursion of the total gradient by the state, where the next step exists
    r"\frac{\partial \mathcal{L}}{\partial h_t} = "
    + OUT_T
    + r" + \frac{\partial \mathcal{L}}{\partial h_{t+1}} \frac{\partial h_{t+1}}{\partial h_t}",
    r"\frac{\partial \mathcal{L}}{\partial h_T} = " + OUT_T.replace("_t", "_T"),
    r"\frac{\partial \mathcal{L}}{\partial \psi} = \sum_{t=1}^{T} \frac{\partial \mathcal{L}}{\partial h_t}"
    r" \frac{\partial^{+} h_t}{\partial \psi}",
    # the state by the parameter, as a sum and as a recursion
    r"\frac{\mathrm{d} h_t}{\mathrm{d} \psi} = \sum_{k=1}^{t} \Big(\prod_{t-1 \ge i \ge k}"
    r" \frac{\partial h_{i+1}}{\partial h_i}\Big) \frac{\partial^{+} h_k}{\partial \psi}",
    r"\frac{dh_t}{d\psi}=\frac{\partial^+h_t}{\partial\psi}+\frac{dh_t}{dh_{t-1}}\frac{dh_{t-1}}{d\psi}",
    r"\frac{\mathrm{d} h_0}{\mathrm{d} \psi} = 0",
    r"\frac{d\mathcal{L}}{dx_t} = \frac{d\mathcal{L}}{dh_t} \frac{dh_t}{dx_t}",
    r"\frac{d\mathcal{L}}{dh_0} = \frac{d\mathcal{L}}{dh_1} \frac{dh_1}{dh_0}",
    r"\frac{\partial h_T}{\partial h_1} = \prod_{T > i \ge 1} \frac{\partial h_{i+1}}{\partial h_i}",
    r"\frac{dh_T}{dh_1} = \Big(\prod_{1 \le i < T} \frac{\partial h_{i+1}}{\partial h_i}^{\top}\Big)^{\top}",
    r"\frac{\partial \mathcal{L}}{\partial \phi} = \sum_{t} \frac{\partial \mathcal{L}}{\partial \hat{y}_t}"
    r" \frac{\partial \hat{y}_t}{\partial \phi}",
    r"\nabla_{\psi} \mathcal{L} = \sum_{t=1}^T (\frac{\partial^{+} h_t}{\partial \psi})^\top \nabla_{h_t} \mathcal{L}",
]


@pytest.mark.parametrize("equation", MANY_FACTS)
@pytest.mark.parametrize("T", [3, 5])
def test_recursions_of_opaque_cells(equation: str, T: int) -> None:
    """The recursions of states and gradients hold for opaque cells, whatever the reading of unmarked products."""
    for reading in ({"partial": "total", "product": "increasing"}, TOTAL):
        assert holds(equation, many_to_many(T), reading) is True


def test_gradient_by_the_first_state() -> None:
    """Many to one: the gradient by the free leaf h_0 runs through every step, and only in one order."""
    equation = rf"\frac{{\partial \mathcal{{L}}}}{{\partial h_0}} = {OUT} \prod_{{i=0}}^{{T-1}} "
    equation += r"\frac{\partial h_{i+1}}{\partial h_i}"
    assert holds(equation, many_to_one(4), IMMEDIATE) is True
    assert holds(equation, many_to_one(4), INCREASING) is False


STEP = r"\mathrm{diag}(1 - h_t^2)"
TANH_FACTS = [
    r"h_t = \tanh(W h_{t-1} + U x_t + b)",
    r"\hat{y}_t = V h_t",
    r"\mathcal{L} = \frac{1}{2} \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert_2^2",
    r"\mathcal{L}(\theta) = \sum_{t=1}^T \frac{||\hat y_t-y_t||^2}{2}",
    r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_{t+1}^2) W",
    r"\frac{\partial h_t}{\partial h_{t-1}} = " + STEP + r" \cdot W",
    r"\frac{\partial^{+} h_t}{\partial b} = " + STEP,
    r"\frac{\partial h_t}{\partial x_t} = " + STEP + " U",
    r"\frac{\partial \mathcal{L}}{\partial x_t} = \frac{\partial \mathcal{L}}{\partial h_t} " + STEP + " U",
    r"\frac{\mathrm{d} h_t}{\mathrm{d} b} = " + STEP + r" \Big(I + W \frac{\mathrm{d} h_{t-1}}{\mathrm{d} b}\Big)",
    r"\frac{\partial \mathcal{L}}{\partial b} = \sum_t " + ERROR + r"^{\top} V \frac{\mathrm{d} h_t}{\mathrm{d} b}",
    r"\frac{\partial \mathcal{L}}{\partial V} = \sum_t " + ERROR + r" h_t^{\top}",
    r"\frac{\partial \mathcal{L}}{\partial V} = \sum_t " + ERROR + r" \otimes h_t",
    r"\nabla_V \mathcal{L} = \sum_t " + ERROR + r" h_t^T",
    r"\frac{\partial \mathcal{L}}{\partial \hat{y}_t} = " + ERROR + r"^{\top}",
    r"\frac{\partial \mathcal{L}}{\partial \hat{y}_t} = \hat{y}_t - y_t",
    r"\frac{\partial \mathcal{L}}{\partial b} = \sum_{t=1}^{T} " + STEP + r" \nabla_{h_t} \mathcal{L}",
    r"\nabla_{b} \mathcal{L} = \sum_{t=1}^{T} (1 - h_t^2) \odot \nabla_{h_t} \mathcal{L}",
    r"\nabla_{W} \mathcal{L} = \sum_{t=1}^{T} (1 - h_t^2) \odot \nabla_{h_t} \mathcal{L} h_{t-1}^{\top}",
    r"\nabla_{h_t}\mathcal{L} = W^{\top} \mathrm{diag}(1 - h_{t+1}^2) \nabla_{h_{t+1}}\mathcal{L} + V^{\top} " + ERROR,
    r"\nabla_{W} \mathcal{L} = \sum_{t=1}^{T} " + STEP + r" (\nabla_{h_t} \mathcal{L}) h_{t-1}^{\top}",
    r"\nabla_{U} \mathcal{L} = \sum_{t=1}^{T} " + STEP + r" (\nabla_{h_t} \mathcal{L}) x_t^{\top}",
    r"\frac{\partial \mathcal{L}}{\partial \mathrm{vec}(W)} = \nabla_W \mathcal{L}",
    r"1 - \tanh^2(W h_{t-1} + U x_t + b) = 1 - h_t^2",
]  # fmt: skip


@pytest.mark.parametrize("equation", TANH_FACTS)
def test_matrix_forms(equation: str) -> None:
    """The matrix forms of the tanh cell with half the squared error hold at every step that they mention."""
    assert holds(equation, tanh_many_to_many(4, loss="half"), TOTAL) is True


PREACTIVATION_FACTS = [
    rf"{DELTA} = {STEP} \left(V^{{\top}} {ERROR} + W^{{\top}} \nabla_{{a_{{t+1}}}} \mathcal{{L}}\right)",
    rf"\nabla_{{W}} \mathcal{{L}} = \sum_{{t=1}}^{{T}} {DELTA} h_{{t-1}}^{{\top}}",
    rf"\nabla_{{U}} \mathcal{{L}} = \sum_{{t=1}}^{{T}} {DELTA} x_t^{{\top}}",
    rf"\nabla_{{b}} \mathcal{{L}} = \sum_{{t=1}}^{{T}} {DELTA}",
    rf"\nabla_{{c}} \mathcal{{L}} = \sum_{{t=1}}^{{T}} {ERROR}",
]


@pytest.mark.parametrize("equation", PREACTIVATION_FACTS)
def test_a_model_is_a_list_of_nodes(equation: str) -> None:
    """A model with preactivations is built from its nodes alone, and the vector form of the gradients holds on it."""
    assert holds(equation, half_squares(4), TOTAL) is True


def test_names_with_labels() -> None:
    """A subscript that belongs to a name of the model is no index."""
    leaves = {"W_{hh}": (3, 3), "b_h": (3, 1), ("h", 0): (3, 1)}
    nodes = {("h", t): lambda v, t=t: np.tanh(v("W_{hh}") @ v("h", t - 1) + v("b_h")) for t in (1, 2, 3)}
    model = BruteModel(3, leaves, nodes)
    for b in ("b_h", "b_{h}", "{b_h}"):
        assert holds(rf"h_t = \tanh(W_{{hh}} h_{{t-1}} + {b})", model, TOTAL) is True
    assert holds(r"h_t = \tanh(W_{hx} h_{t-1})", model, TOTAL).startswith("unreadable: ")


def test_a_planted_error_is_found() -> None:
    """A sigmoid cell or a hidden connection over two steps breaks what is true of the tanh cell."""
    recursion = PREACTIVATION_FACTS[0]
    assert holds(recursion, half_squares(4, "sigmoid"), TOTAL) is False
    assert holds(recursion, half_squares(4, "late"), TOTAL) is False
    path = r"\frac{\partial h_T}{\partial h_1} = \prod_{T-1 \ge i \ge 1} \frac{\partial h_{i+1}}{\partial h_i}"
    assert holds(path, half_squares(4), TOTAL) is True
    assert holds(path, half_squares(4, "late"), TOTAL) is False


def test_cross_entropy_of_a_softmax() -> None:
    """Softmax and cross entropy leave the difference to the target."""
    model = tanh_many_to_many(3, loss="cross", bias=True)
    for fact in (
        r"\hat{y}_t = \mathrm{softmax}(V h_t + c)",
        r"\mathcal{L} = -\sum_{t=1}^{T} y_t^{\top} \log \hat{y}_t",
        r"\frac{\partial \mathcal{L}}{\partial \hat{y}_t} = -\frac{y_t}{\hat{y}_t}",
        r"\frac{\partial \mathcal{L}}{\partial c} = \sum_{t=1}^{T} (\hat{y}_t - y_t)^{\top}",
        r"\frac{\partial \mathcal{L}}{\partial V} = \sum_{t=1}^{T} (\hat{y}_t - y_t) h_t^{\top}",
        r"\frac{\partial \hat{y}_t}{\partial h_t} = (\mathrm{diag}(\hat{y}_t) - \hat{y}_t \hat{y}_t^{\top}) V",
    ):
        assert holds(fact, model, TOTAL) is True, fact
    assert holds(r"\frac{\partial \hat{y}_t}{\partial h_t} = \mathrm{diag}(\hat{y}_t) V", model, TOTAL) is False
    assert holds(r"\frac{\partial \hat{y}_t}{\partial h_t} = (\hat{y}_t - y_t) V", model, TOTAL).startswith("shape: ")


def test_norms() -> None:
    """The gradient of a norm is the unit row, not twice the difference; a matrix norm is the largest singular value."""
    model = tanh_many_to_one(3)
    unit = r"\frac{\partial \mathcal{L}}{\partial \hat{y}} = \frac{(\hat{y} - y)^{\top}}{\lVert \hat{y} - y \rVert}"
    assert holds(unit, model, TOTAL) is True
    assert holds(r"\frac{\partial \mathcal{L}}{\partial \hat{y}} = 2 (\hat{y} - y)^{\top}", model, TOTAL) is False
    assert holds(r"\lVert W \rVert_2^2 = \lVert W^{\top} W \rVert_2", model, TOTAL) is True


WRONG_ONE = {
    "starts late": (r"\sum_{t=1}", r"\sum_{t=2}", False),
    "ends early": (r"^{T}", r"^{T-1}", False),
    "ends late": (r"^{T}", r"^{T+1}", "range"),
    "product starts late": (r"\prod_{i=t}", r"\prod_{i=t+1}", False),
    "product starts early": (r"\prod_{i=t}", r"\prod_{i=t-1}", False),
    "product ends early": (r"^{T-1}", r"^{T-2}", False),
    "product ends late": (r"^{T-1}", r"^{T}", "range"),
    "shifted Jacobian": (r"h_{i+1}}{\partial h_i}", r"h_{i}}{\partial h_{i-1}}", False),
    "identity Jacobian": (r"h_{i+1}}{\partial h_i}", r"h_{i}}{\partial h_i}", False),
    "anti-causal Jacobian": (r"h_{i+1}}{\partial h_i}", r"h_{i}}{\partial h_{i+1}}", False),
    "transposed Jacobian": (r"h_i}\right)", r"h_i}^{\top}\right)", False),
    "transposed product": (r"h_i}\right)", r"h_i}\right)^{\top}", False),
    "shifted last factor": (r"h_t}{\partial \psi}", r"h_{t-1}}{\partial \psi}", False),
    "total last factor": (r"\frac{\partial h_t}{\partial \psi}", r"\frac{\mathrm{d} h_t}{\mathrm{d} \psi}", False),
    "unknown symbol": (r"h_T", r"g_T", "unreadable"),
    "free letter": (r"h_T", r"h_k", False),
    "wrong parameter": (r"h_t}{\partial \psi}", r"h_t}{\partial \phi}", "shape"),
    "wrong parameter on the left": (GRADIENT, GRADIENT.replace("psi", "phi"), "shape"),
    "dropped factor": (READOUT, "", "shape"),
    "dropped product": (PRODUCT, "", False),
    "doubled product": (PRODUCT, PRODUCT + PRODUCT, False),
    "sign": (r"= \sum", r"= -\sum", False),
    "twice": (r"= \sum", r"= 2 \sum", False),
    "swapped factors": (OUT, f"{READOUT} {SLOPE}", "shape"),
    "elementwise": (READOUT, rf"\odot {READOUT}", "shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_ONE)
@pytest.mark.parametrize("T", [4, 5])
def test_one_edit_from_the_sum(name: str, T: int) -> None:
    """What is one slip away from the many-to-one sum is false, or named as having no value."""
    old, new, expected = WRONG_ONE[name]
    assert old in ONE_SUM
    verdict = holds(ONE_SUM.replace(old, new, 1), many_to_one(T), IMMEDIATE)
    assert verdict is False if expected is False else str(verdict).startswith(f"{expected}: "), verdict


def test_every_shifted_step_of_the_ten_terms_is_false() -> None:
    """Each single index of the ten-term expansion matters, and so does each term, each sign and each factor."""
    equation, model = sheet("S0-15"), many_to_many(4)
    places = [found.start(1) for found in re.finditer(r"_\{?([1-4])", equation)]
    assert len(places) == 60
    for place in places:
        for step in "01234".replace(equation[place], ""):
            assert holds(equation[:place] + step + equation[place + 1 :], model, IMMEDIATE) is not True, (place, step)
    left, right = equation.replace("=&", "=").split("=", 1)
    terms = re.split(r"\+(?=\\frac)", right)
    assert len(terms) == 10
    for i, term in enumerate(terms):
        others = "+".join(terms[:i] + terms[i + 1 :])
        assert holds(f"{left} = {others} + {term}", model, IMMEDIATE) is True
        assert holds(f"{left} = {others}", model, IMMEDIATE) is False
        assert holds(f"{left} = {others} - {term}", model, IMMEDIATE) is False
        factors = re.findall(r"\\frac\{.*?\}(?=\\frac|\s|$)", term)
        for j in range(len(factors)):
            rest = "".join(factors[:j] + factors[j + 1 :])
            assert holds(f"{left} = {others} + {rest}", model, IMMEDIATE) is not True


WRONG_TANH = [
    (r"\frac{\partial h_{t+1}}{\partial h_t} = W \mathrm{diag}(1 - h_{t+1}^2)", False),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = W^{\top} \mathrm{diag}(1 - h_{t+1}^2)", False),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_{t+1}^2) W^{\top}", False),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_t^2) W", False),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_{t+1}) W", False),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = (1 - h_{t+1}^2) W", "shape"),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = W (1 - h_{t+1}^2)", "shape"),
    (r"\frac{\partial h_{t+1}}{\partial h_t} = 1", "shape"),
    (r"\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(1 - h_t^2) U^{\top}", "shape"),
    (r"\frac{\partial \mathcal{L}}{\partial V} = \sum_t h_t (\hat{y}_t - y_t)^{\top}", "shape"),
    (r"\frac{\partial \mathcal{L}}{\partial V} = \sum_t (\hat{y}_t - y_t) h_t", "shape"),
    (r"\frac{\partial \mathcal{L}}{\partial V} = \sum_t (\hat{y}_t - y_t) h_{t-1}^{\top}", False),
    (r"\frac{\partial \mathcal{L}}{\partial V} = \sum_t 2 (\hat{y}_t - y_t) h_t^{\top}", False),
    (r"\frac{\partial \mathcal{L}}{\partial V} = (\hat{y}_t - y_t) h_t^{\top}", False),
    (r"\nabla_{W} \mathcal{L} = \sum_{t=1}^{T} (1 - h_t^2) h_{t-1}^{\top}", False),
    (r"\nabla_{W} \mathcal{L} = \sum_t h_{t-1} (\nabla_{h_t} \mathcal{L})^{\top} \mathrm{diag}(1 - h_t^2)", False),
    (r"\frac{\mathrm{d} h_t}{\mathrm{d} b} = \mathrm{diag}(1 - h_t^2)", False),
    (r"\frac{\partial h_t}{\partial b} = \mathrm{diag}(1 - h_t^2) W \frac{\partial h_{t-1}}{\partial b}", False),
    (r"h_t = \tanh(W h_{t-1} + U x_t)", False),
    (r"h_t = \tanh(W h_t + U x_t + b)", False),
    (r"h_t = \tanh(W x_t + U h_{t-1} + b)", "shape"),
    (r"h_t + x_t = 0", "shape"),
    (r"\mathcal{L} + h_t = 0", "shape"),
    (r"W^2 = W W", "shape"),
]


@pytest.mark.parametrize(("equation", "expected"), WRONG_TANH)
def test_wrong_matrix_forms(equation: str, expected: bool | str) -> None:
    """Missing diagonals and transposes, swapped factors and shifted indices are false or clash in shape."""
    verdict = holds(equation, tanh_many_to_many(4, loss="half"), TOTAL)
    assert verdict is False if expected is False else str(verdict).startswith(f"{expected}: "), verdict


def test_anti_causal_product_is_true_as_written() -> None:
    """Under the total reading every factor is 0 and only the last term is left, which is the whole gradient."""
    equation = ONE_SUM.replace(r"h_{i+1}}{\partial h_i}", r"h_{i-1}}{\partial h_i}")
    assert holds(equation, many_to_one(4), TOTAL) is True
    assert holds(equation, many_to_one(4), IMMEDIATE) is False


def test_where_the_readings_part() -> None:
    """With one total and one immediate derivative of the same parameter, only the third reading is true."""
    rng = np.random.default_rng(5)
    f, g = brute_force.opaque(rng, 3, 2, 5), brute_force.opaque(rng, 2, 3, 5)
    nodes = {}
    for t in (1, 2, 3):
        nodes["c", t] = lambda v, t=t: f(v("h", t - 1), v(r"\psi"))
        nodes["h", t] = lambda v, t=t: g(v("c", t), v(r"\psi"))
    model = BruteModel(3, {r"\psi": (5, 1), ("h", 0): (2, 1)}, nodes)
    whole = r"\frac{\partial c_t}{\partial \psi}"
    path = r"\frac{\partial c_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial \psi}"
    equation = f"{whole} = {whole} + {path}"
    assert [holds(equation, model, reading) for reading in (TOTAL, IMMEDIATE, LONE)] == [False, False, True]
    assert holds(rf"{whole} + {path} = \left({whole}\right)", model, LONE) is True
    written = rf"{whole} = \frac{{\partial^{{+}} c_t}}{{\partial \psi}} + {path}"
    assert [holds(written, model, reading) for reading in (TOTAL, IMMEDIATE, LONE)] == [True, False, True]
    assert holds(rf"{whole} = {whole}", model, IMMEDIATE) is True
    assert holds(rf"{whole} - {whole} = 0", model, IMMEDIATE) is True


def test_ranges() -> None:
    """A free index takes the steps where all its nodes exist; no bound or literal index may leave the graph."""
    model = tanh_many_to_many(4)
    assert holds(r"h_{t+2} = \tanh(W h_{t+1} + U x_{t+2} + b)", model, TOTAL) is True
    assert holds(r"\sum_{t=0}^{T} x_t = 0", model, TOTAL).startswith("range: there is no x at (0,)")
    assert holds(r"h_5 = h_5", model, TOTAL).startswith("range: ")
    assert holds(r"h_{t+9} = h_t", model, TOTAL).startswith("range: ")
    assert holds(r"\frac{\partial \mathcal{L}}{\partial h_{T+1}} = 0", model, TOTAL).startswith("range: ")
    assert holds(r"\sum_{t=1}^{1000000000} 1 = 0", model, TOTAL).startswith("range: ")
    assert holds(r"\frac{\partial h_t}{\partial h_k} = 0", model, TOTAL) is False
    assert holds(r"\frac{\partial h_t}{\partial b} - \frac{\partial^{+} h_t}{\partial b} = 0", model, TOTAL) is False


def test_the_state_before_the_first_step() -> None:
    """h_0 has no definition: it depends on no parameter, and what holds at every step need not hold at step 0."""
    model = many_to_one(4)
    assert holds(ONE_SUM.replace(r"\sum_{t=1}", r"\sum_{t=0}"), model, IMMEDIATE) is True
    tail = r"\sum_{k=t}^{T} \frac{\partial \mathcal{L}}{\partial \hat{y}_k} \frac{\partial \hat{y}_k}{\partial h_t}"
    assert holds(rf"\frac{{\partial \mathcal{{L}}}}{{\partial h_t}} = {tail}", many_to_many(4), TOTAL) is True
    assert holds(r"\frac{\partial h_0}{\partial h_0} W = W", tanh_many_to_one(3), TOTAL) is True


def test_empty_sums_and_products() -> None:
    """An empty sum is 0, an empty product the identity of its body's size, or of what stands beside it."""
    model = tanh_many_to_many(3)
    assert holds(r"\sum_{t=2}^{1} x_t = 0", model, TOTAL) is True
    assert holds(r"W + \sum_{t=2}^{1} x_t = W", model, TOTAL) is True
    assert holds(r"\prod_{i=3}^{2} \frac{\partial h_i}{\partial h_{i-1}} = \frac{dh_2}{dh_2}", model, TOTAL) is True
    assert holds(r"(\prod_{i=3}^{2} \frac{\partial h_{i+9}}{\partial h_i}) V^{\top} = V^{\top}", model, TOTAL) is True
    assert holds(r"\prod_{i=3}^{2} \frac{\partial \hat{y}_i}{\partial h_i} = 1", model, TOTAL).startswith("shape: ")
    assert holds(r"W (W - I) = W W - W", model, TOTAL) is True


@pytest.mark.parametrize(
    "equation",
    [
        "h_t",
        "h_t = h_t = h_t",
        r"h_t \le h_t",
        r"\hat{y} = h_t",
        r"h_t = f(x_t, h_{t-1}; \psi)",
        r"(h_t = h_t",
        r"h_t) = h_t",
        r"\frac{\partial}{\partial W} \mathcal{L} = 0",
        r"\frac{\partial \mathcal{L}}{\mathrm{d} W} = 0",
        r"\frac{\partial^{2} \mathcal{L}}{\partial W} = 0",
        r"\frac{\partial \lVert \mathcal{L} \rVert}{\partial W} = 0",
        r"\frac12 h_t = h_t",
        r"h_t \cdot = h_t",
        r"h_t^{\top}_t = h_t",
        r"\lVert h_t \rVert_F = 0",
        r"\frac{\partial (W h_t)}{\partial W} = 0",
        r"\frac{\partial^{+} h_t}{\partial h_t} = 0",
        r"\prod_{i=t} \frac{\partial h_{i+1}}{\partial h_i} = 0",
        r"\sum_{k \le t} h_k = 0",
        r"\sum = 0",
        r"h_{2t} = 0",
        r"h_t + = 0",
        r"\frac{h_t} = 0",
        r"\log(h_t - h_t) = 0",
        r"h_1 + \cdots + h_T = 0",
        "",
    ],
)
def test_what_cannot_be_read_is_named(equation: str) -> None:
    """What lies outside the language is never true or false."""
    assert str(holds(equation, tanh_many_to_many(3), TOTAL)).startswith("unreadable: ")


def test_spelling_does_not_matter() -> None:
    """Spaces, sizes of parentheses, braces, names of bound letters, the order of terms and sides change nothing."""
    plain = ONE_SUM
    left, right = plain.split(" = ", 1)
    for same in (
        f"{right} = {left}",
        plain.replace(" ", "").replace(r"\partialh", r"\partial h"),
        plain.replace(r"\mathcal{L}", r"\mathcal L(\theta)").replace(r"\hat{y}", r"\hat y"),
        plain.replace(r"\left(", r"\Big(").replace(r"\right)", r"\Big)"),
        plain.replace(r"\left(", "{").replace(r"\right)", "}"),
        plain.replace("_t", "_s").replace("_{t=1}", "_{s=1}").replace("i=t", "i=s"),
        plain.replace("h_i", "{h_{i}}").replace(r"h_T", r"{h_{T}}"),
        plain.replace(r"\frac", r"\,\quad \frac").replace("=1", " = 1 "),
        plain.replace(r"\prod_{i=t}^{T-1}", r"\prod_{T > i \geq t}"),
    ):
        assert holds(same, many_to_one(4), IMMEDIATE) is True, same
        assert holds(same, many_to_one(4), TOTAL) is False, same


def test_readings_are_named() -> None:
    """A reading that does not exist is a mistake of the caller."""
    for reading in ({"partial": "both"}, {"product": "up"}, {"layout": "denominator"}, {"order": "increasing"}):
        with pytest.raises(ValueError, match="no such reading"):
            holds("h_t = h_t", many_to_one(3), reading)


def test_shares_nothing_with_the_package() -> None:
    """The judge imports only NumPy and the standard library."""
    tree = ast.parse(Path(brute_force.__file__).read_text("utf-8"))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "collections.abc", "contextlib", "functools", "itertools", "numpy", "re", "typing"}


def test_documents_hold_the_claims() -> None:
    """Every equation claimed of the sheet stands there, and in its line; every one of the slides in their excerpts."""
    assert len(CLAIMS) == 106
    assert {claim["expected"] for claim in CLAIMS.values()} == {
        "definition", "conditional", "holds", "refuted", "malformed",
    }  # fmt: skip
    text = (DATA / "sheet.md").read_text("utf-8")
    slides = "".join((DATA / name).read_text("utf-8") for name in ("bptt_pages.md", "definitions_001.md"))
    for claim in CLAIMS.values():
        assert set(claim) == {"id", "source", "place", "latex", "expected"}
        if claim["source"].startswith("000"):
            line = int(re.search(r"lines? (\d+)", claim["place"])[1])
            start = sum(map(len, text.splitlines(keepends=True)[: line - 1]))
            assert claim["latex"] in text[start:]
            assert text[start:].lstrip(" $").startswith(claim["latex"]), claim["id"]
        elif claim["source"].startswith("001"):
            assert claim["latex"] in slides, claim["id"]
