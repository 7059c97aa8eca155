"""The table of claims: all of them are there, each verdict is computed, and each is what the audit found by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from bpttsym import claims_classes, claims_gradients, claims_layers, claims_tools
from bpttsym.claims import Row, Sheet, page, page_of, rows
from bpttsym.claims_cases import Case, finding
from bpttsym.claims_checks import CHECKS
from bpttsym.claims_data import FILE, Claim, Claims, Context, read_claims
from bpttsym.claims_links import Links, anchor
from bpttsym.errors import UsageError

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "derivations"
AUDIT = dict(
    line.split("\t") for line in (Path(__file__).parent / "data" / "audit.tsv").read_text(encoding="utf-8").splitlines()
)
"""What became of each claim when it was checked by hand, with PyTorch, JAX and SymPy."""

TRUE = {"definition", "proved", "verified", "conditional"}
ALLOWED = {
    "holds": {"proved", "verified", "definition", "conditional"},
    "definition": {"definition"},
    "conditional": {"conditional"},
    "refuted": {"refuted"},
    "malformed": {"refuted"},
    "out-of-scope": set[str](),
}
"""The words that agree with each word of the audit; `unchecked` agrees with all of them."""

READ_AS_TOLD = "its only reading is one that SEMANTICS tells and does not count as a condition"
DEFINES = "it defines what it speaks of, and its condition is checked in numbers beside it"
MEANT = "it can be read as it stands, as a definition of something that was not meant"
OTHERWISE: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("S0-06", "S0-14", "S1-46", "S2-07", "S3-33", "S3-37", "S4-13"), ("proved", READ_AS_TOLD)),
    **dict.fromkeys(("S4-16", "S4-17", "S4-18", "S4-19", "S4-20"), ("proved", READ_AS_TOLD)),
    **dict.fromkeys(("S1-01", "S1-06", "S1-12", "S1-16", "S1-32", "S3-42"), ("definition", DEFINES)),
    **dict.fromkeys(("S1-05", "S3-22", "S3-23", "S3-36"), ("definition", MEANT)),
    "S3-28": (
        "conditional",
        "its left side has a class t of its own, which is k in the case that the line before puts",
    ),
    "S3-51": ("refuted", "as it stands it continues a line that ends with zero; what is meant is judged beside it"),
}
"""Claims of which the tool says another word than the audit, and why both are right."""


@cache
def claims() -> Claims:
    """The data file of the project."""
    return read_claims(DOCUMENTS / FILE)


@cache
def found() -> dict[str, Row]:
    """Every row by its claim."""
    return {row.claim.id: row for row in rows(claims())}


def changed(name: str, **values: object) -> Claims:
    """The data with one claim changed, and without the contexts that have nothing to do with it."""
    data = claims()
    (claim,) = (claim for claim in data.claims if claim.id == name)
    near = tuple(other for other in data.claims if other.context == claim.context)
    claim = dataclasses.replace(claim, **values)  # type: ignore[arg-type]
    return dataclasses.replace(data, claims=tuple(claim if other.id == name else other for other in near))


# ------------------------------------------------------------------------------------------------------- what is there


def test_every_audited_claim_has_a_row() -> None:
    """178 claims in the order of the audit, each with words, a scope or a check, and a document."""
    assert [claim.id for claim in claims().claims] == list(AUDIT)
    assert len(AUDIT) == 178
    for claim in claims().claims:
        assert claim.place
        assert claim.document.partition("#")[0].endswith(".md")
        assert claim.latex or claim.statement


def test_106_equations_are_judged_from_their_latex() -> None:
    """The equations of the audit, and six more formulas that the audit counts as statements."""
    with_latex = [row for row in found().values() if row.claim.latex]
    assert len(with_latex) >= 106
    assert all(row.equation is not None for row in with_latex)


def test_no_row_is_empty() -> None:
    """Every row says why."""
    for row in found().values():
        reasons = [one.why for one in (row.equation, row.intended, row.statement) if one is not None]
        assert reasons, row.claim.id
        assert all(reasons), row.claim.id


def test_malformed_equations_have_their_intended_form_beside_them() -> None:
    """What was meant is judged too, and it is not false."""
    for name, word in AUDIT.items():
        row = found()[name]
        if word == "malformed" and not row.claim.check:
            assert row.intended is not None, name
        if row.intended is not None:
            assert row.intended.status in TRUE, (name, row.intended)


@pytest.mark.parametrize("name", AUDIT)
def test_the_tool_agrees_with_the_audit(name: str) -> None:
    """Nothing that was found true is refuted, nothing false is true, and other words are explained."""
    row = found()[name]
    if row.status == "unchecked" and row.statement is not None and row.equation is not None:
        assert row.statement.status in ALLOWED[AUDIT[name]] | TRUE | {"refuted"}
    if name in OTHERWISE:
        assert row.status in (OTHERWISE[name][0], AUDIT[name], "unchecked")
        return
    assert row.status in ALLOWED[AUDIT[name]] | {"unchecked"}, row


@pytest.mark.parametrize("name", [claim.id for claim in claims().claims if claim.check])
def test_what_is_computed_agrees_with_the_audit(name: str) -> None:
    """The check of a statement gives the word that was found by hand."""
    statement = found()[name].statement
    assert statement is not None
    wanted = {"holds": "verified", "malformed": statement.status}.get(AUDIT[name], AUDIT[name])
    assert statement.status == wanted, statement


def test_statements_are_computed_unless_there_is_a_reason() -> None:
    """What is left unchecked of the statements is what nothing can compute, and as many as the audit left out."""
    left = {name for name, row in found().items() if row.claim.reason}
    assert left <= {name for name, word in AUDIT.items() if word in ("out-of-scope", "conditional")}
    assert len(left) <= 8


def test_equations_that_are_not_judged_get_fewer() -> None:
    """A limit that goes down: how many equations have no verdict."""
    unchecked = [name for name, row in found().items() if row.equation is not None and row.status == "unchecked"]
    assert len(unchecked) <= 17, unchecked


# ------------------------------------------------------------------------------------------------ verdicts are computed


def test_a_verdict_in_the_data_file_is_refused(tmp_path: Path) -> None:
    """There is no place in the file where a verdict could be written."""
    text = (DOCUMENTS / FILE).read_text(encoding="utf-8")
    for key in ("verdict", "expected", "expect", "status"):
        (tmp_path / FILE).write_text(text.replace("id = 'S3-40'", f"id = 'S3-40'\n{key} = 'refuted'"), encoding="utf-8")
        with pytest.raises(UsageError, match=f"S3-40 has a `{key}`"):
            read_claims(tmp_path / FILE)


def test_words_about_verdicts_change_none() -> None:
    """A note that calls a claim false, and a statement that calls it true, change words and not the verdict."""
    for note in ("this is refuted", "**proved**"):
        (row,) = (row for row in rows(changed("S3-41", note=note, statement=note)) if row.claim.id == "S3-41")
        assert row.status == found()["S3-41"].status == "proved"


MUTANTS = {
    "S0-06": (r"\frac{\partial\hat{y}}{\partial\phi}", r"2\frac{\partial\hat{y}}{\partial\phi}"),
    "S2-05": (r"=\sum_t", r"=2\sum_t"),
    "S3-40": (r"e^x - e^{-x}", r"e^x + e^{-x}"),
    "S3-41": (r"1 - \tanh^2(x)", r"1 - \tanh(x)"),
    "S4-14": (r"h^{(t+1)})^2", r"h^{(t)})^2"),
    "S4-19": (r"h^{(t-1)\top}", r"h^{(t)\top}"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_an_equation_that_is_swapped_for_its_mutant_changes_the_table(name: str) -> None:
    """One place changed in the LaTeX, and the row is refuted."""
    right, wrong = MUTANTS[name]
    former = found()[name]
    assert right in former.claim.latex
    mutant = changed(name, latex=former.claim.latex.replace(right, wrong))
    (row,) = (row for row in rows(mutant) if row.claim.id == name)
    assert former.status in ("proved", "verified", "conditional")
    assert row.status == "refuted"
    assert page(claims(), [row], DOCUMENTS) != page(claims(), [former], DOCUMENTS)


def _unscaled(z: claims_tools.Numbers) -> claims_tools.Numbers:
    found: claims_tools.Numbers = claims_tools.np.exp(z)
    return found


def _without_memory(self: claims_tools.Walk, copies: object = None) -> list[claims_tools.Numbers]:
    return [self.h_0, *(self.f(self.U @ x_t + self.b) for x_t in self.x)]


def _nothing(*_: object) -> claims_tools.Numbers:
    return claims_tools.np.zeros((4, 5, 6))


PLANTED: dict[str, tuple[object, str, object, str]] = {
    "a softmax that is not divided": (claims_classes, "softmax", _unscaled, "output_minus_target"),
    "the Jacobian of the softmax": (claims_classes, "by_cases", lambda z: 0.0 * z, "softmax_jacobian_by_cases"),
    "a walk without memory": (claims_tools.Walk, "states", _without_memory, "shared_weights_add"),
    "a state that does not depend on w": (claims_tools.Walk, "states", _without_memory, "earlier_state_depends_on_w"),
    "gradients of one size": (claims_gradients, "norms", lambda *a, **k: [1.0, 1.0], "gradients_can_explode"),
    "states that are always zero": (claims_layers, "outputs", _nothing, "both_sides_are_seen"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_an_error_in_what_is_computed_changes_the_verdict(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks can fail: with an error planted in what they compute with, the verdict is another one."""
    holder, attribute, wrong, check = PLANTED[name]
    before = finding(list(CHECKS[check]())).status
    monkeypatch.setattr(holder, attribute, wrong)
    try:
        after = finding(list(CHECKS[check]())).status
    except ValueError:
        after = "no verdict"
    assert before != after


