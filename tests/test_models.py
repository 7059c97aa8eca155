"""The model that a document defines, however it is written: the letters of its steps, the places of its definitions.

The truth of each claim is that of the same claim in plain notation, which the brute-force evaluator and the corpus
settle; here only the way of writing changes, and a false neighbour stays false.
"""

from __future__ import annotations

import re

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

LAYOUT = "---\nlayout: numerator\n---\n"


def verdicts(text: str, front: str = LAYOUT) -> list[Verdict]:
    """The verdicts of all relations of a document, in numerator layout."""
    return judge(read_document(source_from_text(front + text)), mend=False)


def claimed(text: str, front: str = LAYOUT) -> list[str]:
    """The verdicts of all relations that are no definitions."""
    return [verdict.status for verdict in verdicts(text, front) if verdict.status != "definition"]


STEPS = r"""
$$h_t=\tanh(W h_{t-1}+U x_t),\qquad \hat y_t=V h_t$$

$$L=\frac12\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert^2$$

$$\nabla_W L=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$

$$\nabla_W L=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t}^\top$$

$$\frac{\partial L}{\partial h_t}=(\hat y_t-y_t)^\top V+\frac{\partial L}{\partial h_{t+1}}\mathrm{diag}(1-h_{t+1}^2)W$$

$$\frac{\partial L}{\partial h_T}=(\hat y_T-y_T)^\top V$$

$$\nabla_V L=\sum_{t=1}^{T-1}(\hat y_t-y_t)h_t^\top$$

$$\frac{\partial h_T}{\partial h_1}=\prod_{t=T}^{2}\mathrm{diag}(1-h_t^2)W$$
"""
JUDGED = ["proved", "refuted", "proved", "proved", "refuted", "proved"]


def renamed(text: str, letter: str, last: str) -> str:
    """A document in which another letter counts the steps, up to another last one; transposes stay."""
    text = re.sub(r"(?<![A-Za-z\\])t(?![A-Za-z])", lambda _: letter, text)
    return re.sub(r"(?<![A-Za-z\\])T(?![A-Za-z])", lambda _: last, text)


@pytest.mark.parametrize(
    ("letter", "last"), [("t", "T"), ("n", "N"), ("k", "K"), ("i", "n"), ("t", "N"), ("j", "m"), (r"\tau", r"N")]
)
def test_the_last_step_has_any_name(letter: str, last: str) -> None:
    """Steps n up to N, k up to K, i up to n are judged as steps t up to T are."""
    assert claimed(renamed(STEPS, letter, last)) == JUDGED


@pytest.mark.parametrize("written", [r"h^{(%s)}", r"h^{<%s>}", r"h(%s)", r"h_{%s}"])
def test_the_last_step_is_found_in_every_way_to_write_steps(written: str) -> None:
    """Below, above in brackets, or in parentheses behind the name."""
    text = renamed(STEPS, "n", "N").replace("h_n^2", "h_n\\odot h_n").replace("h_{n+1}^2", "h_{n+1}\\odot h_{n+1}")
    text = re.sub(r"(h|x|\\hat y|y)_(\{n[-+]1\}|\{n\}|n|N|1)", lambda match: spelled(match, written), text)
    assert claimed(text) == JUDGED


def spelled(match: re.Match[str], written: str) -> str:
    """One step in another way to write it."""
    name, index = match.groups()
    return written.replace("h", name) % index.strip("{}")


COMPONENTS = r"""
$$h_n=\tanh(W h_{n-1}+U x_n),\qquad \hat y_n=\mathrm{softmax}(V h_n)$$

$$L=-\sum_{n=1}^{N}\sum_{k=1}^{K}y_{n,k}\log\hat y_{n,k}$$

$$\frac{\partial h_{n,i}}{\partial h_{n-1,j}}=(1-h_{n,i}^2)W_{ij}$$

$$\frac{\partial L}{\partial V_{ij}}=\sum_{n=1}^{N}(\hat y_{n,i}-y_{n,i})h_{n,j}$$

$$\frac{\partial L}{\partial V_{ij}}=\sum_{n=1}^{N}(\hat y_{n,i}-y_{n,i})h_{n,i}$$

$$\frac{\partial L}{\partial V_{ij}}=\sum_{n=1}^{K}(\hat y_{n,i}-y_{n,i})h_{n,j}$$
"""


