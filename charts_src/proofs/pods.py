"""Every pod that an object leads to, with the labels and the number that its controller gives it.

Sources of the labels: ray-operator v1.6.2 (controllers/ray/common/pod.go), mpi-operator v0.8.2
(pkg/controller/mpi_job_controller.go), spark-operator v2.5.2 (pkg/common/spark.go), argo-workflows v4.1.4
(workflow/controller/workflowpod.go), prometheus-operator v0.94.1 (pkg/prometheus/server/statefulset.go,
pkg/alertmanager/statefulset.go).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from charts_src.lib.argo_workflows import POD, SECURITY
from charts_src.lib.queues import QUEUE_LABEL
from charts_src.objects import Body, Identity
from charts_src.proofs.spark import driver, executor

Labels = dict[str, str]


class Pod(NamedTuple):
    """A pod that will exist, or many alike."""

    owner: Identity
    """The rendered object that it comes from."""
    path: str
    """Where in that object it is described."""
    namespace: str
    labels: Labels
    spec: Body
    copies: int = 1
    """How many there are at most."""
    daemon: bool = False
    """Whether each node that it may run on has one."""
    gang: bool = False
    """Whether all copies have to run at the same time."""
    annotations: Mapping[str, str] = {}
    """Those that the object asks for."""
    least: int | None = None
    """How many there are at least while its object is there; as many as at most unless set."""
    queue: str = ""
    """Name of the LocalQueue of Kueue that the job waits in."""

    @property
    def fewest(self) -> int:
        """How many there are at least while its object is there."""
        return self.copies if self.least is None else self.least

    def __str__(self) -> str:
        """Name the pod by its owner and the path of its description."""
        return f"{self.owner}: {self.path}"


def pods_of(body: Body) -> list[Pod]:
    """Project every pod out of an object; none for a kind that leads to none."""
    project = _PROJECTIONS.get(body["kind"])
    if project is None:
        return []
    owner = Identity.of(body)
    queue = body["metadata"].get("labels", {}).get(QUEUE_LABEL, "")
    return [
        pod._replace(owner=owner, namespace=pod.namespace or owner.namespace, queue=pod.queue or queue)
        for pod in project(body)
    ]


def all_pods(bodies: Iterable[Body]) -> list[Pod]:
    """Project every pod out of every object."""
    return [pod for body in bodies for pod in pods_of(body)]


_Projection = Callable[[Body], Iterator[Pod]]
_NOBODY = Identity("", "", "", "")


def _pod(path: str, template: Body, labels: Labels | None = None, **fields: Any) -> Pod:
    own = template.get("metadata", {})
    all_labels = own.get("labels", {}) | (labels or {})
    fields["annotations"] = own.get("annotations", {})
    return Pod(_NOBODY, f"{path}.spec", "", all_labels, template["spec"], **fields)


def _templated(body: Body) -> Iterator[Pod]:
    yield _pod("spec.template", body["spec"]["template"], copies=body["spec"].get("replicas", 1))


def _daemon(body: Body) -> Iterator[Pod]:
    yield _pod("spec.template", body["spec"]["template"], daemon=True)


def _cron_job(body: Body) -> Iterator[Pod]:
    yield _pod("spec.jobTemplate.spec.template", body["spec"]["jobTemplate"]["spec"]["template"])


def _single(body: Body) -> Iterator[Pod]:
    yield Pod(_NOBODY, "spec", "", body["metadata"].get("labels", {}), body["spec"])


def _ray(path: str) -> _Projection:
    def project(body: Body) -> Iterator[Pod]:
        cluster: Any = body
        for step in path.split("."):
            cluster = cluster.get(step, {})
        if not cluster:
            return
        made = {"app.kubernetes.io/name": "kuberay", "app.kubernetes.io/created-by": "kuberay-operator"}
        head = _with_autoscaler(cluster)
        gang = body["kind"] == "RayJob"
        yield _pod(f"{path}.headGroupSpec.template", head, made | {"ray.io/node-type": "head"}, gang=gang)
        for index, group in enumerate(cluster.get("workerGroupSpecs", ())):
            labels = made | {"ray.io/node-type": "worker", "ray.io/group": group["groupName"]}
            scaled, hosts = cluster.get("enableInTreeAutoscaling", False), group.get("numOfHosts", 1)
            copies = group.get("maxReplicas", group.get("replicas", 1)) * hosts
            least = (group.get("minReplicas", 0) if scaled else group.get("replicas", 1)) * hosts
            place = f"{path}.workerGroupSpecs[{index}].template"
            yield _pod(place, group["template"], labels, copies=copies, least=least, gang=gang)

    return project


_AUTOSCALER = {"cpu": "500m", "memory": "512Mi"}
"""What the operator gives the autoscaler, unless the options say otherwise."""


def _with_autoscaler(cluster: Body) -> Body:
    """Give the template of the head with the container that the operator adds for its autoscaler."""
    template: Body = cluster["headGroupSpec"]["template"]
    if not cluster.get("enableInTreeAutoscaling"):
        return template
    options = cluster.get("autoscalerOptions", {})
    kept = ("env", "image", "imagePullPolicy", "resources", "securityContext", "volumeMounts")
    image = template["spec"]["containers"][0].get("image", "")
    resources = {"limits": _AUTOSCALER, "requests": _AUTOSCALER}
    added = {"name": "autoscaler", "image": image, "imagePullPolicy": "IfNotPresent", "resources": resources}
    added |= {key: options[key] for key in kept if key in options}
    return template | {"spec": template["spec"] | {"containers": [*template["spec"]["containers"], added]}}


def _ray_job(body: Body) -> Iterator[Pod]:
    yield from _ray("spec.rayClusterSpec")(body)
    if template := body["spec"].get("submitterPodTemplate"):
        yield _pod("spec.submitterPodTemplate", template)


def _mpi_job(body: Body) -> Iterator[Pod]:
    job = {
        "training.kubeflow.org/job-name": body["metadata"].get("name", ""),
        "training.kubeflow.org/operator-name": "mpi-operator",
    }
    for role, replicas in body["spec"]["mpiReplicaSpecs"].items():
        labels = job | {"training.kubeflow.org/job-role": role.lower()}
        path = f"spec.mpiReplicaSpecs.{role}.template"
        copies = int(replicas.get("replicas", 1))
        yield _pod(path, replicas["template"], labels, copies=copies, gang=role == "Worker")


def _spark(body: Body) -> Iterator[Pod]:
    scheduled = body["kind"] == "ScheduledSparkApplication"
    path, spec = ("spec.template", body["spec"]["template"]) if scheduled else ("spec", body["spec"])
    made = {"sparkoperator.k8s.io/launched-by-spark-operator": "true"}
    yield _pod(f"{path}.driver", driver(spec), made | {"spark-role": "driver"})
    labels = made | {"spark-role": "executor"}
    scaling, instances = spec.get("dynamicAllocation", {}), spec["executor"].get("instances", 1)
    most, least = scaling.get("maxExecutors") or instances, scaling.get("minExecutors", instances)
    yield _pod(f"{path}.executor", executor(spec), labels, copies=most, least=least)


def _monitoring(name: str) -> _Projection:
    """Project the pods of Prometheus or Alertmanager, whose first container the operator describes."""

    def project(body: Body) -> Iterator[Pod]:
        spec, instance = body["spec"], body["metadata"]["name"]
        labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/instance": instance,
            "app.kubernetes.io/managed-by": "prometheus-operator",
            name: instance,
        }
        main = {
            "name": name,
            "image": spec.get("image", ""),
            "resources": spec.get("resources", {}),
            "securityContext": _LOCKED,
            "ports": _PORTS[name],
            "volumeMounts": spec.get("volumeMounts", []),
        }
        others = [item for item in spec.get("containers", ()) if item["name"] != name]
        template = {
            "metadata": spec.get("podMetadata", {}),
            "spec": {key: spec[key] for key in _POD_FIELDS if key in spec} | {"containers": [main, *others]},
        }
        copies = spec.get("replicas", 1) * spec.get("shards", 1)
        yield _pod("spec", template, labels, copies=copies)._replace(path="spec")

    return project


_LOCKED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
"""What the operator gives its containers, so that a namespace of Pod Security "restricted" takes them."""

_PORTS = {
    "alertmanager": [
        {"name": "web", "containerPort": 9093},
        {"name": "mesh-tcp", "containerPort": 9094},
        {"name": "mesh-udp", "containerPort": 9094, "protocol": "UDP"},
    ],
    "prometheus": [{"name": "web", "containerPort": 9090}],
}
"""Ports of the operator's containers, whose spec.portName is "web" unless it says otherwise."""

