"""What the page of proposals says of the last round of discovery."""

from __future__ import annotations

import uuid

from streams.commands.dashboard import sources_of
from streams.rounds.last import Last
from streams.rounds.topic import create, write_last
from streams.settings import Settings


def test_the_last_round(kafka: str) -> None:
    settings = Settings(broker=kafka, application=f"rounds-{uuid.uuid4().hex[:8]}")
    last_round = sources_of(settings).last_round
    assert last_round() is None  # not even the topic is there
    create(settings)
    assert last_round() is None
    began = Last(began_ms=86_400_000, worker="w1", customers=40, candidates=3, proposals=("a", "b"), error="no room")
    write_last(settings, began)

    said = last_round()

    assert said is not None
    assert (said["began"], said["ended"], said["proposals"]) == ("1970-01-02T00:00:00.000Z", None, ["a", "b"])
    assert said["trouble"] == "no room"
