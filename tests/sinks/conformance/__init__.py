"""One suite for all sinks over HTTP, each against a local server that holds to what the platform publishes."""
