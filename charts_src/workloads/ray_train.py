"""Distributed training with Ray: a RayJob that Kueue lets run when there is room for all of it.

Sources: ray-operator v1.6.2 (apis/ray/v1/rayjob_types.go, controllers/ray/rayjob_controller.go,
controllers/ray/utils/validation.go), kueue v0.19.2 (pkg/controller/jobs/rayjob, pkg/controller/jobframework).

- `suspend` is Kueue's: its webhook suspends the job as it is created, and admission ends that. Written in
  Git, it would make Argo CD suspend the job again, which deletes its cluster.
- The operator submits the job over HTTP (HTTPMode): the pod of its default mode has no securityContext, and
  the namespace is restricted.
- When it admits the job, Kueue adds the labels of the flavor's nodes to the selectors of its pods. Argo CD
  must not take them away again: a retry would start without them. An edit of one asks for a new run anyway.
- No autoscaling: Kueue refuses it, and training needs all of its workers at all times.
- When it ends its cluster goes at once, and the nodes after it; Kueue demands it. The RayJob stays.

The entry point is a contract with the images: python -m <module> --config FILE, where FILE has what
`_configuration` writes. The program starts a process for each accelerator, serves its metrics on the head,
starts its processes anew from the last checkpoint when one fails, and ends with the result in the folder
`final` below that of the checkpoints and, where the parameter `output` says so, in the models bucket.
"""

import json
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from charts_src.lib import iam, monitoring, ray, rbac, training_metrics
from charts_src.lib.accelerators import EFA, RESOURCE, process_tag
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.images import own_image
from charts_src.lib.named_pool import in_pool
from charts_src.lib.namespaces import TRAINING
from charts_src.lib.pod import container, mount, resources
from charts_src.lib.queues import PRIORITY_LABEL, QUEUE, QUEUE_LABEL
from charts_src.lib.ray_network import policies
from charts_src.lib.storage import fsx_volume
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.node_pool import NodePool
from charts_src.model.ray_train import RESULTS, ProgramName, RayTrain
from charts_src.objects import Body

CONFIG = "/etc/ray-train"
FSX = "/fsx"

CHECKPOINTS = "data/checkpoints"
"""Folder on the file system below which each run has its own: FSx exports what is below data to S3."""

CACHE = "cache"
"""Folder on the file system for copies of models: all pods read one, and it is not exported."""


class Program(NamedTuple):
    """What a job runs."""

    module: str
    image: str
    """Name of its image with PyTorch for NVIDIA GPUs."""
    neuron_image: str | None
    """Name of its image for Neuron devices; None where it can't run there."""


PROGRAMS: dict[ProgramName, Program] = {
    "llm-finetune": Program("train.ray_train", "ray-train", "ray-train-neuron"),
    "stable-diffusion-finetune": Program(
        "stable_diffusion_finetune.ray_train", "stable-diffusion-finetune", None
    ),
}

_ACCOUNT = "ray-train"
_HEAD_CPU = "4"
_HEAD_MEMORY = "16Gi"


class RayTraining(Component):
    """One training run."""

    name = "ray-train"
    target_namespace = TRAINING
    left_to_controllers: ClassVar = {
        ("ray.io", "RayJob"): (
            ".spec.suspend",
            ".spec.rayClusterSpec.headGroupSpec.template.metadata.labels",
            ".spec.rayClusterSpec.headGroupSpec.template.spec.nodeSelector",
            ".spec.rayClusterSpec.workerGroupSpecs[].template.metadata.labels",
            ".spec.rayClusterSpec.workerGroupSpecs[].template.spec.nodeSelector",
        )
    }

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section ray_train."""
        return env.ray_train is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Ray."""
        return {"ray": self._section.ray_version}

    def pod_identities(self) -> Sequence[iam.PodIdentity]:
        """Let the head and workers read data and models; checkpoints reach S3 through FSx.

        The head puts the result into the models bucket, where a parameter says so.
        """
        workers, head = iam.reads_data_and_models(self.env, TRAINING, _ACCOUNT, f"{_ACCOUNT}-head")
        if self._section.parameters.get("output"):
            assert self.env.storage  # noqa: S101  # model/ray_train.py demands it
            prefix = RESULTS[self._section.program]
            results = iam.bucket_access(self.env.storage.buckets.models, prefix, write=True)
            head = head._replace(policies={**head.policies, "results": results})
        return workers, head

    def compose(self) -> None:
        """Add the job, its configuration, and what its pods may talk to."""
        rbac.service_account(self, _ACCOUNT)
        rbac.service_account(self, f"{_ACCOUNT}-head")
        self.add(_configuration(self._section, self._pool))
        self.add(_job(self.env, self._section, self._pool))
        for policy in policies(self.env, _ACCOUNT):
            self.add(policy)
        self.add(monitoring.pod_monitor(_ACCOUNT, _PODS, "metrics"))

    @property
    def _section(self) -> RayTrain:
        assert self.env.ray_train  # noqa: S101  # enabled() is asked first
        return self.env.ray_train

    @property
    def _pool(self) -> NodePool:
        return self.env.karpenter.node_pools[self._section.node_pool]


