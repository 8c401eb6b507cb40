"""What asking costs: tokens as the answers count them, dollars, and what is left of the budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streams.language.errors import ModelFault
from streams.settings_model import Asking

#: What tokens of the prompt cost beside those that no cache knows: written to it, and read from it.
CACHE_WRITE, CACHE_READ = 1.25, 0.1
#: Tokens that one answer may have, what the model thinks included, and how few are worth asking for.
MOST_TOKENS, FEWEST_TOKENS = 20_000, 2_000
#: Bytes of a prompt that make a token, at the least.
_BYTES_A_TOKEN = 2
_MILLION = 1_000_000


@dataclass
class Spending:
    """The tokens of a round, or of a command, so far and their price."""

    settings: Asking
    requests: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("input", "written", "read", "output"), 0))

    def add(self, usage: Any) -> None:
        """Count the ``usage`` of one answer."""
        self.requests += 1
        self.tokens["input"] += usage.input_tokens or 0
        self.tokens["written"] += usage.cache_creation_input_tokens or 0
        self.tokens["read"] += usage.cache_read_input_tokens or 0
        self.tokens["output"] += usage.output_tokens or 0

    def usd(self) -> float:
        """Dollars."""
        read, written = self._prices()
        tokens = self.tokens
        prompt = tokens["input"] + CACHE_WRITE * tokens["written"] + CACHE_READ * tokens["read"]
        return (prompt * read + tokens["output"] * written) / _MILLION

    def tokens_left(self, prompt_bytes: int) -> int:
        """How many tokens the next answer may have, after a prompt of so many bytes.

        Raises ModelFault where the budget does not reach for one.
        """
        read, written = self._prices()
        prompt = prompt_bytes / _BYTES_A_TOKEN * CACHE_WRITE * read / _MILLION
        left = int((self.settings.budget_usd - self.usd() - prompt) * _MILLION / written)
        if left < FEWEST_TOKENS:
            raise ModelFault(
                f"the budget of {self.settings.budget_usd:g} dollars ({self.settings.section}.budget_usd) does not "
                f"reach for {'another' if self.requests else 'a'} request; {self.usd():.3f} are spent"
            )
        return min(left, MOST_TOKENS)

    def words(self) -> str:
        """One line for people."""
        tokens = self.tokens
        cache = f"{tokens['written']:,} written to and {tokens['read']:,} read from the cache"
        requests = "1 request" if self.requests == 1 else f"{self.requests} requests"
        said = f"{tokens['input']:,} tokens in, {cache}, {tokens['output']:,} out"
        return f"{self.settings.model}: {requests}, {said}, {self.usd():.4f} dollars"

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {"model": self.settings.model, "requests": self.requests, "tokens": self.tokens, "usd": self.usd()}

    def _prices(self) -> tuple[float, float]:
        prices = self.settings.prices()
        if prices is None:
            section = self.settings.section
            raise ModelFault(
                f"the price of {self.settings.model} is not known; set {section}.input_price and {section}.output_price"
            )
        return prices
