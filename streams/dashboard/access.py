"""Who may see and do what.

Everybody who reaches the port sees counts. Customers are shown to this machine alone, or to who has the token; actions
always need it. This machine means: both ends of the connection are its own, no proxy stands between, and the page was
asked for under one of the machine's own names, so that no other site's page can ask by a name that leads here.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from streams.dashboard.errors import Refused

#: Headers by which proxies say that they are some.
PROXIED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
_SET = "set [dashboard] token in microseg.toml, or MICROSEG_DASHBOARD_TOKEN, and enter it here"
_ENTER = "enter the dashboard's token"


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a request comes from: the addresses of both ends (None: not known), its HTTP version, and its headers."""

    peer: str | None
    here: str | None
    version: tuple[int, int]
    headers: Mapping[str, str]

    def is_local(self) -> bool:
        """Whether it comes from this machine, with nobody between; HTTP/1.0 is what proxies speak, not browsers."""
        ends = _is_loopback(self.peer) and _is_loopback(self.here)
        return ends and self.version >= (1, 1) and not any(name in self.headers for name in PROXIED)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one request may do."""

    customers: bool
    actions: bool
    token_set: bool

    def told(self) -> dict[str, bool]:
        """For pages."""
        needed = self.token_set and not self.actions
        return {
            "token_needed": needed,
            "token_set": self.token_set,
            "customers": self.customers,
            "actions": self.actions,
        }


class Access:
    """Decides by the token of the settings; None: there is none."""

    def __init__(self, token: str | None) -> None:
        self._digest = None if token is None else _digest(token)

    def rights(self, asker: Asker) -> Rights:
        """What the request may do.

        Raises:
            Refused: it may not even see counts: its token is wrong, or it came by a name or from a page that is not
                this machine's.
        """
        self._check_origin(asker)
        holds = self._holds_token(asker.headers.get("Authorization", ""))
        return Rights(holds or asker.is_local(), holds, self._digest is not None)

    def for_customers(self, rights: Rights) -> None:
        """Raises Refused where customers may not be shown."""
        if not rights.customers:
            raise self._closed(rights, "customers are shown to this machine alone, or with the dashboard's token")

    def for_actions(self, rights: Rights) -> None:
        """Raises Refused where nothing may be done."""
        if not rights.actions:
            raise self._closed(rights, "this needs the dashboard's token")

    def _closed(self, rights: Rights, text: str) -> Refused:
        return Refused(401, text, _ENTER) if rights.token_set else Refused(403, text, _SET)

    def _holds_token(self, header: str) -> bool:
        kind, _, given = header.partition(" ")
        if self._digest is None or not header:
            return False
        if kind.lower() == "bearer" and hmac.compare_digest(_digest(given.strip()), self._digest):
            return True
        raise Refused(401, "the token is not right", _ENTER)

    def _check_origin(self, asker: Asker) -> None:
        host = asker.headers.get("Host", "")
        if asker.is_local() and not _is_own_name(host):
            raise Refused(403, "this machine is not called that", "open the page as http://127.0.0.1 with its port")
        origin = asker.headers.get("Origin")
        foreign = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        if foreign or asker.headers.get("Sec-Fetch-Site", "") == "cross-site":
            raise Refused(403, "another site's page asks for this", "open the dashboard itself")


def _digest(token: str) -> bytes:
    """What is compared in place of tokens: of one length, whatever was sent."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def _is_loopback(address: str | None) -> bool:
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _is_own_name(host: str) -> bool:
    """Whether a Host header names this machine: localhost, or a loopback address."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)
