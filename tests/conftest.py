"""What holds for every test: one thread each, no windows, and hypothesis without a stopwatch."""

import os

# The test runner already uses every core; a thread pool in each worker would only slow the others. These are
# read when NumPy is first imported, and subprocesses inherit them.
for _pool in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMEXPR_NUM", "VECLIB_MAXIMUM"):
    os.environ[f"{_pool}_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"

from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
