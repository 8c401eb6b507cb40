"""The reference of the rule language, from the tables that the loader reads by."""

from __future__ import annotations

from collections.abc import Iterable

from streams.authoring.schema_words import EXAMPLE_WORDS, SOURCE_WORDS, TRIAL_WORDS, WORDS
from streams.handbook.rule_words import DEFAULTS, EXAMPLES, FIELD_WORDS, INTRODUCTION, KINDS, NOTES, UNDEFINED, WHOLE
from streams.handbook.tables import code, page, table
from streams.rules.bounds import COMPARISONS
from streams.rules.model import SOURCES
from streams.rules.parse_condition import GROUPS, OF_THE_RULE, PROFILE_ONLY
from streams.rules.parse_measure import MODIFIERS, NEEDED, OF_A_FIELD, fields_for
from streams.rules.parse_rule import FAMILIES
from streams.rules.parse_trial import TRIAL_KEYS

NEEDED_KEYS = ("title", "when")
KEYS = ("title", "why", "for_each", "when", "for", "keep_for", "everyone", "trial", "email")


def rules_page() -> str:
    """``docs/reference/rules.md``."""
    return page(
        "Rule reference",
        INTRODUCTION,
        _block(WHOLE),
        "## Keys of a rule file",
        table(("key", "means"), [(_key(name), WORDS[name]) for name in _keys()]),
        f"`for_each` takes {code(FAMILIES)}. {NOTES['families']}",
        "## Groups",
        _worded(GROUPS),
        NOTES["groups"],
        "## Sources",
        table(("source", "one fact is"), [(f"`{name}`", SOURCE_WORDS[name]) for name in SOURCES]),
        table(("field", "of", "is", "means"), _fields()),
        NOTES["sources"],
        "## Measures",
        *_measures(),
        "## Modifiers",
        table(("modifier", "means", "goes with"), _modifiers()),
        NOTES["windows"],
        "## Comparisons",
        _worded(COMPARISONS),
        "Of a `profile` also:",
        _worded(("is", *PROFILE_ONLY)),
        NOTES["comparisons"],
        "## Trials",
        NOTES["trials"],
        table(("key of `trial:`", "means"), [(f"`{name}`", TRIAL_WORDS[name]) for name in TRIAL_KEYS]),
        "## Examples",
        NOTES["examples"],
        table(("key", "means"), [(f"`{name}`", words) for name, words in EXAMPLE_WORDS.items()]),
    )


def _keys() -> list[str]:
    """The keys of a rule in the order in which one writes them."""
    return sorted(OF_THE_RULE, key=KEYS.index)


def _key(name: str) -> str:
    return f"**`{name}`**" if name in NEEDED_KEYS else f"`{name}`"


def _block(text: str) -> str:
    return f"```yaml\n{text.strip()}\n```"


def _worded(names: Iterable[str]) -> str:
    return table(("word", "means"), [(f"`{name}`", WORDS[name]) for name in names])


def _fields() -> Iterable[tuple[str, str, str, str]]:
    owners: dict[tuple[str, str], list[str]] = {}
    for source, fields in SOURCES.items():
        for field, kind in fields.items():
            owners.setdefault((field, kind), []).append(source)
    for (field, kind), sources in owners.items():
        yield f"`{field}`", code(sources), KINDS[kind], FIELD_WORDS[field]


def _measures() -> Iterable[str]:
    for name in (*MODIFIERS, "profile", "segment"):
        yield f"### {name}"
        yield WORDS[name] + (f" {UNDEFINED[name]}" if name in UNDEFINED else "")
        yield from _takes(name)
        yield _block(EXAMPLES[name])


def _takes(name: str) -> Iterable[str]:
    if name in OF_A_FIELD:
        fitting = [f"{source}.{field}" for source in SOURCES for field in fields_for(name, source)]
        yield f"Of: {code(fitting)}."
    if name in MODIFIERS:
        needed = NEEDED.get(name, ())
        with_it = f" It needs {code(needed)}." if needed else ""
        yield f"Goes with: {code(MODIFIERS[name])}.{with_it}"


def _modifiers() -> Iterable[tuple[str, str, str]]:
    names = dict.fromkeys(modifier for taken in MODIFIERS.values() for modifier in taken)
    for name in names:
        takers = [measure for measure, taken in MODIFIERS.items() if name in taken]
        rest = [measure for measure in MODIFIERS if measure not in takers]
        those = "every measure of facts" if not rest else code(takers)
        if 0 < len(rest) < len(takers):
            those = f"every measure of facts but {code(rest)}"
        yield f"`{name}`", WORDS[name] + DEFAULTS.get(name, ""), those
