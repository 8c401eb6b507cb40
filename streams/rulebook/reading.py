"""From rule files to what a worker runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.errors import MicrosegError
from streams.rules.compile import Program, compile_rules
from streams.rules.load import NoRuleFolder, load_folder, load_texts
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class FolderRules:
    """A good rule folder: the texts of its live files, the program made of them, and the names in ``retired/``."""

    files: dict[str, str]
    program: Program
    retired: frozenset[str]

    @property
    def digest(self) -> str:
        """The digest of the rules' meaning."""
        return self.program.digest


def folder_rules(settings: Settings, folder: Path | None = None) -> FolderRules:
    """The rules of a folder, None: of the one in the settings.

    Raises:
        MicrosegError: its rules are refused (RuleErrors), or there is no folder (NoRuleFolder).
    """
    folder = folder or settings.rules
    try:
        loaded = load_folder(folder, settings.retention_ms)
    except OSError as error:  # as when the file system goes away in the middle
        raise NoRuleFolder([f"{folder}: cannot be read: {error.strerror}"]) from error
    program = compile_rules(loaded.rule_set, settings.retention_ms, settings.timezone, settings.traffic)
    return FolderRules(loaded.texts, program, loaded.retired)


def program_of(files: Mapping[str, str], settings: Settings) -> Program:
    """The program of published texts; raises MicrosegError where this version refuses them."""
    return compile_rules(
        load_texts(files, settings.retention_ms), settings.retention_ms, settings.timezone, settings.traffic
    )


def folder_or_error(settings: Settings) -> FolderRules | MicrosegError:
    """The rules of the folder in the settings, or what is wrong there."""
    try:
        return folder_rules(settings)
    except MicrosegError as error:
        return error