def _cases(*cases: Case) -> Callable[[], Iterator[Case]]:
    return lambda: iter(cases)


RIGHT, WRONG = Case("right", True), Case("wrong", False)


@pytest.mark.parametrize(
    ("cases", "status"),
    [
        ([], "unchecked"),
        ([RIGHT], "verified"),
        ([WRONG], "refuted"),
        ([RIGHT, WRONG], "conditional"),
        ([RIGHT, Case("neighbour", False, role="wrong")], "verified"),
        ([RIGHT, Case("neighbour", True, role="wrong")], "unchecked"),
        ([WRONG, Case("neighbour", True, role="right")], "refuted"),
        ([WRONG, Case("neighbour", False, role="right")], "unchecked"),
        ([Case("neighbour", False, role="wrong")], "unchecked"),
    ],
)
def test_the_verdict_of_a_statement_follows_from_its_cases(cases: list[Case], status: str) -> None:
    """All hold, none holds, some hold; and a check that cannot tell its neighbours apart says nothing."""
    assert finding(cases).status == status


def test_every_claim_leads_to_a_document() -> None:
    """The link of a row is a document of the same folder."""
    assert all((DOCUMENTS / claim.document.partition("#")[0]).is_file() for claim in claims().claims)


def test_every_check_is_used_and_has_a_case() -> None:
    """The table of checks and the data file name the same checks."""
    assert {claim.check for claim in claims().claims if claim.check} == set(CHECKS)
    assert all(any(case.role == "case" for case in check()) for check in CHECKS.values())


