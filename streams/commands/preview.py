"""``microseg preview``: what a segment reads, as HTML in the browser."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from datetime import date

    from streams.content.model import Copy, Library, Product, Variant
    from streams.content.template import Mail, Template


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "preview",
        help="show what a segment reads",
        description="Renders a segment's mail and opens it in the browser; with --gallery those of all segments on one "
        "page. Drafts are shown, too.",
    )
    parser.add_argument("segment", nargs="?", metavar="SEGMENT", help="the name of a segment, as window-shopper/shoes")
    parser.add_argument("--customer", metavar="ID", help="the wording that this customer gets")
    parser.add_argument("--locale", metavar="L", help="the language (default: the first of voice.yaml)")
    parser.add_argument("--variant", metavar="NAME", help="one wording (default: the first that is approved)")
    parser.add_argument("--products", type=Path, metavar="FILE", help="CSV of products to show")
    parser.add_argument("--gallery", type=Path, metavar="FILE", help="write all segments into this file")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the mail goes (default: a new file)")
    parser.add_argument("--text", action="store_true", help="print the plain-text part, and open nothing")
    parser.add_argument("--no-open", action="store_true", help="only write the file")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes the file, prints its name and opens it."""
    from streams.content.live import day_of
    from streams.content.load import load_content
    from streams.content.products import read_products
    from streams.content.template import Template
    from streams.errors import SettingsError
    from streams.rules.load import load_rules
    from streams.worker.clock import WallClock

    if (args.segment is None) == (args.gallery is None):
        raise SettingsError(["name a segment, or --gallery FILE for all of them"])
    settings = settings_of(args)
    folder = args.rules or settings.rules
    library = load_content(folder, load_rules(folder, settings.retention_ms))
    template, products = Template(folder), read_products(args.products) if args.products else []
    if args.gallery is not None:
        return _gallery(args, library, template, products)
    mail = _mail(args, library, template, products, day_of(WallClock().now_ms(), settings.timezone))
    if args.text:
        print(f"Subject: {mail.subject}\n\n{mail.text}")
        return 0
    print(f"Subject: {mail.subject}\nPreheader: {mail.preheader}")
    return _shown(args, args.output or _new_file(args.segment), mail.html)


def _gallery(args: argparse.Namespace, library: Library, template: Template, products: list[Product]) -> int:
    from streams.content.choice import asked_locale
    from streams.content.gallery import gallery

    known = library.voice.locales
    locales = [asked_locale(args.locale, known)] if args.locale else list(known)
    return _shown(args, args.gallery, gallery(library, template, library.ordered(), locales, products))


def _mail(args: argparse.Namespace, library: Library, template: Template, products: list[Product], today: date) -> Mail:
    from streams.content.choice import asked_locale, family_of, value_of
    from streams.errors import SettingsError
    from streams.settings_source import nearest

    copy = library.copies.get(family_of(args.segment))
    if copy is None or copy.segment not in library.rules:
        hint = nearest(family_of(args.segment), list(library.copies), str)
        raise SettingsError([f"there is no copy of {args.segment}{hint or '; microseg write makes drafts'}"])
    locale = asked_locale(args.locale, library.voice.locales)
    variant = _variant(args, library, copy, locale, today)
    return template.mail(library, copy, variant, locale, value_of(args.segment), products)


def _variant(args: argparse.Namespace, library: Library, copy: Copy, locale: str, today: date) -> Variant:
    """The wording that is asked for: by its name, of the customer, or the first."""
    from streams.content.choice import approved, chosen
    from streams.errors import SettingsError
    from streams.settings_source import nearest

    there = copy.locales.get(locale, ())
    named = [one for one in there if one.name == args.variant]
    if args.variant is not None and not named:
        hint = nearest(args.variant, [one.name for one in there], str)
        raise SettingsError([f"{copy.segment} has no variant {args.variant} in {locale}{hint}"])
    good = approved(copy, locale, library.offers, today)
    if args.customer is not None and not named:
        own = chosen(copy.segment, args.customer, good)
        if own is None:
            raise SettingsError([f"{copy.segment} has no approved copy in {locale}, so {args.customer} gets none"])
        return own
    found = next(iter([*named, *good, *there]), None)
    if found is None:
        raise SettingsError([f"{copy.segment} has no copy in {locale}; microseg write {copy.segment} makes drafts"])
    return found


def _new_file(segment: str) -> Path:
    return Path(tempfile.mkdtemp(prefix="microseg-preview-")) / f"{segment.replace('/', '-')[:60]}.html"


def _shown(args: argparse.Namespace, path: Path, html: str) -> int:
    path.write_text(html, encoding="utf-8")
    print(path)
    if not args.no_open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
    return 0
