"""Ray pods as KubeRay runs them: ports, labels, probes, and the head and worker groups of a cluster.

Sources: ray-operator v1.6.2, controllers/ray/common/pod.go and service.go; Ray 2.60.0.

What the operator adds to pods, and what that asks of us:

- Init container `wait-gcs-ready` on workers: copies the first container's image, environment, mounts and
  securityContext, so it is as restricted as that one.
- Container `autoscaler` on the head: has no securityContext of its own, so autoscalerOptions gives it one.
- Probes where a container has none: those run wget, so ours ask the same endpoints over HTTP.
- Volumes `shared-mem` and `ray-logs` where nothing is mounted on their paths, the latter without a limit:
  ours have these names, which makes the autoscaler and the head share one.
- Label app.kubernetes.io/name=kuberay, which the Service of a RayService's head selects: never override it.
"""

from collections.abc import Sequence
from typing import Any

from charts_src.lib.accelerators import placement
from charts_src.lib.instances import InstanceType
from charts_src.lib.namespaces import LLM, RAY, STABLE_DIFFUSION, TRAINING
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, scratch
from charts_src.model import Environment
from charts_src.objects import Body

OPERATOR = "kuberay-operator"
"""Name of the operator and, as app.kubernetes.io/name, of its pods."""

GCS = 6379
DASHBOARD = 8265
CLIENT = 10001
SERVE = 8000
METRICS = 8080
AGENT = 52365

HEAD = {"ray.io/node-type": "head"}
WORKER = {"ray.io/node-type": "worker"}
"""Labels that the operator gives the pods of a cluster."""

INSTANCE_LABEL = "app.kubernetes.io/instance"
"""Our label for all pods of a service, whichever of its clusters they are in."""

OBJECT_STORE_BYTES = 2 * 1024**3
"""Object store of each pod: room for images and prompts, not for data sets."""

SCRATCH_GIB = 10
"""Disk that /tmp and the logs of each pod may take together."""

_TMP = "/tmp"  # noqa: S108  # an emptyDir

HOME = {"name": "HOME", "value": _TMP}
"""Environment variable: libraries keep files in the home directory, and the image's can't be written."""

SHARED = "shared"
"""Name of the cluster for notebooks, in the namespace `ray`."""

SHARED_TOKEN = "ray-token"  # noqa: S105  # the name of a Secret
"""Secret with its token, in the namespaces `ray` and `notebooks`."""

TOKEN_KEY = "auth_token"  # noqa: S105  # the name of a key
"""Key of the token in a Secret that authOptions.secretName names."""

NO_DISRUPTION = {"karpenter.sh/do-not-disrupt": "true"}

_USER = 1000
_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  # a path


def ray_namespaces(env: Environment) -> tuple[str, ...]:
    """Give the namespaces with Ray clusters: the operator watches these and has permissions in no other."""
    used = {
        LLM: env.llm,
        RAY: env.ray_cluster,
        STABLE_DIFFUSION: env.stable_diffusion,
        TRAINING: env.ray_train,
    }
    return tuple(namespace for namespace, section in used.items() if section)


def serve_service(name: str) -> str:
    """Give the Service of a RayService that leads to its active cluster; the operator creates it."""
    return f"{name}-serve-svc"


def shared_token_env() -> list[Body]:
    """Give the variables with which a Ray client reaches the shared cluster.

    Without the Secret a client starts all the same, and is refused.
    """
    reference = {"name": SHARED_TOKEN, "key": TOKEN_KEY, "optional": True}
    return [
        {"name": "RAY_AUTH_MODE", "value": "token"},
        {"name": "RAY_AUTH_TOKEN", "valueFrom": {"secretKeyRef": reference}},
    ]


def neuron_cores(item: InstanceType) -> int:
    """Give the NeuronCores of a Neuron device as programs see them: on Trainium2 two make one.

    Ray 2.60.0 knows how many a trn1 or inf2 instance has, but no trn2 (_private/accelerators/neuron.py).
    """
    physical = item.neuron_cores // item.neuron_devices
    return physical // 2 if item.neuron_name == "Trainium2" else physical


