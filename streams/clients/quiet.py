"""Keeps librdkafka's own lines off the terminal: what matters in them is raised in the user's words."""

from __future__ import annotations

import logging

from streams.worker.logs import librdkafka_log

librdkafka_log.addHandler(logging.NullHandler())  # without any handler Python prints warnings to stderr

__all__ = ["librdkafka_log"]
