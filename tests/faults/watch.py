"""A subscriber that reads all the time, and knows when something came."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import orjson

from streams.clients.changes import Arrived, ChangeReader
from streams.proofs.subscriber import Subscriber
from streams.settings import Settings

POLL_SECONDS = 0.1
QUIET_SECONDS = 1.5


class Watch:
    """Everything that was published, as it came: ``courses`` has the records of each customer, None for a tombstone."""

    def __init__(self, settings: Settings) -> None:
        self.courses: dict[str, list[dict[str, Any] | None]] = defaultdict(list)
        self.last_at = 0.0  # when the last record came, by the monotonic clock
        self.first_at: dict[str, float] = {}  # when the first of each customer came
        self.newest_at: dict[str, float] = {}
        self._reader = ChangeReader(settings, from_beginning=True)
        self.subscriber = Subscriber(self._noting(self._reader))
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the reading; raises what went wrong with it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
            self._reader.close()
        if self._failure is not None:
            raise self._failure

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Waits until something holds; False if it does not within so many seconds."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self._failure is not None:
                raise self._failure
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def came_after(self, moment: float, seconds: float = 60) -> bool:
        """Waits for a record that comes after a moment."""
        return self.until(lambda: self.last_at > moment, seconds)

    def quiet(self, seconds: float = 60) -> bool:
        """Waits until nothing has come for a while."""
        since = time.monotonic()
        return self.until(lambda: time.monotonic() - max(since, self.last_at) > QUIET_SECONDS, seconds)

    @property
    def again(self) -> int:
        """Records that the client handed over twice, though they lie in the topic once."""
        return self._reader.again

    def missing(self, users: Iterable[str]) -> list[str]:
        """Of these customers those of whom nothing was published."""
        return [user for user in users if user not in self.courses]

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.subscriber.read(POLL_SECONDS)
        except BaseException as error:
            self._failure = error

    def _noting(self, reader: ChangeReader) -> Any:
        watch = self

        class Noting:
            def poll(self, seconds: float) -> list[Arrived]:
                arrived = reader.poll(seconds)
                now = time.monotonic()
                for one in arrived:
                    watch.courses[one.user].append(orjson.loads(one.raw) if one.raw else None)
                    watch.first_at.setdefault(one.user, now)
                    watch.last_at = watch.newest_at[one.user] = now
                return arrived

        return Noting()
