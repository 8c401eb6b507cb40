"""The front door: real requests to a real server on loopback, and what is in Kafka afterwards."""

from __future__ import annotations

import base64
import gzip
import hmac
import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from streams.embedded.kafka import KafkaBroker
from streams.ingest.counts import Counts
from streams.ingest.door.delivery import Delivery
from streams.ingest.door.doors import Door, Doors
from streams.ingest.door.keys import admitted, signed
from streams.ingest.door.pages import Pages
from streams.ingest.door.server import FrontDoor
from streams.settings import Settings
from tests.ingest.shop import ForeignShop
from tests.worker.ports import free_port
from tests.worker.shop import WorkerProcess, until

SECRET, KEY = "shpss_hush", "write-key-9"
ORDER = {
    "id": 77,
    "customer": {"id": 42},
    "created_at": "2026-05-01T05:00:00Z",
    "total_price": "19.90",
    "financial_status": "paid",
    "line_items": [{"product_id": 1, "price": "19.90", "quantity": 1}],
}
REFUND = {
    "id": 9,
    "order_id": 77,
    "created_at": "2026-05-02T05:00:00Z",
    "transactions": [{"kind": "refund", "status": "success", "amount": "19.90"}],
}
VIEW = {
    "event": "Product Viewed",
    "messageId": "m1",
    "userId": "ana",
    "timestamp": "2026-05-01T05:00:00Z",
    "properties": {"product_id": "p1"},
}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    said: Any


def post(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", path, body, dict(headers))
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    return Answer(answer.status, dict(answer.headers), json.loads(raw) if raw.startswith(b"{") else raw)


def webhook(port: int, topic: str, body: object, secret: str = SECRET, **more: str) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    signature = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
    return post(port, "/shopify", raw, {"X-Shopify-Hmac-SHA256": signature, "X-Shopify-Topic": topic, **more})


def call(port: int, path: str, body: object, authorization: str = f"Bearer {KEY}", **more: str) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return post(port, path, raw, {"Authorization": authorization, "Content-Type": "application/json", **more})


@contextmanager
def front_door(shop: ForeignShop) -> Iterator[tuple[int, WorkerProcess]]:
    port = free_port()
    keys = {"MICROSEG_WEBHOOKS_SHOPIFY_SECRET": SECRET, "MICROSEG_WEBHOOKS_WRITE_KEY": KEY}
    with shop.ingest("--http", f"127.0.0.1:{port}", **keys) as process:
        process.wait_for("ingest w1")
        yield port, process


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> ForeignShop:
    return ForeignShop(kafka, tmp_path, hooks="shopify", calls="segment")


def native(shop: ForeignShop) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in (orjson.loads(one.value) for one in shop.native())}


def test_what_is_posted_becomes_native_events(shop: ForeignShop) -> None:
    basic = f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}"
    packed = gzip.compress(orjson.dumps({"batch": [{**VIEW, "type": "track", "messageId": f"b{n}"} for n in range(3)]}))
    with front_door(shop) as (port, process):
        answers = [
            webhook(port, "orders/create", ORDER),
            webhook(port, "refunds/create", REFUND),
            webhook(port, "orders/create", ORDER),
            call(port, "/v1/track", VIEW),
            call(port, "/v1/identify", {"userId": "ana", "messageId": "i1", "traits": {"tier": "gold"}}, basic),
            call(port, "/v1/batch", packed, **{"Content-Encoding": "gzip"}),
        ]
        assert [one.status for one in answers] == [200] * 6
        assert all(one.said == {"success": True} for one in answers)
        until(lambda: len(shop.native()) == 8, 20)
        found = native(shop)
        assert found.keys() == {"order-77-1777611600000", "refund-9", "m1", "i1", "b0", "b1", "b2"}
        assert found["refund-9"]["user"] == "42"
        assert found["m1"]["at"] == 1_777_611_600_000
        process.process.terminate()
        assert process.wait(20) == 0
    assert SECRET not in process.said
    assert KEY not in process.said