def test_steps_and_components_keep_their_ends() -> None:
    """Beside steps up to N, classes up to K are entries; a sum over steps up to the classes is never true."""
    found = claimed(COMPONENTS)
    assert found[:3] == ["proved", "proved", "refuted"]
    assert found[3] in ("refuted", "unchecked")


def test_a_step_t_leaves_other_letters_alone() -> None:
    """Where the document has a step T, a sum up to N over another recursion is not the end of the steps."""
    text = STEPS + r"$$s_n=f(s_{n-1})$$ $$S=\sum_{n=1}^{N}s_n$$"
    assert claimed(text)[: len(JUDGED)] == JUDGED


NAMED = r"""
$$h_t=\tanh(W h_{t-1}+U x_t),\quad z_t=V h_t,\quad\hat y_t=\mathrm{softmax}(z_t)$$

$$L_t=-\sum_k y_{t,k}\log\hat y_{t,k},\qquad L=\sum_t L_t$$

$$A:\frac{\partial L_t}{\partial\hat y_t}$$

$$B=\frac{\partial\hat y_t}{\partial z_t}=\mathrm{diag}(\hat y_t)-\hat y_t\hat y_t^\top$$

$$C:\frac{\partial z_t}{\partial h_t}=V$$
"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"A\times B=(\hat y_t-y_t)^\top", "proved"),
        (r"A\times B=(\hat y_t+y_t)^\top", "refuted"),
        (r"\frac{\partial L_t}{\partial h_t}=A B C", "proved"),
        (r"\frac{\partial L_t}{\partial h_t}=A C B", "refuted"),
        (r"B=\frac{\partial z_t}{\partial h_t}", "refuted"),
        (r"W=\frac{\partial h_t}{\partial h_{t-1}}", "refuted"),
        (r"V:\frac{\partial h_t}{\partial h_{t-1}}", "unchecked"),
    ],
)
def test_a_letter_stands_for_the_derivative_beside_it(claim: str, verdict: str) -> None:
    """A label or a name without steps is a derivative; one that has a meaning already is a claim."""
    found = [v.status for v in verdicts(f"{NAMED}\n\n$${claim}$$")]
    assert found == ["definition"] * 7 + ["proved", "proved", verdict]


TANH = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$"
INSTEAD = r"Let $h_t=\sigma(W h_{t-1}+U x_t)$ instead. Then"
OF_TANH = r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$"
OF_SIGMA = r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(h_t\odot(1-h_t))W$$"
OF_NEITHER = r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t)W$$"


def document(*paragraphs: str) -> str:
    """Paragraphs with blank lines between them."""
    return "\n\n".join(paragraphs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(TANH, OF_TANH, OF_SIGMA), ["proved", "refuted"]),
        (document(TANH, INSTEAD, OF_SIGMA), ["proved"]),
        (document(TANH, INSTEAD, OF_TANH), ["refuted"]),
        (document(TANH, INSTEAD, OF_SIGMA, "and so", OF_SIGMA), ["proved", "conditional"]),
        (document(TANH, INSTEAD, OF_SIGMA, "and so", OF_TANH), ["proved", "conditional"]),
        (document(TANH, INSTEAD, OF_SIGMA, "and so", OF_NEITHER), ["proved", "refuted"]),
        (document(TANH, INSTEAD, OF_SIGMA, "# The usual cell", OF_TANH, OF_SIGMA), ["proved", "proved", "refuted"]),
        (document(TANH, INSTEAD, OF_SIGMA, f"Back to {TANH[1:-1]}:", OF_TANH, OF_SIGMA), [*2 * ["proved"], "refuted"]),
        (document(TANH, INSTEAD, "A paragraph between.", OF_SIGMA, OF_NEITHER), ["conditional", "refuted"]),
        (document(TANH, f"So {OF_SIGMA}\nwhere " + r"$h_t=\sigma(W h_{t-1}+U x_t)$."), ["conditional"]),
        (document(TANH, "# Logistic", INSTEAD, OF_SIGMA, OF_TANH), ["proved", "refuted"]),
        (document(TANH, "# Again", r"Here $h_t=\tanh(W h_{t-1}+U x_t)$.", OF_TANH, OF_SIGMA), ["proved", "refuted"]),
        (document(TANH, "# In general", r"A cell is $h_t=f(h_{t-1},x_t)$.", OF_TANH), ["proved"]),
        (document(TANH, r"A cell is $h_t=f(h_{t-1},x_t)$. So", OF_TANH), ["proved"]),
        (document(TANH, r"Let $h_t=\sigma(W h_{t-1}+U x_t)$. So", OF_SIGMA, "$$L=\\|h_T-y\\|^2$$"), ["proved"]),
    ],
)
def test_a_formula_in_running_text_is_for_what_it_introduces(text: str, expected: list[str]) -> None:
    """It is the model of the display behind it, a reading for the others of its section, and the model of a section."""
    assert claimed(text) == expected


def test_the_model_that_running_text_gives_is_told() -> None:
    """The verdict names the line and the formula."""
    found = verdicts(document(TANH, INSTEAD, OF_TANH))[-1]
    assert found.model == "line 6, where the text says h_t = σ(W h_{t-1} + U x_t)"


def test_what_is_defined_later_belongs_to_a_formula_of_running_text_too() -> None:
    """The loss that stands behind the display is the loss of both models."""
    claim = r"$$\nabla_W L=\sum_{t=1}^{T}\mathrm{diag}(%s)(\nabla_{h_t}L)h_{t-1}^\top$$"
    loss = r"where $L=\sum_{t=1}^{T}\lVert h_t-y_t\rVert^2$."
    right, wrong = (document(TANH, INSTEAD, claim % slope, loss) for slope in (r"h_t\odot(1-h_t)", "1-h_t^2"))
    assert (claimed(right), claimed(wrong)) == (["proved"], ["refuted"])


PART = r"\frac{\partial h_t}{\partial z_t}=\mathrm{diag}(%s)"


@pytest.mark.parametrize(
    "said", ["\n\nRecall $h_t=\\tanh(z_t)$.\n\n", "\n\n$$h_t=\\tanh(z_t)$$\n\n", "\n\n# S\n\nAs $h_t=\\tanh(z_t)$,\n\n"]
)
def test_a_formula_with_a_name_for_a_part_names_it(said: str) -> None:
    """After ``h_t = tanh(W h_{t-1} + U x_t)`` the words ``h_t = tanh(z_t)`` say what z_t is, and the cell stays."""
    text = document(TANH, said)
    claims = (OF_TANH, OF_SIGMA, f"$${PART % '1-h_t^2'}$$", f"$${PART % '1-h_t'}$$", r"$$z_t=W h_{t-1}+U x_t$$")
    assert claimed(document(text, *claims[:-1])) == ["proved", "refuted", "proved", "refuted"]
    assert claimed(document(text, r"$$\frac{\partial z_t}{\partial h_{t-1}}=W$$")) == ["proved"]
    assert claimed(document(text, r"$$\frac{\partial z_t}{\partial h_{t-1}}=U$$")) == ["refuted"]
    defined = (r"$$z_t=W h_{t-1}+U x_t+b$$", f"$${PART % '1-h_t^2'}$$", OF_SIGMA)
    assert claimed(document(text, *defined)) == ["proved", "refuted"]  # its own formula, elsewhere, is its formula


def test_values_that_have_the_name_of_their_function() -> None:
    """In ``\\ell_t = \\ell(h_t, y_t)`` the letter is a function before parentheses and its value with an index."""
    text = document(TANH, r"$$L=\frac1T\sum_{t=1}^{T}\ell_t,\qquad\ell_t=\ell(h_t,y_t)$$")
    right = r"$$\frac{\partial L}{\partial W}=\frac1T\sum_{t=1}^{T}\frac{\partial\ell_t}{\partial W}$$"
    last = r"$$\frac{\partial L}{\partial h_T}=\frac1T\frac{\partial\ell_T}{\partial h_T}$$"
    wrong = (right.replace(r"=\frac1T", "="), last.replace(r"=\frac1T", "="))
    assert claimed(document(text, right, last, *wrong)) == ["proved", "proved", "refuted", "refuted"]


def test_a_first_state_of_zero_makes_no_sum_empty() -> None:
    """The term of the first step is zero by definition where ``h_0 = 0``: that is told of no equation as a fault."""
    text = document(TANH, r"$$h_0=0$$", r"$$L=\lVert h_T-y\rVert^2$$")
    claim = r"$$\nabla_W L=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)%s^\top$$"
    assert claimed(document(text, claim % "h_{t-1}", claim % "h_t")) == ["proved", "refuted"]


@pytest.mark.parametrize(
    "said",
    [
        r"$$h_0=0$$",
        r"$$h_0=\mathbf{0}$$",
        r"$$h_0=\frac12$$",
        r"with $h_0=0$",
        r"$$h_{0}=-1,\qquad c_0=0$$",
    ],
)
def test_a_number_for_the_first_state_leaves_it_a_vector(said: str) -> None:
    """``h_0 = 0`` makes no number of the states: with numbers every order of factors and every transpose would hold."""
    step = r"$$\nabla_{h_t}L=(h_t-y_t)+%s\,\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+1}}L$$"
    loss = r"$$L=\frac12\sum_{t=1}^{T}\lVert h_t-y_t\rVert^2$$"
    weight = r"$$\frac{\partial h_t}{\partial x_t}=%s$$"
    slopes = (r"\mathrm{diag}(1-h_t^2)U", r"U\mathrm{diag}(1-h_t^2)")
    claims = (step % r"W^\top", step % "W", *(weight % slope for slope in slopes))
    for text in (document(TANH, said, loss, *claims), document(said, TANH, loss, *claims)):
        assert claimed(text, "---\nlayout: mixed\n---\n") == ["proved", "refuted", "proved", "refuted"]


def test_a_number_that_is_added_leaves_a_vector() -> None:
    """A letter for numbers beside vectors does not make numbers of them."""
    text = r"$$h_t=\tanh(W h_{t-1}+U x_t+\mu)$$"
    wrong = r"$$\frac{\partial h_t}{\partial x_t}=U\mathrm{diag}(1-h_t^2)$$"
    assert claimed(document(text, wrong)) != ["proved"]


SIZED = r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$

$$L=\tfrac12\sum_{t=1}^{T}\lVert V h_t-y_t\rVert^2$$

$$x_t\in\mathbb{R}^{d},\quad h_t\in\mathbb{R}^{n},\quad y_t\in\mathbb{R}^{m}$$
"""


