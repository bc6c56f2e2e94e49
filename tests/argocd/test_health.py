"""The health checks of Argo CD, run as Argo CD runs them: Lua 5.1 with the base and table libraries only."""

import json
from pathlib import Path
from typing import Any

import pytest
from lupa.lua51 import LuaRuntime

from charts_src import ROOT

HEALTH = ROOT / "charts_src" / "lib" / "health"


def health(check: str, obj: dict[str, Any]) -> tuple[str, str]:
    """Run a check on an object; give status and message."""
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.execute("string, math, io, os, debug = nil, nil, nil, nil, nil")
    # Through JSON, because a dict that is there twice would become one table, which lupa loses.
    lua.globals()["obj"] = lua.table_from(json.loads(json.dumps(obj)), recursive=True)
    result: Any = lua.execute((HEALTH / f"{check}.lua").read_text(encoding="utf-8"))
    return result["status"], result["message"]


def with_status(status: dict[str, Any] | None, generation: int = 1, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x", "generation": generation, **metadata}} | (
        {} if status is None else {"status": status}
    )


def condition(kind: str, status: str, message: str = "", reason: str = "Reason") -> dict[str, str]:
    return {"type": kind, "status": status, "message": message, "reason": reason}


READY = condition("Ready", "True", "Number of serve endpoints is greater than 0")
INITIALIZING = condition("Ready", "False", "RayService is initializing", "Initializing")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ("Progressing", "Waiting for the operator to see the change")),
        (
            {"observedGeneration": 1, "conditions": [READY]},
            ("Progressing", "Waiting for the operator to see the change"),
        ),
        (
            {"observedGeneration": 2, "conditions": [READY, condition("UpgradeInProgress", "False")]},
            ("Healthy", "Number of serve endpoints is greater than 0"),
        ),
        (
            {"observedGeneration": 2, "conditions": [READY, condition("UpgradeInProgress", "True", "Both")]},
            ("Progressing", "Both"),
        ),
        (
            {"observedGeneration": 2, "conditions": [INITIALIZING]},
            ("Progressing", "RayService is initializing"),
        ),
        (
            {
                "observedGeneration": 2,
                "conditions": [condition("Ready", "False", "late", "InitializingTimeout")],
            },
            ("Degraded", "late"),
        ),
        (
            {"observedGeneration": 1, "conditions": [condition("Ready", "False", "bad", "ValidationFailed")]},
            ("Degraded", "bad"),
        ),
        (
            {
                "observedGeneration": 2,
                "conditions": [INITIALIZING],
                "pendingServiceStatus": {
                    "applicationStatuses": {"sdxl": {"status": "DEPLOY_FAILED", "message": "no module"}}
                },
            },
            ("Degraded", "sdxl is DEPLOY_FAILED: no module"),
        ),
        (
            {
                "observedGeneration": 2,
                "conditions": [READY],
                "activeServiceStatus": {"applicationStatuses": {"sdxl": {"status": "RUNNING"}}},
            },
            ("Healthy", "Number of serve endpoints is greater than 0"),
        ),
    ],
)
def test_a_ray_service(status: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert health("ray.io_RayService", with_status(status, generation=2)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ("Progressing", "Waiting for the head and every worker")),
        ({"conditions": []}, ("Progressing", "Waiting for the head and every worker")),
        ({"state": "ready", "observedGeneration": 1}, ("Healthy", "")),
        ({"state": "suspended"}, ("Suspended", "The cluster has no pods")),
        ({"state": "failed", "reason": "no head"}, ("Degraded", "no head")),
        (
            {"state": "ready", "conditions": [condition("ReplicaFailure", "True", "quota")]},
            ("Degraded", "quota"),
        ),
    ],
)
def test_a_ray_cluster(status: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert health("ray.io_RayCluster", with_status(status, generation=2)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ("Progressing", "")),
        ({"jobDeploymentStatus": "Initializing"}, ("Progressing", "Initializing")),
        ({"jobDeploymentStatus": "Retrying"}, ("Progressing", "Retrying")),
        ({"jobDeploymentStatus": "Running", "jobStatus": "RUNNING"}, ("Healthy", "Running")),
        ({"jobDeploymentStatus": "Complete", "jobStatus": "SUCCEEDED"}, ("Healthy", "Complete")),
        ({"jobDeploymentStatus": "Complete", "jobStatus": "FAILED"}, ("Degraded", "The job failed")),
        ({"jobDeploymentStatus": "Failed", "message": "deadline"}, ("Degraded", "deadline")),
        ({"jobDeploymentStatus": "ValidationFailed", "message": "bad"}, ("Degraded", "bad")),
        ({"jobDeploymentStatus": "Suspended"}, ("Suspended", "Suspended")),
    ],
)
def test_a_ray_job(status: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert health("ray.io_RayJob", with_status(status)) == expected


CREATED = condition("Created", "True", "created")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], ("Progressing", "Waiting for launcher and workers")),
        ([CREATED], ("Progressing", "Waiting for launcher and workers")),
        ([CREATED, condition("Running", "True", "is running")], ("Healthy", "is running")),
        (
            [CREATED, condition("Running", "False"), condition("Suspended", "True", "suspended")],
            ("Suspended", "suspended"),
        ),
        (
            [CREATED, condition("Suspended", "False"), condition("Running", "True", "is running")],
            ("Healthy", "is running"),
        ),
        (
            [CREATED, condition("Running", "False"), condition("Succeeded", "True", "done")],
            ("Healthy", "done"),
        ),
        ([CREATED, condition("Running", "True"), condition("Failed", "True", "OOM")], ("Degraded", "OOM")),
    ],
)
def test_an_mpi_job(conditions: list[dict[str, str]], expected: tuple[str, str]) -> None:
    assert health("kubeflow.org_MPIJob", with_status({"conditions": conditions})) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ("Progressing", "Waiting to be synced")),
        (
            {"health": {"status": "Missing"}, "sync": {"status": "OutOfSync"}},
            ("Progressing", "Waiting to be synced"),
        ),
        (
            {
                "health": {"status": "Healthy"},
                "sync": {"status": "OutOfSync"},
                "operationState": {"phase": "Running"},
            },
            ("Progressing", "Waiting to be synced"),
        ),
        (
            {
                "health": {"status": "Healthy"},
                "sync": {"status": "OutOfSync"},
                "operationState": {"phase": "Failed", "message": "refused"},
            },
            ("Degraded", "refused"),
        ),
        (
            {"health": {"status": "Degraded"}, "sync": {"status": "Synced"}},
            ("Degraded", "A resource is degraded"),
        ),
        ({"health": {"status": "Progressing"}, "sync": {"status": "Synced"}}, ("Progressing", "")),
        (
            {
                "health": {"status": "Healthy"},
                "sync": {"status": "Synced"},
                "operationState": {"phase": "Failed"},
            },
            ("Healthy", ""),
        ),
    ],
)
def test_an_application_that_others_wait_for(
    status: dict[str, Any] | None, expected: tuple[str, str]
) -> None:
    assert health("argoproj.io_Application", with_status(status)) == expected


