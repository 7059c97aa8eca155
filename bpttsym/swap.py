"""A folder of files put in the place of another, all at once, or compared with it.

The files go into a new folder beside the output, which then takes the output's place, so that a run that fails or is
interrupted leaves the former output whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from bpttsym.errors import BpttsymError, UsageError

WRITTEN = ("report.md", "report.json", "claims.md", "latex/*.tex", "figures/*", ".gitkeep")
"""What a build writes; a folder that holds anything else is not taken for an output."""


class Refused(BpttsymError):
    """A document in which something is refuted or not as it expects, or an output that is not up to date."""


def write(files: Mapping[str, bytes], output: Path) -> None:
    """Make the output folder hold exactly these files; until the last moment nothing of the former one is touched."""
    _restore(output)
    _own(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh = output.parent / f".{output.name}.new-{os.getpid()}"
    try:
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _swap(fresh, output)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _before(output: Path) -> Path:
    """Where the former output stands for the moment between two renamings."""
    return output.parent / f".{output.name}.before"


def _swap(fresh: Path, output: Path) -> None:
    """Put the new folder in the place of the output; whatever happens, the former one or the new one stands there."""
    before = _before(output)
    try:
        if output.exists():
            os.rename(output, before)
        os.rename(fresh, output)
    except BaseException:
        _restore(output)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _restore(output: Path) -> None:
    """Put a former output back where a run was stopped between two renamings."""
    before = _before(output)
    if before.exists() and output.exists():
        shutil.rmtree(before)
    elif before.exists():
        os.rename(before, output)


def _own(output: Path) -> None:
    """Raise UsageError for a path that is no folder, or that holds what no build has written."""
    if not output.exists():
        return
    if not output.is_dir():
        raise UsageError(f"`{output}` is no folder")
    allowed = {path for pattern in WRITTEN for path in output.glob(pattern)}
    for path in sorted(output.rglob("*")):
        if not path.is_dir() and path not in allowed:
            held = path.relative_to(output)
            raise UsageError(f"`{output}` holds `{held}`, which no build writes; choose another folder")


def compare(files: Mapping[str, str], output: Path) -> None:
    """Raise Refused, naming the first file and line in which the output differs from these files."""
    for name in sorted(files):
        path = output / name
        if not path.is_file():
            raise Refused(f"{path} is missing; run `bpttsym build`")
        there = path.read_bytes().decode("utf-8", "replace")
        if there != files[name]:
            pairs = zip_longest(there.split("\n"), files[name].split("\n"))
            line = next(number for number, (old, new) in enumerate(pairs, 1) if old != new)
            raise Refused(f"{path}:{line}: this is not what the documents give; run `bpttsym build`")
    for pattern in ("report.*", "claims.*", "latex/*"):
        for path in sorted(output.glob(pattern)):
            if path.relative_to(output).as_posix() not in files:
                raise Refused(f"{path} is left over; run `bpttsym build`")
