r"""The lambdified gradient of SymPy against the hand-written RNN: time of the first divided by time of the second.

    python benchmarks/symbolic.py [--repetitions N]

One measurement is a forward and a backward pass at H = 16 with one thread, tanh cell, linear readout, squared error.
Both sides take the same arrays and give the derivatives by W, U, b, V and c (`bpttsym.rnn` gives those by h_0, x_t and
h_t besides). Repetitions alternate, and a row shows the median of each side and their ratio. Gradients are compared
before anything is timed. The last row says what one more derivation costs when all is loaded: reading the document,
deriving, compiling and a first call, divided by `import sympy`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from itertools import product

# read when NumPy is imported, so it must come before that
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from bpttsym import rnn, symbolic
from bpttsym.document import read_document
from bpttsym.model import Model
from bpttsym.source import source_from_text

SIZES = rnn.Sizes(hidden=16, input=8, output=4)
PARAMETERS = ("W", "U", "b", "V", "c")
CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$"
FORMS = {
    "many_to_one": r"$$\hat y=V h_T+c$$ $$L=\lVert \hat y-y\rVert^2$$",
    "many_to_many": r"$$\hat y_t=V h_t+c$$ $$L=\sum_{t=1}^{T}\lVert \hat y_t-y_t\rVert^2$$",
}


def model(form: str) -> Model:
    """The network as a document defines it."""
    return read_document(source_from_text(f"{CELL}\n{FORMS[form]}\n")).models[-1]


def ratio(form: str, T: int, batch: int, repetitions: int) -> tuple[float, float]:
    """The median times of lambdified SymPy and of the hand-written network."""
    generator = np.random.default_rng(0)
    parameters = rnn.initial_parameters(0, SIZES)
    arrays = {name: getattr(parameters, name) for name in PARAMETERS}
    arrays["h_0"] = generator.normal(size=(batch, SIZES.hidden))
    arrays["x"] = generator.normal(size=(T, batch, SIZES.input))
    steps = (T,) if form == "many_to_many" else ()
    arrays["y"] = generator.normal(size=(*steps, batch, SIZES.output))
    configuration = rnn.Configuration(form=form)
    ours = symbolic.gradients(model(form), by=PARAMETERS, T=T)

    def by_hand() -> rnn.Gradients:
        return rnn.backward(parameters, rnn.forward(parameters, arrays["x"], arrays["h_0"], arrays["y"], configuration))

    expected, found = by_hand(), ours(arrays)
    for name in PARAMETERS:
        np.testing.assert_allclose(found[name], getattr(expected, name), rtol=1e-11, atol=1e-12)
    times: tuple[list[float], list[float]] = ([], [])
    for repetition in range(repetitions):
        for side in (0, 1) if repetition % 2 else (1, 0):
            start = time.perf_counter()
            ours(arrays) if side == 0 else by_hand()
            times[side].append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def cold(code: str, repetitions: int = 5) -> float:
    """The median time of a fresh Python process that runs some code."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table and its largest ratio."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repetitions", type=int, default=2001, help="of each side and row")
    chosen = options.parse_args()
    print(f"NumPy {np.__version__}, SymPy {symbolic.sympy.__version__}, one thread, {SIZES}")
    print("form             T  batch  |  SymPy, us  by hand, us  |  ratio")
    largest = 0.0
    for form, T, batch in product(FORMS, (4, 8), (1, 5, 32)):
        ours, hand = ratio(form, T, batch, chosen.repetitions)
        if T == 4:
            largest = max(largest, ours / hand)
        print(f"{form:14} {T:3} {batch:6}  | {ours * 1e6:10.1f} {hand * 1e6:12.1f}  | {ours / hand:6.2f}")
    print(f"largest ratio at T = 4: {largest:.2f}; goal: at most 2.00")
    start = time.perf_counter()
    symbolic.gradients(model("many_to_many"), by=PARAMETERS, T=4)(example())
    derived = time.perf_counter() - start
    imported = cold("import sympy") - cold("pass")
    print(f"reading, deriving, compiling and calling at T = 4: {derived / imported:.2f} x `import sympy`")


def example() -> dict[str, np.ndarray]:
    """Arrays of ones of the smallest batch, for the many-to-many network at T = 4."""
    shapes = {"W": (16, 16), "U": (16, 8), "b": (16,), "V": (4, 16), "c": (4,), "h_0": (1, 16)}
    return {name: np.ones(shape) for name, shape in shapes.items()} | {
        "x": np.ones((4, 1, 8)),
        "y": np.ones((4, 1, 4)),
    }


if __name__ == "__main__":
    main()
