"""How a partition and its worker fare, for whoever asks by a survey."""

from __future__ import annotations

import os
import resource
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.worker.holding import Holding

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

_STARTED_S = time.monotonic()


async def status_of(app: WorkerApp, holding: Holding, now_ms: int) -> dict[str, Any]:
    """Figures of a partition: ``customers``, ``events`` and ``refused`` since it came here, ``memory`` of its rows in
    bytes, boundaries ``due``, ``stale`` rows, and ``positions``, up to which each input is read; and of the ``worker``
    its ``version``, ``uptime`` in seconds and ``memory`` in bytes."""
    state = holding.state
    counts, figures = state.counted(), state.figures(now_ms)
    return {
        "customers": state.customers(),
        "events": counts.events,
        "refused": sum(counts.refused.values()),
        "memory": figures.memory_bytes,
        "due": figures.due,
        "stale": state.stale(),
        "positions": {topic: await app.desk.reached(app.consumer, holding, topic) for topic in app.desk.names.inputs},
        "worker": {
            "version": version("microseg"),
            "uptime": round(time.monotonic() - _STARTED_S, 1),
            "memory": resident_bytes(),
        },
    }


def resident_bytes() -> int:
    """The process's memory: what it holds now, or where the system does not tell, the most that it ever held."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
