"""Runs Prometheus' own test of alert rules on the rules as they are rendered."""

import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from charts_src import ROOT
from charts_src.lib.alerts import rule_groups
from charts_src.model.monitoring import Monitoring

PROMTOOL = ROOT / ".tools" / "bin" / "promtool"

Series = dict[str, str]
"""Series such as up{job="a"} -> its values in promtool's notation, one for each minute from minute 0."""


class Case(NamedTuple):
    """One alert: series with which it fires, and others with which it does not."""

    alert: str
    bad: Series
    labels: dict[str, str]
    """Labels of the alert, without its severity."""
    good: Series
    minute: int = 60
    """When it is looked at."""


def rules() -> dict[str, dict[str, Any]]:
    """Give each alert rule of the default thresholds by its name."""
    groups = [group for groups in rule_groups(Monitoring()).values() for group in groups]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def run(cases: list[Case], folder: Path) -> str:
    """Give what promtool has to say about the cases: nothing but SUCCESS if they hold."""
    write_rules(folder / "rules.yaml", {case.alert for case in cases})
    tests = [test for case in cases for test in _tests(case)]
    specification = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (folder / "tests.yaml").write_text(yaml.safe_dump(specification))
    return promtool("test", "rules", str(folder / "tests.yaml"))


def write_rules(path: Path, alerts: set[str] | None = None) -> None:
    """Write recording rules, and all alerts or those that are named, as Prometheus reads them."""
    groups = [
        group
        | {"rules": [rule for rule in group["rules"] if not alerts or rule.get("alert", "") in {"", *alerts}]}
        for groups in rule_groups(Monitoring()).values()
        for group in groups
    ]
    path.write_text(yaml.safe_dump({"groups": groups}, width=10_000))


def promtool(*arguments: str) -> str:
    """Run promtool and give its output without the lines that say that all is well."""
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    noise = {"", "SUCCESS"}
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip() not in noise]
    return "\n".join(line for line in lines if not line.startswith(("Unit Testing", "Checking", "  SUCCESS")))


def _tests(case: Case) -> list[dict[str, Any]]:
    rule = rules()[case.alert]
    labels = case.labels | rule["labels"]
    annotations = {key: _filled(text, labels) for key, text in rule["annotations"].items()}
    fires = [{"exp_labels": labels, "exp_annotations": annotations}]
    return [_test(case, "bad", case.bad, fires), _test(case, "good", case.good, [])]


def _test(case: Case, name: str, series: Series, expected: list[dict[str, Any]]) -> dict[str, Any]:
    looked_at = {"eval_time": f"{case.minute}m", "alertname": case.alert, "exp_alerts": expected}
    return {
        "name": f"{case.alert}, {name}",
        "interval": "1m",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "alert_rule_test": [looked_at],
    }


def _filled(text: str, labels: dict[str, str]) -> str:
    """Fill labels in as Prometheus does; a label that the alert has not is a KeyError."""
    return re.sub(r"{{ \$labels\.(\w+) }}", lambda match: labels[match[1]], text)
