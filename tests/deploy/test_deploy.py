"""What is shipped for running microseg elsewhere agrees with what microseg is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from streams.rules.load import load_folder
from streams.settings import load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
METRICS = ROOT / "streams" / "worker" / "web" / "metrics.py"
#: what the Prometheus client and Prometheus itself add to names
_ENDS = re.compile(r"_(total|bucket|sum|count|info)$")


def documents(path: Path) -> list[Any]:
    return list(YAML(typ="safe").load_all(path.read_text()))


def told() -> set[str]:
    """The metrics that a worker has."""
    source = METRICS.read_text()
    short = re.findall(r'_(?:counter|gauge|histogram)\(\s*"(\w+)"', source)
    whole = re.findall(r'MetricFamily\(\s*"microseg_(\w+)"', source)
    assert len(short) > 15
    return {f"microseg_{name}" for name in (*short, *whole)}


def expressions() -> Iterator[str]:
    for group in documents(DEPLOY / "prometheus" / "alerts.yml")[0]["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]
    board = json.loads((DEPLOY / "grafana" / "microseg.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for note in board["annotations"]["list"]:
        yield note["expr"]


def test_alerts_and_panels_ask_for_metrics_that_exist() -> None:
    has = told()
    asked = {name for text in expressions() for name in re.findall(r"microseg_\w+", text)}
    assert len(asked) > 10
    assert {name for name in asked if name not in has and _ENDS.sub("", name) not in has} == set()


def test_every_panel_has_its_own_place() -> None:
    panels = json.loads((DEPLOY / "grafana" / "microseg.json").read_text())["panels"]
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not own & cells, panel["title"]
        assert at["x"] + at["w"] <= 24
        cells |= own
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_alerts_by_promtool() -> None:
    for words in (
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ):
        done = subprocess.run(
            ["promtool", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_settings_of_compose_are_settings() -> None:
    services = documents(ROOT / "docker-compose.yml")[0]["services"]
    assert {"kafka", "valkey", "worker", "shop", "dashboard"} <= services.keys()
    environment = services["worker"]["environment"]
    environment["MICROSEG_DASHBOARD_TOKEN"] = environment["MICROSEG_DASHBOARD_TOKEN"].partition(":-")[2].rstrip("}")
    assert load_settings(None, environment).topics.views.name == "events"
    assert services["worker"]["deploy"]["replicas"] == 2


def test_settings_of_kubernetes_are_settings(tmp_path: Path) -> None:
    parts = {one["kind"]: one for one in documents(DEPLOY / "kubernetes" / "microseg.yaml")}
    file = tmp_path / "microseg.toml"
    file.write_text(parts["ConfigMap"]["data"]["microseg.toml"])
    settings = load_settings(file, {})
    worker = parts["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]
    assert settings.http == ("0.0.0.0", worker["ports"][0]["containerPort"])
    mounted = {one["mountPath"] for one in worker["volumeMounts"]}
    assert {f"{settings.rules}/active", str(settings.data_dir)} <= mounted
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    assert worker["image"] == f"microseg:{version[1]}"


def test_rules_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    """A ConfigMap is a hidden folder, a hidden link to it, and a link for each file."""
    active = tmp_path / "rules" / "active"
    (active / "..2026_11_30").mkdir(parents=True)
    rules = sorted((ROOT / "segment_rules" / "active").glob("*.yaml"))[:3]
    for rule in rules:
        shutil.copy(rule, active / "..2026_11_30")
        (active / rule.name).symlink_to(Path("..data") / rule.name)
    os.symlink("..2026_11_30", active / "..data")
    assert [one.name for one in load_folder(tmp_path / "rules").rule_set.rules] == [rule.stem for rule in rules]
