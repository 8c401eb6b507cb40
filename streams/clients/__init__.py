"""Kafka clients beside the worker: the sender of events, the loader of files, the reader of membership changes."""
