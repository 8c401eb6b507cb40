"""One rule file: its top keys."""

from __future__ import annotations

import re
from dataclasses import replace

from streams.rules.durations import duration
from streams.rules.errors import Problems, quoted
from streams.rules.model import EACH, Compare, Group, Node, Place, Rule
from streams.rules.nearest import hint, nearest
from streams.rules.parse_condition import CONDITION_KEYS, OF_THE_RULE, parse_node
from streams.rules.parse_measure import Reading
from streams.rules.parse_trial import parse_trial
from streams.rules.scalars import flag, plain_text, shown_text
from streams.rules.yaml_nodes import Yaml, YamlMap, is_missing, read_yaml

#: What a family may be made of.
FAMILIES = ("category", "product", "campaign")

_NAME = re.compile(r"[a-z0-9-]+")


def parse_rule(text: str, folder: str, name: str, reading: Reading) -> Rule | None:
    """The rule in the text of ``folder/name.yaml``; ``None`` where something is wrong, which the problems then say."""
    file = f"{folder}/{name}.yaml"
    problems = reading.problems
    before = len(problems)
    _check_name(name, Place(file, 1, 1), problems)
    root = read_yaml(text, file, problems)
    if root is None:
        return None
    rule = parse_root(root, folder, name, reading)
    return rule if len(problems) == before else None


def parse_root(root: Yaml, folder: str, name: str, reading: Reading) -> Rule | None:
    """The same of a text that has been read."""
    problems = reading.problems
    if not isinstance(root, YamlMap):
        problems.add(root.place, "a rule file has keys and values; it needs at least title: and when:")
        return None
    before = len(problems)
    rule = _rule(root, folder, name, reading)
    return rule if len(problems) == before else None


def _check_name(name: str, place: Place, problems: Problems) -> None:
    if not _NAME.fullmatch(name):
        right = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "a-name"
        text = f'the file name is the segment\'s name and takes only a-z, 0-9 and "-"; did you mean "{right}.yaml"?'
        problems.add(place, text)


def _rule(root: YamlMap, folder: str, name: str, reading: Reading) -> Rule | None:
    problems = reading.problems
    _refuse_unknown(root, problems)
    values = {key: entry.value for key, entry in root.entries.items()}
    for_each = _family(values["for_each"], problems) if "for_each" in values else None
    title = _needed_title(root, problems)
    strategy = _strategy(values["email"], problems) if "email" in values else ""
    when = _when(root, replace(reading, for_each=for_each))
    waits = {key: duration(values[key], problems) for key in ("for", "keep_for") if key in values}
    rule_why = plain_text(values["why"], problems) if "why" in values else ""
    everyone = flag(values["everyone"], problems) if "everyone" in values else False
    trial = parse_trial(root.entries["trial"], problems) if "trial" in values else None
    if trial and for_each:
        problems.add(trial.place, "a family cannot be on trial; write the rule of one of its values")
    if title is None or when is None:
        return None
    if for_each and not _names_each(when):
        fault = f"for_each, but no where says {EACH}; write where: {{{for_each}: {EACH}}} in a condition"
        problems.add(root.entries["for_each"].key.place, fault)
    return Rule(
        name,
        title,
        when,
        folder,
        (rule_why or "").strip(),
        strategy or "",
        for_each,
        waits.get("for"),
        waits.get("keep_for"),
        bool(everyone),
        trial,
    )


def _when(root: YamlMap, reading: Reading) -> Node | None:
    if "when" not in root.entries:
        return None
    node = root.entries["when"].value
    if is_missing(node) and any(name in CONDITION_KEYS for name in root.entries):
        return None  # what belongs there stands beside it, which has been said
    return parse_node(node, reading)


def _refuse_unknown(root: YamlMap, problems: Problems) -> None:
    unknown = [entry.key for name, entry in root.entries.items() if name not in OF_THE_RULE]
    for key in unknown:
        if key.text in CONDITION_KEYS:
            problems.add(key.place, f'"{key.text}" is part of a condition; indent it under when:')
        elif key.text == "strategy":
            problems.add(key.place, '"strategy" is part of email; indent it under email:')
        else:
            problems.add(key.place, f"unknown key {quoted(key.text)}{hint(key.text, OF_THE_RULE)}")
    if "when" not in root.entries and not any(_meant_when(key.text) for key in unknown):
        problems.add(root.place, "no when: in this rule; it says who belongs to the segment")


def _meant_when(name: str) -> bool:
    """Whether a wrong key accounts for a missing ``when``, so that its absence need not be told too."""
    return name in CONDITION_KEYS or nearest(name, OF_THE_RULE) == "when"


def _needed_title(root: YamlMap, problems: Problems) -> str | None:
    if "title" in root.entries:
        return shown_text(root.entries["title"].value, problems)
    if not any(nearest(name, OF_THE_RULE) == "title" for name in root.entries):
        problems.add(root.place, "no title: in this rule; it is what people see")
    return None


def _family(node: Yaml, problems: Problems) -> str | None:
    found = plain_text(node, problems)
    if found is None or found in FAMILIES:
        return found
    problems.add(node.place, f"for_each cannot be {quoted(found)}{hint(found, FAMILIES)}")
    return nearest(found, FAMILIES)  # so that a right $each is not blamed too


def _strategy(node: Yaml, problems: Problems) -> str | None:
    if not isinstance(node, YamlMap) or not node.entries:
        problems.add(node.place, "email takes strategy: and a text")
        return None
    for name, entry in node.entries.items():
        if name != "strategy":
            problems.add(entry.key.place, f'unknown key {quoted(name)} under email; did you mean "strategy"?')
    return shown_text(node.entries["strategy"].value, problems) if "strategy" in node.entries else None


def _names_each(node: Node) -> bool:
    if isinstance(node, Group):
        return any(_names_each(part) for part in node.parts)
    return isinstance(node, Compare) and any(EACH in match.texts for match in node.measure.where)
