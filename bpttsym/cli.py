"""The command line: arguments in, exit status out; a command loads what it needs when it is run.

Exit status: 0 nothing is refuted, or exactly what the documents expect; 1 something is refuted or not as expected;
2 bad usage or an unreadable input; 3 algebra and numbers contradict each other, an error of bpttsym itself.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

from bpttsym import __version__, derive_command, plot_command

TYPE_CHECKING = False  # as in `typing`, which is slow to load
if TYPE_CHECKING:
    from typing import NoReturn

    from bpttsym.errors import BpttsymError
    from bpttsym.wording import Judged

OK, FAILED, UNUSABLE, CONTRADICTED, INTERRUPTED, NOBODY_READS = 0, 1, 2, 3, 130, 141
RARELY = (100_000, 20, 20)
"""How seldom a command looks for what it can forget: most are over before there is much."""

DESCRIPTION = "Verify backpropagation through time in notes with LaTeX equations."
EPILOG = "Exit status: 0 all is well, 1 something is refuted or not as expected, 2 bad usage or input, 3 our own error."


class BadUsage(Exception):
    """Arguments that name nothing bpttsym knows; the text is one line."""


def formatter(prog: str) -> argparse.HelpFormatter:
    """What lays out a help text; it is told the width, for which it would load a library of archives."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isascii() and columns.isdigit() else 0
    if not width:
        with suppress(AttributeError, ValueError, OSError):  # no terminal
            width = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    return argparse.HelpFormatter(prog, width=(width or 80) - 2)


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the program."""
        raise BadUsage(f"{message} (see `{self.prog} --help`)")


def steps(text: str) -> str:
    """A number of steps, as given to ``-T``."""
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number of at least 1")
    return str(int(text))


def add_verify(parser: Parser) -> None:
    """The arguments of ``bpttsym verify``."""
    parser.add_argument("files", metavar="FILE", nargs="*", help="Markdown, TeX or a notebook; `-` is standard input")
    parser.add_argument("--json", action="store_true", help="print the verdicts as one JSON object")
    parser.add_argument("--model", metavar="NAME|FILE", help="definitions that come before those of a document")
    parser.add_argument("-T", dest="length", metavar="N", type=steps, help="number of steps, whatever a document says")
    parser.add_argument("--strict", action="store_true", help="unchecked and conditional relations fail, too")
    parser.add_argument("--plain", action="store_true", help="no colours, and a frame of ASCII characters only")


def add_build(parser: Parser) -> None:
    """The arguments of ``bpttsym build``."""
    parser.add_argument("folder", metavar="DIR", nargs="?", default="derivations", help="default: derivations")
    parser.add_argument("-o", dest="output", metavar="OUTPUT", default="output", help="default: output")
    parser.add_argument("--check", action="store_true", help="write nothing, but compare with what is there")
    parser.add_argument("--no-figures", dest="figures", action="store_false", help="leave the figures as they are")


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify files one after another; one that cannot be read does not stop the others."""
    if not arguments.files:
        raise BadUsage("verify needs at least one FILE (see `bpttsym verify --help`)")
    from bpttsym.document import load_preset
    from bpttsym.errors import BpttsymError
    from bpttsym.report import Style, report, to_json

    settings = {"T": arguments.length, "model": arguments.model}
    settings = {key: value for key, value in settings.items() if value is not None}
    if "model" in settings:
        try:
            load_preset(arguments.model)
        except BpttsymError as error:
            raise BadUsage(str(error)) from None
    terminal = sys.stdout.isatty()
    style = Style(terminal and not arguments.plain and not os.environ.get("NO_COLOR"), arguments.plain)
    status = OK
    done: list[Judged] = []
    errors: list[dict[str, str]] = []
    for name in arguments.files:
        start = time.perf_counter()
        try:
            judged = judge_file(name, settings)
        except BpttsymError as error:
            status = max(status, complain(error, name))
            errors.append({"file": name, "message": str(error)})
            continue
        status = max(status, OK if judged.passes(arguments.strict) else FAILED)
        done.append(judged)
        if not arguments.json:
            seconds = time.perf_counter() - start if terminal else None
            print(("\n" if len(done) > 1 else "") + report(judged, style, seconds), end="", flush=True)
    if arguments.json:
        import json

        print(json.dumps(to_json(done) | {"errors": errors}, indent=2, allow_nan=False))
    return status


def judge_file(name: str, settings: dict[str, str]) -> Judged:
    """A file with the verdicts of its relations, under settings that go before its own; raises BpttsymError."""
    from bpttsym.document import read_document
    from bpttsym.source import read_source
    from bpttsym.verdict import judge
    from bpttsym.wording import Judged

    document = read_document(read_source(name), settings)
    return Judged(document, tuple(judge(document)))