_PODS = {ray.INSTANCE_LABEL: _ACCOUNT}


def _configuration(section: RayTrain, pool: NodePool) -> Body:
    """Tell the program what it runs on, and what to train; its keys are a contract with the image."""
    kind = pool.types[0]
    content = {
        "run": section.run,
        "accelerator": pool.accelerator,
        "workers": section.workers,
        "resources_per_worker": _ray_resources(pool),
        "cpus_per_worker": section.cpus,
        "efa_interfaces": kind.efa_interfaces if pool.efa else 0,
        "data": f"{FSX}/data",
        "cache": f"{FSX}/{CACHE}",
        "checkpoints": f"{FSX}/{CHECKPOINTS}/{section.run}",
        "parameters": dict(section.parameters),
    }
    return config_map(section.run, {"config.json": json.dumps(content, indent=2) + "\n"})


def _ray_resources(pool: NodePool) -> dict[str, int]:
    """Give all that one node computes with, as Ray counts it."""
    if pool.accelerator == "nvidia":
        return {"GPU": pool.types[0].gpus}
    return {"neuron_cores": min(ray.neuron_cores(kind) * kind.neuron_devices for kind in pool.types)}


def _job(env: Environment, section: RayTrain, pool: NodePool) -> Body:
    program = PROGRAMS[section.program]
    name = program.image if pool.accelerator == "nvidia" else program.neuron_image
    assert name  # noqa: S101  # model/ray_train.py demands a pool on which the program runs
    image = own_image(env, name, section.image_tag)
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {
            "name": section.run,
            "labels": {QUEUE_LABEL: QUEUE, PRIORITY_LABEL: section.priority},
        },
        "spec": {
            "submissionMode": "HTTPMode",
            "entrypoint": f"python -m {program.module} --config {CONFIG}/config.json",
            "activeDeadlineSeconds": section.max_hours * 3600,
            "preRunningDeadlineSeconds": section.start_minutes * 60,
            "backoffLimit": section.retries,
            "shutdownAfterJobFinishes": True,
            "ttlSecondsAfterFinished": 0,
            "rayClusterSpec": {
                "rayVersion": section.ray_version,
                "authOptions": {"mode": "token"},
                "headGroupSpec": _head(section, image),
                "workerGroupSpecs": [_workers(env, section, pool, image)],
            },
        },
    }


def _head(section: RayTrain, image: str) -> Body:
    """Give the head, on which the driver runs: it mounts what the driver reads and writes."""
    configuration = config_volume("config", section.run)
    group = ray.head_group(
        _ACCOUNT,
        image,
        _HEAD_CPU,
        _HEAD_MEMORY,
        autoscaled=False,
        volumes=[fsx_volume(), configuration],
        mounts=[mount("fsx", FSX), mount("config", CONFIG, readOnly=True)],
    )
    template = group["template"]
    template["metadata"]["labels"] |= training_metrics.reporting(section.run)
    template["spec"]["containers"][0]["ports"].append(training_metrics.port())
    return group


def _workers(env: Environment, section: RayTrain, pool: NodePool, image: str) -> Body:
    """Give one worker for each node: nothing else fits beside all of its accelerators."""
    group = {
        "groupName": "workers",
        "replicas": section.workers,
        "minReplicas": section.workers,
        "maxReplicas": section.workers,
        "numOfHosts": 1,
        "scaleStrategy": {},
        "rayStartParams": {"object-store-memory": str(ray.OBJECT_STORE_BYTES)},
        "template": ray.task_template(
            _ACCOUNT,
            _worker(env, section, pool, image),
            section.shared_memory_gib,
            volumes=[fsx_volume()],
            **in_pool(section.node_pool, pool),
        ),
    }
    if pool.accelerator == "nvidia":
        return group
    return group | {"resources": {name: str(count) for name, count in _ray_resources(pool).items()}}


def _worker(env: Environment, section: RayTrain, pool: NodePool, image: str) -> Body:
    kind = pool.types[0]
    extended = {RESOURCE[pool.accelerator]: str(kind.accelerators)}
    if pool.efa:
        extended[EFA] = str(kind.efa_interfaces)
    amounts = resources(str(section.cpus), f"{section.memory_gib}Gi", **extended)
    amounts["requests"]["ephemeral-storage"] = f"{ray.SCRATCH_GIB}Gi"
    return container(
        "ray-worker",
        image,
        env=[ray.HOME, {"name": "AWS_REGION", "value": env.aws.region}, *process_tag(pool.accelerator)],
        resources=amounts,
        volumeMounts=[mount("fsx", FSX)],
    )
