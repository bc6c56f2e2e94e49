"""AWS's device plugin for Neuron, which offers the Trainium and Inferentia devices of a node to pods.

Sources: neuron-helm-charts, templates/device-plugin at 7324cd0 with the values of chart 1.10.0 (Neuron
2.32.0); awslabs/operator-for-ai-chips-on-aws, internal/kmmmodule and
config/rbac/kmm_device_plugin_cluster_role.yaml: how AWS runs the same image on OpenShift. The program itself
isn't public.

It offers whole devices (aws.amazon.com/neuron) and logical cores (aws.amazon.com/neuroncore) of the same
chips. Pods of this platform ask for devices: the counts are independent, so a node can give one chip away
twice. How many cores a chip counts follows from /opt/aws/neuron/logical_nc_config of the node (LNC), hence
the mount of /opt/aws.

Differences from the chart:

- Nodes: by the label of their pool instead of a list of instance types, so trn2.3xlarge and types to come
  are covered. Every taint is tolerated; the chart tolerates aws.amazon.com/neuron.
- No nodes/proxy in the role: it lets its holder run commands in any pod of any node. AWS's operator grants
  the plugin pods only.
- No /run of the node, where the sockets of containerd are, and no KUBECONFIG, a file that containers don't
  have: AWS's operator mounts and sets neither.
"""

from charts_src.lib import network, rbac
from charts_src.lib.accelerators import selection
from charts_src.lib.controllers import labels
from charts_src.lib.images import image
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.node_agents import agent, daemon_set, has_accelerator
from charts_src.lib.pod import container, host_path, mount, node_name, pod, requests
from charts_src.lib.rbac import READ, Rule, cluster_binding
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "neuron-device-plugin"
_SOCKETS = "/var/lib/kubelet/device-plugins"

RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("nodes",), READ),
    Rule("", ("nodes/status",), ("patch", "update")),
    Rule("", ("pods",), (*READ, "patch", "update")),
)
"""The chart's rules without nodes/proxy. Pods: it reads which devices the scheduler chose for a pod."""


class NeuronDevicePlugin(Component):
    """The device plugin on every node with Neuron devices."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has Neuron devices."""
        return has_accelerator(env, "trainium", "inferentia")

    def versions(self) -> dict[str, str]:
        """Name the version of the plugin."""
        return {"neuron-device-plugin": self.env.accelerators.neuron.version}

    def compose(self) -> None:
        """Add the plugin and what it may do."""
        rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, RULES))
        self.add(cluster_binding(NAME, NAME, ACCELERATORS))
        self.add(daemon_set(NAME, _pod(self.env)))
        api_server = network.api_server_egress(self.env.cluster.vpc_cidr, self.env.cluster.service_cidr)
        self.add(network.allow(NAME, labels(NAME), egress=[api_server]))


def _pod(env: Environment) -> Body:
    spec = pod(
        _container(env),
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        volumes=[
            host_path("device-plugins", _SOCKETS, "Directory"),
            host_path("aws", "/opt/aws", "DirectoryOrCreate"),
        ],
        **agent(),
        **selection(["trainium", "inferentia"]),
    )
    return spec | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


def _container(env: Environment) -> Body:
    """Describe the plugin; root, as the kubelet's directory is root's, without any capability."""
    return container(
        NAME,
        image(env, f"public.ecr.aws/neuron/neuron-device-plugin:{env.accelerators.neuron.version}"),
        env=[node_name()],
        securityContext={
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": False,
            "runAsUser": 0,
        },
        volumeMounts=[mount("device-plugins", _SOCKETS), mount("aws", "/opt/aws", readOnly=True)],
        resources=requests("20m", "64Mi", "256Mi"),
    )