def sized(*claims: str, before: str = SIZED) -> list[tuple[str, str]]:
    """The verdicts on some relations behind definitions with sizes, and what is said of them."""
    found = verdicts(document(before, *(f"$${claim}$$" for claim in claims)))[-len(claims) :]
    return [(verdict.status, verdict.message) for verdict in found]


def test_a_declared_shape_that_the_definitions_have_is_a_definition() -> None:
    """Sizes that agree are definitions; so are new names for a size, and numbers that agree."""
    right = (r"W\in\mathbb{R}^{n\times n}", r"U\in\mathbb R^{n\times d}", r"V: m\times n", r"b\in\mathbb R^{n}")
    again = (r"h_t\in\mathbb{R}^{H}", r"L\in\mathbb R", r"\epsilon\in\mathbb R", r"h_0=0\in\mathbb R^n")
    assert all(status == "definition" for status, _ in sized(*right, *again))
    assert sized(r"W\in\mathbb R^{4\times4}", before=TANH)[0][0] == "definition"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (r"U\in\mathbb{R}^{d\times n}", "`U` is n×d by the definitions, and d×n is said here"),
        (r"W\in\mathbb{R}^{n\times d}", "`W` is n×n by the definitions, and n×d is said here"),
        (r"V\in\mathbb{R}^{n\times m}", "`V` is m×n by the definitions, and n×m is said here"),
        (r"b\in\mathbb{R}^{d}", "`b` is n×1 by the definitions, and d×1 is said here"),
        (r"x_t: n\times 1", "`x` is d×1 by the definitions, and n×1 is said here"),
        (r"W\in\mathbb{R}^{4\times3}", "`W` is n×n by the definitions, and 4×3 is said here"),
        (r"W\in\mathbb{R}^{p\times q}", "`W` is n×n by the definitions, and p×q is said here"),
        (r"L\in\mathbb{R}^{n}", "`L` is 1×1 by the definitions, and n×1 is said here"),
    ],
)
def test_a_wrong_declared_shape_is_refuted_with_both_shapes(claim: str, message: str) -> None:
    """Different names are different sizes: what makes two of them one contradicts the definitions."""
    assert sized(claim) == [("refuted", message)]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial h_t}{\partial x_t}\in\mathbb{R}^{n\times d}", "verified"),
        (r"\frac{\partial h_t}{\partial x_t}\in\mathbb{R}^{d\times n}", "refuted"),
        (r"\nabla_U L\in\mathbb{R}^{n\times d}", "verified"),
        (r"\nabla_U L\in\mathbb{R}^{d\times n}", "refuted"),
        (r"\frac{\partial L}{\partial h_t}\in\mathbb{R}^{n}", "verified"),
        (r"\frac{\partial L}{\partial h_t}\in\mathbb{R}^{1\times n}", "verified"),
        (r"\frac{\partial L}{\partial h_t}\in\mathbb{R}^{m}", "refuted"),
        (r"h_t x_t^\top\in\mathbb{R}^{n\times d}", "verified"),
        (r"x_t h_t^\top\in\mathbb{R}^{n\times d}", "refuted"),
        (r"h_t x_t\in\mathbb{R}^{n\times d}", "refuted"),
        (r"U x_t\in\mathbb{R}^{n}", "verified"),
        (r"h_t^\top h_t\in\mathbb{R}", "verified"),
        (r"\frac{\partial h_t}{\partial x_t}\in\mathbb{R}^{n\times q}", "unchecked"),
    ],
)
def test_the_shape_of_an_expression_is_a_claim(claim: str, verdict: str) -> None:
    """What is said of the shape of a derivative or a product is judged; an unknown size is told."""
    assert sized(claim)[0][0] == verdict


