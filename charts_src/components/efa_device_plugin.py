"""AWS's device plugin for the Elastic Fabric Adapter, which offers the EFA interfaces of a node to pods.

Source: eks-charts@v0.0.243-0.20260821194545-743f98a89b5b, stable/aws-efa-k8s-device-plugin (chart v0.5.31).
The program itself isn't public.

Differences from the chart:

- Nodes: those of pools with efa, by label. The chart has a list of all instance types that could have EFA;
  on one that was launched without, the plugin exits again and again, and a type that isn't listed falls back
  to TCP.
- Every taint is tolerated; the chart tolerates CriticalAddonsOnly, so it never reaches a GPU or Neuron node.
- A ServiceAccount of its own, without a token, instead of the namespace's default one; a limit for memory.
- The directories of the node are named with their type; /opt/aws/neuron, where it finds the topology of
  Neuron devices, is read-only.
"""

from charts_src.lib import rbac
from charts_src.lib.accelerators import efa_selection
from charts_src.lib.eks_registry import eks_image
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.node_agents import agent, daemon_set, has_efa
from charts_src.lib.pod import container, host_path, mount, pod, requests
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "efa-device-plugin"
_DIRECTORIES = {
    "device-plugins": ("/var/lib/kubelet/device-plugins", "Directory"),
    "infiniband": ("/dev/infiniband", "Directory"),
    "neuron": ("/opt/aws/neuron", "DirectoryOrCreate"),
}


class EfaDevicePlugin(Component):
    """The device plugin on every node with EFA interfaces."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has EFA interfaces."""
        return has_efa(env)

    def versions(self) -> dict[str, str]:
        """Name the version of the plugin."""
        return {"aws-efa-k8s-device-plugin": self.env.accelerators.efa.device_plugin_version}

    def compose(self) -> None:
        """Add the plugin; on the node's network no policy applies to it, and it calls nobody."""
        rbac.service_account(self, NAME)
        self.add(daemon_set(NAME, _pod(self.env)))


def _pod(env: Environment) -> Body:
    spec = pod(
        _container(env),
        serviceAccountName=NAME,
        hostNetwork=True,
        volumes=[host_path(name, path, kind) for name, (path, kind) in _DIRECTORIES.items()],
        **agent(),
        **efa_selection(),
    )
    return spec | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


def _container(env: Environment) -> Body:
    """Describe the plugin; privileged, as upstream has it, to open the interfaces' devices."""
    return container(
        NAME,
        eks_image(env, f"eks/aws-efa-k8s-device-plugin:v{env.accelerators.efa.device_plugin_version}"),
        securityContext={"privileged": True, "runAsNonRoot": False, "runAsUser": 0},
        volumeMounts=[
            *(mount(name, path) for name, (path, _) in _DIRECTORIES.items() if name != "neuron"),
            mount("neuron", _DIRECTORIES["neuron"][0], readOnly=True),
        ],
        resources=requests("10m", "20Mi", "128Mi"),
    )
