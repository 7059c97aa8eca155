"""Jobs that do not depend on one another, done on all cores where a process can be forked."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from bpttsym.check import NotProved
from bpttsym.errors import BpttsymError, Contradiction
from bpttsym.swap import Refused

KINDS = (Contradiction, NotProved, Refused)
"""The failures that differ in what they mean for the exit status."""


def cores() -> int:
    """How many processes can run at once; one where processes cannot be forked."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def done(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """What the jobs return, in their order; raises the failure of the first one that fails."""
    workers = min(cores(), len(jobs))
    if workers < 2:
        found = [_tried(job) for job in jobs]
    else:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
            found = [one.result() for one in [pool.submit(_tried, job) for job in jobs]]
    for failure, _ in found:
        if failure is not None:
            kind, message = failure
            raise kind(message)
    return [result for _, result in found]


def _tried(job: Callable[[], Any]) -> tuple[tuple[type[BpttsymError], str] | None, Any]:
    """A job's result, or its failure in words: not every exception can be handed from process to process."""
    gc.disable()  # what a document leaves behind is looked through once, when the next one is done
    try:
        return None, job()
    except BpttsymError as error:
        kind = next((kind for kind in KINDS if isinstance(error, kind)), BpttsymError)
        return (kind, str(error)), None
    finally:
        gc.enable()
