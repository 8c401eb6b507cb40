"""Who may come in: signatures and write keys, compared in a time that tells nothing about them."""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256


def signed(body: bytes, signature: str | None, secret: str) -> bool:
    """Whether Shopify's ``X-Shopify-Hmac-SHA256`` is that of the raw body."""
    expected = base64.b64encode(hmac.digest(secret.encode(), body, sha256))
    return hmac.compare_digest(expected, _bytes(signature))


def admitted(authorization: str | None, key: str) -> bool:
    """Whether an ``Authorization`` header names the write key: as a bearer, or as the user of basic authentication."""
    scheme, _, given = (authorization or "").strip().partition(" ")
    told = _bytes(given.strip())
    if scheme.lower() == "basic":
        try:
            told = base64.b64decode(told, validate=True).partition(b":")[0]
        except binascii.Error:
            told = b""
    elif scheme.lower() != "bearer":
        told = b""
    return hmac.compare_digest(key.encode(), told)


def _bytes(text: str | None) -> bytes:
    return (text or "").encode("utf-8", "surrogateescape")
