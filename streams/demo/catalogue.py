"""What the simulated shop sells."""

from __future__ import annotations

from itertools import product as pairs
from typing import NamedTuple

_MATERIALS = ("Linen", "Wool", "Silk", "Cotton", "Leather", "Bamboo")
#: Category -> (what is sold in it, the lowest and the highest price in cents).
_RANGES = {
    "accessories": (("scarf", "belt", "cap"), 990, 4_990),
    "shoes": (("sneakers", "boots", "sandals"), 4_990, 18_990),
    "bags": (("tote", "backpack", "clutch"), 3_990, 24_990),
    "dresses": (("summer dress", "evening dress", "tunic"), 3_490, 15_990),
    "coats": (("raincoat", "parka", "trench coat"), 7_990, 34_990),
    "jewellery": (("bracelet", "necklace", "earrings"), 1_490, 29_990),
    "home": (("cushion", "throw", "table runner"), 1_290, 8_990),
    "beauty": (("hand cream", "face oil", "soap"), 690, 4_490),
    "sport": (("leggings", "running top", "yoga mat"), 1_990, 9_990),
    "kids": (("romper", "mittens", "pyjamas"), 1_290, 4_990),
}
_STEPS = len(_MATERIALS) * 3 - 1


class Product(NamedTuple):
    """One product; the price in cents."""

    name: str
    category: str
    price_cents: int


def _products(category: str) -> tuple[Product, ...]:
    nouns, lowest, highest = _RANGES[category]
    names = [f"{material} {noun}" for material, noun in pairs(_MATERIALS, nouns)]
    step = (highest - lowest) // _STEPS
    return tuple(Product(name, category, lowest + step * place // 50 * 50) for place, name in enumerate(names))


#: Category -> its products.
CATALOGUE: dict[str, tuple[Product, ...]] = {category: _products(category) for category in _RANGES}
CATEGORIES = tuple(CATALOGUE)
