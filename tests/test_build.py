"""The main job and ``derive``: what is written, that it is whole or not there, and what an error leaves behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from bpttsym import build
from bpttsym.answer import answered
from bpttsym.cli import main as command_line
from bpttsym.derive_command import add_arguments
from bpttsym.derive_command import main as derive_main
from bpttsym.document import read_document
from bpttsym.errors import Contradiction, UsageError
from bpttsym.expr import Derivative, Symbol
from bpttsym.source import source_from_text
from bpttsym.structure import Structure
from bpttsym.verdict import judge

ROOT = Path(__file__).parents[1]
MODEL = r"""# Notes

$$
\begin{gathered}
h_t = f(x_t, h_{t-1}; \psi) \\
\hat{y} = g(h_T; \phi) \\
\mathcal{L} = \lVert \hat{y} - y \rVert
\end{gathered}
$$
"""
TRUE = r"""
$$
\frac{\partial \mathcal{L}}{\partial \phi} = \frac{\partial \mathcal{L}}{\partial \hat{y}}
  \frac{\partial \hat{y}}{\partial \phi}
$$
"""
FALSE = TRUE.replace("=", r"= 2", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one small document in which all is true."""
    documents = tmp_path / "notes"
    documents.mkdir()
    (documents / "notes.md").write_text(MODEL + TRUE, encoding="utf-8")
    return documents


def run(folder: Path, output: Path, check: bool = False, figures: bool = False) -> int:
    """The main job on a folder."""
    return build.main(Namespace(folder=str(folder), output=str(output), check=check, figures=figures))


def contents(output: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def beside(output: Path) -> set[str]:
    """What stands beside the output and the documents."""
    return {path.name for path in output.parent.iterdir()} - {output.name, "notes"}


# --------------------------------------------------------------------------------------------------- what is committed


@pytest.mark.slow
def test_the_committed_output_is_what_the_documents_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """``bpttsym build --check`` at the top of the project finds nothing to do."""
    monkeypatch.chdir(ROOT)
    assert command_line(["build", "--check"]) == 0


@pytest.mark.slow
def test_the_documents_of_the_project_say_what_they_expect() -> None:
    """Every document has a refuted, a conditional or a proved relation on purpose, and all are as expected."""
    words: set[str] = set()
    for path in build.documents(ROOT / "derivations"):
        verdicts = judge(read_document(source_from_text(path.read_text(encoding="utf-8"), path.name)))
        assert all(verdict.as_expected for verdict in verdicts)
        words |= {verdict.entry.expected or "" for verdict in verdicts}
    assert words >= {"proved", "verified", "conditional", "refuted"}


def test_the_sheets_have_four_and_ten_terms() -> None:
    """The derivative by psi over four steps: four terms for one answer, ten for four of them."""
    data = json.loads((ROOT / "output" / "report.json").read_text(encoding="utf-8"))
    terms = {
        (one["file"], one["by"]): form["terms"]
        for one in data["derivations"]
        for form in one["forms"]
        if form["form"] == "expanded"
    }
    assert terms["latex/many_to_one.tex", r"\psi"] == 4
    assert terms["latex/many_to_many.tex", r"\psi"] == 10
    assert {form["verdict"] for one in data["derivations"] for form in one["forms"]} == {"proved"}


def test_committed_reports_hold_nothing_of_the_machine() -> None:
    """No path, no date, no time, and no error but as a bound."""
    for name, content in contents(ROOT / "output").items():
        if name.endswith((".md", ".json", ".tex")):
            text = content.decode("utf-8")
            assert str(ROOT) not in text
            assert not re.search(r"20\d\d-\d\d|\d\d:\d\d|seconds", text)
    data = json.loads((ROOT / "output" / "report.json").read_text(encoding="utf-8"))
    relations = [r for document in data["documents"] for r in document["relations"] if r["verdict"] != "refuted"]
    errors = {r["evidence"]["max_error"] for r in relations}
    assert errors <= {10.0**-power for power in range(7, 13)}


@pytest.mark.campaign(quick=12)
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "output" / "latex").glob("*.tex")))
def test_the_derivations_compile(name: str, tmp_path: Path) -> None:
    """Each TeX file is a document by itself, and no line is wider than its page."""
    shutil.copy(ROOT / "output" / "latex" / f"{name}.tex", tmp_path)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / f"{name}.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert "Overfull" not in log


