"""How many rounds the laws run: few by default, thousands with ``LAWS=long``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("short", max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", parent=settings.get_profile("short"), max_examples=5_000)
settings.load_profile(os.environ.get("LAWS", "short"))