# ------------------------------------------------------------------------------------------------ the file and the page


SMALL = """
[source.A]
file = 'a.txt'
about = 'a source'

[context.one]
about = 'functions'

[[claim]]
id = 'A-1'
place = 'line 1'
context = 'one'
latex = '{latex}'
document = 'notes.md'
"""


def test_a_folder_without_claims_has_no_page(tmp_path: Path) -> None:
    """The page is made where there is a data file, and only there."""
    assert page_of(tmp_path) == {}
    (tmp_path / FILE).write_text(SMALL.replace("{latex}", r"\frac{\partial\tanh(x)}{\partial x}=1-\tanh^2(x)"), "utf-8")
    (tmp_path / "notes.md").write_text("# Notes\n", "utf-8")
    assert "1 claims: 1 proved." in page_of(tmp_path)["claims.md"]


TROUBLES = {
    "id = 'A-1'\nverdict = 'proved'": "A-1 has a `verdict`",
    "id = 'B-1'": "B-1 is of no known source; known are A",
    "id = 'A-1'\ncheck = 'nothing'": "A-1 is checked by `nothing`, which is no check",
    "id = 'A-1'\nwithin = 'A-0'": "A-1 is a piece of `A-0`, which does not stand before it",
    "id = 'A-1'\nintended_context = 'two'": "A-1 is meant in `two`, which is no context",
    "id = 3": "`id` of 3 must be a text",
    "id = 'A-1'\nid = 'A-2'": "Cannot overwrite a value",
}


