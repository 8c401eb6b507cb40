"""A customer's home is the partition that Kafka's default partitioner gives their id."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as aiokafkas
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rows.home import home_partition, murmur2


# the vectors of Kafka's own UtilsTest
@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_vectors_of_kafka(data: bytes, digest: int) -> None:
    assert murmur2(data) == digest % 2**32


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_the_same_as_the_client(data: bytes) -> None:
    assert murmur2(data) == aiokafkas(data) % 2**32


@given(st.text(min_size=1, max_size=20), st.integers(1, 300))
@settings(deadline=None)
def test_the_home_of_a_customer(user: str, partitions: int) -> None:
    assert home_partition(user, partitions) == (aiokafkas(user.encode()) & 0x7FFFFFFF) % partitions
