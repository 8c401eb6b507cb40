"""Which partition is a customer's home: that of Kafka's default (murmur2) partitioner."""

from __future__ import annotations

from streams.rows.compiled import entry

_MASK = 0xFFFFFFFF


@entry
def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 of the bytes."""
    length = len(data)
    h = (0x9747B28C ^ length) & _MASK
    for i in range(0, length - 3, 4):
        k = data[i] | data[i + 1] << 8 | data[i + 2] << 16 | data[i + 3] << 24
        k = k * 0x5BD1E995 & _MASK
        k ^= k >> 24
        k = k * 0x5BD1E995 & _MASK
        h = (h * 0x5BD1E995 & _MASK) ^ k
    rest = length & ~3
    if length & 3 == 3:
        h ^= data[rest + 2] << 16
    if length & 3 >= 2:
        h ^= data[rest + 1] << 8
    if length & 3 >= 1:
        h ^= data[rest]
        h = h * 0x5BD1E995 & _MASK
    h ^= h >> 13
    h = h * 0x5BD1E995 & _MASK
    return h ^ (h >> 15)


def home_partition(user: str, partitions: int) -> int:
    """The partition of a customer among so many."""
    return (murmur2(user.encode()) & 0x7FFFFFFF) % partitions