def test_a_declared_number_is_one() -> None:
    """With ``x_t \\in R`` the weight before it is a vector, and its gradient a sum of vectors times numbers."""
    cell = r"$$h_t=\tanh(W h_{t-1}+u x_t),\qquad x_t\in\mathbb{R},\quad u\in\mathbb{R}^{n}$$"
    loss = r"$$L=\lVert h_T-y\rVert^2$$"
    right = r"\nabla_u L=\sum_{t=1}^{T}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)\,x_t"
    wrong = r"\nabla_u L=\sum_{t=1}^{T}\mathrm{diag}(1-h_t)(\nabla_{h_t}L)\,x_t"
    assert [status for status, _ in sized(right, wrong, before=cell + "\n\n" + loss)] == ["proved", "refuted"]


def test_scalar_networks_are_declared_by_their_weights() -> None:
    """Weights that are all declared as numbers make the states numbers; one of them alone beside vectors is told."""
    cell, loss = r"$$h_t=\tanh(w h_{t-1}+u x_t+b)$$", r"$$L=\tfrac12(h_T-y)^2$$"
    claim = r"\frac{\partial h_T}{\partial h_1}=w^{T-1}\prod_{t=2}^{T}(1-h_t^2)"
    both = document(cell, loss, r"$$w,u,b\in\mathbb{R}$$")
    assert sized(claim, claim.replace("T-1", "T"), before=both)[0][0] == "proved"
    assert sized(claim, claim.replace("T-1", "T"), before=both)[1][0] == "refuted"
    assert sized(r"b\in\mathbb{R}", before=document(SIZED))[0][0] == "unchecked"


