"""The machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from streams.embedded.kafka_jars import KAFKA_VERSION

PACKAGES = ("microseg", "faust-streaming", "aiokafka", "confluent-kafka", "numba", "numpy", "orjson", "msgspec")


def machine() -> str:
    """Cores, memory, kind of processor and system, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def versions() -> dict[str, str]:
    """Python, Java, Kafka and the packages that count."""
    found = {"Python": platform.python_version(), "Apache Kafka": KAFKA_VERSION, "Java": _java()}
    return {name: one for name, one in {**found, **{name: _package(name) for name in PACKAGES}}.items() if one}


def load() -> float:
    """How many threads have wanted a core during the last minute; what is above nothing disturbs."""
    return round(os.getloadavg()[0], 1)


def today() -> str:
    """The date, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        return ""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    return said.split('"')[1] if said.count('"') > 1 else ""


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
