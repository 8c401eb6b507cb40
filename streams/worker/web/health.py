"""Whether a worker lives, and whether it is at work."""

from __future__ import annotations

from typing import Any

from streams.events.instants import stamp
from streams.worker.app import WorkerApp
from streams.worker.logs import Voice
from streams.worker.watch import BrokerWatch
from streams.worker.watchdog import Watchdog


class Health:
    """Answers for ``/health``, ``/health/live`` and ``/health/ready``, each with what is to be told.

    Live is a worker that is not about to end: one that is not live is to be started again. Ready is one that is at
    work: not starting, not in a rebalance, with a broker, and reading. A worker stops being ready before it stops being
    live.
    """

    def __init__(self, app: WorkerApp, broker: BrokerWatch, watchdog: Watchdog, voice: Voice) -> None:
        self._app, self._broker, self._watchdog, self._voice = app, broker, watchdog, voice

    def dead(self) -> list[str]:
        """Why the worker is not live; nothing where it is."""
        if not self._app.failed:
            return []
        error = self._app.ended.exception() if self._app.ended.done() else None
        return [self._voice.hide(f"it ends: {error}" if error else "it ends")]

    def unready(self) -> list[str]:
        """Why the worker is not ready; nothing where it is."""
        reasons = self.dead()
        if not self._app.desk.open:
            waiting = [str(one.number) for one in self._app.desk if not one.ready]
            reasons.append(f"partitions {', '.join(waiting)} are being opened" if waiting else "it joins its group")
        if self._broker.away:
            reasons.append("the broker is away")
        if self._watchdog.suspicion:
            reasons.append(self._watchdog.suspicion)
        return reasons

    def live_page(self) -> dict[str, Any]:
        """The body of ``/health/live``."""
        return {"live": not self.dead(), "reasons": self.dead()}

    def ready_page(self) -> dict[str, Any]:
        """The body of ``/health/ready``."""
        return {"ready": not self.unready(), "reasons": self.unready()}

    def page(self) -> dict[str, Any]:
        """The body of ``/health``."""
        app, held = self._app, list(self._app.desk)
        return {
            "status": self._status(),
            **self.live_page(),
            **self.ready_page(),
            "worker": app.conf.consumer_group_instance_id,
            "partitions": [one.number for one in held],
            "customers": sum(one.state.customers() for one in held),
            "events": app.desk.events,
            "rules": app.rules.health(),
            "last_trouble": self._trouble(),
        }

    def _status(self) -> str:
        if self.dead():
            return "ending"
        if not self._app.desk.open:
            return "opening"
        return "not ready" if self.unready() else "ok"

    def _trouble(self) -> dict[str, str] | None:
        found = self._voice.trouble
        return None if found is None else {"at": stamp(found.at_ms), "level": found.level, "message": found.message}