def test_entries_and_batches_are_no_shapes_of_states() -> None:
    """``h_{t,i}`` is an entry; a batch of rows is judged row by row; rows are declared as rows."""
    entry = sized(r"h_{t,i}\in\mathbb{R}", r"\frac{\partial h_t}{\partial x_t}=\mathrm{diag}(1-h_t^2)U")
    assert [status for status, _ in entry] == ["definition", "proved"]
    rows = (
        r"$$h_t=\tanh(x_t W^\top+h_{t-1}R^\top+b)$$ $$x_t\in\mathbb{R}^{B\times d}$$ $$h_t\in\mathbb{R}^{B\times n}$$"
    )
    said = sized(r"W\in\mathbb{R}^{n\times d}", r"W\in\mathbb{R}^{d\times n}", before=rows)
    assert [status for status, _ in said] == ["definition", "refuted"]


BLOCKS = {
    "a row of weights in brackets": (r"h_t=\tanh([W,U][h_{t-1};x_t]+b)", "columns"),
    "blocks": (
        r"h_t=\tanh\left(\begin{bmatrix}W&U\end{bmatrix}\begin{bmatrix}h_{t-1}\\x_t\end{bmatrix}+b\right)",
        "columns",
    ),
    "rows that are turned": (r"h_t=\tanh([W,U]\,[h_{t-1}^\top,x_t^\top]^\top+b)", "columns"),
    "weights one below the other": (r"h_t=\tanh([h_{t-1},x_t][R;S]+b)", "rows"),
}


