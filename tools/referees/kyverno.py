"""The verdict of Kyverno: the Pod Security Standards "baseline" and "restricted", as it reads them."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tools.cluster.binaries import binary
from tools.referees.projection import Subject
from tools.referees.verdict import Finding, Verdict

POLICY = Path(__file__).with_name("pod-security.yaml")

RULES = ("baseline", "restricted")
"""The rules of the policy."""

_WITH_PODS = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")


def judge(folder: Path, subjects: list[Subject]) -> Verdict:
    """Judge what has pods of the objects in a folder; Kyverno has to apply each of its rules to each of them.

    Raises UserError when Kyverno is not built, RuntimeError when it fails.
    """
    by_name = {_name(each.body): each for each in subjects if each.body["kind"] in _WITH_PODS}
    results = [
        (result, _subject_name(result))
        for report in _run(folder, [each.path for each in by_name.values()])
        for result in report["results"]
    ]
    findings = tuple(
        Finding(_check(result), by_name[name], _message(result))
        for result, name in results
        if result["result"] != "pass"
    )
    met = {(name, _check(result)) for result, name in results}
    unseen = tuple(each for name, each in by_name.items() if not {(name, rule) for rule in RULES} <= met)
    return Verdict(
        "kyverno",
        len(by_name) - len(unseen),
        len(results) - len(findings),
        findings,
        unseen,
    )


def _name(body: dict[str, Any]) -> tuple[str, str, str]:
    return body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]


def _subject_name(result: dict[str, Any]) -> tuple[str, str, str]:
    (subject,) = result["resources"]
    return subject["kind"], subject.get("namespace", ""), subject["name"]


def _check(result: dict[str, Any]) -> str:
    """Give the rule as pod-security.yaml names it, not as Kyverno names it for each kind of template."""
    return str(result["rule"].rpartition("-")[2])


def _message(result: dict[str, Any]) -> str:
    return " ".join(result["message"].split())


def _run(folder: Path, paths: list[str]) -> list[dict[str, Any]]:
    """Give the reports, one for each namespace."""
    options = ["--policy-report", "--output-format", "json", "--remove-color"]
    command = [str(binary("kyverno")), "apply", str(POLICY), *options, "--resource", ",".join(paths)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not reports:
        raise RuntimeError(f"kyverno failed: {done.stdout}{done.stderr}")
    return reports