_POD_FIELDS = (
    "affinity",
    "nodeSelector",
    "priorityClassName",
    "securityContext",
    "serviceAccountName",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
)


def _workflow(path: str) -> _Projection:
    def project(body: Body) -> Iterator[Pod]:
        spec: Any = body
        for step in path.split("."):
            spec = spec[step]
        shared = spec.get("podMetadata", {})
        made = POD | {"workflows.argoproj.io/completed": "false"}
        for index, template in enumerate(spec.get("templates", ())):
            place = f"{path}.templates[{index}]"
            own = template.get("metadata", {})
            labels = shared.get("labels", {}) | own.get("labels", {}) | made
            annotations = shared.get("annotations", {}) | own.get("annotations", {})
            if containers := _containers(template):
                pod: Body = {"securityContext": SECURITY}
                pod |= {key: spec[key] for key in _POD_FIELDS if key in spec}
                pod |= {key: template[key] for key in _POD_FIELDS if key in template}
                pod |= {"containers": containers}
                yield Pod(_NOBODY, place, "", labels, pod, annotations=annotations)
            if "resource" in template:
                yield from _created(place, template, spec, body)

    return project


def _containers(template: Body) -> list[Body]:
    main = template.get("container") or template.get("script")
    return (
        [{"name": "main", **main}, *template.get("sidecars", ())]
        if main
        else template.get("containerSet", {}).get("containers", [])
    )


