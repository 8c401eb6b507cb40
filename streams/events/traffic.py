"""What of events is taken for a machine's, beside what says so itself."""

from __future__ import annotations

from typing import NamedTuple


class Traffic(NamedTuple):
    """A view is a machine's before which the customer had ``views`` others within ``views_ms`` (0: none is), and so are
    clicks and opens of a message within ``links_ms`` of its delivery where two different links of it were clicked in
    that time (0: none are)."""

    views: int = 0
    views_ms: int = 0
    links_ms: int = 0


ONLY_SAID = Traffic()
