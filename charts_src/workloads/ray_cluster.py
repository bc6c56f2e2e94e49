"""The Ray cluster that notebooks share: `ray.init()` in a notebook connects to it.

Sources: ray-operator v1.6.2 (apis/ray/v1/raycluster_types.go, controllers/ray/common), Ray 2.60.0
(dashboard/http_server_head.py, autoscaler/v2).

Git says how few and how many workers there are, the autoscaler how many. It writes that into the object, so
Argo CD has to ignore `replicas` and `scaleStrategy` of the groups. A sync for another reason puts `replicas`
back to the minimum, which takes no worker away: with autoscaling the operator deletes only pods that the
autoscaler names (controllers/ray/raycluster_controller.go), and that sets `replicas` right again.

Whoever has the cluster's token runs code in it as its ServiceAccount, so notebooks and cluster are one realm.
"""

from collections.abc import Sequence
from typing import ClassVar

from charts_src.lib import iam, monitoring, network, ray, rbac
from charts_src.lib.accelerators import RESOURCE, Accelerator, placement, process_tag
from charts_src.lib.controllers import service
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.images import own_image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.namespaces import RAY
from charts_src.lib.notebook_services import callers
from charts_src.lib.pod import container, mount, resources
from charts_src.lib.ray_network import policies
from charts_src.lib.storage import fsx_volume
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.placing import pools_of
from charts_src.model.ray_cluster import RayCluster, WorkerGroup
from charts_src.objects import Body

IMAGES: dict[Accelerator, str] = {
    "none": "ray",
    "nvidia": "ray-gpu",
    "trainium": "ray-neuron",
    "inferentia": "ray-neuron",
}
"""Accelerator -> image of this repository; the notebooks' Python and Ray, or clients are refused."""

DASHBOARD_SERVICE = "ray-dashboard"

_PODS = {ray.INSTANCE_LABEL: ray.SHARED}
_HEAD = _PODS | ray.HEAD


class SharedRayCluster(Component):
    """A head, and workers that come and go."""

    name = "ray-cluster"
    target_namespace = RAY

    left_to_controllers: ClassVar = {
        ("ray.io", "RayCluster"): (
            ".spec.workerGroupSpecs[].replicas",
            ".spec.workerGroupSpecs[].scaleStrategy",
        )
    }

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section ray_cluster."""
        return env.ray_cluster is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Ray."""
        return {"ray": self._section.ray_version}

    def pod_identities(self) -> Sequence[iam.PodIdentity]:
        """Let tasks, and drivers on the head, read the buckets of data and models, as notebooks may."""
        return iam.reads_data_and_models(self.env, RAY, ray.SHARED, f"{ray.SHARED}-head")

    def compose(self) -> None:
        """Add the cluster, its token, and what may reach it."""
        rbac.service_account(self, ray.SHARED)
        rbac.service_account(self, f"{ray.SHARED}-head")
        self.add(external_secret(self.env, ray.SHARED_TOKEN, [ray.TOKEN_KEY]))
        self.add(_cluster(self.env, self._section))
        for policy in policies(self.env, ray.SHARED, _callers(self.env, self._section)):
            self.add(policy)
        self.add(_autoscaler_policy(self.env))
        self.add(monitoring.pod_monitor(ray.SHARED, _PODS, "metrics"))
        if self._section.host:
            self.add(_dashboard())
            backend = Backend(DASHBOARD_SERVICE, ray.DASHBOARD, "/api/healthz", drain_seconds=30)
            self.add(ingress(self.env.ingress, DASHBOARD_SERVICE, self._section.host, backend))

    @property
    def _section(self) -> RayCluster:
        assert self.env.ray_cluster  # noqa: S101  # enabled() is asked first
        return self.env.ray_cluster


