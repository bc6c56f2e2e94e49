from cdk8s import App

from charts_src.components.mpi_operator import MpiOperator
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def objects() -> dict[str, Body]:
    return rendered(MpiOperator(App(), environment()))


def rules(role: Body) -> list[tuple[list[str], list[str], list[str]]]:
    return [(rule["apiGroups"], rule["resources"], rule["verbs"]) for rule in role["rules"]]


def test_the_operator_may_do_what_it_does_and_no_more() -> None:
    assert rules(objects()["ClusterRole/mpi-operator"]) == [
        ([""], ["configmaps", "secrets", "services"], ["create", "list", "update", "watch"]),
        ([""], ["events"], ["create", "patch"]),
        ([""], ["pods"], ["create", "delete", "list", "watch"]),
        (["batch"], ["jobs"], ["create", "list", "update", "watch"]),
        (["batch"], ["jobs/status"], ["update"]),
        (["kubeflow.org"], ["mpijobs"], ["list", "watch"]),
        (["kubeflow.org"], ["mpijobs/finalizers", "mpijobs/status"], ["update"]),
    ]


def test_it_may_do_that_where_training_runs_and_elsewhere_only_read_priorities() -> None:
    bodies = MpiOperator(App(), environment()).objects()
    bound = {
        (body["kind"], body["metadata"].get("namespace"), body["roleRef"]["name"])
        for body in bodies
        if body["kind"].endswith("Binding")
    }
    assert bound == {
        ("RoleBinding", "training", "mpi-operator"),
        ("RoleBinding", "mpi-operator", "mpi-operator-leader-election"),
        ("ClusterRoleBinding", None, "mpi-operator-priority-classes"),
    }
    assert rules(objects()["ClusterRole/mpi-operator-priority-classes"]) == [
        (["scheduling.k8s.io"], ["priorityclasses"], ["get", "list", "watch"])
    ]


def test_it_watches_one_namespace_and_is_no_root_on_a_file_system_it_cannot_write() -> None:
    spec = objects()["Deployment/mpi-operator"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["replicas"] == 2
    assert container["image"] == "docker.io/mpioperator/mpi-operator:0.8.2"
    assert container["args"] == [
        "--lock-namespace=mpi-operator",
        "--monitoring-port=8081",
        "--namespace=training",
    ]
    assert spec["template"]["spec"]["securityContext"]["runAsUser"] == 65532
    assert container["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "health"}


def test_prometheus_scrapes_it_and_nobody_else_reaches_it() -> None:
    policy = objects()["NetworkPolicy/mpi-operator"]["spec"]
    (ingress,) = policy["ingress"]
    assert ingress["ports"] == [{"port": 8081, "protocol": "TCP"}]
    assert ingress["from"][0]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}
    assert objects()["PodMonitor/mpi-operator"]["spec"]["podMetricsEndpoints"] == [{"port": "metrics"}]


def test_users_edit_jobs_but_not_their_status() -> None:
    edit = objects()["ClusterRole/mpijobs-edit"]
    assert edit["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-edit"] == "true"
    assert [rule["resources"] for rule in edit["rules"]] == [["mpijobs"]]