def head_group(
    service: str,
    image: str,
    cpu: str,
    memory: str,
    *,
    autoscaled: bool = True,
    client: bool = False,
    volumes: Sequence[Body] = (),
    mounts: Sequence[Body] = (),
) -> Body:
    """Give the headGroupSpec of a service's cluster: a head that schedules work but does none.

    Karpenter leaves its node alone: without an external Redis, losing the head stops the service until a
    new one is up. Its ServiceAccount is <service>-head. `autoscaled` brings the API token that the autoscaler
    mounts, `client` names the port of Ray Client; `volumes` and `mounts` are for drivers, which run here.
    """
    named = [port("gcs-server", GCS), port("dashboard", DASHBOARD), port("serve", SERVE), _metrics()]
    head = container(
        "ray-head",
        image,
        env=[HOME],
        ports=[*named, *([port("client", CLIENT)] if client else [])],
        resources=resources(cpu, memory),
        livenessProbe=_alive(initialDelaySeconds=30, failureThreshold=120),
        readinessProbe=_alive(initialDelaySeconds=10, failureThreshold=10),
        volumeMounts=[*_mounts(), *mounts],
    )
    token = [_token()] if autoscaled else []
    spec = _pod(
        head, f"{service}-head", volumes=[*_volumes(), *token, *volumes], **placement("none", "system")
    )
    metadata = {"labels": {INSTANCE_LABEL: service}, "annotations": dict(NO_DISRUPTION)}
    return {
        "rayStartParams": {
            "disable-usage-stats": "true",
            "num-cpus": "0",
            "object-store-memory": str(OBJECT_STORE_BYTES),
        },
        "template": {"metadata": metadata, "spec": spec},
    }


def worker_template(service: str, worker: Body, shared_memory_gib: int = 3, **fields: Any) -> Body:
    """Give the pod template of workers that serve requests; `fields` are further fields of the PodSpec.

    `worker` is a container without what is the same in all of them: ports, probes and Ray's mounts.
    A worker is ready when its Serve proxy is, which runs only beside a replica.
    """
    volumes = [*_volumes(shared_memory_gib), *fields.pop("volumes", ())]
    filled = worker | {
        "ports": [port("serve", SERVE), _metrics()],
        "livenessProbe": _alive(initialDelaySeconds=30, failureThreshold=120),
        "readinessProbe": http_probe(
            "/-/healthz",
            "serve",
            initialDelaySeconds=10,
            periodSeconds=5,
            timeoutSeconds=2,
            failureThreshold=1,
        ),
        "volumeMounts": [*_mounts(), *worker["volumeMounts"]],
    }
    return {
        "metadata": {"labels": {INSTANCE_LABEL: service}},
        "spec": _pod(filled, service, volumes=volumes, **fields),
    }


def task_template(service: str, worker: Body, shared_memory_gib: int, **fields: Any) -> Body:
    """Give the pod template of workers that run tasks and actors, not requests.

    A worker is ready when its node is part of the cluster. Karpenter leaves its node alone while it is there:
    the autoscaler takes idle workers away, and empty nodes go.
    """
    volumes = [*_volumes(shared_memory_gib), *fields.pop("volumes", ())]
    filled = worker | {
        "ports": [_metrics()],
        "livenessProbe": _alive(initialDelaySeconds=30, failureThreshold=120),
        "readinessProbe": _alive(initialDelaySeconds=10, failureThreshold=10),
        "volumeMounts": [*_mounts(), *worker["volumeMounts"]],
    }
    return {
        "metadata": {"labels": {INSTANCE_LABEL: service}, "annotations": dict(NO_DISRUPTION)},
        "spec": _pod(filled, service, volumes=volumes, **fields),
    }


def autoscaler_options(idle_seconds: int = 60) -> Body:
    """Give autoscalerOptions: version 2, which ends idle nodes by name and never restarts a failed pod.

    The API token is mounted into the autoscaler alone, so code that runs on the head can't use it.
    """
    return {
        "version": "v2",
        "upscalingMode": "Default",
        "idleTimeoutSeconds": idle_seconds,
        "imagePullPolicy": "IfNotPresent",
        "env": [HOME],
        "resources": resources("500m", "512Mi"),
        "securityContext": container("", "")["securityContext"],
        "volumeMounts": [mount("tmp", _TMP), mount("api-token", _TOKEN_PATH, readOnly=True)],
    }


def _pod(first: Body, account: str, **fields: Any) -> Body:
    spec = pod(first, serviceAccountName=account, restartPolicy="Never", **fields)
    identity = {"runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER}
    return spec | {"securityContext": spec["securityContext"] | identity}


def _metrics() -> Body:
    return port("metrics", METRICS)


def _alive(**timing: int) -> Body:
    """Ask the agent for the health of the node, on the head of the GCS too; it answers without a token."""
    return http_probe("/api/healthz", AGENT, periodSeconds=5, timeoutSeconds=5, **timing)


def _volumes(shared_memory_gib: int = 3) -> list[Body]:
    return [
        *(scratch(name, f"{SCRATCH_GIB // 2}Gi") for name in ("tmp", "ray-logs")),
        scratch("shared-mem", f"{shared_memory_gib}Gi", medium="Memory"),
    ]


def _mounts() -> list[Body]:
    return [mount("tmp", _TMP), mount("ray-logs", "/tmp/ray"), mount("shared-mem", "/dev/shm")]  # noqa: S108


def _token() -> Body:
    """Describe the volume that automountServiceAccountToken would add, to mount it where it is needed."""
    field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [field]}},
    ]
    return {"name": "api-token", "projected": {"sources": sources}}