def test_who_is_not_let_in(shop: ForeignShop) -> None:
    with front_door(shop) as (port, _):
        assert webhook(port, "orders/create", ORDER, secret="guess").status == 401
        assert post(port, "/shopify", b"{}", {"X-Shopify-Topic": "orders/create"}).status == 401
        assert post(port, "/shopify", b"{}", {"X-Shopify-Hmac-SHA256": "\xe9"}).status == 401
        answer = call(port, "/v1/track", VIEW, "Bearer guess")
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Basic")
        assert call(port, "/v1/track", VIEW, "Basic ???").status == 401
        assert post(port, "/v1/batch", b"{}", {}).status == 401
        assert call(port, "/v1/track", b"{").status == 400
        assert call(port, "/v1/track", [VIEW]).said == {"error": "the body is no JSON object"}
        assert call(port, "/v1/batch", VIEW).said == {"error": "batch: missing, or no list"}
        assert webhook(port, "", ORDER).said == {"error": "X-Shopify-Topic: missing"}
        assert call(port, "/v1/track", {**VIEW, "context": "x" * (1 << 20)}).status == 413
        bomb = gzip.compress(orjson.dumps({**VIEW, "context": "x" * (8 << 20)}))
        assert call(port, "/v1/track", bomb, **{"Content-Encoding": "gzip"}).status == 413
        assert call(port, "/v2/track", VIEW).status == 404
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/metrics")
        told = connection.getresponse().read().decode()
        connection.close()
        assert 'microseg_ingest_answers_total{page="/v1/track",status="413"} 2.0' in told
    assert shop.native() == []


def test_a_broker_that_goes_and_comes_back(tmp_path: Path) -> None:
    """While it is away the answer is 503; what was answered with 200 is there."""
    broker = KafkaBroker(tmp_path / "kafka")
    running = broker.start(0)
    try:
        shop = ForeignShop(running.address, tmp_path, calls="segment")
        with front_door(shop) as (port, _):
            assert call(port, "/v1/track", VIEW).status == 200
            until(lambda: len(shop.native()) == 1, 20)
            broker.stop()
            answer = call(port, "/v1/track", {**VIEW, "messageId": "m2"})
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
            broker.start()
            until(lambda: call(port, "/v1/track", {**VIEW, "messageId": "m3"}).status == 200, 30)
            until(lambda: "m3" in native(shop), 30)
    finally:
        broker.stop()


def test_too_much_at_once_and_nobody_there() -> None:
    settings = Settings(broker=f"127.0.0.1:{free_port()}")
    delivery, port = Delivery(settings), free_port()
    pages = Pages(Doors(None, Door("calls", KEY)), delivery, Counts(), lambda: 1_777_611_600_000, at_once=3)
    answers: list[Answer] = []
    with FrontDoor(pages, delivery, ("127.0.0.1", port)):
        threads = [
            threading.Thread(target=lambda: answers.append(call(port, "/v1/track", VIEW)), daemon=True)
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert Counter(one.status for one in answers) == {503: 3, 429: 5}
        assert all(one.headers["Retry-After"] for one in answers)
        assert call(port, "/v1/track", VIEW, "Bearer guess").status == 401
        assert webhook(port, "orders/create", ORDER).status == 404  # that door is closed


def test_doors_need_a_topic_and_a_key(shop: ForeignShop) -> None:
    with shop.ingest("--http", f"127.0.0.1:{free_port()}") as process:
        assert process.wait(30) == 2
    assert process.said.startswith("microseg: --http has nothing to let in: it needs webhooks.shopify_secret and ")
    port = free_port()
    with shop.ingest("--http", f"127.0.0.1:{port}", MICROSEG_WEBHOOKS_WRITE_KEY=KEY) as first:
        first.wait_for("ingest w1")
        environ = {"MICROSEG_WEBHOOKS_WRITE_KEY": KEY, "MICROSEG_WORKER": "w2"}
        with shop.ingest("--http", f"127.0.0.1:{port}", **environ) as second:
            assert second.wait(30) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in second.said
    assert "Traceback" not in second.said


def test_keys() -> None:
    body = b'{"id":1}'
    signature = base64.b64encode(hmac.digest(b"s", body, "sha256")).decode()
    assert signed(body, signature, "s")
    assert not any((signed(body, signature, "t"), signed(body + b" ", signature, "s"), signed(body, None, "s")))
    assert admitted("bearer k", "k")
    assert admitted("Basic " + base64.b64encode(b"k:password").decode(), "k")
    assert not any(admitted(one, "k") for one in (None, "", "k", "Bearer", "Bearer kk", "Digest k", "Basic k"))
