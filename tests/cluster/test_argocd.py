"""Argo CD itself, with the rights that it has on a cluster, brings the repository to an empty cluster.

From the bundle of argocd/bootstrap on: what a person applies once loads the root Application, and that all
others. Pods do not run, kwok says that they are ready; nor do some controllers (tools/cluster/absent.py).
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from charts_src import ROOT
from charts_src.objects import AWS_FOLDER, Body
from tests.cluster.definitions import Defined
from tools.cluster.absent import ABSENT, SERVICES, StandIns
from tools.cluster.argocd import ArgoCd, argo_cd, told
from tools.cluster.argocd_install import load_root
from tools.cluster.argocd_start import NO_WEBHOOKS
from tools.cluster.nodes import environment_nodes
from tools.cluster.plane import plane as running
from tools.cluster.responses import Refused
from tools.cluster.tree import tree, wave_of
from tools.cluster.waiting import eventually

ENV = os.environ.get("ARGOCD_ENV", "dev")
"""One environment, as each takes minutes; it has to be one whose bundle installs Argo CD."""
SERVED = {path.parent.name for path in (ROOT / "rendered" / ENV).glob("*/ray*.yaml")}
"""Applications with a RayService, RayCluster or RayJob, which none waits for."""
SMALL = "spark-history"
FOLDER = f"rendered/{ENV}/{SMALL}"
NAMESPACE = "spark-jobs"


class Synced(NamedTuple):
    """What the first sync made."""

    argo: ArgoCd
    applications: dict[str, Body]
    """When it was over."""


@pytest.fixture(scope="module")
def argo(definitions: Defined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCd]:
    folder = tmp_path_factory.mktemp("argocd") / "state"
    with running(folder, NO_WEBHOOKS, before=definitions.folder) as plane:
        for node in environment_nodes(ENV, most=2):
            plane.api.create(node)
        with argo_cd(plane, ENV, there=definitions.bodies) as found:
            yield found


@pytest.fixture(scope="module")
def synced(argo: ArgoCd) -> Synced:
    load_root(argo.plane, argo.namespace)
    stand_ins = StandIns(argo.plane.api, ABSENT)
    expected = {wave.application for wave in tree(ENV)} | {"root"}

    def done() -> dict[str, Body] | None:
        if not stand_ins.write():
            return None
        found = argo.applications()
        return found if found.keys() >= expected and set(unfinished(found)) <= SERVED else None

    def failed() -> str:
        found = argo.applications()
        missing = sorted(expected - set(found))
        open_ = {name: told(found[name].get("status", {})) for name in unfinished(found)}
        return f"missing {missing}, unfinished {open_}\n{argo.controller.tail(5)}"

    return Synced(argo, eventually(done, 400, failed))


def unfinished(applications: dict[str, Body]) -> list[str]:
    """Name the Applications that are not Synced and Healthy, or still at it.

    One whose objects were all there needs no operation.
    """
    return [
        name
        for name, body in applications.items()
        if state(body) != ("Synced", "Healthy") or phase_of(body["status"]) not in ("", "Succeeded")
    ]


def state(body: Body) -> tuple[str, str]:
    status = body.get("status", {})
    return status.get("sync", {}).get("status", ""), status.get("health", {}).get("status", "")


def operation(status: Body) -> Body:
    """Give the last operation; for a moment there is none when the next begins."""
    found: Body = status.get("operationState", {})
    return found


def phase_of(status: Body) -> str:
    return str(operation(status).get("phase", ""))


def result_of(status: Body) -> Body:
    found: Body = operation(status).get("syncResult", {})
    return found


def synced_at(revision: str, status: Body) -> bool:
    """Say whether an Application is at a revision, and got there."""
    return (status["sync"]["status"], status["sync"].get("revision")) == ("Synced", revision)


def edit(path: Path, *keys: str | int, value: object) -> Body:
    """Set one field of a file of the working copy, and give what it says then."""
    body: Body = yaml.safe_load(path.read_text(encoding="utf-8"))
    *way, last = keys
    inner = body
    for key in way:
        inner = inner[key]  # type: ignore[index]
    inner[last] = value  # type: ignore[index]
    path.write_text(yaml.safe_dump(body), encoding="utf-8")
    return body


def config(argo: ArgoCd) -> Body:
    found = argo.plane.api.get("v1", "ConfigMap", SMALL, NAMESPACE)
    assert found
    return found


def deployment(argo: ArgoCd) -> Body:
    found = argo.plane.api.get("apps/v1", "Deployment", SMALL, NAMESPACE)
    assert found
    return found


def test_the_root_application_makes_one_of_every_folder(synced: Synced) -> None:
    folders = {path.name for path in (ROOT / "rendered" / ENV).iterdir() if path.is_dir()} - {AWS_FOLDER}
    assert set(synced.applications) == folders | {"root"}
    assert state(synced.applications["root"]) == ("Synced", "Healthy")


def test_a_ray_service_without_an_operator_is_progressing_and_holds_up_nothing_else(synced: Synced) -> None:
    argo = synced.argo

    def healths() -> set[str]:
        return {state(argo.application(name))[1] for name in SERVED}

    eventually(lambda: healths() == {"Progressing"}, 60, lambda: f"they are {healths()}")
    message = operation(argo.application("llm")["status"])["message"]
    assert message == "waiting for healthy state of ray.io/RayService/llm"
    assert set(unfinished(argo.applications())) == SERVED


def test_every_application_is_synced_and_healthy_when_its_controllers_have_done_their_work(
    synced: Synced,
) -> None:
    argo = synced.argo
    stand_ins = StandIns(argo.plane.api, (*ABSENT, *SERVICES))

    def done() -> bool:
        return stand_ins.write() and not unfinished(argo.applications())

    eventually(done, 120, lambda: str(unfinished(argo.applications())))


def test_an_application_that_is_not_done_is_seen() -> None:
    """The known-bad sample of what the tests above and below look for."""
    done = {
        "sync": {"status": "Synced"},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded"},
    }
    bad: tuple[Body, ...] = (
        {"sync": {"status": "Unknown"}},
        {"health": {"status": "Progressing"}},
        {"operationState": {"phase": "Running"}},
    )
    samples = {str(index): {"status": done | each} for index, each in enumerate(({}, *bad))}
    assert unfinished(samples | {"new": {}}) == ["1", "2", "3", "new"]


def created(argo: ArgoCd) -> list[str]:
    """Name what the application controller created of Argo CD's own kinds, in that order."""
    return [
        event.name
        for event in argo.plane.events(argo.user)
        if event.resource in ("applications", "appprojects")
        and (event.verb, event.code) == ("patch", 201)
        and "dryRun" not in event.uri
    ]


