"""Keeps the topic of recommendations current.

One process for the whole shop, as what is popular and what goes together is that of all customers. What it knows is
made of the input topics alone: each start reads them from the beginning (some microseconds an event), so
there is no state that could be lost, or counted twice. What it writes is told apart by what the topic says already: a
list that is the same is not written again. So after a crash, kill -9 included, the newest list of everybody is the same
as if nothing had happened; each round of lists is one transaction. Of two processes the older one stops: they share a
transactional id.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from itertools import islice
from threading import Event
from typing import NamedTuple

import orjson
from confluent_kafka import KafkaException

from streams.clients.topics import prepare
from streams.jobs.errors import Job, explained
from streams.jobs.writer import Out, Writer
from streams.recommend.counting import Counting
from streams.recommend.listing import Pick
from streams.recommend.live.feed import Everything, Members
from streams.recommend.live.topic import create, products_of, records, segment_key, value_of
from streams.recommend.products import Feed
from streams.recommend.recommender import Recommender
from streams.settings import Settings
from streams.worker.clock import Clock
from streams.worker.logs import note

POLL_SECONDS = 0.1
#: lists are written so often, so that a customer who looks around gets one of them and not ten
EVERY_SECONDS = 2.0
#: a round takes about so long at most; then reading goes on
ROUND_SECONDS = 0.5
#: for so many times as long as a ranking of all products takes there is no other
RANKING_SHARE = 10.0
#: of those who did nothing, so many are looked at in a round, as what is popular changes
WALKED = 100


class Wanted(NamedTuple):
    """How many products a list has, and whether it may have what a customer has already."""

    products: int = 10
    again: bool = False


def job_of(settings: Settings) -> Job:
    """What this process is called."""
    return Job.of_application(settings, "recommend", "microseg recommend --follow")


class Following:
    """Follows until it is told to stop. What goes wrong ends it with MicrosegError; a start afterwards goes on.

    Args:
        settings: broker, application, topics, clock and retention.
        stop: set from elsewhere when it is to end soon.
        clock: where the setting ``clock`` is wall, events that are ahead of it are left out.
        feed: the shop's products; only those in stock are shown.
        wanted: what lists are to be like.
    """

    def __init__(self, settings: Settings, stop: Event, clock: Clock, feed: Feed | None, wanted: Wanted) -> None:
        self._settings, self._stop, self._clock, self._wanted = settings, stop, clock, wanted
        self._counting = Counting(feed)
        self._recommender = Recommender(self._counting, settings.retention_ms)
        self._members = Members()
        self._dirty: dict[str, None] = {}
        self._walk: Iterator[str] = iter(())
        self._written: dict[str, bytes] = {}
        self._rank_at = 0.0
        self._job = job_of(settings)
        self._writer = Writer(settings, self._job)
        self.lists = 0

    def busy_seconds(self) -> float:
        """For how long the broker has been asked for what is asked of it now; may be called from any thread."""
        return self._writer.busy_seconds()

    def run(self, *, until_drained: bool = False) -> None:
        """Keeps the topic current, until it is stopped, or all lists are those of what was there at the start."""
        try:
            create(self._settings, prepare(self._settings))
            self._writer.open()
            for key, value in records(self._settings):  # behind the fence: nobody else writes any more
                self._note_written(key, None if value is None else orjson.loads(value)["products"])
            with closing(Everything(self._settings, self._settings.money())) as everything:
                self._catch_up(everything)
                if not self._stop.is_set():
                    note(
                        "up to date",
                        "up to date with %s; %s lists are there",
                        self._counted(),
                        f"{len(self._written):,}",
                    )
                while not self._stop.is_set():
                    self._round()
                    if until_drained and not self._dirty:
                        break
                    self._read_for(everything, 0.0 if self._dirty else EVERY_SECONDS)
        except KafkaException as error:
            raise explained(self._job, error) from error
        told = {"lists": self.lists, "customers": len(self._counting.histories)}
        note("lists written", "%s lists written; %s", f"{self.lists:,}", self._counted(), more=told)

    def _catch_up(self, everything: Everything) -> None:
        """Writes nothing before all that happened is known."""
        note("reading", "reading what was streamed to %s so far", self._settings.application)
        while not everything.caught_up and not self._stop.is_set():
            self._take_in(everything)
        # who is in the topic and unknown now was erased, or is older than what the topics keep
        gone = [key for key in self._written if not key.startswith("\0") and key not in self._counting.histories]
        self._dirty.update(dict.fromkeys(gone))

    def _read_for(self, everything: Everything, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self._take_in(everything)
            if self._stop.is_set() or time.monotonic() >= end:
                return

    def _take_in(self, everything: Everything) -> None:
        wall = self._settings.clock == "wall"
        latest_ms = self._clock.now_ms() + self._settings.max_clock_skew_ms
        for event in everything.read(POLL_SECONDS, self._members):
            if not wall or int(event.at) <= latest_ms:
                self._dirty.update(dict.fromkeys(self._counting.take(event)))
        self._writer.serve()

    # -- writing

    def _round(self) -> None:
        """Chooses anew for those who did something, and some others, and for segments, and writes what is not the
        same."""
        now_ms = self._clock.now_ms() if self._settings.clock == "wall" else self._counting.newest_ms
        began = time.monotonic()
        if began >= self._rank_at:
            self._recommender.rank(now_ms, self._members.of_segment)
            self._rank_at = time.monotonic() + RANKING_SHARE * (time.monotonic() - began)
        end = time.monotonic() + ROUND_SECONDS
        changed: dict[str, list[Pick] | None] = {}
        while self._dirty and time.monotonic() < end:
            user = next(iter(self._dirty))
            del self._dirty[user]
            self._choose(user, changed)
        if not self._dirty:
            for user in self._walked():
                self._choose(user, changed)
            self._choose_for_segments(changed)
        if changed:
            self._write(changed, now_ms)

    def _walked(self) -> list[str]:
        found = list(islice(self._walk, WALKED))
        if not found:
            self._walk = iter(list(self._counting.histories))
        return found

    def _choose(self, user: str, changed: dict[str, list[Pick] | None]) -> None:
        history = self._counting.histories.get(user)
        if not history:
            if user in self._written:
                changed[user] = None
            return
        segments = self._members.of_user.get(user, ())
        picks = self._recommender.for_customer(user, self._wanted.products, segments, again=self._wanted.again)
        if _digest(products_of(picks)) != self._written.get(user):
            changed[user] = picks

    def _choose_for_segments(self, changed: dict[str, list[Pick] | None]) -> None:
        for name, members in self._members.of_segment.items():
            key = segment_key(name)
            if not members:
                if key in self._written:
                    changed[key] = None
                continue
            picks = self._recommender.for_segment(name, self._wanted.products)
            if _digest(products_of(picks)) != self._written.get(key):
                changed[key] = picks

    def _write(self, changed: dict[str, list[Pick] | None], now_ms: int) -> None:
        topic = self._settings.recommendations
        self._writer.write(
            Out(topic, key.encode(), None if picks is None else value_of(key, now_ms, picks))
            for key, picks in changed.items()
        )
        for key, picks in changed.items():
            self._note_written(key, None if picks is None else products_of(picks))
        self.lists += len(changed)

    def _note_written(self, key: str, products: list[dict[str, str]] | None) -> None:
        if products is None:
            self._written.pop(key, None)
        else:
            self._written[key] = _digest(products)

    def _counted(self) -> str:
        return f"{len(self._counting.histories):,} customers and {len(self._counting.catalogue):,} products"


def _digest(products: list[dict[str, str]]) -> bytes:
    return blake2b(orjson.dumps(products), digest_size=8).digest()
