"""The numbers of ingest in Prometheus' text form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from streams.ingest.counts import Counts

Answers = Mapping[tuple[str, int], int]
Family = CounterMetricFamily | GaugeMetricFamily


class _Numbers(Collector):
    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Family]:
        yield from self._families


def metrics_text(counts: Counts, answers: Answers, under_way: int) -> str:
    """Records, events by type, skipped by name, refused; answers by page and status; requests under way."""
    registry = CollectorRegistry()
    registry.register(_Numbers([*_of_agent(counts), *_of_door(answers, under_way)]))
    return generate_latest(registry).decode()


def _of_agent(counts: Counts) -> Iterator[Family]:
    yield CounterMetricFamily("microseg_ingest_records", "records read", value=counts.records)
    yield CounterMetricFamily("microseg_ingest_refused", "records refused", value=counts.refused)
    events = CounterMetricFamily("microseg_ingest_events", "native events written", labels=["type"])
    for kind, number in list(counts.events.items()):
        events.add_metric([kind], number)
    skipped = CounterMetricFamily("microseg_ingest_skipped", "records skipped, by name", labels=["name"])
    for name, number in list(counts.skipped.items()):
        skipped.add_metric([name], number)
    yield events
    yield skipped


def _of_door(answers: Answers, under_way: int) -> Iterator[Family]:
    family = CounterMetricFamily("microseg_ingest_answers", "answers over HTTP", labels=["page", "status"])
    for (page, status), number in list(answers.items()):
        family.add_metric([page, str(status)], number)
    yield family
    yield GaugeMetricFamily("microseg_ingest_requests", "requests under way", value=under_way)
