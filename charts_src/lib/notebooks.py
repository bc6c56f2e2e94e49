"""Users' notebook servers: the pod of each profile that has nodes.

What the images of this repository owe them: they run as user 1000, write nowhere but to /home/jovyan, which
is empty at first, /tmp and /dev/shm, and have `jupyterhub-singleuser` of JupyterHub's major version.
"""

from charts_src.lib.accelerators import RESOURCE, Accelerator, placement
from charts_src.lib.images import own_image
from charts_src.lib.namespaces import RAY
from charts_src.lib.notebook_services import notebook_services
from charts_src.lib.pod import container, mount, pod, port, scratch
from charts_src.lib.ray import CLIENT, DASHBOARD, SHARED, shared_token_env
from charts_src.lib.storage import fsx_volume
from charts_src.model import Environment
from charts_src.model.jupyterhub import JupyterHub, Profile
from charts_src.model.placing import pools_of, zones_of
from charts_src.objects import Body

ACCOUNT = "notebook"
"""ServiceAccount of all servers, in the namespace `notebooks`."""

PORT = 8888
HOME = "/home/jovyan"

IMAGES: dict[Accelerator, str] = {
    "none": "notebook",
    "nvidia": "notebook-gpu",
    "trainium": "notebook-neuron",
    "inferentia": "notebook-neuron",
}
"""Accelerator -> image of this repository."""

_USER = 1000
_SCRATCH_GIB = 10

SHARED_HOME = "home-{user_server}"
_HOME_IN_ZONES = "zone-{zones}-home-{{user_server}}"
"""Names of homes: whatever a user is called, no home has the name of another's in other zones."""


def profile_pods(env: Environment) -> list[tuple[str, Body]]:
    """Give the PodSpec of a user's server for each profile that has nodes, by the name of the profile.

    The claim of its home is KubeSpawner's placeholder.
    """
    return [(name, _server(env, profile)) for name, profile in profiles(env).items()]


def profiles(env: Environment) -> dict[str, Profile]:
    """Give the profiles that have nodes, by name; none in an environment without JupyterHub."""
    listed = env.jupyterhub.profiles if env.jupyterhub else {}
    return {name: item for name, item in listed.items() if pools_of(item, env.karpenter)}


def home_claim(env: Environment, profile: Profile) -> str:
    """Give KubeSpawner's template for the claim of the home: a volume of EBS, and so of one zone for ever.

    Profiles whose nodes are in the same zones share a home. Elsewhere a server would wait for ever for a node
    in the zone of its volume, so a profile with other zones has a home for those.
    """
    zones = zones_of(profile, env.karpenter, env.aws)
    if zones >= frozenset(env.aws.zones):
        return SHARED_HOME
    return _HOME_IN_ZONES.format(zones="".join(sorted(zone[-1] for zone in zones)))


def section_of(env: Environment) -> JupyterHub:
    """Give the section of an environment that has JupyterHub."""
    assert env.jupyterhub  # noqa: S101  # the component is enabled
    return env.jupyterhub


def _server(env: Environment, profile: Profile) -> Body:
    """Describe a server as KubeSpawner makes it: it has no API token, and needs none."""
    (pool, *_) = pools_of(profile, env.karpenter)
    server = container(
        "notebook",
        own_image(env, IMAGES[profile.accelerator], section_of(env).image_tag),
        args=["jupyterhub-singleuser", *_kernel_culling(section_of(env))],
        env=_variables(env),
        ports=[port("notebook-port", PORT)],
        resources=_resources(profile),
        volumeMounts=_mounts(env),
    )
    spec = pod(
        server,
        serviceAccountName=ACCOUNT,
        enableServiceLinks=False,
        volumes=_volumes(env, profile),
        **placement(profile.accelerator, pool.purpose),
    )
    identity = {"runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER}
    # A large home is not walked through at each start, only when its owner is wrong.
    return spec | {
        "securityContext": spec["securityContext"] | identity | {"fsGroupChangePolicy": "OnRootMismatch"}
    }


def _resources(profile: Profile) -> Body:
    """Leave CPU without a limit, so that a server may use what others don't."""
    memory = f"{profile.memory_gib}Gi"
    extended: dict[str, str] = {}
    if profile.accelerator != "none":
        extended = {RESOURCE[profile.accelerator]: str(profile.accelerators)}
    return {
        "requests": {
            "cpu": str(profile.cpus),
            "memory": memory,
            "ephemeral-storage": f"{_SCRATCH_GIB}Gi",
            **extended,
        },
        "limits": {"memory": memory, **extended},
    }


def _kernel_culling(section: JupyterHub) -> list[str]:
    if not section.kernel_idle_minutes:
        return []
    return [
        f"--MappingKernelManager.cull_idle_timeout={section.kernel_idle_minutes * 60}",
        "--MappingKernelManager.cull_interval=60",
    ]


def _variables(env: Environment) -> list[Body]:
    """Tell servers the region, where models are served, and Ray's clients where the shared cluster is."""
    variables = [{"name": "AWS_REGION", "value": env.aws.region}]
    variables += [{"name": service.variable, "value": service.url} for service in notebook_services(env)]
    if env.ray_cluster:
        head = f"{SHARED}-head-svc.{RAY}.svc"
        variables += [
            {"name": "RAY_ADDRESS", "value": f"ray://{head}:{CLIENT}"},
            {"name": "RAY_API_SERVER_ADDRESS", "value": f"http://{head}:{DASHBOARD}"},
            *shared_token_env(),
        ]
    return variables


def _mounts(env: Environment) -> list[Body]:
    shared = [
        mount("fsx", f"{HOME}/shared") | {"subPath": "notebooks"},
        mount("fsx", f"{HOME}/data", readOnly=True) | {"subPath": "data"},
    ]
    own = [mount("home", HOME), mount("tmp", "/tmp"), mount("shm", "/dev/shm")]  # noqa: S108  # emptyDirs
    return [*own, *(shared if env.storage else [])]


def _volumes(env: Environment, profile: Profile) -> list[Body]:
    return [
        {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
        scratch("tmp", f"{_SCRATCH_GIB}Gi"),
        scratch("shm", f"{profile.shared_memory_gib}Gi", medium="Memory"),
        *([fsx_volume()] if env.storage else []),
    ]
