"""The daemon of NVIDIA's Multi-Process Service, which divides the GPUs of a node among pods.

Source: k8s-device-plugin v0.19.3, deployments/helm/nvidia-device-plugin (daemonset-mps-control-daemon.yml).
The chart selects nodes by the label nvidia.com/mps.capable, which GPU feature discovery sets; ours by the
label of the pool, which is there from the start and which Karpenter counts with as it sizes a node.
"""

from charts_src.lib.accelerators import SHARING_LABEL
from charts_src.lib.node_agents import agent
from charts_src.lib.nvidia import (
    CONFIG_FILE,
    GPUS,
    config_containers,
    config_mounts,
    config_volumes,
    plugin_image,
)
from charts_src.lib.pod import container, host_path, mount, node_name, pod, requests
from charts_src.model import Environment
from charts_src.objects import Body

_ROOT = "/run/nvidia/mps"
_PROGRAM = "mps-control-daemon"
_PRIVILEGED = {"privileged": True, "runAsNonRoot": False, "runAsUser": 0}
"""It mounts a tmpfs for all containers of the node to see, and starts servers that own the GPUs."""


def mps_volumes() -> list[Body]:
    """Give the volumes through which daemon, plugin and pods meet."""
    return [
        host_path("mps-root", _ROOT, "DirectoryOrCreate"),
        host_path("mps-shm", f"{_ROOT}/shm", "DirectoryOrCreate"),
    ]


def mps_mounts() -> list[Body]:
    """Give their mounts; the plugin checks the health of the daemon through shared memory."""
    return [mount("mps-root", "/mps"), mount("mps-shm", "/dev/shm")]  # noqa: S108


def mps_daemon(env: Environment, account: str) -> Body:
    """Give the PodSpec of the daemon; `account` is also the name of the ConfigMap of configurations.

    It shares the node's process namespace, as the servers find themselves by the process ids of the node.
    """
    init, manager = config_containers(env, f"/usr/bin/{_PROGRAM}", _PRIVILEGED)
    spec = pod(
        manager,
        _daemon(env),
        initContainers=[_mounts(env), init],
        serviceAccountName=account,
        automountServiceAccountToken=True,
        hostPID=True,
        nodeSelector={SHARING_LABEL: "mps"},
        volumes=[*mps_volumes(), *config_volumes(account)],
        **agent(),
    )
    return spec | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}


def _mounts(env: Environment) -> Body:
    return container(
        "mount-shm",
        plugin_image(env),
        command=[_PROGRAM, "mount-shm"],
        securityContext=_PRIVILEGED,
        volumeMounts=[mount("mps-root", "/mps") | {"mountPropagation": "Bidirectional"}],
        resources=requests("10m", "32Mi", "64Mi"),
    )


def _daemon(env: Environment) -> Body:
    return container(
        _PROGRAM,
        plugin_image(env),
        command=[_PROGRAM],
        env=[node_name(), CONFIG_FILE, *GPUS],
        securityContext=_PRIVILEGED,
        volumeMounts=[*mps_mounts(), *config_mounts()],
        resources=requests("20m", "64Mi", "512Mi"),
    )
