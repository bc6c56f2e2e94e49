"""node_exporter on every node: CPU, memory, disks and network of the machine.

Sources: manifests/nodeExporter-daemonset.yaml of prometheus-operator/kube-prometheus (arguments, host paths,
tolerations); github.com/prometheus/node_exporter@v1.12.1: Dockerfile (user nobody, port), collector (flags).
"""

from charts_src.lib import rbac
from charts_src.lib.controllers import labels
from charts_src.lib.images import image
from charts_src.lib.monitoring import pod_monitor
from charts_src.lib.namespaces import NODE_AGENTS
from charts_src.lib.node_agents import agent, daemon_set
from charts_src.lib.pod import container, host_path, host_port, http_probe, mount, pod
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "node-exporter"
VERSION = "1.12.1"
PORT = 9100

_VIRTUAL = "^(veth.*|eni.*|[a-f0-9]{15})$"
"""Interfaces of pods; eni is the prefix that the Amazon VPC CNI gives them."""

_MOUNTS = "^/(dev|proc|sys|run/containerd/.+|var/lib/kubelet/pods/.+)($|/)"


class NodeExporter(Component):
    """A pod on every node. It needs no network policy: pods in the node's network are not subject to any."""

    name = NAME
    target_namespace = NODE_AGENTS

    def versions(self) -> dict[str, str]:
        """Name the version."""
        return {NAME: VERSION}

    def compose(self) -> None:
        """Add the pods and their monitor."""
        rbac.service_account(self, NAME)
        self.add(daemon_set(NAME, _pod(self.env)))
        self.add(pod_monitor(NAME, labels(NAME), "metrics"))


def _pod(env: Environment) -> Body:
    """Share network and processes of the node, as upstream does, to see those of the node.

    No API token: upstream has one for kube-rbac-proxy, which asks for the caller's rights. Here the port is
    plain: the security group of the nodes decides who reaches it.
    """
    return pod(
        _container(env),
        serviceAccountName=NAME,
        hostNetwork=True,
        hostPID=True,
        securityContext={
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "runAsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        volumes=[
            host_path("sys", "/sys", ""),
            host_path("root", "/", ""),
        ],
        **agent(nodeSelector={"kubernetes.io/os": "linux"}),
    )


def _container(env: Environment) -> Body:
    """Upstream's arguments, and no capability.

    SYS_TIME, which upstream adds, is for the collector timex to read the clock's state; it is off here.
    """
    return container(
        NAME,
        image(env, f"quay.io/prometheus/node-exporter:v{VERSION}"),
        args=[
            f"--web.listen-address=:{PORT}",
            "--path.sysfs=/host/sys",
            "--path.rootfs=/host/root",
            "--path.udev.data=/host/root/run/udev/data",
            "--no-collector.btrfs",
            "--no-collector.hwmon",
            "--no-collector.timex",
            "--no-collector.wifi",
            f"--collector.filesystem.mount-points-exclude={_MOUNTS}",
            f"--collector.netclass.ignored-devices={_VIRTUAL}",
            f"--collector.netdev.device-exclude={_VIRTUAL}",
        ],
        ports=[host_port("metrics", PORT)],
        livenessProbe=http_probe("/", "metrics", initialDelaySeconds=10),
        readinessProbe=http_probe("/", "metrics"),
        resources={
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"cpu": "250m", "memory": "180Mi"},
        },
        volumeMounts=[
            mount("sys", "/host/sys", readOnly=True) | {"mountPropagation": "HostToContainer"},
            mount("root", "/host/root", readOnly=True) | {"mountPropagation": "HostToContainer"},
        ],
    )
