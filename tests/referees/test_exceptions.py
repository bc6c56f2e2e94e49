"""A finding needs a reason, and a reason needs a finding."""

from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.objects import Identity
from tools.referees.exceptions import Skip, Use, of_policy, read, unneeded, weigh
from tools.referees.projection import Subject
from tools.referees.report import Judged
from tools.referees.verdict import Finding, Verdict

AGENT = Subject("a.yaml", {}, "rendered/dev/a/a.yaml", Identity("apps", "DaemonSet", "kube", "node-exporter"))
OTHER = Subject("b.yaml", {}, "rendered/dev/b/b.yaml", Identity("apps", "Deployment", "web", "other"))


def test_a_finding_is_skipped_for_the_reason_that_names_its_check_and_object() -> None:
    found = [Finding("C1", AGENT, "m"), Finding("C1", OTHER, "m"), Finding("C2", AGENT, "m")]
    outcome = weigh(found, [Skip(("C1",), ("DaemonSet/*",), "it has to")])
    assert outcome.skipped == {"it has to": [found[0]]}
    assert outcome.failed == found[1:]


def test_an_object_can_be_named_with_its_namespace() -> None:
    found = [Finding("C1", AGENT, "m"), Finding("C1", OTHER, "m")]
    outcome = weigh(found, [Skip(("C1",), ("*/web/*",), "it has to")])
    assert (outcome.skipped, outcome.failed) == ({"it has to": [found[1]]}, [found[0]])


def test_a_check_or_pattern_that_covers_nothing_is_unneeded() -> None:
    skips = [Skip(("C1", "C2"), ("DaemonSet/*", "Job/*"), "it has to")]
    used = weigh([Finding("C1", AGENT, "m")], skips).used
    assert unneeded(skips, used) == [Use("C1", "Job/*"), Use("C2", "DaemonSet/*"), Use("C2", "Job/*")]


def test_an_exception_of_policy_is_needed_when_one_of_its_objects_needs_it() -> None:
    skips = of_policy(("C1", "C2"), "restricted")
    outcome = weigh([Finding("C1", AGENT, "m")], skips)
    assert list(outcome.skipped) == [
        "reads network, processes and file systems of the node; it writes none and runs as nobody"
    ]
    assert unneeded(skips, outcome.used) == [Use("C2", "restricted")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {checks: [C1], objects: ['*']}", "write checks, objects and why, or checks and policy"),
        ("- {checks: [C1], objects: ['*'], why: ''}", "write checks, objects and why, or checks and policy"),
        ("- C1", "write checks, objects and why, or checks and policy"),
        ("- {checks: C1, objects: ['*'], why: it has to}", "checks: write a list of names"),
        ("- {checks: [C1], objects: [1], why: it has to}", "objects: write a list of names"),
    ],
)
def test_an_entry_without_a_reason_is_answered_with_its_place(
    text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "judge.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        read("judge", tmp_path)
    assert str(error.value) == f"{tmp_path}/judge.yaml: entry 1: {message}"


def test_the_report_counts_skipped_checks_by_reason_and_names_what_failed() -> None:
    findings = (Finding("C1", AGENT, "is privileged"), Finding("C2", OTHER, "has no probe"))
    verdict = Verdict("judge 1.0", 1, 7, findings, (OTHER,))
    judged = Judged("dev", verdict, weigh(findings, [Skip(("C1",), ("*",), "it has to")]))
    assert judged.failed
    assert list(judged.lines()) == [
        "dev: judge 1.0: 1 of 2 objects, 7 checks passed, 1 skipped, 2 failed",
        "  1 skipped: it has to",
        "  FAILED rendered/dev/b/b.yaml: C2: has no probe",
        "  FAILED rendered/dev/b/b.yaml: was not looked at",
    ]
