"""What reasons claim of manifests is true of every environment."""

from collections.abc import Iterator
from typing import Any

import pytest

from charts_src import ROOT, state
from charts_src.config import load
from charts_src.objects import Body, all_containers, pod_specs
from charts_src.proofs.report import notebooks
from tools.referees import exceptions
from tools.referees.exceptions import Skip
from tools.referees.projection import Subject, subjects
from tools.referees.verdict import Finding

HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")


@pytest.fixture(scope="module", params=state.environment_names())
def found(request: pytest.FixtureRequest) -> list[Subject]:
    env = load(request.param, state.ENVIRONMENTS)
    return subjects(ROOT / "rendered" / request.param, notebooks(env))


def reason(referee: str, check: str, why: str) -> Skip:
    (skip,) = [each for each in exceptions.read(referee) if check in each.checks and why in each.why]
    return skip


def covered(found: list[Subject], skip: Skip) -> Iterator[tuple[Subject, Body]]:
    for subject in found:
        if list(skip.uses(Finding(skip.checks[0], subject, ""))):
            yield from ((subject, spec) for _, spec in pod_specs(subject.body))


def test_every_empty_dir_has_a_size(found: list[Subject]) -> None:
    skip = reason("kube-score", "container-ephemeral-storage-request-and-limit", "every emptyDir has a size")
    volumes = [volume for _, spec in covered(found, skip) for volume in spec.get("volumes", ())]
    sized = [volume["emptyDir"].get("sizeLimit") for volume in volumes if "emptyDir" in volume]
    assert len(sized) > 50
    assert all(sized)


def test_whoever_has_a_token_has_an_account_of_its_own_with_permissions(found: list[Subject]) -> None:
    skip = reason("checkov", "CKV_K8S_38", "it talks to the API server")
    bound = {
        (account.get("namespace"), account["name"])
        for subject in found
        for account in subject.body.get("subjects") or ()
        if subject.body["kind"] in ("ClusterRoleBinding", "RoleBinding")
    }
    accounts = {
        (subject.body["metadata"].get("namespace"), spec["serviceAccountName"])
        for subject, spec in covered(found, skip)
        if spec.get("automountServiceAccountToken") is not False
        and subject.body["kind"] != "WorkflowTemplate"
    }
    assert len(accounts) > 20
    assert accounts - bound == set()


def test_a_liveness_probe_that_asks_what_readiness_asks_bears_more_failures(found: list[Subject]) -> None:
    skip = reason("kube-score", "pod-probes-identical", "bears more failures")
    pairs = [
        (probed["livenessProbe"], probed["readinessProbe"])
        for _, spec in covered(found, skip)
        for _, probed in all_containers(spec)
        if "livenessProbe" in probed and "readinessProbe" in probed
    ]
    same = [(live, ready) for live, ready in pairs if _handler(live) == _handler(ready)]
    assert len(same) > 8
    assert all(_seconds(live) > _seconds(ready) for live, ready in same)


def _handler(probe: Body) -> dict[str, Any]:
    return {key: probe[key] for key in HANDLERS if key in probe}


def _seconds(probe: Body) -> int:
    return int(probe.get("failureThreshold", 3)) * int(probe.get("periodSeconds", 10))
