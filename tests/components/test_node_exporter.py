from cdk8s import App

from charts_src.components.node_exporter import NodeExporter
from charts_src.policy import violations
from tests.ray_environment import environment, rendered


def test_it_runs_on_every_node_without_a_capability_or_a_token() -> None:
    objects = rendered(NodeExporter(App(), environment()))
    spec = objects["DaemonSet/node-exporter"]["spec"]["template"]["spec"]
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsUser"] == 65534
    (container,) = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    assert objects["PodMonitor/node-exporter"]["spec"]["podMetricsEndpoints"] == [{"port": "metrics"}]


def test_no_rule_but_the_excepted_one_is_broken() -> None:
    for body in NodeExporter(App(), environment()).objects():
        assert list(violations(body)) == []
