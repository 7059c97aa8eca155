"""Many equations that share their models: how long a document takes, cold, and how that grows.

    python benchmarks/many_equations.py [COUNT ...]

Each count is judged in a process of its own, and so is the loading of NumPy and lark, in whose parts the first line
is told. The slope is that of the time beyond the start by the number of equations, on logarithmic axes: 1 is linear.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time

COUNTS = (100, 400, 1600)
MODEL = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$

$$\hat{y}_t = V h_t + c$$

$$L = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2$$
"""
TRUE = (
    r"\nabla_{W} L = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^2) (\nabla_{h_t} L) h_{t-1}^\top",
    r"\nabla_{U} L = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^2) (\nabla_{h_t} L) x_t^\top",
    r"\nabla_{b} L = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^2) \nabla_{h_t} L",
    r"\nabla_{V} L = 2 \sum_{t=1}^{T} (\hat{y}_t - y_t) h_t^\top",
    r"\nabla_{h_T} L = 2 V^\top (\hat{y}_T - y_T)",
    r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W",
    r"\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(1 - h_t^2) U",
    r"\frac{\partial L}{\partial x_t} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial x_t}",
)
JUDGE = """
import sys
from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge
found = judge(read_document(source_from_text(sys.stdin.read())))
assert all(verdict.status in ("definition", "proved") for verdict in found), [v.message for v in found][:9]
"""


def document(count: int) -> str:
    """A document of so many equations, no two of them the same text."""
    equations = (TRUE[i % len(TRUE)].replace("=", f"= {1 + i} \\cdot \\frac{{1}}{{{1 + i}}}", 1) for i in range(count))
    return f"---\nlayout: numerator\n---\n{MODEL}" + "".join(f"\n$${equation}$$\n" for equation in equations)


def seconds(program: str, text: str = "") -> float:
    """How long a process takes, with one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], input=text, text=True, check=True, env=environment)
    return time.perf_counter() - start


def main(counts: tuple[int, ...]) -> None:
    """One line for each count, then the slope between the first and the last."""
    loading = min(seconds("import numpy, lark") for _ in range(3))
    print(f"import numpy, lark: {loading:.2f} s")
    start = min(seconds(JUDGE, document(0)) for _ in range(3))
    taken = []
    for count in counts:
        taken.append(seconds(JUDGE, document(count)))
        limit = "" if count != counts[0] else f"; 4 times the loading and 1 s is {4 * loading + 1:.2f} s"
        print(f"{count:6} equations: {taken[-1]:.2f} s, {1000 * (taken[-1] - start) / count:.1f} ms each{limit}")
    rise = math.log((taken[-1] - start) / (taken[0] - start)) / math.log(counts[-1] / counts[0])
    print(f"slope of the logarithms: {rise:.2f}")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or COUNTS)