def out_of_order(names: list[str], waves: dict[str, int]) -> list[str]:
    """Name what came after something of a later wave."""
    return [name for at, name in enumerate(names) if any(waves[name] < waves[each] for each in names[:at])]


def test_waves_run_in_order(synced: Synced) -> None:
    argo = synced.argo
    waves = {name: wave_of(body) for name, body in synced.applications.items() if name != "root"}
    assert {waves["namespaces"], waves["node-pools"], waves["queues"], waves["ray-train"]} == {0, 2, 7, 8}
    waves[f"genai-on-eks-{ENV}"] = -1
    names = eventually(
        lambda: names if len(names := created(argo)) >= len(waves) else None, 10, "not all in the audit log"
    )
    assert sorted(names) == sorted(waves)
    assert out_of_order(names, waves) == []
    assert out_of_order(names[::-1], waves) != []


def test_a_wave_waits_for_those_before_it_to_be_healthy(synced: Synced) -> None:
    bodies = {name: body for name, body in synced.applications.items() if name != "root"}
    awaited = {
        name: body["status"]["history"][0]["deployedAt"]
        for name, body in bodies.items()
        if body["metadata"]["annotations"].get("genai-on-eks/awaited") != "false"
        and "history" in body["status"]
    }
    assert awaited.keys() >= {"namespaces", "karpenter", "node-pools", "cert-manager", "kueue"}
    early = [
        (name, other)
        for name, body in bodies.items()
        for other, at in awaited.items()
        if wave_of(bodies[other]) < wave_of(body) and body["metadata"]["creationTimestamp"] < at
    ]
    assert early == []


