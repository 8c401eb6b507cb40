"""The Faust app of a worker: one agent over all input topics, one table, and what they run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import faust
from faust.app import BootStrategy
from faust.types import TP
from faust.types.transports import TransportT

from streams.rulebook.start import Opened
from streams.settings import Settings
from streams.worker.clock import Clock, WallClock
from streams.worker.desk import Desk
from streams.worker.holding import MakePartition
from streams.worker.live_rules import LiveRules
from streams.worker.opening import WorkerTables
from streams.worker.pulse import Pulse
from streams.worker.rounds import Rounds
from streams.worker.security import faust_credentials
from streams.worker.survey import Answering
from streams.worker.topics import TopicNames
from streams.worker.transport import RUN_RECORDS, ChunkConsumer, ChunkTransport, chunk_topic

SESSION_SECONDS = 10.0
#: Chunks that wait for the agent at most; beyond, their partitions are not fetched.
QUEUED_CHUNKS = 8
TABLE = "rows"


class WithoutProducer(BootStrategy):
    """Starts no producer of Faust's own: what a worker writes goes through the ledgers."""

    enable_kafka_producer = False


class WorkerApp(faust.App):
    """A Faust app with the desk at which its agent works, and the rules."""

    BootStrategy = WithoutProducer
    consumer: ChunkConsumer
    tables: WorkerTables
    desk: Desk
    rules: LiveRules
    rounds: Rounds | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.failed = False
        self._loop_here = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop_here.create_future()

    def fail(self, error: BaseException) -> None:
        """Ends the worker for this reason; nothing more is written. May be called from any thread."""
        self.failed = True
        self._loop_here.call_soon_threadsafe(self._fail_here, error)

    def _fail_here(self, error: BaseException) -> None:
        if not self.ended.done():
            self.desk.close_gate()
            self.ended.set_exception(error)

    def _crash(self, reason: BaseException) -> None:
        """A part of Faust gave up."""
        self.fail(reason)
        super()._crash(reason)

    def _new_transport(self) -> TransportT:
        return ChunkTransport(self.conf.broker_consumer, self)


def build_app(
    settings: Settings,
    make_partition: MakePartition,
    names: TopicNames,
    partitions: int,
    opened: Opened,
    clock: Clock | None = None,
) -> WorkerApp:
    """The app for topics with ``partitions`` partitions and these rules; must be called in a running event loop."""
    app = WorkerApp(settings.application, **_options(settings, partitions))
    desk = Desk(settings, names, partitions, make_partition, opened.program, clock or WallClock(), app.fail)
    app.desk = desk
    app.rules = LiveRules(settings, names.rules, opened, desk)
    app.Table(TABLE, partitions=partitions, key_type=bytes, value_type=bytes)
    app.agent(chunk_topic(app, desk.names.inputs), name="events")(_agent(app))
    app.on_partitions_revoked.connect(_checkpoint_on_revoke(desk), weak=False)
    app.task(Pulse(app, settings).run)
    app.task(Answering(app, settings).run)
    if settings.discovery.periodic:
        app.rounds = Rounds(app, settings)
        app.crontab(settings.discovery.schedule, timezone=ZoneInfo(settings.timezone))(app.rounds.strike)
        app.task(app.rounds.run)
    return app


def _options(settings: Settings, partitions: int) -> dict[str, Any]:
    host, port = settings.http or ("127.0.0.1", 6066)
    return {
        "broker": [f"kafka://{address}" for address in settings.broker.split(",")],
        "broker_credentials": faust_credentials(settings.kafka),
        "datadir": str(settings.data_dir / "faust"),
        "topic_partitions": partitions,
        "topic_disable_leader": True,
        "topic_allow_declare": False,  # topics.py creates them, with the right compaction and retention
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.worker,
        "broker_session_timeout": SESSION_SECONDS,
        "broker_heartbeat_interval": 1.0,
        "broker_rebalance_timeout": 30.0,
        "broker_request_timeout": 40.0,
        "broker_max_poll_interval": 300.0,
        "broker_max_poll_records": RUN_RECORDS,
        "broker_commit_interval": 3600.0,  # group offsets are only a hint, which the pulse gives
        "stream_buffer_maxsize": QUEUED_CHUNKS,
        "stream_wait_empty": False,
        "table_standby_replicas": 0,
        "TableManager": WorkerTables,
        "web_enabled": settings.http is not None,
        "web_bind": host.strip("[]"),
        "web_port": port,
        "web_router_enabled": False,
        "web_tables_enabled": False,
        # Faust's assignor tells workers apart by their address, which must outlive a restart.
        "canonical_url": f"http://{settings.worker}:{port}",
        "worker_redirect_stdouts": False,
    }


def _agent(app: WorkerApp) -> Callable[[Any], Any]:
    async def events(stream: Any) -> None:
        """Takes each run of records to the desk; a bug there ends the worker, or Faust would go on without the run."""
        async for event in stream.noack().events():
            try:
                await app.desk.take(event.message, app.consumer)
            except Exception as error:
                app.desk.close_gate()  # at once: the next run must not be folded
                app.fail(error)

    return events


def _checkpoint_on_revoke(desk: Desk) -> Callable[..., Any]:
    async def checkpoint(app: WorkerApp, revoked: set[TP], **kwargs: Any) -> None:
        if app.failed:
            await asyncio.Event().wait()  # the process ends; it must not join the group again before that
        await desk.checkpoint_all()

    return checkpoint
