"""The command line and the public names: exit statuses, what goes where, and that nothing ends in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

import bpttsym
from bpttsym import cli
from bpttsym.errors import BpttsymError, Contradiction

ROOT = Path(__file__).parents[1]
SHEET = ROOT / "tests" / "data" / "sheet.md"
CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$" + "\n"
DOCUMENTS = {
    "true.md": CELL,
    "false.md": CELL + r"$$\frac{\partial h_2}{\partial h_1}=0$$",
    "expected.md": CELL + "<!-- expect: refuted -->\n" + r"$$\frac{\partial h_2}{\partial h_1}=0$$",
    "unexpected.md": CELL + "<!-- expect: proved -->\n" + r"$$\frac{\partial h_2}{\partial h_1}=0$$",
    "unread.md": CELL + r"$$\frac{\partial h_2}{\partial {h_1}=0$$",
    "words.md": "no mathematics\n",
    "setting.md": "---\nlayuot: mixed\n---\n$$a=b$$",
}
BROKEN = {
    "empty.md": b"",
    "blank.md": b" \n\n",
    "binary.md": b"a\0b",
    "latin.md": "caf\u00e9".encode("latin-1"),
    "broken.ipynb": b"{",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with good and broken documents."""
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, data in BROKEN.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


Captured = pytest.CaptureFixture[str]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """``python -m bpttsym`` in a process of its own."""
    command = [sys.executable, "-m", "bpttsym", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "0", **options.pop("env", {})}  # type: ignore[dict-item]
    settings = {"cwd": ROOT, "capture_output": True, "encoding": "utf-8", "timeout": 120, "check": False, **options}
    return subprocess.run(command, env=environment, **settings)  # type: ignore[call-overload,no-any-return]


# Exit statuses


@pytest.mark.parametrize(
    ("names", "status", "strictly"),
    [
        (["true.md"], 0, 0),
        (["false.md"], 1, 1),
        (["expected.md"], 0, 0),
        (["unexpected.md"], 1, 1),
        (["unread.md"], 0, 1),
        (["words.md"], 0, 0),
        (["setting.md"], 2, 2),
        (["missing.md"], 2, 2),
        (["true.md", "false.md"], 1, 1),
        (["empty.md", "false.md"], 2, 2),
    ],
)
def test_exit_statuses(folder: Path, names: list[str], status: int, strictly: int) -> None:
    """0, 1 and 2 are what the contract says, with and without ``--strict``, in text and in JSON."""
    assert cli.main(["verify", *names]) == status
    assert cli.main(["verify", "--json", *names]) == status
    assert cli.main(["verify", "--strict", *names]) == strictly


