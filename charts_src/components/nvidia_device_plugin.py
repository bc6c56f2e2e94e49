"""NVIDIA's device plugin, which offers the GPUs of a node to pods, whole or shared.

Source: k8s-device-plugin v0.19.3, deployments/helm/nvidia-device-plugin (templates and values.yaml).

Differences from that chart:

- Nodes: by the label of their pool. The chart's affinity wants labels that node-feature-discovery finds by
  itself, which we don't run on nodes; and it tolerates nvidia.com/gpu only.
- Volumes of MPS: only where a pool uses MPS. Of CDI: never, as devices are passed by environment variable.
- SYS_ADMIN and NVIDIA_MIG_MONITOR_DEVICES: only where a pool uses MIG, on top of no other capability.
- Role: nodes only; NodeFeatures and pods belong to GPU feature discovery, which has its own account.
- Root file system read-only: it writes its socket, to a mount, and nothing else.
"""

from charts_src.lib import network, rbac
from charts_src.lib.accelerators import selection
from charts_src.lib.controllers import labels
from charts_src.lib.mps import mps_daemon, mps_mounts, mps_volumes
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.node_agents import agent, daemon_set, has_accelerator
from charts_src.lib.nvidia import (
    CONFIG_FILE,
    GPUS,
    MIG_MONITOR,
    config_containers,
    config_mounts,
    config_volumes,
    configuration_texts,
    configurations,
    plugin_image,
    shares,
)
from charts_src.lib.pod import container, host_path, mount, pod, requests
from charts_src.lib.rbac import READ, Rule, cluster_binding
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "nvidia-device-plugin"
MPS = "nvidia-mps-control-daemon"
_SOCKETS = "/var/lib/kubelet/device-plugins"


class NvidiaDevicePlugin(Component):
    """The device plugin on every node with GPUs and, where a pool uses MPS, the daemon that divides them."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has GPUs."""
        return has_accelerator(env, "nvidia")

    def versions(self) -> dict[str, str]:
        """Name the version of the plugin."""
        return {"k8s-device-plugin": self.env.accelerators.nvidia.device_plugin_version}

    def compose(self) -> None:
        """Add the plugin, its configurations and what it may do."""
        rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, [Rule("", ("nodes",), READ)]))
        self.add(cluster_binding(NAME, NAME, ACCELERATORS))
        self.add(configurations(self.env, NAME))
        self.add(daemon_set(NAME, _pod(self.env), configuration_texts(self.env, NAME)))
        if shares(self.env, "mps"):
            self.add(daemon_set(MPS, mps_daemon(self.env, NAME), configuration_texts(self.env, NAME)))
            self.add(_network_policy(self.env, MPS))
        self.add(_network_policy(self.env, NAME))


def security(env: Environment) -> Body:
    """Give the securityContext: root, as the kubelet's directory is root's; no capability but for MIG."""
    capabilities: Body = {"drop": ["ALL"]} | ({"add": ["SYS_ADMIN"]} if shares(env, "mig") else {})
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": capabilities,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": False,
        "runAsUser": 0,
    }


def _pod(env: Environment) -> Body:
    init, manager = config_containers(env, NAME, security(env))
    mps = shares(env, "mps")
    spec = pod(
        manager,
        _container(env),
        initContainers=[init],
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        shareProcessNamespace=True,
        volumes=[
            host_path("device-plugins", _SOCKETS, "Directory"),
            *(mps_volumes() if mps else []),
            *config_volumes(NAME),
        ],
        **agent(),
        **selection(["nvidia"]),
    )
    return spec | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


def _container(env: Environment) -> Body:
    """Describe the plugin itself; a node in these pools has GPUs, so it fails where it finds none."""
    mps = shares(env, "mps")
    return container(
        NAME,
        plugin_image(env),
        command=[NAME],
        env=[
            {"name": "FAIL_ON_INIT_ERROR", "value": "true"},
            {"name": "DEVICE_LIST_STRATEGY", "value": "envvar"},
            CONFIG_FILE,
            *([{"name": "MPS_ROOT", "value": "/run/nvidia/mps"}] if mps else []),
            *([MIG_MONITOR] if shares(env, "mig") else []),
            *GPUS,
        ],
        securityContext=security(env),
        volumeMounts=[
            mount("device-plugins", _SOCKETS),
            *(mps_mounts() if mps else []),
            *config_mounts(),
        ],
        resources=requests("20m", "64Mi", "256Mi"),
    )


def _network_policy(env: Environment, name: str) -> Body:
    """Let the configuration manager read the label of its node."""
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    return network.allow(name, labels(name), egress=[api_server])
