"""How far a change reaches."""

from charts_src.objects import Identity
from charts_src.review.effects import blast
from charts_src.review.page import Folded, Section, Table, Text
from charts_src.review.read import pair_of
from tests.review.effects.pairs import body, files, pair, workload

HEADER = ("environment", "applications", "namespaces", "restart", "pods", "replaced", "removed")


def test_nothing_reaches_nowhere() -> None:
    assert blast.section([pair([], [])]) == Section(
        "Blast radius",
        (Table(HEADER, (("prod", "none", "none", "0", "0", "0", "0"),), numbers=(3, 4, 5, 6)),),
    )


def test_a_row_counts_what_an_environment_loses() -> None:
    old = [workload("Deployment", replicas=3), workload("DaemonSet"), body("v1", "ConfigMap", data={})]
    new = [
        workload("Deployment", "quay.io/a/b:v2", replicas=3),
        workload("DaemonSet", "quay.io/a/b:v2"),
    ]
    table, *_ = blast.section([pair(old, new)]).blocks
    assert table == Table(
        HEADER, (("prod", "app", "ns", "2", "3 + 1 on each node", "0", "1"),), numbers=(3, 4, 5, 6)
    )


def test_each_environment_has_a_row() -> None:
    table, *_ = blast.section([pair([], [], name="dev"), pair([], [], name="prod")]).blocks
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["dev", "prod"]


def test_what_restarts_is_told_apart_from_what_keeps_running() -> None:
    on_delete = {"type": "OnDelete"}
    old = [workload("Deployment"), workload("DaemonSet", updateStrategy=on_delete)]
    new = [
        workload("Deployment", "quay.io/a/b:v2"),
        workload("DaemonSet", "quay.io/a/b:v2", updateStrategy=on_delete),
    ]
    _, restarting, running = blast.section([pair(old, new)]).blocks
    assert isinstance(restarting, Folded)
    assert isinstance(running, Folded)
    assert restarting.summary == "prod: what restarts (1)"
    assert running.summary == "prod: what keeps running (1)"
    assert running.blocks == (
        Table(
            ("object", "component", "when", "how", "pods"),
            (
                (
                    "DaemonSet.apps ns/x",
                    "app",
                    "later",
                    "OnDelete: each pod stays until somebody deletes it, or its node ends",
                    "",
                ),
            ),
            numbers=(4,),
        ),
    )


def test_what_is_refused_is_shown_with_its_remedy() -> None:
    old, new = (body("node.k8s.io/v1", "RuntimeClass", handler=handler) for handler in "ab")
    _, text, table = blast.section([pair([old], [new])]).blocks
    assert text == Text("prod: the API server refuses these changes; sync fails until they are replaced.")
    assert isinstance(table, Table)
    assert table.rows == (
        (
            "RuntimeClass.node.k8s.io ns/x",
            "handler",
            "argocd app sync app --replace --force --resource node.k8s.io:RuntimeClass:ns/x "
            "(the sync options Replace=true and Force=true)",
            "ValidateRuntimeClassUpdate",
        ),
    )


def test_what_is_made_in_aws_is_no_application() -> None:
    cluster = {"apiVersion": "eksctl.io/v1alpha5", "kind": "ClusterConfig", "metadata": {"name": "genai"}}
    old, new = files([cluster], "aws"), files([cluster | {"addons": []}], "aws")
    found = blast.blast(pair_of("prod", (None, old), (None, new)))
    assert found == blast.Blast("prod", (), (), (), (), ())


def test_what_argo_cd_does_not_prune_stays() -> None:
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "x",
            "annotations": {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"},
        },
    }
    table, folded = blast.section([pair([namespace, body("v1", "Service", {})], [])]).blocks
    assert isinstance(table, Table)
    assert table.rows[0][-1] == "2 (1 stay)"
    assert isinstance(folded, Folded)
    assert folded.summary == "prod: what leaves Git (2)"
    (removed,) = folded.blocks
    assert isinstance(removed, Table)
    assert removed.rows == (
        ("Namespace x", "app", "stays until a person deletes it (Prune=false)"),
        ("Service ns/x", "app", "deleted"),
    )


def test_removed_objects_are_named() -> None:
    found = blast.blast(pair([body("v1", "ConfigMap", data={})], []))
    assert found.removed == (blast.Removed(Identity("", "ConfigMap", "ns", "x"), "app", stays=False),)
    assert found.applications == ("app",)
    assert found.namespaces == ("ns",)
