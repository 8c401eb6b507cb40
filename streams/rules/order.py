"""In which order rules are judged: those that others refer to come first."""

from __future__ import annotations

from streams.rules.model import Group, Node, Rule, SegmentTest


def in_order_of_reference(rules: tuple[Rule, ...]) -> list[Rule]:
    """The rules so that each comes after those it refers to; the loader has refused circles."""
    by_name = {rule.name: rule for rule in rules}
    order: dict[str, Rule] = {}

    def visit(rule: Rule) -> None:
        for name in references(rule.when):
            if name not in order:
                visit(by_name[name])
        order[rule.name] = rule

    for rule in rules:
        if rule.name not in order:
            visit(rule)
    return list(order.values())


def references(node: Node) -> list[str]:
    """The segments that a condition refers to."""
    if isinstance(node, Group):
        return [name for part in node.parts for name in references(part)]
    return [node.name] if isinstance(node, SegmentTest) else []
