r"""Runs the examples of README.md and of the pages in docs/, and compares what they show with what comes out.

    python -m docs.examples                 says which examples are out of date
    python -m docs.examples --update        writes the real outputs into the pages

The examples of a page share one empty folder and are run in the order of the page:

* a fenced block after a line that ends in ``Write a file `NAME`:`` is written to that file;
* in a ``console`` block each line after ``$`` is run by bash; what stands below it, if anything does, is its output;
* a ``python`` block is run after those before it; a ``text`` block right after it is its output;
* each line of a ``latex`` block is a display of its own; the ``text`` block right after it says what its relations
  are. A comment ``<!-- examples: layout: numerator -->`` gives a setting to all such blocks that follow, and one
  that gives it the value ``none`` takes it back.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"(?ms)^(?P<run>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=run)[ ]*$")
FILE = re.compile(r"\b[Ww]rite a file `(?P<name>[\w.-]+)`:\s*\Z")
SETTING = re.compile(r"<!-- examples: (?P<key>\w+): (?P<value>\w+) -->")
SHELL = 'bpttsym() { "$PYTHON" -m bpttsym "$@"; }; python3() { "$PYTHON" "$@"; }\n'
SECONDS = 300
FIRST_USE = "Matplotlib is building the font cache"
"""What a new installation says once, and no example."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: where its body stands, what the fence says, and the text since the block before."""

    start: int
    info: str
    body: str
    before: str

    @property
    def file(self) -> str:
        """The name of the file that the block is; empty if it is none."""
        found = FILE.search(self.before)
        return found["name"] if found else ""

    @property
    def follows(self) -> bool:
        """Whether nothing but blanks stands between this block and the one before."""
        return not self.before.strip()


@dataclass(frozen=True)
class Example:
    """A block that was run: the block that shows its output, and the body that it should have."""

    block: Block
    real: str

    @property
    def holds(self) -> bool:
        """Whether the page shows what comes out."""
        return steady(self.block.body) == steady(self.real)


def steady(text: str) -> str:
    """A text without the size of rounding errors, which differs between machines."""
    return re.sub(r"below 1e-\d+", "below 1e-…", text)


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    end = 0
    for fence in FENCE.finditer(text):
        found.append(Block(fence.start("body"), fence["info"].strip(), fence["body"], text[end : fence.start()]))
        end = fence.end()
    return found


def run_page(path: Path) -> Iterator[Example]:
    """Run the examples of a page, each with what it should show; raises RuntimeError where one breaks down."""
    found = blocks(path.read_text(encoding="utf-8"))
    settings: dict[str, str] = {}
    done: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for position, block in enumerate(found):
            settings |= {setting["key"]: setting["value"] for setting in SETTING.finditer(block.before)}
            following = found[position + 1] if position + 1 < len(found) else None
            output = following if following and following.follows and following.info == "text" else None
            if block.file:
                (folder / block.file).write_text(block.body, encoding="utf-8")
            elif block.info == "console":
                yield Example(block, session(block.body, folder))
            elif block.info == "python":
                real = run([sys.executable, "-c", program(block.body, done)], folder)[0]
                done.append(block.body)
                yield Example(output or block, real if output else block.body)
            elif block.info == "latex" and output is not None:
                yield Example(output, "".join(f"{line}\n" for line in said(block.body, settings)))


def run(command: Sequence[str], folder: Path) -> tuple[str, int]:
    """What a command prints, on both streams, and its exit status; raises RuntimeError at a traceback."""
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    environment |= {"COLUMNS": "80", "NO_COLOR": "1", "MPLBACKEND": "Agg"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    if "Traceback (most recent call last)" in done.stdout:
        raise RuntimeError(f"this example breaks down:\n{command[-1]}\n{done.stdout}")
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(FIRST_USE)), done.returncode


def program(body: str, done: Sequence[str]) -> str:
    """A Python block as a program: what the blocks before it define is there, and they print nothing again."""
    quiet = "".join(f"    exec({code!r}, globals())\n" for code in done)
    before = f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n{quiet}" if quiet else ""
    return before + body


def session(body: str, folder: Path) -> str:
    """A console block with the real output of each command; without any output, if the block shows none."""
    lines = body.splitlines(keepends=True)
    shows = any(not line.startswith("$ ") for line in lines)
    real, status = "", 0
    for line in lines:
        if line.startswith("$ "):
            printed, status = run(["bash", "-c", f"{SHELL}(exit {status})\n{line[2:]}"], folder)
            real += line + (printed if shows else "")
    return real


def said(body: str, settings: dict[str, str]) -> Iterator[str]:
    """What the relations of an example are, one line each; definitions are left out unless there is nothing else."""
    from bpttsym.document import read_document
    from bpttsym.source import source_from_text
    from bpttsym.verdict import judge
    from bpttsym.wording import message

    declared = {key: value for key, value in settings.items() if value != "none"}
    lines = [line if line.startswith((r"\section", "%")) else rf"\[{line}\]" for line in body.splitlines()]
    document = read_document(source_from_text("\n".join(lines), "example.tex", "tex"), declared)
    verdicts = judge(document, mend=False)
    for verdict in [one for one in verdicts if one.status != "definition"] or verdicts[-1:]:
        words = " and ".join(verdict.conditions)
        if verdict.status in ("refuted", "unchecked"):
            words = message(document, verdict)
        told = "".join(f", {words}" for words in verdict.told)
        yield verdict.status + (f": {words}" if words else "") + told


def updated(path: Path) -> str:
    """The text of a page with the real outputs in it."""
    text = path.read_text(encoding="utf-8")
    for example in reversed(list(run_page(path))):
        if not example.holds:
            block = example.block
            text = text[: block.start] + example.real + text[block.start + len(block.body) :]
    return text


def main(arguments: Sequence[str]) -> int:
    """Compare the pages with their examples, or update them; the exit status says whether all were right."""
    pages = [Path(name).resolve() for name in arguments if name != "--update"] or PAGES
    status = 0
    for path in pages:
        old, new = path.read_text(encoding="utf-8"), updated(path)
        if old != new:
            status = 1
            print(f"{path.relative_to(ROOT)}: {'updated' if '--update' in arguments else 'out of date'}")
            if "--update" in arguments:
                path.write_text(new, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
