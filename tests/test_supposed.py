r"""Chain rules in documents that define no network: they hold on the condition that names the plainest one, or never.

The truth comes from networks of random smooth functions whose derivatives are taken by a complex step
(``brute_force``), with the loss as the sum, the mean, the last of the losses of the steps, and as any function.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product

import pytest

from bpttsym.document import read_document
from bpttsym.edits import neighbours
from bpttsym.latex import latex
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge
from tests.brute_force import BruteModel, holds, opaque

READINGS = [
    {"partial": partial, "product": order}
    for partial, order in product(("total", "immediate", "lone"), ("increasing", "decreasing"))
]
TRUE = {"proved", "verified", "conditional"}
T = 4


def judged(text: str) -> list[Verdict]:
    """The verdicts on a text, without suggestions."""
    return judge(read_document(source_from_text(text, "notes.md")), mend=False)


def lines(*equations: str) -> str:
    """Each equation in a display of its own, in numerator layout."""
    return "---\nlayout: numerator\n---\n\n" + "\n\n".join(f"$${one}$$" for one in equations)


@cache
def network(loss: str, size: int = 3) -> BruteModel:
    """h_t = f(h_{t-1}, x_t; W), o_t = g(h_t; V), L_t = l(o_t), and L in one of the ways in which it may be meant."""
    import numpy as np

    rng = np.random.default_rng(5)
    out, one, two = (4, 5, 6) if size > 1 else (1, 1, 1)
    f, g = opaque(rng, size, size, 2, one), opaque(rng, out, size, two)
    own, whole = opaque(rng, 1, out), opaque(rng, 1, *[out] * T)
    steps = range(1, T + 1)
    nodes: dict = {}
    for t in steps:
        nodes["h", t] = lambda v, t=t: f(v("h", t - 1), v("x", t), v("W"))
        nodes["o", t] = lambda v, t=t: g(v("h", t), v("V"))
        nodes["L", t] = lambda v, t=t: own(v("o", t))
    nodes["L",] = {
        "sum": lambda v: sum(v("L", t) for t in steps),
        "mean": lambda v: sum(v("L", t) for t in steps) / T,
        "last": lambda v: v("L", T),
        "any of all": lambda v: whole(*(v("o", t) for t in steps)),
        "any of the last": lambda v: own(v("o", T) * 1.3),
    }[loss]
    leaves = {"W": (one, 1), "V": (two, 1), ("h", 0): (size, 1), **{("x", t): (2, 1) for t in steps}}
    return BruteModel(T, leaves, nodes)


LETTER = r"(?<![a-zA-Z\\\\]){}(?![a-zA-Z])"
LOSSES = ("sum", "mean", "last", "any of all", "any of the last")


def may_hold(equation: str) -> bool:
    """Whether an equation is true under any reading, for any of the losses; of scalars too without marks of vectors."""
    sizes = (3,) if "top" in equation or "odot" in equation else (3, 1)
    return any(is_true(equation, *case) for case in product(sizes, LOSSES, READINGS))


def is_true(equation: str, size: int, loss: str, reading: dict[str, str]) -> bool:
    """Whether it is true of a network under a reading; where two steps are free, at each pair of them."""
    pairs = [(t, k) for t in (3, 4) for k in range(1, t + 1)] if "h_{k}} =" in equation or "h_k} =" in equation else []
    texts = [re.sub(LETTER.format("k"), str(k), re.sub(LETTER.format("t"), str(t), equation)) for t, k in pairs]
    return all(holds(text, network(loss, size), reading) is True for text in texts or [equation])


BASE = (
    r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L_t}{\partial W}",
    r"\frac{\partial L_t}{\partial W} = \sum_{k=1}^{t} \frac{\partial L_t}{\partial o_t}"
    r" \frac{\partial o_t}{\partial h_t} \frac{\partial h_t}{\partial h_k} \frac{\partial^{+} h_k}{\partial W}",
    r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^{t} \frac{\partial h_i}{\partial h_{i-1}}",
    r"\frac{\partial L}{\partial h_t} = \frac{\partial L}{\partial h_{t+1}} \frac{\partial h_{t+1}}{\partial h_t}"
    r" + \frac{\partial L_t}{\partial h_t}",
    r"\frac{\partial L_t}{\partial V} = \frac{\partial L_t}{\partial o_t} \frac{\partial o_t}{\partial V}",
    r"\frac{\partial L}{\partial V} = \sum_{t=1}^{T} \frac{\partial L_t}{\partial o_t} \frac{\partial o_t}{\partial V}",
    r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \sum_{k=1}^{t} \frac{\partial L_t}{\partial h_t}"
    r" \left( \prod_{i=k+1}^{t} \frac{\partial h_i}{\partial h_{i-1}} \right) \frac{\partial h_k}{\partial W}",
    r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L}{\partial h_t}"
    r" \frac{\partial^{+} h_t}{\partial W}",
)
NETWORK = "h_t = f(h_{t-1}, x_t; W), o_t = g(h_t; V), L_t = ℓ(o_t)"


def test_true_chain_rules_hold_on_the_condition_that_names_the_network() -> None:
    """Each is true of random functions, and the verdict says of which network, in words that one can read."""
    for equation, verdict in zip(BASE, judged(lines(*BASE)), strict=True):
        assert may_hold(equation)
        assert verdict.status == "conditional", equation
        assert verdict.conditions[0] == NETWORK
        assert verdict.method == "free ring"


NEAR = {
    "one step less": (0, r"\sum_{t=1}^{T}", r"\sum_{t=1}^{T-1}"),
    "a factor is missing": (1, r" \frac{\partial h_t}{\partial h_k}", ""),
    "a link is missing": (1, r" \frac{\partial o_t}{\partial h_t}", ""),
    "the last term is missing": (1, r"\sum_{k=1}^{t}", r"\sum_{k=1}^{t-1}"),
    "not immediate": (1, r"\partial^{+}", r"\mathrm{d}"),
    "one factor too many": (2, "i=k+1", "i=k"),
    "one factor too few": (2, "i=k+1", "i=k+2"),
    "turned over": (2, r"\frac{\partial h_i}{\partial h_{i-1}}", r"\frac{\partial h_{i-1}}{\partial h_i}"),
    "another step": (3, r"\frac{\partial L_t}{\partial h_t}", r"\frac{\partial L_{t+1}}{\partial h_t}"),
    "a sign": (3, " + ", " - "),
    "another output": (4, r"\frac{\partial o_t}{\partial V}", r"\frac{\partial o_{t+1}}{\partial V}"),
    "only one path": (1, r"\sum_{k=1}^{t}", r"\sum_{k=t}^{t}"),
    "the parts only": (7, r"\frac{\partial L}{\partial h_t}", r"\frac{\partial L_t}{\partial h_t}"),
}


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("alone", [False, True])
def test_a_near_miss_is_never_true(name: str, alone: bool) -> None:
    """Beside the equations that name the network it is refuted or unchecked, and alone as well."""
    place, old, new = NEAR[name]
    assert old in BASE[place]
    wrong = BASE[place].replace(old, new, 1)
    assert not may_hold(wrong)
    found = judged(lines(wrong) if alone else lines(*BASE, wrong))[-1]
    assert found.status not in TRUE, found.conditions


def mutants() -> list[tuple[int, str]]:
    """All equations that differ from the true ones by one edit, as LaTeX."""
    entries = read_document(source_from_text(lines(*BASE), "notes.md")).entries
    relations = [entry.relation for entry in entries]
    return [(n, latex(e.relation)) for n, one in enumerate(relations) if one is not None for e in neighbours(one)]


@pytest.mark.campaign(quick=24)
@pytest.mark.parametrize(("number", "mutant"), mutants())
def test_no_edit_is_misjudged(number: int, mutant: str) -> None:
    """What is called true is true of some network and reading; what is refuted is so of none."""
    if r"\partial^{+} L" in mutant:
        return  # what is computed at a step and used at no other is part of the loss: the judge here knows no such part
    for others in ((), (*BASE[:number], *BASE[number + 1 :])):
        verdict = judged(lines(*others, mutant))[-1]
        beyond = ("stands for its row", "∂L/∂h_t is the immediate derivative")  # as ``\\partial^{+} L`` above
        shorthand = any(part in words for words in verdict.conditions for part in beyond)
        if verdict.status in TRUE and (NETWORK in verdict.conditions or not others) and not shorthand:
            assert may_hold(mutant), verdict.conditions
        if verdict.status == "refuted":
            assert not may_hold(mutant)


def test_what_is_proposed_decides() -> None:
    """With the definitions that the message proposes, and the readings that it names, each equation is proved."""
    for verdict in judged(lines(*BASE)):
        defined = r", \quad ".join(map(latex, verdict.supposed))
        text = f"$${defined}$$\n\n$${latex(verdict.entry.relation)}$$"  # type: ignore[arg-type]
        settings = "layout: numerator\nproduct: decreasing\npartial: immediate"
        found = judged(f"---\n{settings}\n---\n\n{text}")[-1]
        assert found.status == "proved" or "`L`" in " ".join(found.conditions), (text, found.conditions)


DOCUMENTS: dict[str, tuple[str, ...]] = {
    "one output at the end": (
        r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial \hat y} \frac{\partial \hat y}{\partial h_T}"
        r" \sum_{k=1}^{T} \frac{\partial h_T}{\partial h_k} \frac{\partial^{+} h_k}{\partial W}",
        "h_t = f(h_{t-1}, x_t; W), ŷ = g(h_T), L = ℓ(ŷ)",
    ),
    "a sum before the function": (
        r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L}{\partial a_t}"
        r" \frac{\partial^{+} a_t}{\partial W}"
        r" ,\quad \frac{\partial L}{\partial a_t} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial a_t}"
        r" ,\quad \frac{\partial h_t}{\partial h_{t-1}} = \frac{\partial h_t}{\partial a_t}"
        r" \frac{\partial a_t}{\partial h_{t-1}}",
        "a_t = f(h_{t-1}, x_t; W), h_t = g(a_t)",
    ),
    "copies of a parameter": (
        r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L}{\partial W_t},\quad"
        r" \frac{\partial L}{\partial W_t} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial W_t}",
        "h_t = f(h_{t-1}, x_t; W)",
    ),
    "an input of that name": (
        r"\frac{\partial L}{\partial u_t} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial u_t},\quad"
        r" \frac{\partial h_t}{\partial h_k} = \prod_{t \ge i > k} \frac{\partial h_i}{\partial h_{i-1}}",
        "h_t = f(h_{t-1}, u_t)",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_network_is_read_off_the_derivatives(name: str) -> None:
    """What is differentiated by what says which network it is."""
    text, words = DOCUMENTS[name]
    for verdict in judged(lines(text)):
        assert verdict.status == "conditional"
        assert verdict.conditions[0] == words


def test_a_single_quantity_is_a_state_unless_outputs_are_called_so() -> None:
    """Where nothing is differentiated by itself at another step a letter decides, and what fails is not refuted."""
    whole = BASE[5].replace(r"\frac{\partial o_t}", r"\frac{\partial^{+} o_t}")
    assert may_hold(whole)
    (verdict,) = judged(lines(whole))
    assert verdict.conditions[0] == "h_t = f(h_{t-1}, x_t), o_t = g(h_t; V), L_t = ℓ(o_t)"
    (verdict,) = judged(lines(whole.replace("o_t", "s_t")))
    assert verdict.status == "unchecked"
    (verdict,) = judged(lines(whole.replace("o_t", "s_t").replace(r"\partial^{+}", r"\partial")))
    assert verdict.conditions[0] == "s_t = f(s_{t-1}, x_t; V), L_t = ℓ(s_t)"


def test_a_loss_alone_says_little() -> None:
    """A quantity by which only losses are differentiated may be anything: its equation is not refuted."""
    (verdict,) = judged(lines(r"\frac{\partial L}{\partial h_t} = \frac{\partial L_t}{\partial h_t}"))
    assert verdict.status == "unchecked"


def test_a_name_for_a_derivative_is_opened() -> None:
    r"""``\delta_t = \partial L/\partial h_t`` says what delta is; what holds of it holds of the derivative."""
    known, delta = r"\delta_t = \frac{\partial L}{\partial h_t}", r"\frac{\partial L}{\partial h_{%s}}"
    chain = r"\delta_t = \delta_{t+1} \frac{\partial h_{t+1}}{\partial h_t} + \frac{\partial L_t}{\partial h_t}"
    for equation in (chain, chain.replace(" + ", " - "), chain.replace("h_{t+1}}", "h_{t}}", 1)):
        opened = equation.replace(r"\delta_t", delta % "t").replace(r"\delta_{t+1}", delta % "t+1")
        verdict = judged(lines(known, equation))[-1]
        if may_hold(opened):
            assert verdict.conditions == ("h_t = f(h_{t-1}, x_t), L_t = ℓ(h_t)", "`L` is the sum of the `L_t`")
        else:
            assert verdict.status not in TRUE
    assert may_hold(chain.replace(r"\delta_t", delta % "t").replace(r"\delta_{t+1}", delta % "t+1"))


OPEN = {
    "a value of a derivative": r"\frac{\partial h_t}{\partial h_{t-1}} = 1",
    "a state without paths": r"\frac{\partial x_t}{\partial x_{t-1}} = 0",
    "a parameter itself": r"\frac{\partial h_t}{\partial h_{t-1}} = W \frac{\partial h_{t-1}}{\partial h_{t-2}}",
    "two states": r"\frac{\partial h_t}{\partial h_{t-1}} = \frac{\partial h_t}{\partial c_t}"
    r" \frac{\partial c_t}{\partial c_{t-1}} \frac{\partial c_{t-1}}{\partial h_{t-1}}",
    "two steps back": r"\frac{\partial L}{\partial h_t} = \frac{\partial L}{\partial h_{t+1}}"
    r" \frac{\partial h_{t+1}}{\partial h_t} + \frac{\partial L}{\partial h_{t+2}}"
    r" \frac{\partial h_{t+2}}{\partial h_t} + \frac{\partial L_t}{\partial h_t}",
    "the other direction": r"\frac{\partial L}{\partial h_t} = \frac{\partial L}{\partial h_{t-1}}"
    r" \frac{\partial h_{t-1}}{\partial h_t}",
    "from zero to T-1": r"\frac{\partial L}{\partial W} = \sum_{t=0}^{T-1} \frac{\partial L_t}{\partial h_t}"
    r" \frac{\mathrm{d} h_t}{\mathrm{d} W}",
    "a power": r"\frac{\partial h_t}{\partial h_k} = \left(\frac{\partial h_t}{\partial h_{t-1}}\right)^{t-k}",
}


@pytest.mark.parametrize("name", OPEN)
def test_what_may_be_about_another_network_is_not_refuted(name: str) -> None:
    """A property of some functions, and the chain rule of a network that is not plain, stay open."""
    assert judged(lines(OPEN[name]))[0].status == "unchecked"


def test_the_parts_of_a_display_are_about_one_network() -> None:
    """The readings of a chain are chosen together, and the supposed network is the same in all."""
    verdicts = judged(lines(",\\quad ".join(BASE[:3])))
    assert {verdict.conditions[0] for verdict in verdicts} == {NETWORK.replace(", o_t = g(h_t; V)", ", o_t = g(h_t)")}
    assert not any("together" in words for verdict in verdicts for words in verdict.told)


def test_a_document_that_defines_a_state_is_taken_at_its_word() -> None:
    """Nothing is supposed beside definitions of a network: what they leave open stays open."""
    text = "$$h_t = \\tanh(U x_t)$$\n\n" + "$$" + BASE[2].replace("h_", "s_") + "$$"
    assert judged(text)[-1].status == "unchecked"