@pytest.mark.parametrize("written", BLOCKS)
def test_weights_that_stand_together(written: str) -> None:
    """``[W, U] [h; x]`` is ``W h + U x``: what is true of the one is true of the other, and what is false too."""
    cell, states = BLOCKS[written]
    first, second = ("W", "U") if states == "columns" else (r"R^\top", r"S^\top")
    pairs = (("h_{t-1}", first), ("x_t", second), ("h_{t-1}", second), ("x_t", first))
    claims = [rf"\frac{{\partial h_t}}{{\partial {by}}}=\mathrm{{diag}}(1-h_t^2){weight}" for by, weight in pairs]
    found = claimed(document(f"$${cell}$$", *(f"$${claim}$$" for claim in claims)))
    assert found == ["proved", "proved", "refuted", "refuted"]


WHOLE = {
    "a column": (r"h_t=\tanh(W[h_{t-1};x_t])", r"\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)[%s;%s]^\top"),
    "a row": (r"h_t=\tanh([h_{t-1},x_t]W)", r"[%s,%s]^\top(\nabla_{h_t}L)\mathrm{diag}(1-h_t^2)"),
    "a row, turned": (
        r"h_t=\tanh(W[h_{t-1}^\top,x_t^\top]^\top)",
        r"\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)[%s^\top,%s^\top]",
    ),
}


@pytest.mark.parametrize("written", WHOLE)
def test_states_and_inputs_that_stand_together(written: str) -> None:
    """The gradient by the one weight of a state and an input has them in their order."""
    cell, gradient = WHOLE[written]
    text = document(f"$${cell}$$", r"$$L=\lVert h_T-y\rVert^2$$")
    claims = (gradient % ("h_{t-1}", "x_t"), gradient % ("x_t", "h_{t-1}"), gradient % ("h_t", "x_t"))
    found = claimed(document(text, *(rf"$$\nabla_W L=\sum_{{t=1}}^{{T}}{claim}$$" for claim in claims)))
    assert found == ["proved", "refuted", "refuted"]


