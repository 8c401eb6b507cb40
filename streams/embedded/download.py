"""The broker's jars on this machine: fetched once, checked by digest, kept in the Maven repository of the user."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.embedded.kafka_jars import JARS, KAFKA_VERSION, Jar
from streams.embedded.processes import locked
from streams.errors import EmbeddedError

if TYPE_CHECKING:
    from jgo.maven import MavenContext

INSTALL = "pip install 'microseg[embedded]'"
TRIES = 3
PARALLEL = 4


def jar_paths() -> list[Path]:
    """Where all jars lie, after fetching those that are missing; needs no network once they are there.

    Raises:
        EmbeddedError: a jar cannot be fetched; what has arrived is kept for the next try.
    """
    repository = Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")
    if _missing(repository):
        _make(repository)
        with locked(repository / ".microseg.lock"):
            _fetch_all(repository, _missing(repository))
    return [_path(repository, jar) for jar in JARS]


def _make(repository: Path) -> None:
    try:
        repository.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"cannot keep Apache Kafka in {repository}: {error.strerror}") from error


def _path(repository: Path, jar: Jar) -> Path:
    return repository.joinpath(*jar.group.split("."), jar.name, jar.version, f"{jar.name}-{jar.version}.jar")


def _missing(repository: Path) -> list[Jar]:
    """Jars that are absent or of the wrong size; digests are only looked at when a jar arrives."""
    return [jar for jar in JARS if _size(_path(repository, jar)) != jar.size]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _fetch_all(repository: Path, jars: Sequence[Jar]) -> None:
    if not jars:
        return
    try:
        with _progress(sum(jar.size for jar in jars)) as advance, ThreadPoolExecutor(PARALLEL) as pool:
            context = _maven(repository, advance)
            for _ in pool.map(lambda jar: _fetch(context, repository, jar), jars):
                pass
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, the resolver's are RuntimeErrors
        raise EmbeddedError(_failure(error)) from error


def _failure(error: Exception) -> str:
    reason = type(error).__name__ if isinstance(error, OSError) and error.errno is None else str(error).splitlines()[0]
    return (
        f"cannot download Apache Kafka {KAFKA_VERSION} from the Maven repository ({reason}); "
        "check the network or proxy and try again: what has arrived is kept"
    )


def _maven(repository: Path, advance: Callable[[int], None]) -> MavenContext:
    """The resolver of jars: the user's own repositories first (a mirror, say), then the central one."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext, PythonResolver
    except ImportError as error:
        raise EmbeddedError(f"the embedded Kafka needs more packages: {INSTALL}") from error

    @contextmanager
    def callback(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield advance

    remotes = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    resolver = PythonResolver(progress_callback=callback)
    return MavenContext(resolver=resolver, repo_cache=repository, local_repos=[], remote_repos=remotes, timeout=15)


def _fetch(context: MavenContext, repository: Path, jar: Jar) -> None:
    path = _path(repository, jar)
    for left in reversed(range(TRIES)):
        path.unlink(missing_ok=True)  # cut short by an earlier try: the resolver would take it for whole
        try:
            context.project(jar.group, jar.name).at_version(jar.version).artifact().resolve()
            _check(path, jar)
            return
        except (OSError, RuntimeError):
            path.unlink(missing_ok=True)
            if not left:
                raise
            time.sleep(1)


def _check(path: Path, jar: Jar) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
        raise RuntimeError(f"{path.name} is not the file that was published")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Shows on stderr how many of ``total`` bytes have come; off a terminal one line before and one after."""
    text = f"downloading Apache Kafka {KAFKA_VERSION}"
    if not sys.stderr.isatty():
        print(f"{text} ({total / 1e6:.0f} MB, once) ...", file=sys.stderr, flush=True)
        yield lambda _bytes: None
        print(f"{text}: done", file=sys.stderr, flush=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()]
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(text, total=total)
        yield lambda count: progress.advance(task, count)
