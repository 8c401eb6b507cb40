"""The laws here run as many rounds as those of ``tests/laws``."""

import tests.laws.conftest  # noqa: F401