def test_a_contradiction_is_our_own_error(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Algebra against numbers is told as an error of bpttsym in one line, with exit status 3 and no verdict."""

    def contradict(document: object) -> None:
        raise Contradiction("the free ring proves an equation that the numbers refute")

    monkeypatch.setattr("bpttsym.verdict.judge", contradict)
    assert cli.main(["verify", "true.md", "missing.md"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0].startswith("bpttsym: true.md: the free ring proves")
    assert "error of bpttsym" in err.splitlines()[0]


@pytest.mark.parametrize("name", [*BROKEN, "missing.md", "."])
def test_an_unreadable_file_is_one_line(folder: Path, name: str, capsys: Captured) -> None:
    """Missing, empty, binary, not UTF-8, no notebook, a folder: one line that names it, exit 2, the others verified."""
    assert cli.main(["verify", name, "true.md"]) == 2
    out, err = capsys.readouterr()
    assert out == "true.md: 1 relation: 1 definition\n"
    assert err.startswith(f"bpttsym: cannot read {name}: ")
    assert err.count("\n") == 1


def test_an_unknown_setting_is_one_line_with_the_name_of_the_file(folder: Path, capsys: Captured) -> None:
    """A mistake in front matter is told with the file in which it stands."""
    assert cli.main(["verify", "setting.md"]) == 2
    assert capsys.readouterr().err.startswith("bpttsym: setting.md: the setting `layuot` is not known")


def test_front_matter_of_other_programs_is_left_alone() -> None:
    """What others put there, with quotes and remarks; what resembles a setting of ours is a mistake."""
    text = '---\ntitle: "Notes: on states"\ntags: [a, b]\nlayout: "mixed" # as in books\n---\n$$ h_t = W h_{t-1} $$\n'
    assert bpttsym.load(text).settings["layout"] == "mixed"
    for key, nearest in (("layuot", "layout"), ("Layout", "layout"), ("t", "T")):
        with pytest.raises(bpttsym.BpttsymError, match=f"the nearest is `{nearest}`"):
            bpttsym.load(text.replace("tags", key))


def test_a_figure_in_python_takes_a_model_by_its_name() -> None:
    """As the command does; also a document, and anything else in one sentence."""
    assert bpttsym.plot("paths", model="multi_layer", T=3).axes  # type: ignore[attr-defined]
    assert bpttsym.plot("paths", model=bpttsym.load("$$ h_t = W h_{t-1} $$"), T=3).axes  # type: ignore[attr-defined]
    for model, told in (("nonsense", "there is no model `nonsense`"), (3, "not of `int`")):
        with pytest.raises(bpttsym.BpttsymError, match=told):
            bpttsym.plot("paths", model=model)


def test_a_question_for_a_single_factor_is_not_answered_by_itself(folder: Path, capsys: Captured) -> None:
    """A local Jacobian is where derivations end; to repeat the question would be no answer."""
    (folder / "ask.md").write_text(
        "$$ h_t = \\tanh(W h_{t-1}) $$\n\n$$ \\frac{\\partial h_t}{\\partial h_{t-1}} = ? $$\n"
    )
    assert cli.main(["derive", "ask.md"]) == 2
    assert capsys.readouterr().err.startswith("bpttsym: ask.md:3: ∂h_t/∂h_{t-1} is a single factor of the chain rule")


def test_a_file_name_steers_no_terminal(folder: Path, capsys: Captured) -> None:
    """A file name with control characters is shown in one line."""
    assert cli.main(["verify", "a\nb\x1b[31m"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "\x1b" not in err


# Arguments


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "a command is needed (see `bpttsym --help`)"),
        (["verfy", "a.md"], "there is no command `verfy`; the nearest is `verify`"),
        (["verify"], "verify needs at least one FILE (see `bpttsym verify --help`)"),
        (["verify", "true.md", "--jsn"], "there is no option `--jsn`; the nearest is `--json`"),
        (["verify", "true.md", "--js"], "there is no option `--js`; the nearest is `--json`"),
        (["--versio"], "there is no option `--versio`; the nearest is `--version`"),
        (
            ["verify", "-T", "0", "true.md"],
            "argument -T: `0` is no whole number of at least 1 (see `bpttsym verify --help`)",
        ),
        (
            ["verify", "-T", "x", "true.md"],
            "argument -T: `x` is no whole number of at least 1 (see `bpttsym verify --help`)",
        ),
        (["verify", "-T"], "argument -T: expected one argument (see `bpttsym verify --help`)"),
    ],
)
def test_bad_usage_is_one_line_with_the_nearest_word(arguments: list[str], told: str, capsys: Captured) -> None:
    """A slip of the pen on the command line costs one line and exit status 2."""
    assert cli.main(arguments) == 2
    assert capsys.readouterr() == ("", f"bpttsym: {told}\n")


def test_a_model_that_does_not_exist_is_told_once(folder: Path, capsys: Captured) -> None:
    """``--model`` names a preset or a file; anything else is bad usage, before a file is read."""
    assert cli.main(["verify", "true.md", "false.md", "--model", "nowhere"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bpttsym: there is no model `nowhere`")
    assert err.count("\n") == 1


def test_the_definitions_of_another_document_come_first(folder: Path, capsys: Captured) -> None:
    """A file of claims only is judged on the model of ``--model``."""
    (folder / "claim.md").write_text(r"$$\frac{\partial h_2}{\partial h_1}=0$$", encoding="utf-8")
    assert cli.main(["verify", "claim.md"]) == 0
    assert cli.main(["verify", "claim.md", "--model", "true.md"]) == 1
    assert "error[false-equation]" in capsys.readouterr().out


def test_the_number_of_steps_goes_before_that_of_the_document(folder: Path, capsys: Captured) -> None:
    """With ``-T 2`` there is no step 3 to make a claim about; with the document's own T there is."""
    text = (
        f"---\nT: 3\nlayout: numerator\n---\n{CELL}$$"
        + r"\frac{\partial h_3}{\partial h_1}=\frac{\partial h_3}{\partial h_2}\frac{\partial h_2}{\partial h_1}$$"
    )
    (folder / "steps.md").write_text(text, encoding="utf-8")
    statuses = []
    for arguments in ([], ["-T", "2"]):
        cli.main(["verify", "--json", "steps.md", *arguments])
        statuses.append(json.loads(capsys.readouterr().out)["documents"][0]["relations"][1]["verdict"])
    assert statuses == ["proved", "unchecked"]


def test_help_and_version_end_well(capsys: Captured) -> None:
    """``--help`` of the program and of each command, and ``--version``, are answers and no errors."""
    for command in ([], *([name] for name in cli.available())):
        assert cli.main([*command, "--help"]) == 0
        assert capsys.readouterr().out.startswith("usage: bpttsym")
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"bpttsym {bpttsym.__version__}\n"


def test_no_command_is_promised_that_is_not_there(capsys: Captured) -> None:
    """The help names exactly the commands whose modules exist."""
    cli.main(["--help"])
    out = capsys.readouterr().out
    for name in cli.COMMANDS:
        there = (ROOT / "bpttsym" / cli.MODULES.get(name, "cli.py")).exists()
        assert (f"\n    {name} " in out) is there


def test_help_imports_nothing_of_ours_but_the_command_line() -> None:
    """``--help`` is quick because it loads no module of ours but those that declare arguments."""
    code = "import sys; from bpttsym.cli import main; main(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stderr
    assert {name for name in loaded.split() if name.startswith("bpttsym")} == {
        "bpttsym",
        "bpttsym.cli",
        "bpttsym.derive_command",
        "bpttsym.plot_command",
    }
    assert not {"numpy", "lark", "sympy", "matplotlib", "typing", "difflib", "json"} & set(loaded.split())


# Streams


def test_the_sheet_in_a_process_of_its_own() -> None:
    """``python -m bpttsym verify`` on the source sheet: one refuted line, exit status 1, nothing on stderr."""
    result = run("verify", "tests/data/sheet.md")
    assert result.returncode == 1
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1].endswith("1 refuted")
    assert "tests/data/sheet.md:84:1" in result.stdout


