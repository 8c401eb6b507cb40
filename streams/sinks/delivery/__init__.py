"""Delivers memberships to platforms over HTTP: one engine; what is a platform's own is in ``streams.sinks.platforms``."""
