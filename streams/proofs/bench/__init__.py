"""``scripts/bench``: speed, latency, memory and growth beside Kafka Streams and others, held against their targets."""