def test_an_ascii_terminal_gets_escapes_and_no_traceback() -> None:
    """Greek, Korean and mathematical signs on a stdout that cannot print them are escaped."""
    result = run("verify", "--plain", "tests/data/sheet.md", env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 1
    assert result.stderr == ""
    assert result.stdout.isascii()
    assert r"\u2202h_{t+1}" in result.stdout


def test_json_is_json_on_an_ascii_terminal() -> None:
    """What cannot be printed is escaped as JSON escapes it, beyond the basic plane, too."""
    result = run("verify", "--json", "-", input=r"$$\mathcal{L}=1$$", env={"PYTHONIOENCODING": "ascii"})
    [relation] = json.loads(result.stdout)["documents"][0]["relations"]
    assert relation["read"] == "ℒ = 1"


def test_standard_input_is_a_file_called_minus(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """``-`` reads standard input, whatever its encoding is said to be."""
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(("은닉 " + CELL).encode()), encoding="ascii"))
    assert cli.main(["verify", "-"]) == 0
    assert capsys.readouterr().out == "<stdin>: 1 relation: 1 definition\n"
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"")))
    assert cli.main(["verify", "-"]) == 2
    assert capsys.readouterr().err == "bpttsym: cannot read <stdin>: it is empty\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    """``bpttsym verify ... | head -1`` ends quietly."""
    read, write = os.pipe()
    os.close(read)
    result = run("verify", "tests/data/sheet.md", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (result.returncode, result.stderr) == (141, "")


def test_an_interrupt_is_one_line(monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: Captured) -> None:
    """Control-C ends with status 130 and one line."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "judge_file", interrupt)
    assert cli.main(["verify", "true.md"]) == 130
    assert capsys.readouterr() == ("", "bpttsym: interrupted\n")


