"""Events sent at a steady pace beside the scenario, for as long as it wants."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice

from streams.clients.routes import Routes
from streams.clients.sender import Sender
from streams.events.decode import Refusal, decode_event
from streams.settings import Settings

TICK_SECONDS = 0.05
REMEMBERED = 1_000


class Feed:
    """Sends ``lines`` at ``rate`` events a second until it is stopped; keeps what it sent in ``sent``.

    ``repeats`` of the events (0 to 1) are sent a second time, somewhat later.
    """

    def __init__(
        self, settings: Settings, lines: Iterator[bytes], rate: float, sent: list[bytes], repeats: float = 0.0
    ) -> None:
        self._settings, self._lines, self._rate, self._repeats = settings, lines, rate, repeats
        self.sent = sent
        self._paused, self._rests = threading.Event(), threading.Event()
        self.repeated = 0
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Sends no more, and returns once everything that was sent has arrived."""
        self._rests.clear()
        self._paused.set()
        while not self._rests.wait(TICK_SECONDS) and self._thread.is_alive():
            pass

    def go_on(self) -> None:
        """Sends again."""
        self._paused.clear()

    def stop(self) -> None:
        """Ends it and returns once everything has arrived; raises what went wrong."""
        self._stop.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with Sender(self._settings) as sender:
                self._send(sender)
        except BaseException as error:
            self._failure = error

    def _send(self, sender: Sender) -> None:
        send, chance = sending(sender, self._settings), random.Random(5)
        debt, last = 0.0, time.monotonic()
        while not self._stop.is_set():
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            if self._paused.is_set() and not self._rests.is_set():
                sender.flush()
                self._rests.set()
            debt, last = debt + (0.0 if self._paused.is_set() else (now - last) * self._rate), now
            for line in islice(self._lines, int(debt)):
                self.sent.append(line)
                send(line)
                if chance.random() < self._repeats:
                    send(chance.choice(self.sent[-REMEMBERED:]))
                    self.repeated += 1
            debt %= 1
            sender.serve()


def sending(sender: Sender, settings: Settings) -> Callable[[bytes], None]:
    """Sends a line that is an event to the topic of its kind."""
    topic = Routes(settings).topic

    def send(line: bytes) -> None:
        event = decode_event(line)
        assert not isinstance(event, Refusal), event
        sender.send(topic(event), str(event.user), line)

    return send