@pytest.mark.parametrize("line", TROUBLES)
def test_a_data_file_that_is_wrong_is_told(line: str, tmp_path: Path) -> None:
    """One sentence that names the claim."""
    (tmp_path / FILE).write_text(SMALL.replace("{latex}", "x = y").replace("id = 'A-1'", line), encoding="utf-8")
    with pytest.raises(UsageError, match=TROUBLES[line]):
        page_of(tmp_path)


def test_the_page_is_a_table_of_one_line_for_each_claim() -> None:
    """Six cells a row, no bar and no line break within a cell; the same bytes each time; nothing of the machine."""
    text = page(claims(), list(found().values()), DOCUMENTS)
    lines = [line for line in text.splitlines() if line.startswith("| S")]
    assert len(lines) == 178
    for line in lines:
        assert line.replace(r"\|", "").count("|") == 7, line
    assert str(ROOT) not in text
    assert text == page(claims(), list(found().values()), DOCUMENTS)


def test_a_claim_joined_to_the_one_before_is_judged_with_it() -> None:
    """Two claims in one display: the second goes on from the first."""
    sheet = Sheet("x", Context("", "$$\nh_t = f(x_t, h_{t-1}; \\psi)\n$$\n"))
    sheet.add(Claim("A-1", "1"), r"\frac{\mathrm{d} h_1}{\mathrm{d} \psi} &= \frac{\partial^{+} h_1}{\partial \psi}")
    sheet.add(Claim("A-2", "2", joined=True), r"&= \frac{\partial h_1}{\partial \psi}")
    statuses = [verdict.status for verdict in sheet.judged().verdicts]
    assert statuses == ["definition", "proved", "proved"]
    assert sheet.text[sheet.places["A-2"].start :].startswith("&= ")


def test_a_claim_needs_something_that_judges_it() -> None:
    """A statement without a check gives the reason."""
    row = Row(Claim("A-1", "line 1", statement="x"))
    assert row.status == "unchecked"


def test_links_lead_to_headings(tmp_path: Path) -> None:
    """Every claim is linked to a heading of its document; one that is not there is refused, naming what is near."""
    assert all("#" in claim.document for claim in claims().claims)
    links = Links(DOCUMENTS)
    for claim in claims().claims:
        assert links.link(claim.document, claim.id)
    assert (
        links.link("many_to_one.md#the-cell", "x") == "[many_to_one, The cell](../derivations/many_to_one.md#the-cell)"
    )
    assert anchor("A Jacobian is not at most one (S0-18, S1-55)") == "a-jacobian-is-not-at-most-one-s0-18-s1-55"
    with pytest.raises(UsageError, match=r"claim x is treated at `many_to_one.md#the-cel`, .* `#the-cell`"):
        links.link("many_to_one.md#the-cel", "x")
    with pytest.raises(UsageError, match=r"claim x is treated in `none\.md`, which is no document"):
        links.link("none.md#a", "x")