def test_a_commit_is_applied(synced: Synced) -> None:
    argo = synced.argo
    path = argo.repository.work / FOLDER / f"configmap-{SMALL}.yaml"
    edit(path, "data", "history.conf", value="spark.history.ui.port 18081\n")
    revision = argo.commit(SMALL)
    argo.becomes(SMALL, lambda status: synced_at(revision, status))
    assert config(argo)["data"] == {"history.conf": "spark.history.ui.port 18081\n"}


def test_drift_is_healed(synced: Synced) -> None:
    argo = synced.argo
    wanted = deployment(argo)["spec"]["replicas"]
    drifted = argo.plane.api.merge(
        "apps/v1", "Deployment", SMALL, {"spec": {"replicas": wanted + 2}}, NAMESPACE
    )
    assert drifted["spec"]["replicas"] == wanted + 2
    eventually(lambda: deployment(argo)["spec"]["replicas"] == wanted, 60, "the Deployment stays as it is")
    argo.plane.api.delete("v1", "ConfigMap", SMALL, NAMESPACE)
    eventually(
        lambda: argo.plane.api.get("v1", "ConfigMap", SMALL, NAMESPACE),
        60,
        "the ConfigMap does not come back",
    )


def test_a_removed_file_is_pruned(synced: Synced) -> None:
    argo = synced.argo
    budget = "policy/v1", "PodDisruptionBudget", SMALL, NAMESPACE
    assert argo.plane.api.get(*budget)
    (argo.repository.work / FOLDER / f"poddisruptionbudget-{SMALL}.yaml").unlink()
    revision = argo.commit(SMALL)
    argo.becomes(SMALL, lambda status: synced_at(revision, status))
    assert argo.plane.api.get(*budget) is None


def test_a_namespace_whose_file_is_removed_stays_and_holds_up_nothing(synced: Synced) -> None:
    argo = synced.argo
    path = argo.repository.work / f"rendered/{ENV}/namespaces/namespace-mount-s3.yaml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    removed = argo.commit("namespaces")
    status = argo.becomes("namespaces", lambda status: synced_at(removed, status))
    (seen,) = (
        each for each in status["resources"] if (each["kind"], each["name"]) == ("Namespace", "mount-s3")
    )
    assert seen["requiresPruning"]
    found = argo.plane.api.get("v1", "Namespace", "mount-s3")
    assert found
    assert found["status"]["phase"] == "Active"
    path.write_text(text, encoding="utf-8")
    revision = argo.commit("namespaces")
    argo.becomes("namespaces", lambda status: synced_at(revision, status))


