"""The topics of the settings: those that workers read, and those of the shop's own whose dialect is not native.

``[topics.orders]`` with a ``dialect`` is a topic of the shop's own: ``microseg ingest`` translates it into the native
topics ``views``, ``purchases``, ``emails`` and ``profiles``, which are what workers read. Where one of these four is
itself given a dialect, that topic is the shop's own, and workers read ``APPLICATION-purchases`` (and so on) instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams import settings_values as values
from streams.dialects.names import DIALECTS, NATIVE
from streams.settings_source import nearest

TOPIC_PARTS: dict[str, values.Reader] = {"name": values.name, "dialect": values.choice(*DIALECTS)}


class Topic(NamedTuple):
    """A topic of native events: its name in Kafka."""

    name: str


class ForeignTopic(NamedTuple):
    """A topic of the shop's own: the setting that names it, its name in Kafka, and its dialect."""

    setting: str
    name: str
    dialect: str


class Topics(NamedTuple):
    """The four native topics; several of them may be one topic of the same name."""

    views: Topic = Topic("views")
    purchases: Topic = Topic("purchases")
    emails: Topic = Topic("emails")
    profiles: Topic = Topic("profiles")

    def names(self) -> tuple[str, ...]:
        """The names of the native topics, each once, in the order above."""
        return tuple(dict.fromkeys(topic.name for topic in self))


READERS: dict[str, values.Reader] = {
    f"topics.{topic}.{part}": reader for topic in Topics._fields for part, reader in TOPIC_PARTS.items()
}
SHORT = {f"topics.{topic}": f"topics.{topic}.name" for topic in Topics._fields}
_OWN = re.compile(r"topics[._]([A-Za-z0-9_-]+)[._](name|dialect)")


def own_topic(name: str) -> str | None:
    """The name of a setting for a topic of the shop's own, also where spelled as a variable; None of others."""
    found = _OWN.fullmatch(name)
    return f"topics.{found[1]}.{found[2]}" if found else None


def reader_of(name: str) -> values.Reader:
    """The reader of a name that ``own_topic`` gave."""
    return TOPIC_PARTS[name.rpartition(".")[2]]


def native_topics(read: Mapping[str, Any], application: str) -> Topics:
    """What workers read."""

    def native(role: str) -> Topic:
        if read.get(f"topics.{role}.dialect", NATIVE) != NATIVE:
            return Topic(f"{application}-{role}")
        return Topic(read.get(f"topics.{role}.name", role))

    return Topics(**{role: native(role) for role in Topics._fields})


def foreign_topics(read: Mapping[str, Any]) -> tuple[ForeignTopic, ...]:
    """What ingest reads; topics that are named twice come once."""
    found: dict[str, ForeignTopic] = {}
    for setting in _settings_with_topics(read):
        dialect = read.get(f"topics.{setting}.dialect", NATIVE)
        if dialect != NATIVE:
            name = read.get(f"topics.{setting}.name", setting)
            found.setdefault(name, ForeignTopic(setting, name, dialect))
    return tuple(found.values())


def faults(read: Mapping[str, Any], application: str) -> Iterator[str]:
    """What is wrong with topics that are each right by themselves."""
    derived = [
        f"{application}-{role}" for role in Topics._fields if read.get(f"topics.{role}.dialect", NATIVE) != NATIVE
    ]
    for topic in foreign_topics(read):
        if topic.name in derived:
            yield f"topics.{topic.setting}: {topic.name} is where its native events go; give it another name"
    dialects: dict[str, str] = {}
    for setting in _settings_with_topics(read):
        dialect = read.get(f"topics.{setting}.dialect", NATIVE)
        if setting not in Topics._fields and dialect == NATIVE:
            hint = nearest(f"topics.{setting}", list(SHORT), str)
            yield f"topics.{setting}: a topic of the shop's own needs a dialect other than native{hint}"
            continue
        name = read.get(f"topics.{setting}.name", setting)
        other = dialects.setdefault(name, dialect)
        if other != dialect:
            yield f"the topic {name} is given two dialects, {other} and {dialect}; name it auto in both"


def _settings_with_topics(read: Mapping[str, Any]) -> tuple[str, ...]:
    own = (name.split(".")[1] for name in read if name.startswith("topics."))
    return tuple(dict.fromkeys((*Topics._fields, *own)))
