"""How the embedded broker is set up: one node, a small machine, and events with any time stamp."""

from __future__ import annotations

from pathlib import Path

from streams.embedded.processes import HOST

JVM = (
    "-Xms96m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

_FIXED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # one node: internal topics have one copy and few partitions, so that it starts and stops at once
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # a topic that is missing is a mistake to be told, not one to be made with the wrong partitions
    "auto.create.topics.enable": "false",
    "num.partitions": "4",
    "delete.topic.enable": "true",
    # history has old stamps and a shop in fast motion has future ones: neither may be deleted or refused for it
    "log.retention.ms": "-1",
    "log.message.timestamp.after.max.ms": str(2**63 - 1),
    "message.max.bytes": str(8 << 20),  # values over 1 MiB must arrive to be refused with their bytes
    # a small machine
    "log.segment.bytes": str(64 << 20),
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
    "log.segment.delete.delay.ms": "1000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
}


def server_properties(port: int, controller_port: int, data: Path) -> str:
    """The text of the broker's ``server.properties``; it listens on this machine only."""
    client, controller = f"PLAINTEXT://{HOST}:{port}", f"CONTROLLER://{HOST}:{controller_port}"
    chosen = {
        "listeners": f"{client},{controller}",
        "advertised.listeners": client,
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "log.dirs": str(data),
    }
    return "".join(f"{name}={value}\n" for name, value in {**_FIXED, **chosen}.items())
