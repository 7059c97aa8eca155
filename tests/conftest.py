"""What holds for every test: one thread each, no windows, rare garbage collections, hypothesis without a stopwatch."""

import gc
import os

# The test runner already uses every core; a thread pool in each worker would only slow the others. These are
# read when NumPy is first imported, and subprocesses inherit them.
for _pool in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMEXPR_NUM", "VECLIB_MAXIMUM"):
    os.environ[f"{_pool}_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import pytest
from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded by now is no garbage; walking over it, and over trees that are kept, took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a campaign only ``quick`` rows, spread evenly over its table, are run by default; the others are slow."""
    campaigns: dict[tuple[str, int], list[pytest.Item]] = {}
    for item in items:
        if (mark := item.get_closest_marker("campaign")) is not None:
            name, _, _ = item.nodeid.partition("[")
            campaigns.setdefault((name, mark.kwargs["quick"]), []).append(item)
    for (_, quick), rows in campaigns.items():
        kept = {(2 * place + 1) * len(rows) // (2 * quick) for place in range(quick)}
        for place, item in enumerate(rows):
            if place not in kept:
                item.add_marker(pytest.mark.slow)
