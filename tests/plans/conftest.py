"""How many rounds properties run: as the laws."""

from __future__ import annotations

import tests.laws.conftest

__all__ = ["tests"]
