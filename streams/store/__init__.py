"""The local store of partitions whose customers are more than memory holds."""