def test_an_application_that_nothing_waits_for_holds_up_no_sync() -> None:
    status = {"health": {"status": "Degraded"}, "sync": {"status": "OutOfSync"}}
    assert health(
        "argoproj.io_Application", with_status(status, annotations={"genai-on-eks/awaited": "false"})
    ) == ("Healthy", "Nothing waits for this Application; it reports Degraded")


CHART = {"repoURL": "registry.example.com/charts", "chart": "x", "targetRevision": "1.4.0"}
FOLDER = {"repoURL": "https://git.example.com/x.git", "path": "rendered/dev/x", "targetRevision": "main"}
VALUES = {"releaseName": "x", "valuesObject": {"global": {"aws": {"zones": ["a", "b"]}}}}
OTHER_VALUES = {"releaseName": "x", "valuesObject": {"global": {"aws": {"zones": ["a"]}}}}
FINE = ("Healthy", "")
OLD = ("Progressing", "Waiting to be compared with its new source")


@pytest.mark.parametrize(
    ("source", "compared", "expected"),
    [
        (CHART, CHART, FINE),
        (CHART | {"helm": VALUES}, CHART | {"helm": VALUES}, FINE),
        (FOLDER, FOLDER, FINE),
        (CHART, FOLDER, OLD),
        (FOLDER, CHART, OLD),
        (CHART | {"targetRevision": "1.5.0"}, CHART, OLD),
        (CHART | {"helm": VALUES}, CHART, OLD),
        (CHART, CHART | {"helm": VALUES}, OLD),
        (CHART | {"helm": OTHER_VALUES}, CHART | {"helm": VALUES}, OLD),
        (CHART | {"helm": VALUES}, CHART | {"helm": OTHER_VALUES}, OLD),
    ],
)
def test_the_status_of_an_old_source_says_nothing_of_the_new_one(
    source: dict[str, Any], compared: dict[str, Any], expected: tuple[str, str]
) -> None:
    sync = {"status": "Synced", "comparedTo": {"source": compared}}
    obj = with_status({"health": {"status": "Healthy"}, "sync": sync})
    assert health("argoproj.io_Application", obj | {"spec": {"source": source}}) == expected


@pytest.mark.parametrize(
    ("source", "sync", "kind", "expected"),
    [
        (CHART, "Unknown", "ComparisonError", ("Degraded", "not found")),
        (CHART, "Unknown", "InvalidSpecError", ("Degraded", "not found")),
        (CHART, "Unknown", "OrphanedResourceWarning", ("Progressing", "Waiting to be synced")),
        (CHART, "OutOfSync", "ComparisonError", ("Progressing", "Waiting to be synced")),
        (FOLDER, "Unknown", "ComparisonError", ("Progressing", "Waiting to be synced")),
    ],
)
def test_a_chart_that_cannot_be_had_ends_the_sync_that_brought_it(
    source: dict[str, Any], sync: str, kind: str, expected: tuple[str, str]
) -> None:
    status = {
        "health": {"status": "Healthy"},
        "sync": {"status": sync, "comparedTo": {"source": source}},
        "conditions": [{"type": kind, "message": "not found"}],
    }
    assert health("argoproj.io_Application", with_status(status) | {"spec": {"source": source}}) == expected


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("Pending", ("Healthy", "Waiting for a pod to use it")),
        ("Bound", ("Healthy", "")),
        ("Lost", ("Degraded", "The volume is gone")),
    ],
)
def test_a_persistent_volume_claim(phase: str, expected: tuple[str, str]) -> None:
    assert health("PersistentVolumeClaim", with_status({"phase": phase})) == expected


def test_every_check_has_a_test() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    names = [script.stem for script in sorted(HEALTH.glob("*.lua"))]
    assert len(names) == 6
    assert [name for name in names if f'"{name}"' not in tested] == []
