"""The serving store: who is in which segment now, in Redis, for those who must know within a millisecond."""
