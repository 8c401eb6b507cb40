"""A round of the schedule gets what time live events leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from streams.rounds.child import ONE_THREAD

LOOK = """
import json, os, threading
from streams.rounds.child import only_when_idle

def look():
    return os.sched_getscheduler(threading.get_native_id()), len(os.listdir("/proc/self/task"))

before = look()
looked = threading.Event()
found = []

def keep_the_place():
    looked.wait()
    found.append(look())

earlier = threading.Thread(target=keep_the_place)
earlier.start()
only_when_idle()
only_when_idle()
looked.set()
earlier.join()
print(json.dumps([before, look(), found[0]]))
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="only Linux has this")
def test_what_computes_is_idle_and_what_keeps_the_place_in_the_group_is_not() -> None:
    environ = {**os.environ, **ONE_THREAD}
    done = subprocess.run([sys.executable, "-c", LOOK], env=environ, capture_output=True, text=True, check=True)
    (usual, threads), (mine, _), (earlier, _) = json.loads(done.stdout)
    assert (threads, mine, earlier) == (1, os.SCHED_IDLE, usual)
