"""The digest of what rules mean: twelve hexadecimal digits that titles, comments and orders of keys do not change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from hashlib import sha256
from typing import Any

from streams.rules.model import Rule

#: What is only shown, or says where a thing was written.
_SILENT = ("title", "why", "strategy", "place")


def digest_of(rules: Iterable[Rule]) -> str:
    """Twelve hexadecimal digits that differ where the rules' meaning or their folders do."""
    return sha256(_canonical(tuple(rules)).encode()).hexdigest()[:12]


def _canonical(value: Any) -> str:
    """JSON of a value: tuples are sets, as every list in a rule is; fields at their defaults are left out.

    So a field that is added to the model later leaves the digests of existing rules as they are.
    """
    if isinstance(value, tuple):
        return f"[{','.join(sorted({_canonical(item) for item in value}))}]"
    if not is_dataclass(value):
        return json.dumps(value)
    said = [(field.name, getattr(value, field.name), field.default) for field in fields(value)]
    parts = [f'"{name}":{_canonical(part)}' for name, part, usual in said if _speaks(name, part, usual)]
    return f'{{"{type(value).__name__}":{{{",".join(sorted(parts))}}}}}'


def _speaks(name: str, value: Any, usual: Any) -> bool:
    return name not in _SILENT and (usual is MISSING or value != usual)
