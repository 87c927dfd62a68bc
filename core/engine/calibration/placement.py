"""Keeping each replica on a core of its own, where the system lets us."""

import os
from pathlib import Path

_TASKS = Path("/proc/self/task")


def threads() -> set[int]:
    """Ids of this process's threads; none where the system does not tell."""
    return {int(task.name) for task in _TASKS.iterdir()} if _TASKS.is_dir() else set()


def pin(workers: set[int]) -> None:
    """Keep each of these threads on one core, in turn. Does nothing where the system has no such call."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    for number, thread in enumerate(sorted(workers)):
        os.sched_setaffinity(thread, {cores[number % len(cores)]})
