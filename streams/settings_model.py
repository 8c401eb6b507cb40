"""What can be set of a part that asks a language model, ``[discovery]`` or ``[content]``: which, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from streams import settings_values as values

#: Dollars for a million tokens read and written, of the models that are known here; of others the settings say it.
PRICES: Mapping[str, tuple[float, float]] = {
    "claude-sonnet-5-5": (2.0, 10.0),
    "claude-opus-5-5": (4.0, 20.0),
    "claude-haiku-5-5": (0.5, 2.5),
}
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Asking:
    """How a model is asked.

    ``model`` of None: none is. ``budget_usd`` is what one command, or one round, may cost, ``timeout_ms`` how long one
    request may take, ``log`` the file of all that is sent (None: ``SECTION.jsonl`` in the data folder). Prices are
    dollars for a million tokens; None: those of PRICES.
    """

    section: ClassVar[str] = ""

    model: str | None = "claude-sonnet-5-5"
    effort: str = "high"
    budget_usd: float = 0.5
    timeout_ms: int = 180_000
    log: Path | None = None
    input_price: float | None = None
    output_price: float | None = None

    def prices(self) -> tuple[float, float] | None:
        """Dollars for a million tokens read and written; None where they are not known."""
        known = PRICES.get(self.model or "", (None, None))
        read = self.input_price if self.input_price is not None else known[0]
        written = self.output_price if self.output_price is not None else known[1]
        return None if read is None or written is None else (read, written)

    def log_in(self, data_dir: Path) -> Path:
        """The file of all that is sent."""
        return self.log or data_dir / f"{self.section}.jsonl"


def _model(value: object) -> str | None:
    """The name of a model, or None of an empty text."""
    if value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._:@/-]{1,100}", value):
        return value
    raise ValueError('must be the name of a model such as claude-sonnet-5-5, or "" for none')


# setting, without its section -> (field of Asking, how its value is read)
PLAIN: Mapping[str, tuple[str, values.Reader]] = {
    "model": ("model", _model),
    "effort": ("effort", values.choice(*EFFORTS)),
    "budget_usd": ("budget_usd", values.amount),
    "timeout": ("timeout_ms", values.duration),
    "log": ("log", values.path),
    "input_price": ("input_price", values.amount),
    "output_price": ("output_price", values.amount),
}
