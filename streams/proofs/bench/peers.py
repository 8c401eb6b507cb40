"""The peers' own script, run for one variant at a time; what it needs is built into a cache."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from streams.proofs.bench.sizes import Sizes
from streams.proofs.ground import ProofError

CACHE = Path(".microseg/peers")
#: the last two are what Faust's dependencies import without naming them
PACKAGES = ("confluent-kafka", "quixstreams", "faust-streaming", "orjson", "pyyaml", "packaging", "python-dateutil")
KAFKA_STREAMS, QUIX, FAUST = "kafka-streams", "quix", "faust-tutorial"


class Variant(NamedTuple):
    """A peer as it is set: ``options`` go to its program."""

    name: str
    peer: str
    options: str = ""


EXACT = Variant("Kafka Streams exactly_once_v2", KAFKA_STREAMS, "threads=2,guarantee=exactly_once_v2,commit-ms=1000")
STOCK = Variant("Kafka Streams stock", KAFKA_STREAMS, "threads=2")
BEHIND = Variant("Kafka Streams write-behind", KAFKA_STREAMS, "threads=2,store=behind")
SLOW_QUIX = Variant("Quix Streams", QUIX)
SLOW_FAUST = Variant("tutorial Faust", FAUST)
VARIANTS = (EXACT, STOCK, BEHIND, SLOW_QUIX, SLOW_FAUST)


class Peers:
    """The script of a folder, with the Python and the classes that it needs; made by ``prepare``."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder.resolve()
        self._sizes = sizes
        if not (self.folder / "run.py").is_file():
            raise ProofError(f"--peers {folder}: there is no run.py in it")

    def prepare(self) -> None:
        """Builds what is missing: a Python environment, and the classes of Kafka Streams by Maven.

        Raises:
            ProofError: one cannot be built.
        """
        CACHE.mkdir(parents=True, exist_ok=True)
        self._environment()
        self._classes()

    def run(self, variant: Variant, bootstrap: str, file: Path, work: Path, disturbed: float) -> dict[str, Any]:
        """One run of a variant on a topic that is loaded, as the script tells it; a disturbed one is repeated by the
        script.

        Raises:
            ProofError: the script failed.
        """
        command = [str(_python()), str(self.folder / "run.py"), "--bootstrap", bootstrap, "--keep", "--runs", "1"]
        command += ["--peers", variant.peer, "--events", str(file), "--work", str(work), f"--java={self._sizes.java}"]
        classes = CACHE.resolve() / KAFKA_STREAMS / "target"
        command += ["--classpath", f"{classes / 'classes'}:{classes / 'lib'}/*", "--disturbed", str(disturbed)]
        command += ["--retries", str(self._sizes.retries)]
        command += ["--options", f"{variant.peer}:{variant.options}"] if variant.options else []
        said = _done(command, variant.name)
        found: dict[str, Any] = json.loads([line for line in said.splitlines() if line.startswith("{")][-1])
        return found

    def _environment(self) -> None:
        made = CACHE / "venv" / ".made"
        if made.exists() and made.read_text() == " ".join(PACKAGES):
            return
        venv.create(CACHE / "venv", with_pip=True, clear=True)
        pip = [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _done([*pip, *PACKAGES], "pip for the peers")
        made.write_text(" ".join(PACKAGES))

    def _classes(self) -> None:
        source, build = self.folder / KAFKA_STREAMS, CACHE / KAFKA_STREAMS
        files = sorted(one for one in source.rglob("*") if one.suffix in (".java", ".xml"))
        wanted = hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()
        made = build / ".made"
        if made.exists() and made.read_text() == wanted:
            return
        shutil.rmtree(build, ignore_errors=True)
        for one in files:
            copy = build / one.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(one.read_bytes())
        maven = shutil.which("mvn")
        if maven is None:
            raise ProofError("--peers needs Maven and Java 17 on PATH: there is no mvn")
        goals = ["package", "dependency:copy-dependencies", f"-DoutputDirectory={build.resolve() / 'target' / 'lib'}"]
        _done([maven, "-q", "-B", "-f", str(build / "pom.xml"), *goals], "Maven for the peers")
        made.write_text(wanted)


def _python() -> Path:
    return (CACHE / "venv").absolute() / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _done(command: Sequence[str], name: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing")[-300:]
        raise ProofError(f"{name} ended with exit code {done.returncode}: {said}")
    return done.stdout
