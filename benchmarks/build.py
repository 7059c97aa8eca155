"""Where the time of `bpttsym build` goes: CPU seconds of each document and of each part of the work, without figures.

    python benchmarks/build.py [DOCUMENT ...]

Documents are taken one after another in one process, on one core. Between them the yardstick is run, a fresh process
that imports SymPy, NumPy and matplotlib, so that a busy machine slows both; the figures of the last lines are
multiples of its median. Nothing is asserted: compare with the goals.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ |= {f"{pool}_THREADS": "1" for pool in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM")}

ROOT = Path(__file__).resolve().parents[1]
SHORT = ("many_to_one", "many_to_many")
"""The documents of the two sheets, which have a goal of their own."""

GOAL_OF_SHEETS, GOAL_OF_TEN = 3.0, 6.0

PARTS = (
    ("read", "build", "read_document"),
    ("judge", "build", "judge"),
    ("derive", "build", "_derived"),
    ("read back", "check", "read_document"),
    ("prove", "verdict", "judge"),
    ("compare", "build", "_compared"),
)
"""What a part is called, and the function whose time it is; what it calls of other parts is theirs."""


class Clock:
    """CPU seconds of the parts of the work; a part that calls another one stands still meanwhile."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self.running: list[str] = []
        self.since = time.process_time()

    def tick(self) -> None:
        """Give the seconds since the last tick to the part that runs."""
        now = time.process_time()
        self.spent[self.running[-1] if self.running else "rest"] += now - self.since  # type: ignore[assignment]
        self.since = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose time goes to a part."""

        def run(*arguments: Any, **named: Any) -> Any:
            self.tick()
            self.running.append(part)
            try:
                return function(*arguments, **named)
            finally:
                self.tick()
                self.running.pop()

        return run


def yardstick() -> float:
    """CPU seconds of a process that imports the libraries."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import sympy, numpy, matplotlib"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(chosen: list[str]) -> None:
    """A line for each document, its seconds by parts; then the sums as multiples of the imports."""
    start = time.process_time()
    import bpttsym.exact
    import bpttsym.numeric
    import bpttsym.symbolic  # noqa: F401
    from bpttsym import build, check, verdict
    from bpttsym.errors import BpttsymError

    loading = time.process_time() - start
    clock, modules = Clock(), {"build": build, "check": check, "verdict": verdict}
    for part, module, function in PARTS:
        setattr(modules[module], function, clock.timed(part, getattr(modules[module], function)))
    columns = [*(part for part, _, _ in PARTS), "rest"]
    print(f"{'CPU seconds':<26}" + "".join(f"{column:>10}" for column in (*columns, "all")))
    sums: dict[str, float] = {}
    units = [yardstick()]
    total: Counter[str] = Counter()
    for path in build.documents(ROOT / "derivations"):
        if chosen and path.stem not in chosen:
            continue
        clock.spent.clear()
        gc.disable()  # as `build` does
        clock.since = time.process_time()
        try:
            build._result(path)
        except BpttsymError as error:
            print(f"{path.stem:<26}no figure: {error}")
            continue
        finally:
            clock.tick()
            gc.enable()
        total.update(clock.spent)
        sums[path.stem] = sum(clock.spent.values())
        print(f"{path.stem:<26}" + line(clock.spent, columns), flush=True)
        units.append(yardstick())
    unit = median(units)
    print(f"{'all':<26}" + line(total, columns))
    print(f"loading NumPy, SymPy and the package: {loading:.2f}; import sympy, numpy, matplotlib: {unit:.2f}")
    if sheets := [sums[name] for name in SHORT if name in sums]:
        print(f"the sheets: {(loading + sum(sheets)) / unit:.1f}x the imports, goal {GOAL_OF_SHEETS:.0f}x")
    ten = (loading + sum(sums.values())) / unit * 10 / len(sums)
    print(f"ten documents: {ten:.1f}x the imports, goal {GOAL_OF_TEN:.0f}x")


def line(spent: Counter[str], columns: list[str]) -> str:
    """The seconds of all parts, and their sum."""
    return "".join(f"{seconds:>10.2f}" for seconds in (*(spent[column] for column in columns), sum(spent.values())))


if __name__ == "__main__":
    main(sys.argv[1:])
