"""What the programs of the image k8s-device-plugin have in common: they follow one named configuration.

Source: k8s-device-plugin v0.19.3, deployments/helm/nvidia-device-plugin/templates and cmd/config-manager.
"""

from charts_src.emit import emit
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.gpu_sharing import CONFIG_LABEL, WHOLE, Mode, plugin_config
from charts_src.lib.images import image
from charts_src.lib.pod import container, mount, node_name, requests, scratch
from charts_src.model import Environment
from charts_src.objects import Body

CONFIG_FILE = {"name": "CONFIG_FILE", "value": "/config/config.yaml"}
"""Environment variable: where the node's configuration is."""

GPUS = [
    {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"},
    {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility"},
]
"""Environment variables that make the container runtime hand over all GPUs without a request for any."""

MIG_MONITOR = {"name": "NVIDIA_MIG_MONITOR_DEVICES", "value": "all"}
"""Environment variable that makes the runtime show all MIG slices; works with SYS_ADMIN only."""


def plugin_image(env: Environment) -> str:
    """Give the image of the device plugin, which holds the other programs too."""
    return image(env, f"nvcr.io/nvidia/k8s-device-plugin:v{env.accelerators.nvidia.device_plugin_version}")


def shares(env: Environment, mode: Mode) -> bool:
    """Say whether the GPUs of a pool are shared in this way."""
    pools = env.karpenter.node_pools.values()
    return any(pool.gpu_sharing is not None and pool.gpu_sharing.mode == mode for pool in pools)


def configurations(env: Environment, name: str) -> Body:
    """Give the ConfigMap with the configuration of each pool, by name."""
    sharings = [pool.gpu_sharing.sharing for pool in env.karpenter.node_pools.values() if pool.gpu_sharing]
    texts = {sharing.config: emit(plugin_config(sharing)) for sharing in sharings}
    return config_map(name, {WHOLE: emit(plugin_config(None))} | dict(sorted(texts.items())))


def configuration_texts(env: Environment, name: str) -> str:
    """Give all that is in that ConfigMap as one text, for pods that restart when it changes."""
    return "".join(f"{file}\n{text}" for file, text in configurations(env, name)["data"].items())


def config_containers(env: Environment, process: str, security: Body) -> tuple[Body, Body]:
    """Give the init container that picks the node's configuration, and the one that follows its label.

    On a change the second sends the signal 1 (HUP) to `process`, which it finds in the pod's process
    namespace.
    """
    once = {"ONESHOT": "true", "SEND_SIGNAL": "false", "SIGNAL": "", "PROCESS_TO_SIGNAL": ""}
    always = {"ONESHOT": "false", "SEND_SIGNAL": "true", "SIGNAL": "1", "PROCESS_TO_SIGNAL": process}
    return (
        _config_manager(env, "config-init", once, security),
        _config_manager(env, "config-manager", always, security),
    )


def config_mounts() -> list[Body]:
    """Give the mounts of all configurations and of the chosen one, which is a link to one of them."""
    return [mount("available-configs", "/available-configs", readOnly=True), mount("config", "/config")]


def config_volumes(name: str) -> list[Body]:
    """Give the volumes of all configurations, from the ConfigMap `name`, and of the chosen one."""
    return [
        config_volume("available-configs", name),
        scratch("config", "1Mi"),
    ]


def _config_manager(env: Environment, name: str, settings: dict[str, str], security: Body) -> Body:
    common = {
        "KUBECONFIG": "",
        "NODE_LABEL": CONFIG_LABEL,
        "CONFIG_FILE_SRCDIR": "/available-configs",
        "CONFIG_FILE_DST": "/config/config.yaml",
        "DEFAULT_CONFIG": WHOLE,
        "FALLBACK_STRATEGIES": "named,single",
    }
    values = [{"name": key, "value": value} for key, value in (common | settings).items()]
    return container(
        name,
        plugin_image(env),
        command=["config-manager"],
        env=[node_name(), *values],
        volumeMounts=config_mounts(),
        resources=requests("10m", "32Mi", "64Mi"),
        securityContext=security,
    )
