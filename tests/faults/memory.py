"""How much memory a process takes at most."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

LOOK_SECONDS = 0.2
MIB = 1 << 20


class Memory:
    """Looks at a process again and again; ``peak`` is the most that was resident, in bytes."""

    def __init__(self, pid: Callable[[], int]) -> None:
        self.start = self.peak = 0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self.start = self.peak = resident(self._pid())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth_mib(self) -> float:
        """By how much it grew since the look began, in MiB."""
        return (self.peak - self.start) / MIB

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.peak = max(self.peak, resident(self._pid()))


def resident(pid: int) -> int:
    """The bytes of a process that are in memory; 0 where there is no such process."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    with suppress(ValueError):
        return int(told) * 1024
    return 0
