from cdk8s import App

from charts_src.components.node_problem_detector import NodeProblemDetector
from tests.ray_environment import environment, rendered


def test_it_tells_prometheus_only_and_has_no_rights_in_the_cluster() -> None:
    objects = rendered(NodeProblemDetector(App(), environment()))
    spec = objects["DaemonSet/node-problem-detector"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert "--enable-k8s-exporter=false" in container["args"]
    assert spec["automountServiceAccountToken"] is False
    assert not any("Role" in key for key in objects)
    assert objects["NetworkPolicy/node-problem-detector"]["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "node-problem-detector"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
                    }
                ],
                "ports": [{"port": 20257, "protocol": "TCP"}],
            }
        ],
    }


def test_it_sees_nothing_of_the_node_but_the_kernel_log() -> None:
    objects = rendered(NodeProblemDetector(App(), environment()))
    assert objects["DaemonSet/node-problem-detector"]["spec"]["template"]["spec"]["volumes"] == [
        {"name": "kmsg", "hostPath": {"path": "/dev/kmsg", "type": "CharDevice"}}
    ]
