"""The verdict of kube-score: what it calls critical."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tools.cluster.binaries import binary
from tools.referees.projection import Subject
from tools.referees.verdict import Finding, Verdict

CRITICAL = 1
"""The grade of what kube-score calls critical; warnings have 5 and 7, and all is well at 10."""

_SCORED = {
    ("CronJob", "batch/v1"),
    ("DaemonSet", "apps/v1"),
    ("Deployment", "apps/v1"),
    ("HorizontalPodAutoscaler", "autoscaling/v1"),
    ("Ingress", "networking.k8s.io/v1"),
    ("Job", "batch/v1"),
    ("NetworkPolicy", "networking.k8s.io/v1"),
    ("Pod", "v1"),
    ("PodDisruptionBudget", "policy/v1"),
    ("Service", "v1"),
    ("StatefulSet", "apps/v1"),
}
"""The kinds that it looks at (parser/parse.go of v1.20.0); it leaves others out and says nothing of them."""


def judge(folder: Path, subjects: list[Subject], minor: str) -> Verdict:
    """Judge the objects that were written into a folder, for a Kubernetes minor version such as 1.36.

    Each object of a kind that kube-score looks at has to be in its answer. Raises UserError when it is not
    built, RuntimeError when it fails.
    """
    by_path = {str(folder / subject.path): subject for subject in subjects}
    answer = _run(list(by_path), minor)
    checks = [
        (each["file_name"], check) for each in answer for check in each["checks"] if not check["skipped"]
    ]
    findings = tuple(
        Finding(check["check"]["id"], by_path[path], _message(check))
        for path, check in checks
        if check["grade"] <= CRITICAL
    )
    seen = {each["file_name"] for each in answer}
    return Verdict(
        "kube-score",
        len(seen),
        len(checks) - len(findings),
        findings,
        tuple(each for path, each in by_path.items() if _scored(each) and path not in seen),
    )


def _scored(subject: Subject) -> bool:
    return (subject.body["kind"], subject.body["apiVersion"]) in _SCORED


def _run(paths: list[str], minor: str) -> list[dict[str, Any]]:
    options = ["--output-format", "json", "--kubernetes-version", f"v{minor}"]
    # A limit for CPU throttles while cores are idle, so no container needs one; that for memory is checked.
    options += ["--ignore-container-cpu-limit"]
    options += ["--disable-ignore-checks-annotations", "--disable-optional-checks-annotations"]
    command = [str(binary("kube-score")), "score", *options, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(f"kube-score failed: {done.stderr}")
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer


def _message(check: dict[str, Any]) -> str:
    comments = {": ".join(filter(None, (each["path"], each["summary"]))) for each in check["comments"] or ()}
    return f"{check['check']['name']} ({', '.join(sorted(comments))})"
