"""CPU time of this machine and of its processes, as Linux tells it; 0 where the system does not."""

from __future__ import annotations

import os
from pathlib import Path

CORES = os.cpu_count() or 1
_STAT = Path("/proc/stat")


def busy_seconds() -> float:
    """Busy CPU seconds of the whole machine so far."""
    if not _STAT.exists():
        return 0.0
    times = [int(one) for one in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(times) - times[3] - times[4]) / os.sysconf("SC_CLK_TCK")


def process_seconds(pid: int) -> float:
    """CPU seconds of a process so far."""
    file = Path(f"/proc/{pid}/stat")
    if not file.exists():
        return 0.0
    times = file.read_text().rsplit(")", 1)[1].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int) -> tuple[int, int]:
    """What a process has in memory, and what it had at most."""
    file = Path(f"/proc/{pid}/status")
    said = dict(line.split(":", 1) for line in file.read_text().splitlines()) if file.exists() else {}
    now, peak = (int(said.get(name, "0").split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak
