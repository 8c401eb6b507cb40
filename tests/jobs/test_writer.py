"""A job's producer against a real broker: what it commits, and what it says when another process took its place."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from streams.clients.whole import read_whole
from streams.ingest.agent import job_of as ingest
from streams.jobs.errors import Job, explained
from streams.jobs.writer import Out, Writer
from streams.recommend.live.following import job_of as recommend
from streams.settings import Settings
from streams.tracking.agent import job_of as track
from streams.worker.new_topics import Plan, admin_of, make_topics

JOBS = {
    ingest: "another ingest runs under the name w1, the setting worker; this one stops",
    track: "another track runs under the name w1, the setting worker; this one stops",
    recommend: "another microseg recommend --follow runs for the application NAME; this one stops",
}
Written = list[tuple[bytes, bytes | None]]


@pytest.fixture
def settings(kafka: str, tmp_path: Path) -> Settings:
    return Settings(broker=kafka, application=f"j{uuid.uuid4().hex[:8]}", worker="w1", data_dir=tmp_path)


@pytest.fixture
def topic(settings: Settings) -> str:
    name = f"{settings.application}-written"
    make_topics(admin_of(settings), {name: Plan(3, {})})
    return name


def read(settings: Settings, topic: str) -> Written:
    return sorted(read_whole(settings, topic, range(3)))


@pytest.mark.parametrize("job_of", JOBS, ids=lambda one: one.__module__)
def test_a_job_whose_place_was_taken_says_so(settings: Settings, topic: str, job_of: partial[Job]) -> None:
    """Also where librdkafka says only that there was a fatal error, as it does of a record in a transaction."""
    job = job_of(settings)
    older, newer = Writer(settings, job), Writer(settings, job)
    older.open()

    def records() -> Iterator[Out]:
        yield Out(topic, b"older", b"1", 0)
        newer.open()
        for _ in range(500):
            time.sleep(0.02)
            yield Out(topic, b"older", b"2", 0)

    with pytest.raises(KafkaException) as caught:
        older.write(records())
    assert "Unable to produce" not in str(caught.value)
    for _ in range(2):  # and it goes on saying so
        assert str(explained(job, caught.value)) == JOBS[job_of].replace("NAME", settings.application)
        with pytest.raises(KafkaException) as caught:
            older.write([Out(topic, b"older", b"3", 0)])
    newer.write([Out(topic, b"newer", b"1", 0)])
    assert read(settings, topic) == [(b"newer", b"1")]


def test_a_topic_is_read_to_its_end_in_all_partitions(settings: Settings, topic: str) -> None:
    """What was given up is not read, and a transaction that is open is waited for."""
    assert read(settings, topic) == []
    writer, gone = Writer(settings, track(settings)), Writer(settings, ingest(settings))
    writer.open()
    gone.open()
    records = [Out(topic, b"%d" % n, None if n % 7 == 0 else b"%d" % n, n % 3) for n in range(500)]
    writer.write(records[:250])

    def given_up() -> Iterator[Out]:
        yield from (Out(topic, b"x", b"x", number) for number in range(3))
        raise LookupError

    with pytest.raises(LookupError):
        gone.write(given_up())
    writer.write(records[250:])
    gone = Writer(settings, ingest(settings))
    gone.open()  # ends what was left open
    assert read(settings, topic) == sorted((one.key or b"", one.value) for one in records)
    half = sorted((one.key or b"", one.value) for one in records if one.number == 1)
    assert sorted(read_whole(settings, topic, [1])) == half


def test_making_topics_that_are_there_changes_nothing(settings: Settings, topic: str) -> None:
    there = make_topics(admin_of(settings), {topic: Plan(5, {}), f"{topic}-2": Plan(1, {"cleanup.policy": "compact"})})
    assert [len(there.topics[name].partitions) for name in (topic, f"{topic}-2")] == [3, 1]