def _created(place: str, template: Body, spec: Body, body: Body) -> Iterator[Pod]:
    """Project the pods of the object that a resource template creates, with the parameters' defaults."""
    values = {
        f"{scope}.parameters.{each['name']}": str(each.get("value", each.get("default", "")))
        for scope, arguments in (
            ("workflow", spec.get("arguments", {})),
            ("inputs", template.get("inputs", {})),
        )
        for each in arguments.get("parameters", ())
        if "value" in each or "default" in each
    }
    text = re.sub(
        r"\{\{=?\s*([^{}]*?)\s*\}\}",
        lambda found: values.get(found[1], "x"),
        template["resource"].get("manifest", ""),
    )
    created = _loaded(text)
    if created:
        namespace = created["metadata"].get("namespace", body["metadata"].get("namespace", ""))
        for pod in pods_of(
            {**created, "metadata": {"name": "", **created["metadata"], "namespace": namespace}}
        ):
            yield pod._replace(path=f"{place}.resource.manifest: {pod.path}")


@lru_cache(maxsize=64)
def _loaded(text: str) -> Any:
    """Read a manifest in a text; nobody changes what this gives."""
    return yaml.load(text, yaml.CSafeLoader) if text else None


_PROJECTIONS: dict[str, _Projection] = {
    "Alertmanager": _monitoring("alertmanager"),
    "ClusterWorkflowTemplate": _workflow("spec"),
    "CronJob": _cron_job,
    "CronWorkflow": _workflow("spec.workflowSpec"),
    "DaemonSet": _daemon,
    "Deployment": _templated,
    "Job": _templated,
    "MPIJob": _mpi_job,
    "Pod": _single,
    "Prometheus": _monitoring("prometheus"),
    "RayCluster": _ray("spec"),
    "RayJob": _ray_job,
    "RayService": _ray("spec.rayClusterConfig"),
    "ScheduledSparkApplication": _spark,
    "SparkApplication": _spark,
    "StatefulSet": _templated,
    "Workflow": _workflow("spec"),
    "WorkflowTemplate": _workflow("spec"),
}