# ------------------------------------------------------------------------------------------------ written or not at all


def test_a_folder_with_claims_has_their_table(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table is one of the files of the output: written, compared, and left over without its data."""
    output = tmp_path / "output"
    claims = "[source.A]\nfile = 'a'\nabout = 'a'\n[context.c]\nabout = 'c'\n"
    claims += "[[claim]]\nid = 'A-1'\nplace = '1'\ncontext = 'c'\nlatex = 'T = 4'\n"
    (folder / "claims.toml").write_text(claims, encoding="utf-8")
    assert run(folder, output) == 0
    assert "**definition**" in contents(output)["claims.md"].decode("utf-8")
    assert run(folder, output, check=True) == 0
    (folder / "claims.toml").write_text(claims.replace("T = 4", "T ="), encoding="utf-8")
    assert run(folder, output, check=True) == 1
    assert "claims.md" in capsys.readouterr().err
    (folder / "claims.toml").unlink()
    assert run(folder, output, check=True) == 1
    assert "claims.md is left over" in capsys.readouterr().err


def test_a_build_writes_and_checks(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files are there, say what was done, and are up to date; nothing else is left beside them."""
    output = tmp_path / "output"
    assert run(folder, output) == 0
    assert set(contents(output)) == {"report.md", "report.json", "latex/notes.tex"}
    assert "1 documents with 4 relations, all as expected; 2 derivatives, all proved" in capsys.readouterr().out
    assert run(folder, output, check=True) == 0
    assert beside(output) == set()


def test_the_bytes_do_not_depend_on_where_it_runs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Absolute or relative, from here or from there: the same bytes."""
    assert run(folder, tmp_path / "first") == 0
    monkeypatch.chdir(tmp_path)
    assert run(Path("notes"), Path("second")) == 0
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_a_changed_byte_is_found(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check names the file and the line that differ, a file that is missing, and one that is too many."""
    output = tmp_path / "output"
    run(folder, output)
    page = output / "report.md"
    lines = page.read_text(encoding="utf-8").split("\n")
    page.write_text("\n".join([*lines[:4], lines[4] + " ", *lines[5:]]), encoding="utf-8")
    assert run(folder, output, check=True) == 1
    assert f"{page}:5: this is not what the documents give" in capsys.readouterr().err
    page.write_text("\n".join(lines), encoding="utf-8")
    (output / "latex" / "old.tex").write_text("x", encoding="utf-8")
    assert run(folder, output, check=True) == 1
    assert "old.tex is left over" in capsys.readouterr().err
    (output / "latex" / "old.tex").unlink()
    (output / "latex" / "notes.tex").unlink()
    assert run(folder, output, check=True) == 1
    assert "notes.tex is missing" in capsys.readouterr().err


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _failing(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def _after(calls: int, original: Callable[..., object], failure: Callable[..., None]) -> Callable[..., object]:
    """A function that fails once, after some calls."""
    left = [calls]

    def wrapped(*arguments: object, **options: object) -> object:
        left[0] -= 1
        return failure() if left[0] == -1 else original(*arguments, **options)

    return wrapped


STAGES = {
    "judging": ("bpttsym.build.judge", 0),
    "deriving": ("bpttsym.build.manuscript", 0),
    "the last proof": ("bpttsym.build.proved_text", 0),
    "the report": ("bpttsym.build.page", 0),
    "making the folder": ("pathlib.Path.mkdir", 0),
    "the first file": ("pathlib.Path.write_bytes", 0),
    "the second file": ("pathlib.Path.write_bytes", 1),
    "the last file": ("pathlib.Path.write_bytes", 2),
    "moving the old output away": ("os.rename", 0),
    "moving the new output in": ("os.rename", 1),
}


@pytest.mark.campaign(quick=4)
@pytest.mark.parametrize("failure", [_interrupted, _failing], ids=["interrupted", "disk full"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_stops_leaves_the_former_output_whole(
    stage: str, failure: Callable[..., None], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a run is interrupted or fails, the former bytes are there and nothing lies about."""
    output = tmp_path / "output"
    assert run(folder, output) == 0
    former = contents(output)
    (folder / "notes.md").write_text(MODEL + "\n$$T = 3$$\n" + TRUE, encoding="utf-8")
    where, calls = STAGES[stage]
    module, _, name = where.rpartition(".")
    holder = {"bpttsym.build": build, "pathlib.Path": Path, "os": os}[module]
    with monkeypatch.context() as patch:
        patch.setattr(holder, name, _after(calls, getattr(holder, name), failure))
        if failure is _interrupted:
            with pytest.raises(KeyboardInterrupt):
                run(folder, output)
        else:
            assert run(folder, output) == 2
    assert contents(output) == former
    assert beside(output) == set()
    assert run(folder, output) == 0
    assert contents(output) != former


def test_a_figure_that_fails_leaves_the_former_output_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawing comes before anything is written, and figures of a former run stay where none are drawn."""
    output = tmp_path / "output"
    assert run(folder, output) == 0
    (output / "figures").mkdir()
    (output / "figures" / "old.png").write_bytes(b"old")
    former = contents(output)
    monkeypatch.setattr(build, "pictures", _failing)
    assert run(folder, output, figures=True) == 2
    assert contents(output) == former
    assert run(folder, output) == 0
    assert contents(output) == former


def test_an_output_that_a_kill_left_behind_is_put_back(folder: Path, tmp_path: Path) -> None:
    """A process killed between two renamings leaves the former output beside; the next run finds it."""
    output = tmp_path / "output"
    run(folder, output)
    former = contents(output)
    output.rename(tmp_path / ".output.before")
    (folder / "notes.md").write_text(MODEL + FALSE, encoding="utf-8")
    assert run(folder, output) == 1
    (folder / "notes.md").write_text(MODEL + TRUE, encoding="utf-8")
    assert run(folder, output) == 0
    assert contents(output) == former
    assert beside(output) == set()


# ----------------------------------------------------------------------------------------------------- what goes wrong


def _unmarked(self: Structure, of: Symbol, by: Symbol) -> Derivative:
    return Derivative(of, by)


def _contradicting(*_: object, **__: object) -> None:
    raise Contradiction("the free ring proves an equation that the numbers refute")


def test_an_error_in_a_rule_of_derivation_makes_the_build_fail(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With derivatives left unmarked the forms are true under a condition only: exit 1, and no output is touched."""
    output = tmp_path / "output"
    run(folder, output)
    former = contents(output)
    monkeypatch.setattr(Structure, "local", _unmarked)
    assert run(folder, output) == 1
    message = capsys.readouterr().err
    assert "notes.md" in message
    assert "not proved" in message
    assert contents(output) == former


WRONG = {
    "a false equation": (MODEL + FALSE, 1, "notes.md:12:1: the two sides differ"),
    "an unmet expectation": (MODEL + "<!-- expect: refuted -->" + TRUE, 1, "expected refuted, but it is"),
    "an empty document": ("", 2, "it is empty"),
    "an unknown setting": ("---\nlayuot: mixed\n---\n" + MODEL, 2, "the nearest is `layout`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_document_that_is_wrong_stops_the_build(
    case: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the place, the exit status says whose fault it is, and nothing is written."""
    text, status, message = WRONG[case]
    (folder / "notes.md").write_text(text, encoding="utf-8")
    assert run(folder, tmp_path / "output") == status
    assert message in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_a_contradiction_has_a_status_of_its_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Algebra against numbers is an error of bpttsym: exit 3."""
    monkeypatch.setattr(build, "judge", _contradicting)
    assert run(folder, tmp_path / "output") == 3
    assert "an error of bpttsym" in capsys.readouterr().err


def test_folders_that_cannot_be_used_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder, no documents, a file in the place of the output, and an output that holds other people's files."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").write_text("mine", encoding="utf-8")
    for documents, output, message in (
        (tmp_path / "nowhere", tmp_path / "output", "there is no folder"),
        (empty, tmp_path / "output", "there is no document in"),
        (folder, tmp_path / "file", "is no folder"),
        (folder, tmp_path / "mine", "holds `thesis.doc`, which no build writes"),
    ):
        assert run(documents, output) == 2
        assert message in capsys.readouterr().err
    assert (tmp_path / "mine" / "thesis.doc").read_text(encoding="utf-8") == "mine"


def test_a_model_beyond_the_rules_is_told_and_the_rest_is_written(folder: Path, tmp_path: Path) -> None:
    """A document whose model has no sum form has its other forms, and the report says why one is missing."""
    text = r"""$$
h_t = f(h_{t-1}, h_{t-2}, x_t; \psi), \quad \mathcal{L} = \sum_{t=1}^{T} \lVert h_t - y_t \rVert
$$
"""
    (folder / "notes.md").write_text(text, encoding="utf-8")
    assert run(folder, tmp_path / "output") == 0
    data = json.loads((tmp_path / "output" / "report.json").read_text(encoding="utf-8"))
    (derivative,) = data["derivations"]
    assert [form["form"] for form in derivative["forms"]] == ["expanded"]
    assert "product of step Jacobians" in derivative["not_derived"]["sum"]
    assert "not derived" in (tmp_path / "output" / "report.md").read_text(encoding="utf-8")


def test_two_models_in_one_document_have_a_file_each(folder: Path, tmp_path: Path) -> None:
    """The sheets of the sources define two networks under the same names, one after the other."""
    second = MODEL.replace(r"\hat{y} = g(h_T; \phi)", r"\hat{y}_t = g(h_t; \phi)").replace(
        r"\lVert \hat{y} - y \rVert", r"\sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert"
    )
    (folder / "notes.md").write_text(MODEL + "\n" + second, encoding="utf-8")
    assert run(folder, tmp_path / "output") == 0
    assert {"latex/notes.tex", "latex/notes_2.tex"} < set(contents(tmp_path / "output"))


# ------------------------------------------------------------------------------------------------------------- derive


def derive(*arguments: str) -> int:
    """``bpttsym derive`` with some arguments."""
    parser = ArgumentParser()
    add_arguments(parser)
    return derive_main(parser.parse_args(arguments))


def test_derive_prints_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To a terminal in Unicode, to a file by its ending, or in the format that is asked for."""
    assert derive("many_to_one", "--form", "sum") == 0
    assert "∂ℒ/∂ψ = Σ_{t=1..T} ∂ℒ/∂ŷ · ∂ŷ/∂h_T" in capsys.readouterr().out
    assert derive("many_to_one", "--form", "sum", "--format", "markdown") == 0
    assert capsys.readouterr().out.startswith("---\nlayout: numerator\n---\n")
    target = tmp_path / "derivation.tex"
    assert derive("tanh_many_to_one", "-T", "2", "-o", str(target)) == 0
    text = target.read_text(encoding="utf-8")
    assert {v.status for v in judge(read_document(source_from_text(text, "x", "tex")))} == {"proved", "definition"}
    assert [path.name for path in tmp_path.iterdir()] == ["derivation.tex"]


WISHES = {
    "an unknown form": (("many_to_one", "--form", "expandd"), 2, "the nearest is `expanded`"),
    "an unknown format": (("many_to_one", "--format", "markdwn"), 2, "the nearest is `markdown`"),
    "an unknown parameter": (("tanh_many_to_one", "--by", "Wh"), 2, "the nearest is `W`"),
    "an unknown preset": (("many_to_mny",), 2, "did you mean `many_to_many`?"),
    "no steps": (("many_to_one", "-T", "0"), 2, "no whole number of at least 1"),
    "words for steps": (("many_to_one", "-T", "four"), 2, "no whole number of at least 1"),
    "no such file": (("nothing/here.md",), 2, "cannot read nothing/here.md"),
    "no such folder": (("many_to_one", "-o", "nothing/here.tex"), 2, "cannot write nothing/here.tex"),
    "a form that is not there": (("many_to_one", "--of", "h_T", "--form", "matrix"), 2, "for the gradient of a number"),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_wish_that_cannot_be_met_is_one_line(
    wish: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, one message with the nearest right thing, and no file."""
    monkeypatch.chdir(tmp_path)
    arguments, status, message = WISHES[wish]
    assert derive(*arguments) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert len(printed.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_is_not_proved_writes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error planted in a rule: exit 1, a message, and the file that was there is left as it was."""
    target = tmp_path / "derivation.md"
    target.write_text("mine", encoding="utf-8")
    monkeypatch.setattr(Structure, "local", _unmarked)
    assert derive("many_to_one", "-o", str(target)) == 1
    assert "not proved" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == "mine"


def test_a_long_expansion_is_told_and_streamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Above 100 000 factors the sum is offered; who asks for all terms gets them."""
    assert derive("many_to_many", "-T", "90") == 0
    printed = capsys.readouterr()
    assert "terms with 133770 factors; its sum form is one line, and is shown" in printed.err
    assert "path by path" not in printed.out
    target = tmp_path / "long.tex"
    assert derive("many_to_many", "-T", "90", "--form", "expanded", "-o", str(target)) == 0
    assert "`--form sum`" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8").count(r"\partial^{+}") == 90 * 91 // 2


QUESTION = r"""
What is the gradient?

$$ \frac{\partial \mathcal{L}}{\partial \psi} = ? $$

And this:

\begin{align}
\frac{\partial \mathcal{L}}{\partial \phi} &= ? \\
\nabla_{h_t} \mathcal{L} &= ?
\end{align}
"""


def test_questions_are_answered_in_their_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``= ?`` gives way to the derivation, the text around it stays, and all of it is proved."""
    path = tmp_path / "question.md"
    path.write_text(MODEL + QUESTION, encoding="utf-8")
    assert derive(str(path)) == 0
    text = capsys.readouterr().out
    assert "?" not in text.replace("What is the gradient?", "")
    assert r"\frac{\partial \mathcal{L}}{\partial \phi} &= \frac{\partial \mathcal{L}}{\partial \hat{y}}" in text
    found = judge(read_document(source_from_text(text, "answer")))
    assert {verdict.status for verdict in found} == {"proved", "definition"}
    assert not any(verdict.entry.open for verdict in found)


def test_a_question_about_fixed_steps_is_answered_path_by_path() -> None:
    """Where the document says T = 3, the answer has its three terms, also in TeX."""
    text = MODEL.replace("# Notes", r"\section{Notes}") + r"\[ T = 3 \]" + "\n" + QUESTION.split("And")[0]
    tex = re.sub(r"\$\$\n?(.*?)\$\$", r"\\[\1\\]", text, flags=re.DOTALL)
    answer = answered(read_document(source_from_text(tex, "question", "tex")))
    assert answer.count(r"\frac{\partial^{+} h_") == 3
    assert {v.status for v in judge(read_document(source_from_text(answer, "x", "tex")))} == {"proved", "definition"}


COLUMNS = r"""
$$h_t = \tanh(W h_{t-1} + U x_t), \quad o_t = V h_t, \quad L = \frac{1}{T}\sum_{t=1}^T \lVert o_t - y_t \rVert^2$$

$$\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial o_t} h_t^\top$$

$$\frac{\partial L}{\partial W} = ?$$
"""


def test_an_answer_keeps_the_layout_of_its_document() -> None:
    """Where quotients are columns, the answer is written with columns; what stood there is proved as before."""
    answer = answered(read_document(source_from_text(COLUMNS)))
    assert "layout" not in answer
    assert r"\frac{\partial L}{\partial h_t} h_{t-1}^{\top}" in answer
    assert {v.status for v in judge(read_document(source_from_text(answer)))} == {"proved", "definition"}


UNANSWERED = {
    r"$$ \mathcal{L} + 1 = ? $$": "only a derivative of a quantity by a quantity can be asked for",
    r"$$ \frac{\partial \mathcal{L}}{\partial z} = ? $$": "does not depend on `z`",
}


@pytest.mark.parametrize("question", UNANSWERED)
def test_a_question_that_has_no_answer_is_told(
    question: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and what cannot be answered."""
    path = tmp_path / "question.md"
    path.write_text(f"{MODEL}\n{question}\n", encoding="utf-8")
    assert derive(str(path)) == 2
    assert UNANSWERED[question] in capsys.readouterr().err


def test_the_length_of_a_question_is_that_of_its_document() -> None:
    """Asking for five steps of a document about three is refused."""
    document = read_document(source_from_text(f"{MODEL}\n$$T = 3$$\n{QUESTION}"))
    with pytest.raises(UsageError, match="the document says T = 3"):
        answered(document, None, 5)


def test_a_model_by_entries_is_verified_and_not_derived(tmp_path: Path) -> None:
    """Derivations are of whole vectors: such a model is told as not derived, and the build goes on."""
    folder = tmp_path / "notes"
    folder.mkdir()
    text = r"""$$p_i = \frac{e^{a_i}}{\sum_{k=1}^{K} e^{a_k}}$$

$$\ell = -\sum_{j=1}^{K} q_j \log p_j$$
"""
    (folder / "entries.md").write_text(text, encoding="utf-8")
    assert run(folder, tmp_path / "out") == build.OK
    assert "the definitions are by entries" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
