"""A worker's pages as a monitor sees them."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


def page(port: int, path: str) -> tuple[int, str]:
    """Status and body of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def told(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a page."""
    status, body = page(port, path)
    found: dict[str, Any] = json.loads(body)
    return status, found


class Scrape:
    """One reading of ``/metrics``."""

    def __init__(self, port: int) -> None:
        status, self.text = page(port, "/metrics")
        assert status == 200
        families = list(text_string_to_metric_families(self.text))
        #: as they are asked for, without ``microseg_``; a histogram once
        self.names = {_asked(family.name, family.type) for family in families}
        self.samples = [sample for family in families for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The one sample of that name, without its ``microseg_``, and labels; 0 where there is none."""
        found = [one.value for one in self._of(name) if labels.items() <= one.labels.items()]
        assert len(found) < 2, found
        return found[0] if found else 0.0

    def by(self, name: str, *labels: str) -> dict[Any, float]:
        """All samples of a name that are not 0, by the value of a label or by those of several."""
        key = labels[0] if len(labels) == 1 else labels
        pick = (lambda one: one[key]) if isinstance(key, str) else (lambda one: tuple(one[label] for label in key))
        return {pick(one.labels): one.value for one in self._of(name) if one.value}

    def _of(self, name: str) -> Iterator[Any]:
        return (one for one in self.samples if one.name == f"microseg_{name}")


def _asked(name: str, kind: str) -> str:
    return name.removeprefix("microseg_") + ("_total" if kind == "counter" else "")


def documented(page: str) -> set[str]:
    """The metrics in the table of docs/operations.md."""
    _, _, rest = page.partition("| metrics |")
    table = rest.partition("\n\n")[0]
    columns = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for column in columns for name in re.findall(r"`([a-z_]+)", column)}