CONTROL = r"""
$$x_{k+1}=\tanh(A x_k+B u_k)$$

$$J=\tfrac12\sum_{k=0}^{N-1}\lVert x_k-r_k\rVert^2+\tfrac12\lVert x_N-r_N\rVert^2$$
"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\nabla_A J=\sum_{k=0}^{N-1}\mathrm{diag}(1-x_{k+1}^2)(\nabla_{x_{k+1}}J)x_k^\top", "proved"),
        (r"\nabla_A J=\sum_{k=0}^{N}\mathrm{diag}(1-x_k^2)(\nabla_{x_k}J)x_{k-1}^\top", "refuted"),
        (r"\nabla_A J=\sum_{k=1}^{N}\mathrm{diag}(1-x_k^2)(\nabla_{x_k}J)x_{k-1}^\top", "proved"),
        (r"\nabla_A J=\sum_{k=1}^{N-1}\mathrm{diag}(1-x_k^2)(\nabla_{x_k}J)x_{k-1}^\top", "refuted"),
        (r"\nabla_{x_0}J=x_0-r_0+A^\top\mathrm{diag}(1-x_1^2)\nabla_{x_1}J", "proved"),
        (r"\nabla_{x_0}J=A^\top\mathrm{diag}(1-x_1^2)\nabla_{x_1}J", "refuted"),
        (r"\nabla_{x_N}J=x_N-r_N", "proved"),
    ],
)
def test_a_network_from_step_0_on(claim: str, verdict: str) -> None:
    """Where sums begin at 0, ``x_{k+1} = f(x_k)`` computes the steps from 1 on, and x_0 is given."""
    assert claimed(document(CONTROL, f"$${claim}$$"))[-1] == verdict
    assert claimed(renamed(document(CONTROL, f"$${claim}$$"), "k", "T").replace("N", "T"))[-1] == verdict


@pytest.mark.parametrize("end", ["before", "behind"])
def test_a_recursion_and_its_end(end: str) -> None:
    """A name for what runs back is given by its recursion and by its end, in either order; then it can be judged."""
    loss = r"$$L=\sum_{t=1}^{T}\lVert h_t-y_t\rVert^2$$"
    last = r"$$\delta_T=\frac{\partial L}{\partial h_T}$$"
    step = r"$$\delta_t=2(h_t-y_t)^\top+\delta_{t+1}\mathrm{diag}(1-h_{t+1}^2)%s$$"
    claim = r"$$\frac{\mathrm{d}L}{\mathrm{d}x_t}=\delta_t\,\mathrm{diag}(1-h_t^2)U$$"
    for weight, verdict in (("W", "proved"), (r"W^\top", "refuted")):
        said = (last, step % weight) if end == "before" else (step % weight, last)
        assert claimed(document(TANH, loss, *said, claim)) == [verdict]


def test_another_name_in_a_formula_names_no_part() -> None:
    """A formula with one quantity for another is another formula, and is told as such."""
    found = verdicts(document(TANH, r"$$h_t=\tanh(W h_{t-1}+U z_t)$$"))[-1]
    assert found.status == "definition"
    assert "defined anew" in found.message


def test_a_number_for_a_matrix_needs_a_word() -> None:
    """``h_t \\in R`` beside a matrix letter is not taken: with numbers everything would commute."""
    text = document(TANH, r"$$L=\lVert h_T-y\rVert^2$$", r"$$h_t\in\mathbb{R}$$")
    wrong = r"$$\nabla_{h_t}L=W\,\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+1}}L$$"
    assert claimed(document(text, wrong)) == ["unchecked", "refuted"]


DECODER = r"""
$$h_t=\tanh(W_e x_t+U_e h_{t-1}),\qquad c=h_T$$

$$s_j=\tanh(W_d y_{j-1}+U_d s_{j-1}+C c),\qquad p_j=\mathrm{softmax}(V s_j)$$

$$L=-\sum_{j=1}^{N}y_j^\top\log p_j$$
"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\nabla_V L=\sum_{j=1}^{N}(p_j-y_j)s_j^\top", "proved"),
        (r"\nabla_V L=\sum_{j=1}^{T}(p_j-y_j)s_j^\top", "refuted"),
        (r"\nabla_V L=\sum_{j=1}^{N-1}(p_j-y_j)s_j^\top", "refuted"),
        (r"\nabla_{s_N}L=V^\top(p_N-y_N)", "proved"),
        (r"\nabla_{s_N}L=V^\top(y_N-p_N)", "refuted"),
        (r"\nabla_c L=\sum_{j=1}^{N}C^\top\mathrm{diag}(1-s_j^2)\nabla_{s_j}L", "proved"),
        (r"\nabla_c L=\sum_{j=1}^{N}C\,\mathrm{diag}(1-s_j^2)\nabla_{s_j}L", "refuted"),
    ],
)
def test_a_second_sequence_has_a_last_step_of_its_own(claim: str, verdict: str) -> None:
    """Beside steps t up to T the decoder counts j up to N, which is no number of classes."""
    assert claimed(document(DECODER, f"$${claim}$$"))[-1] == verdict
