"""``/metrics``: what the worker keeps as plain numbers, put into Prometheus' form when it is asked for.

Nothing is measured for its sake: the way of an event costs the same whether somebody looks or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from streams.engine.counts import Counts
from streams.engine.figures import Figures
from streams.events.refusals import CLASSES
from streams.worker.app import WorkerApp
from streams.worker.logs import Voice
from streams.worker.watchdog import Watchdog
from streams.worker.written import Histogram

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily | InfoMetricFamily


class WorkerCollector(Collector):
    """The metrics of one worker; their names begin with ``microseg_``."""

    def __init__(self, app: WorkerApp, watchdog: Watchdog, voice: Voice) -> None:
        self._app, self._desk, self._watchdog, self._voice = app, app.desk, watchdog, voice

    def collect(self) -> Iterable[Family]:
        """All of them, as of now."""
        counts, dropped = self._desk.counted()
        yield from self._done(counts, dropped)
        yield from _moved(counts)
        yield from self._held()
        yield from self._read()
        yield _histogram("checkpoint_seconds", "What a checkpoint took", self._desk.written.seconds)
        yield _histogram("checkpoint_records", "Records of a checkpoint", self._desk.written.records)
        yield from self._discovery()
        yield from self._itself()

    def _done(self, counts: Counts, dropped: int) -> Iterator[Family]:
        yield _counter("events", "Events folded into rows", counts.events)
        yield _counter("machine_events", "Events that were a machine's, as known when they came", counts.machines)
        yield _counter("forwarded_events", "Records sent to their customer's home partition", counts.forwarded)
        yield _counter("dropped_facts", "Facts dropped over max_facts", dropped)
        refused = {kind: counts.refused.get(kind, 0) for kind in CLASSES}
        yield _counter("refused_events", "Records refused, by class of reason", refused, "reason")

    def _held(self) -> Iterator[Family]:
        held, now_ms = list(self._desk), self._desk.clock.now_ms()
        of = [one.state.figures(now_ms) for one in held if one.ready]
        figures = [sum(column) for column in zip(*of, strict=True)] if of else Figures()
        due, memory, names, _ = figures
        yield _gauge("partitions", "Partitions held", len(held))
        yield _gauge("open", "1 where all partitions held are at work", int(self._desk.open))
        yield _gauge("customers", "Customers with a row", sum(one.state.customers() for one in held))
        yield _gauge("rows_bytes", "Memory of the rows, reserves included", memory)
        yield _gauge("names", "Texts in the dictionaries", names)
        yield _gauge("boundaries_due", "Customers whose boundary has passed and is still to be fired", due)
        yield _gauge("stale_rows", "Rows still to be judged under new rules", self._desk.stale())
        yield _gauge("unwritten_records", "Records that no checkpoint has yet", sum(one.state.dirty() for one in held))

    def _read(self) -> Iterator[Family]:
        lag = GaugeMetricFamily("microseg_lag", "Records still to be read", labels=("topic", "partition"))
        for tp, place in self._watchdog.places().items():
            lag.add_metric((tp.topic, str(tp.partition)), max(0, place.end - place.reached))
        yield lag
        yield _gauge("stalled", "1 where reading seems to have stopped", int(bool(self._watchdog.suspicion)))
        yield _gauge("restore_seconds", "What the last opening of partitions took", self._app.tables.recovery.seconds)

    def _discovery(self) -> Iterator[Family]:
        """What the leading worker knows of the last round of discovery."""
        rounds = self._app.rounds
        if rounds is None:
            return
        yield _gauge("discovery_leads", "1 where this worker begins rounds of discovery", int(rounds.leads()))
        if rounds.leads() and (last := rounds.last) is not None:
            running = int(bool(rounds.stage) or last.running)
            yield _gauge("discovery_running", "1 while a round of discovery runs", running)
            text = "When the last round of discovery ended, 0: never"
            yield _gauge("discovery_last_timestamp_seconds", text, last.ended_ms / 1000)
            yield _gauge("discovery_last_seconds", "What it took", last.seconds)
            yield _gauge("discovery_last_failed", "1 where it could not be done", int(bool(last.error)))
            yield _gauge("discovery_last_customers", "Customers it looked at", last.customers)
            yield _gauge("discovery_last_candidates", "Candidates that its search found", last.candidates)
            yield _gauge("discovery_last_proposals", "Proposals that it wrote", len(last.proposals))
            yield _gauge("discovery_last_cost_dollars", "What it paid for a language model", last.usd)

    def _itself(self) -> Iterator[Family]:
        lines = {level: self._voice.lines[level] for level in ("info", "warning", "error")}
        yield _counter("log_lines", "Lines said", lines, "level")
        trouble = self._voice.trouble
        text = "When the newest warning or error was said, 0: never"
        yield _gauge("last_trouble_timestamp_seconds", text, trouble.at_ms / 1000 if trouble else 0)
        edition = self._app.rules.edition
        rules = {"digest": self._desk.program.digest, "published_by": edition.worker}
        yield InfoMetricFamily("microseg_rules", "The rules that are live here", rules)
        worker = str(self._app.conf.consumer_group_instance_id)
        yield InfoMetricFamily("microseg_build", "The program", {"version": version("microseg"), "worker": worker})


def registry_of(collector: WorkerCollector) -> CollectorRegistry:
    """A registry with these, and the process' own CPU time, memory and files."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(collector)
    return registry


def _moved(counts: Counts) -> Iterator[Family]:
    changes = CounterMetricFamily(
        "microseg_membership_changes", "Customers that entered and left segments", labels=("segment", "change")
    )
    for change, by_segment in (("entered", counts.entered), ("exited", counts.exited)):
        for segment, number in sorted(by_segment.items()):
            changes.add_metric((segment, change), number)
    yield changes


def _counter(name: str, text: str, value: float | Mapping[str, int], label: str = "") -> CounterMetricFamily:
    if not isinstance(value, Mapping):
        return CounterMetricFamily(f"microseg_{name}", text, value)
    family = CounterMetricFamily(f"microseg_{name}", text, labels=(label,))
    for one, number in value.items():
        family.add_metric((one,), number)
    return family


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"microseg_{name}", text, value)


def _histogram(name: str, text: str, found: Histogram) -> HistogramMetricFamily:
    """Prometheus counts up to each end, not between ends."""
    counts = [sum(found.counts[: place + 1]) for place in range(len(found.counts))]
    ends = [*(str(float(end)) for end in found.ends), "+Inf"]
    buckets = list(zip(ends, counts, strict=True))
    return HistogramMetricFamily(f"microseg_{name}", text, buckets=buckets, sum_value=found.total)
