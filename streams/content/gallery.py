"""All mails on one page, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence

from streams.content.model import Copy, Library, Product, Status, Variant
from streams.content.template import Template


def gallery(
    library: Library, template: Template, copies: Sequence[Copy], locales: Sequence[str], products: Sequence[Product]
) -> str:
    """The page, as HTML: every variant that is not retired, of these segments in these locales.

    Raises:
        ContentError: the template fails.
    """
    segments = [_segment(library, template, copy, locales, products) for copy in copies]
    count = sum(len(mails) for one in segments if isinstance(mails := one["mails"], list))
    title, summary = f"{library.voice.shop}: what each segment reads", f"{len(copies)} segments, {count} mails"
    return template.gallery({"title": title, "summary": summary, "segments": segments})


def _segment(
    library: Library, template: Template, copy: Copy, locales: Sequence[str], products: Sequence[Product]
) -> dict[str, object]:
    rule = library.rules[copy.segment]
    mails = [
        _mail(library, template, copy, variant, locale, products)
        for locale in locales
        for variant in copy.locales.get(locale, ())
        if variant.status is not Status.RETIRED
    ]
    return {"name": copy.segment, "title": rule.title, "strategy": rule.strategy, "mails": mails}


def _mail(
    library: Library, template: Template, copy: Copy, variant: Variant, locale: str, products: Sequence[Product]
) -> dict[str, str]:
    mail = template.mail(library, copy, variant, locale, products=products)
    return {
        "subject": mail.subject,
        "preheader": mail.preheader,
        "html": mail.html,
        "locale": locale,
        "variant": variant.name,
        "status": str(variant.status),
    }