def _cluster(env: Environment, section: RayCluster) -> Body:
    """Replace all pods when Git changes them; otherwise the operator leaves them as they are."""
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": ray.SHARED},
        "spec": {
            "rayVersion": section.ray_version,
            "authOptions": {"mode": "token", "secretName": ray.SHARED_TOKEN},
            "upgradeStrategy": {"type": "Recreate"},
            "enableInTreeAutoscaling": True,
            "autoscalerOptions": ray.autoscaler_options(section.idle_minutes * 60),
            "headGroupSpec": _head(env, section),
            "workerGroupSpecs": [
                _group(env, section, name, group)
                for name, group in section.groups.items()
                if pools_of(group, env.karpenter)
            ],
        },
    }


def _head(env: Environment, section: RayCluster) -> Body:
    return ray.head_group(
        ray.SHARED,
        own_image(env, IMAGES["none"], section.image_tag),
        str(section.head_cpus),
        f"{section.head_memory_gib}Gi",
        client=True,
        volumes=_volumes(env),
        mounts=_mounts(env),
    )


def _group(env: Environment, section: RayCluster, name: str, group: WorkerGroup) -> Body:
    """Write out what the operator writes back: an empty scaleStrategy, one host for each worker."""
    (pool, *_) = pools_of(group, env.karpenter)
    image = own_image(env, IMAGES[group.accelerator], section.image_tag)
    body = {
        "groupName": name,
        "replicas": group.min,
        "minReplicas": group.min,
        "maxReplicas": group.max,
        "numOfHosts": 1,
        "scaleStrategy": {},
        "rayStartParams": {"object-store-memory": str(group.object_store_gib * 1024**3)},
        "template": ray.task_template(
            ray.SHARED,
            _worker(env, group, image),
            group.object_store_gib + 1,
            volumes=_volumes(env),
            **placement(group.accelerator, pool.purpose),
        ),
    }
    if group.accelerator in ("none", "nvidia"):
        return body
    # A worker may get any type of its pools; Ray must not count cores that the smallest one lacks.
    cores = min(ray.neuron_cores(kind) for each in pools_of(group, env.karpenter) for kind in each.types)
    return body | {"resources": {"neuron_cores": str(cores * group.accelerators)}}


def _worker(env: Environment, group: WorkerGroup, image: str) -> Body:
    extended = {} if group.accelerator == "none" else {RESOURCE[group.accelerator]: str(group.accelerators)}
    amounts = resources(str(group.cpus), f"{group.memory_gib}Gi", **extended)
    amounts["requests"]["ephemeral-storage"] = f"{ray.SCRATCH_GIB}Gi"
    return container(
        "ray-worker",
        image,
        env=[ray.HOME, {"name": "AWS_REGION", "value": env.aws.region}, *process_tag(group.accelerator)],
        resources=amounts,
        volumeMounts=_mounts(env),
        lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "-c", "ray stop"]}}},
    )


def _mounts(env: Environment) -> list[Body]:
    """Give workers the folders of the notebooks, under other paths: their own home is not there."""
    if not env.storage:
        return []
    return [
        mount("fsx", "/fsx/shared") | {"subPath": "notebooks"},
        mount("fsx", "/fsx/data", readOnly=True) | {"subPath": "data"},
    ]


def _volumes(env: Environment) -> list[Body]:
    return [fsx_volume()] if env.storage else []


def _dashboard() -> Body:
    """Give a Service for the Ingress: the operator's has no address, and is there only with the cluster."""
    return service(DASHBOARD_SERVICE, _HEAD, ray.DASHBOARD, "dashboard", labelled=False)


def _callers(env: Environment, section: RayCluster) -> list[Body]:
    """Let notebooks reach clients' port, jobs and Serve; the load balancer the dashboard if it has a name."""
    found: list[Body] = []
    if notebooks := callers(env):
        found.append({"from": notebooks, "ports": network.ports(ray.SERVE, ray.DASHBOARD, ray.CLIENT)})
    if section.host:
        balancer = network.block(env.cluster.vpc_cidr)
        found.append({"from": [balancer], "ports": network.ports(ray.DASHBOARD)})
    return found


def _autoscaler_policy(env: Environment) -> Body:
    """Let the autoscaler, beside the head, change the cluster's object."""
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    return network.allow(f"{ray.SHARED}-autoscaler", _HEAD, egress=[api_server])
