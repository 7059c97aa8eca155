"""What deriving costs: from a cold start, for an expansion of millions of factors, and when T doubles.

Each figure is a ratio of two medians taken in turns in one run, or seconds and megabytes of one process. Nothing is
asserted: run it on a quiet machine, and compare with the goals.

    python benchmarks/derive.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
THREADS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMEXPR_NUM", "VECLIB_MAXIMUM")
ENVIRONMENT = os.environ | {f"{pool}_THREADS": "1" for pool in THREADS} | {"MPLBACKEND": "Agg"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # a tool that is used twice has its bytecode

LIBRARIES = "import sympy, numpy, matplotlib"
COLD = "from bpttsym.check import derive; derive('many_to_one', by='psi', T=4).latex('expanded')"
LONG = """
import resource, time
from bpttsym.check import derive
start, size = time.perf_counter(), 0
with open({target!r}, "w") as file:
    for piece in derive("many_to_many", by="psi", T=256).stream("tex"):
        size += len(piece)
        file.write(piece)
seconds = time.perf_counter() - start
print(size / 1e6, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
DELTA = """
import statistics, time
from bpttsym.check import derive
derive("many_to_many", T=4).form("recursive")
def once(length):
    start = time.perf_counter()
    derive("many_to_many", T=length).form("recursive")
    return time.perf_counter() - start
pairs = [(once(128), once(256)) for _ in range({rounds})]
print(*[statistics.median(times) for times in zip(*pairs)])
"""


def run(code: str) -> tuple[float, str]:
    """Seconds of a fresh Python process, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - start, done.stdout


def line(what: str, goal: str, measured: str, within: bool) -> None:
    """One row of the table."""
    print(f"{what:<58} {goal:>9} {measured:>12}  {'yes' if within else 'NO'}")


def cold(rounds: int) -> None:
    """A derivation over four steps to LaTeX, against the import of the heavy libraries that it does not need."""
    run(COLD), run(LIBRARIES)
    pairs = [(run(COLD)[0], run(LIBRARIES)[0]) for _ in range(rounds)]
    ours, theirs = (median(times) for times in zip(*pairs, strict=True))
    line(
        "cold derivation at T = 4 / import sympy, numpy, matplotlib",
        "0.3x",
        f"{ours / theirs:.2f}x",
        ours <= 0.3 * theirs,
    )


def long_expansion(target: str) -> None:
    """All terms at T = 256, proved and printed piece by piece."""
    size, seconds, memory = map(float, run(LONG.format(target=target))[1].split())
    line(f"many to many at T = 256, {size:.0f} MB: seconds", "15 s", f"{seconds:.1f} s", seconds <= 15)
    line("the same: memory of the process", "100 MB", f"{memory:.0f} MB", memory < 100)


def doubled(rounds: int) -> None:
    """The recursive form for twice as many steps."""
    once, twice = map(float, run(DELTA.format(rounds=rounds))[1].split())
    line("recursive form, T = 256 / T = 128", "2.5x", f"{twice / once:.2f}x", twice <= 2.5 * once)


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(description="what deriving costs")
    parser.add_argument("--rounds", type=int, default=9, help="runs of each measurement (default: 9)")
    rounds = parser.parse_args().rounds
    print(f"{'':<58} {'goal':>9} {'measured':>12}  within")
    cold(rounds)
    doubled(rounds)
    long_expansion(os.devnull)


if __name__ == "__main__":
    main()
