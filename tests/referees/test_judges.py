"""Each referee flags its known-bad sample, and an object that it does not look at counts as a failure."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.referees import checkov, kube_score, kyverno
from tools.referees.projection import Subject, subjects, write
from tools.referees.verdict import Verdict

SAMPLES = Path(__file__).parent / "known_bad"
HEAD = "known_bad/sample/raycluster-privileged.yaml: spec.headGroupSpec.template.spec"
WORKER = "known_bad/sample/raycluster-privileged.yaml: spec.workerGroupSpecs[0].template.spec"

pytestmark = pytest.mark.heavy


def judged(judge: Callable[[Path, list[Subject]], Verdict], sample: str, folder: Path) -> Verdict:
    found = subjects(SAMPLES / sample)
    write(found, folder)
    return judge(folder, found)


def checks(verdict: Verdict) -> dict[str, set[str]]:
    found = defaultdict(set)
    for finding in verdict.findings:
        found[finding.subject.origin].add(finding.check)
    return dict(found)


def test_checkov_flags_what_a_projected_pod_may_do_and_a_role_for_everything(tmp_path: Path) -> None:
    verdict = judged(checkov.judge, "sample", tmp_path)
    found = checks(verdict)
    assert {"CKV_K8S_14", "CKV_K8S_16", "CKV_K8S_19", "CKV_K8S_20", "CKV_K8S_23"} <= found[WORKER]
    assert {"CKV_K8S_20", "CKV_K8S_23"} <= found[HEAD]
    assert {"CKV_K8S_16", "CKV_K8S_19"}.isdisjoint(found[HEAD])
    assert "CKV_K8S_49" in found["known_bad/sample/clusterrole-everything.yaml"]
    assert (verdict.seen, verdict.expected) == (5, 5)


def test_checkov_is_caught_when_it_leaves_an_object_out(tmp_path: Path) -> None:
    verdict = judged(checkov.judge, "unread", tmp_path)
    assert (verdict.seen, verdict.expected) == (0, 1)
    assert [each.origin for each in verdict.unseen] == ["known_bad/unread/pod-unread.yaml"]


def test_kube_score_calls_a_privileged_pod_and_an_ingress_to_nowhere_critical(tmp_path: Path) -> None:
    verdict = judged(lambda folder, found: kube_score.judge(folder, found, "1.36"), "sample", tmp_path)
    found = checks(verdict)
    assert {"container-image-tag", "container-resources", "container-security-context-privileged"} <= (
        found[WORKER]
    )
    assert "container-security-context-privileged" not in found[HEAD]
    assert found["known_bad/sample/ingress-nowhere.yaml"] == {"ingress-targets-service"}
    assert (verdict.seen, verdict.expected) == (3, 3)


def test_kyverno_refuses_a_privileged_pod_at_both_levels(tmp_path: Path) -> None:
    verdict = judged(kyverno.judge, "sample", tmp_path)
    assert checks(verdict) == {WORKER: {"baseline", "restricted"}, HEAD: {"restricted"}}
    (baseline,) = (each.message for each in verdict.findings if each.check == "baseline")
    for reason in ("host namespaces", "hostPath volumes", "privileged"):
        assert f"Forbidden reason: {reason}" in baseline
    assert (verdict.seen, verdict.passed) == (2, 1)