def test_json_is_one_object_for_all_files(folder: Path, capsys: Captured) -> None:
    """All documents that could be read are in one object, and those that could not are named in it."""
    assert cli.main(["verify", "--json", "true.md", "missing.md", "false.md"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert [document["file"] for document in data["documents"]] == ["true.md", "false.md"]
    assert data["errors"] == [
        {"file": "missing.md", "message": "cannot read missing.md: no such file or directory"},
    ]


def test_text_is_the_same_twice_and_has_no_time(folder: Path, capsys: Captured) -> None:
    """What is not a terminal gets no seconds, so that reports can be compared."""
    outputs = []
    for _ in range(2):
        cli.main(["verify", "false.md", "true.md"])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert outputs[0].endswith("1 definition, 1 refuted\n\ntrue.md: 1 relation: 1 definition\n")


@pytest.mark.parametrize(
    ("options", "no_color", "coloured"),
    [([], None, True), ([], "", True), ([], "1", False), (["--plain"], None, False)],
)
def test_colours_are_for_a_terminal_that_wants_them(
    options: list[str],
    no_color: str | None,
    coloured: bool,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    """A terminal gets colours and the time, unless NO_COLOR is set (and not empty) or ``--plain`` is given."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    cli.main(["verify", "false.md", *options])
    out = capsys.readouterr().out
    assert ("\033[" in out) is coloured
    assert out.rstrip().endswith(" s)")


# Python


def test_verify_takes_a_path_or_a_text(folder: Path) -> None:
    """A string with a line break or a dollar sign is a text; any other, and a Path, is a file."""
    [definition] = bpttsym.verify(CELL)
    assert definition.status == "definition"
    assert [v.status for v in bpttsym.verify(CELL.strip())] == ["definition"]
    assert [v.status for v in bpttsym.verify("false.md")] == ["definition", "refuted"]
    assert [v.status for v in bpttsym.verify(folder / "true.md")] == ["definition"]
    with pytest.raises(BpttsymError, match="cannot read nowhere"):
        bpttsym.verify("nowhere")


def test_load_gives_the_document(folder: Path) -> None:
    """``load`` reads and sorts, and judges nothing."""
    document = bpttsym.load("false.md")
    assert isinstance(document, bpttsym.Document)
    assert [entry.kind for entry in document.entries] == ["definition", "claim"]


def test_public_names_are_there_and_others_are_not() -> None:
    """``dir`` shows every public name before it is used; a name that is none is an AttributeError."""
    assert set(bpttsym.__all__) <= set(dir(bpttsym))
    for name in bpttsym.__all__:
        assert getattr(bpttsym, name) is not None
    assert bpttsym.BpttsymError is BpttsymError
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        bpttsym.nothing  # noqa: B018


def test_importing_the_package_imports_no_other_module_of_ours() -> None:
    """``import bpttsym`` and ``dir`` load nothing; the first use of a name does."""
    code = "import bpttsym, sys; dir(bpttsym); print(*[name for name in sys.modules if name.startswith('bpttsym')])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded.split() == ["bpttsym"]


def test_what_stands_behind_an_option_belongs_to_what_stood_before_it() -> None:
    """``plot KIND -T 4 k=2`` is read like ``plot KIND k=2 -T 4``; other commands take no word too many."""
    from bpttsym.cli import BadUsage, read_arguments

    arguments = read_arguments(["plot", "graph-many-to-one", "-T", "4", "k=2"])
    assert (arguments.kind, arguments.rest, arguments.T) == ("graph-many-to-one", ["k=2"], "4")
    with pytest.raises(BadUsage, match="one argument too many"):
        read_arguments(["derive", "many_to_one", "-T", "4", "again"])
