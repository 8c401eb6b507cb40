"""The front door: webhooks and calls over HTTP into the shop's own topics, for shops with no Kafka producer."""
