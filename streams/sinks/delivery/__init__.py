"""Delivers memberships over HTTP: one engine for all platforms, of which ``streams.sinks.platforms`` has their own."""
