"""What discovery yields, as plain immutable values: candidates with what was measured of them, and the evidence.

Numbers only: no value here names a customer, and no count of fewer than SMALLEST customers leaves.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: A cell of fewer customers is merged with others or left out, so that no person can be told from a count.
SMALLEST = 50


@dataclass(frozen=True)
class Outcome:
    """How often members did something in the later slice of time, against all customers.

    ``name``: "purchase", "category_purchase" (from ``category``; "": from the family's own), "click", "lapse" (was
    active, does nothing more) or "return" (comes back to buy). ``rate`` and ``base``: shares (0..1) of the members and
    of all other customers; ``lift``: their ratio, with the ends ``low`` and ``high`` of its 95 % interval;
    ``positives``: how many of ``members`` did it. Who cannot lapse or return is not counted in either share.
    """

    name: str
    rate: float
    base: float
    lift: float
    low: float
    high: float
    members: int
    positives: int
    category: str = ""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Outcome:
        """From what ``to_json`` gave."""
        return cls(**found)


@dataclass(frozen=True)
class Candidate:
    """A group of customers whose later behaviour differs.

    ``rule``: the rule as the loader's schema takes it, without name, title and why (``when``, and ``for_each`` of a
    family); ``words``: the same as plain text; ``size``: members now, as the engine counts them; ``sizes``: (ISO date,
    members) of the last weeks, oldest first; ``overlaps``: Jaccard index with live segments; ``rfm``: share of its lift
    that customers of the same recency, frequency and money explain (0..1); ``score``: the higher the better;
    ``expected``: the rate of the first outcome that one would expect by what they had done (None: not known).
    """

    rule: dict[str, Any]
    words: str
    size: int
    sizes: list[tuple[str, int]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    overlaps: dict[str, float] = field(default_factory=dict)
    rfm: float = 0.0
    score: float = 0.0
    expected: float | None = None

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Candidate:
        """From what ``to_json`` gave, or what JSON made of it."""
        outcomes = [Outcome.from_json(one) for one in found["outcomes"]]
        sizes = [(day, members) for day, members in found["sizes"]]
        return cls(**{**found, "outcomes": outcomes, "sizes": sizes})


@dataclass(frozen=True)
class Evidence:
    """A shop's customers as counts.

    ``histograms``: by measure, pairs (lower end of a bin, customers in it), each of at least SMALLEST customers;
    ``cells``: counts of customers by category and behaviour, at least SMALLEST each; ``outcomes``: share of all
    customers by name of the outcome; ``segments``: members of live segments.
    """

    customers: int
    asof: str
    histograms: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    cells: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, float] = field(default_factory=dict)
    segments: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Evidence:
        """From what ``to_json`` gave, or what JSON made of it."""
        bins = {name: [(low, count) for low, count in pairs] for name, pairs in found["histograms"].items()}
        return cls(**{**found, "histograms": bins})
