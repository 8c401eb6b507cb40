"""A store in memory: for the warm-up of the kernel, and for tests."""

from __future__ import annotations

from collections.abc import Sequence


class MemoryStore:
    """As slow as it is simple where many keys are in it."""

    def __init__(self) -> None:
        self.pairs: dict[bytes, bytes] = {}

    def open(self) -> None:
        """It is there."""

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys."""
        return [self.pairs.get(key) for key in keys]

    def scan(self, start: bytes, end: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Pairs from ``start`` to before ``end``."""
        return sorted(pair for pair in self.pairs.items() if start <= pair[0] < end)[:most]

    def write(self, pairs: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Put them in."""
        for key, value in pairs:
            if value is None:
                self.pairs.pop(key, None)
            else:
                self.pairs[key] = value

    def scrub(self, keys: Sequence[bytes]) -> None:
        """Nothing is left of them."""

    def touch(self) -> None:
        """It has no age."""

    def close(self) -> None:
        """It stays."""
