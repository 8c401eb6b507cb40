"""How many customers of a segment may not be mailed: by the real engine, over events."""

from __future__ import annotations

import json
from pathlib import Path

from streams.plans.plan import plan_of
from streams.reports.suppressed import asked, suppressed_of
from streams.rules.load import load_texts
from streams.settings import Settings
from streams.survey.offline import findings_of

TEXTS = {
    "active/viewers.yaml": "title: V\nwhen: {count: views, at_least: 1}\n",
    "active/all-viewers.yaml": "title: A\nwhen: {count: views, at_least: 1}\neveryone: true\n",
    "active/nobody.yaml": "title: N\nwhen: {count: purchases, at_least: 9}\neveryone: true\n",
}


def test_who_may_not_be_mailed(tmp_path: Path) -> None:
    def event(number: int, user: str, **fields: object) -> str:
        return json.dumps({"id": f"e{number}", "user": user, "at": f"2026-05-01T00:00:0{number}Z", **fields})

    lines = [event(number, user, type="view", product="p") for number, user in enumerate(("ana", "bo", "cy"))]
    lines += [event(5, user, type="email", action="unsubscribed", message="m") for user in ("bo", "cy")]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines))
    rules = load_texts(asked(TEXTS))
    findings = findings_of(Settings(), load_texts(TEXTS), rules, [str(file)])
    assert suppressed_of(plan_of(findings, rules, None, 0, 0)) == {"all-viewers": 2}
