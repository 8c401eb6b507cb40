"""The dialects that a topic may have."""

from __future__ import annotations

NATIVE = "native"
#: ``cloudevents`` asks for the envelope, which the others open where there is one; it and ``auto`` see by each record
#: which dialect it speaks
DIALECTS = (NATIVE, "segment", "rudderstack", "klaviyo", "shopify", "cloudevents", "auto")
