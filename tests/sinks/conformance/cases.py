"""Every platform with its stand-in, and the engine between the topic and it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from streams.settings_sinks import KINDS, REQUIRED, Sink
from streams.sinks.delivery.caller import Caller, Far
from streams.sinks.delivery.engine import Delivery
from streams.sinks.delivery.http import Answer, HttpTransport, Request
from streams.sinks.delivery.items import Platform
from streams.sinks.delivery.pace import Pace
from streams.sinks.platforms.braze import Braze
from streams.sinks.platforms.customerio import CustomerIo
from streams.sinks.platforms.klaviyo import Klaviyo
from streams.sinks.platforms.webhook import Webhook
from tests.sinks.conformance import customerio
from tests.sinks.conformance.braze import ATTRIBUTE, BrazeStandIn
from tests.sinks.conformance.klaviyo import LISTS as LIST_IDS
from tests.sinks.conformance.klaviyo import KlaviyoStandIn
from tests.sinks.conformance.server import StandIn
from tests.sinks.conformance.webhooks import Receiver
from tests.sinks.conformance.world import Kept, Steps, Topic, Watch

DAY_MS = 86_400_000


class Case:
    """A platform by its name."""

    def __init__(
        self, name: str, far: Callable[[Watch], Any], platform: Callable[[Callable[[], str], Watch], Platform]
    ) -> None:
        self.name, self.far, self.platform = name, far, platform

    def __repr__(self) -> str:
        return self.name


def sink(kind: str, ids: Mapping[str, str] | None = None, **options: Any) -> Sink:
    """A sink as the settings would give it."""
    given = {option: default for option, (_, default) in KINDS[kind].items() if default is not REQUIRED}
    return Sink(kind, kind, {**given, **options}, ids or {})


def klaviyo(key: Callable[[], str], watch: Watch, ids: Mapping[str, str] | None = None, **options: Any) -> Klaviyo:
    """Klaviyo with these settings."""
    return Klaviyo(sink("klaviyo", ids, **options), key, watch.sleep)


CUSTOMERIO = {segment: one for one, segment in customerio.IDS.items()}
LISTS = {segment: one for one, segment in LIST_IDS.items()}
CASES = [
    Case("webhook", Receiver, lambda key, _: Webhook("hook", key, 40)),
    Case("klaviyo", KlaviyoStandIn, klaviyo),
    Case("klaviyo-lists", partial(KlaviyoStandIn, by_lists=True), lambda key, watch: klaviyo(key, watch, LISTS)),
    Case("klaviyo-events", KlaviyoStandIn, lambda key, watch: klaviyo(key, watch, events=True)),
    Case(
        "customerio",
        customerio.CustomerIoStandIn,
        lambda key, _: CustomerIo(sink("customerio", CUSTOMERIO, site="site"), key),
    ),
    Case("braze", BrazeStandIn, lambda key, _: Braze(key, ATTRIBUTE, flags=False)),
    Case("braze-flags", BrazeStandIn, lambda key, _: Braze(key, ATTRIBUTE, flags=True)),
]


class Transport:
    """The real one, with the steps at which the process may vanish: before a call, and before its answer is known."""

    def __init__(self, inner: HttpTransport, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        self._steps.step()
        answer = self._inner.send(request, headers)
        self._steps.step()
        return answer


class World:
    """A topic, a ledger and a stand-in; ``deliver`` is a process."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.watch = Watch()
        self.topic, self.kept = Topic(self.watch), Kept()
        self.far: Any = case.far(self.watch)
        self.said: list[str] = []
        self.key = self.far.key
        self.renewed: Callable[[], None] = lambda: None
        self.most: int | None = None
        self.timeout_s = 20.0
        self.held = 0

    def process(self, transport: HttpTransport, steps: Steps, give_up_ms: int) -> Delivery:
        platform = self.case.platform(lambda: self.key, self.watch)
        if self.most is not None:
            platform.most = self.most
        self.topic.steps = self.kept.steps = steps
        chance = random.Random(7)
        caller = Caller(
            Transport(transport, steps),
            Far(self.case.name, platform.headers, lambda: self.renewed()),
            Pace(platform.limits, self.watch),
            self.watch,
            self.said.append,
            chance,
        )
        return Delivery(platform, caller, self.topic, self.kept, self.watch, self.said.append, give_up_ms, chance)

    def deliver(self, *, anew: bool = False, crash_at: int | None = None, give_up_ms: int = DAY_MS) -> Delivery:
        """Runs until everything is told; returns what ran."""
        steps = Steps(crash_at)
        with HttpTransport(self.far.url, self.timeout_s) as transport:
            delivery = self.process(transport, steps, give_up_ms)
            each, self.watch.each = self.watch.each, lambda ms: (self._hold(delivery), each(ms))[1]  # type: ignore[func-returns-value]
            try:
                delivery.run(anew=anew, until_drained=True)
            finally:
                self.watch.each = each
        return delivery

    def _hold(self, delivery: Delivery) -> None:
        self.held = max(self.held, delivery.held)


@contextmanager
def world(case: Case) -> Iterator[World]:
    """A world, whose server ends with it."""
    one = World(case)
    far: StandIn = one.far
    with far:
        yield one
