"""What may be done from the pages: move a rule file, which is its life cycle, and see beforehand what that would do."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from streams.authoring.moving import NotMoved, move, moved, start
from streams.dashboard.errors import Refused, away, unknown
from streams.errors import MicrosegError
from streams.rules.errors import RuleErrors
from streams.rules.folder import KEPT, LIVE
from streams.rules.load import load_folder, load_texts
from streams.settings import Settings
from streams.survey.asking import ask_plan
from streams.worker.clock import Clock

Json = dict[str, Any]
FOLDERS = (*LIVE, *KEPT)
WAIT_SECONDS = 30.0
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,199}")


class Actions:
    """One at a time, whoever asks."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()

    def approve(self, name: object, to: object) -> Json:
        """Moves a proposal to ``trial`` or ``active``."""
        if to not in LIVE:
            raise Refused(409, "a proposal goes to trial or to active", "send to: trial or to: active")
        with self._lock:
            path = self._file(name)
            if path.parent.name != "proposed":
                raise Refused(409, f"{path.stem} is no proposal; it is in {path.parent.name}/", "use move")
            return self._moved(path, str(to))

    def move(self, name: object, to: object) -> Json:
        """Moves a rule file to another folder."""
        if to not in FOLDERS:
            raise Refused(409, "there is no such folder", f"send to: one of {', '.join(FOLDERS)}")
        with self._lock:
            return self._moved(self._file(name), str(to))

    def plan(self, name: object = None, to: object = None) -> Json:
        """What the rule folder, or a move in it, would do to live customers."""
        if (name is None) != (to is None) or (to is not None and to not in FOLDERS):
            raise Refused(409, "a plan of a move needs the name of a rule and a folder", "send name and to, or neither")
        folder, retention_ms = self._settings.rules, self._settings.retention_ms
        try:
            texts = load_folder(folder, retention_ms).texts if to is None else moved(folder, self._file(name), str(to))
            rules = load_texts(texts, retention_ms)
        except RuleErrors as error:
            raise _conflict(error) from error
        from streams.survey.sums import summed  # only now: it loads the engine, which no other page needs

        try:
            plan = summed(ask_plan(self._settings, texts, wait_s=WAIT_SECONDS), rules)
        except MicrosegError as error:
            raise away(error) from error
        return {"said": _said(plan), "plan": plan}

    def _file(self, name: object) -> Path:
        """The file of a rule; no other name gets near the disk."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise unknown("there is no rule of that name")
        folder = self._settings.rules
        found = [path for one in FOLDERS if (path := folder / one / f"{name}.yaml").is_file()]
        if not found:
            raise unknown(f"there is no rule {name!r} in {folder}", "the dashboard needs the rule folder to move files")
        return found[0]

    def _moved(self, path: Path, to: str) -> Json:
        source, folder = path.parent.name, self._settings.rules
        if source == to:
            raise Refused(409, f"{path.stem} is in {to}/ already")
        try:
            if to == "trial":
                start(folder, _to_start(path), self._clock.now_ms(), self._settings.retention_ms)
            else:
                move(folder, path.stem, to, self._settings.retention_ms, source)
        except (NotMoved, RuleErrors) as error:
            raise _conflict(error) from error
        except OSError as error:
            raise Refused(409, f"{path.name} cannot be moved: {error.strerror}") from error
        return {"said": f"{path.stem} is in {to}/ now; {_after(to)}", "name": path.stem, "from": source, "to": to}


def _to_start(path: Path) -> Path:
    if path.parent.name == "active":
        raise Refused(
            409, "what is active is in nobody's trial: its customers carry no arm", "move it to retired first"
        )
    return path


def _after(to: str) -> str:
    return "it is live within seconds" if to in LIVE else "nobody evaluates it"


def _said(plan: Json) -> str:
    if plan["unchanged"]:
        return "these rules are live already: nothing would change"
    moved_ = [one for one in plan["segments"] if one["entering"] or one["leaving"]]
    enter, leave = (sum(one[key] or 0 for one in moved_) for key in ("entering", "leaving"))
    segments = "1 segment" if len(moved_) == 1 else f"{len(moved_)} segments"
    return f"{segments} would change: {enter:,} customers enter, {leave:,} leave; nothing is live yet"


def _conflict(error: MicrosegError) -> Refused:
    first, _, rest = str(error).partition("\n")
    return Refused(409, first, rest)
