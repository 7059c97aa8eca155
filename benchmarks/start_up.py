"""How long a command takes from a cold start, as a multiple of what Python itself needs for its imports.

Each row runs a command and its yardstick in turns, so that a busy machine slows both; the figure is the ratio
of the two medians. Nothing is asserted: run it, and compare with the goals.

    python benchmarks/start_up.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
THREADS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMEXPR_NUM", "VECLIB_MAXIMUM")
ENVIRONMENT = os.environ | {f"{pool}_THREADS": "1" for pool in THREADS} | {"MPLBACKEND": "Agg"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # a tool that is used twice has its bytecode


@dataclass(frozen=True)
class Row:
    """A command of ours, the program it is measured against, the goal, and the exit statuses that are an answer."""

    arguments: tuple[str, ...]
    yardstick: str
    goal: float
    answers: tuple[int, ...] = (0,)
    label: str = ""


def rows(output: str) -> list[Row]:
    """The commands whose start is promised to be quick; what they write goes to the folder ``output``."""
    libraries = "import sympy, numpy, matplotlib"
    derive = ("derive", "derivations/many_to_one.md", "--by", "psi", "-T", "4", "-o", f"{output}/derived.tex")
    expanded = (*derive, "--form", "expanded")
    return [
        Row(("--help",), "pass", 3.5),
        Row(("verify", "tests/data/sheet.md"), "import numpy, lark", 4.0, answers=(0, 1)),
        Row(expanded, libraries, 0.3, label="derive, expanded"),
        Row(derive, libraries, 0.3, label="derive, all forms"),
        Row(("build", "--no-figures", "-o", f"{output}/built"), libraries, 3.0),
    ]


def seconds(command: list[str]) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Wall-clock seconds of one run from a cold start, and how it ended."""
    start = time.perf_counter()
    run = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return time.perf_counter() - start, run


def measure(row: Row, rounds: int) -> str:
    """One line of the table: goal, ratio and both medians, or why there is no figure."""
    ours = [sys.executable, "-m", "bpttsym", *row.arguments]
    theirs = [sys.executable, "-c", row.yardstick]
    _, warm_up = seconds(ours)
    seconds(theirs)
    if warm_up.returncode not in row.answers or "Traceback" in warm_up.stderr:
        words = (warm_up.stderr.strip() or "no message").splitlines()[-1]
        return f"{row.goal:>5}x  no figure: exit status {warm_up.returncode}: {words}"
    pairs = [(seconds(ours)[0], seconds(theirs)[0]) for _ in range(rounds)]
    our_median, their_median = (median(times) for times in zip(*pairs, strict=True))
    ratio = our_median / their_median
    within = "yes" if ratio <= row.goal else "NO"
    return f"{row.goal:>5}x {ratio:>8.2f}x  {within:<6} {1000 * our_median:>8.0f} {1000 * their_median:>9.0f}"


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(description="cold starts of bpttsym against bare imports")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command (default: 15)")
    rounds = parser.parse_args().rounds
    print(f"{'bpttsym':<18} {'against python -c':<34}  goal measured  within  ours/ms  that/ms")
    with tempfile.TemporaryDirectory() as output:
        for row in rows(output):
            print(f"{row.label or row.arguments[0]:<18} {row.yardstick!r:<34} {measure(row, rounds)}", flush=True)


if __name__ == "__main__":
    main()
