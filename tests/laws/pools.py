"""The few values that events and rules share, so that they meet."""

from __future__ import annotations

HOUR_MS = 3_600_000
STEP_MS = 6 * HOUR_MS
DAY_MS = 24 * HOUR_MS
#: 2026-03-02T00:00:00Z; the clocks of New York go forward within a week, on the 8th.
START_MS = 1_772_409_600_000

#: As events state them: several forms of few texts.
CATEGORIES = (
    "Shoes",
    "shoes ",
    "SHOES",
    "bags",
    "Bed & Breakfast",
    42,
    "42",
    "Straße",
    "STRASSE",
    "Café",
    "Cafe\u0301",
)
PRODUCTS = ("p1", "P1 ", "p2", 7, "7")
CAMPAIGNS = ("Spring", "spring ", "fall", 1.5, "1.5")
LINKS = ("https://shop/a", "https://shop/b?x=1", 8, "8")
PROPERTIES = ("country", "age", "Country")

#: As rules hold them: in their compared form.
TEXTS = {
    "category": ("shoes", "bags", "bed & breakfast", "42", "strasse", "café"),
    "product": ("p1", "p2", "7"),
    "campaign": ("spring", "fall", "1.5"),
    "segment": ("keen", "slow"),
}
WINDOWS_MS = (STEP_MS, 2 * STEP_MS, DAY_MS, 2 * DAY_MS, 3 * DAY_MS)