def complain(error: BpttsymError, name: str) -> int:
    """Tell in one line why a file has no verdicts; returns the exit status that goes with it."""
    from bpttsym.errors import Contradiction
    from bpttsym.report import visible

    place = "" if name == "-" or name in str(error) else f"{name}: "
    words = " ".join(str(error).split())
    internal = isinstance(error, Contradiction)
    blame = "; this is an error of bpttsym, please report it" if internal else ""
    print(f"bpttsym: {visible(place + words)}{blame}", file=sys.stderr)
    return CONTRADICTED if internal else UNUSABLE


def run_build(arguments: argparse.Namespace) -> int:
    """Hand over to the main job."""
    return int(import_module("bpttsym.build").main(arguments))


def add_models(parser: Parser) -> None:
    """``bpttsym models`` has no arguments."""
    del parser


def run_models(arguments: argparse.Namespace) -> int:
    """The presets, each with the formulas that it consists of."""
    from bpttsym.document import load_preset, presets
    from bpttsym.latex import unicode_line

    del arguments
    for name in presets():
        entries = load_preset(name).entries
        formulas = "; ".join(unicode_line(entry.relation) for entry in entries if entry.relation is not None)
        print(f"{name:24} {formulas}")
    return OK


COMMANDS: dict[str, tuple[str, Callable[[Parser], None], Callable[[argparse.Namespace], int]]] = {
    "verify": ("say of every equation of a document whether it is true", add_verify, run_verify),
    "build": ("verify the derivations and write the output folder", add_build, run_build),
    "derive": ("derive a gradient step by step, each step proved", derive_command.add_arguments, derive_command.main),
    "plot": ("draw a figure", plot_command.add_arguments, plot_command.main),
    "models": ("list the models that come with bpttsym", add_models, run_models),
}
MODULES = {"build": "build.py"}
USAGE = {"verify": "bpttsym verify FILE... [--json] [--model NAME|FILE] [-T N] [--strict] [--plain]"}


def available() -> list[str]:
    """The commands whose modules are there."""
    here = os.path.dirname(__file__)
    return [name for name in COMMANDS if os.path.exists(os.path.join(here, MODULES.get(name, "")))]


def make_parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the whole line, and those of the commands."""
    parser = Parser("bpttsym", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False, formatter_class=formatter)
    parser.add_argument("--version", action="version", version=f"bpttsym {__version__}")
    group = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, prog="bpttsym")
    parsers = {}
    for name in available():
        words, add_arguments, _ = COMMANDS[name]
        about = f"{words[0].upper()}{words[1:]}."
        parsers[name] = group.add_parser(
            name,
            help=words,
            description=about,
            usage=USAGE.get(name),
            allow_abbrev=False,
            formatter_class=formatter,
        )
        add_arguments(parsers[name])
    return parser, parsers


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint at the known word that a mistyped one resembles, or at all of them."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1, 0.5)
    return f"; the nearest is `{near[0]}`" if near else f"; there is {', '.join(f'`{name}`' for name in known)}"


def read_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command line; raises BadUsage, and SystemExit after ``--help`` and ``--version``."""
    parser, parsers = make_parser()
    command = next((word for word in argv if not word.startswith("-")), None)
    if command is not None and command not in parsers:
        raise BadUsage(f"there is no command `{command}`{nearest(command, list(parsers))}")
    arguments, unknown = parser.parse_known_args(argv)
    rest = getattr(arguments, "rest", None)
    while rest is not None and unknown and not unknown[0].startswith("-"):
        rest.append(unknown.pop(0))  # what stands behind an option belongs to what stood before it
    if unknown and not unknown[0].startswith("-"):
        raise BadUsage(f"`{unknown[0]}` is one argument too many (see `bpttsym {command} --help`)")
    if unknown:
        actions = (parsers[command] if command is not None else parser)._actions
        known = [option for action in actions for option in action.option_strings]
        raise BadUsage(f"there is no option `{unknown[0]}`{nearest(unknown[0], known)}")
    if arguments.command is None:
        raise BadUsage("a command is needed (see `bpttsym --help`)")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    if argv is None:
        gc.set_threshold(*RARELY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = read_arguments(sys.argv[1:] if argv is None else argv)
        status = COMMANDS[arguments.command][2](arguments)
        sys.stdout.flush()
        return status
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    except BadUsage as error:
        print(f"bpttsym: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the interpreter's last flush has somewhere to go
        return NOBODY_READS
    except KeyboardInterrupt:
        print("bpttsym: interrupted", file=sys.stderr)
        return INTERRUPTED


def run() -> NoReturn:
    """The command line as a process of its own, ended at once: object by object takes a tenth of a short command."""
    status = main()
    cleaned = {"matplotlib", "multiprocessing"} & sys.modules.keys()  # these tidy up behind them
    if cleaned or sys.gettrace() or sys.getprofile():
        raise SystemExit(status)
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        status = status or NOBODY_READS
    os._exit(status)
