"""Who gets which mail: a sticky draw that needs no memory."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

TREATMENT, CONTROL, HOLDOUT = "treatment", "control", "holdout"
_WHOLE = 1 << 64


class Shares(NamedTuple):
    """Of the eligible customers, how many get the micro-segment's mail and how many none at all; the others get the
    broad segment's mail."""

    treatment: float = 0.5
    holdout: float = 0.0


def drawn(salt: str, user: str) -> float:
    """A number from 0 up to 1 that is always the same for a trial and a customer, and even over the customers."""
    digest = blake2b(user.encode("utf-8", "surrogatepass"), digest_size=8, key=salt.encode()[:64])
    return int.from_bytes(digest.digest(), "big") / _WHOLE


def arm_of(salt: str, user: str, shares: Shares) -> str:
    """The arm of an eligible customer. A change of shares moves only those who are between the old ones and the new."""
    place = drawn(salt, user)
    if place < shares.treatment:
        return TREATMENT
    return CONTROL if place < 1 - shares.holdout else HOLDOUT


def trial_of(user: str, trials: Sequence[str]) -> str | None:
    """Which of the trials that a customer is eligible for is theirs; None of none.

    The one with the greatest draw, so that a trial that begins or ends moves nobody between the others (rendezvous
    hashing, Thaler and Ravishankar, 1998).
    """
    return max(trials, key=lambda trial: (drawn(f"which:{trial}", user), trial), default=None)
