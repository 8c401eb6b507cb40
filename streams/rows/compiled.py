"""The one way to compile a function to machine code; results are kept on disk, under a digest of all kernel sources.

numba looks only at the file of the function itself, so a change in a callee would leave a stale caller behind: hence
the digest. The folder lies beside the user's caches, as an installed package may not be writable.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

#: the modules that the compiled functions are made of; a test holds this list against their imports
KERNEL = (
    "rows/layout.py",
    "rows/batch.py",
    "rows/arena.py",
    "rows/places.py",
    "rows/order.py",
    "rows/forget.py",
    "rows/fold.py",
    "rows/home.py",
    "rows/packing.py",
    "rows/tables.py",
    "rows/used.py",
    "intake/digests.py",
    "intake/tokens.py",
    "intake/numbers.py",
    "intake/fields.py",
    "intake/orders.py",
    "intake/plain.py",
    "rules/code.py",
    "engine/scratch.py",
    "engine/joining.py",
    "engine/traffic.py",
    "engine/orders.py",
    "engine/facts.py",
    "engine/matching.py",
    "engine/windows.py",
    "engine/counting.py",
    "engine/measures.py",
    "engine/conditions.py",
    "engine/families.py",
    "engine/lasting.py",
    "engine/reasons.py",
    "engine/judge.py",
    "engine/step.py",
    "recommend/pairs_kernel.py",
)
P = ParamSpec("P")
R = TypeVar("R")


def _cache_dir() -> Path:
    streams = Path(__file__).parent.parent
    digest = blake2b(numba.__version__.encode(), digest_size=8)
    for source in KERNEL:
        digest.update((streams / source).read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "microseg" / digest.hexdigest()


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_cache_dir())  # type: ignore[attr-defined]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code for other compiled functions; it cannot be called from Python and makes no arrays.

    Without a wrapper for Python, which takes every array apart, it compiles in half the time, and without counting
    references in a fifth less still.
    """
    return _jit(function, no_cpython_wrapper=True)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code that becomes a part of each of its callers.

    A call passes every array of every argument as nine numbers, so on the way from ``judge`` to a single fact it
    costs more than what it calls: with it a judgement takes a fifth of the time.
    """
    return _jit(function, no_cpython_wrapper=True, forceinline=True)


def spliced(function: Callable[P, R]) -> Callable[P, R]:
    """The function as lines of its caller, before anything is compiled: for what is called in one place and not small.

    Each level of ``inlined`` functions would be optimised again with all that is below it.
    """
    return _jit(function, no_cpython_wrapper=True, inline="always")


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, to be called from Python; it runs without the interpreter's lock."""
    return _jit(function, no_cpython_wrapper=False)


def _jit(function: Callable[P, R], **options: bool | str) -> Callable[P, R]:
    # _nrt: no function here makes an array or keeps one, so references need not be counted
    return numba.njit(cache=True, nogil=True, no_cfunc_wrapper=True, _nrt=False, **options)(function)  # type: ignore
