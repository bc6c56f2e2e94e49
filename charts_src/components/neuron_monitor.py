"""AWS's neuron-monitor, which gives Prometheus the metrics of Neuron devices and of the programs on them.

Sources: aws-neuron-sdk, src/k8/k8s-neuron-monitor-daemonset.yml and tools/neuron-sys-tools/
neuron-monitor-user-guide.rst (2026-08-21); image tag: guides of awslabs/operator-for-ai-chips-on-aws, which
name 1.10.0, where the SDK's file is still at 1.3.0. The program itself isn't public.

Differences from that file:

- Nodes: by the label of their pool instead of a list of instance types without Trainium2; every taint.
- Configuration: our own, with the counters of memory errors and of all programs.
- A PodMonitor, which says which pod a metric is about: see lib/accelerators.process_tag. The
  companion neuron-monitor-k8s-info.py would do so too, but it is beta, and neither what it needs in a pod
  nor how it names its labels is documented.
- Not on the node's network: without instance metadata its labels instance_type and region stay empty, and
  the PodMonitor adds the node.
"""

import json

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.accelerators import selection
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.controllers import labels
from charts_src.lib.images import image
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.node_agents import agent, daemon_set, has_accelerator
from charts_src.lib.pod import container, mount, pod, port, requests
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "neuron-monitor"
PORT = 8000
_CONFIG_FILE = "neuron-monitor.json"

_CONFIG = {
    "period": "5s",
    "neuron_runtimes": [
        {
            "tag_filter": ".*",
            "metrics": [
                {"type": "neuroncore_counters"},
                {"type": "memory_used"},
                {"type": "neuron_runtime_vcpu_usage"},
                {"type": "execution_stats"},
            ],
        }
    ],
    "system_metrics": [{"type": "neuron_hw_counters"}, {"type": "vcpu_usage"}, {"type": "memory_info"}],
}
"""All groups of metrics that the user guide documents."""


class NeuronMonitor(Component):
    """The exporter on every node with Neuron devices."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has Neuron devices."""
        return has_accelerator(env, "trainium", "inferentia")

    def versions(self) -> dict[str, str]:
        """Name the version of the exporter."""
        return {"neuron-monitor": self.env.accelerators.neuron.monitor_version}

    def compose(self) -> None:
        """Add the exporter, and the way of Prometheus to it."""
        rbac.service_account(self, NAME)
        config = json.dumps(_CONFIG, indent=2) + "\n"
        self.add(config_map(NAME, {_CONFIG_FILE: config}))
        self.add(daemon_set(NAME, _pod(self.env), config))
        self.add(_pod_monitor())
        self.add(network.allow(NAME, labels(NAME), ingress=[monitoring.scraped(PORT)]))


def _pod_monitor() -> Body:
    """Add the node, drop the exporter's own place, and make namespace and pod of the tag of a process."""
    relabelings = [
        {
            "action": "replace",
            "sourceLabels": ["__meta_kubernetes_pod_node_name"],
            "targetLabel": "node",
        },
        {"action": "labeldrop", "regex": "namespace|pod|container"},
    ]
    tags = [
        {
            "action": "replace",
            "sourceLabels": ["runtime_tag"],
            "regex": "([^/]+)/([^/]+)(/.*)?",
            "targetLabel": label,
            "replacement": group,
        }
        for label, group in (("namespace", "$1"), ("pod", "$2"))
    ]
    return monitoring.pod_monitor(
        NAME, labels(NAME), "metrics", interval="15s", relabelings=relabelings, metricRelabelings=tags
    )


def _pod(env: Environment) -> Body:
    spec = pod(
        _container(env),
        serviceAccountName=NAME,
        volumes=[config_volume("config", NAME)],
        **agent(),
        **selection(["trainium", "inferentia"]),
    )
    return spec | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


def _container(env: Environment) -> Body:
    """Describe the exporter; privileged, as upstream has it, to see all devices without taking one."""
    probe = {"tcpSocket": {"port": "metrics"}, "initialDelaySeconds": 15, "periodSeconds": 20}
    return container(
        NAME,
        image(env, f"public.ecr.aws/neuron/neuron-monitor:{env.accelerators.neuron.monitor_version}"),
        command=["/opt/bin/entrypoint.sh"],
        args=["--port", str(PORT), "--neuron-monitor-config", f"/etc/neuron-monitor/{_CONFIG_FILE}"],
        env=[{"name": "GOMEMLIMIT", "value": "160MiB"}],
        ports=[port("metrics", PORT)],
        livenessProbe=probe,
        readinessProbe=probe,
        securityContext={"privileged": True, "runAsNonRoot": False, "runAsUser": 0},
        volumeMounts=[mount("config", "/etc/neuron-monitor", readOnly=True)],
        resources=requests("256m", "128Mi", "256Mi"),
    )
