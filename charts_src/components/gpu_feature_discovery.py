"""GPU feature discovery, which labels nodes with the model, memory and driver of their GPUs.

Sources: k8s-device-plugin v0.19.3, deployments/helm/nvidia-device-plugin (daemonset-gfd.yml, role.yml),
internal/lm; of node-feature-discovery v0.19.0 the controllers in lib/node_feature_discovery.py.

Differences from the chart:

- Not privileged, not root: the chart's reason is information on vGPUs, which no instance type of the table
  has; without it discovery goes on (internal/lm/vgpu.go). It reads the model of machine and the PCI bus from
  the /sys that every container has. With MIG the runtime shows slices to root with SYS_ADMIN only, so it is
  both there.
- NVIDIA_VISIBLE_DEVICES and NVIDIA_DRIVER_CAPABILITIES: those of the image, written out.
- No features.d of the node: labels go through NodeFeature objects, which is the default.
- Role: NodeFeatures and its own pod in this namespace; the chart grants them in the whole cluster, and also
  to list and watch NodeFeatures, of which discovery only gets its own.
"""

from charts_src.lib import network, rbac
from charts_src.lib.accelerators import selection
from charts_src.lib.controllers import labels
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.node_agents import agent, daemon_set, has_accelerator
from charts_src.lib.node_feature_discovery import GC, MASTER, gc_objects, master_objects
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
from charts_src.lib.pod import container, node_name, pod, pod_field, requests
from charts_src.lib.rbac import READ, Rule, cluster_binding
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "gpu-feature-discovery"
RULES = (
    Rule("nfd.k8s-sigs.io", ("nodefeatures",), ("create", "get", "update")),
    Rule("", ("pods",), ("get",)),
)


class GpuFeatureDiscovery(Component):
    """Discovery on every node with GPUs, and the controllers that make labels of what it finds."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has GPUs."""
        return has_accelerator(env, "nvidia")

    def versions(self) -> dict[str, str]:
        """Name the versions of both projects."""
        nvidia = self.env.accelerators.nvidia
        return {
            "k8s-device-plugin": nvidia.device_plugin_version,
            "node-feature-discovery": nvidia.node_feature_discovery_version,
        }

    def compose(self) -> None:
        """Add discovery and its controllers."""
        account = rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, [Rule("", ("nodes",), READ)]))
        self.add(cluster_binding(NAME, NAME, ACCELERATORS))
        self.add(rbac.role(NAME, RULES))
        rbac.bind_role(account, NAME)
        self.add(configurations(self.env, NAME))
        self.add(daemon_set(NAME, _pod(self.env), configuration_texts(self.env, NAME)))
        api_server = network.api_server_egress(self.env.cluster.vpc_cidr, self.env.cluster.service_cidr)
        self.add(network.allow(NAME, labels(NAME), egress=[api_server]))
        rbac.bind_role(rbac.service_account(self, MASTER), MASTER)
        rbac.service_account(self, GC)
        for body in (*master_objects(self.env), *gc_objects(self.env)):
            self.add(body)


def _security(env: Environment) -> Body:
    common = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    if shares(env, "mig"):
        capabilities = {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
        return common | {"capabilities": capabilities, "runAsNonRoot": False, "runAsUser": 0}
    return common | {"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True, "runAsUser": 65534}


def _pod(env: Environment) -> Body:
    init, manager = config_containers(env, NAME, _security(env))
    return pod(
        manager,
        _container(env),
        initContainers=[init],
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        shareProcessNamespace=True,
        volumes=config_volumes(NAME),
        **agent(),
        **selection(["nvidia"]),
    )


def _container(env: Environment) -> Body:
    """Discover once a minute; GFD_NO_TIMESTAMP keeps the time out, so a node changes only with its GPUs."""
    return container(
        NAME,
        plugin_image(env),
        command=[NAME],
        env=[
            node_name(),
            pod_field("NAMESPACE", "metadata.namespace"),
            pod_field("POD_NAME", "metadata.name"),
            {"name": "FAIL_ON_INIT_ERROR", "value": "true"},
            {"name": "GFD_USE_NODE_FEATURE_API", "value": "true"},
            {"name": "GFD_NO_TIMESTAMP", "value": "true"},
            {"name": "GFD_SLEEP_INTERVAL", "value": "60s"},
            CONFIG_FILE,
            *([MIG_MONITOR] if shares(env, "mig") else []),
            *GPUS,
        ],
        securityContext=_security(env),
        volumeMounts=config_mounts(),
        resources=requests("10m", "64Mi", "256Mi"),
    )