def test_a_manifest_with_an_unknown_field_is_not_applied_and_is_reported(synced: Synced) -> None:
    argo = synced.argo
    folder = argo.repository.work / FOLDER
    before = deployment(argo), config(argo)
    kept = {path: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    edit(folder / f"deployment-{SMALL}.yaml", "spec", "replicaz", value=3)
    edit(folder / f"configmap-{SMALL}.yaml", "data", "history.conf", value="spark.history.ui.port 18082\n")
    argo.commit(SMALL)
    status = argo.becomes(SMALL, lambda status: status["sync"]["status"] == "Unknown")
    messages = [each["message"] for each in status["conditions"] if each["type"] == "ComparisonError"]
    assert any(".spec.replicaz: field not declared in schema" in message for message in messages)
    for path, text in kept.items():
        path.write_text(text, encoding="utf-8")
    revision = argo.commit(SMALL)
    argo.becomes(SMALL, lambda status: synced_at(revision, status))
    after = deployment(argo), config(argo)
    assert [each["metadata"]["generation"] for each in after[:1]] == [before[0]["metadata"]["generation"]]
    assert after[1]["metadata"]["resourceVersion"] == before[1]["metadata"]["resourceVersion"]


def test_a_manifest_that_the_api_server_refuses_is_not_applied_and_is_reported(synced: Synced) -> None:
    argo = synced.argo
    bad = argo.repository.work / FOLDER / "service-bad.yaml"
    metadata = {"name": "bad", "namespace": NAMESPACE}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 99999}]}}
    bad.write_text(yaml.safe_dump(body), encoding="utf-8")
    argo.commit(SMALL)
    status = argo.becomes(
        SMALL,
        lambda status: status["sync"]["status"] == "OutOfSync" and "is invalid" in str(result_of(status)),
    )
    assert phase_of(status) != "Succeeded"
    (result,) = (
        each["message"]
        for each in result_of(status)["resources"]
        if (each["kind"], each["name"]) == ("Service", "bad")
    )
    assert 'Service "bad" is invalid' in result
    assert "spec.ports[0].port: Invalid value: 99999" in result
    assert argo.plane.api.get("v1", "Service", "bad", NAMESPACE) is None
    bad.unlink()
    revision = argo.commit(SMALL)
    argo.becomes(SMALL, lambda status: synced_at(revision, status))


def test_a_kind_that_the_project_does_not_admit_is_not_applied(synced: Synced) -> None:
    argo = synced.argo
    bad = argo.repository.work / FOLDER / "limitrange-bad.yaml"
    metadata = {"name": "bad", "namespace": NAMESPACE}
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": []}}
    bad.write_text(yaml.safe_dump(body), encoding="utf-8")
    argo.commit(SMALL)
    status = argo.becomes(
        SMALL,
        lambda status: (
            status["sync"]["status"] == "OutOfSync" and "not permitted in project" in str(result_of(status))
        ),
    )
    assert phase_of(status) != "Succeeded"
    assert argo.plane.api.get("v1", "LimitRange", "bad", NAMESPACE) is None
    bad.unlink()
    revision = argo.commit(SMALL)
    argo.becomes(SMALL, lambda status: synced_at(revision, status))


def test_what_loads_root_may_write_nothing_else(synced: Synced) -> None:
    argo = synced.argo
    token = argo.plane.api.token_of(argo.namespace, "root-loader")
    root = argo.application("root")
    spec = {"spec": root["spec"]}
    other = {"name": "other", "namespace": argo.namespace}
    body = {"apiVersion": root["apiVersion"], "kind": "Application", "metadata": other, **spec}
    loader = argo.plane.api.as_token(token)
    loader.apply({**body, "metadata": {**other, "name": "root"}}, dry_run=True)
    with pytest.raises(Refused, match="cannot patch resource"):
        loader.apply(body, dry_run=True)


def test_an_application_that_leaves_git_takes_its_objects_along(synced: Synced) -> None:
    argo = synced.argo
    assert argo.plane.api.get("apps/v1", "Deployment", "tensorboard", "training")
    (argo.repository.work / f"argocd/{ENV}/application-tensorboard.yaml").unlink()
    argo.commit("root")
    eventually(lambda: not argo.application("tensorboard"), 150, "the Application stays")
    assert argo.plane.api.get("apps/v1", "Deployment", "tensorboard", "training") is None


def test_argo_cd_runs_and_was_refused_nothing(synced: Synced) -> None:
    argo = synced.argo
    assert [each.tail() for each in (argo.controller, argo.repo_server) if not each.alive()] == []
    time.sleep(2)  # the audit log is written in batches
    assert len(list(argo.plane.events(argo.user))) > 1000
    assert argo.plane.forbidden(argo.user) == []
