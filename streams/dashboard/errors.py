"""Errors as the pages get them: a status, one clear sentence and what to do about it."""

from __future__ import annotations

from streams.errors import MicrosegError


class Refused(Exception):
    """An answer that is none: ``status`` of HTTP, a sentence, and a hint."""

    def __init__(self, status: int, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.hint = status, error, hint

    def told(self) -> dict[str, str]:
        """As JSON has it."""
        return {"error": self.error, "hint": self.hint}


def unknown(text: str, hint: str = "") -> Refused:
    """There is no such thing."""
    return Refused(404, text, hint)


def away(error: MicrosegError) -> Refused:
    """Something that the dashboard asks does not answer."""
    first, _, rest = str(error).partition("\n")
    sentence, _, hint = first.partition("; ")
    return Refused(503, sentence, hint or rest or "the page tries again by itself")
