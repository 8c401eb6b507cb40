"""Giving memory back to the machine."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Hands back what was freed, as far as the C library can (glibc; elsewhere nothing is done).

    Restored rows are millions of small blocks until they lie in one array; glibc keeps those for later use, which was
    almost half of the memory of a worker that had just opened.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
